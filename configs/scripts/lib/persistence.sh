# shellcheck shell=sh disable=SC2034,SC2154 # a part of start-redis.sh, with which it shares variables
#
# The files in which a data node keeps its data: a snapshot, or an append-only file. A setting decides which of them
# Redis reads, and the setting may have changed since the files were written.
#
# Sets: aof_dir, aof_manifest, snapshot, aof_marker, no_aof_marker, and what start_private_server and record_damage set.

aof_dir=$data/appendonlydir
aof_manifest=$aof_dir/appendonly.aof.manifest
snapshot=$data/dump.rdb

# The state file contains one of these lines, depending on how the node ran. It contains neither if an operator or an
# older version wrote it.
aof_marker='# redis-ha: ran with an append-only file.'
no_aof_marker='# redis-ha: ran without an append-only file.'

convert_data_files() {
  convert_snapshot
  convert_append_only_file
}

# With an append-only file Redis reads nothing else. It would ignore a snapshot from a time without one, and start empty
# or with older data. So the snapshot becomes the base of a new append-only file.
convert_snapshot() {
  if [ "$appendonly" != yes ] || [ ! -s "$snapshot" ] || has_newer_aof; then
    return
  fi
  log "makes the snapshot $snapshot the base of a new append-only file; keeps an old one as $aof_dir.replaced"
  rm -rf "$aof_dir.new"
  # If the append-only file is missing, an interrupted start has moved it to $aof_dir.replaced, which must stay.
  [ ! -e "$aof_dir" ] || rm -rf "$aof_dir.replaced"
  if ! mkdir "$aof_dir.new" ||
    ! ln "$snapshot" "$aof_dir.new/appendonly.aof.1.base.rdb" ||
    ! echo 'file appendonly.aof.1.base.rdb seq 1 type b' > "$aof_dir.new/${aof_manifest##*/}" ||
    { [ -e "$aof_dir" ] && ! mv "$aof_dir" "$aof_dir.replaced"; } ||
    ! mv "$aof_dir.new" "$aof_dir"; then
    refuse_to_start "cannot write to $data"
  fi
}

# The reverse: without an append-only file Redis reads only the snapshot. The snapshot lacks later writes, or does not
# exist, because a server with an append-only file writes none when it stops. So a private server reads the append-only
# file and writes the snapshot.
#
# Even a snapshot that is newer than the append-only file may lack writes, because it contains the data of the moment at
# which Redis began to write it. So its age counts only if the state file does not say that the append-only file was in
# use.
convert_append_only_file() {
  if [ "$appendonly" = yes ] || [ ! -s "$aof_manifest" ] || ! ran_with_aof; then
    return
  elif ! state_has_line "$aof_marker" && has_newer_snapshot; then
    return
  fi
  log "appendonly is off: writes the data of the append-only file $aof_dir into the snapshot $snapshot"
  # How the node treats a file that does not load depends on its role, which is decided later.
  if ! start_private_server yes; then
    damaged_path=$aof_dir
    record_damage
    return
  fi
  redis-cli -s "$private_socket" SAVE 2> /dev/null | grep -q '^OK$' || refuse_to_start "cannot write $snapshot"
  stop_private_server
}

# True if there is an append-only file that was in use until the last stop, or that was written after the snapshot.
has_newer_aof() {
  [ -s "$aof_manifest" ] && { ran_with_aof || [ -n "$(find "$aof_dir" -type f -newer "$snapshot")" ]; }
}

# True if the snapshot is newer than all files of the append-only file. Files of the same second are equally old if the
# system's tools know only whole seconds.
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

# True if the state file contains a line.
#
# $1: the line
state_has_line() {
  grep -q -x -F "$1" "$state_file" 2> /dev/null
}

# True if Redis will find data here when it starts, and as far as is known will load it.
has_data() {
  if [ -n "$unreadable" ]; then
    return 1
  elif [ "$appendonly" = yes ]; then
    [ -s "$aof_manifest" ]
  else
    [ -s "$snapshot" ]
  fi
}

# True if Redis writes its data to disk.
persists_data() {
  [ "$appendonly" = yes ] || ! grep -q -x 'save ""' "$configuration/redis.conf"
}
