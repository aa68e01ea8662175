#!/bin/sh
# Lets a master that was started unable to take writes take them as soon as a majority of the Sentinels names it, sees
# it, and none of them is replacing it. Where they name another node, this one follows that. Ends with the server.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

enable_writes() {
  local named
  query_peers
  named=$(named_master)
  case $named in
    '') return 1 ;;
    "$self")
      sentinels_confirm && execute_here "CONFIG SET min-replicas-to-write $min_replicas_to_write" || return 1
      log "takes writes from now on: a majority of the Sentinels sees this node and names it"
      ;;
    *)
      # In this order: a replica takes no writes from clients. It must be able to when it is promoted one day.
      execute_here "REPLICAOF $named" && execute_here "CONFIG SET min-replicas-to-write $min_replicas_to_write" || return 1
      log "follows ${named% *} port ${named#* } from now on: a majority of the Sentinels names it"
      ;;
  esac
}

# A failover that has begun goes on though the node is back, and so does one that is about to begin: it would take the
# writes that this node took meanwhile.
sentinels_confirm() {
  ! failover_in_progress && echo "$answers" | awk -v majority=$((sentinel_count / 2 + 1)) -v self="$self" -v recent=$((down_after / 2)) '
    $1 == "sentinel" && $3 " " $4 == self && $6 == "master" && $7 <= recent { seen++ }
    END { exit seen < majority }'
}

retry_while_running enable_writes "$1"
