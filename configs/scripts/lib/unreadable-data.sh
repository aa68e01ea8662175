# shellcheck shell=sh disable=SC2034,SC2154 # a part of start-redis.sh, with which it shares variables
#
# Handles data files that Redis does not load. Only Redis can tell whether it loads them, so nothing is checked before
# the server has ended with an error: a check would take as long as the load itself.
#
# Sets: unreadable, damaged_path, damage_record, and what start_private_server sets.

# Why the files do not load, in one line. Empty unless they are known to be damaged.
unreadable=
# The path that does not load: the folder of the append-only file, or the snapshot.
damaged_path=

# The result of an earlier start. The host starts a node that refused to start again and again, and the node must not
# load gigabytes each time.
damage_record=$data/.unreadable

# Checks for damage that is known or visible without loading the files.
#
# Sets: damaged_path; unreadable, if there is such damage.
check_for_known_damage() {
  local file
  if [ "$appendonly" = yes ]; then damaged_path=$aof_dir; else damaged_path=$snapshot; fi
  for file in "$damaged_path" "$damaged_path"/*; do
    if [ -e "$file" ] && [ ! -r "$file" ]; then
      unreadable="the user $(id -u) may not read $file"
      return
    fi
  done
  if manifest_is_lost; then
    unreadable="$aof_manifest is missing or empty, but the files that it lists exist"
  elif [ -e "$damage_record" ]; then
    # A file that was repaired, or that comes from a backup, differs from the list.
    if [ "$(list_data_files)" = "$(tail -n +3 "$damage_record")" ]; then
      { read -r damaged_path && read -r unreadable; } < "$damage_record"
    else
      rm -f "$damage_record"
    fi
  fi
}

# Prints sizes and times, for a comparison.
list_data_files() {
  ls -dlnc "$aof_dir" "$aof_dir"/* "$snapshot" 2> /dev/null
}

# True if the append-only file has lost its manifest, without which Redis ignores it and starts empty. A snapshot beside
# it is older. Only a snapshot from a time without an append-only file replaces it (persistence.sh).
manifest_is_lost() {
  local base
  [ "$appendonly" = yes ] && [ ! -s "$aof_manifest" ] && ran_with_aof || return 1
  for base in "$aof_dir"/*.base.*; do
    [ ! -s "$base" ] || return 0
  done
  return 1
}

# True if a server may have ended because of its files: with an error, or by the signal ILL, ABRT, BUS, FPE or SEGV. A
# crash for another reason looks the same, and costs one more load before the next start.
#
# $1: its exit code
is_load_failure() {
  case $1 in
    1 | 132 | 134 | 135 | 136 | 139) ;;
    *) return 1 ;;
  esac
}

# Finds out whether the server ended because it could not load the files: starts a private server on the same files.
# Fails if that server can load them.
#
# Sets: unreadable, if the files do not load, and what start_private_server sets.
diagnose_load_failure() {
  if start_private_server "$appendonly"; then
    stop_private_server
    return 1
  fi
  case $load_error in
    '' | *'No space left'*) return 1 ;; # not because of the files
  esac
  record_damage
}

# Stores the damage for the next start.
#
# Reads: damaged_path, load_error. Sets: unreadable.
record_damage() {
  unreadable=$load_error
  {
    echo "$damaged_path"
    echo "$unreadable"
    list_data_files
  } > "$damage_record"
  return 0 # ls fails if one of the files does not exist
}

# Starts a server on the same files that only this script can reach, through a socket, and waits until it has loaded the
# data.
#
# Sets: private_socket, private_log, server; load_error, the reason, if the data does not load.
#
# $1: yes or no: whether the server reads the append-only file
start_private_server() {
  private_socket=$data/load-alone.sock
  private_log=$data/load-alone.log
  rm -f "$private_socket"
  # The last value of a directive wins.
  redis-server "$configuration/redis.conf" --port 0 --unixsocket "$private_socket" --appendonly "$1" --save '' \
    > "$private_log" &
  server=$!
  trap 'kill "$server"; exit 143' TERM INT
  until redis-cli -s "$private_socket" PING 2> /dev/null | grep -q '^PONG$'; do
    if has_ended "$server"; then
      wait "$server"
      load_error=$(describe_load_failure $?)
      trap 'exit 143' TERM INT
      rm -f "$private_log"
      return 1
    fi
    sleep 0.1
  done
}

# Prints why the server could not load the files. Prints nothing if it was ended from outside, which says nothing about
# the files.
#
# $1: the exit code of the server
describe_load_failure() {
  local last_message
  is_load_failure "$1" || return 0
  last_message=$(sed -n 's/^[0-9]*:[A-Z] .* # \(..*\)$/\1/p' "$private_log" | tail -n 1)
  if [ "$1" -ne 1 ]; then
    echo "Redis crashes while it loads: exit code $1"
  elif [ -n "$last_message" ]; then
    echo "Redis reports: $last_message"
  fi
}

stop_private_server() {
  redis-cli -s "$private_socket" SHUTDOWN NOSAVE
  wait "$server"
  trap 'exit 143' TERM INT
  rm -f "$private_log"
}

# True if a node is a master that has its data in memory. A master that is still loading may turn out to be damaged too.
#
# Reads: named.
#
# $1: its address and port
leads_with_data() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(printf 'PING\nROLE\n' | query $1 "$query_timeout" | sed -n '2,3p' | tr '\n' ' ')" = 'PONG master ' ] &&
    { [ "$named" = "$1" ] || others_report_data; }
}

# Moves the damaged files aside. A replica gets all data from its master and needs no files of its own. An operator may
# want to examine the damaged ones. A snapshot beside a damaged append-only file is older, and the next start would take
# it for the data, so it is moved as well.
#
# Sets: unreadable.
set_damaged_files_aside() {
  # Only one generation is kept: more would fill the disk.
  if ! rm -rf "$aof_dir.damaged" "$snapshot.damaged" ||
    { [ -e "$aof_dir" ] && ! mv "$aof_dir" "$aof_dir.damaged"; } ||
    { [ -e "$snapshot" ] && ! mv "$snapshot" "$snapshot.damaged"; }; then
    refuse_to_start "its data files do not load ($unreadable), and they cannot be moved aside in $data"
  fi
  rm -f "$damage_record"
  log "starts without data, which it gets from its master: its files do not load ($unreadable), and are kept as \
$data/*.damaged"
  unreadable=
}

# Prints what has happened to the data of this node, as the end of a sentence about the node.
describe_loss() {
  if [ -n "$unreadable" ]; then
    echo "cannot load $damaged_path ($unreadable)"
  else
    echo "has lost its data"
  fi
}

# A master without data would make its replicas discard theirs. So an operator decides which data is given up.
refuse_to_lead_without_data() {
  local repair=
  case $unreadable in
    *'redis-check-aof --fix'*) repair=" To cut off the damaged part: redis-check-aof --fix $aof_manifest." ;;
  esac
  refuse_to_start "it would be the master, and $(describe_loss).$repair To start it without this data: mv \
$damaged_path $damaged_path.damaged"
}

# Prints the size in KiB of the files that any start has moved aside. Prints nothing if there are none.
damaged_files_size() {
  du -sk "$aof_dir.damaged" "$snapshot.damaged" 2> /dev/null | awk '{ sum += $1 } END { if (NR) print sum }'
}
