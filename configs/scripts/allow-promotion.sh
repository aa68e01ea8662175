#!/bin/sh
# Allows Sentinel to promote a replica as soon as the replica has data: its own data once it has loaded it, otherwise
# its master's. Ends after that, or with the server.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

allow_promotion() {
  if [ ! -e "$data/.without-data" ]; then
    has_loaded && execute_here "CONFIG SET replica-priority $(planned_priority "$self")"
    return
  fi
  has_masters_data && execute_here "CONFIG SET replica-priority $(planned_priority "$self")" || return 1
  rm -f "$data/.without-data"
  log "may be promoted from now on: it has its master's data"
}

has_loaded() {
  echo 'INFO persistence' | query 127.0.0.1 "$port" 1 | grep -q '^loading:0'
}

# Also true if the master has gone away since: the offset of a replica is 1 only until its first sync is complete. If
# the node is a master, an operator has made it one.
has_masters_data() {
  echo 'INFO replication' | query 127.0.0.1 "$port" 1 |
    grep -q -E '^(role:master|master_link_status:up|slave_repl_offset:([02-9]|1[0-9]))'
}

retry_while_running allow_promotion "$1"
