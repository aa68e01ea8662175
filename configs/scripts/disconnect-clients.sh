#!/bin/sh
# Closes the connections of clients to this node while it is a master that refuses writes because it has too few
# replicas, and no majority of the Sentinels names it. Such a master is cut off, and another node may be the master by
# now. Some clients never leave a connection that is alive. Without it, they ask a Sentinel or a gateway for the master
# again. Ends with the server.
#
# It starts to close connections when writes have been refused for down-after, which is the time after which the
# Sentinels replace a silent master. A master that the Sentinels name keeps its clients, since they would come back to
# it.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

# Seconds between checks.
poll_interval=1
# Milliseconds between two rounds of closing connections. Clients that reach only this node reconnect each time.
disconnect_interval=5000

# Query only Sentinels: they alone decide which node is the master.
skipped_kind=redis
carriage_return=$(printf '\r')
server=$1
role=
refused_since=
disconnected_at=

main() {
  poll_command "$server" 'INFO replication' "$poll_interval" | handle_replication
}

# Sets: role.
handle_replication() {
  local key value
  while IFS=: read -r key value; do
    value=${value%"$carriage_return"}
    case $key in
      role) role=$value ;;
      min_slaves_good_slaves) check_replicas "$value" ;;
    esac
  done
}

# Sets: refused_since, disconnected_at.
#
# $1: the number of replicas whose acknowledgements arrive in time
check_replicas() {
  local current_time
  if [ "$role" != master ] || [ "$1" -ge "$min_replicas_to_write" ]; then
    refused_since=
    return
  fi
  current_time=$(now)
  refused_since=${refused_since:-$current_time}
  [ $((current_time - refused_since)) -ge "$down_after" ] || return
  [ -z "$disconnected_at" ] || [ $((current_time - disconnected_at)) -ge "$disconnect_interval" ] || return
  query_peers
  [ "$(named_master)" != "$self" ] || return
  disconnected_at=$current_time
  disconnect_clients
}

# The Sentinels of the set are clients too, and keep their connections. The names of these begin with "sentinel-".
disconnect_clients() {
  local ended_connections
  ended_connections=$(client_ids | sed 's/^/CLIENT KILL ID /' | query 127.0.0.1 "$port" 1 | grep -c '^1$')
  log "closed $ended_connections client connections: this node refuses writes because it has too few replicas, and no \
majority of the Sentinels names it the master"
}

client_ids() {
  printf '%s\n' 'CLIENT LIST TYPE normal' 'CLIENT LIST TYPE pubsub' | query 127.0.0.1 "$port" 1 |
    awk '/^id=/ && !/ name=sentinel-/ && !/ cmd=client\|list / { print substr($1, 4) }'
}

main
