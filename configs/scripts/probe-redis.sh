#!/bin/sh
# Whether a data node is well: it answers, and is the master or a replica in sync. One connection, one line that says
# why not.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# PING is refused while data is being read from disk; INFO is not.
printf 'PING\nINFO replication\n' | query 127.0.0.1 "$port" 3 | awk -v port="$port" '
  { sub(/\r$/, "") }
  NR == 1 && $0 != "OK" { problem = $0; exit }
  NR == 2 && $0 != "PONG" { problem = $0; exit }
  { split($0, field, ":"); value[field[1]] = field[2] }
  END {
    if (!problem && !NR) problem = "no answer on port " port
    if (!problem && value["role"] == "slave") {
      if (value["master_sync_in_progress"] != 0) problem = "a sync with its master is under way"
      else if (value["master_link_status"] != "up") problem = "no link to its master " value["master_host"]
    } else if (!problem && value["role"] != "master") problem = "it does not say its role"
    print problem ? problem : (value["role"] == "slave" ? "replica" : "master")
    exit problem != ""
  }'
