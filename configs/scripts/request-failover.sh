#!/bin/sh
# Has this node replaced at once when its server has crashed while it was the master. The Sentinels would notice it only
# after down-after, or not at all when the server is back before that. Does nothing unless a majority of the Sentinels
# names this node.
#
# Returns when another node is named, when no failover is possible, or after the patience below. The start script ends
# then, the host starts it again, and the node joins as a replica.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"
# For sentinel_view.
# shellcheck source-path=SCRIPTDIR source=lib/switchover-preparation.sh
. "${0%/*}/switchover-preparation.sh"
# A Sentinel may have seen the connection end.
ready_flags='master(,disconnected)?'

# Milliseconds to wait for the outcome of a failover. One takes up to 1.3 s.
outcome_timeout=5000

# Milliseconds that must be left until another Sentinel could take this node for down. From then on one may begin a
# failover of its own, in the same epoch, unless it has voted for this one, which takes a quarter of a second.
detection_margin=700

left_to_sentinels="the server ended while it was the master; leaves the failover to the Sentinels"
requested_at=

main() {
  started_at=$(now)
  # What the data nodes say of the master does not count.
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
    log "was replaced by ${named% *} port ${named#* } $(($(now) - requested_at)) ms after it asked for that"
    return 0
  elif [ $(($(now) - started_at)) -ge "$outcome_timeout" ]; then
    return 0
  elif [ "$named" != "$self" ]; then
    # This node is not the master. After the request, the Sentinels may be about to name another one.
    [ -z "$requested_at" ]
  elif failover_in_progress; then
    return 1
  elif [ -n "$requested_at" ]; then
    log "the Sentinel gave up the failover"
  else
    ! request_failover
  fi
}

# One Sentinel is asked once. Fails if none can begin a failover now; the failover is left to the Sentinels then.
#
# Sets: requested_at.
request_failover() {
  local sentinel answer
  if ! sentinels_heard_recently; then
    log "$left_to_sentinels: they have not heard from this node lately"
    return 1
  fi
  # The quickest to answer comes first.
  sentinel=$(for_each_sentinel print_if_ready | head -n 1)
  if [ -z "$sentinel" ]; then
    log "$left_to_sentinels: none of them reaches a majority and could begin at once"
    return 1
  fi
  requested_at=$(now)
  # shellcheck disable=SC2086 # an address and a port
  answer=$(echo "SENTINEL FAILOVER $master_name" | query $sentinel 1 | sed -n 2p)
  log "the server ended while it was the master; asked the Sentinel ${sentinel% *} port ${sentinel#* } for a failover: \
${answer:-no answer}"
  case $answer in
    # One that does not answer may have begun.
    OK | '') request_votes ;;
    *) return 1 ;;
  esac
}

# A failover that a Sentinel is asked for begins without an election. The others are asked to vote for it all the same. As in
# an election, no other Sentinel can win that epoch then, and one that has voted begins no failover for twice the failover
# timeout.
#
# Reads: sentinel.
request_votes() {
  local attempts=20 leader epoch
  leader=$(sentinel_id "$sentinel")
  # The epoch is known when the Sentinel has voted for itself, at its next tick of up to 100 ms. A question for epoch 0 is
  # no request for a vote.
  until epoch=$(request_vote "$sentinel" 0) && [ -n "$epoch" ]; do
    [ $((attempts -= 1)) -gt 0 ] || return 0
    sleep 0.02
  done
  for_each_sentinel request_vote "$epoch" > /dev/null
}

# Asks a Sentinel for its vote for $leader, as Sentinels ask each other, and prints the epoch in which it has voted so.
#
# $1: its address and port, $2: the epoch
request_vote() {
  # shellcheck disable=SC2086 # an address and a port
  echo "SENTINEL IS-MASTER-DOWN-BY-ADDR $self $2 $leader" | query $1 "$query_timeout" |
    awk -v leader="$leader" 'NR == 3 && $0 != leader { exit } NR == 4 { print }'
}

# Whether every Sentinel that answers has heard from this node so lately that none takes it for down soon.
sentinels_heard_recently() {
  echo "$answers" | awk -v recent=$((down_after - detection_margin)) '
    $1 == "sentinel" && $7 > recent { late++ }
    END { exit late > 0 }'
}

# Calls a function for all Sentinels at once, each with its address and port first.
#
# $1: the function, $2: what else it gets
for_each_sentinel() {
  local kind host host_port
  while read -r kind host host_port _; do
    [ "$kind" != sentinel ] || "$1" "$host $host_port" "${2:-}" &
  done < "$configuration/peers"
  wait
}

# Prints a Sentinel that could begin a failover now.
#
# $1: its address and port
print_if_ready() {
  local sentinel="$1"
  [ "$(sentinel_readiness)" != ready ] || echo "$sentinel"
}

main
