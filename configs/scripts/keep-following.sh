#!/bin/sh
# Has this node, while it is a replica, follow the master that a majority of the Sentinels names. They put right whom they
# know, within two seconds; but they know replicas from their master's word alone. One that joined while the master
# changed follows a node that is a replica itself by then: no Sentinel would ever hear of it. Ends with the server.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

# Seconds between two looks: what is seen twice no Sentinel is about to put right.
period=4

# What the data nodes say does not count.
unasked_kind=redis
seen=

main() {
  until has_ended "$1"; do
    look
    sleep "$period"
  done
}

look() {
  before=$seen
  seen=
  followed=$(followed_master)
  [ -n "$followed" ] || return 0
  ask_peers
  named=$(named_master)
  if [ -z "$named" ] || [ "$named" = "$followed" ] || [ "$named" = "$self" ] || is_failing_over; then
    return 0
  fi
  seen="$followed $named"
  if [ "$seen" = "$before" ] && takes 127.0.0.1 "$port" "REPLICAOF $named"; then
    say "follows ${named% *} port ${named#* } from now on, and not ${followed% *} port ${followed#* }: \
a majority of the Sentinels names it, and none has told this node"
  fi
}

# "<address> <port>"; nothing when this node is a master, or does not answer.
followed_master() {
  ask_redis 127.0.0.1 "$port" | awk '$4 == "slave" { print $8, $9 }'
}

main "$1"
