#!/bin/sh
# Ends clients' connections to this node while it is a master that refuses writes for want of replicas and that no majority
# of the Sentinels names: it is cut off, and another node may be the master by now. Some clients never leave a connection
# that is alive; without it they ask a Sentinel or a gateway again. Ends with the server.
#
# It begins when writes have been refused for down-after, the time after which the Sentinels replace a silent master. A
# master whose Sentinels name it keeps its clients: they would come back to it.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

# Seconds between two looks.
period=1
# Milliseconds between two times that it ends connections. Clients that reach only this node come back each time.
interval=5000

# Only the Sentinels decide who the master is.
unasked_kind=redis
carriage_return=$(printf '\r')
server=$1
role=
refused_since=
released_at=

main() {
  replication_again_and_again | notice_refusals
}

# One program asks for as long as it lasts. It connects again by itself, and is not logged in then.
replication_again_and_again() {
  until has_ended "$server"; do
    until has_ended "$server"; do
      printf '%s\n' "$authenticate" 'INFO replication'
      sleep "$period"
    done | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
  done
}

# Sets: role.
notice_refusals() {
  local key value
  while IFS=: read -r key value; do
    value=${value%"$carriage_return"}
    case $key in
      role) role=$value ;;
      min_slaves_good_slaves) judge "$value" ;;
    esac
  done
}

# Sets: refused_since, released_at.
#
# $1: the number of replicas in time
judge() {
  local moment
  if [ "$role" != master ] || [ "$1" -ge "$min_replicas_to_write" ]; then
    refused_since=
    return
  fi
  moment=$(now)
  refused_since=${refused_since:-$moment}
  [ $((moment - refused_since)) -ge "$down_after" ] || return
  [ -z "$released_at" ] || [ $((moment - released_at)) -ge "$interval" ] || return
  ask_peers
  [ "$(named_master)" != "$self" ] || return
  released_at=$moment
  release
}

# The Sentinels of the set are clients too. Their connections have names that begin with "sentinel-".
release() {
  local ended
  ended=$(client_ids | sed 's/^/CLIENT KILL ID /' | talk 127.0.0.1 "$port" 1 | grep -c '^1$')
  say "has ended $ended clients' connections: it refuses writes for want of replicas, and no majority of the Sentinels names it"
}

client_ids() {
  printf '%s\n' 'CLIENT LIST TYPE normal' 'CLIENT LIST TYPE pubsub' | talk 127.0.0.1 "$port" 1 |
    awk '/^id=/ && !/ name=sentinel-/ && !/ cmd=client\|list / { print substr($1, 4) }'
}

main
