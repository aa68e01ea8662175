#!/bin/sh
# Ensures that mmdebstrap and the keys with which Debian signs SUITE are installed.
set -eu

ready() {
  command -v mmdebstrap >/dev/null && ls "/usr/share/keyrings/debian-archive-$SUITE-"* >/dev/null 2>&1
}

if ready; then
  exit 0
fi

# Several images are built at the same time, but only one apt process can run. The lock is in /run and not in /run/lock,
# because only root can write to /run: no other user can replace the lock by a link or another file.
exec 9>>/run/redis-ha-image-tools.lock
flock 9
if ready; then
  exit 0
fi

# Otherwise a package may ask a question, as tzdata does, and wait for an answer forever.
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 mmdebstrap debian-archive-keyring
if ! ready; then
  echo "the package debian-archive-keyring of this system has no keys for Debian $SUITE" >&2
  exit 1
fi
