#!/bin/sh
# Builds the root that the tests of the service boot, once, in the directory that is given (by default below /var/cache,
# outside of any checkout): Debian 12, or what DISTRIBUTION names. Needs root, debootstrap, a mirror, and for Ubuntu the
# keys of its archive (Debian 13's package ubuntu-keyring, where the distribution has none); later runs need none of them.
set -eu
cache=${1:-/var/cache/mesibo-logwatch-tests}
suite=${DISTRIBUTION:-bookworm}
packages=systemd,systemd-sysv,dbus,python3,python3-venv,logrotate,make
case $suite in
  bookworm | trixie) mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian} script='' options='' ;;
  noble | resolute)
    mirror=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
    script=gutsy # what every later Ubuntu is made with too; Debian 12's debootstrap does not know the newer names
    options='--components=main,universe --force-check-gpg'
    ;;
  *)
    printf 'error: DISTRIBUTION=%s is not known here\n  try: bookworm, trixie, noble or resolute\n' "$suite" >&2
    exit 1
    ;;
esac
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
  # shellcheck disable=SC2086  lists of arguments, or nothing
  debootstrap --variant=minbase --include="$packages" $options "$suite" "$scratch/root" "$mirror" $script >"$cache/debootstrap.log" 2>&1 9>&- || {
    tail -20 "$cache/debootstrap.log" >&2
    exit 1
  }
  rm -rf "$scratch"/root/var/cache/apt/archives/*.deb "$scratch"/root/var/lib/apt/lists/*
  cp -a "$scratch/root" "$root.new"
  mv "$root.new" "$root"
fi
printf '%s\n' "$root"
