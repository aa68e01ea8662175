#!/bin/sh
# Starts a Sentinel. It keeps what it has learned: the master's address, the epochs and the replicas. The deployment
# sets everything else, and other lines of the state file are not read again. README.md in this folder has the details.
set -u
umask 077
# Without a trap, the first process of a container ignores these signals while it waits.
trap 'exit 143' TERM INT

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

state_file=$data/sentinel.conf

main() {
  if [ ! -s "$state_file" ]; then
    learn_from_peers
  elif is_usable; then
    log "starts with its earlier state of $master_name"
    write_state known_state
  else
    log "$state_file is damaged or from another set: starts without it"
    learn_from_peers
  fi
  run_sentinel
}

# True if the state file names a master that belongs to the set, and ends with a complete line.
is_usable() {
  [ -z "$(tail -c 1 "$state_file")" ] && [ -n "$(known_state)" ]
}

# Prints the lines of the state file about the master and its replicas, without replicas that have left the set.
#
# Sentinel writes the password to this file without quotes. So only lines of an exact form count, and only the first
# line about the master, which Sentinel writes before the line with the password.
known_state() {
  awk -v name="$master_name" -v quorum="$quorum" '
    function number(text) { return text ~ /^[0-9]+$/ }
    NR == FNR { if ($1 == "redis") member[$2 " " $3]; next }
    $1 != "sentinel" { next }
    $2 == "current-epoch" && NF == 3 && number($3) { lines = lines "\n" $0 }
    $3 != name { next }
    $2 == "monitor" && NF == 6 && !master && ($4 " " $5) in member { master = $4 " " $5 }
    $2 ~ /^(config|leader)-epoch$/ && NF == 4 && number($4) { lines = lines "\n" $0 }
    $2 == "known-replica" && NF == 5 && ($4 " " $5) in member { lines = lines "\n" $0 }
    END { if (master) print "sentinel monitor", name, master, quorum lines }
  ' "$configuration/peers" "$state_file"
}

# Takes the master from the answers of the peers, so that a Sentinel that lost its volume does not name a master that
# was replaced long ago. At the first start of a set, this waits until the first master has answered, because there is
# nothing to monitor before that.
#
# Sets: master, reason.
learn_from_peers() {
  local wait_started logged=''
  wait_started=$(now)
  until query_peers && choose_master; do
    if [ -z "$logged" ]; then
      logged=yes
      log "waits for a master"
      log_refused_passwords
    fi
    sleep 0.1
  done
  log "starts with the master ${master% *} port ${master#* }: $reason"
  write_state initial_state
}

# Sets: master, reason.
choose_master() {
  master=$(named_master)
  reason="a majority of the Sentinels names it"
  [ -z "$master" ] || return 0
  master=$(claimed_master)
  reason="it reports that it is the master"
  [ -z "$master" ] || return 0
  # A node that was the master waits for the Sentinels before it reports that it is the master. If it is dead, its
  # replicas name it.
  [ $(($(now) - wait_started)) -ge $((2 * sentinel_wait_limit)) ] || return 1
  master=$(followed_master)
  reason="it does not answer, but replicas follow it"
  [ -n "$master" ]
}

# Prints the address that most data nodes with data follow. Nodes without data belong to a set that has had no master
# yet.
followed_master() {
  echo "$answers" | awk '
    $1 == "redis" && $4 == "slave" && ($5 > 0 || $6 > 0) {
      master = $8 " " $9
      if (++count[master] > most) { most = count[master]; choice = master }
    }
    END { if (most) print choice }'
}

initial_state() {
  echo "sentinel monitor $master_name $master $quorum"
  # The newest epoch keeps this Sentinel from voting in an epoch that is over. It learns the replicas from the master,
  # unless the master is dead.
  echo "$answers" | awk -v name="$master_name" -v master="$master" '
    $1 == "sentinel" && $2 + 0 > epoch { epoch = $2 }
    $1 == "redis" && $4 == "slave" && $8 " " $9 == master { print "sentinel known-replica", name, $2, $3 }
    END { if (epoch) print "sentinel config-epoch", name, epoch }'
}

# Every Sentinel knows the others from the start, by the identities in the plan. So a majority is always one of all
# configured Sentinels, never one of the Sentinels that happen to have found each other.
other_sentinels() {
  awk -v name="$master_name" -v self="$self" '
    $1 == "sentinel" && $2 " " $3 != self { print "sentinel known-sentinel", name, $2, $3, $4 }
  ' "$configuration/peers"
}

# $1: the function that prints what is known about the master
write_state() {
  if ! { "$1" && other_sentinels; } > "$state_file.new" || ! mv "$state_file.new" "$state_file"; then
    refuse_to_start "cannot write $state_file"
  fi
}

# These periods replace Sentinel's defaults, which are too long:
# - info-period, 10 s: for that long after its start, a Sentinel would know no replica to promote. A shorter period also
#   shows it a promotion sooner.
# - ping-period, 1 s: a frozen master, whose connection stays open, would be noticed up to a second later than a dead
#   one.
# - publish-period, 2 s: an old master that is back and believes that it is the master is tolerated for four times the
#   period of the Sentinel's own messages to the other Sentinels.
# These periods are not part of Sentinel's configuration. They can be set only while it runs.
#
# A shorter ping-period would be harmful: while the master is down, Sentinel hears from a replica once a second, and it
# promotes no replica that it has not heard from for five of these periods (sentinelSelectSlave in sentinel.c). With 100
# ms, Sentinels aborted failovers for this reason and tried again only after 20 s. It took three attempts until one
# succeeded.
#
# The Sentinels must also not ask each other whether the master is down more often than their default of once a second.
# The last one to see the failure asks at once and so begins the failover anyway. If all of them ask at the same time,
# all of them begin it and each votes for itself. If one of three is gone with the master's machine, none is elected for
# 20 s.
periods='info-period 1000 ping-period 300 publish-period 500'

# Sentinel drops a silent connection only after 15 s. A connection that was opened while a Kubernetes Service had no
# endpoint stays silent, so Sentinel would miss the node's return for that long, and would not repoint it to a new
# master.
#
# The period must be longer than down-after plus the time of a message to the other Sentinels. On a master whose writes
# are paused, that message waits, and so does everything after it on the connection. If the Sentinel that was to replace
# this master has died, the others mark the master as down, and replace it, only when a connection stays silent for
# down-after. With a period of 2 s this never happened, and writes waited for as long as the switchover did.
reconnect_period() {
  local period
  period=$((2 * down_after + 1000))
  [ "$period" -le 15000 ] || period=15000
  echo "min-link-reconnect-period $period"
}

# A Sentinel enters TILT when it notices that its process stood still for over 2 s, or that the clock jumped. By default
# it then marks no node as down and starts no failover for 30 s, so that nodes that stood still as well can answer
# first. They need no more time for that than at any other time, which is down-after: after that, a master that is alive
# has answered, and a dead one is replaced as soon as without TILT.
#
# The period must be well below ten times down-after. A Sentinel promotes no replica that lost its master longer than
# that before the Sentinel itself marked the master as down (sentinelSelectSlave in sentinel.c). With a TILT of 30 s and
# a down-after of 2 s, a master that died during TILT was never replaced.
tilt_period() {
  echo "tilt-period $((down_after < 30000 ? down_after : 30000))"
}

# Reads: started_at.
set_debug_periods() {
  local settings
  settings="$periods $(reconnect_period) $(tilt_period)"
  until [ "$(echo "SENTINEL DEBUG $settings" | query 127.0.0.1 "$port" 1 | grep -c '^OK$')" -eq 2 ]; do
    if [ $(($(now) - started_at)) -gt 5000 ]; then
      log "could not set the periods: $settings"
      return
    fi
    sleep 0.1
  done
}

# Seconds between two checks of this Sentinel's CPU time, and the clock ticks (of 10 ms) per second that no healthy
# Sentinel needs. Half a percent of a core is usual with three data nodes and three Sentinels. Each Sentinel receives
# the messages of all others on every data node.
cpu_interval=5
max_ticks_per_second=$((10 + (redis_count + sentinel_count) / 2))

# Restarts the connections of a Sentinel that uses far too much CPU time. A connection that is opened while a Kubernetes
# Service has no pod may be established and keep a network error that Sentinel never clears. Sentinel is then notified
# of that error again and again, and uses a whole core (redis/redis#9956). Only closing the connection ends that.
watch_cpu_use() {
  local before ticks
  while read_cpu_ticks && before=$ticks && sleep "$cpu_interval" && read_cpu_ticks; do
    if [ $((ticks - before)) -ge $((cpu_interval * max_ticks_per_second)) ]; then
      log "uses $(((ticks - before) / cpu_interval)) % of a core: makes its peers close its connections, and reconnects"
      have_peers_disconnect
    fi
  done
}

# Fails if the process that this script becomes has ended. The shell itself reads the file, because starting a program
# costs more than everything else here.
#
# Sets: ticks, the CPU time of that process in user and in kernel mode.
read_cpu_ticks() {
  local line user kernel
  { read -r line < "/proc/$$/stat"; } 2> /dev/null || return 1
  # The line begins with the process id and the name. The name is in brackets and may contain spaces. The fields after
  # it begin with the state.
  read -r _ _ _ _ _ _ _ _ _ _ _ user kernel _ << FIELDS
${line##*) }
FIELDS
  ticks=$((user + kernel))
}

have_peers_disconnect() {
  local name kind host host_port
  # The peers know this Sentinel's connections by this name, both those for commands and those for messages.
  name=sentinel-$(sentinel_id "$self" | cut -c 1-8)-
  while read -r kind host host_port _; do
    case "$kind $host $host_port" in
      *" $self") ;;
      redis\ * | sentinel\ *) have_peer_disconnect "$host" "$host_port" & ;;
    esac
  done < "$configuration/peers"
  wait
}

# Reads: name.
#
# $1: address, $2: port
have_peer_disconnect() {
  echo 'CLIENT LIST' | query "$1" "$2" 1 |
    awk -v name=" name=$name" 'index($0, name) { split($1, id, "="); print "CLIENT KILL ID", id[2] }' |
    query "$1" "$2" 1 > /dev/null
}

run_sentinel() {
  local started_at
  started_at=$(now)
  # In the background of a subshell, so that these processes are not children of the Sentinel, which does not expect any
  # to end.
  (set_debug_periods &)
  (watch_cpu_use &)
  (sh "$configuration/agree-on-master.sh" "$$" &)
  exec redis-sentinel "$state_file" \
    --include "$configuration/sentinel.conf" \
    --include "$secrets/sentinel-authentication.conf"
}

main
