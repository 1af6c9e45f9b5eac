#!/bin/sh
# What every stage prints, for each tests/golden/models/NAME.snn: `snnc --emit=STAGE --no-runtime` must equal
# tests/golden/STAGE/NAME.STAGE, and the C must compile without a warning. A first line `# snnc --unroll=3`
# gives a model further options.
#
#     tests/golden.sh [--update]       SNNC=path: another compiler than build/snnc
# --update rewrites the files; read the difference before you keep it.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
update=no
[ "$1" = --update ] && update=yes
stages="ast net adjoint loop c"
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$root/tests/golden" || exit 1
passed=0 failed=0

fail() {
    echo "golden: $*" >&2
    failed=$((failed + 1))
}

# same WHAT EXPECTED FOUND
same() {
    if diff -u "$2" "$3" > "$work/difference"; then
        passed=$((passed + 1))
    else
        head -n 40 "$work/difference" >&2
        fail "$1"
    fi
}

# emit MODEL STAGE > output. The word splitting of the options is wanted.
emit() {
    # shellcheck disable=SC2046
    "$snnc" "$1" --emit="$2" --no-runtime $(sed -n '1s/^# snnc //p' "$1")
}

check_stage() {
    golden=$2/$1.$2
    if ! emit "models/$1.snn" "$2" > "$work/found" 2> "$work/messages" || [ -s "$work/messages" ]; then
        cat "$work/messages" >&2
        fail "models/$1.snn: --emit=$2 failed or printed messages"
        return
    fi
    if [ $update = yes ]; then
        mkdir -p "$2"
        cp "$work/found" "$golden"
    fi
    same "$golden is not what snnc prints now; if it should be: tests/golden.sh --update" "$golden" "$work/found"
}

# What --emit=ast prints is a model file: it prints as itself.
check_ast() {
    "$snnc" - --emit=ast < "ast/$1.ast" > "$work/again" 2>&1
    same "ast/$1.ast does not print as itself" "ast/$1.ast" "$work/again"
}

# The generated C depends on the model and the options only: not on where and when, nor on who.
check_bytes() {
    mkdir -p "$work/elsewhere"
    cp "models/$1.snn" "$work/elsewhere/$1.snn"
    (cd / && TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME="$work" emit "$work/elsewhere/$1.snn" c) > "$work/moved" 2>&1
    emit "models/$1.snn" c > "$work/found"
    same "the C of models/$1.snn depends on where the model lies" "$work/found" "$work/moved"
    host=$(uname -n)
    if grep -nE '"/|[ (]/[a-z]+/|__(DATE|TIME|FILE)__|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2}' "c/$1.c" >&2; then
        fail "c/$1.c has a path or a date"
    elif [ ${#host} -gt 5 ] && grep -nF "$host" "c/$1.c" >&2; then
        fail "c/$1.c has the name of this machine"
    else
        passed=$((passed + 1))
    fi
}

check_warnings() {
    # shellcheck disable=SC2086
    if ${CC:-cc} -std=c11 -fsyntax-only $warnings $(printf ' -iquote %s' ../../runtime/*/) "c/$1.c" >&2; then
        passed=$((passed + 1))
    else
        fail "c/$1.c is not clean"
    fi
}

if [ ! -x "$snnc" ]; then
    echo "golden: there is no $snnc: run make" >&2
    exit 1
fi
for model in models/*.snn; do
    name=$(basename "$model" .snn)
    for stage in $stages; do
        check_stage "$name" "$stage"
    done
    check_ast "$name"
    check_bytes "$name"
    check_warnings "$name"
done
for stage in $stages; do
    for golden in "$stage"/*; do
        [ -f "models/$(basename "$golden" ".$stage").snn" ] || fail "$golden has no model"
    done
done

echo "golden: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
