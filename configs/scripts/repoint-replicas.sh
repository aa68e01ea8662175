#!/bin/sh
# Has the other replicas follow this node as soon as a Sentinel has promoted it. The Sentinel tells them too, but only
# after its next INFO of the promoted node, up to a second later; until one of them follows, a master that must have
# replicas to take writes (min-replicas-to-write) takes none. Ends with the server.
#
# $1: the process id of redis-server, $2, $3: address and port of the master it was started as a replica of, if any
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# How often it asks the peers after a promotion, and the seconds between two times: a node may be too busy to answer the
# first time.
attempt_count=20
attempt_pause=0.02

# Milliseconds from one look to the next while nothing happens, and the looks that one redis-cli makes.
poll_period=1000
polls_per_connection=20

server=$1
old_master=${2:+$2 $3}

main() {
  poll_role | handle_promotions
}

# A Sentinel that promotes a node ends the connections of its clients. So one redis-cli waits on its connection, and the
# next one asks for the role at once. XREAD waits for an entry that never comes; it may be used on replicas too.
poll_role() {
  local connected_at
  until has_ended "$server"; do
    connected_at=$(now)
    role_commands | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    # Where the server does not let it wait, as while it loads data, there is no hurry either.
    if [ $(($(now) - connected_at)) -lt "$poll_period" ]; then
      sleep 0.1
    fi
  done
}

role_commands() {
  local left=$polls_per_connection
  printf '%s\n' "$auth_command"
  while [ "$left" -gt 0 ]; do
    printf '%s\n' ROLE "XREAD BLOCK $poll_period STREAMS redis-ha:no-stream \$"
    left=$((left - 1))
  done
}

handle_promotions() {
  local word host host_port
  while read -r word; do
    case $word in
      slave) read -r host && read -r host_port && old_master="$host $host_port" ;;
      master)
        [ -z "$old_master" ] || repoint_repeatedly
        old_master=
        ;;
    esac
  done
}

repoint_repeatedly() {
  local left=$attempt_count failover_seen=
  while [ "$left" -gt 0 ] && is_master; do
    ! repoint_replicas || failover_seen=yes
    left=$((left - 1))
    sleep "$attempt_pause"
  done
  [ -n "$failover_seen" ] || log "has become a master, and no Sentinel says why: leaves the other replicas where they are"
}

is_master() {
  echo ROLE | query 127.0.0.1 "$port" 1 | grep -q '^master$'
}

# Only where a failover is under way: a node that a person or a mistake has made a master takes no replica from another.
repoint_replicas() {
  local skipped_peer="$old_master" host host_port # it is dead, or about to follow this node by itself
  query_peers
  failover_in_progress || return 1
  # Those that still follow the master that this node followed.
  echo "$answers" | awk -v followed="$old_master" '$1 == "redis" && $4 == "slave" && $8 " " $9 == followed { print $2, $3 }' |
    while read -r host host_port; do
      if execute "$host" "$host_port" "REPLICAOF $self"; then
        log "was promoted, and has $host port $host_port follow"
      fi
    done
}

main
