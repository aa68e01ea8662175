# shellcheck shell=sh disable=SC2034,SC2154 # one part of hand-over.sh, whose variables these are
#
# Connections that stay. While writes wait, no program is started that need not be: on a busy machine the start of one
# takes longer than all that it does.
#
# Sets: question, connections; answer, what the last question was answered.

# Questions are numbered, so that no answer is taken for that of another.
question=0
connections=0

# Connects to this node, the Sentinel and the replica, for three seconds.
#
# Sets: connections, answer; problem, which holds where it fails.
connect_closely() {
  local pipes
  problem="no connection to the Sentinel $(place "$sentinel"), the replica $(place "$replica") and this node"
  exec 3>&- 4<&- 5>&- 6<&- 7>&- 8<&-
  connections=$((connections + 1))
  pipes=$workplace/$connections
  # shellcheck disable=SC2086 # an address and a port
  {
    connect this-node 127.0.0.1 "$port" && exec 3> "$pipes-to-this-node" 4< "$pipes-from-this-node"
    connect sentinel $sentinel && exec 5> "$pipes-to-sentinel" 6< "$pipes-from-sentinel"
    connect replica $replica && exec 7> "$pipes-to-replica" 8< "$pipes-from-replica"
  }
  this_node PING && the_sentinel PING && the_replica PING
}

# Reads: pipes.
#
# $1: name, $2: address, $3: port
connect() {
  mkfifo "$pipes-to-$1" "$pipes-from-$1" || return 1
  timeout 3 redis-cli -h "$2" -p "$3" < "$pipes-to-$1" > "$pipes-from-$1" 2> /dev/null &
}

# Each fails if there is no answer to the commands $1.
#
# Sets: answer, which is empty if there is none.
this_node() {
  ask "$1" >&3 && read_answer <&4
}

the_sentinel() {
  ask "$1" >&5 && read_answer <&6
}

the_replica() {
  ask "$1" >&7 && read_answer <&8
}

# Sentinel ends the connections of a node that it promotes. redis-cli then makes a new one by itself, but loses one
# command and is not logged in. So the password goes first and twice; and if it is not known after all, one of two words
# at the end gets to hear that.
#
# Sets: question.
ask() {
  question=$((question + 1))
  printf '%s\n' "$authenticate" "$authenticate" "ECHO begin-$question-" "$1" "ECHO end-$question-" "ECHO end-$question-"
} 2> /dev/null

# Sets: answer.
read_answer() {
  local line begun_to_answer=''
  answer=
  while read -r line; do
    case $line in
      # A Sentinel knows no ECHO, and repeats the word in its complaint.
      *"begin-$question-"*) begun_to_answer=yes ;;
      *"end-$question-"*) return 0 ;;
      NOAUTH*) break ;;
      '') ;; # which follows every complaint
      *) [ -z "$begun_to_answer" ] || answer=$answer$line$line_end ;;
    esac
  done
  answer=
  return 1
}
