#!/bin/sh
# Installs what is missing of the packages for a purpose (build, demo, check, bench), as the table
# `dependencies` beside it says. Does nothing, and needs no root, when nothing is missing.
# Usage: packaging/install-dependencies.sh PURPOSE...
table=$(dirname "$0")/dependencies

# The table's rows for a purpose and all that it needs: "WHAT | PACKAGES".
rows() {
    sed -e '/^#/d' -e '/^ *$/d' "$table" | while IFS='|' read -r purpose what packages; do
        [ "$(echo $purpose)" = "$1" ] || continue
        if [ "$(echo $what)" = needs ]; then
            for other in $packages; do rows "$other"; done
        else
            echo "$(echo $what) | $(echo $packages)"
        fi
    done
}

[ $# -gt 0 ] || set -- --help
for purpose in "$@"; do
    [ -n "$(rows "$purpose")" ] && continue
    echo "usage: $0 PURPOSE..., of:" $(sed -n 's/^\([a-z]*\) *|.*/\1/p' "$table" | uniq) >&2
    exit 2
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "Only Debian's packages are known by name here. Please install, for $*:" >&2
    for purpose in "$@"; do rows "$purpose"; done | sort -u |
        sed 's/\(.*\) | \(.*\)/  \1 (Debian: \2)/' >&2
    echo "Then go on with DEPENDENCIES=: behind the same make command." >&2
    exit 1
fi

missing=
for package in $(for purpose in "$@"; do rows "$purpose"; done | sed 's/.*| //'); do
    case " $missing " in *" $package "*) continue ;; esac
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

run=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Please install as root: apt-get install$missing" >&2
        exit 1
    fi
    run=sudo
fi
echo "installing:$missing"
$run apt-get -q update &&
    $run env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing
status=$?
[ $status -eq 0 ] || echo "apt-get could not install:$missing" >&2
exit $status
