#!/bin/sh
# Has this node replaced at once if its server crashed while it was the master. Without this script the Sentinels would
# notice the crash only after down-after, or not at all if the server is back before that. Does nothing unless a
# majority of the Sentinels names this node.
#
# Returns when the Sentinels name another node, when no failover is possible, or after the timeout below. The start
# script then ends, the host starts it again, and the node joins as a replica.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"
# For sentinel_readiness.
# shellcheck source-path=SCRIPTDIR source=lib/switchover-preparation.sh
. "${0%/*}/switchover-preparation.sh"
# A Sentinel may already have noticed that its connection was closed.
ready_flags='master(,disconnected)?'

# Milliseconds to wait for the result of a failover. A failover takes up to 1.3 s.
outcome_timeout=5000

# Milliseconds that must be left until another Sentinel could mark this node as down. After that, the other Sentinel may
# begin a failover of its own in the same epoch, unless it has voted for the requested one. Voting takes a quarter of a
# second.
detection_margin=700

left_to_sentinels="the server ended while it was the master; leaves the failover to the Sentinels"
requested_at=

main() {
  started_at=$(now)
  # Query only Sentinels: what data nodes report about the master does not count.
  skipped_kind=redis
  until failover_is_settled; do
    sleep 0.05
  done
}

failover_is_settled() {
  local named
  query_peers
  named=$(named_master)
  if [ -n "$requested_at" ] && [ -n "$named" ] && [ "$named" != "$self" ]; then
    log "${named% *} port ${named#* } replaced this node $(($(now) - requested_at)) ms after the failover request"
    return 0
  elif [ $(($(now) - started_at)) -ge "$outcome_timeout" ]; then
    return 0
  elif [ "$named" != "$self" ]; then
    # Before the request: this node is not the master. After it: the Sentinels may be about to name another master.
    [ -z "$requested_at" ]
  elif failover_in_progress; then
    return 1
  elif [ -n "$requested_at" ]; then
    log "the Sentinel gave up the failover"
  else
    ! request_failover
  fi
}

# Requests a failover from one Sentinel, once. Fails if no Sentinel can begin a failover now, which leaves the failover
# to the Sentinels.
#
# Sets: requested_at.
request_failover() {
  local sentinel answer
  if ! sentinels_heard_recently; then
    log "$left_to_sentinels: they have not heard from this node recently"
    return 1
  fi
  # Takes the Sentinel that answers first.
  sentinel=$(for_each_sentinel print_if_ready | head -n 1)
  if [ -z "$sentinel" ]; then
    log "$left_to_sentinels: none of them reaches a majority and can begin at once"
    return 1
  fi
  requested_at=$(now)
  # shellcheck disable=SC2086 # an address and a port
  answer=$(echo "SENTINEL FAILOVER $master_name" | query $sentinel 1 | sed -n 2p)
  log "the server ended while it was the master; asked the Sentinel ${sentinel% *} port ${sentinel#* } for a failover: \
${answer:-no answer}"
  case $answer in
    # A Sentinel that does not answer may have begun the failover.
    OK | '') request_votes ;;
    *) return 1 ;;
  esac
}

# Asks the other Sentinels to vote for the failover. A failover by request begins without an election. With the votes,
# no other Sentinel can win the same epoch, as in an election, and a Sentinel that has voted begins no failover for
# twice the failover timeout.
#
# Reads: sentinel.
request_votes() {
  local attempts=20 leader epoch
  leader=$(sentinel_id "$sentinel")
  # The epoch is known when the Sentinel has voted for itself, at its next tick, after up to 100 ms. A question with
  # epoch 0 does not request a vote.
  until epoch=$(request_vote "$sentinel" 0) && [ -n "$epoch" ]; do
    [ $((attempts -= 1)) -gt 0 ] || return 0
    sleep 0.02
  done
  for_each_sentinel request_vote "$epoch" > /dev/null
}

# Requests a Sentinel's vote for $leader, by the command that Sentinels use among themselves. Prints the epoch of the
# vote.
#
# Reads: leader.
#
# $1: the Sentinel's address and port, $2: the epoch
request_vote() {
  # shellcheck disable=SC2086 # an address and a port
  echo "SENTINEL IS-MASTER-DOWN-BY-ADDR $self $2 $leader" | query $1 "$query_timeout" |
    awk -v leader="$leader" 'NR == 3 && $0 != leader { exit } NR == 4 { print }'
}

# True if every Sentinel that answers has heard from this node recently enough that none is about to mark it as down.
sentinels_heard_recently() {
  echo "$answers" | awk -v recent=$((down_after - detection_margin)) '
    $1 == "sentinel" && $7 > recent { late++ }
    END { exit late > 0 }'
}

# Calls a function for all Sentinels at once. The first argument of each call is the address and port of a Sentinel.
#
# $1: the function, $2: its second argument
for_each_sentinel() {
  local kind host host_port
  while read -r kind host host_port _; do
    [ "$kind" != sentinel ] || "$1" "$host $host_port" "${2:-}" &
  done < "$configuration/peers"
  wait
}

# Prints a Sentinel if it could begin a failover now.
#
# $1: its address and port
print_if_ready() {
  local sentinel="$1"
  [ "$(sentinel_readiness)" != ready ] || echo "$sentinel"
}

main
