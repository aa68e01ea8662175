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

# How often it looks after a promotion: a node may be too busy to answer the first time.
attempts=20

server=$1
followed=${2:+$2 $3}
left=$attempts
ordered=

main() {
  role_again_and_again | notice_promotion
}

# One program asks for as long as its connection lasts. A promotion ends that, so the next one begins soon.
role_again_and_again() {
  until has_ended "$server"; do
    printf '%s\n' "${authenticate#AUTH }" | redis-cli --askpass -r -1 -i 0.02 -h 127.0.0.1 -p "$port" ROLE 2> /dev/null
    sleep 0.01
  done
}

notice_promotion() {
  while read -r word && ! has_ended "$server"; do
    case $word in
      slave)
        read -r host && read -r host_port && followed="$host $host_port"
        left=$attempts
        ordered=
        ;;
      master)
        [ -n "$followed" ] || continue
        ! gather || ordered=yes
        [ $((left -= 1)) -eq 0 ] || continue
        followed=
        [ -n "$ordered" ] ||
          say "has become a master, and no Sentinel says why: leaves the other replicas where they are"
        ;;
    esac
  done
}

# Only where a failover is under way: a node that a person or a mistake has made a master takes no replica from another.
gather() {
  unasked=$followed # it is dead, or about to follow this node by itself
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
