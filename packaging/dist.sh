#!/bin/sh
# Makes BUILD_DIR/dist/scream-VERSION.tar.gz of the last commit. Its bytes depend on the commit
# alone: names, order and modes come from it, every time is its time, and gzip adds none.
# Usage: packaging/dist.sh BUILD_DIR
set -eu

build=${1:?usage: packaging/dist.sh BUILD_DIR}
mkdir -p "$build/dist"
dist=$(cd "$build/dist" && pwd)
cd "$(dirname "$0")/.."

if ! [ -e .git ] || ! git rev-parse --verify -q HEAD >/dev/null; then
    echo "dist: this is no git repository with a commit in it, which a tarball is made of" >&2
    exit 1
fi
[ -z "$(git status --porcelain)" ] ||
    echo "dist: what is not committed is not in the tarball" >&2
version=$(git show HEAD:meson.build | sed -n "s/^  version: '\(.*\)',$/\1/p")
tarball=$dist/scream-$version.tar.gz
umask 022
git -c tar.umask=0022 -c core.autocrlf=false archive --format=tar --prefix="scream-$version/" HEAD \
    >"$tarball.part"
gzip -9n <"$tarball.part" >"$tarball"
rm "$tarball.part"
(cd "$dist" && sha256sum "$(basename "$tarball")")
