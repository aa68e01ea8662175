# shellcheck shell=sh disable=SC2034,SC2154 # a part of switchover.sh, with which it shares variables
#
# Connections that stay open during a switchover. While writes wait, the script starts as few programs as possible: on a
# busy machine, starting a program takes longer than everything that the program does.
#
# Sets: query_number, connection_count, answer.

# Queries are numbered, so that no answer is taken for the answer to another query.
query_number=0
connection_count=0

# Connects to this node, the Sentinel and the replica, for three seconds.
#
# Sets: connection_count, answer; problem, which applies only if this function fails.
open_connections() {
  local pipe_prefix
  problem="could not connect to the Sentinel $(describe_node "$sentinel"), the replica $(describe_node "$replica") \
and this node"
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

# Starts a redis-cli that reads from one named pipe and writes to another.
#
# Reads: pipe_prefix.
#
# $1: the name of the connection, $2: address, $3: port
open_connection() {
  mkfifo "$pipe_prefix-to-$1" "$pipe_prefix-from-$1" || return 1
  timeout 3 redis-cli -h "$2" -p "$3" < "$pipe_prefix-to-$1" > "$pipe_prefix-from-$1" 2> /dev/null &
}

# These functions send commands to one of the three nodes. They fail if there is no answer.
#
# Sets: answer, which is empty if there is none.
#
# $1: the commands, one a line
query_this_node() {
  send_commands "$1" >&3 && read_answer <&4
}

query_chosen_sentinel() {
  send_commands "$1" >&5 && read_answer <&6
}

query_chosen_replica() {
  send_commands "$1" >&7 && read_answer <&8
}

# Sends commands to standard output, between two marks. Sentinel closes the connections of a node that it promotes.
# redis-cli then reconnects, but loses one command and is not logged in. So the password is sent first, and twice. If
# the connection is not logged in anyway, the error NOAUTH answers at least one of the two marks at the end.
#
# Sets: query_number.
#
# $1: the commands, one a line
send_commands() {
  query_number=$((query_number + 1))
  printf '%s\n' "$auth_command" "$auth_command" "ECHO begin-$query_number-" "$1" \
    "ECHO end-$query_number-" "ECHO end-$query_number-"
} 2> /dev/null

# Reads an answer from standard input.
#
# Sets: answer.
read_answer() {
  local line in_answer=''
  answer=
  while read -r line; do
    case $line in
      # Sentinel has no ECHO command, but its error message repeats the marker.
      *"begin-$query_number-"*) in_answer=yes ;;
      *"end-$query_number-"*) return 0 ;;
      NOAUTH*) break ;;
      '') ;; # follows every error message
      *) [ -z "$in_answer" ] || answer=$answer$line$line_end ;;
    esac
  done
  answer=
  return 1
}
