#!/bin/sh
# Keeps this node connected to the right master while it is a replica. Ends with the server.
#
# It makes the node follow the master that a majority of the Sentinels names. Sentinels correct the replicas that they
# know within two seconds, but they learn of replicas only from the master. A replica that joined while the master
# changed follows a node that is now a replica itself, so no Sentinel would ever learn of it.
#
# It also makes the node reconnect if a connection to its master is never established. The packets of a connection that
# starts before a Kubernetes Service leads to the master's pod never arrive, because connection tracking sends the
# repeated packets to the old place. Redis would wait for 60 s.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# Seconds between checks. A problem that two checks in a row find is not being fixed by a Sentinel.
poll_interval=4

# The number of checks in a row that do not query the Sentinels again, if nothing has changed since they named the
# master that this node follows. A master that becomes a replica closes the connections of its replicas and gets another
# replication id, so a change of master is noticed here too.
skippable_checks=15

# Query only Sentinels: what data nodes report about the master does not count.
skipped_kind=redis
carriage_return=$(printf '\r')
server=$1
problem=
# The link that the Sentinels have confirmed, and the number of checks that the confirmation is still valid for.
confirmed_link=
checks_to_skip=0

main() {
  poll_command "$server" 'INFO replication' "$poll_interval" | handle_links
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
      # Redis prints this field after the others.
      master_replid)
        [ "$role" != slave ] || can_skip_check "$status" "$host $host_port $value" || check_link
        ;;
    esac
  done
}

# True if the link is up and the Sentinels have confirmed it recently.
#
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
    problem="wrong master $followed $named"
    [ "$problem" != "$previous_problem" ] || follow_named_master
  elif connection_is_stuck; then
    problem="stuck connection $followed"
    [ "$problem" != "$previous_problem" ] || reconnect
  fi
}

# Sets: followed, "<address> <port>" of the master that this node follows; link, the state of the connection to it. Both
# are empty if this node is a master, or does not answer.
read_link() {
  local role followed_port
  # The first line answers the password.
  role=$(echo ROLE | query 127.0.0.1 "$port" 1 | awk 'NR == 2 && $0 != "slave" { exit } NR > 2 { printf "%s ", $0 }')
  read -r followed followed_port link _ << ANSWER
$role
ANSWER
  followed=${followed:+$followed $followed_port}
}

# True if the Sentinels name another master than this node follows.
#
# Reads: named, followed.
follows_wrong_master() {
  [ -n "$named" ] && [ "$named" != "$followed" ] && [ "$named" != "$self" ] && ! failover_in_progress
}

follow_named_master() {
  if execute_here "REPLICAOF $named"; then
    log "follows ${named% *} port ${named#* } from now on instead of ${followed% *} port ${followed#* }: \
a majority of the Sentinels names it, and none of them has corrected this node"
  fi
}

# True if the master answers a new connection while the server's own connection is still not established. What happens
# after that depends on the master: a replica may wait for minutes until the sync of another one is complete.
#
# Reads: link, followed.
connection_is_stuck() {
  [ "$link" = connecting ] && [ -n "$(query_redis "${followed% *}" "${followed#* }")" ]
}

# Redis gives up a connection that is not established after repl-timeout, for which it checks once a second. No command
# does that: another REPLICAOF of the same master changes nothing. So this lowers repl-timeout for a moment.
reconnect() {
  local repl_timeout checks
  repl_timeout=$(echo 'CONFIG GET repl-timeout' | query 127.0.0.1 "$port" 1 | sed -n 3p)
  [ -n "$repl_timeout" ] || return 0
  log "reconnects to ${followed% *} port ${followed#* }: it answers, but the connection to it is not established"
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
