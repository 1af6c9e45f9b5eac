#!/bin/sh
# Targets (compiler/targets.def): programs for other processors learn the same, to the bit, under emulation; what a target
# cannot do is refused.
#
#     tests/targets.sh        BUILD=dir  SNNC=path

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-${BUILD:-$root/build}/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$root/tests/run/lib.sh"

${CC:-cc} -D_XOPEN_SOURCE=700 -std=c11 -O1 "$root/tests/run/idx.c" -o idx && mkdir data && ./idx data || exit 1
sed 's/idx(.*)/idx(shape = [8, 8], classes = 4)/; s/dense(10)/dense(4)/' "$root/examples/fashion_mnist/model.snn" > model.snn
cp "$root/tests/run/shapes.snn" .
touch trained.safetensors # what no refusal may touch: see lib.sh

# ---- the table ----

"$snnc" --help-targets > table
names=$(sed -n 's/^\([a-z][a-z0-9-]*\) .*/\1/p' table | grep -vx target)
for target in native x86-64-v1 x86-64-v2 x86-64-v3 x86-64-v4 aarch64 aarch64-sve armv7 armv7-neon riscv64gc riscv64gcv riscv32imac \
    cortex-m0 cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55 wasm32 avr nvptx64; do
    shows "targets: the table has $target" "^$target " cat table
done

# A file of C says how it is compiled for its target, and how it was made.
for target in $names; do
    case $target in
    native) continue ;;
    avr) constants="-D hidden=1" ;;
    *) constants= ;;
    esac
    kernels=
    grep -q "^$target *kernels" table && kernels=--no-runtime
    # shellcheck disable=SC2086
    passes "targets: C for $target" "$snnc" shapes.snn $constants --target "$target" --soft-float $kernels -o shapes.c
    command=$(sed -n "/^$target /{n;s/^ *//;s/[+]/[+]/;p;}" table)
    shows "targets: it names the compiler of $target" "^ \* *${command%% *} .*${command##* } .*-ffp-contract=off" head -n 4 shapes.c
    shows "targets: it says that it is for $target" "from shapes.snn .*--target=$target" head -n 1 shapes.c
done

# ---- programs ----

"$snnc" model.snn -o model && ./model train --quiet --data data --epochs 1 --out native.safetensors > messages 2>&1 ||
    fail "targets: native" "$(cat messages)"
# learns TARGET EMULATOR [OPTION...]: the trainer of the first example, by C and by LLVM
learns() {
    target=$1
    shift
    for by in "c -O3" "llvm -O2"; do
        rm -f ./model
        # shellcheck disable=SC2086
        passes "targets: a program for $target by $by" "$snnc" model.snn --target "$target" --backend=$by -o model
        passes "targets: it runs" "$@" ./model train --quiet --data data --epochs 1 --force --out far.safetensors
        same "targets: $target by $by learns the same, to the bit" native.safetensors far.safetensors
    done
}
learns aarch64 qemu-aarch64-static
learns aarch64-sve qemu-aarch64-static -cpu max
learns armv7 qemu-arm-static
learns riscv64gc qemu-riscv64-static -cpu rv64
learns riscv64gcv qemu-riscv64-static -cpu rv64,v=true,vext_spec=v1.0,vlen=256

# ---- objects, by LLVM ----

# object TARGET PATTERN [OPTION...]: the kernels; what readelf shows has the pattern
object() {
    target=$1 pattern=$2
    shift 2
    passes "targets: an object for $target" "$snnc" shapes.snn "$@" --target "$target" --soft-float --no-runtime -O1 -o "$target.o"
    shows "targets: it is for $target" "$pattern" sh -c 'echo $(readelf -h -A "$0.o" 2> /dev/null) $(head -c 4 "$0.o" | tr -d "\\0")' "$target"
}
for target in native x86-64-v1 x86-64-v2 x86-64-v3 x86-64-v4; do object $target 'ELF64 .*Machine: Advanced Micro Devices X86-64'; done
for target in aarch64 aarch64-sve; do object $target 'ELF64 .*Machine: AArch64'; done
for target in armv7 armv7-neon; do object $target 'Machine: ARM .*Tag_CPU_arch: v7 .*Tag_ABI_VFP_args: VFP registers'; done
for target in riscv64gc riscv64gcv; do object $target 'ELF64 .*Machine: RISC-V .*RVC, double-float ABI'; done
object riscv32imac 'ELF32 .*Machine: RISC-V .*RVC, soft-float ABI'
object cortex-m0 'Tag_CPU_name: "cortex-m0" Tag_CPU_arch: v6S-M'
object cortex-m3 'Tag_CPU_name: "cortex-m3" Tag_CPU_arch: v7 .*Microcontroller'
object cortex-m4 'Tag_CPU_arch: v7E-M .*Tag_ABI_HardFP_use: SP only Tag_ABI_VFP_args: VFP registers'
object cortex-m7 'Tag_CPU_arch: v7E-M .*Tag_ABI_VFP_args: VFP registers'
object cortex-m33 'Tag_CPU_arch: v8-M.mainline .*Tag_ABI_VFP_args: VFP registers'
object cortex-m55 'Tag_CPU_arch: v8.1-M.mainline .*Tag_ABI_VFP_args: VFP registers .*Tag_MVE_arch: MVE Integer and FP'
object wasm32 'asm$'
object avr 'Machine: Atmel AVR' -D hidden=1

# ---- a GPU's text: all kernels of W1, and what they call and are called by ----

passes "targets: PTX" "$snnc" "$root/tests/bench/w1.snn" --target nvptx64 --no-runtime -o w1.s
shows "targets: it is for sm_80" '^\.target sm_80' cat w1.s
shows "targets: it has the kernel of a layer" '^\.func layer_hidden_$' cat w1.s
shows "targets: and its launch" '^\.global .* forward_launches\[.*[{ ]layer_hidden_, ' cat w1.s
passes "targets: what a GPU needs of the runtime" clang -x cuda --cuda-device-only -nocudainc -nocudalib --cuda-gpu-arch=sm_80 \
    -Wno-unknown-cuda-version -Werror -O2 -S "$root/tests/run/device.cu" -o device.s
passes "targets: as the runtime has it" clang -x c -std=c11 -Wall -Wextra -Werror -fsyntax-only -iquote "$root/runtime/base" \
    "$root/tests/run/device.cu"
shows "targets: its entry" '^\.visible \.entry snn_phase\($' cat device.s
if command -v ptxas > /dev/null 2>&1; then
    for part in w1 device; do passes "targets: ptxas assembles $part" ptxas -arch=sm_80 -c $part.s -o $part.cubin; done
fi

# ---- what cannot be ----

refuses "targets: an unknown one" 2 '^snnc: no target is called `riscv64gb`; did you mean `riscv64gc`\?; --help-targets lists them$' \
    "$snnc" shapes.snn --target riscv64gb -o never
refuses "targets: nothing like it" 2 '^snnc: no target is called `vax`; --help-targets lists them$' "$snnc" shapes.snn --target vax -o never
refuses "targets: a trainer without a system" 2 '^snnc: on cortex-m4 no trainer can run' "$snnc" shapes.snn --target cortex-m4 -o never
refuses "targets: its C, too" 2 '^snnc: on cortex-m4 no trainer can run' "$snnc" shapes.snn --target cortex-m4 -o never.c
refuses "targets: no floats" 1 '^snnc: `shapes` computes with floats, and cortex-m0 has no unit for them: --soft-float ' \
    "$snnc" shapes.snn --target cortex-m0 --no-runtime -o never.c
refuses "targets: no room" 1 '^snnc: `shapes` takes [0-9.]+ MiB with batches of 16, and avr has at most 64 KiB: ' \
    "$snnc" shapes.snn --target avr --soft-float --no-runtime -o never.c
refuses "targets: no compiler" 1 '^snnc: cannot run `aarch64-linux-gnu-gcc`: .*\. Install it \(on Debian, gcc-aarch64-linux-gnu\) or name one with --cc$' \
    env PATH=/nowhere "$snnc" shapes.snn --target aarch64 -o never
refuses "targets: nor by LLVM" 1 '^snnc: cannot run `aarch64-linux-gnu-gcc`: .*\. Install it \(on Debian, gcc-aarch64-linux-gnu\) or name one with --cc$' \
    env PATH=/nowhere "$snnc" shapes.snn --backend=llvm --target aarch64 -o never
refuses "targets: no objects of a GPU" 1 '^snnc: LLVM makes no objects for nvptx64: `-o FILE\.s` writes its assembly$' \
    "$snnc" shapes.snn --target nvptx64 --no-runtime -o never.o
if ls never* > /dev/null 2>&1; then fail "targets: nothing was written"; else ok "targets: nothing was written"; fi

echo "targets: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
