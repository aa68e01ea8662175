# shellcheck shell=sh disable=SC2034,SC2154 # one part of switchover.sh, whose variables these are
#
# What a handover needs before any write has to wait: a replica, a Sentinel, and the best moment.
#
# Sets: replica, sentinel, preferred_replica, best_time; problem and patience where one of its functions fails.

# The age of a Sentinel's last INFO of the replica at which to ask that Sentinel for the failover, in milliseconds. It
# sends SLAVEOF NO ONE by the third of its ticks of 50 to 100 ms, and sees the outcome by the INFO that follows the last
# after 1000 ms: asked later than at 810, it may look too early, and the next INFO comes a second after.
best_info_age=795

# Chooses the one of the set's data nodes that is in sync with this node and has the most.
#
# Sets: replica; problem and patience where there is none.
choose_replica() {
  [ "$redis_count" -gt 1 ] || fail "there is no other data node"
  [ "$sentinel_count" -gt 0 ] || fail "there are no Sentinels, who would move the clients"
  replica=$(
    { cat "$configuration/peers" && echo "$replicas"; } | awk '
      $1 == "redis" { member[$2 " " $3]; next }
      ($1 " " $2) in member && $3 == "online" && $5 <= 1 && $4 >= most { most = $4; choice = $1 " " $2 }
      END { if (choice) print choice }'
  )
  [ -z "$replica" ] || return 0
  case $replicas in
    '') problem_timeout=$short_timeout ;;
    *' wait_bgsave '* | *' send_bulk '*) ;; # on its way
    *) problem_timeout=$long_timeout ;;
  esac
  problem="no replica is in sync"
  return 1
}

# Chooses one that could have this node replaced now.
#
# Sets: sentinel, problem_timeout; problem where there is none.
choose_sentinel() {
  local kind host host_port
  problem_timeout=$short_timeout
  problem="no Sentinel that names this node reaches a majority"
  while read -r kind host host_port _; do
    [ "$kind" = sentinel ] || continue
    sentinel="$host $host_port"
    case $(sentinel_readiness) in
      ready)
        problem_timeout=$deadline
        return 0
        ;;
      busy)
        problem_timeout=$deadline
        problem="the Sentinels are busy with another failover"
        ;;
      tilt)
        # It would begin the failover, and go on with it, while writes wait, only when its TILT is over.
        problem_timeout=$deadline
        problem="the Sentinels are in TILT"
        ;;
      silent)
        # shellcheck disable=SC2086 # an address and a port
        [ "$problem_timeout" -ge "$long_timeout" ] || refuses_connections $sentinel ||
          problem_timeout=$long_timeout
        ;;
    esac
  done < "$configuration/peers"
  return 1
}

# What $sentinel thinks of this node: "ready" to have it replaced, "busy" with a failover, or nothing. Or why it could do
# nothing: "tilt", "silent".
#
# Reads: sentinel; ready_flags, an expression for the flags with which the master may be replaced.
sentinel_readiness() {
  # shellcheck disable=SC2086 # an address and a port
  printf 'SENTINEL CKQUORUM %s\nSENTINEL MASTER %s\nINFO sentinel\n' "$master_name" "$master_name" |
    query $sentinel "$query_timeout" | awk -v self="$self" -v ready="^${ready_flags:-master}\$" '
    NR == 2 && $1 != "OK" { exit }
    /^# Sentinel/ { in_info = 1 }
    in_info { if (/^sentinel_tilt:1/) tilt = 1; next }
    NR > 2 && NR % 2 { key = $0 }
    NR > 2 && NR % 2 == 0 { value[key] = $0 }
    END {
      if (!NR) print "silent"
      if (!("flags" in value)) exit
      if (value["ip"] " " value["port"] != self) exit
      if (value["flags"] ~ /failover_in_progress/) print "busy"
      else if (tilt) print "tilt"
      else if (value["flags"] ~ ready) print "ready"
    }'
}

# Sentinel promotes the replica of the lowest priority first. One that has had no data until now is about to get its
# own (allow-promotion.sh).
#
# Sets: preferred_replica; problem where it may not be promoted.
prefer_replica() {
  [ "$preferred_replica" = "$replica" ] || restore_priority
  if promotion_blocked; then
    problem="the replica $(describe_node "$replica") may not be promoted yet"
    return 1
  fi
  preferred_replica=$replica
  set_priority 1 && return 0
  problem="the replica $(describe_node "$replica") does not answer"
  return 1
}

promotion_blocked() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(echo 'CONFIG GET replica-priority' | query $replica "$query_timeout" | sed -n 3p)" = 0 ]
}

# A replica that is silent now must not stay ahead of the others for ever: it may have less than they.
#
# Sets: preferred_replica.
restore_priority() {
  local planned
  [ -n "$preferred_replica" ] || return 0
  planned=$(planned_priority "$preferred_replica")
  if ! set_priority "$planned"; then
    log "could not put the replica-priority of $(describe_node "$preferred_replica") back to $planned yet; tries for another minute"
    (exec > /dev/null 2>&1 && retry_restoring_priority) &
  fi
  preferred_replica=
}

# Reads: planned.
retry_restoring_priority() {
  local attempts=60
  until set_priority "$planned" || [ $((attempts -= 1)) -eq 0 ]; do
    sleep_ms 1000
  done
}

# $1: the priority that $preferred gets
set_priority() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(echo "CONFIG SET replica-priority $1" | query $preferred_replica 1 | grep -c '^OK$')" -eq 2 ]
}

# Waits for the moment at which the Sentinel will see the promotion soonest: it must be asked when its last INFO of the
# replica is $best_age old. Returns shortly before it, with connections.
#
# Sets: best_time, the time of that; problem where there is no such moment.
await_best_moment() {
  local query_started info_age query_time latest_start
  while [ "$(elapsed)" -lt "$deadline" ]; do
    query_started=$(now)
    info_age=$(replica_info_age)
    case $info_age in
      wait) sleep_ms 50 ;;
      [0-9]*)
        query_time=$(($(now) - query_started))
        best_time=$(($(now) - query_time / 2 + best_info_age - info_age))
        # Between the pause and the failover the replicas are asked, as the Sentinel was here.
        latest_start=$((best_time - ${preparation_time:-$query_time}))
        if [ $((latest_start - $(now))) -ge $((3 * query_time)) ]; then
          open_connections || return 1
          sleep_ms $((latest_start - $(now)))
          return 0
        elif [ "$(elapsed)" -ge "$long_timeout" ]; then
          # A machine that is too slow to meet the moment: the writes will wait about a second.
          best_time=$((best_time + deadline))
          open_connections
          return
        fi
        sleep_ms 100 # for the next INFO
        ;;
      *)
        problem="the Sentinel $(describe_node "$sentinel") sees ${info_age:-no replica $(describe_node "$replica")}"
        return 1
        ;;
    esac
  done
  problem="the Sentinel $(describe_node "$sentinel") did not take notice of the replica in time"
  return 1
}

# How many milliseconds ago $sentinel heard from $replica; "wait" until it would choose it before all others.
replica_info_age() {
  # shellcheck disable=SC2086 # an address and a port
  echo "SENTINEL REPLICAS $master_name" | query $sentinel "$query_timeout" | awk -v replica="$replica" '
    NR == 1 { next }
    NR % 2 == 0 { key = $0; if (key == "ip") one++ }
    NR % 2 == 1 { value[one, key] = $0 }
    END {
      for (i = 1; i <= one; i++) {
        if (value[i, "ip"] " " value[i, "port"] == replica) chosen = i
      }
      if (!chosen) exit
      if (value[chosen, "flags"] != "slave") { print "its replica as", value[chosen, "flags"]; exit }
      for (i = 1; i <= one; i++) {
        if (i != chosen && value[i, "slave-priority"] + 0 == 1) rival = 1
      }
      print (value[chosen, "slave-priority"] != 1 || rival) ? "wait" : value[chosen, "info-refresh"]
    }'
}
