#!/bin/sh
# Makes everything that a release consists of, from the tag that is checked out, in dist/: the Debian package, wheel, sdist,
# an SBOM of what is inside (CycloneDX), the changelog's section, and checksums of all of them.
# In: PYTHON. Needs a network. Nothing is uploaded.
set -eu
umask 022
checkout=$(cd "$(dirname "$0")/.." && pwd)
cd "$checkout"
python=${PYTHON:-python3}
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' logwatch/__init__.py)
die() {
  printf 'error: %s\n  try: %s\n' "$1" "$2" >&2
  exit 1
}
[ "$(git describe --exact-match --tags 2>/dev/null)" = "v$version" ] ||
  die "the tag v$version is not what is checked out" "git tag v$version, or git checkout v$version"
[ -z "$(git status --porcelain)" ] || die "there are uncommitted changes" "git status"
notes=$(sed -n "/^## $version\b/,/^## /p" CHANGELOG.md | sed '/^## /d')
[ -n "$notes" ] || die "CHANGELOG.md has no section $version" "rename the section Unreleased"

rm -rf dist
mkdir dist
printf '%s\n' "$notes" >dist/RELEASE_NOTES.md
PYTHON=$python sh packaging/deb/build.sh dist
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
trap 'exit 130' INT # Debian's shell runs nothing at its end without this, and goes on after a trap that does not exit
trap 'exit 143' TERM
"$python" systemd/environment.py "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check build cyclonedx-bom
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "$tools/bin/python" -m build --outdir dist . >/dev/null
"$tools/bin/cyclonedx-py" requirements systemd/requirements.lock --output-reproducible \
  --pyproject pyproject.toml --output-file "dist/mesibo-logwatch-$version.cdx.json"
(cd dist && sha256sum -- * >SHA256SUMS)
ls -l dist
