# shellcheck shell=sh disable=SC2034,SC2154 # one part of start-redis.sh, whose variables these are
#
# The files that a data node has its data in: a snapshot, or an append-only file. Which of them Redis reads is a setting,
# and that may have changed since they were written.
#
# Sets: log, manifest, snapshot, with_log, without_log; what load_alone and note_damage set.

log=$data/appendonlydir
manifest=$log/appendonly.aof.manifest
snapshot=$data/dump.rdb

# The state has the one or the other, as the node ran. It has neither where a person or an older version wrote it.
with_log='# redis-ha: ran with an append-only file.'
without_log='# redis-ha: ran without an append-only file.'

take_over_data() {
  take_over_snapshot
  take_over_log
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

# The reverse: Redis without an append-only file reads only the snapshot. The snapshot lacks later writes, or does not
# exist, since a server with an append-only file writes none when it stops. So a server that only this script can reach
# reads the file and writes the snapshot.
#
# A snapshot that is younger than the file may still lack writes: it has what was there when Redis began to write it. So
# its age counts only where the state does not say that the file was in use.
take_over_log() {
  if [ "$appendonly" = yes ] || [ ! -s "$manifest" ] || ! ran_with_log; then
    return
  elif ! state_says "$with_log" && has_newer_snapshot; then
    return
  fi
  say "writes the snapshot $snapshot out of the append-only file $log, which is not read any more from now on"
  # The node decides by its role what becomes of a file that does not load.
  if ! load_alone yes; then
    damaged=$log
    note_damage
    return
  fi
  redis-cli -s "$socket" SAVE 2> /dev/null | grep -q '^OK$' || refuse "cannot write $snapshot"
  end_alone
}

# Whether there is an append-only file, and it was in use to the last or has been written to after the snapshot.
has_newer_log() {
  [ -s "$manifest" ] && { ran_with_log || [ -n "$(find "$log" -type f -newer "$snapshot")" ]; }
}

# Two files of the same second are of the same age where the shell's tools know whole seconds only.
has_newer_snapshot() {
  local file
  [ -s "$snapshot" ] || return 1
  for file in "$log"/*; do
    [ -n "$(find "$snapshot" -newer "$file")" ] || return 1
  done
}

ran_with_log() {
  ! state_says "$without_log"
}

# $1: a line
state_says() {
  grep -q -x -F "$1" "$state_file" 2> /dev/null
}

# Whether Redis will find data here when it starts, and load it as far as anybody knows.
has_data() {
  if [ -n "$unreadable" ]; then
    return 1
  elif [ "$appendonly" = yes ]; then
    [ -s "$manifest" ]
  else
    [ -s "$snapshot" ]
  fi
}

# Whether anything of what Redis holds is written to disk.
keeps_data() {
  [ "$appendonly" = yes ] || ! grep -q -x 'save ""' "$configuration/redis.conf"
}
