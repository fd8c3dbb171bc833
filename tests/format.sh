#!/bin/sh
# Checks that every tracked C file is as clang-format wants it, and that every text file keeps the
# basics of .editorconfig. Without git (a tarball) it looks at all files.
cd "$(dirname "$0")/.." || exit 1

list=$(mktemp) && said=$(mktemp) || exit 1
trap 'rm -f "$list" "$said"' EXIT
if git rev-parse --is-inside-work-tree >"$said" 2>&1; then
    git ls-files --cached --others --exclude-standard | sort -u
else
    find . -type f -not -path './build*' -not -path './.git/*' | cut -c3- | sort
fi >"$list"

passed=0
failed=0
count() { # RESULT TEXT
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$2"
    fi
}

formatter=$(command -v clang-format-14 || command -v clang-format)
if [ -n "$formatter" ]; then
    while read -r file; do
        case $file in
        *.c | *.h)
            [ -f "$file" ] || continue
            "$formatter" --dry-run -Werror "$file" >"$said" 2>&1
            count $? "$file: clang-format: $(grep -m 3 -F "$file" "$said" | cut -d: -f2- | tr '\n' ' ')"
            ;;
        esac
    done <"$list"
else
    echo "SKIP: no clang-format"
fi

tab=$(printf '\t')
while read -r file; do
    [ -s "$file" ] || continue
    case $file in
    *.pcap | *.wav | *.png | tests/fuzz/corpus/*) continue ;;
    esac
    blanks=$(grep -c "[ $tab]\$" "$file")
    [ "$blanks" -eq 0 ]
    count $? "$file: $blanks lines end with blanks"
    [ -z "$(tail -c 1 "$file")" ]
    count $? "$file: the last line has no end"
    case $file in
    Makefile | *.mk | *.inf | *.INF | *.tsv | *.1 | debian/rules | packaging/debian/rules | LICENSE*) ;;
    *)
        tabs=$(grep -c "$tab" "$file")
        [ "$tabs" -eq 0 ]
        count $? "$file: $tabs lines with tabs"
        ;;
    esac
    case $file in
    *.inf | *.INF) ;;
    *)
        ends=$(grep -c "$(printf '\r')\$" "$file")
        [ "$ends" -eq 0 ]
        count $? "$file: $ends lines end with CR LF"
        ;;
    esac
done <"$list"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
