#!/bin/sh
# Runs the benchmarks with the program of a build directory and prints a table; a figure that misses
# its limit makes the exit code 1. Numbers of a debug build mean little.
# Usage: bench/run.sh [BUILD_DIR]
set -e
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-$root/build}" && pwd)
meson compile -C "$build" bench >/dev/null
export SCREAM="${SCREAM:-$build/scream}" BENCH="$build/bench"
status=0
for step in receive conceal; do
    python3 -B "$root/bench/$step.py" || status=1
done
"$BENCH/resample" || status=1
exit $status
