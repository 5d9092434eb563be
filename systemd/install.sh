#!/bin/sh
# Install, upgrade or remove the service: install | uninstall [--purge] | wheelhouse [DIRECTORY].
# Every installation is a virtual environment of its own below /opt/mesibo-logwatch/releases. If a new one does not start,
# the old one takes its place again, and no line is lost.
# Environment: PYTHON (3.11 or newer, used without looking for another; default: found), WHEELHOUSE (default: wheelhouse/;
# if it is missing, the locked packages are downloaded), PYTHON_VERSION (of the machines that the wheels are for; default:
# this one's). Dependencies must have the digests of requirements.lock, wherever they come from.
set -eu
trap 'exit 130' INT # what is interrupted has not failed: nothing is said of wheels or a network
trap 'exit 143' TERM
umask 022 # what is installed is read by another user, however careful root's own umask is
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$here")
opt=/opt/mesibo-logwatch
etc=/etc/mesibo-logwatch
state=/var/lib/mesibo-logwatch
units=/usr/local/lib/systemd/system # an administrator's own units and drop-ins in /etc go before it, and stay theirs
share=/usr/local/share
unit=mesibo-logwatch.service
name=mesibo-logwatch
room=128 # MiB; measured: 88, and a little for pip

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n  try: %s\n' "$1" "$2" >&2
  exit 1
}

need_root() {
  [ "$(id -u)" = 0 ] || die "$1 changes the system, and this is user $(id -un)" "sudo make $1"
}

is_packaged() { [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ]; }

# Our unit would shadow that of the Debian package, whose upgrades would then have no effect.
need_no_package() {
  ! is_packaged ||
    die "the Debian package $name is installed" "apt-get remove $name, which keeps configuration and counters, then sudo make install"
}

is_new_enough() { [ "$("$1" -c 'import sys, venv, ensurepip; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]; }

# A Python of the system, or the one that is named
find_python() {
  if [ -n "${PYTHON:-}" ]; then
    is_new_enough "$PYTHON" || die "PYTHON=$PYTHON is not a Python 3.11 or newer with venv" "the path of one, or make without PYTHON="
    command -v "$PYTHON"
    return
  fi
  for python in /usr/bin/python3 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11 /usr/local/bin/python3; do
    is_new_enough "$python" || continue
    printf '%s\n' "$python"
    return
  done
  die "no Python 3.11 or newer with venv was found" \
    "apt-get install python3-venv, or dnf install python3.11; another one with make install PYTHON=/path/to/python3"
}

# The unit hides these directories from the service; its user cannot enter the first two anyway.
need_reachable() {
  base=$("$1" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))')
  case $base/ in
    /root/* | /home/* | /run/user/* | /tmp/*) die "the service cannot reach the Python in $base" "make install with one in /usr, /opt or /srv: PYTHON=/usr/bin/python3" ;;
  esac
}

# Pip's own words for a full disk are lost among what it says, and a venv has none
need_room() {
  above=$opt
  while [ ! -d "$above" ]; do above=$(dirname "$above"); done
  free=$(($(df -Pk "$above" | awk 'END {print $4}') / 1024))
  [ "$free" -ge "$room" ] ||
    die "$free MiB are free in $above, and a release takes up to $room" "make room there; if a release is installed, it runs on until then"
}

# Of a disk that became full meanwhile
need_room_still() {
  rm -rf "$release"
  need_room
}

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# Wheels of the locked packages and of this checkout, for machines without a network. A wheel with compiled code is for
# one version of Python; wheels for several go into the same directory, and each machine takes its own.
wheelhouse() {
  target=$1
  case ${PYTHON_VERSION:-} in
    '' | 3.1[1-9]* | 3.[2-9][0-9]*) ;;
    *) die "PYTHON_VERSION=$PYTHON_VERSION is not a version that this runs on: it needs 3.11 or newer" "make wheelhouse PYTHON_VERSION=3.12" ;;
  esac
  python=$(find_python)
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  TMPDIR=$scratch "$python" "$here/environment.py" "$scratch/build"
  pip="$scratch/build/bin/python -m pip --disable-pip-version-check"
  mkdir -p "$target"
  $pip download --quiet --require-hashes --only-binary :all: --requirement "$here/requirements.lock" --dest "$target" \
    ${PYTHON_VERSION:+--python-version "$PYTHON_VERSION"}
  $pip install --quiet --require-hashes --only-binary :all: --requirement "$here/build.lock"
  rm -f "$target"/mesibo_logwatch-*.whl
  $pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$target" "$checkout"
  rm -rf "$scratch"
  trap - EXIT
  [ -n "${PYTHON_VERSION:-}" ] || PYTHON_VERSION=$(version_of "$python")
  say "wheels for Python $PYTHON_VERSION on $(uname -m), and a libc as new as this host's, are in $target"
}

wheel_of() {
  for wheel in "$1"/mesibo_logwatch-*.whl; do
    [ -e "$wheel" ] && printf '%s' "$wheel" && return
  done
  return 1
}

# Whether a wheel has the files of this checkout: one that was built before an update would silently revert it.
is_of_checkout() {
  "$python" - "$1" "$checkout" 2>/dev/null <<'SAME'
import pathlib, sys, tomllib, zipfile
wheel, checkout = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])
settings = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
inside = {target: source for source, target in settings["force-include"].items()}
def place(name):
    above = next((target for target in inside if name == target or name.startswith(target + "/")), "")
    return checkout / (inside[above] + name[len(above):] if above else name)
there = {place(name): wheel.read(name) for name in wheel.namelist() if name.startswith("logwatch/")}
here = set(checkout.glob("logwatch/**/*.py")) | set(checkout.glob("grammars/*.py"))
sys.exit(bool(here - there.keys()) or any(not path.is_file() or path.read_bytes() != there[path] for path in there))
SAME
}

install_release() {
  python=$(find_python)
  need_reachable "$python"
  need_room
  wheels=${WHEELHOUSE:-$checkout/wheelhouse}
  temporary=
  release=
  trap 'rm -rf "$temporary" "$release"' EXIT
  if ! wheel_of "$wheels" >/dev/null; then
    [ -z "${WHEELHOUSE:-}" ] || die "$wheels holds no wheel of $name" "make wheelhouse, on a machine with a network"
    temporary=$(mktemp -d)
    wheels=$temporary
    say "no wheelhouse: downloading the locked packages"
    # In a process of its own: within `||`, a function would continue after a failed command
    PYTHON=${PYTHON:-} PYTHON_VERSION='' sh "$0" wheelhouse "$wheels" >/dev/null ||
      die "the packages cannot be downloaded" "make wheelhouse PYTHON_VERSION=$(version_of "$python") where there is a network, and copy wheelhouse/ here"
  fi
  is_of_checkout "$(wheel_of "$wheels")" ||
    die "the wheel of $name in $wheels is not of this checkout" "make wheelhouse again, on a machine with a network, or remove $wheels"
  mkdir -p "$opt/releases"
  release=$(mktemp -d "$opt/releases/$(date -u +%Y%m%dT%H%M%S).XXXXXX")
  chmod 0755 "$opt" "$opt/releases" "$release"
  TMPDIR=$release "$python" "$here/environment.py" "$release" || { # interrupted, it leaves what it has unpacked there
    need_room_still
    die "no environment can be made with $python" "fix what is named above, then make install again"
  }
  pip="$release/bin/python -m pip --disable-pip-version-check --no-input"
  offline='--quiet --no-index --no-cache-dir'
  # shellcheck disable=SC2086 # lists of arguments
  if ! $pip install $offline --find-links "$wheels" --require-hashes --only-binary :all: --requirement "$here/requirements.lock" ||
    ! $pip install $offline --no-deps "$(wheel_of "$wheels")"; then
    need_room_still
    version=$(version_of "$python")
    die "the wheels in $wheels do not fit Python $version on $(uname -m), or are not the locked ones" \
      "make wheelhouse PYTHON_VERSION=$version on a machine with a network, and copy wheelhouse/ here"
  fi
  sh "$here/accepts.sh" "$release/bin/$name" ||
    die "the new release refuses the configuration; the old one runs on" "fix what is named above, then make install again"
  rm -rf "$temporary"
  trap - EXIT
}

install_user_and_directories() {
  if command -v systemd-sysusers >/dev/null; then
    install -D -m 0644 "$here/$name.sysusers" "/etc/sysusers.d/$name.conf"
    systemd-sysusers "/etc/sysusers.d/$name.conf"
  else
    id "$name" >/dev/null 2>&1 || useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin "$name"
  fi
  install -d -m 0755 "$etc" "$etc/grammars"
  install -D -m 0644 "$here/$name.tmpfiles" "/etc/tmpfiles.d/$name.conf"
  install -d -m 0700 "$etc/secrets"
  if [ ! -e "$etc/logwatch.toml" ]; then
    install -m 0640 -g "$name" "$checkout/config/logwatch.example.toml" "$etc/logwatch.toml"
    say "$etc/logwatch.toml is new: set the paths of mesibo's logs in it"
  fi
}

# Docker's directory, the snap's, or its command; whether mesibo runs in it, only the operator knows
has_docker() { [ -d /var/lib/docker/containers ] || [ -d /var/snap/docker ] || command -v dockerd >/dev/null 2>&1; }
has_podman() { [ -n "$(find /var/lib/containers/storage -maxdepth 2 -name containers.json 2>/dev/null)" ] || command -v podman >/dev/null 2>&1; }
# The kubelet's directory, for any runtime, also with k3s, k0s and microk8s; only root can read its files
has_pods() { [ -d /var/log/pods ]; }
reads_journal() { grep -Eq '^[[:space:]]*(journal[[:space:]]*=|\[source\.journal\])' "$etc/logwatch.toml"; }

# Within the new release, which is removed if the old one takes its place again: there they are put back from
keep_units() {
  mkdir "$release/units-before"
  for each in "$units/$unit" "$units/$unit.d"; do
    [ ! -e "$each" ] || cp -a "$each" "$release/units-before/"
  done
}

put_units_back() {
  rm -f "$units/$unit.d/docker.conf" "$units/$unit.d/journal.conf"
  cp -a "$release/units-before/." "$units/"
  ! booted || systemctl daemon-reload || true
}

install_units() {
  install -D -m 0644 "$here/$unit" "$units/$unit"
  if has_docker || has_podman || has_pods; then
    install -D -m 0644 "$here/$unit.d/docker.conf" "$units/$unit.d/docker.conf"
    runtime=Kubernetes
    ! has_podman || runtime=Podman
    ! has_docker || runtime=Docker
    say "$runtime is here: the service may read its logs ($units/$unit.d/docker.conf; an empty file of that name in /etc/systemd/system/$unit.d undoes that)"
  else
    rm -f "$units/$unit.d/docker.conf"
  fi
  if reads_journal; then
    install -D -m 0644 "$here/$unit.d/journal.conf" "$units/$unit.d/journal.conf"
    say "a source is in the journal: the service is in the group systemd-journal ($units/$unit.d/journal.conf)"
  else
    rm -f "$units/$unit.d/journal.conf"
  fi
  [ ! -x /usr/sbin/restorecon ] || restorecon -R "$opt" "$etc" "$units" || true
  ! booted || systemctl daemon-reload
}

# Manual pages and shell completion of this release
install_pages() {
  pages=$release/pages
  "$opt/bin/$name" files "$pages" >/dev/null
  remove_pages
  for page in "$pages"/man/*.1; do
    install -D -m 0644 "$page" "$share/man/man1/${page##*/}"
  done
  install -D -m 0644 "$pages/completion/bash/$name" "$share/bash-completion/completions/$name"
  install -D -m 0644 "$pages/completion/zsh/_$name" "$share/zsh/site-functions/_$name"
  install -D -m 0644 "$pages/completion/fish/$name.fish" "$share/fish/vendor_completions.d/$name.fish"
  rm -rf "$pages"
}

remove_pages() {
  rm -f "$share/man/man1/$name.1" "$share/man/man1/$name"-*.1 "$share/bash-completion/completions/$name" \
    "$share/zsh/site-functions/_$name" "$share/fish/vendor_completions.d/$name.fish"
}

booted() { [ -d /run/systemd/system ]; }

# The symlink is replaced atomically; a running daemon keeps the files that it has
switch() {
  ln -sfn "$1" "$opt/bin.new"
  mv -T "$opt/bin.new" "$opt/bin"
  mkdir -p /usr/local/bin
  ln -sfn "$opt/bin/$name" "/usr/local/bin/$name"
}

# If the start fails, print what the service logged
restart() {
  since=$(date '+%Y-%m-%d %H:%M:%S')
  ! systemctl restart "$unit" || return 0
  journalctl --unit "$unit" --since "$since" --lines 30 --no-pager --output cat >&2 || true
  return 1
}

# As it was before: the new unit may ask of the old release what that does not know
take_back() {
  [ -n "$before" ] || return 0
  switch "$before"
  put_units_back
  rm -rf "$release"
}

start_or_go_back() {
  trap - EXIT # once the service is asked to start, an interruption leaves it to the new release
  ! restart || return 0
  if [ -n "$before" ]; then
    take_back
    old="the old one runs again"
    # A wrong configuration stops both; a ledger that the new one migrated before it failed stops the old one
    restart || old="nor does the old one, which is tried again every two seconds"
    die "the new release does not start; $old" "fix what is named above, then make install again"
  fi
  die "the service does not start, and is tried again every two seconds" "fix what is named above: it then starts by itself"
}

remove_old_releases() {
  for old in "$opt"/releases/*; do
    [ "$old" = "$release" ] || rm -rf "$old"
  done
}

do_install() {
  [ -z "${DESTDIR:-}" ] || die "DESTDIR=$DESTDIR is not supported: this installs on the running system" "make deb, and dpkg-deb --extract dist/*.deb $DESTDIR"
  need_root install
  need_no_package
  booted || say "systemd does not run here: installed for the next boot"
  install_release
  install_user_and_directories
  before=$(readlink "$opt/bin" 2>/dev/null || true)
  keep_units
  trap take_back EXIT
  switch "${release#"$opt/"}/bin"
  install_units
  # Also while an image is built: systemctl can enable a unit without a running systemd. A link that a package left is
  # replaced by one to this unit.
  ! command -v systemctl >/dev/null || systemctl reenable --quiet "$unit"
  ! booted || start_or_go_back
  trap - EXIT
  rm -rf "$release/units-before"
  remove_old_releases
  install_pages
  "$opt/bin/$name" --version
  "$opt/bin/$name" doctor --config "$etc/logwatch.toml" || say "doctor has findings, see above; run it again at any time"
}

do_uninstall() {
  need_root uninstall
  if is_packaged; then
    [ -e "$units/$unit" ] || die "the Debian package $name is installed, and nothing from a checkout" "apt-get remove $name"
    [ "${1:-}" != --purge ] || die "configuration and counters are also those of the Debian package $name" "make uninstall without PURGE=1"
  fi
  if command -v systemctl >/dev/null; then
    systemctl disable --now --quiet "$unit" 2>/dev/null || systemctl disable --quiet "$unit" 2>/dev/null || true
  fi
  # A package that was removed, and not purged, would take the service for disabled by hand when it is installed again
  is_packaged || DPKG_MAINTSCRIPT_PACKAGE=$name deb-systemd-helper purge "$unit" 2>/dev/null || true
  rm -f "$units/$unit" "$units/$unit.d/docker.conf" "$units/$unit.d/journal.conf" "/usr/local/bin/$name" "/etc/tmpfiles.d/$name.conf" "/etc/sysusers.d/$name.conf"
  rmdir "$units/$unit.d" 2>/dev/null || true
  remove_pages
  rm -rf "$opt"
  if booted; then
    systemctl daemon-reload
    systemctl reset-failed "$unit" 2>/dev/null || true
  fi
  if [ "${1:-}" = --purge ]; then
    rm -rf "$etc" "$state"
    ! id "$name" >/dev/null 2>&1 || userdel "$name"
    # Which userdel leaves if it is not the user's own; it is also left while it is another user's own
    ! getent group "$name" >/dev/null || groupdel "$name" || true
    say "removed, with configuration, counters and user"
  else
    say "removed; $etc, $state and their user are kept (make uninstall PURGE=1 removes them too)"
  fi
}

case ${1:-} in
  install) do_install ;;
  uninstall) do_uninstall "${2:-}" ;;
  wheelhouse) wheelhouse "${2:-$checkout/wheelhouse}" ;;
  *) die "usage: $0 install | uninstall [--purge] | wheelhouse [DIRECTORY]" "make install" ;;
esac
