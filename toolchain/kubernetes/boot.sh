#!/bin/sh
# Boots a machine in its new namespaces. Moves this process into the machine's control groups, mounts the machine's own
# /var (its disk) and /run, and then becomes `pause`, which runs as long as the machine.
#
# usage: boot.sh NAME DISK PROGRAMS CGROUP
set -eu
name=$1
disk=$2
programs=$3
cgroup=$4

for hierarchy in memory pids; do
  echo 0 >"/sys/fs/cgroup/$hierarchy/$cgroup/cgroup.procs"
done

# The machine must not keep mounts of the host's own Docker.
awk '$5 ~ "^/(var/lib|run|var/run)/(docker|containerd)/" {print $5}' /proc/self/mountinfo | sort -r |
  while read -r point; do umount -l "$point"; done

mount --bind "$programs" "$disk/cluster/bin"
if [ -e /etc/machine-id ]; then
  mount --bind "$disk/cluster/machine-id" /etc/machine-id
fi
mount --rbind "$disk" /var
mount -t tmpfs -o mode=755 tmpfs /run
# Pods with bidirectional mount propagation need shared mounts.
mount --make-rshared /

hostname "$name"
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo booted >&3
exec 3>&- /var/cluster/bin/pause
