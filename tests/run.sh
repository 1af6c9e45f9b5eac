#!/bin/sh
# Whole programs: a small model is compiled by snnc and by the C compilers, trained, interrupted, resumed and
# given bad input. The parts are tests/run/*.sh; everything is written below $BUILD/run.
#
#     tests/run.sh [PART...]           e.g. tests/run.sh compile train
#     BUILD=dir  SNNC=path  CC=command  SANITIZE=flags

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
mkdir -p "$build/run" && work=$(cd "$build/run" && pwd) || exit 1
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
case $build in /*) ;; *) build=$PWD/$build ;; esac
cc=${CC:-cc}
native="$cc -march=native" # kernels for one processor compile sooner than those for several
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror"
libraries="-lm -lpthread -lz"
. "$root/tests/run/lib.sh"

if [ ! -x "$snnc" ]; then
    echo "run: there is no $snnc: run make" >&2
    exit 1
fi
rm -rf "$work"
mkdir -p "$work/data" && cd "$work" || exit 1
cp "$root/tests/run/shapes.snn" .
for tool in idx stop; do
    $cc -D_XOPEN_SOURCE=700 -std=c11 -O1 $warnings "$root/tests/run/$tool.c" -o $tool || exit 1
done
./idx data || exit 1
# In each part, ./shapes is the trainer, data/ is good and trained.safetensors is a checkpoint of it.
"$snnc" shapes.snn -o shapes.c || exit 1
compile_c "$native" -O1 shapes.c shapes || exit 1
./shapes train --quiet --data data --epochs 2 --out trained.safetensors > messages 2>&1 || {
    cat messages >&2
    exit 1
}

[ $# -gt 0 ] || set -- compile parts target train modes interrupt data shd npy wav csv pictures checkpoint files big_endian command report snnc memory
for part in "$@"; do
    . "$root/tests/run/$part.sh"
done

echo "run: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
