# The generated C: free of warnings, and a function of the model alone.

# Without sanitizers: clang's may not be installed.
plain_c() { (SANITIZE='' && compile_c "$@"); }
# For any processor, with the kernels for each level of x86-64: which of them run is chosen below.
levels=$(levels_here run)
cp "$root/tests/run/best_level.h" .
chosen="-include best_level.h"
for compiler in gcc clang; do
    if ! command -v $compiler > /dev/null 2>&1; then
        fail "compile: $compiler" "it is not installed"
        continue
    fi
    for level in -O0 -O3; do
        passes "compile: no warnings from $compiler $level" plain_c "$compiler $chosen" $level shapes.c "shapes$level.$compiler"
    done
done

# Lists of few flags, too, whatever their number: GCC looks into rows that are not there where it does not optimise.
{
    printf '#include "snn_list.h"\n'
    for count in 7 24 31 32 33 40 63 64 65 100 196; do
        printf 'int of_%d(uint16_t *list);\nint of_%d(uint16_t *list)\n{\n    static uint8_t flags[%d];\n' $count $count $count
        printf '    return snn_list16(list, flags, %d);\n}\n' $count
    done
} > lists.c
for level in -O0 -O1 -O3; do
    # shellcheck disable=SC2086
    passes "compile: lists, no warnings from gcc $level" \
        gcc -std=c11 $level $warnings -iquote "$root/runtime/base" -iquote "$root/runtime/kernels" -c lists.c -o lists.o
done

# Layers that are equal share kernels, which launches give what may have the longest of names.
long=$(printf '%0200d' 0 | tr 0 n)
sed "s/ middle = input .*/ $long = input -> dense(64) -> lif\n    ${long}2 = $long -> dense(64) -> lif/; s/= middle /= ${long}2 /" \
    shapes.snn > long.snn
"$snnc" -w long.snn -o long.c || fail "compile: long names"
passes "compile: long names are given to kernels" plain_c "$cc" -O0 long.c long
grep -q "NET(${long}2" long.c || fail "compile: long names" "no kernel is shared"

# The command in the first comment of the file, as it stands there.
command=$(sed -n 's/^ \* *\(cc .*\)\\$/\1/p; s/^ \* *\(shapes.c .*\)$/\1/p' shapes.c | tr '\n' ' ')
mkdir -p comment && cp shapes.c comment/
passes "compile: the command in the file's first comment" sh -c "cd comment && $command && ./shapes --version"

# With no word about contraction.
# shellcheck disable=SC2086
passes "compile: without -std and -ffp-contract" $cc -O1 -march=native $SANITIZE shapes.c -o shapes-gnu $libraries

# trains PROGRAM LEVEL: to PROGRAM-LEVEL.safetensors
trains() {
    SNN_BEST_LEVEL=$2 "./$1" train --quiet --data data --force --out "$1-$2.safetensors" > /dev/null 2>&1
}

# Every compiler, optimisation and level: the same bits.
for program in shapes-O0.gcc shapes-O3.gcc shapes-O0.clang shapes-O3.clang; do
    for level in $levels; do
        trains $program $level
        same "compile: $program, level $level: the same bits" shapes-O0.gcc-1.safetensors $program-$level.safetensors
    done
done
trains shapes-gnu 1
same "compile: without -std and -ffp-contract, the same bits" shapes-O0.gcc-1.safetensors shapes-gnu-1.safetensors

# The same for layers that go by vectors, with every sum of a list and every gate in use; products fused, by the
# instruction and without it (level 1), and apart.
for products in fused apart; do
    "$snnc" "$root/tests/run/wide.snn" --kernels=event --products=$products -o wide.c
    [ $products = fused ] && which=$levels || which=1
    passes "compile: products $products" compile_c "$cc $chosen" -O1 wide.c $products
    passes "compile: products $products, for this processor" compile_c "$native" -O3 wide.c $products-native
    passes "compile: products $products, clang" plain_c "clang -march=native" -O0 wide.c $products-clang
    for level in $which; do
        trains $products $level
        same "compile: products $products, level $level: the same bits" $products-1.safetensors $products-$level.safetensors
    done
    for program in $products-native $products-clang; do
        trains $program 1
        same "compile: products $program: the same bits" $products-1.safetensors $program-1.safetensors
    done
done
if cmp -s fused-1.safetensors apart-1.safetensors; then
    fail "compile: products fused and apart are different roundings"
else
    ok "compile: products fused and apart are different roundings"
fi

# Arrays of kernels that would not fit on a stack have memory. At most 64 KiB are left, and what compilers add.
for kernels in auto event; do
    "$snnc" "$root/tests/run/stack.snn" --kernels=$kernels -o stack.c
    for level in -O0 -O1; do
        passes "compile: no kernel needs a large stack, --kernels=$kernels $level" plain_c "$cc -Wframe-larger-than=73728" $level stack.c stack$level
        ./stack$level train --force --quiet --data data --out stack$level.safetensors > /dev/null 2>&1
    done
    same "compile: with it, the same bits, --kernels=$kernels" stack-O0.safetensors stack-O1.safetensors
done

mkdir -p elsewhere again && cp shapes.snn elsewhere/
"$snnc" shapes.snn -o again/shapes.c
same "compile: twice the same bytes" shapes.c again/shapes.c
(cd elsewhere && LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo HOME=/ "$snnc" shapes.snn -o shapes.c)
same "compile: the same bytes in another folder, locale and time zone" shapes.c elsewhere/shapes.c
"$snnc" "$work/shapes.snn" -o again/shapes.c
same "compile: the same bytes where the model is named by its path" shapes.c again/shapes.c
"$snnc" shapes.snn -o "again/it's.c"
sed -n '3,4s/^ \*//p' "again/it's.c" | sed "s#-O3 -march=native#-O0#; s/^ *cc /$cc /" > again/line
passes "compile: by the line in the first comment, whatever file was written" sh -c "cd again && sh ./line"
shows "compile: which names its executable" '^shapes, made by snnc' "./again/it's" --version
"$snnc" - -o - < shapes.snn > standard.c
shows "compile: to standard output it is called as the model" ' shapes\.c -o shapes ' head -n 4 standard.c
shows "compile: from standard input to standard output" 'generated by snnc' head -n 1 standard.c
if grep -nE "$work|$(date +%Y-%m)" shapes.c > messages; then
    fail "compile: no path and no date" "$(head -n 1 messages)"
else
    ok "compile: no path and no date"
fi

passes "compile: -o FILE makes an executable" "$snnc" shapes.snn --cc="$cc" -o direct
passes "compile: --cc takes a command with options" "$snnc" shapes.snn -O0 --cc=" $cc  -pipe" -o piped
passes "compile: an output that looks like an option" "$snnc" shapes.snn -O0 --cc="$cc" -o -x
[ -x ./-x ] && ok "compile: it has its name" || fail "compile: it has its name"
shows "compile: the executable runs" '^shapes, made by snnc [0-9]' ./direct --version
"$snnc" shapes.snn -D epochs=3 -o define.c
shows "compile: -D changes a constant" 'generated by snnc [0-9.]* from shapes.snn -D epochs=3;' head -n 1 define.c
"$snnc" shapes.snn -D 'hidden=(2*8)' -D lr=2.3456789e-3 -o define.c
shows "compile: -D is noted in full" "from shapes.snn -D 'hidden=2 \* 8' -D lr=0.0023456789;" head -n 1 define.c
noted=$(sed -n '1s/.* from \(.*\); do not edit\..*/\1/p' define.c)
eval "\"\$snnc\" $noted -o again/define.c" && same "compile: what is noted makes the same program" define.c again/define.c
"$snnc" shapes.snn --without=commute -o without.c
shows "compile: --without is noted" 'generated by snnc [0-9.]* from shapes.snn --without=commute;' head -n 1 without.c
"$snnc" shapes.snn --kernels=table -o table.c
shows "compile: --kernels is noted" 'generated by snnc [0-9.]* from shapes.snn --kernels=table;' head -n 1 table.c
"$snnc" shapes.snn --products=apart -o apart.c
shows "compile: --products is noted" 'generated by snnc [0-9.]* from shapes.snn --products=apart;' head -n 1 apart.c
"$snnc" shapes.snn --products=fused -o again/shapes.c
same "compile: --products=fused is what there is without it" shapes.c again/shapes.c
shows "compile: --no-runtime includes the runtime" '^#include "snn.h"' "$snnc" shapes.snn --no-runtime -o -
