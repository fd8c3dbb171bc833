#!/bin/sh
# core/ with nothing but a compiler: freestanding, without a warning, for every kind of machine it
# serves; and its unit tests on a big-endian one.
set -u
cd "$(dirname "$0")/.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

warnings="-std=c11 -Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wundef -Wvla -Wfloat-equal
    -Wdouble-promotion"
tests="chanmap driver_options format golden ipv4 packetizer shm silence spsc wire"

count() { # NAME COMMAND...: one check
    what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $what"
        tail -n 20 "$work/log"
    fi
}

found() { # TOOL PACKAGE WHAT
    command -v "$1" >/dev/null && return
    echo "SKIP $3: no $1 (Debian package $2)"
    return 1
}

compile() { # NAME COMPILER ARGUMENTS...: every file of core/, and what they call
    machine=$1
    shift
    for source in core/*.c; do
        # shellcheck disable=SC2086
        count "$machine $source" "$@" -ffreestanding -O2 $warnings -I. -c "$source" \
            -o "$work/$machine-$(basename "$source" .c).o"
    done
    # A freestanding compiler may call these four, and its own helpers (__aeabi_uldivmod); core may
    # call itself. Anything else is a library that a driver or a board lacks.
    nm="nm"
    command -v "${1%gcc}nm" >/dev/null && nm=${1%gcc}nm
    undefined=$("$nm" -g "$work/$machine"-*.o | awk '
        NF == 2 && $1 == "U" { used[$NF] } NF == 3 { defined[$3] }
        END { for (name in used) if (!(name in defined) && name !~ /^(mem(cpy|set|move|cmp)|__.*)$/)
            print name }')
    count "$machine calls nothing outside ($undefined)" test -z "$undefined"
}

found gcc gcc "host gcc" && compile gcc gcc
found clang clang "host clang" && compile clang clang
found x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 "Windows x64" &&
    compile windows x86_64-w64-mingw32-gcc
found arm-none-eabi-gcc gcc-arm-none-eabi "Cortex-M3" &&
    compile cortex-m3 arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb
found s390x-linux-gnu-gcc gcc-s390x-linux-gnu "s390x" && compile s390x s390x-linux-gnu-gcc

if found s390x-linux-gnu-gcc "gcc-s390x-linux-gnu, libc6-dev-s390x-cross" "unit tests on s390x"; then
    for name in $tests; do
        # shellcheck disable=SC2086
        count "s390x builds $name" s390x-linux-gnu-gcc -O1 $warnings -Wno-float-equal -D_GNU_SOURCE \
            -I. "tests/unit/${name}_test.c" core/*.c -static -pthread -o "$work/${name}_test"
    done
    if found qemu-s390x qemu-user "unit tests on s390x"; then
        for name in $tests; do
            count "s390x runs $name" qemu-s390x "$work/${name}_test"
        done
    fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
