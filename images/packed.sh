#!/bin/sh
# Runs scripts that fill a temporary directory, one after another, and writes the directory to standard output as a tar.
# The directory is always removed at the end: if the reader closes the tar, writing fails and the traps clean up.
#
# usage: packed.sh SCRIPT...
set -eu

work=$(mktemp -d "${TMPDIR:-/tmp}/redis-ha-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# apt downloads as a separate user, which must be able to enter this directory.
chmod 755 "$work"
mkdir "$work/tree" "$work/tmp"

for script; do
  TMPDIR="$work/tmp" sh "$script" "$work/tree" >&2
done

tar --create --directory "$work/tree" --numeric-owner .
