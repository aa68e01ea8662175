#!/bin/sh
# Runs a program in a machine, and restarts the program whenever it ends, like a service manager.
#
# usage: service.sh CGROUP COMMAND [ARGUMENT ...]
cgroup=$1
shift
for hierarchy in memory pids; do
  echo 0 >"/sys/fs/cgroup/$hierarchy/$cgroup/cgroup.procs"
done
while :; do
  "$@" || echo "ended with $?"
  sleep 1
done
