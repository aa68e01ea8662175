#!/bin/sh
# Makes the other replicas follow this node as soon as a Sentinel has promoted it. The Sentinel does so too, but only
# after its next INFO of the promoted node, up to a second later. Until a replica follows, a master that requires
# replicas (min-replicas-to-write) refuses writes. Ends with the server.
#
# $1: the process id of redis-server, $2, $3: address and port of the master that the node was started as a replica of,
# if any
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# The number of times that the peers are queried after a promotion, and the seconds between them. A node may be too busy
# to answer the first time.
attempt_count=20
attempt_pause=0.02

# Milliseconds between two checks of the role while nothing happens, and the number of checks that one redis-cli makes.
poll_period=1000
polls_per_connection=20

server=$1
old_master=${2:+$2 $3}

main() {
  poll_role | handle_promotions
}

# Prints the role of this node once a second, and at once after a promotion. A Sentinel that promotes a node closes the
# connections of its clients. So one redis-cli waits on its connection, and when it is closed the next one asks for the
# role at once. XREAD waits for an entry that never comes, and Redis allows it on replicas too.
poll_role() {
  local connected_at
  until has_ended "$server"; do
    connected_at=$(now)
    role_commands | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    # If the server does not let redis-cli wait, as while it loads data, there is no need to hurry.
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
  [ -n "$failover_seen" ] ||
    log "has become a master, but no Sentinel reports a failover: does not repoint other replicas"
}

is_master() {
  echo ROLE | query 127.0.0.1 "$port" 1 | grep -q '^master$'
}

# Repoints the replicas that still follow the master that this node followed. Does so only during a failover: if an
# operator or a mistake has made this node a master, it takes no replica from another one.
repoint_replicas() {
  # The old master is dead, or about to follow this node without help.
  local skipped_peer="$old_master" host host_port
  query_peers
  failover_in_progress || return 1
  # The replicas that still follow the old master.
  echo "$answers" |
    awk -v followed="$old_master" '$1 == "redis" && $4 == "slave" && $8 " " $9 == followed { print $2, $3 }' |
    while read -r host host_port; do
      if execute "$host" "$host_port" "REPLICAOF $self"; then
        log "was promoted, and repoints $host port $host_port to this node"
      fi
    done
}

main
