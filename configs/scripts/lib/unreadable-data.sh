# shellcheck shell=sh disable=SC2034,SC2154 # one part of start-redis.sh, whose variables these are
#
# Data files that Redis does not load. Only Redis knows whether it does, so nothing is checked before the server has
# ended with an error: a check would take as long as the load itself.
#
# Sets: unreadable, damaged_path, damage_record; what load_alone sets.

# Why the files do not load, in one line; empty unless they are known to be damaged.
unreadable=
# What does not load: the append-only file's directory, or the snapshot.
damaged_path=

# The result of an earlier start. A node that refuses is started again and again, and must not load gigabytes each time.
damage_record=$data/.unreadable

# Sets: damaged_path; unreadable, if the files are known to be damaged without loading them.
check_for_known_damage() {
  local file
  if [ "$appendonly" = yes ]; then damaged_path=$aof_dir; else damaged_path=$snapshot; fi
  for file in "$damaged_path" "$damaged_path"/*; do
    if [ -e "$file" ] && [ ! -r "$file" ]; then
      unreadable="the user $(id -u) must not read $file"
      return
    fi
  done
  if manifest_is_lost; then
    unreadable="$aof_manifest is missing or empty, and the files that it lists are there"
  elif [ -e "$damage_record" ]; then
    # A repaired file, or one from a backup, differs from the list.
    if [ "$(list_data_files)" = "$(tail -n +3 "$damage_record")" ]; then
      { read -r damaged_path && read -r unreadable; } < "$damage_record"
    else
      rm -f "$damage_record"
    fi
  fi
}

# Sizes and times, for a comparison.
list_data_files() {
  ls -dlnc "$aof_dir" "$aof_dir"/* "$snapshot" 2> /dev/null
}

# Without its manifest Redis ignores the append-only file and starts empty. A snapshot beside it is older; only one
# from a time without an append-only file takes its place (persistence.sh).
manifest_is_lost() {
  local base
  [ "$appendonly" = yes ] && [ ! -s "$aof_manifest" ] && ran_with_aof || return 1
  for base in "$aof_dir"/*.base.*; do
    [ ! -s "$base" ] || return 0
  done
  return 1
}

# Whether a server may have ended because of its files: with an error, or by one of the signals ILL, ABRT, BUS, FPE and
# SEGV. A crash that its files have no part in looks the same, and costs one more load before the next start.
#
# $1: its exit code
is_load_failure() {
  case $1 in
    1 | 132 | 134 | 135 | 136 | 139) ;;
    *) return 1 ;;
  esac
}

# Finds out whether the server has ended because it could not load the files: starts another one, which no client can
# reach, on the same files. Fails if that one can load them.
#
# Sets: unreadable if not; what load_alone sets.
diagnose_load_failure() {
  if start_private_server "$appendonly"; then
    stop_private_server
    return 1
  fi
  case $load_error in
    '' | *'No space left'*) return 1 ;; # not the fault of the files
  esac
  record_damage
}

# Sets: unreadable.
record_damage() {
  unreadable=$load_error
  {
    echo "$damaged_path"
    echo "$unreadable"
    list_data_files
  } > "$damage_record"
  return 0 # one of the files may not exist, which ls reports as a failure
}

# Starts a server that only this script can reach, on $socket, and waits until it has loaded the data.
#
# Sets: private_socket, private_log, server; load_error, why it has not, where it fails.
#
# $1: whether it reads the append-only file: yes or no
start_private_server() {
  private_socket=$data/load-alone.sock
  private_log=$data/load-alone.log
  rm -f "$private_socket"
  # What comes last wins.
  redis-server "$configuration/redis.conf" --port 0 --unixsocket "$private_socket" --appendonly "$1" --save '' > "$private_log" &
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

# Prints nothing for a server that was ended from outside: that says nothing about the files.
#
# $1: the exit code of the server
describe_load_failure() {
  local last_message
  is_load_failure "$1" || return 0
  last_message=$(sed -n 's/^[0-9]*:[A-Z] .* # \(..*\)$/\1/p' "$private_log" | tail -n 1)
  if [ "$1" -ne 1 ]; then
    echo "Redis crashes while it loads: exit code $1"
  elif [ -n "$last_message" ]; then
    echo "Redis says: $last_message"
  fi
}

stop_private_server() {
  redis-cli -s "$private_socket" SHUTDOWN NOSAVE
  wait "$server"
  trap 'exit 143' TERM INT
  rm -f "$private_log"
}

# Whether a node is a master that has its data in memory. One that is still loading may turn out to be damaged too.
#
# Reads: named.
#
# $1: its address and port
leads_with_data() {
  # shellcheck disable=SC2086 # an address and a port
  [ "$(printf 'PING\nROLE\n' | query $1 "$query_timeout" | sed -n '2,3p' | tr '\n' ' ')" = 'PONG master ' ] &&
    { [ "$named" = "$1" ] || others_report_data; }
}

# A replica gets all data from its master, and needs no file of its own. What does not load is kept for a person to look
# at. A snapshot beside it is older, and would be taken for the data at the next start.
#
# Sets: unreadable.
set_damaged_files_aside() {
  # One generation is kept: more would fill the disk.
  if ! rm -rf "$aof_dir.damaged" "$snapshot.damaged" ||
    { [ -e "$aof_dir" ] && ! mv "$aof_dir" "$aof_dir.damaged"; } ||
    { [ -e "$snapshot" ] && ! mv "$snapshot" "$snapshot.damaged"; }; then
    refuse_to_start "its data files do not load ($unreadable), and they cannot be set aside in $data"
  fi
  rm -f "$damage_record"
  log "starts without data, which it gets from its master: its files do not load ($unreadable), and are kept as $data/*.damaged"
  unreadable=
}

# Completes a sentence about this node: what has happened to its data.
describe_loss() {
  if [ -n "$unreadable" ]; then
    echo "cannot load $damaged_path ($unreadable)"
  else
    echo "has lost its data"
  fi
}

# A master would have its replicas throw their data away. So a person decides what is given up.
refuse_to_lead_without_data() {
  local repair=
  case $unreadable in
    *'redis-check-aof --fix'*) repair=" To cut off what does not load: redis-check-aof --fix $aof_manifest." ;;
  esac
  refuse_to_start "it would be the master, and $(describe_loss).$repair To start it without this data: mv $damaged_path \
$damaged_path.damaged"
}

# Kibibytes of files that were set aside, at any start; nothing if there are none.
damaged_files_size() {
  du -sk "$aof_dir.damaged" "$snapshot.damaged" 2> /dev/null | awk '{ sum += $1 } END { if (NR) print sum }'
}
