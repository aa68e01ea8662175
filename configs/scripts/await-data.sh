#!/bin/sh
# Lets Sentinel promote a replica that was started without data as soon as it has its master's. Ends with that, or with
# the server.
#
# $1: the process id of redis-server
set -u

# shellcheck source-path=SCRIPTDIR source=ask-peers.sh
. "${0%/*}/ask-peers.sh"
read_peers "${0%/*}"

is_settled() {
  has_masters_data && take "CONFIG SET replica-priority $(planned_priority "$self")" || return 1
  rm -f "$data/.without-data"
  say "may be promoted from now on: it has its master's data"
}

# A master is what a person has made of it.
has_masters_data() {
  case $(echo ROLE | talk 127.0.0.1 "$port" 1 | tr '\n' ' ') in
    'OK master '* | 'OK slave '*' connected '*) ;;
    *) return 1 ;;
  esac
}

await_settled "$1"
