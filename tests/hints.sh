#!/bin/sh
# Hints: whoever writes what a hint says gets a model that compiles.
#
#     tests/hints.sh       SNNC=path: another compiler than build/snnc
#
# A line of tests/hints/NAME.snn that is wrong ends in `#> ` and what to write instead (a `|` is a line end). With these
# lines the model compiles without a message; with any one as it was, there is an error. Where that says
# "write `CODE`", "use `CODE`" or "did you mean `CODE`", CODE is in what is written instead; `...` and `x` stand for
# anything.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
cd "$root/tests/hints" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

fail() {
    echo "hints: $1" >&2
    cat "$work/messages" >&2
    failed=$((failed + 1))
}

# model FILE LINE: the file, with this line as it is, and the others as they should be
model() {
    awk -v line="$2" '
        NR != line && (at = index($0, " #> ")) { $0 = substr($0, at + 4); gsub(/\|/, "\n") }
        { sub(/ #> .*/, ""); print }' "$1"
}

# follows: whether the first error advises what is written instead, on standard input
follows() {
    awk '
        NR == FNR { instead = instead $0; next }
        /: (error|note|warning): / { parts++ }
        parts == 1 { said = said $0 }
        END {
            fine = parts > 0
            while (match(said, /(write|use|did you mean) `[^`]*`/)) {
                code = substr(said, RSTART, RLENGTH)
                said = substr(said, RSTART + RLENGTH)
                gsub(/^[^`]*`|`$/, "", code)
                gsub(/[][\\.^$*+?(){}|]/, "\\\\&", code)
                gsub(/\\\.\\\.\\\.|x/, ".*", code)
                fine = fine && instead ~ code
            }
            exit !fine
        }' - "$work/messages"
}

for file in *.snn; do
    model "$file" 0 > "$work/$file"
    if "$snnc" -w "$work/$file" -o /dev/null > /dev/null 2> "$work/messages" && [ ! -s "$work/messages" ]; then
        passed=$((passed + 1))
    else
        fail "$file: what the hints say does not compile"
    fi
    for line in $(grep -n ' #> ' "$file" | cut -d: -f1); do
        model "$file" "$line" > "$work/$file"
        "$snnc" -w "$work/$file" -o /dev/null > /dev/null 2> "$work/messages"
        if sed -n "$line"'s/^.* #> //p' "$file" | follows; then
            passed=$((passed + 1))
        else
            fail "$file:$line: no error, or one with other advice"
        fi
    done
done

echo "hints: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
