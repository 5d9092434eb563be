#!/bin/sh
# Builds the Debian root that the tests of the service boot, once, in the directory that is given (by default below
# /var/cache, outside of any checkout). Needs root, debootstrap, and a Debian mirror; later runs need none of them.
set -eu
cache=${1:-/var/cache/mesibo-logwatch-tests}
suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=systemd,systemd-sysv,dbus,python3,python3-venv,logrotate,make
# A root is known by what is in it, so that a changed list builds a new one
root=$cache/root-$(printf '%s %s' "$suite" "$packages" | cksum | cut -d ' ' -f 1)
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$root" ]; then
  scratch=$(mktemp -d "$cache/new.XXXXXX")
  # In memory: dpkg waits for the disk after every file
  mount -t tmpfs -o size=2g,mode=0755 tmpfs "$scratch"
  trap 'umount --lazy "$scratch"; rmdir "$scratch"' EXIT
  debootstrap --variant=minbase --include="$packages" "$suite" "$scratch/root" "$mirror" >"$cache/debootstrap.log" 2>&1 9>&- || {
    tail -20 "$cache/debootstrap.log" >&2
    exit 1
  }
  rm -rf "$scratch"/root/var/cache/apt/archives/*.deb "$scratch"/root/var/lib/apt/lists/*
  cp -a "$scratch/root" "$root.new"
  mv "$root.new" "$root"
fi
printf '%s\n' "$root"
