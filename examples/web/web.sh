#!/bin/sh
# Trains the networks of the pages and puts these together in BUILD/page; then Chromium, if there is one, draws digits and plays some.
#
#     examples/web/web.sh        BUILD=dir  SNNC=path  CC=command
#                                MNIST=dir, with train-images-idx3-ubyte and so on, packed by gzip or not
#                                SPOKEN=dir, with recordings 0_george_0.wav and so on; without it there is no page of them
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
cc=${CC:-cc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac

# absolute DIR
absolute() {
    case $1 in "" | /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}
mnist=$(absolute "${MNIST:-${SNN_DATA:+$SNN_DATA/mnist}}")
spoken=$(absolute "${SPOKEN:-${SNN_DATA:+$SNN_DATA/fsdd/recordings}}")
mkdir -p "$build/page-work" "$build/page"
page=$(cd "$build/page" && pwd)
cd "$build/page-work"

# trained NAME MODEL FOLDER: NAME.safetensors, where there is none yet
trained() {
    [ ! -f "$1.safetensors" ] || return 0
    "$snnc" -w "$2" --kernels=event -o "$1"
    "./$1" train --data "$3" --force --out new.safetensors
    mv new.safetensors "$1.safetensors"
}

# webassembly NAME MODEL FILE.c SCRIPT: SCRIPT, which has the network and what of it the page calls. A page from a file may not fetch
# another file, but it may run one. `--without=memory`: what fired stays in the state until the page has seen it.
webassembly() {
    options="--target=wasm32 -std=c99 -O2 -ffreestanding -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra -Werror"
    "$snnc" -w "$2" --weights "$1.safetensors" --infer --selftest=0 --without=memory -o "$1.c"
    for file in "$1.c" "$1_weights.c" "$3" "$here/../boards/support.c"; do
        # shellcheck disable=SC2086
        clang $options -iquote . -c "$file" -o "page_$(basename "$file" .c).o"
    done
    # shellcheck disable=SC2046
    wasm-ld --no-entry --strip-all $(sed -n 's/^[a-z].*[ *]\(web_[a-z]*\)(.*/--export=\1/p' "$3") \
        "page_$1.o" "page_$1_weights.o" "page_$(basename "$3" .c).o" page_support.o -o "$1.wasm"
    { printf 'const NET = "'; base64 -w 0 "$1.wasm"; echo '";'; } > "$page/$4"
}

# recordings SPEAKER...: of the test set, one of each digit, with what the network hears; and what the trainer says of them
recordings() {
    echo 'const RECORDINGS = ['
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        for speaker; do
            file=$spoken/${digit}_${speaker}_0.wav
            ./listen "$file" > bands
            ./spoken predict "$file" --weights spoken.safetensors --out - | awk -F, 'NR == 2 { print $2 }' >> expected
            printf '{ digit: %d, speaker: "%s", wav: "%s", bands: "%s" },\n' "$digit" "$speaker" "$(base64 -w 0 "$file")" "$(base64 -w 0 bands)"
        done
    done
    echo '];'
}

[ -f digit.safetensors ] || [ -n "$mnist" ] || {
    echo "web.sh: MNIST=DIR has to name the folder with MNIST; README.md says where it is from" >&2
    exit 1
}
trained digit "$here/model.snn" "$mnist"
webassembly digit "$here/model.snn" "$here/web.c" net.js
cp "$here/style.css" "$here/spikes.js" "$here/page.js" "$page"
rm -f expected
if [ -d "$spoken" ]; then
    model=$here/../speech_conv/model.snn
    trained spoken "$model" "$spoken"
    webassembly spoken "$model" "$here/spoken_web.c" spoken-net.js
    "$snnc" -w "$model" --kernels=event -o spoken
    "$snnc" -w "$model" --kernels=event -o listened.c
    $cc -std=c11 -D_XOPEN_SOURCE=700 -w -O1 -ffp-contract=off -DGENERATED="\"$PWD/listened.c\"" "$here/listen.c" -o listen -lm -lpthread -lz
    recordings george jackson lucas > "$page/recordings.js"
    cp "$here/index.html" "$here/spoken.html" "$here/spoken.js" "$page"
else
    echo "skip the page of spoken digits: SPOKEN=DIR may name the folder with recordings; README.md says where they are from"
    sed '/href="spoken.html"/d' "$here/index.html" > "$page/index.html"
    rm -f "$page/spoken.html"
fi
echo "open $page/index.html"
if command -v chromium > /dev/null 2>&1 && command -v node > /dev/null 2>&1; then
    node "$here/test.mjs" "$page" expected
else
    echo "skip the test of the pages: it takes chromium and node"
fi
