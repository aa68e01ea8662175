#!/bin/sh
# Fills TREE with the files of a container image: the programs of the recipe from Debian packages, the shared libraries
# they load, a few small tools, and nothing else. What is in TREE already stays. Needs root and mmdebstrap.
#
# usage: tree.sh TREE, with the recipe in the environment; lists are separated by spaces:
#   SUITE     the Debian release
#   PACKAGES  the packages to take from, with all they depend on
#   PROGRAMS  programs to keep, with the libraries they load
#   FILES     other files to keep
#   LINKS     symbolic links to make, each as link=target
#   TOOLS     commands that busybox is to answer for
#   ACCOUNT   name:uid:gid that the image runs as
#   OWNED     directory that belongs to this account; may be empty
set -eu
PATH=$PATH:/usr/sbin:/sbin

tree=$1
debian=$(mktemp -d)

# Unpacks and does not install: no package's script runs, so no shell, perl or dpkg has to be in there.
unpack_debian() {
  chmod 755 "$debian"
  # The keyring is named: where it is not, it depends on the system which keys apt trusts. Nothing needs a mount.
  mmdebstrap --mode=root --variant=extract --format=directory --include="$PACKAGES" \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg --skip=check/signed-by,chroot/mount "$SUITE" "$debian"
  link_merged_directories "$debian"
}

# Debian keeps everything below /usr; programs and libraries name one another by the old places.
link_merged_directories() {
  for directory in bin lib lib64 sbin; do
    mkdir -p "$1/usr/$directory"
    ln -s "usr/$directory" "$1/$directory"
  done
}

keep() {
  (cd "$debian" && cp --no-dereference --preserve=mode,links --parents ".$1" "$tree")
}

keep_program() {
  keep "$1"
  # What ldd does, inside the unpacked system; --version, should the program be static and run after all.
  chroot "$debian" /usr/bin/busybox env LD_TRACE_LOADED_OBJECTS=1 "$1" --version >"$debian/libraries"
  if grep 'not found' "$debian/libraries" >&2; then
    echo "$1 needs a library that none of the packages has: $PACKAGES" >&2
    exit 1
  fi
  grep -o '/[^ ]*' "$debian/libraries" | while read -r library; do
    keep_library "/usr${library#/usr}"
  done
}

# Under the name the program asks for, which is a link in the package.
keep_library() {
  (cd "$debian" && cp --dereference --preserve=mode --parents ".$1" "$tree")
}

keep_tools() {
  chroot "$debian" /usr/bin/busybox --list >"$debian/tools"
  for tool in $TOOLS; do
    if ! grep -qxF "$tool" "$debian/tools"; then
      echo "busybox of Debian $SUITE has no $tool" >&2
      exit 1
    fi
    ln -s busybox "$tree/usr/bin/$tool"
  done
}

write_accounts() {
  name=${ACCOUNT%%:*}
  ids=${ACCOUNT#*:}
  mkdir -p "$tree/etc"
  printf 'root:x:0:0::/:/bin/false\n%s:x:%s::%s:/bin/false\n' "$name" "$ids" "${OWNED:-/}" >"$tree/etc/passwd"
  printf 'root:x:0:\n%s:x:%s:\n' "$name" "${ids#*:}" >"$tree/etc/group"
  printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"
}

# Everything belongs to root, and only root may write it, except what the process needs.
set_ownership() {
  mkdir -p "$tree/dev" "$tree/proc" "$tree/sys" "$tree/run" "$tree/tmp"
  chown -R 0:0 "$tree"
  chmod -R u+rwX,go+rX,go-w,a-s "$tree"
  chmod 1777 "$tree/tmp"
  if [ -n "$OWNED" ]; then
    mkdir -p "$tree$OWNED"
    chown "${ACCOUNT#*:}" "$tree$OWNED"
  fi
}

unpack_debian
link_merged_directories "$tree"
for program in $PROGRAMS /usr/bin/busybox; do
  keep_program "$program"
done
for file in $FILES; do
  keep "$file"
done
for link in $LINKS; do
  ln -s "${link#*=}" "$tree${link%%=*}"
done
keep_tools
write_accounts
set_ownership
