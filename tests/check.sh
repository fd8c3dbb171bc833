#!/bin/sh
# Every test that needs no more than this machine. Each step's last line says how many passed and
# failed; the last line of all is their sum.
set -u
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-python3}
logs=build-check
mkdir -p "$logs"
passed=0
failed=0

# step NAME COMMAND...: runs it, shows what was skipped and, where something failed, the end of what
# it printed; counts by its "N passed, N failed" lines, else itself as one.
step() {
    name=$1
    shift
    log=$logs/$name.log
    begun=$(date +%s)
    "$@" >"$log" 2>&1
    code=$?
    [ "$code" -ne 77 ] || code=0 # all of it was skipped
    step_passed=$(awk '/^[0-9]+ passed, [0-9]+ failed/ { n += $1 } END { print n + 0 }' "$log")
    step_failed=$(awk '/^[0-9]+ passed, [0-9]+ failed/ { n += $3 } END { print n + 0 }' "$log")
    if [ "$code" -ne 0 ] && [ "$step_failed" -eq 0 ]; then
        step_failed=1
    elif [ "$code" -eq 0 ] && ! grep -qE '^[0-9]+ passed, [0-9]+ failed' "$log"; then
        step_passed=1
    fi
    passed=$((passed + step_passed))
    failed=$((failed + step_failed))
    printf '%-24s %7d passed %4d failed %5d s\n' "$name" "$step_passed" "$step_failed" \
        $(($(date +%s) - begun))
    grep '^SKIP' "$log" | sort -u
    if [ "$step_failed" -ne 0 ]; then
        grep '^FAIL' "$log" | head -n 20
        echo "--- the end of $log"
        tail -n 30 "$log"
    fi
}

# build DIR COMPILER OPTION...: every warning is an error here.
build() {
    dir=$1
    compiler=$2
    shift 2
    [ -f "$dir/build.ninja" ] || CC=$compiler meson setup "$dir" -Dwerror=true "$@" || return 1
    ninja -C "$dir"
}

# unit DIR: what the tests themselves counted stands in Meson's log.
unit() {
    meson test -C "$1" --no-rebuild --no-suite e2e --print-errorlogs -q
    code=$?
    grep -hE '^[0-9]+ passed, [0-9]+ failed|^SKIP' "$1/meson-logs/testlog.txt"
    return $code
}

# end_to_end DIR PREFIX: all of them with the program built there.
end_to_end() {
    for test in tests/e2e/*_test.py; do
        step "$2$(basename "$test" _test.py)" env SCREAM="$1/scream" "$python" "$test"
    done
}

sanitize="-Db_sanitize=address,undefined -Db_lundef=false"
# A leak counts too; the first undefined behaviour ends the program.
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:exitcode=99

step format sh tests/format.sh
step layering "$python" tests/layering.py
step manual-pages mandoc -T lint -W warning docs/man/*.1
step build-gcc build build-gcc gcc
step unit-gcc unit build-gcc
step build-clang build build-clang clang
step unit-clang unit build-clang
# shellcheck disable=SC2086
step build-sanitized build build-sanitized clang $sanitize
step unit-sanitized unit build-sanitized
step core-everywhere sh tests/core_everywhere.sh
step firmware sh firmware/build.sh
tail -n 3 "$logs/firmware.log"
step vectors "$python" tests/vectors_test.py
# shellcheck disable=SC2086
step build-fuzzers build build-fuzz clang -Dfuzzers=true $sanitize
step instructions env BENCH=build-gcc/bench SCREAM=build-gcc/scream "$python" -B \
    bench/receive.py instructions
step fuzz sh tests/fuzz/run.sh 5 build-fuzz
end_to_end build-gcc e2e-
end_to_end build-sanitized sanitized-

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
