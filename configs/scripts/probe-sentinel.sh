#!/bin/sh
# Probes a Sentinel. It is healthy if it answers, has been in contact with the master or has marked it as down, and
# knows all its peers. A Sentinel whose master is down is healthy: replacing a dead master is its task, and clients need
# to reach it then more than ever. A Sentinel in TILT is healthy too: TILT ends automatically, and a restart would only
# prolong it. The line that the probe prints mentions TILT.
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

printf 'SENTINEL MASTER %s\nINFO sentinel\n' "$master_name" | query 127.0.0.1 "$port" 3 |
  awk -v port="$port" -v peers=$((sentinel_count - 1)) '
  NR == 1 && $0 != "OK" { problem = $0; exit }
  /^# Sentinel/ { in_info = 1 }
  in_info { sub(/\r$/, ""); split($0, field, ":"); info[field[1]] = field[2]; next }
  NR % 2 == 0 { key = $0 }
  NR % 2 == 1 { value[key] = $0 }
  END {
    if (!problem && !NR) problem = "no answer on port " port
    if (!problem && !("name" in value)) problem = key
    if (!problem && value["runid"] == "" && value["flags"] !~ /s_down/)
      problem = "it has not been in contact with the master " value["ip"] " yet"
    if (!problem && value["num-other-sentinels"] + 0 < peers)
      problem = "it knows " value["num-other-sentinels"] " of " peers " other Sentinels"
    tilt = info["sentinel_tilt"] ? "; in TILT for " info["sentinel_tilt_since_seconds"] " s: it starts no failover" : ""
    print problem ? problem : "master " value["ip"] " port " value["port"] tilt
    exit problem != ""
  }'
