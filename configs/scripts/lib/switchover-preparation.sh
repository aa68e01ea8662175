# shellcheck shell=sh disable=SC2034,SC2154 # a part of switchover.sh, with which it shares variables
#
# The preparation of a switchover, before writes have to wait: chooses a replica, a Sentinel, and the best moment.
#
# Sets: replica, sentinel, preferred_replica, best_time; problem and problem_timeout if one of its functions fails.

# The age in milliseconds of a Sentinel's last INFO of the replica at which to request the failover from that Sentinel.
# The Sentinel sends SLAVEOF NO ONE by the third of its ticks of 50 to 100 ms. It sees the result in its next INFO, 1000
# ms after the last one. If the request comes when the INFO is older than 810 ms, that next INFO may be too early, and
# the one after it comes a second later.
best_info_age=795

# Chooses the data node of the set that is in sync with this node and has the highest offset.
#
# Sets: replica; problem and problem_timeout if there is none.
choose_replica() {
  [ "$redis_count" -gt 1 ] || fail "there is no other data node"
  [ "$sentinel_count" -gt 0 ] || fail "there are no Sentinels, which would redirect the clients"
  replica=$(
    { cat "$configuration/peers" && echo "$replicas"; } | awk '
      $1 == "redis" { member[$2 " " $3]; next }
      ($1 " " $2) in member && $3 == "online" && $5 <= 1 && $4 >= most { most = $4; choice = $1 " " $2 }
      END { if (choice) print choice }'
  )
  [ -z "$replica" ] || return 0
  case $replicas in
    '') problem_timeout=$short_timeout ;;
    *' wait_bgsave '* | *' send_bulk '*) ;; # about to be in sync
    *) problem_timeout=$long_timeout ;;
  esac
  problem="no replica is in sync"
  return 1
}

# Chooses a Sentinel that could have this node replaced now.
#
# Sets: sentinel, problem_timeout; problem if there is none.
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
        # It would begin and continue the failover only after the end of its TILT, while writes wait.
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

# Prints how $sentinel regards this node: "ready" to replace it, or "busy" with a failover. Prints "tilt" or "silent" if
# that keeps the Sentinel from acting, and nothing in all other cases.
#
# Reads: sentinel; ready_flags, a pattern for the flags of a master that may be replaced.
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

# Gives the chosen replica the lowest priority number, which Sentinel promotes first. A replica that had no data until
# now is about to get its planned priority (allow-promotion.sh), so it is not chosen.
#
# Sets: preferred_replica; problem if the replica may not be promoted or does not answer.
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

# Gives the preferred replica its planned priority back. If the replica does not answer, tries for another minute: a
# replica that keeps its raised priority could be promoted although others have more data.
#
# Sets: preferred_replica.
restore_priority() {
  local planned
  [ -n "$preferred_replica" ] || return 0
  planned=$(planned_priority "$preferred_replica")
  if ! set_priority "$planned"; then
    log "could not restore the replica-priority of $(describe_node "$preferred_replica") to $planned yet: tries for \
another minute"
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

# $1: the priority for $preferred_replica
set_priority() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(echo "CONFIG SET replica-priority $1" | query $preferred_replica 1 | grep -c '^OK$')" -eq 2 ]
}

# Waits for the moment at which the Sentinel will see the promotion soonest: the failover must be requested when the
# Sentinel's last INFO of the replica is $best_info_age old. Returns shortly before that moment, with open connections.
#
# Sets: best_time, that moment; problem if there is none.
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
        # Between the pause and the failover, the replicas are queried. That takes about as long as this query.
        latest_start=$((best_time - ${preparation_time:-$query_time}))
        if [ $((latest_start - $(now))) -ge $((3 * query_time)) ]; then
          open_connections || return 1
          sleep_ms $((latest_start - $(now)))
          return 0
        elif [ "$(elapsed)" -ge "$long_timeout" ]; then
          # The machine is too slow to hit the moment. Writes will wait for about a second.
          best_time=$((best_time + deadline))
          open_connections
          return
        fi
        sleep_ms 100 # waits for the Sentinel's next INFO
        ;;
      *)
        problem="the Sentinel $(describe_node "$sentinel") lists ${info_age:-no replica $(describe_node "$replica")}"
        return 1
        ;;
    esac
  done
  problem="the Sentinel $(describe_node "$sentinel") did not notice the priority of the replica in time"
  return 1
}

# Prints how many milliseconds ago $sentinel last heard from $replica. Prints "wait" until the Sentinel would choose
# this replica before all others, and the problem if the Sentinel cannot choose it.
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
      if (value[chosen, "flags"] != "slave") { print "the replica with the flags", value[chosen, "flags"]; exit }
      for (i = 1; i <= one; i++) {
        if (i != chosen && value[i, "slave-priority"] + 0 == 1) rival = 1
      }
      print (value[chosen, "slave-priority"] != 1 || rival) ? "wait" : value[chosen, "info-refresh"]
    }'
}
