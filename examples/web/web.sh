#!/bin/sh
# Trains the network of the page and puts the page together in BUILD/page; then Chromium, if there is one, draws digits on it.
#
#     examples/web/web.sh        BUILD=dir  SNNC=path  MNIST=dir, with train-images-idx3-ubyte and so on, packed by gzip or not
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
mnist=${MNIST:-${SNN_DATA:+$SNN_DATA/mnist}}
case $mnist in "" | /*) ;; *) mnist=$PWD/$mnist ;; esac
mkdir -p "$build/page-work" "$build/page"
page=$(cd "$build/page" && pwd)
cd "$build/page-work"

[ -f digit.safetensors ] || {
    [ -n "$mnist" ] || {
        echo "web.sh: MNIST=DIR has to name the folder with MNIST; README.md says where it is from" >&2
        exit 1
    }
    "$snnc" "$here/model.snn" -o digit
    ./digit train --data "$mnist" --force --out new.safetensors
    mv new.safetensors digit.safetensors
}
"$snnc" "$here/model.snn" --weights digit.safetensors --infer --selftest=0 -o digit.c
options="--target=wasm32 -std=c99 -O2 -ffreestanding -ffp-contract=off -Wall -Wextra -Werror"
for file in digit.c digit_weights.c "$here/web.c" "$here/../boards/support.c"; do
    # shellcheck disable=SC2086
    clang $options -iquote . -c "$file" -o "$(basename "$file" .c).o"
done
# shellcheck disable=SC2046
wasm-ld --no-entry --strip-all $(sed -n 's/^[a-z].*[ *]\(web_[a-z]*\)(.*/--export=\1/p' "$here/web.c") \
    digit.o digit_weights.o web.o support.o -o digit.wasm
cp "$here/index.html" "$here/style.css" "$here/page.js" "$page"
# A page from a file may not fetch another file, but it may run one.
{ printf 'const NET = "'; base64 -w 0 digit.wasm; echo '";'; } > "$page/net.js"
echo "open $page/index.html"
if command -v chromium > /dev/null 2>&1 && command -v node > /dev/null 2>&1; then
    node "$here/test.mjs" "$page"
else
    echo "skip the test of the page: it takes chromium and node"
fi
