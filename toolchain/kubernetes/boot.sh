#!/bin/sh
# The first thing a machine does, in its new namespaces: it gets a /var (its disk) and a /run of its own, leaves the
# control groups of the process that started it, and becomes `pause`, which lives as long as the machine.
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

# What the host's own Docker has mounted is none of the machine's business.
awk '$5 ~ "^/(var/lib|run|var/run)/(docker|containerd)/" {print $5}' /proc/self/mountinfo | sort -r |
  while read -r point; do umount -l "$point"; done

mount --bind "$programs" "$disk/cluster/bin"
if [ -e /etc/machine-id ]; then
  mount --bind "$disk/cluster/machine-id" /etc/machine-id
fi
mount --rbind "$disk" /var
mount -t tmpfs -o mode=755 tmpfs /run
# For those of its pods that ask for it.
mount --make-rshared /

hostname "$name"
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo booted >&3
exec 3>&- /var/cluster/bin/pause
