#!/bin/sh
# Builds mesibo-logwatch_VERSION_ARCH.deb into the directory that is given (dist/): one package for Debian 12 and 13 and
# Ubuntu 24.04 and 26.04, with the locked Python packages inside. Those with compiled code are taken for each Python of
# theirs; the names of extension modules hold the version, so that they lie side by side.
# In: PYTHON (3.11 or newer, with pip; the build needs it, the package takes the system's). Needs debhelper and a network.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$(dirname "$here")")
out=${1:-$checkout/dist}
python=${PYTHON:-python3}
versions="3.11 3.12 3.13 3.14"
name=mesibo-logwatch
command -v dh >/dev/null || {
  printf 'error: debhelper is not installed\n  try: apt-get install debhelper fakeroot\n' >&2
  exit 1
}

echo "building $name: what it needs is fetched for Python $versions, which takes a minute or more ..." >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT # Debian's shell runs nothing at its end without this, and goes on after a trap that does not exit
trap 'exit 143' TERM
TMPDIR=$work "$python" "$checkout/systemd/environment.py" "$work/venv"
pip="$work/venv/bin/python -m pip --disable-pip-version-check --quiet"
$pip install --require-hashes --only-binary :all: --requirement "$checkout/systemd/build.lock"
$pip wheel --no-deps --no-build-isolation --wheel-dir "$work/wheel" "$checkout"
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$checkout/logwatch/__init__.py")
# What is built from the same commit is the same, whenever that is
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$checkout" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

build=$work/$name
stage=$build/stage
site=$stage/usr/lib/$name
mkdir -p "$site"
for each in $versions; do
  $pip install --target "$work/site-$each" --no-deps --no-compile --only-binary :all: --require-hashes \
    --implementation cp --python-version "$each" --requirement "$checkout/systemd/requirements.lock"
  cp -a -n "$work/site-$each/." "$site/" || true # what is there is the same file of another version's turn
done
$pip install --target "$work/site" --no-deps --no-compile "$work"/wheel/*.whl
cp -a "$work/site/." "$site/"
rm -rf "$site/bin"
grep -rlZ --include='*.py' '^#!' "$site" | xargs -0 -r sed -i '1{/^#!/d}' # nothing in there is a program
find "$site" -type d \( -name tests -o -name test -o -name __pycache__ \) -prune -exec rm -rf {} +

PYTHONPATH=$site "$work/venv/bin/python" -B -m logwatch files "$work/files" >/dev/null
share=$stage/usr/share
mkdir -p "$stage/usr/bin" "$share/$name/systemd" "$share/man/man1" "$share/bash-completion/completions" \
  "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
cp "$work"/files/man/*.1 "$share/man/man1/"
cp "$work/files/completion/bash/$name" "$share/bash-completion/completions/"
cp "$work/files/completion/zsh/_$name" "$share/zsh/vendor-completions/"
cp "$work/files/completion/fish/$name.fish" "$share/fish/vendor_completions.d/"
for each in prometheus alertmanager grafana fleet runbooks; do cp -a "$work/files/$each" "$share/$name/"; done
cp "$here/../monitoring.sh" "$share/$name/"
# No conffile, which each change of the example would ask every operator about: postinst copies it where there is none
cp "$work/files/logwatch.example.toml" "$share/$name/"
cp "$checkout/systemd/$name.service.d/docker.conf" "$checkout/systemd/$name.service.d/journal.conf" \
  "$checkout/systemd/accepts.sh" "$share/$name/systemd/"
mkdir "$share/$name/docs"
cp -a "$checkout"/docs/*.md "$checkout/docs/decisions" "$share/$name/docs/"
ln -s ../runbooks "$share/$name/docs/runbooks"
cat >"$stage/usr/bin/$name" <<PROGRAM
#!/usr/bin/python3 -I
"""Start mesibo-logwatch with the packages that came with it, and no others."""
import sys

sys.path.insert(0, "/usr/lib/$name")
from logwatch.cli import main

main()
PROGRAM
chmod 0755 "$stage/usr/bin/$name"

cp -a "$here/debian" "$build/debian"
sed "s|/opt/$name/bin/$name|/usr/bin/$name|" "$checkout/systemd/$name.service" >"$build/debian/$name.service"
cp "$checkout/systemd/$name.sysusers" "$build/debian/$name.sysusers"
cp "$checkout/systemd/$name.tmpfiles" "$build/debian/$name.tmpfiles"
cat >"$build/debian/changelog" <<CHANGES
$name ($version-1) stable; urgency=medium

  * See /usr/share/doc/$name/changelog.gz.

 -- mesibo-logwatch developers <maintainers@mesibo-logwatch.invalid>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGES
cp "$checkout/CHANGELOG.md" "$checkout/README.md" "$build/"
printf 'README.md\n' >"$build/debian/$name.docs"
# Nothing is compiled, so that no compiler is needed, as build-essential would have it
(cd "$build" && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >"$work/log" 2>&1) || {
  tail -40 "$work/log" >&2
  exit 1
}
mkdir -p "$out"
cp "$work/$name"_*.deb "$out/"
printf '%s\n' "$out/$(basename "$work/$name"_*.deb)"
