#!/bin/sh
# Trained networks as C on emulated boards: each predicts samples of the test set, and says what this host says, bit for bit. Prints
# a table for each network; README.md says what is in it.
#
#     examples/boards/boards.sh [NETWORK...]            clothes, digits, and in whole numbers clothes-int8, digits-int8
#                                                       BUILD=dir  SNNC=path  CC=command  SAMPLES=n
#                                                       BOARDS="cortex-m4 wasm32"  COMPILERS="gcc clang snnc"
#                                                       CLOTHES=dir  DIGITS=dir   with the data
#                                                       TRAINING="--epochs 1"     instead of what stands below
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
mkdir -p "$build/boards"
build=$(cd "$build/boards" && pwd)
cc=${CC:-cc}
samples=${SAMPLES:-200}
boards=${BOARDS:-cortex-m0 cortex-m3 cortex-m4 cortex-m55 riscv32 aarch64 riscv64 wasm32}
compilers=${COMPILERS:-gcc clang snnc}
clothes=${CLOTHES:-/usr/share/datasets/fashion-mnist}
digits=${DIGITS:-${SNN_DATA:+$SNN_DATA/hd_spikes}}
case $clothes in /*) ;; *) clothes=$PWD/$clothes ;; esac
case $digits in "" | /*) ;; *) digits=$PWD/$digits ;; esac
strict="-std=c99 -O2 -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra -Werror"
failed=0

fail() {
    echo "boards.sh: $*" >&2
    exit 1
}

# ---- boards ----

# compiler_of COMPILER BOARD: command and options, the same options for gcc and clang; for snnc, of what it does not make
compiler_of() {
    case $1-$2 in
    snnc-riscv32) options="-march=rv32imac -Wa,-march=rv32imac_zicsr -mabi=ilp32 -mcmodel=medany" ;; # as its target has it
    *) options=$(options_of "$2") ;;
    esac
    case $1-$2 in
    gcc-cortex-* | snnc-cortex-*) echo arm-none-eabi-gcc "$options" ;;
    clang-cortex-*) echo clang --target=arm-none-eabi -fshort-enums "$options" ;;
    gcc-riscv32 | snnc-riscv32) echo riscv64-unknown-elf-gcc "$options" ;;
    clang-riscv32) echo clang --target=riscv32-unknown-elf "$options" ;;
    gcc-aarch64 | snnc-aarch64 | gcc-riscv64 | snnc-riscv64) echo "$2-linux-gnu-gcc" "$options" ;;
    clang-aarch64 | clang-riscv64) echo clang "--target=$2-linux-gnu" "$options" ;;
    clang-wasm32 | snnc-wasm32) echo clang --target=wasm32 ;;
    esac
}

options_of() {
    case $1 in
    cortex-m0) echo "-mcpu=cortex-m0 -mthumb" ;;
    cortex-m3) echo "-mcpu=cortex-m3 -mthumb" ;;
    cortex-m4) echo "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard" ;;
    cortex-m55) echo "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard" ;;
    riscv32) echo "-march=rv32imafc -mabi=ilp32f -mcmodel=medany" ;;
    riscv64) echo "-march=rv64gc -mabi=lp64d" ;;
    esac
}

# The target of snnc.
target_of() {
    case $1 in
    cortex-m0 | cortex-m3) echo "$1" --soft-float ;;
    riscv32) echo riscv32imac --soft-float ;;
    riscv64) echo riscv64gc ;;
    *) echo "$1" ;;
    esac
}

script_of() {
    case $1 in
    cortex-m0) echo microbit.ld ;;
    cortex-m3 | cortex-m4) echo mps2.ld ;;
    cortex-m55) echo mps3.ld ;;
    riscv32) echo virt.ld ;;
    esac
}

emulator_of() {
    case $1 in
    cortex-m0) echo qemu-system-arm -M microbit ;;
    cortex-m3) echo qemu-system-arm -M mps2-an385 ;;
    cortex-m4) echo qemu-system-arm -M mps2-an386 ;;
    cortex-m55) echo qemu-system-arm -M mps3-an547 ;;
    riscv32) echo qemu-system-riscv32 -M virt -bios none ;;
    aarch64 | riscv64) echo "qemu-$1" ;;
    esac
}

# build_board COMPILER BOARD FOLDER: FOLDER/kws.elf or kws.wasm, and the network's own objects
build_board() {
    files="kws.c kws_weights.c main.c support.c"
    case $2 in
    cortex-*) files="$files semihost.c cortex_m.c" ;;
    riscv32) files="$files semihost.c riscv32.S" ;;
    wasm32) ;;
    *) files="kws.c kws_weights.c main.c linux.c" ;;
    esac
    objects=
    for file in $files; do
        compile_file "$1" "$2" "$3" "$file" || fail "$1 does not compile $file for $2"
    done
    link_board "$1" "$2" "$3"
}

# compile_file COMPILER BOARD FOLDER FILE
compile_file() {
    command=$(compiler_of "$1" "$2")
    object=$3/${4%.*}.o
    # shellcheck disable=SC2046,SC2086
    case $1-$4 in
    snnc-kws_weights.c) return ;;
    snnc-kws.c) "$snnc" -w $inference --target $(target_of "$2") -o "$object" ;;
    *-kws*.c) $command $strict -ffreestanding -c "$4" -o "$object" ;;
    *-linux.c) $(compiler_of gcc "$2") $strict -c "$here/$4" -o "$object" ;;
    *-support.c) $command $strict -ffreestanding $(no_calls "$command") -c "$here/$4" -o "$object" ;;
    *) $command $strict -ffreestanding $ways -iquote . -c "$here/$4" -o "$object" ;;
    esac && objects="$objects $object"
}

# Loops that copy must not become calls of the function that they are in.
no_calls() {
    case $1 in *gcc*) echo -fno-tree-loop-distribute-patterns ;; esac
}

# link_board COMPILER BOARD FOLDER: by GNU's linker, which finds the library of soft floats
link_board() {
    case $1 in clang) command=$(compiler_of gcc "$2") ;; *) command=$(compiler_of "$1" "$2") ;; esac
    # shellcheck disable=SC2086
    case $2 in
    wasm32) wasm-ld --no-entry --export=board_main --allow-undefined $objects -o "$3/kws.wasm" ;;
    aarch64 | riscv64) $command -static $objects -o "$3/kws.elf" ;;
    *) $command -nostdlib -z noexecstack -T "$here/$(script_of "$2")" -L "$here" $objects -lgcc -o "$3/kws.elf" ;;
    esac || fail "no image for $2 by $1"
}

# run_board BOARD FOLDER: FOLDER/said, and FOLDER/counts where instructions are counted
run_board() {
    rm -f "$2/counts"
    if [ "$1" = wasm32 ]; then
        node "$here/wasm.mjs" "$2/kws.wasm" > "$2/said"
        return
    fi
    at=0x$("$tools/llvm-nm" "$2/kws.elf" | awk '$3 == "board_mark" { print $1 }')
    command="$(emulator_of "$1") -plugin $build/count.so,at=$at,out=$2/counts"
    # shellcheck disable=SC2086
    case $1 in
    aarch64 | riscv64) $command "$2/kws.elf" > "$2/said" ;;
    *)
        $command -display none -monitor none -serial none -chardev stdio,id=text \
            -semihosting-config enable=on,target=native,chardev=text -kernel "$2/kws.elf" > "$2/said" < /dev/null
        ;;
    esac
}

# ---- one row ----

size_of() {
    "$tools/llvm-size" "$@" | awk 'NR > 1 { sum += $1 + $2 } END { print sum }'
}

macro() {
    sed -n "s/^#define $1 \\([0-9]*\\).*/\\1/p" kws.h
}

# row COMPILER BOARD NETWORK
row() {
    folder=$build/$3/$2-$1
    rm -rf "$folder"
    mkdir -p "$folder"
    build_board "$1" "$2" "$folder"
    equal=yes
    run_board "$2" "$folder" || equal="no: it failed"
    grep -v '^stack ' "$folder/said" | cmp -s "$build/$3/expected" - || equal=no
    [ "$equal" = yes ] || failed=1
    stack=$(sed -n 's/^stack \([1-9][0-9]*\)$/\1/p' "$folder/said")
    image=$folder/kws.elf
    case $2 in
    wasm32) image=$(wc -c < "$folder/kws.wasm") ;;
    aarch64 | riscv64) image=- ;;
    *) image=$(size_of "$image") ;;
    esac
    counts="- | -"
    [ ! -f "$folder/counts" ] ||
        counts=$(awk -v n="$samples" '{ printf "%d | %d", $2 / n, $3 }' "$folder/counts")
    state=$(macro KWS_STATE_BYTES) constants=$(macro KWS_FLASH_BYTES)
    # shellcheck disable=SC2046
    code=$(($(size_of $(ls "$folder"/kws*.o)) - constants))
    echo "| $2 | $1 | $code | $constants | $image | $state | ${stack:--} | $counts | $equal |"
}

# ---- a network ----

# What main.c has to know.
ways_of() {
    ! grep -q 'int32_t sample' kws.h || printf ' -DDRAWS'
    ! grep -q 'in\[KWS_STEPS\]' kws.h || printf ' -DTEMPORAL'
    ! grep -q 'const uint8_t in' kws.h || printf ' -DSPIKES'
    ! grep -q 'int32_t scores' kws.h || printf ' -DWHOLE'
    [ "$1" != clothes ] || printf ' -DBYTES'
}

# trained MODEL DATA SNNC-OPTIONS TRAINING: weights, and what the trainer predicts
trained() {
    # shellcheck disable=SC2086
    [ -f trained.safetensors ] || {
        "$snnc" -w "$1" $3 --kernels=event -o net.c
        $cc -std=c11 -D_XOPEN_SOURCE=700 -w -O3 -march=native -ffp-contract=off -DGENERATED="\"$PWD/net.c\"" "$here/trainer.c" \
            -o trainer -lm -lpthread -lz
        ./trainer train --quiet --force --data "$2" ${TRAINING:-$4} --no-test --out new.safetensors
        ./trainer predict --force --data "$2" --weights new.safetensors --out predicted.csv
        mv new.safetensors trained.safetensors
    }
    ./trainer samples "$2" "$samples" samples
}

# prepare NETWORK MODEL SNNC-OPTIONS: kws.c, and what has to be predicted of the samples
prepare() {
    inference="$2 $3 --weights trained.safetensors --infer --selftest=0"
    # shellcheck disable=SC2086
    "$snnc" -w $inference -o kws.c
    ways=$(ways_of "$1")
    # shellcheck disable=SC2086
    $cc $strict $ways -iquote . "$here/main.c" "$here/linux.c" kws.c kws_weights.c -o host
    ./host | grep -v '^stack ' > expected
    awk -v whole="${1#*-}" 'NR == FNR { split($0, c, ","); label[c[1]] = c[2]; class[c[1]] = c[3]; next }
         $2 != class[$1] { other++ } $2 == label[$1] { right++ } class[$1] == label[$1] { before++ }
         END { printf "%d samples of the test set, %d of them right", FNR, right
               if (whole == "int8") printf "; in floats %d, and %d of another class than in these", before, other
               print "."
               exit whole != "int8" && other > 0 }' predicted.csv expected ||
        fail "$1: the host does not predict what the trainer does"
}

# network NAME MODEL DATA SNNC-OPTIONS TRAINING: of NAME-int8 the weights of NAME
network() {
    mkdir -p "$build/${1%-*}" "$build/$1"
    cd "$build/${1%-*}"
    trained "$2" "$3" "$4" "$5"
    options=$4
    [ "$1" = "${1%-*}" ] || {
        cp trained.safetensors predicted.csv samples "../$1"
        options="$4 --quantize ${1#*-}"
        cd "../$1"
    }
    echo
    echo "$1: $(basename "$(dirname "$2")")/$(basename "$2") $options"
    prepare "$1" "$2" "$options"
    echo
    echo "| board | compiler | code | constants | image | state | stack | instructions | in the longest step | equal |"
    echo "|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for board in $boards; do
        for compiler in $compilers; do
            [ -n "$(compiler_of "$compiler" "$board")" ] || continue
            ! fits "$1" "$board-$compiler" || row "$compiler" "$board" "$1"
        done
    done
}

# fits NETWORK BOARD-COMPILER. Its rings of real numbers are more than the RAM of the smallest board; multiply-adds of real numbers, each
# rounded once, take minutes where there are no floats.
fits() {
    case $1-$2 in digits-cortex-m0-* | digits-cortex-m3-* | digits-riscv32-snnc) return 1 ;; esac
}

tools=$(llvm-config-19 --bindir)
$cc -O2 -shared -fPIC "$here/count.c" -o "$build/count.so"
[ $# -gt 0 ] || set -- clothes digits clothes-int8 digits-int8
for name; do
    case $name in
    clothes | clothes-int8) network "$name" "$root/examples/fashion_mnist/model.snn" "$clothes" "-D width=64" "--samples 12000 --epochs 4" ;;
    digits | digits-int8)
        [ -n "$digits" ] || {
            echo "skip $name: spoken digits as spikes (DIGITS names no folder with NAME_train.h5 and NAME_test.h5, nor SNN_DATA one with hd_spikes)"
            continue
        }
        network "$name" "$root/examples/shd_delays/model.snn" "$digits" "-D width=64" "--epochs 10 --batch 64"
        ;;
    *) fail "no network: $name (there are clothes, digits, clothes-int8, digits-int8)" ;;
    esac
done
exit $failed
