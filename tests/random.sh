#!/bin/sh
# Random models: the interpreter in single precision, C by gcc and clang, and LLVM, -O0 and -O3, give the same bits;
# the interpreter in double precision the same numbers, but for rounding.
#
#     tests/random.sh [COUNT] [SEED]        models 1 .. COUNT of a seed (default: 300 of seed 1)
#     tests/random.sh --model N [SEED]      one of them; its files stay in build/random
# BUILD=folder: another one than build, made by make before. JOBS=n: at the same time (default 2).
#
# Each network is built from C by gcc and clang, -O0 for any processor with the kernels for one of its levels (1, 3 and 4 in
# turn: see runtime/kernels/snn_level.h), and by LLVM. Optimised code is gcc's and LLVM's; every third time, as it takes
# longest, clang's as well. Each build runs with one thread, with two, and a sample at a time: see tests/run/harness.c.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
build=${BUILD:-build}
folder=$build/random
tool=$build/random_models # beside snnc-llvm.so
strict="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -D_XOPEN_SOURCE=700 -ffp-contract=off"

build_tool() {
    # shellcheck disable=SC2086
    ${CC:-cc} $strict $SANITIZE -O2 -iquote compiler -iquote backends -iquote backends/interp $(printf ' -iquote %s' runtime/*/) \
        -rdynamic tests/run/random_*.c -Wl,--whole-archive "$build/libsnnc.a" -Wl,--no-whole-archive "$build/libsnn_rt.a" \
        -lm -lpthread -lz -ldl -o "$tool" &&
        ${CC:-cc} $strict $SANITIZE -O1 $(printf ' -iquote %s' runtime/*/) -c tests/run/harness.c -o "$folder/harness.o"
}

# compile_and_run NUMBER COMPILER OPTION...
compile_and_run() {
    number=$1
    shift
    program=$folder/$number.$(echo "$*" | tr -d ' =-')
    # shellcheck disable=SC2086
    "$@" $strict -fno-math-errno -fno-trapping-math -I "$folder" $(printf ' -iquote %s' runtime/*/) "-DGENERATED=\"$number.c\"" \
        tests/run/harness.c "$build/libsnn_rt.a" -lm -lpthread -lz -o "$program" &&
        "$program" "$folder/$number.batch" "$program.out"
}

# link_and_run NUMBER OBJECT: what LLVM made
link_and_run() {
    program=$folder/$1.$2
    # shellcheck disable=SC2086
    ${CC:-cc} $SANITIZE "$folder/harness.o" "$program.o" "$build/libsnn_rt.a" -lm -lpthread -lz -o "$program" &&
        "$program" "$folder/$1.batch" "$program.out"
}

# Now and then the whole program, runtime and all, as snnc makes it by itself.
check_warnings() {
    [ $(($1 % 5)) -eq 0 ] || return 0
    program=$folder/$1.whole
    "$build/snnc" -w "$folder/$1.snn" -o "$program.c" || return 1
    for compiler in gcc clang; do
        # shellcheck disable=SC2086
        $compiler $strict -O1 -c "$program.c" -o "$program.o" || return 1
    done
}

check_model() {
    "$tool" make "$2" "$1" "$folder" > "$folder/$1.verdict" &&
        check_warnings "$1" &&
        compile_and_run "$1" gcc -O0 "-DSNN_BEST_LEVEL=$(($1 % 3 == 0 ? 1 : $1 % 3 + 2))" &&
        compile_and_run "$1" gcc -O3 -march=native &&
        compile_and_run "$1" clang -O0 "-DSNN_BEST_LEVEL=$(($1 % 3 == 2 ? 1 : $1 % 3 + 3))" &&
        { [ $(($1 % 3)) -ne 0 ] || compile_and_run "$1" clang -O3 -march=native; } &&
        link_and_run "$1" plain && link_and_run "$1" fast &&
        SNN_BEST_LEVEL=$(($1 % 3 == 0 ? 1 : $1 % 3 + 2)) link_and_run "$1" levels &&
        "$tool" compare "$2" "$1" "$folder"
}

one_of_many() {
    if check_model "$1" "$2"; then
        cat "$folder/$1.verdict" >> "$folder/verdicts"
        rm -f "$folder/$1".*
    else
        echo "random: model $1 of seed $2 failed: $folder/$1.snn. Again: tests/random.sh --model $1 $2" >&2
        echo failed >> "$folder/verdicts"
    fi
    done=$(wc -l < "$folder/verdicts")
    [ $((done % 25)) -ne 0 ] || echo "random: $done models done"
}

count_of() {
    grep -cx "$1" "$folder/verdicts"
}

case $1 in
--one) # of many, by xargs below
    one_of_many "$3" "$2"
    exit 0
    ;;
--model)
    mkdir -p "$folder" && build_tool && check_model "$2" "${3:-1}" && echo "random: model $2 of seed ${3:-1}: $(cat "$folder/$2.verdict")"
    exit
    ;;
esac

count=${1:-300}
seed=${2:-1}
rm -rf "$folder"
mkdir -p "$folder" || exit 1
build_tool || exit 1
: > "$folder/verdicts"
seq "$count" | xargs -P "${JOBS:-2}" -n 1 "$0" --one "$seed"
passed=$(grep -cvx failed "$folder/verdicts")
failed=$((count - passed))
edges=$(count_of edge)
echo "random: in $edges of $count models roundings decide a spike or a choice: those say nothing about precision"
if [ "$count" -ge 100 ] && [ $((10 * edges)) -gt "$count" ]; then
    echo "random: those are too many" >&2
    failed=$((failed + 1))
fi
echo "random: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ "$passed" -gt 0 ]
