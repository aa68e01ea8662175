# shellcheck shell=sh disable=SC2034 # the scripts that read this file use what it sets
#
# What a node knows of its peers, and what they answer now. Read by the start scripts and probes; does nothing by itself.
#
# Sets: what read_peers and ask_peers name.
#
# The password goes to redis-cli through its standard input: arguments and environment are for everyone to see.

# Reads the list of peers beside this file.
#
# Sets: configuration, data, secrets, self, port, ordinal, master_name, quorum, appendonly, min_replicas_to_write,
# down_after, sentinel_patience, failover_patience, redis_count, sentinel_count, first, authenticate, patience_for_one.
#
# $1: the directory it is in
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
  # Without it everybody would seem silent, and a node decide as if it were alone.
  if [ ! -r "$secrets/authenticate" ]; then
    log "cannot read the secret file $secrets/authenticate"
    exit 1
  fi
  read -r auth_command < "$secrets/authenticate"
  # Half a second is long for an answer within a network; a timeout that knows no fractions gives one second.
  query_timeout=$(timeout 0.5 true 2> /dev/null && echo 0.5 || echo 1)
}

log() {
  printf 'redis-ha: %s\n' "$1"
}

# Ends the script: better not to run than to do harm.
refuse_to_start() {
  log "does not start: $1"
  exit 1
}

# Milliseconds since the machine started: a clock that is never set.
now() {
  local uptime hundredths
  read -r uptime _ < /proc/uptime
  # The hundredths make a number that begins with 1, since a leading zero would make it octal.
  hundredths=1${uptime#*.}
  echo $((${uptime%.*} * 1000 + (hundredths - 100) * 10))
}

# Asks one server what stands on standard input, a command a line. Silence is an answer too: it prints nothing then.
#
# $1: its address, $2: its port, $3: seconds it has for that, $4: an option of redis-cli, if any
query() {
  {
    { printf '%s\n' "$auth_command" && cat; } | timeout "$3" redis-cli -h "$1" -p "$2" ${4:+"$4"}
  } 2> /dev/null # around both: busybox says "Terminated" when the time is over
}

# Whether a server takes a command: not always while it reads its data.
#
# $1: its address, $2: its port, $3: the command
execute() {
  # The first OK is for the password.
  [ "$(echo "$3" | query "$1" "$2" 1 | grep -c '^OK')" -eq 2 ]
}

# $1: a command for this node's server
execute_here() {
  execute 127.0.0.1 "$port" "$1"
}

# Calls a function again and again until it succeeds, or until a process has ended.
#
# $1: the function, $2: the process id
retry_while_running() {
  until has_ended "$2" || "$1"; do
    sleep 0.1
  done
}

# Whether a process is gone.
#
# $1: its id
has_ended() {
  ! kill -0 "$1" 2> /dev/null
}

# The replica-priority that the plan gives a data node.
#
# $1: its address and port
planned_priority() {
  awk -v node="$1" '$1 == "redis" && $2 " " $3 == node { print $4 }' "$configuration/peers"
}

# The identity that the plan gives a Sentinel.
#
# $1: its address and port
sentinel_id() {
  awk -v node="$1" '$1 == "sentinel" && $2 " " $3 == node { print $4 }' "$configuration/peers"
}

# Asks all other data nodes and Sentinels at once, and leaves in $answers a line for each that has something to say:
#
#   redis <address> <port> <role> <offset> <keys> <replicas> <address and port of its master>
#   sentinel <epoch> <address and port of the master> <replicas> <flags> <milliseconds since the master answered it>
#     <address> <port>                                             only from a Sentinel that has met a master
#   refused <address> <port>                                       it does not take this node's password
#
# Does not ask the node in $unasked, an address and a port, nor nodes of the kind in $unasked_kind.
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
      # A node that is still reading its data does not know yet how much it has.
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
      # One that has met no master, no replica and no failover repeats only what it was started with.
      if (value["runid"] == "" && value["config-epoch"] == 0 && value["num-slaves"] == 0) exit
      print "sentinel", value["config-epoch"], host, port, value["num-slaves"], value["flags"], value["last-ok-ping-reply"],
        peer
    }'
}

# The master as the Sentinels know it: "<address> <port>"; nothing unless a majority of the configured ones answered.
#
# Of different answers the one of the highest epoch is the newest: a failover makes a new epoch, and those that have
# not heard of it yet may well be more. Among the same epoch, the one that most give.
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

# Whether a Sentinel is replacing the master.
failover_in_progress() {
  echo "$answers" | grep -q '^sentinel .*failover_in_progress'
}

# The data node that says it is the master: "<address> <port>"; of several, the one with the most replicas, then with
# the most history.
claimed_master() {
  echo "$answers" | awk '
    $1 == "redis" && $4 == "master" {
      if (choice == "" || $7 > replicas || ($7 == replicas && $5 > offset)) {
        choice = $2 " " $3; offset = $5; replicas = $7
      }
    }
    END { if (choice != "") print choice }'
}

# Whether anybody shows a sign that other nodes have data: what they say, or replicas that a Sentinel has met.
others_hold_data() {
  others_report_data || echo "$answers" | awk '$1 == "sentinel" && $5 > 0 { found = 1 } END { exit !found }'
}

# Whether every other data node has answered and has no data, whatever the Sentinels have met.
others_are_empty() {
  [ -z "$(silent_data_nodes)" ] && ! others_report_data
}

# By keys, or a history.
others_report_data() {
  echo "$answers" | awk '$1 == "redis" && ($5 > 0 || $6 > 0) { found = 1 } END { exit !found }'
}

# Names the other data nodes that have not answered.
silent_data_nodes() {
  echo "$answers" | awk -v self="$self" '
    NR == FNR { if ($1 == "redis") answered[$2 " " $3]; next }
    $1 != "redis" || $2 " " $3 == self || ($2 " " $3) in answered { next }
    { printf "%s%s port %s", sep, $2, $3; sep = ", " }
  ' - "$configuration/peers"
}

# Names the peers that do not take this node's password, which to the rest looks like silence.
log_refused_passwords() {
  local refusing_peers
  refusing_peers=$(echo "$answers" | awk '$1 == "refused" { printf "%s%s port %s", sep, $2, $3; sep = ", " }')
  [ -z "$refusing_peers" ] || log "refused with this node's password: $refusing_peers"
}
