#!/bin/sh
# The LLVM backend: its programs compute the bits that C has, with -O0 and -O3 and for each level of one architecture;
# they train as C does; what is asked for in vain has a message.
#
#     tests/llvm.sh                    BUILD=dir  SNNC=path  CC=command

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
cc=${CC:-cc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
case $build in /*) ;; *) build=$PWD/$build ;; esac
strict="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -D_XOPEN_SOURCE=700 -ffp-contract=off"
libraries="-lm -lpthread -lz"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$root/tests/run/lib.sh"

# compiled FILE...: a C program's part, with options; the runtime's headers are there
compiled() {
    # shellcheck disable=SC2046,SC2086
    $cc $strict $SANITIZE -O1 $(printf ' -iquote %s' "$root"/runtime/*/) "$@" > messages 2>&1
}

# linked PROGRAM FILE...: with the runtime
linked() {
    program=$1
    shift
    # shellcheck disable=SC2086
    $cc $SANITIZE "$@" "$build/librt.a" $libraries -o "$program" > messages 2>&1
}

compiled -c "$root/tests/run/harness.c" -o harness.o || {
    cat messages >&2
    exit 1
}

# results NAME OPTION...: of the model by LLVM, in NAME
results() {
    name=$1
    shift
    "$snnc" -w "$model" --no-runtime "$@" -o "$name.o" > messages 2>&1 &&
        linked "$name" harness.o "$name.o" && ./"$name" - "$name.out" > messages 2>&1
}

for model in ${MODELS:-"$root"/tests/golden/models/*.snn "$root"/examples/*/model.snn}; do
    what=${model#"$root/"}
    # shellcheck disable=SC2046
    set -- $(sed -n '1s/^# snnc //p' "$model")
    "$snnc" -w "$model" --no-runtime "$@" -o c.c > messages 2>&1 &&
        compiled -iquote . '-DGENERATED="c.c"' -c "$root/tests/run/harness.c" -o c.o && linked c c.o &&
        ./c - c.out > messages 2>&1 || fail "llvm: $what in C" "$(head -n 5 messages)"
    for level in 0 3; do
        if results o$level -O$level "$@" && cmp -s c.out o$level.out; then
            ok "llvm: $what -O$level"
        else
            fail "llvm: $what -O$level" "$(head -n 5 messages)"
        fi
    done
    results levels --target=x86-64-v1 "$@" || fail "llvm: $what for x86-64" "$(head -n 5 messages)"
    for level in 1 3 4; do
        if SNN_BEST_LEVEL=$level ./levels - levels.out > messages 2>&1 && cmp -s c.out levels.out; then
            ok "llvm: $what for level $level"
        else
            fail "llvm: $what for level $level" "$(head -n 5 messages)"
        fi
    done
done

echo "llvm: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
