#!/bin/sh
# Makes sure that mmdebstrap is installed, and that the keys are known by which Debian signs SUITE.
set -eu

ready() {
  command -v mmdebstrap >/dev/null && ls "/usr/share/keyrings/debian-archive-$SUITE-"* >/dev/null 2>&1
}

if ready; then
  exit 0
fi

# The images are built at the same time, and apt serves one at a time. Only root can write to /run, unlike /run/lock:
# no other user can put a link or a file in the place of this one.
exec 9>>/run/redis-ha-image-tools.lock
flock 9
if ready; then
  exit 0
fi

# Without it a package may ask a question (tzdata does), and wait for an answer for ever.
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 mmdebstrap debian-archive-keyring
if ! ready; then
  echo "the package debian-archive-keyring of this system does not know Debian $SUITE" >&2
  exit 1
fi
