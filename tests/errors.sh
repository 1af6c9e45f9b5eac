#!/bin/sh
# The rules of the compiler: each row of compiler/rules.def has a pair in tests/errors, RULE.bad.snn with the
# exact messages in RULE.bad.err (more of them: RULE.2.bad.snn ...) and RULE.ok.snn, which compiles silently.
# Of a warning the first is RULE.warn.snn, which compiles.
#
#     tests/errors.sh [--update]       SNNC=path: another compiler than build/snnc
# --update rewrites the .err files; read the difference before you keep it.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
update=no
[ "$1" = --update ] && update=yes
cd "$root/tests/errors" || exit 1
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT
passed=0 failed=0

fail() {
    echo "errors: $*" >&2
    failed=$((failed + 1))
}

if [ ! -x "$snnc" ]; then
    echo "errors: there is no $snnc: run make" >&2
    exit 1
fi

bad() {
    expected=${1%.snn}.err
    "$snnc" "$1" -o /dev/null > /dev/null 2> "$found"
    status=$?
    [ $update = yes ] && cp "$found" "$expected"
    name=${1%%.*}
    if [ $status -ne 1 ]; then
        fail "$1: exit status $status, expected 1"
    elif ! grep -qF "[$name]" "$found"; then
        fail "$1: no message of the rule $name"
    elif ! diff -u "$expected" "$found" >&2; then
        fail "$1: other messages than in $expected"
    else
        passed=$((passed + 1))
    fi
}

# Models that show an error's absence may well leave streams unused.
ok() {
    silence=
    echo "$warnings" | grep -qxF "${1%%.*}" || silence=-w
    "$snnc" $silence "$1" -o /dev/null > /dev/null 2> "$found"
    status=$?
    if [ $status -ne 0 ] || [ -s "$found" ]; then
        cat "$found" >&2
        fail "$1: exit status $status, expected 0 and no message"
    else
        passed=$((passed + 1))
    fi
}

# warns FILE: compiled, with exactly these warnings; an error with --strict, nothing with -w
warns() {
    expected=${1%.snn}.err
    "$snnc" "$1" -o /dev/null > /dev/null 2> "$found"
    status=$?
    [ $update = yes ] && cp "$found" "$expected"
    if [ $status -ne 0 ]; then
        fail "$1: exit status $status, expected 0"
    elif ! grep -qF " warning: " "$found" || ! grep -qF "[${1%%.*}]" "$found"; then
        fail "$1: no warning of the rule ${1%%.*}"
    elif ! diff -u "$expected" "$found" >&2; then
        fail "$1: other messages than in $expected"
    elif "$snnc" --strict "$1" -o /dev/null 2> /dev/null; then
        fail "$1: --strict takes it"
    elif ! "$snnc" -w "$1" -o /dev/null 2> "$found" || [ -s "$found" ]; then
        fail "$1: -w does not silence it"
    else
        passed=$((passed + 1))
    fi
}

warnings=$(sed -n 's/^WARNING([A-Z_0-9]*, *"\([^"]*\)".*/\1/p' "$root/compiler/rules.def")
rules=$(sed -n 's/^RULE([A-Z_0-9]*, *"\([^"]*\)".*/\1/p' "$root/compiler/rules.def")
[ -n "$rules" ] || fail "no rules in compiler/rules.def"
for rule in $rules; do
    [ -f "$rule.bad.snn" ] && [ -f "$rule.ok.snn" ] || fail "the rule $rule has no pair"
done
for rule in $warnings; do
    [ -f "$rule.warn.snn" ] && [ -f "$rule.ok.snn" ] || fail "the warning $rule has no pair"
done
for file in *.snn; do
    printf '%s\n' "$rules" "$warnings" | grep -qxF "${file%%.*}" || fail "$file: no such rule in compiler/rules.def"
    case $file in
    *.bad.snn) bad "$file" ;;
    *.warn.snn) warns "$file" ;;
    *.ok.snn) ok "$file" ;;
    *) fail "$file: neither .bad.snn nor .ok.snn" ;;
    esac
done
for file in *.err; do
    [ -f "${file%.err}.snn" ] || fail "$file: no ${file%.err}.snn"
done

echo "errors: $passed passed, $failed failed"
[ $failed -eq 0 ]
