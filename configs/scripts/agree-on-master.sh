#!/bin/sh
# Has this Sentinel name the master that the other Sentinels name, where no message of theirs would ever correct it.
#
# A Sentinel that has led a failover from A to B goes on to move the other replicas to B. If B dies in that time, another
# Sentinel promotes A. The first Sentinel takes over the epoch of that failover but not the address, since A is still the
# master of its own failover (sentinelProcessHelloMessage in sentinel.c). When its failover ends, it names B in the newest
# epoch, and accepts a correction only in a newer one. From then on it sends clients to a replica, and the next failover
# needs the votes of all other Sentinels.
#
# $1: the process id of redis-sentinel
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# Seconds between two looks. A disagreement that is seen twice does not end by itself.
poll_interval=5

# Only the Sentinels decide who the master is.
skipped_kind=redis
sentinel=$1
disagreement=
flags=

main() {
  poll_flags | handle_flags
}

# One program asks for as long as it lasts. It connects again by itself, and is not logged in then.
poll_flags() {
  until has_ended "$sentinel"; do
    until has_ended "$sentinel"; do
      printf '%s\n' "$auth_command" "SENTINEL MASTER $master_name"
      sleep "$poll_interval"
    done | redis-cli -h 127.0.0.1 -p "$port" 2> /dev/null
    sleep 0.1
  done
}

# A Sentinel takes its master for down before it disagrees with the others, so all else is asked only then.
#
# Sets: flags.
handle_flags() {
  local key
  while read -r key; do
    [ "$key" != flags ] || ! read -r flags || check_master
  done
}

# Sets: disagreement.
check_master() {
  local previous_disagreement="$disagreement" own own_master epoch named witness
  disagreement=
  case $flags in
    *s_down*) ;;
    *) return 0 ;;
  esac
  # shellcheck disable=SC2086 # an address and a port
  own=$(query_sentinel $self)
  considers_master_down || return 0
  query_peers
  named=$(named_master)
  epoch=$(echo "$own" | cut -d ' ' -f 2)
  witness=$(find_witness)
  [ -n "$witness" ] && ! failover_in_progress || return 0
  disagreement="$own_master $named $epoch"
  [ "$disagreement" != "$previous_disagreement" ] || adopt_named_master
}

# Whether this Sentinel takes its master for down, as it also does when that is a replica.
#
# Reads: own. Sets: own_master.
considers_master_down() {
  case $own in
    *failover_in_progress*) return 1 ;;
    *s_down*) own_master=$(echo "$own" | cut -d ' ' -f 3,4) ;;
    *) return 1 ;;
  esac
}

# Another Sentinel that names the master $named in the same epoch as this one names another: its address and port.
#
# Reads: named, own_master, epoch.
find_witness() {
  [ -z "$named" ] || [ "$named" = "$own_master" ] ||
    echo "$answers" | awk -v named="$named" -v epoch="$epoch" '
      $1 == "sentinel" && $2 == epoch && $3 " " $4 == named { print $8, $9; exit }'
}

# As a message of the witness that has a newer epoch. This Sentinel tells the others of that epoch.
#
# Reads: named, own_master, epoch, witness.
adopt_named_master() {
  local newer=$((epoch + 1))
  if echo "PUBLISH __sentinel__:hello \
${witness% *},${witness#* },$(sentinel_id "$witness"),$newer,$master_name,${named% *},${named#* },$newer" |
    query 127.0.0.1 "$port" 1 | grep -q '^1$'; then
    log "names the master ${named% *} port ${named#* } from now on, as the other Sentinels do, and not \
${own_master% *} port ${own_master#* }"
  fi
}

main
