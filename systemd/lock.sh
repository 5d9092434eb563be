#!/bin/sh
# Writes requirements.lock and build.lock: exact versions with digests, and no word on where they are downloaded.
# In: the uv to use. pyproject.toml says what is needed.
set -eu
cd "$(dirname "$0")/.."
lock() {
  # shellcheck disable=SC2086  the last one is a list of arguments
  { printf '# %s Made by make lock.\n' "$2" && "$uv" pip compile --quiet --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-header --no-annotate "$3" $4; } >"systemd/$1.new"
  mv "systemd/$1.new" "systemd/$1"
}
uv=$1
scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
echo 'hatchling>=1.26' >"$scratch"
lock requirements.lock 'What the service runs on: exact versions, and the digests of the files they may come in.' pyproject.toml \
  '--extra credentials --extra push'
lock build.lock 'What builds the wheel of the service, held in the same way.' "$scratch" ''
