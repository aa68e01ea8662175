#!/bin/sh
# Has the other replicas follow this node as soon as a Sentinel has promoted it. The Sentinel tells them too, but only
# after its next INFO of the promoted node, up to a second later; until one of them follows, a master that must have
# replicas to take writes (min-replicas-to-write) takes none. Ends with the server.
#
# $1: the process id of redis-server, $2, $3: address and port of the master it was started as a replica of, if any
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

# How often it asks the peers after a promotion, and the seconds between two times: a node may be too busy to answer the
# first time.
attempts=20
pause=0.02

# Milliseconds from one look to the next while nothing happens, and the looks that one redis-cli makes.
look_period=1000
looks=20

server=$1
followed=${2:+$2 $3}

main() {
  role_as_it_changes | notice_promotion
}

# A Sentinel that promotes a node ends the connections of its clients. So one redis-cli waits on its connection, and the
# next one asks for the role at once. XREAD waits for an entry that never comes; it may be used on replicas too.
role_as_it_changes() {
  local begun
  until has_ended "$server"; do
    begun=$(now)
    questions | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    # Where the server does not let it wait, as while it loads data, there is no hurry either.
    if [ $(($(now) - begun)) -lt "$look_period" ]; then
      sleep 0.1
    fi
  done
}

questions() {
  local left=$looks
  printf '%s\n' "$authenticate"
  while [ "$left" -gt 0 ]; do
    printf '%s\n' ROLE "XREAD BLOCK $look_period STREAMS redis-ha:no-stream \$"
    left=$((left - 1))
  done
}

notice_promotion() {
  local word host host_port
  while read -r word; do
    case $word in
      slave) read -r host && read -r host_port && followed="$host $host_port" ;;
      master)
        [ -z "$followed" ] || gather_again_and_again
        followed=
        ;;
    esac
  done
}

gather_again_and_again() {
  local left=$attempts ordered=
  while [ "$left" -gt 0 ] && is_master; do
    ! gather || ordered=yes
    left=$((left - 1))
    sleep "$pause"
  done
  [ -n "$ordered" ] || say "has become a master, and no Sentinel says why: leaves the other replicas where they are"
}

is_master() {
  echo ROLE | talk 127.0.0.1 "$port" 1 | grep -q '^master$'
}

# Only where a failover is under way: a node that a person or a mistake has made a master takes no replica from another.
gather() {
  local unasked="$followed" host host_port # it is dead, or about to follow this node by itself
  ask_peers
  is_failing_over || return 1
  # Those that still follow the master that this node followed.
  echo "$answers" | awk -v followed="$followed" '$1 == "redis" && $4 == "slave" && $8 " " $9 == followed { print $2, $3 }' |
    while read -r host host_port; do
      if takes "$host" "$host_port" "REPLICAOF $self"; then
        say "was promoted, and has $host port $host_port follow"
      fi
    done
}

main
