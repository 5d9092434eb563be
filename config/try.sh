#!/bin/sh
# Runs the daemon without an installation: on the log named by LOG, or on one that a simulated mesibo writes, with a day
# of history in which Google failed for a while.
# In: BIN (directory of the commands), LOG (optional), LISTEN (optional: else the usual port, or a free one). Out: nothing
# stays behind, but for the positions of a LOG, which are kept in .run/ so that the next run goes on where this one ended.
set -eu
listen=$("$BIN/python" -m config.demo.address)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mesibo-logwatch.XXXXXX")
simulator=
finish() {
  trap - EXIT INT TERM
  [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 0' INT TERM

if [ -n "${LOG:-}" ]; then
  case $LOG in /*) log=$LOG ;; *) log=$PWD/$LOG ;; esac
  # of each log its own: the counts of one say nothing of another
  state=$PWD/.run/state-$(printf '%s' "$log" | cksum | cut -d ' ' -f 1)
  [ -e "$log" ] || echo "$log is not there yet: the daemon waits for it. Is that its name?" >&2
else
  log=$scratch/mesibo.log
  state=$scratch/state
  mkfifo "$scratch/told"
  "$BIN/mesibo-logwatch" simulate --output "$log" --history 24h --daily --rate 4 --seconds 0 --failures 0.03 \
    --hostile 0 --outage fcm/503/UNAVAILABLE:-30000:1800 2>"$scratch/told" &
  simulator=$!
  echo "A simulated mesibo writes $log: the last 24 hours first, which takes some seconds. make demo shows an incident."
  # A daemon that saw half of them would tell of hours without a push: it begins when they are there
  exec 3<"$scratch/told"
  read -r _ <&3 || { echo "The simulated mesibo ended before that." >&2; exit 1; }
fi

# A TOML basic string: backslashes and quotes in the path are escaped
quoted=$(printf '%s' "$log" | sed 's/[\\"]/\\&/g')
cat >"$scratch/logwatch.toml" <<TOML
[[source]]
name = "mesibo"
paths = ["$quoted"]
[state]
directory = "$(printf '%s' "$state" | sed 's/[\\"]/\\&/g')"
[web]
listen = "$listen"
TOML
echo "Following $log. Look at http://$listen/ and http://$listen/metrics; stop with Ctrl-C."
"$BIN/mesibo-logwatch" run --config "$scratch/logwatch.toml" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null; wait "$daemon" || true; exit 0' INT TERM
wait "$daemon"
