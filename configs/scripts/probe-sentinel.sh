#!/bin/sh
# Whether a Sentinel is well: it answers, has met the master or found it down, and knows all its peers. That the master
# is down makes no Sentinel unwell: this is what it is there for, and clients must reach it then above all.
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

echo "SENTINEL MASTER $master_name" | talk 127.0.0.1 "$port" 3 | awk -v port="$port" -v peers=$((sentinel_count - 1)) '
  NR == 1 && $0 != "OK" { problem = $0; exit }
  NR % 2 == 0 { key = $0 }
  NR % 2 == 1 { value[key] = $0 }
  END {
    if (!problem && !NR) problem = "no answer on port " port
    if (!problem && !("name" in value)) problem = key
    if (!problem && value["runid"] == "" && value["flags"] !~ /s_down/) problem = "it has not met the master " value["ip"] " yet"
    if (!problem && value["num-other-sentinels"] + 0 < peers)
      problem = "it knows " value["num-other-sentinels"] " of " peers " other Sentinels"
    print problem ? problem : "master " value["ip"] " port " value["port"]
    exit problem != ""
  }'
