#!/bin/sh
# The examples of the language reference, grammar/README.md: each ```snn fence is a file that compiles
# without a message; each ```snn fragment fence is lines of a model, which are put into one.
#
#     tests/reference.sh               SNNC=path: another compiler than build/snnc

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

# One file an example, named after the line where it starts.
awk '/^```snn fragment$/ { name = sprintf("line%03d.fragment", NR); next }
     /^```snn$/          { name = sprintf("line%03d.snn", NR); next }
     /^```/              { name = ""; next }
     name != ""          { print > name }' "$root/grammar/README.md"

# The fragment with what every model needs and it does not have itself.
wrap() {
    echo 'model fragment {'
    grep -q '^data ' "$1" || echo '    data idx'
    grep -q '^time ' "$1" || echo '    time 25 steps of 1 ms'
    cat "$1"
    echo '    result = image -> dense(10) -> lif()'
    echo '    predict argmax(rate(result))'
    echo '}'
}

# Of a fragment nothing reads the streams: no warnings.
for fragment in *.fragment; do
    [ -f "$fragment" ] && wrap "$fragment" > "${fragment%.fragment}.snn"
done
for file in *.snn; do
    silence=
    [ -f "${file%.snn}.fragment" ] && silence=-w
    if "$snnc" $silence "$file" -o /dev/null > messages 2>&1 && [ ! -s messages ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat messages >&2
        echo "reference: the example of grammar/README.md at ${file%.snn} does not compile" >&2
    fi
done

echo "reference: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
