#!/bin/sh
# Runs scripts that fill a directory, one after another, writes that directory to standard output as a tar, and leaves
# nothing behind, however it ends: if the reader of the tar goes away, writing it fails, and the traps clean up.
#
# usage: packed.sh SCRIPT...
set -eu

work=$(mktemp -d "${TMPDIR:-/tmp}/redis-ha-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# apt downloads as a user of its own, who must be able to pass through.
chmod 755 "$work"
mkdir "$work/tree" "$work/tmp"

for script; do
  TMPDIR="$work/tmp" sh "$script" "$work/tree" >&2
done

tar --create --directory "$work/tree" --numeric-owner .
