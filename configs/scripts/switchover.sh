#!/bin/sh
# Hands the master's role over to a replica without losing a write: before a stop, or as a planned switchover.
#
# Exit code 0 when this node is not the master, or no longer; else one line says why. README.md beside this script has
# the sequence and its reasons.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"
# shellcheck source-path=SCRIPTDIR source=lib/switchover-preparation.sh
. "${0%/*}/switchover-preparation.sh"
# shellcheck source-path=SCRIPTDIR source=lib/persistent-connections.sh
. "${0%/*}/persistent-connections.sh"

# Times in milliseconds. All of it has to fit into the time that a host gives a node to stop.
deadline=20000
# A failover that a Sentinel has begun must be seen to its end.
failover_deadline=30000
# With no replica connected, or no majority of Sentinels, waiting helps little: maybe everything is being stopped. Nor
# does it with a dead server.
short_timeout=1000
# For what may be no more than slow: a replica on its way, a Sentinel that does not answer.
long_timeout=5000
# Writes wait half as long as Sentinel needs to take a node for down, if a replica does not catch up: the pause holds
# the Sentinels' messages back too.
pause_limit=$((down_after / 2))
# How much later than the best moment is still good enough.
max_delay=25
# Longer than this script runs: it ends the pause itself.
pause_duration=60000

# What has to be put right at the end, whatever it is. The trap that does so may run within any function, so no function
# has a local variable of these names.
holds_lock=
work_dir=
preferred_replica=
paused_at=
# Whether a Sentinel may have begun a failover.
failover_requested=
# Attempts that were broken off because the best moment had passed.
late_attempts=0
# Milliseconds that the last of them took; empty before the first.
preparation_time=

disconnect_commands='CLIENT KILL TYPE normal
CLIENT KILL TYPE pubsub'
line_end='
'
carriage_return=$(printf '\r')

main() {
  local known_problem='' problem_since attempt_started
  started_at=$(now)
  trap clean_up EXIT
  trap 'exit 143' TERM INT HUP
  # Somebody who ended a connection is noticed by the missing answer.
  trap '' PIPE
  acquire_lock
  attempt_started=$(now)
  until attempt_switchover; do
    if [ "$problem" != "$known_problem" ]; then
      known_problem=$problem
      problem_since=$attempt_started
    fi
    if [ $(($(now) - problem_since)) -ge "$problem_timeout" ] || [ "$(elapsed)" -ge "$deadline" ]; then
      fail "$problem"
    fi
    sleep_ms 100
    attempt_started=$(now)
  done
}

# One at a time: the pause of one must not be ended by another.
#
# Sets: work_dir, holds_lock.
acquire_lock() {
  local lock_holder
  work_dir=$data/.switchover
  until mkdir "$work_dir" 2> /dev/null; do
    # If it does not exist, the other handover has just ended, or the folder cannot be created.
    [ -d "$work_dir" ] || { mkdir "$work_dir" 2> /dev/null && break; } || [ -d "$work_dir" ] ||
      fail "cannot write to $data"
    read -r lock_holder 2> /dev/null < "$work_dir/holder" && [ ! -d "/proc/$lock_holder" ] && rm -rf "$work_dir"
    [ "$(elapsed)" -lt "$deadline" ] || fail "another handover is under way"
    sleep_ms 100
  done
  holds_lock=yes
  echo $$ > "$work_dir/holder"
}

# The deployment may have changed the password since this container was made: this node accepts both, its peers that
# have restarted only the new one, which it uses with its master.
#
# Sets: auth_command; problem and patience where this node is silent.
adopt_newer_password() {
  local newer_password
  # Formatted, a value is in the quotes and escapes that redis-cli reads.
  newer_password=$(echo 'CONFIG GET masterauth' | query 127.0.0.1 "$port" 1 --no-raw | sed -n 's/^2) //p')
  [ -n "$newer_password" ] || report_silent_node || return 1
  auth_command="AUTH $newer_password"
}

elapsed() {
  echo $(($(now) - started_at))
}

# $1: milliseconds
sleep_ms() {
  [ "$1" -le 0 ] || sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# $1: an address and a port
describe_node() {
  echo "${1% *} port ${1#* }"
}

fail() {
  log "cannot hand over: $1"
  exit 1
}

# One attempt.
#
# Sets: problem, and the patience to have with it, where it fails.
attempt_switchover() {
  problem_timeout=$deadline
  read_own_replication || return 1
  if [ "$role" != master ]; then
    log "nothing to hand over: this node is not the master"
    return 0
  fi
  adopt_newer_password && choose_replica && choose_sentinel && prefer_replica && await_best_moment || return 1
  if pause_writes && await_replicas && request_failover; then
    await_new_master && follow_new_master
  else
    resume_writes
    return 1
  fi
}

# Sets: what read_replication does; problem and patience where this node is silent.
read_own_replication() {
  parse_replication "$(echo 'INFO replication' | query 127.0.0.1 "$port" 1)"
  [ -n "$role" ] || report_silent_node
}

# A server that is slow, on a busy machine or by a long command, is still the master, and worth all the time there is.
#
# Sets: problem, problem_timeout.
report_silent_node() {
  problem_timeout=$deadline
  ! refuses_connections 127.0.0.1 "$port" || problem_timeout=$short_timeout
  problem="this node does not answer on port $port"
  return 1
}

# Whether no process listens there. The kernel accepts connections for a process that is slow or frozen.
#
# $1: an address, $2: a port
refuses_connections() {
  {
    timeout 1 redis-cli -h "$1" -p "$2" PING < /dev/null 2>&1 | grep -q refused
  } 2> /dev/null # around both: busybox says "Terminated" when the time is over
}

# Writes wait for this: what the shell itself can do is quicker than any program.
#
# Sets: role; offset of a master; position of a replica; replicas, "<address> <port> <state> <offset> <lag>" a line.
#
# $1: what INFO replication says
parse_replication() {
  local key value host host_port state replica_offset lag
  role=
  offset=
  applied_offset=
  replicas=
  while IFS=: read -r key value; do
    value=${value%"$carriage_return"}
    case $key in
      role) role=$value ;;
      master_repl_offset) offset=$value ;;
      slave_repl_offset) applied_offset=$value ;;
      slave[0-9]*)
        # ip=10.0.0.1,port=6379,state=online,offset=1234,lag=0
        IFS='=,' read -r _ host _ host_port _ state _ replica_offset _ lag _ << FIELDS
$value
FIELDS
        replicas="$replicas$host $host_port $state $replica_offset $lag
"
        ;;
    esac
  done << REPLICATION
$1
REPLICATION
}

# Sets: paused_at; offset, where this node stops, and all else that read_replication sets; problem where it fails.
pause_writes() {
  paused_at=$(now)
  query_this_node "CLIENT PAUSE $pause_duration WRITE${line_end}INFO replication"
  parse_replication "$answer"
  [ "$role" = master ] && [ -n "$offset" ] && return 0
  problem="writes could not be paused"
  return 1
}

# Waits until all replicas in sync, any of which might be promoted after all, have what this node has. They say it
# themselves: what this node knows of them is up to a second old.
#
# Sets: problem where it fails.
await_replicas() {
  until [ -z "$(lagging_replicas)" ]; do
    if [ $(($(now) - paused_at)) -ge "$pause_limit" ]; then
      problem="a replica did not catch up within $pause_limit ms"
      return 1
    fi
  done
}

# Prints the address and port of each.
lagging_replicas() {
  local required_offset="$offset" host host_port state
  print_if_lagging "$replica" &
  while read -r host host_port state _; do
    [ "$state" != online ] || [ "$host $host_port" = "$replica" ] || print_if_lagging "$host $host_port" &
  done << REPLICAS
$replicas
REPLICAS
  wait
}

# Reads: required_offset.
#
# $1: address and port of a replica
print_if_lagging() {
  local role offset applied_offset replicas
  # shellcheck disable=SC2086 # an address and a port
  parse_replication "$(echo 'INFO replication' | query $1 "$query_timeout")"
  [ "${applied_offset:-0}" -ge "$required_offset" ] || echo "$1"
}

# Only a Sentinel that says no has not begun: one that does not answer may have been told all the same.
#
# Sets: failover_requested, late_attempts, preparation_time; problem where it fails.
request_failover() {
  local delay
  delay=$(($(now) - best_time))
  if [ "$delay" -gt "$max_delay" ] && [ "$late_attempts" -lt 2 ]; then
    late_attempts=$((late_attempts + 1))
    preparation_time=$(($(now) - paused_at + delay))
    problem="it took too long to prepare the failover"
    return 1
  fi
  failover_requested=yes
  query_chosen_sentinel "SENTINEL FAILOVER $master_name"
  case $answer in
    INPROG* | NOGOODSLAVE* | ERR*)
      failover_requested=
      problem="the Sentinel $(describe_node "$sentinel") answers: ${answer%%"$line_end"*}"
      return 1
      ;;
  esac
}

# Until it sees the new master, this node must not take a write again.
#
# Sets: master; problem where there is none.
await_new_master() {
  while [ "$(elapsed)" -lt "$failover_deadline" ]; do
    if find_new_master; then
      return 0
    elif [ -z "$failover_requested" ]; then
      problem="the Sentinel $(describe_node "$sentinel") gave the failover up"
      resume_writes
      return 1
    fi
  done
  fail "no Sentinel has named the master since the failover began"
}

# Sets: master, the new one; failover_requested, to nothing if it is this node after all.
find_new_master() {
  if replica_is_promoted; then
    master=$replica
    return 0
  fi
  # The usual way takes a third of a second. After a whole one something else has happened.
  if [ $(($(now) - paused_at)) -lt 1000 ]; then
    sleep_ms 5
    return 1
  fi
  query_peers
  master=$(named_master)
  if [ "$master" = "$self" ] && [ "$(sentinel_readiness)" = ready ] && ! replica_is_promoted; then
    failover_requested=
  fi
  [ -n "$master" ] && [ "$master" != "$self" ]
}

# Sets: answer.
replica_is_promoted() {
  # shellcheck disable=SC2086 # an address and a port
  query_chosen_replica ROLE || answer=$(echo ROLE | query $replica "$query_timeout")
  case $answer in
    master* | "OK${line_end}master"*) ;;
    *) return 1 ;;
  esac
}

# Some clients never leave a connection that is alive, so they lose it; not before a Sentinel names the new master, or
# they would be told of this node again. Until then their writes wait.
#
# Sets: failover_requested.
follow_new_master() {
  local command="REPLICAOF $master"
  query_this_node "$command" || answer=$(echo "$command" | query 127.0.0.1 "$port" 1)
  case $answer in
    OK*) failover_requested= ;;
    *) fail "this node does not follow the new master $(describe_node "$master")" ;;
  esac
  until [ $(($(now) - paused_at)) -ge "$pause_limit" ]; do
    query_chosen_sentinel "SENTINEL GET-MASTER-ADDR-BY-NAME $master_name" || break
    [ "$answer" != "${master% *}$line_end${master#* }$line_end" ] || break
    sleep_ms 5
  done
  resume_writes "$disconnect_commands"
  log "handed over to $(describe_node "$master"): writes waited for $paused_for ms"
}

# Sets: paused_for, the milliseconds that writes have waited; paused_at.
#
# $1: what to do before, if anything
resume_writes() {
  [ -n "$paused_at" ] || return 0
  local command="${1:-PING}${line_end}CLIENT UNPAUSE"
  query_this_node "$command" || echo "$command" | query 127.0.0.1 "$port" 1 > /dev/null
  paused_for=$(($(now) - paused_at))
  paused_at=
}

clean_up() {
  restore_priority
  if [ -z "$failover_requested" ]; then
    resume_writes
    [ -z "$holds_lock" ] || rm -rf "$work_dir"
  else
    log "takes no writes until a majority of the Sentinels says who the master is"
    # Without the output, so that a caller that reads to its end does not wait for this.
    (exec > /dev/null 2>&1 && keep_writes_paused) &
    echo $! > "$work_dir/holder"
  fi
}

# A node that has begun to hand over cannot know better than the Sentinels, however long they are silent.
keep_writes_paused() {
  while echo "CLIENT PAUSE $pause_duration WRITE" | query 127.0.0.1 "$port" 1 | grep -q OK; do
    if find_new_master && follow_new_master || [ -z "$failover_requested" ]; then
      break
    fi
    sleep_ms 1000
  done
  resume_writes
  rm -rf "$work_dir"
}

main
