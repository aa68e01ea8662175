# shellcheck shell=sh disable=SC2034 # the scripts that source this file use the variables that it sets
#
# Functions that query the other nodes and judge their answers. Every other script sources this file. Sourcing it runs
# nothing.
#
# Sets: the variables that read_peers and query_peers name.
#
# The password goes to redis-cli through standard input, because every user can read the arguments and the environment
# of a process.

# Reads the list of peers, which is in the same folder as this file.
#
# Sets: configuration, data, secrets, self, port, ordinal, master_name, quorum, appendonly, min_replicas_to_write,
# down_after, sentinel_wait_limit, failover_wait_limit, redis_count, sentinel_count, first_node, auth_command,
# query_timeout.
#
# $1: the folder
read_peers() {
  local word value rest
  configuration=$1
  redis_count=0
  sentinel_count=0
  first_node=
  while read -r word value rest; do
    case $word in
      data) data=$value ;;
      secrets) secrets=$value ;;
      self) self="$value $rest" port=$rest ;;
      ordinal) ordinal=$value ;;
      master-name) master_name=$value ;;
      quorum) quorum=$value ;;
      appendonly) appendonly=$value ;;
      min-replicas-to-write) min_replicas_to_write=$value ;;
      down-after) down_after=$value ;;
      sentinel-patience) sentinel_wait_limit=$value ;;
      failover-patience) failover_wait_limit=$value ;;
      redis)
        redis_count=$((redis_count + 1))
        first_node=${first_node:-$value ${rest% *}}
        ;;
      sentinel) sentinel_count=$((sentinel_count + 1)) ;;
    esac
  done < "$configuration/peers"
  # Without the password all peers would seem silent, and the node would decide as if it were alone.
  if [ ! -r "$secrets/authenticate" ]; then
    log "cannot read the secret file $secrets/authenticate"
    exit 1
  fi
  read -r auth_command < "$secrets/authenticate"
  # Half a second is a long time for an answer within a network. A timeout command that knows no fractions gives a whole
  # second.
  query_timeout=$(timeout 0.5 true 2> /dev/null && echo 0.5 || echo 1)
}

log() {
  printf 'redis-ha: %s\n' "$1"
}

# Ends the script: a node in the wrong role can destroy data, a stopped node cannot.
#
# $1: the reason
refuse_to_start() {
  log "does not start: $1"
  exit 1
}

# Prints the milliseconds since the machine started. Nothing ever sets this clock.
now() {
  local uptime hundredths
  read -r uptime _ < /proc/uptime
  # The 1 in front keeps a leading zero from making the number octal.
  hundredths=1${uptime#*.}
  echo $((${uptime%.*} * 1000 + (hundredths - 100) * 10))
}

# Sends the commands on standard input, one a line, to a server and prints its answers. Prints nothing if the server is
# silent.
#
# $1: its address, $2: its port, $3: the timeout in seconds, $4: an option of redis-cli, if any
query() {
  {
    { printf '%s\n' "$auth_command" && cat; } | timeout "$3" redis-cli -h "$1" -p "$2" ${4:+"$4"}
  } 2> /dev/null # for both commands: busybox prints "Terminated" at a timeout
}

# Executes a command on a server. Fails if the server does not accept it, as may happen while it loads its data.
#
# $1: its address, $2: its port, $3: the command
execute() {
  # The first OK answers the password.
  [ "$(echo "$3" | query "$1" "$2" 1 | grep -c '^OK')" -eq 2 ]
}

# Executes a command on this node's server.
#
# $1: the command
execute_here() {
  execute 127.0.0.1 "$port" "$1"
}

# Repeats a command on this node's server until a process has ended, and prints the answers. One redis-cli sends all
# commands. It reconnects automatically but does not log in again, so the password precedes each command.
#
# $1: the process id of the server, $2: the command, $3: seconds between two commands
poll_command() {
  until has_ended "$1"; do
    until has_ended "$1"; do
      printf '%s\n' "$auth_command" "$2"
      sleep "$3"
    done | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    sleep 0.1
  done
}

# Calls a function every 100 ms until it succeeds or a process has ended.
#
# $1: the function, $2: the process id
retry_while_running() {
  until has_ended "$2" || "$1"; do
    sleep 0.1
  done
}

# True if a process has ended.
#
# $1: its process id
has_ended() {
  ! kill -0 "$1" 2> /dev/null
}

# Prints the replica-priority that the plan gives a data node.
#
# $1: its address and port
planned_priority() {
  awk -v node="$1" '$1 == "redis" && $2 " " $3 == node { print $4 }' "$configuration/peers"
}

# Prints the identity that the plan gives a Sentinel.
#
# $1: its address and port
sentinel_id() {
  awk -v node="$1" '$1 == "sentinel" && $2 " " $3 == node { print $4 }' "$configuration/peers"
}

# Queries all other data nodes and Sentinels at once. Stores in $answers one line for each node that answers:
#
#   redis <address> <port> <role> <offset> <keys> <replicas> <address and port of its master>
#   sentinel <epoch> <address and port of the master> <replicas> <flags> <milliseconds since the master answered it>
#     <address> <port>                           only from a Sentinel that has been in contact with a master
#   refused <address> <port>                     it rejects this node's password
#
# Skips the node in $skipped_peer (an address and a port) and all nodes of the kind in $skipped_kind.
#
# Sets: answers.
query_peers() {
  local kind host host_port
  answers=$(
    while read -r kind host host_port _; do
      [ "$kind" != "${skipped_kind:-}" ] || continue
      case "$kind $host $host_port" in
        *" $self" | *" ${skipped_peer:-$self}") ;;
        redis\ *) query_redis "$host" "$host_port" & ;;
        sentinel\ *) query_sentinel "$host" "$host_port" & ;;
      esac
    done < "$configuration/peers"
    wait
  )
}

query_redis() {
  echo INFO | query "$1" "$2" "$query_timeout" | awk -v peer="$1 $2" '
    { sub(/\r$/, "") }
    NR == 1 && $0 ~ /WRONGPASS|NOAUTH|NOPERM/ { print "refused", peer; exit }
    { split($0, field, ":"); value[field[1]] = field[2] }
    /^master_host:/ { value["master_host"] = substr($0, 13) }
    /^db[0-9]+:keys=/ { split($0, count, /[=,]/); keys += count[2] }
    END {
      if (!("role" in value)) exit
      # A node that is still loading does not yet know how much data it has.
      if (value["loading"] == 1 && keys == 0) keys = 1
      print "redis", peer, value["role"], value["master_repl_offset"] + 0, keys + 0, value["connected_slaves"] + 0,
        value["master_host"], value["master_port"]
    }'
}

query_sentinel() {
  printf 'SENTINEL GET-MASTER-ADDR-BY-NAME %s\nSENTINEL MASTER %s\n' "$master_name" "$master_name" |
    query "$1" "$2" "$query_timeout" | awk -v peer="$1 $2" '
    NR == 1 && $0 ~ /WRONGPASS|NOAUTH|NOPERM/ { print "refused", peer; exit }
    NR == 2 { host = $0 }
    NR == 3 { port = $0 }
    NR > 3 && NR % 2 == 0 { key = $0 }
    NR > 3 && NR % 2 == 1 { value[key] = $0 }
    END {
      if (host !~ /^[0-9A-Fa-f.:]+$/ || port !~ /^[0-9]+$/ || !("config-epoch" in value)) exit
      # A Sentinel that has been in contact with no master, no replica and no failover only repeats its configuration.
      if (value["runid"] == "" && value["config-epoch"] == 0 && value["num-slaves"] == 0) exit
      print "sentinel", value["config-epoch"], host, port, value["num-slaves"], value["flags"],
        value["last-ok-ping-reply"], peer
    }'
}

# Prints the master that the Sentinels name: "<address> <port>". Prints nothing unless a majority of the configured
# Sentinels answered.
#
# If the answers differ, the one with the highest epoch is the newest: a failover makes a new epoch, and the Sentinels
# that have not yet learned of it may be more. Within one epoch, the master that most Sentinels name wins.
named_master() {
  echo "$answers" | awk -v majority=$((sentinel_count / 2 + 1)) '
    $1 == "sentinel" {
      heard++
      if (heard == 1 || $2 + 0 > epoch) { epoch = $2 + 0; split("", votes) }
      if ($2 + 0 == epoch) votes[$3 " " $4]++
    }
    END {
      if (heard < majority) exit
      for (address in votes) {
        if (votes[address] > most) { most = votes[address]; choice = address; tied = 0 }
        else if (votes[address] == most) tied = 1
      }
      if (!tied) print choice
    }'
}

# True if a Sentinel is replacing the master.
failover_in_progress() {
  echo "$answers" | grep -q '^sentinel .*failover_in_progress'
}

# Prints the data node that reports that it is the master: "<address> <port>". If there are several, the one with the
# most replicas wins, then the one with the highest offset.
claimed_master() {
  echo "$answers" | awk '
    $1 == "redis" && $4 == "master" {
      if (choice == "" || $7 > replicas || ($7 == replicas && $5 > offset)) {
        choice = $2 " " $3; offset = $5; replicas = $7
      }
    }
    END { if (choice != "") print choice }'
}

# True if there is any sign that other nodes have data: their own reports, or replicas that a Sentinel has detected.
others_hold_data() {
  others_report_data || echo "$answers" | awk '$1 == "sentinel" && $5 > 0 { found = 1 } END { exit !found }'
}

# True if every other data node has answered and has no data, whatever the Sentinels have detected.
others_are_empty() {
  [ -z "$(silent_data_nodes)" ] && ! others_report_data
}

# True if another data node reports keys or a replication offset.
others_report_data() {
  echo "$answers" | awk '$1 == "redis" && ($5 > 0 || $6 > 0) { found = 1 } END { exit !found }'
}

# Prints the other data nodes that have not answered.
silent_data_nodes() {
  echo "$answers" | awk -v self="$self" '
    NR == FNR { if ($1 == "redis") answered[$2 " " $3]; next }
    $1 != "redis" || $2 " " $3 == self || ($2 " " $3) in answered { next }
    { printf "%s%s port %s", sep, $2, $3; sep = ", " }
  ' - "$configuration/peers"
}

# Logs the peers that reject this node's password. Everywhere else they count as silent.
log_refused_passwords() {
  local refusing_peers
  refusing_peers=$(echo "$answers" | awk '$1 == "refused" { printf "%s%s port %s", sep, $2, $3; sep = ", " }')
  [ -z "$refusing_peers" ] || log "these peers reject this node's password: $refusing_peers"
}
