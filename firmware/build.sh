#!/bin/sh
# Builds the example for a Cortex-M3 and says how big it is. Ends with "N passed, N failed".
# usage: firmware/build.sh [OUTPUT.elf]
set -u
cd "$(dirname "$0")/.." || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
image=${1:-$work/loudspeaker.elf}

if ! command -v arm-none-eabi-gcc >/dev/null; then
    echo "SKIP firmware: no arm-none-eabi-gcc (Debian packages gcc-arm-none-eabi, libnewlib-arm-none-eabi)"
    echo "0 passed, 0 failed"
    exit 0
fi
if arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -std=c11 -Os -ffreestanding -ffunction-sections \
    -fdata-sections -Werror -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -I. \
    firmware/board_example.c firmware/frame.c firmware/loudspeaker.c core/*.c \
    -nostartfiles -specs=nano.specs -Wl,--gc-sections -T firmware/board_example.ld -o "$image" &&
    arm-none-eabi-size "$image"; then
    echo "1 passed, 0 failed"
else
    echo "0 passed, 1 failed"
    exit 1
fi
