#!/bin/sh
# Starts a Sentinel. What it has learned stays: the master's address, the epochs, the replicas. All else is set by the
# deployment, and what of it stands in the state file is not read again. README.md beside this script has the details.
set -u
umask 077
# As the first process of a container it would not end otherwise while it waits.
trap 'exit 143' TERM INT

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

state_file=$data/sentinel.conf

main() {
  if [ ! -s "$state_file" ]; then
    learn_from_peers
  elif is_usable; then
    log "goes on with what it knew of $master_name"
    write_state known_state
  else
    log "$state_file is damaged or from another set: starts without it"
    learn_from_peers
  fi
  run_sentinel
}

# Whether the state names a master that belongs to the set, and ends with a whole line.
is_usable() {
  [ -z "$(tail -c 1 "$state_file")" ] && [ -n "$(known_state)" ]
}

# What the state file says of the master and its replicas, without those that left the set.
#
# Sentinel writes the password into this file without quotes, so only lines of an exact form count, and of the master's
# line, which Sentinel keeps ahead of the password's, the first.
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

# Begins with what the peers say, so that a Sentinel that lost its volume does not point at a master of long ago. At
# the first start of a set this waits until the first master has answered: a Sentinel of a set that never was has
# nothing to watch over.
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
  log "begins with the master ${master% *} port ${master#* }: $reason"
  write_state initial_state
}

# Sets: master, reason.
choose_master() {
  master=$(named_master)
  reason="a majority of the Sentinels names it"
  [ -z "$master" ] || return 0
  master=$(claimed_master)
  reason="it says so itself"
  [ -z "$master" ] || return 0
  # A node that was the master waits for the Sentinels before it says so; when it is dead, its replicas know of it.
  [ $(($(now) - wait_started)) -ge $((2 * sentinel_wait_limit)) ] || return 1
  master=$(followed_master)
  reason="it does not answer, and replicas follow it"
  [ -n "$master" ]
}

# The address that most data nodes with data follow: those without are those of a set that has had no master yet.
followed_master() {
  echo "$answers" | awk '
    $1 == "redis" && $4 == "slave" && ($5 > 0 || $6 > 0) { if (++count[$8 " " $9] > most) { most = count[$8 " " $9]; choice = $8 " " $9 } }
    END { if (most) print choice }'
}

initial_state() {
  echo "sentinel monitor $master_name $master $quorum"
  # The newest epoch keeps it from voting in one that is over. The replicas it hears of from the master, unless that
  # is dead.
  echo "$answers" | awk -v name="$master_name" -v master="$master" '
    $1 == "sentinel" && $2 + 0 > epoch { epoch = $2 }
    $1 == "redis" && $4 == "slave" && $8 " " $9 == master { print "sentinel known-replica", name, $2, $3 }
    END { if (epoch) print "sentinel config-epoch", name, epoch }'
}

# The other Sentinels are known from the start, by the identities the plan gives them: a majority is one of all that
# are configured, never of those that happen to have met.
other_sentinels() {
  awk -v name="$master_name" -v self="$self" '
    $1 == "sentinel" && $2 " " $3 != self { print "sentinel known-sentinel", name, $2, $3, $4 }
  ' "$configuration/peers"
}

# $1: the function that prints what is known of the master
write_state() {
  if ! { "$1" && other_sentinels; } > "$state_file.new" || ! mv "$state_file.new" "$state_file"; then
    refuse_to_start "cannot write $state_file"
  fi
}

# Sentinel reads the master's list of replicas every ten seconds, so it would know no replica to promote for that long
# after its start; it also hears of a promotion sooner. It asks a node whether it lives every second, so that a frozen
# one, whose connection stays, is noticed up to a second later than a dead one. And it tolerates an old master that is
# back and takes itself for the master for four times the period of its own messages to the other Sentinels. All this is
# no part of its configuration: it can be told only while it runs.
#
# The period of its pings must not be shorter: while the master is down it hears of a replica once a second, and
# promotes none that it has not heard of within five of these periods (sentinelSelectSlave in sentinel.c). With 100 ms
# failovers are given up for that, and tried again only after 20 s; it took three until one was.
#
# And they must not ask each other more often than once a second, as they do: the last to see the failure asks at once
# and so begins the failover anyway. Where all ask at the same time all begin it, each votes for itself, and where one
# of three is gone with the master's machine none is elected for 20 s.
periods='info-period 1000 ping-period 300 publish-period 500'

# Sentinel drops a silent connection only after 15 s. A connection that was opened while a Kubernetes Service had no
# endpoint stays silent, so Sentinel would miss the node's return for that long, and not repoint it to a new master.
# It must be longer than down-after and a message to the other Sentinels: that message waits in a master whose writes
# are paused, with all that comes after it. Where the Sentinel that was to replace this master has died, the others
# take it for down, and replace it, only when a connection stays silent for as long as down-after. With 2 s they never
# did, and writes waited for as long as the handover did.
reconnect_period() {
  local period
  period=$((2 * down_after + 1000))
  [ "$period" -le 15000 ] || period=15000
  echo "min-link-reconnect-period $period"
}

# A Sentinel that notices that its process or its clock stood still for over 2 s, or that the clock jumped, is in TILT:
# it takes no node for down and starts no failover for 30 s, so that nodes can answer first that stood still as well.
# They need no longer for that than at any other time, which is down-after: a master that is alive has answered by then,
# and one that is dead is replaced as soon as without the pause.
#
# It must be well below ten times down-after. A Sentinel promotes no replica that lost its master longer before the
# Sentinel itself took the master for down (sentinelSelectSlave in sentinel.c). With a TILT of 30 s and a down-after of
# 2 s, a master that died in the TILT was never replaced.
tilt_period() {
  echo "tilt-period $((down_after < 30000 ? down_after : 30000))"
}

# Reads: started_at.
set_debug_periods() {
  local settings
  settings="$periods $(reconnect_period) $(tilt_period)"
  until [ "$(echo "SENTINEL DEBUG $settings" | query 127.0.0.1 "$port" 1 | grep -c '^OK$')" -eq 2 ]; do
    if [ $(($(now) - started_at)) -gt 5000 ]; then
      log "could not be told to look more often: $settings"
      return
    fi
    sleep 0.1
  done
}

# Seconds between two looks at the CPU time of this Sentinel, and the clock ticks (of 10 ms) in one second of them that
# no Sentinel needs: half a percent of a core is usual with three data nodes and three Sentinels, and each hears what
# all others say on every data node.
cpu_interval=5
max_ticks_per_second=$((10 + (redis_count + sentinel_count) / 2))

# A connection that is begun while no pod is behind the address of a Kubernetes Service may come about and keep an error
# of the network that Sentinel never takes off it: it then burns a core, being told of that error for ever
# (redis/redis#9956). Only the end of the connection ends that.
watch_cpu_use() {
  local before ticks
  while read_cpu_ticks && before=$ticks && sleep "$cpu_interval" && read_cpu_ticks; do
    if [ $((ticks - before)) -ge $((cpu_interval * max_ticks_per_second)) ]; then
      log "spends $(((ticks - before) / cpu_interval)) % of a core: makes its peers close their connections, and reconnects"
      have_peers_disconnect
    fi
  done
}

# Fails when the process that this script becomes is gone. The shell itself reads the file, since the start of a program
# costs more than all else here.
#
# Sets: ticks, all CPU time of that process, in user and in kernel mode.
read_cpu_ticks() {
  local line user kernel
  { read -r line < "/proc/$$/stat"; } 2> /dev/null || return 1
  # After the name, which is in brackets and may hold spaces, the state is the first of the fields.
  read -r _ _ _ _ _ _ _ _ _ _ _ user kernel _ << FIELDS
${line##*) }
FIELDS
  ticks=$((user + kernel))
}

have_peers_disconnect() {
  local name kind host host_port
  # By that name a Sentinel's connections are known to its peers, those for commands and those for messages.
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
  # Twice in the background, so that they are no children of the Sentinel, which would wonder at their end.
  (set_debug_periods &)
  (watch_cpu_use &)
  (sh "$configuration/agree-on-master.sh" "$$" &)
  exec redis-sentinel "$state_file" \
    --include "$configuration/sentinel.conf" \
    --include "$secrets/sentinel-authentication.conf"
}

main
