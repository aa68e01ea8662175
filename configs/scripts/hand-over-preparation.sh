# shellcheck shell=sh disable=SC2034,SC2154 # one part of hand-over.sh, whose variables these are
#
# What a handover needs before any write has to wait: a replica, a Sentinel, and the best moment.
#
# Sets: replica, sentinel, preferred, best_at; problem and patience where one of its functions fails.

# The age of a Sentinel's last INFO of the replica at which to ask that Sentinel for the failover, in milliseconds. It
# sends SLAVEOF NO ONE by the third of its ticks of 50 to 100 ms, and sees the outcome by the INFO that follows the last
# after 1000 ms: asked later than at 810, it may look too early, and the next INFO comes a second after.
best_age=795

# Chooses the one of the set's data nodes that is in sync with this node and has the most.
#
# Sets: replica; problem and patience where there is none.
choose_replica() {
  [ "$redis_count" -gt 1 ] || give_up "there is no other data node"
  [ "$sentinel_count" -gt 0 ] || give_up "there are no Sentinels, who would move the clients"
  replica=$(
    { cat "$configuration/peers" && echo "$replicas"; } | awk '
      $1 == "redis" { member[$2 " " $3]; next }
      ($1 " " $2) in member && $3 == "online" && $5 <= 1 && $4 >= most { most = $4; choice = $1 " " $2 }
      END { if (choice) print choice }'
  )
  [ -z "$replica" ] || return 0
  case $replicas in
    '') patience=$patience_without_prospect ;;
    *' wait_bgsave '* | *' send_bulk '*) ;; # on its way
    *) patience=$patience_with_prospect ;;
  esac
  problem="no replica is in sync"
  return 1
}

# Chooses one that could have this node replaced now.
#
# Sets: sentinel, patience; problem where there is none.
choose_sentinel() {
  local kind host host_port
  patience=$patience_without_prospect
  problem="no Sentinel that names this node reaches a majority"
  while read -r kind host host_port _; do
    [ "$kind" = sentinel ] || continue
    sentinel="$host $host_port"
    case $(sentinel_view) in
      ready)
        patience=$deadline
        return 0
        ;;
      busy)
        patience=$deadline
        problem="the Sentinels are busy with another failover"
        ;;
      tilt)
        # It would begin the failover, and go on with it, while writes wait, only when its TILT is over.
        patience=$deadline
        problem="the Sentinels are in TILT"
        ;;
      silent)
        # shellcheck disable=SC2086 # an address and a port
        [ "$patience" -ge "$patience_with_prospect" ] || refuses_connections $sentinel ||
          patience=$patience_with_prospect
        ;;
    esac
  done < "$configuration/peers"
  return 1
}

# What $sentinel thinks of this node: "ready" to have it replaced, "busy" with a failover, or nothing. Or why it could do
# nothing: "tilt", "silent".
#
# Reads: sentinel; ready_flags, an expression for the flags with which the master may be replaced.
sentinel_view() {
  # shellcheck disable=SC2086 # an address and a port
  printf 'SENTINEL CKQUORUM %s\nSENTINEL MASTER %s\nINFO sentinel\n' "$master_name" "$master_name" |
    talk $sentinel "$patience_for_one" | awk -v self="$self" -v ready="^${ready_flags:-master}\$" '
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
# own (await-data.sh).
#
# Sets: preferred; problem where it may not be promoted.
prefer_replica() {
  [ "$preferred" = "$replica" ] || restore_priority
  if is_barred; then
    problem="the replica $(place "$replica") may not be promoted yet"
    return 1
  fi
  preferred=$replica
  set_priority 1 && return 0
  problem="the replica $(place "$replica") does not answer"
  return 1
}

is_barred() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(echo 'CONFIG GET replica-priority' | talk $replica "$patience_for_one" | sed -n 3p)" = 0 ]
}

# A replica that is silent now must not stay ahead of the others for ever: it may have less than they.
#
# Sets: preferred.
restore_priority() {
  local planned
  [ -n "$preferred" ] || return 0
  planned=$(planned_priority "$preferred")
  if ! set_priority "$planned"; then
    say "could not put the replica-priority of $(place "$preferred") back to $planned yet; tries for another minute"
    (exec > /dev/null 2>&1 && keep_restoring) &
  fi
  preferred=
}

# Reads: planned.
keep_restoring() {
  local attempts=60
  until set_priority "$planned" || [ $((attempts -= 1)) -eq 0 ]; do
    rest 1000
  done
}

# $1: the priority that $preferred gets
set_priority() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(echo "CONFIG SET replica-priority $1" | talk $preferred 1 | grep -c '^OK$')" -eq 2 ]
}

# Waits for the moment at which the Sentinel will see the promotion soonest: it must be asked when its last INFO of the
# replica is $best_age old. Returns shortly before it, with connections.
#
# Sets: best_at, the time of that; problem where there is no such moment.
await_moment() {
  local before age asking latest_start
  while [ "$(elapsed)" -lt "$deadline" ]; do
    before=$(now)
    age=$(replica_view)
    case $age in
      wait) rest 50 ;;
      [0-9]*)
        asking=$(($(now) - before))
        best_at=$(($(now) - asking / 2 + best_age - age))
        # Between the pause and the failover the replicas are asked, as the Sentinel was here.
        latest_start=$((best_at - ${preparation:-$asking}))
        if [ $((latest_start - $(now))) -ge $((3 * asking)) ]; then
          connect_closely || return 1
          rest $((latest_start - $(now)))
          return 0
        elif [ "$(elapsed)" -ge "$patience_with_prospect" ]; then
          # A machine that is too slow to meet the moment: the writes will wait about a second.
          best_at=$((best_at + deadline))
          connect_closely
          return
        fi
        rest 100 # for the next INFO
        ;;
      *)
        problem="the Sentinel $(place "$sentinel") sees ${age:-no replica $(place "$replica")}"
        return 1
        ;;
    esac
  done
  problem="the Sentinel $(place "$sentinel") did not take notice of the replica in time"
  return 1
}

# How many milliseconds ago $sentinel heard from $replica; "wait" until it would choose it before all others.
replica_view() {
  # shellcheck disable=SC2086 # an address and a port
  echo "SENTINEL REPLICAS $master_name" | talk $sentinel "$patience_for_one" | awk -v replica="$replica" '
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
