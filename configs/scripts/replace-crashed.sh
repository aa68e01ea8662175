#!/bin/sh
# Has this node replaced at once when its server has crashed while it was the master. The Sentinels would notice it only
# after down-after, or not at all when the server is back before that. Does nothing unless a majority of the Sentinels
# names this node.
#
# Returns when another node is named, when no failover is possible, or after the patience below. The start script ends
# then, the host starts it again, and the node joins as a replica.
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"
# For sentinel_view.
# shellcheck source-path=SCRIPTDIR source=hand-over-preparation.sh
. "${0%/*}/hand-over-preparation.sh"
# A Sentinel may have seen the connection end.
ready_flags='master(,disconnected)?'

# Milliseconds to wait for the outcome of a failover. One takes up to 1.3 s.
patience=5000

# Milliseconds that must be left until another Sentinel could take this node for down. From then on one may begin a
# failover of its own, in the same epoch, unless it has voted for this one, which takes a quarter of a second.
headroom=700

leaves="the server ended while it was the master; leaves the failover to the Sentinels"
requested_at=

main() {
  begun=$(now)
  # What the data nodes say of the master does not count.
  unasked_kind=redis
  until is_over; do
    sleep 0.05
  done
}

is_over() {
  local named
  ask_peers
  named=$(named_master)
  if [ -n "$requested_at" ] && [ -n "$named" ] && [ "$named" != "$self" ]; then
    say "was replaced by ${named% *} port ${named#* } $(($(now) - requested_at)) ms after it asked for that"
    return 0
  elif [ $(($(now) - begun)) -ge "$patience" ]; then
    return 0
  elif [ "$named" != "$self" ]; then
    # This node is not the master. After the request, the Sentinels may be about to name another one.
    [ -z "$requested_at" ]
  elif is_failing_over; then
    return 1
  elif [ -n "$requested_at" ]; then
    say "the Sentinel gave up the failover"
  else
    ! request_failover
  fi
}

# One Sentinel is asked once. Fails if none can begin a failover now; the failover is left to the Sentinels then.
#
# Sets: requested_at.
request_failover() {
  local sentinel answer
  if ! is_early; then
    say "$leaves: they have not heard from this node lately"
    return 1
  fi
  # The quickest to answer comes first.
  sentinel=$(for_each_sentinel report_if_ready | head -n 1)
  if [ -z "$sentinel" ]; then
    say "$leaves: none of them reaches a majority and could begin at once"
    return 1
  fi
  requested_at=$(now)
  # shellcheck disable=SC2086 # an address and a port
  answer=$(echo "SENTINEL FAILOVER $master_name" | talk $sentinel 1 | sed -n 2p)
  say "the server ended while it was the master; asked the Sentinel ${sentinel% *} port ${sentinel#* } for a failover: \
${answer:-no answer}"
  case $answer in
    # One that does not answer may have begun.
    OK | '') have_others_vote ;;
    *) return 1 ;;
  esac
}

# A failover that a Sentinel is asked for begins without an election. The others are asked to vote for it all the same. As in
# an election, no other Sentinel can win that epoch then, and one that has voted begins no failover for twice the failover
# timeout.
#
# Reads: sentinel.
have_others_vote() {
  local attempts=20 leader epoch
  leader=$(sentinel_id "$sentinel")
  # The epoch is known when the Sentinel has voted for itself, at its next tick of up to 100 ms. A question for epoch 0 is
  # no request for a vote.
  until epoch=$(vote "$sentinel" 0) && [ -n "$epoch" ]; do
    [ $((attempts -= 1)) -gt 0 ] || return 0
    sleep 0.02
  done
  for_each_sentinel vote "$epoch" > /dev/null
}

# Asks a Sentinel for its vote for $leader, as Sentinels ask each other, and prints the epoch in which it has voted so.
#
# $1: its address and port, $2: the epoch
vote() {
  # shellcheck disable=SC2086 # an address and a port
  echo "SENTINEL IS-MASTER-DOWN-BY-ADDR $self $2 $leader" | talk $1 "$patience_for_one" |
    awk -v leader="$leader" 'NR == 3 && $0 != leader { exit } NR == 4 { print }'
}

# Whether every Sentinel that answers has heard from this node so lately that none takes it for down soon.
is_early() {
  echo "$answers" | awk -v recent=$((down_after - headroom)) '
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
report_if_ready() {
  local sentinel="$1"
  [ "$(sentinel_view)" != ready ] || echo "$sentinel"
}

main
