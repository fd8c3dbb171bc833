#!/bin/sh
# Sends a real recording over real multicast on this machine, plays it, and judges what arrived.
# Usage: tests/demo.sh BUILD_DIR [RECORDING]; results are in BUILD_DIR/demo. Ends with 0 when every
# sample arrived.
set -eu

build=${1:?usage: tests/demo.sh BUILD_DIR [RECORDING]}
# "Em9" on a guitar by Sub-d, 10 s, stereo, CC0; package sonic-pi-samples.
recording=${2:-/usr/share/sonic-pi/samples/guit_em9.flac}
here=$(dirname "$0")

for tool in sox gnuplot python3; do
    command -v $tool >/dev/null || {
        echo "demo: $tool is missing: run packaging/install-dependencies.sh demo" >&2
        exit 1
    }
done
[ -r "$recording" ] || {
    echo "demo: $recording is missing: run packaging/install-dependencies.sh demo," >&2
    echo "      or name a recording of your own: tests/demo.sh $build FILE" >&2
    exit 1
}
[ -x "$build/scream" ] || {
    echo "demo: there is no program in $build: run make first" >&2
    exit 1
}
mkdir -p "$build/demo"
rm -f "$build/demo"/*
sox -D "$recording" -b 16 -c 2 "$build/demo/sent.wav"
exec python3 -B "$here/demo_run.py" "$build" "$recording"
