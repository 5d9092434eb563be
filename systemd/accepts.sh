#!/bin/sh
# Ask a release whether it accepts the configuration, before a restart ends the daemon that runs: PROGRAM.
# Exit 0 if it does, or if no daemon runs; 1 if not, with what is wrong on standard error.
set -eu
unit=mesibo-logwatch.service
pid=$(systemctl show --property MainPID --value "$unit" 2>/dev/null || true)
status=$(cat "/proc/${pid:-0}/status" 2>/dev/null) || exit 0
field() { printf '%s\n' "$status" | awk -v name="$1:" '$1 == name {$1 = ""; print}'; }

# With the rights that the daemon has by its unit and all drop-ins: root's would find other files readable, and others safe
user=$(field Uid | awk '{print $2}')
group=$(field Gid | awk '{print $2}')
groups=$group$(field Groups | awk '{for (i = 1; i <= NF; i++) printf ",%s", $i}')
reads_all=
[ "$(field CapAmb | tr -d ' 0')" != 4 ] || reads_all='--inh-caps=+dac_read_search --ambient-caps=+dac_read_search'
cd /
export CREDENTIALS_DIRECTORY="/run/credentials/$unit" PYTHONUTF8=1
# shellcheck disable=SC2086 # a list of arguments, or nothing
said=$(setpriv --reuid="$user" --regid="$group" --groups="$groups" $reads_all \
  "$1" check --config /etc/mesibo-logwatch/logwatch.toml 2>&1 >/dev/null) || {
  printf '%s\n' "$said" >&2
  exit 1
}
