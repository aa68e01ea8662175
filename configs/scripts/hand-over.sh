#!/bin/sh
# Hands the master's role over to a replica without losing a write: before a stop, or as a planned switchover.
#
# Exit code 0 when this node is not the master, or no longer; else one line says why. README.md beside this script has
# the sequence and its reasons.
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"
# shellcheck source-path=SCRIPTDIR source=hand-over-preparation.sh
. "${0%/*}/hand-over-preparation.sh"
# shellcheck source-path=SCRIPTDIR source=talk-closely.sh
. "${0%/*}/talk-closely.sh"

# Times in milliseconds. All of it has to fit into the time that a host gives a node to stop.
deadline=20000
# A failover that a Sentinel has begun must be seen to its end.
last_deadline=30000
# With no replica connected, or no majority of Sentinels, waiting helps little: maybe everything is being stopped. Nor
# does it with a dead server.
patience_without_prospect=1000
# For what may be no more than slow: a replica on its way, a Sentinel that does not answer.
patience_with_prospect=5000
# Writes wait half as long as Sentinel needs to take a node for down, if a replica does not catch up: the pause holds
# the Sentinels' messages back too.
pause_limit=$((down_after / 2))
# How much later than the best moment is still good enough.
tolerated_delay=25
# Longer than this script runs: it ends the pause itself.
whole_pause=60000

# What has to be put right at the end, whatever it is. The trap that does so may run within any function, so no function
# has a local variable of these names.
mine=
workplace=
preferred=
paused_at=
# Whether a Sentinel may have begun a failover.
asked=
# Attempts that were broken off because the best moment had passed.
late_starts=0
# Milliseconds that the last of them took; empty before the first.
preparation=

disconnect='CLIENT KILL TYPE normal
CLIENT KILL TYPE pubsub'
line_end='
'
carriage_return=$(printf '\r')

main() {
  local known_problem='' problem_since attempt_at
  begun=$(now)
  trap put_right EXIT
  trap 'exit 143' TERM INT HUP
  # Somebody who ended a connection is noticed by the missing answer.
  trap '' PIPE
  await_turn
  attempt_at=$(now)
  until hand_over; do
    if [ "$problem" != "$known_problem" ]; then
      known_problem=$problem
      problem_since=$attempt_at
    fi
    if [ $(($(now) - problem_since)) -ge "$patience" ] || [ "$(elapsed)" -ge "$deadline" ]; then
      give_up "$problem"
    fi
    rest 100
    attempt_at=$(now)
  done
}

# One at a time: the pause of one must not be ended by another.
#
# Sets: workplace, mine.
await_turn() {
  local holder
  workplace=$data/.hand-over
  until mkdir "$workplace" 2> /dev/null; do
    # If it does not exist, the other handover has just ended, or the folder cannot be created.
    [ -d "$workplace" ] || { mkdir "$workplace" 2> /dev/null && break; } || [ -d "$workplace" ] ||
      give_up "cannot write to $data"
    read -r holder 2> /dev/null < "$workplace/holder" && [ ! -d "/proc/$holder" ] && rm -rf "$workplace"
    [ "$(elapsed)" -lt "$deadline" ] || give_up "another handover is under way"
    rest 100
  done
  mine=yes
  echo $$ > "$workplace/holder"
}

# The deployment may have changed the password since this container was made: this node accepts both, its peers that
# have restarted only the new one, which it uses with its master.
#
# Sets: authenticate; problem and patience where this node is silent.
take_newer_password() {
  local newer
  # Formatted, a value is in the quotes and escapes that redis-cli reads.
  newer=$(echo 'CONFIG GET masterauth' | talk 127.0.0.1 "$port" 1 --no-raw | sed -n 's/^2) //p')
  [ -n "$newer" ] || node_is_silent || return 1
  authenticate="AUTH $newer"
}

elapsed() {
  echo $(($(now) - begun))
}

# $1: milliseconds
rest() {
  [ "$1" -le 0 ] || sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# $1: an address and a port
place() {
  echo "${1% *} port ${1#* }"
}

give_up() {
  say "cannot hand over: $1"
  exit 1
}

# One attempt.
#
# Sets: problem, and the patience to have with it, where it fails.
hand_over() {
  patience=$deadline
  look_at_self || return 1
  if [ "$role" != master ]; then
    say "nothing to hand over: this node is not the master"
    return 0
  fi
  take_newer_password && choose_replica && choose_sentinel && prefer_replica && await_moment || return 1
  if pause_writes && replicas_have_all && begin_failover; then
    await_new_master && follow_new_master
  else
    resume_writes
    return 1
  fi
}

# Sets: what read_replication does; problem and patience where this node is silent.
look_at_self() {
  read_replication "$(echo 'INFO replication' | talk 127.0.0.1 "$port" 1)"
  [ -n "$role" ] || node_is_silent
}

# A server that is slow, on a busy machine or by a long command, is still the master, and worth all the time there is.
#
# Sets: problem, patience.
node_is_silent() {
  patience=$deadline
  ! refuses_connections 127.0.0.1 "$port" || patience=$patience_without_prospect
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
read_replication() {
  local key value host host_port state replica_offset lag
  role=
  offset=
  position=
  replicas=
  while IFS=: read -r key value; do
    value=${value%"$carriage_return"}
    case $key in
      role) role=$value ;;
      master_repl_offset) offset=$value ;;
      slave_repl_offset) position=$value ;;
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
  this_node "CLIENT PAUSE $whole_pause WRITE${line_end}INFO replication"
  read_replication "$answer"
  [ "$role" = master ] && [ -n "$offset" ] && return 0
  problem="writes could not be paused"
  return 1
}

# Waits until all replicas in sync, any of which might be promoted after all, have what this node has. They say it
# themselves: what this node knows of them is up to a second old.
#
# Sets: problem where it fails.
replicas_have_all() {
  until [ -z "$(replicas_behind)" ]; do
    if [ $(($(now) - paused_at)) -ge "$pause_limit" ]; then
      problem="a replica did not catch up within $pause_limit ms"
      return 1
    fi
  done
}

# Prints the address and port of each.
replicas_behind() {
  local goal="$offset" host host_port state
  is_behind "$replica" &
  while read -r host host_port state _; do
    [ "$state" != online ] || [ "$host $host_port" = "$replica" ] || is_behind "$host $host_port" &
  done << REPLICAS
$replicas
REPLICAS
  wait
}

# Reads: goal.
#
# $1: address and port of a replica
is_behind() {
  local role offset position replicas
  # shellcheck disable=SC2086 # an address and a port
  read_replication "$(echo 'INFO replication' | talk $1 "$patience_for_one")"
  [ "${position:-0}" -ge "$goal" ] || echo "$1"
}

# Only a Sentinel that says no has not begun: one that does not answer may have been told all the same.
#
# Sets: asked, late_starts, preparation; problem where it fails.
begin_failover() {
  local late
  late=$(($(now) - best_at))
  if [ "$late" -gt "$tolerated_delay" ] && [ "$late_starts" -lt 2 ]; then
    late_starts=$((late_starts + 1))
    preparation=$(($(now) - paused_at + late))
    problem="it took too long to prepare the failover"
    return 1
  fi
  asked=yes
  the_sentinel "SENTINEL FAILOVER $master_name"
  case $answer in
    INPROG* | NOGOODSLAVE* | ERR*)
      asked=
      problem="the Sentinel $(place "$sentinel") answers: ${answer%%"$line_end"*}"
      return 1
      ;;
  esac
}

# Until it sees the new master, this node must not take a write again.
#
# Sets: master; problem where there is none.
await_new_master() {
  while [ "$(elapsed)" -lt "$last_deadline" ]; do
    if sees_new_master; then
      return 0
    elif [ -z "$asked" ]; then
      problem="the Sentinel $(place "$sentinel") gave the failover up"
      resume_writes
      return 1
    fi
  done
  give_up "no Sentinel has named the master since the failover began"
}

# Sets: master, the new one; asked, to nothing if it is this node after all.
sees_new_master() {
  if is_promoted; then
    master=$replica
    return 0
  fi
  # The usual way takes a third of a second. After a whole one something else has happened.
  if [ $(($(now) - paused_at)) -lt 1000 ]; then
    rest 5
    return 1
  fi
  ask_peers
  master=$(named_master)
  if [ "$master" = "$self" ] && [ "$(sentinel_view)" = ready ] && ! is_promoted; then
    asked=
  fi
  [ -n "$master" ] && [ "$master" != "$self" ]
}

# Sets: answer.
is_promoted() {
  # shellcheck disable=SC2086 # an address and a port
  the_replica ROLE || answer=$(echo ROLE | talk $replica "$patience_for_one")
  case $answer in
    master* | "OK${line_end}master"*) ;;
    *) return 1 ;;
  esac
}

# Some clients never leave a connection that is alive, so they lose it; not before a Sentinel names the new master, or
# they would be told of this node again. Until then their writes wait.
#
# Sets: asked.
follow_new_master() {
  local command="REPLICAOF $master"
  this_node "$command" || answer=$(echo "$command" | talk 127.0.0.1 "$port" 1)
  case $answer in
    OK*) asked= ;;
    *) give_up "this node does not follow the new master $(place "$master")" ;;
  esac
  until [ $(($(now) - paused_at)) -ge "$pause_limit" ]; do
    the_sentinel "SENTINEL GET-MASTER-ADDR-BY-NAME $master_name" || break
    [ "$answer" != "${master% *}$line_end${master#* }$line_end" ] || break
    rest 5
  done
  resume_writes "$disconnect"
  say "handed over to $(place "$master"): writes waited for $pause ms"
}

# Sets: pause, the milliseconds that writes have waited; paused_at.
#
# $1: what to do before, if anything
resume_writes() {
  [ -n "$paused_at" ] || return 0
  local command="${1:-PING}${line_end}CLIENT UNPAUSE"
  this_node "$command" || echo "$command" | talk 127.0.0.1 "$port" 1 > /dev/null
  pause=$(($(now) - paused_at))
  paused_at=
}

put_right() {
  restore_priority
  if [ -z "$asked" ]; then
    resume_writes
    [ -z "$mine" ] || rm -rf "$workplace"
  else
    say "takes no writes until a majority of the Sentinels says who the master is"
    # Without the output, so that a caller that reads to its end does not wait for this.
    (exec > /dev/null 2>&1 && keep_paused) &
    echo $! > "$workplace/holder"
  fi
}

# A node that has begun to hand over cannot know better than the Sentinels, however long they are silent.
keep_paused() {
  while echo "CLIENT PAUSE $whole_pause WRITE" | talk 127.0.0.1 "$port" 1 | grep -q OK; do
    if sees_new_master && follow_new_master || [ -z "$asked" ]; then
      break
    fi
    rest 1000
  done
  resume_writes
  rm -rf "$workplace"
}

main
