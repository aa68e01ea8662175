#!/bin/sh
# Keeps this node, while it is a replica, in touch with its master. Ends with the server.
#
# It follows the master that a majority of the Sentinels names. They put right whom they know, within two seconds; but
# they know replicas from their master's word alone. One that joined while the master changed follows a node that is a
# replica itself by then: no Sentinel would ever hear of it.
#
# It also reconnects to its master when a connection is never established. A connection that starts before a Kubernetes
# Service leads to the master's pod never arrives: connection tracking sends its repeated packets to the old place. Redis
# would wait 60 s.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

# Seconds between checks. A problem that is seen twice in a row is not being fixed by a Sentinel.
period=4

# Looks in a row for which the Sentinels are not asked again, while nothing has changed since they named the master that
# this node follows. A master that becomes a replica ends its replicas' connections and has another replication id from
# then on, so a change of master is seen here as well.
calm_looks=15

# What the data nodes say of the master does not count.
unasked_kind=redis
carriage_return=$(printf '\r')
server=$1
seen=
# The link that the Sentinels have confirmed, and the looks for which that still counts.
confirmed=
calm=0

main() {
  replication_again_and_again | notice_links
}

# One program asks for as long as it lasts. It connects again by itself, and is not logged in then.
replication_again_and_again() {
  until has_ended "$server"; do
    until has_ended "$server"; do
      printf '%s\n' "$authenticate" 'INFO replication'
      sleep "$period"
    done | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    sleep 0.1
  done
}

notice_links() {
  local key value role='' host='' host_port='' status=''
  while IFS=: read -r key value; do
    value=${value%"$carriage_return"}
    case $key in
      role) role=$value ;;
      master_host) host=$value ;;
      master_port) host_port=$value ;;
      master_link_status) status=$value ;;
      # This one comes after the others.
      master_replid)
        [ "$role" != slave ] || is_calm "$status" "$host $host_port $value" || look
        ;;
    esac
  done
}

# Sets: current, calm.
#
# $1: the status of the link to the master, $2: the link
is_calm() {
  current=$2
  [ "$1" = up ] && [ "$2" = "$confirmed" ] && [ "$calm" -gt 0 ] && calm=$((calm - 1))
}

# Sets: seen, confirmed, calm.
look() {
  local before="$seen" followed='' link='' named
  seen=
  confirmed=
  read_link
  [ -n "$followed" ] || return 0
  ask_peers
  named=$(named_master)
  if [ "$named" = "$followed" ] && ! is_failing_over; then
    confirmed=$current
    calm=$calm_looks
  fi
  if is_astray; then
    seen="astray $followed $named"
    [ "$seen" != "$before" ] || follow_named
  elif is_stuck; then
    seen="stuck $followed"
    [ "$seen" != "$before" ] || reconnect
  fi
}

# Sets: followed, "<address> <port>" of the master that this node follows; link, how far it has come with that. Both are
# empty when it is a master, or does not answer.
read_link() {
  local role followed_port
  # The first line is for the password.
  role=$(echo ROLE | talk 127.0.0.1 "$port" 1 | awk 'NR == 2 && $0 != "slave" { exit } NR > 2 { printf "%s ", $0 }')
  read -r followed followed_port link _ << ANSWER
$role
ANSWER
  followed=${followed:+$followed $followed_port}
}

# Reads: named, followed.
is_astray() {
  [ -n "$named" ] && [ "$named" != "$followed" ] && [ "$named" != "$self" ] && ! is_failing_over
}

follow_named() {
  if take "REPLICAOF $named"; then
    say "follows ${named% *} port ${named#* } from now on, and not ${followed% *} port ${followed#* }: \
a majority of the Sentinels names it, and none has told this node"
  fi
}

# Whether the master answers on a connection of now, and that of the server still is none. How long it takes after that
# is the master's affair: a replica may wait for minutes until another's sync is over.
#
# Reads: link, followed.
is_stuck() {
  [ "$link" = connecting ] && [ -n "$(ask_redis "${followed% *}" "${followed#* }")" ]
}

# The server gives up a connection that is no more than begun after repl-timeout, and knows no command for that: another
# REPLICAOF of the same master changes nothing. It looks once a second.
reconnect() {
  local repl_timeout looks
  repl_timeout=$(echo 'CONFIG GET repl-timeout' | talk 127.0.0.1 "$port" 1 | sed -n 3p)
  [ -n "$repl_timeout" ] || return 0
  say "reconnects to ${followed% *} port ${followed#* }: it answers, and the connection to it is not established"
  take 'CONFIG SET repl-timeout 1' || return 0
  looks=0
  while read_link && [ "$link" = connecting ] && [ "$looks" -lt 20 ]; do
    looks=$((looks + 1))
    sleep 0.1
  done
  until take "CONFIG SET repl-timeout $repl_timeout" || has_ended "$server"; do
    sleep 0.1
  done
}

main
