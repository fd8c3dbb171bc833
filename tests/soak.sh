#!/bin/sh
# What takes too long for every change: a day of each simulated case of timing, each fuzzer for
# SOAK_SECONDS (600), then the tests of exact and of hostile packets again and again for as long,
# with the sanitized program.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${SOAK_SECONDS:-600}
python=${PYTHON:-python3}
passed=0
failed=0

build() {
    dir=$1
    shift
    [ -f "$dir/build.ninja" ] ||
        CC=clang meson setup "$dir" -Db_sanitize=address,undefined -Db_lundef=false "$@" || exit 1
    ninja -C "$dir" || exit 1
}

count() {
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

[ -f build-gcc/build.ninja ] || CC=gcc meson setup build-gcc || exit 1
ninja -C build-gcc || exit 1
count build-gcc/tests/simulation/timing_test day -v
build build-fuzz -Dfuzzers=true
build build-sanitized
count sh tests/fuzz/run.sh "$seconds" build-fuzz
end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt "$end" ]; do
    for test in exact hostile; do
        count env SCREAM=build-sanitized/scream "$python" -B "tests/e2e/${test}_test.py"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
