#!/bin/sh
# Corrects this Sentinel if it names another master than the other Sentinels do and no message of theirs would ever
# correct it.
#
# A Sentinel that has led a failover from A to B then moves the other replicas to B. If B dies during that time, another
# Sentinel promotes A. The first Sentinel adopts the epoch of that second failover but not the address, since A is still
# the master of its own failover (sentinelProcessHelloMessage in sentinel.c). When its failover ends, it names B in the
# newest epoch, and it accepts a correction only in a newer epoch. From then on it sends clients to a replica, and the
# next failover needs the votes of all other Sentinels.
#
# $1: the process id of redis-sentinel
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# Seconds between checks. A disagreement that two checks in a row find does not end without help.
poll_interval=5

# Query only Sentinels: they alone decide which node is the master.
skipped_kind=redis
sentinel=$1
disagreement=
flags=

main() {
  poll_command "$sentinel" "SENTINEL MASTER $master_name" "$poll_interval" | handle_flags
}

# A Sentinel marks its master as down before it disagrees with the others, so everything else is queried only then.
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

# True if this Sentinel marks its master as down. It also does so when its master is a replica.
#
# Reads: own. Sets: own_master.
considers_master_down() {
  case $own in
    *failover_in_progress*) return 1 ;;
    *s_down*) own_master=$(echo "$own" | cut -d ' ' -f 3,4) ;;
    *) return 1 ;;
  esac
}

# Prints the address and port of another Sentinel that names the master $named in the epoch in which this Sentinel names
# another one.
#
# Reads: named, own_master, epoch.
find_witness() {
  [ -z "$named" ] || [ "$named" = "$own_master" ] ||
    echo "$answers" | awk -v named="$named" -v epoch="$epoch" '
      $1 == "sentinel" && $2 == epoch && $3 " " $4 == named { print $8, $9; exit }'
}

# Sends this Sentinel a message that looks like one of the witness with a newer epoch. This Sentinel passes the epoch on
# to the others.
#
# Reads: named, own_master, epoch, witness.
adopt_named_master() {
  local newer=$((epoch + 1))
  if echo "PUBLISH __sentinel__:hello \
${witness% *},${witness#* },$(sentinel_id "$witness"),$newer,$master_name,${named% *},${named#* },$newer" |
    query 127.0.0.1 "$port" 1 | grep -q '^1$'; then
    log "names the master ${named% *} port ${named#* } from now on, as the other Sentinels do, instead of \
${own_master% *} port ${own_master#* }"
  fi
}

main
