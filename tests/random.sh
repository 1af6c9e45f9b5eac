#!/bin/sh
# Random models: the interpreter in single precision, C by gcc and clang, and LLVM, -O0 and -O3, give the same bits;
# the interpreter in double precision the same numbers, but for rounding.
#
#     tests/random.sh [COUNT] [SEED]        models 1 .. COUNT of a seed (default: 200 of seed 1)
#     tests/random.sh --model N [SEED]      one of them, by every build; its files stay in build/random
# BUILD=folder: another one than build, made by make before. JOBS=n: at the same time (default 2). TURNS=all: every build of
# every model, which takes four times as long.
#
# Builds take turns, as they take longest. Each network is built from C by gcc or by clang, -O0 for any processor, and by
# LLVM. Of three networks one is built by gcc -O3, one by LLVM -O3 (the others -O0), each for this processor, and one has
# something rarer, by turns as well: kernels for each level of processors (see runtime/kernels/snn_level.h) from gcc, clang
# or LLVM, run at each level; clang -O3. Each build runs with one thread, with two, and a sample at a time: see
# tests/run/harness.c.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
build=${BUILD:-build}
folder=$build/random
tool=$build/random_models # beside snnc-llvm.so
strict="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -D_XOPEN_SOURCE=700 -ffp-contract=off"
includes=$(printf ' -iquote %s' runtime/*/)
libraries="-lm -lpthread -lz"
. tests/run/lib.sh

build_tool() {
    # shellcheck disable=SC2086
    ${CC:-cc} $strict $SANITIZE -O2 -iquote compiler -iquote backends -iquote backends/interp $includes \
        -rdynamic tests/run/random_*.c -Wl,--whole-archive "$build/libsnnc.a" -Wl,--no-whole-archive "$build/libsnn_rt.a" \
        $libraries -ldl -o "$tool" &&
        ${CC:-cc} $strict $SANITIZE -O1 $includes -c tests/run/harness.c -o "$folder/harness.o"
}

# runs NUMBER PROGRAM LEVEL...: with the kernels of each
runs() {
    batch=$folder/$1.batch program=$2
    shift 2
    for level; do
        SNN_BEST_LEVEL=$level "$program" "$batch" "$program.$level.out" || return 1
    done
}

# by_c NUMBER LEVELS COMPILER OPTION...: of kernels for several levels, those are chosen which LLVM's programs choose
by_c() {
    number=$1 which=$2
    shift 2
    program=$folder/$number.$(echo "$*" | tr -d ' =-')
    # shellcheck disable=SC2086
    "$@" $strict -fno-math-errno -fno-trapping-math $includes -Dmain=generated_main \
        -include snn_processor.h "-DSNN_BEST_LEVEL=snn_processor()" "$folder/$number.c" \
        "$folder/harness.o" "$build/libsnn_rt.a" $libraries -o "$program" && runs "$number" "$program" $which
}

# turn NUMBER BUILDS K: whether build K of so many is that of the network
turn() {
    [ "$TURNS" = all ] || [ $(($1 % $2)) -eq "$3" ]
}

# plain_c NUMBER COMPILER K: in its turn, for any processor, and at times for each level
plain_c() {
    turn "$1" 2 $(($3 % 2)) || return 0
    if turn "$1" 12 "$3"; then
        by_c "$1" "$levels" "$2" -O0
    else
        by_c "$1" 1 "$2" -O0 -DSNN_ONE_LEVEL
    fi
}

# by_llvm NUMBER LEVELS OBJECT
by_llvm() {
    program=$folder/$1.$3
    # shellcheck disable=SC2086
    ${CC:-cc} $SANITIZE "$folder/harness.o" "$program.o" "$build/libsnn_rt.a" $libraries -o "$program" &&
        runs "$1" "$program" $2
}

# Now and then the whole program, runtime and all, as snnc makes it by itself. Some warnings of gcc are optimisers'; clang's
# are not. (-Og takes minutes where -O1 takes seconds: long kernels have thousands of variables.)
check_warnings() {
    turn "$1" 10 0 || return 0
    program=$folder/$1.whole
    # shellcheck disable=SC2086
    "$build/snnc" -w "$folder/$1.snn" -o "$program.c" &&
        gcc $strict -O1 -DSNN_ONE_LEVEL -c "$program.c" -o "$program.o" &&
        clang $strict -fsyntax-only "$program.c"
}

# compare NUMBER SEED: the results with the interpreter's. Where a file is not the same, the tool says in what.
compare() {
    for results in "$folder/$1".*.out; do
        cmp -s "$folder/$1.expected" "$results" || "$tool" compare "$2" "$1" "$folder" || return 1
    done
}

# objects NUMBER: which LLVM makes
objects() {
    [ "$TURNS" != all ] && turn "$1" 3 1 || echo plain
    ! turn "$1" 3 1 || echo fast
    ! turn "$1" 12 8 || echo levels
}

check_objects() {
    for object in $(objects "$1"); do
        [ "$object" = levels ] && which=$levels || which=4
        by_llvm "$1" "$which" "$object" || return 1
    done
}

check_model() {
    # shellcheck disable=SC2046
    "$tool" make "$2" "$1" "$folder" $(objects "$1" | sed 's/$/.o/') > "$folder/$1.verdict" &&
        check_warnings "$1" &&
        plain_c "$1" gcc 2 && plain_c "$1" clang 5 &&
        { ! turn "$1" 3 0 || by_c "$1" 4 gcc -O3 -march=native; } &&
        { ! turn "$1" 12 11 || by_c "$1" 4 clang -O3 -march=native; } &&
        check_objects "$1" &&
        compare "$1" "$2"
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
--one) # of many, by xargs below; $levels is set
    one_of_many "$3" "$2"
    exit 0
    ;;
--model)
    TURNS=all
    mkdir -p "$folder" && build_tool && levels=$(levels_here random) && check_model "$2" "${3:-1}" && echo "random: model $2 of seed ${3:-1}: $(cat "$folder/$2.verdict")"
    exit
    ;;
esac

count=${1:-200}
seed=${2:-1}
rm -rf "$folder"
mkdir -p "$folder" || exit 1
build_tool && levels=$(levels_here random) || exit 1
export levels
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
