#!/bin/sh
# Runs every fuzzer of a build for some seconds, each on a copy of its seeds.
# usage: tests/fuzz/run.sh SECONDS BUILD_DIR
set -u
if [ $# -ne 2 ]; then
    echo "usage: $0 SECONDS BUILD_DIR (CC=clang meson setup -Dfuzzers=true BUILD_DIR)" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

for fuzzer in "$2"/tests/fuzz/*_fuzz; do
    [ -x "$fuzzer" ] || continue
    name=$(basename "$fuzzer" _fuzz)
    mkdir -p "$work/$name"
    if [ -d "$here/corpus/$name" ]; then
        cp "$here/corpus/$name"/* "$work/$name/"
    fi
    if "$fuzzer" -max_total_time="$1" -max_len=4096 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$work/$name-" "$work/$name" >"$work/$name.log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log") runs"
        passed=$((passed + 1))
    else
        echo "$name: FAILED"
        tail -n 40 "$work/$name.log"
        for input in "$work/$name"-*; do
            [ -f "$input" ] && echo "$(basename "$input"): $(base64 -w 0 "$input")"
        done
        failed=$((failed + 1))
    fi
done

if [ $((passed + failed)) -eq 0 ]; then
    echo "no fuzzers in $2: CC=clang meson setup -Dfuzzers=true BUILD_DIR" >&2
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
