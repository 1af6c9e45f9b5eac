#!/bin/sh
# The elementary functions in generated C: the same bits as the interpreter's, from gcc and clang, at -O0 and -O3, and
# loops that call them become vectors.
#
#     tests/functions.sh               BUILD=folder: another one than build, made by make before

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
build=${BUILD:-build}
snnc=${SNNC:-$build/snnc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
strict="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -D_XOPEN_SOURCE=700 -ffp-contract=off"

count() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "functions: $2" >&2
    fi
}

cat > "$work/every.snn" << END
neuron every() {
    param p = 0.3
    output  = exp(input) + expm1(input) + log(input) + sigmoid(input) + tanh(input) + atan(input) + erf(input) + sin(input) + cos(input) + floor(input) + input ^ p
}
model every_function {
    data idx(shape = [4], classes = 2)
    time 1 steps
    o = image -> every() -> dense(2)
    predict argmax(last(o))
}
END
"$snnc" -w "$work/every.snn" --emit=c --no-runtime > "$work/every.c"
count $? "the model does not compile"

# build COMPILER OPTION...
build() {
    # shellcheck disable=SC2086
    "$@" $strict $SANITIZE -fno-math-errno -fno-trapping-math -iquote "$work" -iquote compiler -iquote backends -iquote backends/interp \
        $(printf ' -iquote %s' runtime/*/) "-DGENERATED=\"every.c\"" tests/run/functions.c \
        "$build/libsnnc.a" "$build/libsnn_rt.a" -lm -lpthread -lz -o "$work/functions"
}

for compiler in "gcc -O0" "gcc -O3" "gcc -O3 -march=native" "clang -O0" "clang -O3" "clang -O3 -march=native"; do
    # shellcheck disable=SC2086
    build $compiler && "$work/functions"
    count $? "$compiler: not what the interpreter has"
done

# One loop a function, in lines that begin with LOOP.
loops=$(grep -c '^LOOP(' tests/run/functions.c)
SANITIZE='' build gcc -O3 -fopt-info-vec-optimized 2> "$work/vectors"
vectors=$(grep -o "^tests/run/functions.c:[0-9]*:.*loop vectorized" "$work/vectors" | cut -d: -f2 | sort -u |
    while read -r line; do sed -n "${line}p" tests/run/functions.c; done | grep -c '^LOOP(')
[ "$vectors" -eq "$loops" ]
count $? "gcc makes vectors of $vectors loops, not of $loops"

echo "functions: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
