#!/bin/sh
# The LLVM backend: its programs compute the bits that C has, with -O0 and -O3 and for each level of one architecture;
# they train as C does; what is asked for in vain has a message.
#
#     tests/llvm.sh                    BUILD=dir  SNNC=path  CC=command  MODELS="file..."

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
cc=${CC:-cc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
case $build in /*) ;; *) build=$PWD/$build ;; esac
strict="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -D_XOPEN_SOURCE=700 -ffp-contract=off"
libraries="-lm -lpthread -lz"
models=
for model in ${MODELS-"$root"/tests/golden/models/*.snn "$root"/tests/llvm/*.snn "$root"/examples/*/model.snn}; do
    case $model in /*) ;; *) model=$PWD/$model ;; esac
    models="$models $model"
done
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
    $cc $SANITIZE "$@" "$build/libsnn_rt.a" $libraries -o "$program" > messages 2>&1
}

compiled -c "$root/tests/run/harness.c" -o harness.o || {
    cat messages >&2
    exit 1
}
levels=$(levels_here llvm) || exit 1

# results NAME OPTION...: of the model by LLVM, in NAME
results() {
    name=$1
    shift
    # shellcheck disable=SC2086
    "$snnc" -w "$model" --no-runtime "$@" -o "$name.o" > messages 2>&1 &&
        linked "$name" harness.o "$name.o" && ./"$name" - "$name.out" $together > messages 2>&1
}

for model in $models; do
    what=${model#"$root/"}
    together=
    [ "$what" != tests/golden/models/batch.snn ] || together=--together
    # shellcheck disable=SC2046
    set -- $(sed -n '1s/^# snnc //p' "$model")
    "$snnc" -w "$model" --no-runtime "$@" -o c.c > messages 2>&1 &&
        compiled -Dmain=generated_main -c c.c -o c.o && linked c harness.o c.o &&
        ./c - c.out $together > messages 2>&1 || fail "llvm: $what in C" "$(head -n 5 messages)"
    for level in 0 3; do
        if results o$level -O$level "$@" && cmp -s c.out o$level.out; then
            ok "llvm: $what -O$level"
        else
            fail "llvm: $what -O$level" "$(head -n 5 messages)"
        fi
    done
    results levels --target=x86-64-v1 "$@" || fail "llvm: $what for x86-64" "$(head -n 5 messages)"
    for level in $levels; do
        if SNN_BEST_LEVEL=$level ./levels - levels.out $together > messages 2>&1 && cmp -s c.out levels.out; then
            ok "llvm: $what for level $level"
        else
            fail "llvm: $what for level $level" "$(head -n 5 messages)"
        fi
    done
done

# ---- whole programs ----

$cc -std=c11 -D_XOPEN_SOURCE=700 "$root/tests/run/idx.c" -o idx && mkdir data && ./idx data || exit 1
cp "$root/tests/run/shapes.snn" .
passes "llvm: an executable" "$snnc" shapes.snn --backend=llvm -o by_llvm
passes "llvm: an object" "$snnc" shapes.snn -o shapes.o
passes "llvm: linked by hand" linked by_hand shapes.o
"$snnc" shapes.snn -O1 -o by_c > messages 2>&1 || fail "llvm: the same by C" "$(head -n 5 messages)"
for program in by_c by_llvm by_hand; do
    passes "llvm: $program trains" ./$program train --quiet --data data --epochs 2 --threads 2 --out $program.safetensors
done
same "llvm: weights" by_c.safetensors by_llvm.safetensors
same "llvm: weights by hand" by_c.safetensors by_hand.safetensors
./by_c info --data data > by_c.info && ./by_llvm info --data data > by_llvm.info
same "llvm: info" by_c.info by_llvm.info

# ---- libraries to load: main() in them, whatever the name of the file and twice in one process ----

# shellcheck disable=SC2086
$cc -std=c11 -D_XOPEN_SOURCE=700 $SANITIZE "$root/tests/run/load.c" -ldl -o load || exit 1
for backend in c llvm; do
    passes "llvm: a library by $backend" "$snnc" shapes.snn --backend=$backend -O1 -o $backend.so
    passes "llvm: it trains" ./load ./$backend.so train --quiet --data data --epochs 2 --threads 2 --out so_$backend.safetensors
    same "llvm: weights of the library by $backend" by_c.safetensors so_$backend.safetensors
    shows "llvm: what the library by $backend exports" ' main snn_model_open $' \
        sh -c "nm -D --defined-only $backend.so | sed -n 's/.* \(description\|main\|snn_model_open\)\$/\1/p' | sort | tr '\n' ' '"
done

# ---- what it writes ----

for form in ll bc s o; do
    "$snnc" shapes.snn -o "a.$form" > messages 2>&1 && "$snnc" shapes.snn --emit=$form -o b > messages 2>&1
    same "llvm: -o a.$form is --emit=$form, each time the same" "a.$form" b
done
shows "llvm: text" '^define .* @main\(' cat a.ll
shows "llvm: bitcode" '^BC' head -c 2 a.bc
shows "llvm: assembly" '^main:' cat a.s

# ---- debugging: it stops at a line of the model, and shows a weight by its name ----

line=$(grep -n -m 1 'dense(' shapes.snn | cut -d : -f 1)
"$snnc" shapes.snn --backend=llvm -O0 -o debugged > messages 2>&1
cat > commands << END
set breakpoint pending on
break shapes.snn:$line
run train --quiet --data data --epochs 1 --threads 1 --out debugged.safetensors
info args
END
debugger() { gdb -q -batch -x commands ./debugged < /dev/null 2>&1; }
shows "llvm: gdb stops at a line" "^$line" debugger
shows "llvm: gdb shows weights" '^w_[a-z]+ = 0x' debugger

# ---- what it cannot ----

mkdir alone && cp "$snnc" alone/snnc
cp by_c.safetensors trained.safetensors
refuses "llvm: without LLVM" 1 '^snnc: snnc-llvm\.so is missing, .*: build snnc where there is LLVM 19 \(Debian: llvm-19-dev\), or install it again$' alone/snnc shapes.snn -o alone.o
echo 'const char abi_of_llvm[] = "0", backend_llvm[] = "";' | $cc -shared -fPIC -x c - -o alone/snnc-llvm.so
refuses "llvm: that of another snnc" 1 '^snnc: .*/alone/snnc-llvm\.so is of another snnc: build or install both together$' alone/snnc shapes.snn -o alone.o
echo '' | $cc -shared -fPIC -x c - -o alone/snnc-llvm.so
refuses "llvm: and of one before that was looked for" 1 '^snnc: .*/alone/snnc-llvm\.so is of another snnc' alone/snnc shapes.snn -o alone.o
# With less and less memory, in KiB: where it is not enough, one line says so, whoever was short of it.
short=0
for memory in 400000 300000 250000 225000 200000 175000; do
    (ulimit -v $memory && "$snnc" shapes.snn -o short.o > output 2> messages)
    [ $? -eq 0 ] && continue
    short=$((short + 1))
    [ "$(wc -l < messages)" -eq 1 ] && grep -q '^snnc: ' messages || fail "llvm: short of memory" "$(cat messages)"
done
[ $short -gt 0 ] && ok "llvm: short of memory" || fail "llvm: it was never short of memory"
refuses "llvm: an unknown backend" 2 '^snnc: no backend is called `gcc`; there are c, llvm$' "$snnc" shapes.snn --backend=gcc -o a
refuses "llvm: how much to optimise" 2 '^snnc: -O takes a whole number from 0 to 3, not `4`$' "$snnc" shapes.snn -O4 -o a.o
refuses "llvm: an object of C" 2 '^snnc: only llvm writes \.o: leave --backend=c out, or write another output$' "$snnc" shapes.snn --backend=c -o a.o
refuses "llvm: C on standard output" 2 '^snnc: only c writes \.c: leave --backend=llvm out' "$snnc" shapes.snn --backend=llvm -o -
for backend in c llvm; do
    refuses "llvm: no program without the runtime" 2 '^snnc: without the runtime there is no program: .*`-o FILE\.o` \(or \.c\)$' \
        "$snnc" shapes.snn --backend=$backend --no-runtime -o a
done
refuses "llvm: what the linker refuses can be looked at" 1 '^snnc: `false` failed on the generated program; `-o FILE\.o` ' \
    "$snnc" shapes.snn --backend=llvm --cc=false -o a

echo "llvm: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
