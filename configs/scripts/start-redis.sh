#!/bin/sh
# Starts a data node in the role it has now. README.md beside this script has the table of situations.
#
# The role comes from, in this order: what a majority of the Sentinels says; the node's own state, which Sentinel keeps
# up to date by CONFIG REWRITE; the ordinal, on an empty volume. No template has a replicaof. A master that is asked to
# stop hands over to a replica first.
set -u
umask 077
# As the first process of a container it would not end otherwise while it waits.
trap 'exit 143' TERM INT

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

state_file=$data/state.conf
log=$data/appendonlydir
manifest=$log/appendonly.aof.manifest
snapshot=$data/dump.rdb

# The last line that the script writes into the state. CONFIG REWRITE leaves comments where they are.
mark='# redis-ha: the role of this node ends here; what follows was added by CONFIG REWRITE.'
# A line before that, if the node ran so.
without_log='# redis-ha: ran without an append-only file.'

# There from when a replica starts without data until it has its master's.
without_data=$data/.without-data

# As many replicas as nobody has.
unmet=2147483647

main() {
  # What a handover left that was killed.
  rm -rf "$data/.hand-over"
  take_over_snapshot
  take_over_log
  started=$(now)
  said=
  # The state too may have changed: it is how a person decides.
  until read_state && ask_peers && decide; do
    rest
  done
  say "starts as $role: $reason"
  [ -z "$unconfirmed" ] || say "takes no writes until a majority of the Sentinels sees it and names it. To have it take them now: \
redis-cli -p $port CONFIG SET min-replicas-to-write $min_replicas_to_write"
  write_state
  note_missing_data
  run_redis
}

# Whoever waits longer than ten seconds may wait for a person.
rest() {
  if [ $(($(now) - started)) -lt 10000 ]; then
    sleep 0.1
  else
    sleep 1
  fi
}

# Redis with an append-only file reads nothing else: a snapshot from a time without one would be passed over, and the
# node start empty or with what the file had before that time. So the snapshot becomes the base of a new file.
take_over_snapshot() {
  if [ "$appendonly" != yes ] || [ ! -s "$snapshot" ] || has_newer_log; then
    return
  fi
  say "takes the snapshot $snapshot as the base of a new append-only file; an old one is kept as $log.replaced"
  rm -rf "$log.new"
  # Without a file, the one beside it is that which was set aside by a start that was interrupted.
  [ ! -e "$log" ] || rm -rf "$log.replaced"
  if ! mkdir "$log.new" ||
    ! ln "$snapshot" "$log.new/appendonly.aof.1.base.rdb" ||
    ! echo 'file appendonly.aof.1.base.rdb seq 1 type b' > "$log.new/${manifest##*/}" ||
    { [ -e "$log" ] && ! mv "$log" "$log.replaced"; } ||
    ! mv "$log.new" "$log"; then
    refuse "cannot write to $data"
  fi
}

# The mirror image: Redis without an append-only file reads the snapshot alone, which lacks what came after it, or is not
# there at all, unless the server wrote one as it ended. So a server that nobody else can reach reads the file, and
# writes the snapshot.
take_over_log() {
  if [ "$appendonly" = yes ] || [ ! -s "$manifest" ] || ! ran_with_log || has_newer_snapshot; then
    return
  fi
  say "writes the snapshot $snapshot out of the append-only file $log, which is not read any more from now on"
  socket=$data/take-over.sock
  rm -f "$socket"
  redis-server --port 0 --unixsocket "$socket" --dir "$data" --appendonly yes --save '' > "$data/take-over.log" &
  server=$!
  trap 'kill "$server"; exit 143' TERM INT
  until redis-cli -s "$socket" SAVE 2> /dev/null | grep -q '^OK$'; do
    ! has_ended "$server" || refuse "cannot read $log: $(tail -n 1 "$data/take-over.log")"
    sleep 0.1
  done
  redis-cli -s "$socket" SHUTDOWN NOSAVE
  wait "$server"
  trap 'exit 143' TERM INT
  rm -f "$data/take-over.log"
}

# Whether there is an append-only file, and it was in use to the last or has been written to after the snapshot.
has_newer_log() {
  [ -s "$manifest" ] && { ran_with_log || [ -n "$(find "$log" -type f -newer "$snapshot")" ]; }
}

# Two files of the same second are of the same age where the shell's tools know whole seconds only.
has_newer_snapshot() {
  [ -s "$snapshot" ] || return 1
  for file in "$log"/*; do
    [ -n "$(find "$snapshot" -newer "$file")" ] || return 1
  done
}

ran_with_log() {
  ! grep -q -x -F "$without_log" "$state_file" 2> /dev/null
}

# Whether Redis will find data here when it starts.
has_data() {
  if [ "$appendonly" = yes ]; then
    [ -s "$manifest" ]
  else
    [ -s "$snapshot" ]
  fi
}

# Sets $state to empty, master, replica (with $state_master) or damaged. A file cut short must not look like a
# master's, which differs from a replica's by nothing but a missing line.
read_state() {
  state_master=
  if [ ! -e "$state_file" ]; then
    state=damaged
    ! is_empty_volume || state=empty
    return 0
  fi
  state=master
  if ! is_whole "$state_file"; then
    state=damaged
    return 0
  fi
  state_master=$(awk '$1 == "replicaof" && $2 != "no" { gsub(/"/, ""); print $2, $3 }' "$state_file")
  case $state_master in
    '') ;;
    "$self") state=damaged ;;
    *) state=replica ;;
  esac
}

is_empty_volume() {
  for entry in "$data"/*; do
    case ${entry##*/} in
      # No file at all; what a file system brings itself; what an interrupted start leaves.
      '*' | lost+found | state.conf.new) ;;
      *) return 1 ;;
    esac
  done
}

is_whole() {
  # Redis writes printable ASCII only, ends with a line, and adds the users last.
  [ -s "$1" ] &&
    [ -z "$(LC_ALL=C tr -d '\n\040-\176' < "$1" | tr '\0' 0)" ] &&
    [ -z "$(tail -c 1 "$1")" ] &&
    grep -q -x -F "$mark" "$1" &&
    { ! grep -q '^# Generated by CONFIG REWRITE' "$1" || grep -q '^user default ' "$1"; }
}

# Sets $role, $master and $reason, and $unconfirmed when it must take no writes yet; fails as long as it has to wait.
decide() {
  unconfirmed=
  named=$(named_master)
  if [ -z "$named" ]; then
    decide_without_sentinels
  elif [ "$named" != "$self" ]; then
    follow "$named" "a majority of the Sentinels names it"
  elif has_data; then
    lead "a majority of the Sentinels names this node"
    # They may be about to replace it: what it took until then would be lost.
    unconfirmed=yes
  elif others_hold_data && ! others_are_empty; then
    # As a master it would have its replicas throw their data away. Silent, it is replaced by one of them.
    waited "$failover_patience" "a failover, since this node is the master and has lost its data" &&
      refuse "it is the master, has lost its data, and no other node was promoted"
  else
    lead "a majority of the Sentinels names this node, and nobody has data"
    unconfirmed=yes
  fi
}

decide_without_sentinels() {
  claimed=$(claimed_master)
  case $state in
    empty) decide_on_empty_volume ;;
    replica) decide_as_replica ;;
    *) decide_as_master ;;
  esac
}

# Not for ordinal 0 on a volume that was lost: with any sign of an earlier life of the set, it never leads.
decide_on_empty_volume() {
  if [ -n "$claimed" ]; then
    follow "$claimed" "it says it is the master, and this node's volume is empty"
  elif [ "$ordinal" -ne 0 ]; then
    follow "$first" "this node's volume is empty, and that is the first master"
  elif others_hold_data; then
    waited "$failover_patience" "a master, since this node's volume is empty and others have data" &&
      refuse "its volume is empty, others have data, and none of them was made the master"
  else
    await_others && lead "this is the first start, and no other node has data"
  fi
}

# However long it takes: a silent node may be the one with the data. Says whom it waits for whenever that changes.
await_others() {
  silent=$(silent_data_nodes)
  [ -n "$silent" ] || return 0
  if [ "$said" != "$silent" ]; then
    said=$silent
    say "waits for $silent: this node's volume is empty, and theirs may not be. To make this node the master of a set \
without data: echo '$mark' > $state_file"
    report_refusals
  fi
  return 1
}

# A replica takes no writes: whomever it follows, Sentinel can put it right.
decide_as_replica() {
  if [ -n "$claimed" ]; then
    follow "$claimed" "no majority of the Sentinels answers, and it says it is the master"
  else
    follow "$state_master" "no majority of the Sentinels answers, and it was the master before"
  fi
}

# The state says master, or cannot be read: somebody else may have been promoted meanwhile.
decide_as_master() {
  if [ "$sentinel_count" -gt 0 ] && ! waited "$sentinel_patience" "a majority of the Sentinels"; then
    return 1
  elif [ -n "$claimed" ]; then
    follow "$claimed" "no majority of the Sentinels answers, and it says it is the master"
  elif [ "$state" = damaged ]; then
    refuse "$state_file is missing or damaged, there is data beside it, and nobody names a master. To make this node \
the master with the data it has: echo '$mark' > $state_file"
  elif has_data || ! others_hold_data; then
    lead "no majority of the Sentinels answers, it was the master before, and no other node says it is"
    # They may have promoted a node that is as silent as they are.
    [ "$sentinel_count" -eq 0 ] || unconfirmed=yes
  else
    refuse "it was the master, has lost its data, and no majority of the Sentinels answers"
  fi
}

lead() {
  role=master
  master=
  reason=$1
}

follow() {
  role="replica of ${1% *} port ${1#* }"
  master=$1
  reason=$2
}

# Whether it has waited long enough. Says once what for.
#
# $1: milliseconds since the start, $2: what for
waited() {
  [ $(($(now) - started)) -lt "$1" ] || return 0
  if [ "$said" != "$2" ]; then
    said=$2
    say "waits up to $1 ms for $2"
    report_refusals
  fi
  return 1
}

# Nothing else of the old state is kept: Redis had written every setting into it, and those are the deployment's.
write_state() {
  if ! new_state > "$state_file.new" || ! mv "$state_file.new" "$state_file"; then
    refuse "cannot write $state_file"
  fi
}

new_state() {
  if [ -n "$master" ]; then
    echo "replicaof $master"
  fi
  if [ "$appendonly" != yes ]; then
    echo "$without_log"
  fi
  echo "$mark"
}

# Sentinel takes a new replica for as good as any. Promoted, it would have all others throw away what they have. That
# Redis has files a moment later does not mean that it has data. Where it never has any, an empty master is better than
# none.
note_missing_data() {
  if [ -z "$master" ] || ! keeps_data; then
    rm -f "$without_data"
  elif ! has_data && ! true > "$without_data"; then
    refuse "cannot write $without_data"
  fi
}

# Whether anything of what Redis holds is written to disk.
keeps_data() {
  [ "$appendonly" = yes ] || ! grep -q -x 'save ""' "$configuration/redis.conf"
}

# Stays the parent of redis-server, to hand over before it stops. When redis-server ends by itself, so does the node.
run_redis() {
  trap leave TERM INT
  barred=
  [ ! -e "$without_data" ] || [ "$sentinel_count" -eq 0 ] || barred=yes
  # What comes last wins. Redis may write it into the state, where it does not outlive the next start.
  redis-server "$state_file" \
    --include "$configuration/redis.conf" \
    --include "$secrets/redis-authentication.conf" \
    ${unconfirmed:+--min-replicas-to-write "$unmet"} \
    ${barred:+--replica-priority 0} &
  server=$!
  if [ -n "$unconfirmed" ]; then
    sh "$configuration/await-confirmation.sh" "$server" &
  fi
  if [ -n "$barred" ]; then
    sh "$configuration/await-data.sh" "$server" &
  fi
  if [ "$redis_count" -gt 1 ] && [ "$sentinel_count" -gt 0 ]; then
    # shellcheck disable=SC2086 # an address and a port, or nothing
    sh "$configuration/gather-replicas.sh" "$server" $master &
    sh "$configuration/keep-following.sh" "$server" &
  fi
  interrupted=yes
  while [ -n "$interrupted" ]; do
    interrupted=
    # A signal ends this too, after which the server is still there to wait for.
    wait "$server"
    status=$?
  done
  exit "$status"
}

# shellcheck disable=SC2317 # by the trap
leave() {
  interrupted=yes
  trap 'interrupted=yes' TERM INT
  sh "$configuration/hand-over.sh" || say "stops all the same"
  kill -TERM "$server" 2> /dev/null
}

main
