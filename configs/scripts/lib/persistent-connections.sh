# shellcheck shell=sh disable=SC2034,SC2154 # one part of switchover.sh, whose variables these are
#
# Connections that stay. While writes wait, no program is started that need not be: on a busy machine the start of one
# takes longer than all that it does.
#
# Sets: query_number, connection_count; answer, what the last question was answered.

# Questions are numbered, so that no answer is taken for that of another.
query_number=0
connection_count=0

# Connects to this node, the Sentinel and the replica, for three seconds.
#
# Sets: connection_count, answer; problem, which holds where it fails.
open_connections() {
  local pipe_prefix
  problem="no connection to the Sentinel $(describe_node "$sentinel"), the replica $(describe_node "$replica") and this node"
  exec 3>&- 4<&- 5>&- 6<&- 7>&- 8<&-
  connection_count=$((connection_count + 1))
  pipe_prefix=$work_dir/$connection_count
  # shellcheck disable=SC2086 # an address and a port
  {
    open_connection this-node 127.0.0.1 "$port" && exec 3> "$pipe_prefix-to-this-node" 4< "$pipe_prefix-from-this-node"
    open_connection sentinel $sentinel && exec 5> "$pipe_prefix-to-sentinel" 6< "$pipe_prefix-from-sentinel"
    open_connection replica $replica && exec 7> "$pipe_prefix-to-replica" 8< "$pipe_prefix-from-replica"
  }
  query_this_node PING && query_chosen_sentinel PING && query_chosen_replica PING
}

# Reads: pipe_prefix.
#
# $1: name, $2: address, $3: port
open_connection() {
  mkfifo "$pipe_prefix-to-$1" "$pipe_prefix-from-$1" || return 1
  timeout 3 redis-cli -h "$2" -p "$3" < "$pipe_prefix-to-$1" > "$pipe_prefix-from-$1" 2> /dev/null &
}

# Each fails if there is no answer to the commands $1.
#
# Sets: answer, which is empty if there is none.
query_this_node() {
  send_commands "$1" >&3 && read_answer <&4
}

query_chosen_sentinel() {
  send_commands "$1" >&5 && read_answer <&6
}

query_chosen_replica() {
  send_commands "$1" >&7 && read_answer <&8
}

# Sentinel ends the connections of a node that it promotes. redis-cli then makes a new one by itself, but loses one
# command and is not logged in. So the password goes first and twice; and if it is not known after all, one of two words
# at the end gets to hear that.
#
# Sets: query_number.
send_commands() {
  query_number=$((query_number + 1))
  printf '%s\n' "$auth_command" "$auth_command" "ECHO begin-$query_number-" "$1" "ECHO end-$query_number-" "ECHO end-$query_number-"
} 2> /dev/null

# Sets: answer.
read_answer() {
  local line in_answer=''
  answer=
  while read -r line; do
    case $line in
      # A Sentinel knows no ECHO, and repeats the word in its complaint.
      *"begin-$query_number-"*) in_answer=yes ;;
      *"end-$query_number-"*) return 0 ;;
      NOAUTH*) break ;;
      '') ;; # which follows every complaint
      *) [ -z "$in_answer" ] || answer=$answer$line$line_end ;;
    esac
  done
  answer=
  return 1
}
