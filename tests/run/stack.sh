# shellcheck shell=sh
# What the report of inference says of the stack, and what compilers take; after lib.sh, with $root.

# reported NAME: a number of the report
reported() {
    sed -n "s/^    \"$1\": \([0-9.e+]*\),*\$/\1/p" kws.json
}

# stack_by COMPILER...: what a call takes of the stack, as this compiler makes kws.c
stack_by() {
    "$@" -std=c99 -ffp-contract=off -fstack-usage -c kws.c -o kws.o && objdump=objdump
    case $1 in *-gcc) objdump=${1%gcc}objdump ;; esac
    $objdump -dr --no-show-raw-insn kws.o > kws.dis && awk -f "$root/tests/run/stack.awk" kws.su kws.dis
}

# stack_is_at_most NAME REPORTED
stack_is_at_most() {
    for compiler in "gcc -O0" "gcc -Os" "gcc -O2" "gcc -O3" "clang -Os" "clang -O2" "clang -O3" "arm-linux-gnueabihf-gcc -Os"; do
        # shellcheck disable=SC2086
        taken=$(stack_by $compiler)
        if [ "${taken:-0}" -gt 0 ] && [ "$taken" -le "$2" ]; then
            ok "$1: reported stack, by $compiler"
        else
            fail "$1: $compiler takes $taken bytes of stack, $2 are reported"
        fi
    done
}
