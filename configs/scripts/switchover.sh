#!/bin/sh
# Makes a replica the master without losing a write: before the node stops, or as a planned switchover.
#
# The exit code is 0 if this node is not the master, or is not any more. Otherwise one line gives the reason. README.md
# in this folder has the sequence of steps and their reasons.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"
# shellcheck source-path=SCRIPTDIR source=lib/switchover-preparation.sh
. "${0%/*}/switchover-preparation.sh"
# shellcheck source-path=SCRIPTDIR source=lib/persistent-connections.sh
. "${0%/*}/persistent-connections.sh"

# Times in milliseconds. The whole switchover has to fit into the time that a host gives a node to stop.
deadline=20000
# A failover that a Sentinel has begun must be followed to its end.
failover_deadline=30000
# How long to wait if waiting helps little: if no replica is connected, if there is no majority of Sentinels (the whole
# set may be stopping), or if the server is dead.
short_timeout=1000
# How long to wait for something that may only be slow: a replica that is about to be in sync, or a Sentinel that does
# not answer.
long_timeout=5000
# How long writes wait for a replica to catch up: half the time after which Sentinel marks a node as down, because the
# pause delays the messages of the Sentinels too.
pause_limit=$((down_after / 2))
# How much later than the best moment is still good enough.
max_delay=25
# Longer than this script runs. The script ends the pause itself.
pause_duration=60000

# The state that clean_up restores at the end, however the script ends. clean_up may run inside any function, so no
# function has a local variable of these names.
holds_lock=
work_dir=
preferred_replica=
paused_at=
# Not empty if a Sentinel may have begun a failover.
failover_requested=
# The number of attempts that were aborted because the best moment had passed.
late_attempts=0
# Milliseconds that the preparation of the last such attempt took. Empty before the first one.
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
  # A closed connection shows itself by the missing answer.
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

# Waits until no other switchover of this node runs: one must not end the write pause of the other.
#
# Sets: work_dir, holds_lock.
acquire_lock() {
  local lock_holder
  work_dir=$data/.switchover
  until mkdir "$work_dir" 2> /dev/null; do
    # If the folder does not exist, the other switchover has just ended, or the folder cannot be created.
    [ -d "$work_dir" ] || { mkdir "$work_dir" 2> /dev/null && break; } || [ -d "$work_dir" ] ||
      fail "cannot write to $data"
    read -r lock_holder 2> /dev/null < "$work_dir/holder" && [ ! -d "/proc/$lock_holder" ] && rm -rf "$work_dir"
    [ "$(elapsed)" -lt "$deadline" ] || fail "another switchover is in progress"
    sleep_ms 100
  done
  holds_lock=yes
  echo $$ > "$work_dir/holder"
}

# The deployment may have changed the password since this container was created. This node then accepts both passwords.
# Its peers accept only the new one once they have restarted. The node uses the new one with its master.
#
# Sets: auth_command; problem and problem_timeout if this node is silent.
adopt_newer_password() {
  local newer_password
  # In formatted output, a value has the quotes and escapes that redis-cli reads.
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

# Ends the script.
#
# $1: the reason
fail() {
  log "cannot switch over: $1"
  exit 1
}

# Makes one attempt.
#
# Sets: problem and problem_timeout, if it fails.
attempt_switchover() {
  problem_timeout=$deadline
  read_own_replication || return 1
  if [ "$role" != master ]; then
    log "nothing to switch over: this node is not the master"
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

# Sets: what parse_replication sets; problem and problem_timeout if this node is silent.
read_own_replication() {
  parse_replication "$(echo 'INFO replication' | query 127.0.0.1 "$port" 1)"
  [ -n "$role" ] || report_silent_node
}

# Always fails. A server that is slow, because of a busy machine or a long command, is still the master, and worth
# waiting for as long as possible. A dead one is not.
#
# Sets: problem, problem_timeout.
report_silent_node() {
  problem_timeout=$deadline
  ! refuses_connections 127.0.0.1 "$port" || problem_timeout=$short_timeout
  problem="this node does not answer on port $port"
  return 1
}

# True if no process listens on a port. The kernel accepts connections for a process that is slow or frozen.
#
# $1: an address, $2: a port
refuses_connections() {
  {
    timeout 1 redis-cli -h "$1" -p "$2" PING < /dev/null 2>&1 | grep -q refused
  } 2> /dev/null # for both commands: busybox prints "Terminated" at a timeout
}

# Parses the output of INFO replication. Writes wait for this, and the shell is faster than any program it could start.
#
# Sets: role; offset of a master; applied_offset of a replica; replicas, with a line "<address> <port> <state> <offset>
# <lag>" for each.
#
# $1: the output
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

# Sets: paused_at; offset, at which this node stops, and everything else that parse_replication sets; problem if it
# fails.
pause_writes() {
  paused_at=$(now)
  query_this_node "CLIENT PAUSE $pause_duration WRITE${line_end}INFO replication"
  parse_replication "$answer"
  [ "$role" = master ] && [ -n "$offset" ] && return 0
  problem="writes could not be paused"
  return 1
}

# Waits until every replica in sync has all the data of this node, because any of them might be promoted. The replicas
# themselves are queried: what this node knows about them is up to a second old.
#
# Sets: problem if it fails.
await_replicas() {
  until [ -z "$(lagging_replicas)" ]; do
    if [ $(($(now) - paused_at)) -ge "$pause_limit" ]; then
      problem="a replica did not catch up within $pause_limit ms"
      return 1
    fi
  done
}

# Prints the address and port of each replica in sync that does not yet have all the data.
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

# Requests the failover. A Sentinel has not begun it only if it answers with a refusal. A Sentinel that does not answer
# may have begun it.
#
# Sets: failover_requested, late_attempts, preparation_time; problem if it fails.
request_failover() {
  local delay
  delay=$(($(now) - best_time))
  if [ "$delay" -gt "$max_delay" ] && [ "$late_attempts" -lt 2 ]; then
    late_attempts=$((late_attempts + 1))
    preparation_time=$(($(now) - paused_at + delay))
    problem="the preparation of the failover took too long"
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

# Waits until a new master is known. Until then, this node must not take writes.
#
# Sets: master; problem if the failover was given up.
await_new_master() {
  while [ "$(elapsed)" -lt "$failover_deadline" ]; do
    if find_new_master; then
      return 0
    elif [ -z "$failover_requested" ]; then
      problem="the Sentinel $(describe_node "$sentinel") gave up the failover"
      resume_writes
      return 1
    fi
  done
  fail "no Sentinel has named the master since the failover began"
}

# True if there is a new master.
#
# Sets: master, the new master; failover_requested, which becomes empty if this node turns out to stay the master.
find_new_master() {
  if replica_is_promoted; then
    master=$replica
    return 0
  fi
  # A promotion normally takes a third of a second. After a whole second, something else has happened.
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

# Makes this node a replica of the new master and disconnects its clients, because some clients never leave a connection
# that is alive. Waits for a Sentinel to name the new master first: otherwise the clients would be directed to this node
# again. Until then their writes wait.
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
  log "switched over to $(describe_node "$master"): writes waited for $paused_for ms"
}

# Sets: paused_for, the milliseconds that writes have waited; paused_at.
#
# $1: commands to execute before, if any
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
    log "takes no writes until a majority of the Sentinels names the master"
    # Without the output, so that a caller that reads the output to its end does not wait for this process.
    (exec > /dev/null 2>&1 && keep_writes_paused) &
    echo $! > "$work_dir/holder"
  fi
}

# Keeps writes paused until the Sentinels name the master, however long they do not answer. A node that has requested a
# failover cannot decide on its own whether it is still the master.
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
