#!/bin/sh
# Probes a data node. It is healthy if it answers, and is the master or a replica in sync. Makes one connection, and
# prints one line with the role or the problem.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# Redis refuses PING while it loads data from disk, but not INFO.
printf 'PING\nINFO replication\n' | query 127.0.0.1 "$port" 3 | awk -v port="$port" '
  { sub(/\r$/, "") }
  NR == 1 && $0 != "OK" { problem = $0; exit }
  NR == 2 && $0 != "PONG" { problem = $0; exit }
  { split($0, field, ":"); value[field[1]] = field[2] }
  END {
    if (!problem && !NR) problem = "no answer on port " port
    if (!problem && value["role"] == "slave") {
      if (value["master_sync_in_progress"] != 0) problem = "a sync with its master is in progress"
      else if (value["master_link_status"] != "up") problem = "no link to its master " value["master_host"]
    } else if (!problem && value["role"] != "master") problem = "it reports no role"
    print problem ? problem : (value["role"] == "slave" ? "replica" : "master")
    exit problem != ""
  }'
