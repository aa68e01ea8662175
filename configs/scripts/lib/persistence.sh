# shellcheck shell=sh disable=SC2034,SC2154 # one part of start-redis.sh, whose variables these are
#
# The files that a data node has its data in: a snapshot, or an append-only file. Which of them Redis reads is a setting,
# and that may have changed since they were written.
#
# Sets: aof_dir, aof_manifest, snapshot, aof_marker, no_aof_marker; what load_alone and note_damage set.

aof_dir=$data/appendonlydir
aof_manifest=$aof_dir/appendonly.aof.manifest
snapshot=$data/dump.rdb

# The state has the one or the other, as the node ran. It has neither where a person or an older version wrote it.
aof_marker='# redis-ha: ran with an append-only file.'
no_aof_marker='# redis-ha: ran without an append-only file.'

convert_data_files() {
  convert_snapshot
  convert_append_only_file
}

# Redis with an append-only file reads nothing else: a snapshot from a time without one would be passed over, and the
# node start empty or with what the file had before that time. So the snapshot becomes the base of a new file.
convert_snapshot() {
  if [ "$appendonly" != yes ] || [ ! -s "$snapshot" ] || has_newer_aof; then
    return
  fi
  log "takes the snapshot $snapshot as the base of a new append-only file; an old one is kept as $aof_dir.replaced"
  rm -rf "$aof_dir.new"
  # Without a file, the one beside it is that which was set aside by a start that was interrupted.
  [ ! -e "$aof_dir" ] || rm -rf "$aof_dir.replaced"
  if ! mkdir "$aof_dir.new" ||
    ! ln "$snapshot" "$aof_dir.new/appendonly.aof.1.base.rdb" ||
    ! echo 'file appendonly.aof.1.base.rdb seq 1 type b' > "$aof_dir.new/${aof_manifest##*/}" ||
    { [ -e "$aof_dir" ] && ! mv "$aof_dir" "$aof_dir.replaced"; } ||
    ! mv "$aof_dir.new" "$aof_dir"; then
    refuse_to_start "cannot write to $data"
  fi
}

# The reverse: Redis without an append-only file reads only the snapshot. The snapshot lacks later writes, or does not
# exist, since a server with an append-only file writes none when it stops. So a server that only this script can reach
# reads the file and writes the snapshot.
#
# A snapshot that is younger than the file may still lack writes: it has what was there when Redis began to write it. So
# its age counts only where the state does not say that the file was in use.
convert_append_only_file() {
  if [ "$appendonly" = yes ] || [ ! -s "$aof_manifest" ] || ! ran_with_aof; then
    return
  elif ! state_has_line "$aof_marker" && has_newer_snapshot; then
    return
  fi
  log "writes the snapshot $snapshot out of the append-only file $aof_dir, which is not read any more from now on"
  # The node decides by its role what becomes of a file that does not load.
  if ! start_private_server yes; then
    damaged_path=$aof_dir
    record_damage
    return
  fi
  redis-cli -s "$private_socket" SAVE 2> /dev/null | grep -q '^OK$' || refuse_to_start "cannot write $snapshot"
  stop_private_server
}

# Whether there is an append-only file, and it was in use to the last or has been written to after the snapshot.
has_newer_aof() {
  [ -s "$aof_manifest" ] && { ran_with_aof || [ -n "$(find "$aof_dir" -type f -newer "$snapshot")" ]; }
}

# Two files of the same second are of the same age where the shell's tools know whole seconds only.
has_newer_snapshot() {
  local file
  [ -s "$snapshot" ] || return 1
  for file in "$aof_dir"/*; do
    [ -n "$(find "$snapshot" -newer "$file")" ] || return 1
  done
}

ran_with_aof() {
  ! state_has_line "$no_aof_marker"
}

# $1: a line
state_has_line() {
  grep -q -x -F "$1" "$state_file" 2> /dev/null
}

# Whether Redis will find data here when it starts, and load it as far as anybody knows.
has_data() {
  if [ -n "$unreadable" ]; then
    return 1
  elif [ "$appendonly" = yes ]; then
    [ -s "$aof_manifest" ]
  else
    [ -s "$snapshot" ]
  fi
}

# Whether anything of what Redis holds is written to disk.
persists_data() {
  [ "$appendonly" = yes ] || ! grep -q -x 'save ""' "$configuration/redis.conf"
}
