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

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# Seconds between checks. A problem that is seen twice in a row is not being fixed by a Sentinel.
poll_interval=4

# Looks in a row for which the Sentinels are not asked again, while nothing has changed since they named the master that
# this node follows. A master that becomes a replica ends its replicas' connections and has another replication id from
# then on, so a change of master is seen here as well.
skippable_checks=15

# What the data nodes say of the master does not count.
skipped_kind=redis
carriage_return=$(printf '\r')
server=$1
problem=
# The link that the Sentinels have confirmed, and the looks for which that still counts.
confirmed_link=
checks_to_skip=0

main() {
  poll_replication | handle_links
}

# One program asks for as long as it lasts. It connects again by itself, and is not logged in then.
poll_replication() {
  until has_ended "$server"; do
    until has_ended "$server"; do
      printf '%s\n' "$auth_command" 'INFO replication'
      sleep "$poll_interval"
    done | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    sleep 0.1
  done
}

handle_links() {
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
        [ "$role" != slave ] || can_skip_check "$status" "$host $host_port $value" || check_link
        ;;
    esac
  done
}

# Sets: current_link, checks_to_skip.
#
# $1: the status of the link to the master, $2: the link
can_skip_check() {
  current_link=$2
  [ "$1" = up ] && [ "$2" = "$confirmed_link" ] && [ "$checks_to_skip" -gt 0 ] && checks_to_skip=$((checks_to_skip - 1))
}

# Sets: problem, confirmed_link, checks_to_skip.
check_link() {
  local previous_problem="$problem" followed='' link='' named
  problem=
  confirmed_link=
  read_link
  [ -n "$followed" ] || return 0
  query_peers
  named=$(named_master)
  if [ "$named" = "$followed" ] && ! failover_in_progress; then
    confirmed_link=$current_link
    checks_to_skip=$skippable_checks
  fi
  if follows_wrong_master; then
    problem="astray $followed $named"
    [ "$problem" != "$previous_problem" ] || follow_named_master
  elif connection_is_stuck; then
    problem="stuck $followed"
    [ "$problem" != "$previous_problem" ] || reconnect
  fi
}

# Sets: followed, "<address> <port>" of the master that this node follows; link, how far it has come with that. Both are
# empty when it is a master, or does not answer.
read_link() {
  local role followed_port
  # The first line is for the password.
  role=$(echo ROLE | query 127.0.0.1 "$port" 1 | awk 'NR == 2 && $0 != "slave" { exit } NR > 2 { printf "%s ", $0 }')
  read -r followed followed_port link _ << ANSWER
$role
ANSWER
  followed=${followed:+$followed $followed_port}
}

# Reads: named, followed.
follows_wrong_master() {
  [ -n "$named" ] && [ "$named" != "$followed" ] && [ "$named" != "$self" ] && ! failover_in_progress
}

follow_named_master() {
  if execute_here "REPLICAOF $named"; then
    log "follows ${named% *} port ${named#* } from now on, and not ${followed% *} port ${followed#* }: \
a majority of the Sentinels names it, and none has told this node"
  fi
}

# Whether the master answers on a connection of now, and that of the server still is none. How long it takes after that
# is the master's affair: a replica may wait for minutes until another's sync is over.
#
# Reads: link, followed.
connection_is_stuck() {
  [ "$link" = connecting ] && [ -n "$(query_redis "${followed% *}" "${followed#* }")" ]
}

# The server gives up a connection that is no more than begun after repl-timeout, and knows no command for that: another
# REPLICAOF of the same master changes nothing. It looks once a second.
reconnect() {
  local repl_timeout checks
  repl_timeout=$(echo 'CONFIG GET repl-timeout' | query 127.0.0.1 "$port" 1 | sed -n 3p)
  [ -n "$repl_timeout" ] || return 0
  log "reconnects to ${followed% *} port ${followed#* }: it answers, and the connection to it is not established"
  execute_here 'CONFIG SET repl-timeout 1' || return 0
  checks=0
  while read_link && [ "$link" = connecting ] && [ "$checks" -lt 20 ]; do
    checks=$((checks + 1))
    sleep 0.1
  done
  until execute_here "CONFIG SET repl-timeout $repl_timeout" || has_ended "$server"; do
    sleep 0.1
  done
}

main
