#!/bin/sh
# What `make install` puts somewhere works there, and wherever it is moved to.
#
#     tests/library.sh        BUILD=dir  CC=command

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$root/build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cc=${CC:-cc}
. "$root/tests/run/lib.sh"
cd "$root" || exit 1
make -s install BUILD="$build" DESTDIR="$work/the stage" PREFIX=/opt/snn > "$work/messages" 2>&1 || {
    cat "$work/messages" >&2
    exit 1
}
cd "$work" && mv "the stage/opt/snn" moved && cp "$root/tests/run/shapes.snn" . || exit 1
touch trained.safetensors # what no refusal may touch: see lib.sh
$cc -D_XOPEN_SOURCE=700 -std=c11 -O1 "$root/tests/run/idx.c" -o idx && mkdir data && ./idx data || exit 1
snnc=$work/moved/bin/snnc
# From a clean tree, too: make knows no files that it has only just made in a new folder, the shell does.
shows "library: the shell finds what is loaded" 'for file in .*/snnc-\*\.so' make -s -n -C "$root" install BUILD="$work/none" DESTDIR="$work/stage"
trains() { "$@" train --quiet --data data --epochs 1 --force --out "$out.safetensors"; }

"$snnc" shapes.snn -o pasted.c && $cc -O1 -ffp-contract=off pasted.c -o pasted -lm -lpthread -lz && out=pasted &&
    trains ./pasted > messages 2>&1 || fail "library: C" "$(cat messages)"

# A program in C that is linked with the library.
"$snnc" shapes.snn --no-runtime -o linked.c
flags=$(PKG_CONFIG_PATH=moved/lib/pkgconfig pkg-config --cflags --libs snn_rt)
# shellcheck disable=SC2086
passes "library: pkg-config finds headers and library" $cc -O1 -ffp-contract=off linked.c -o linked $flags
out=linked
passes "library: what is linked trains" trains ./linked
same "library: the same bits" pasted.safetensors linked.safetensors

# By LLVM, which takes the library by itself.
out=llvm
passes "library: a program by LLVM" "$snnc" shapes.snn --backend=llvm -o llvm
passes "library: it trains" trains ./llvm
same "library: the same bits by LLVM" pasted.safetensors llvm.safetensors

mv moved/lib/snnc/libsnn_rt.a elsewhere.a
refuses "library: the library is missing" 1 '^snnc: libsnn_rt\.a is missing, .*: install snnc again$' "$snnc" shapes.snn --backend=llvm -o never
mv moved/lib/snnc/snnc-llvm.so elsewhere.so
refuses "library: LLVM is missing" 1 '^snnc: snnc-llvm\.so is missing, .*: build snnc where there is LLVM 19 \(Debian: llvm-19-dev\), or install it again$' \
    "$snnc" shapes.snn --backend=llvm -o never
refuses "library: nor can it run" 1 '^snnc: snnc-llvm\.so is missing, .*; or let the C compiler make a program: `snnc shapes\.snn -o program`$' \
    "$snnc" run shapes.snn train

echo "library: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
