#!/bin/sh
# Enables writes on a master that was started with writes blocked. It waits until a majority of the Sentinels names this
# node and sees it alive, and no Sentinel is replacing it. If they name another node, this node follows that one. Ends
# with the server.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=lib/peers.sh
. "${0%/*}/peers.sh"
read_peers "${0%/*}"

enable_writes() {
  local named
  query_peers
  named=$(named_master)
  case $named in
    '') return 1 ;;
    "$self")
      sentinels_confirm && execute_here "CONFIG SET min-replicas-to-write $min_replicas_to_write" || return 1
      log "takes writes from now on: a majority of the Sentinels sees this node and names it the master"
      ;;
    *)
      # In this order: a replica takes no writes from clients, so the limit can be lifted. It must be lifted, so that
      # the node can take writes when it is promoted later.
      execute_here "REPLICAOF $named" &&
        execute_here "CONFIG SET min-replicas-to-write $min_replicas_to_write" || return 1
      log "follows ${named% *} port ${named#* } from now on: a majority of the Sentinels names it"
      ;;
  esac
}

# A failover that has begun, or is about to begin, goes on although the node is back. Writes that the node took in the
# meantime would be lost.
sentinels_confirm() {
  ! failover_in_progress &&
    echo "$answers" | awk -v majority=$((sentinel_count / 2 + 1)) -v self="$self" -v recent=$((down_after / 2)) '
      $1 == "sentinel" && $3 " " $4 == self && $6 == "master" && $7 <= recent { seen++ }
      END { exit seen < majority }'
}

retry_while_running enable_writes "$1"
