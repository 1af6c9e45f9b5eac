#!/bin/sh
# Looks for texts that make the compiler crash, hang or report an internal error, and for files and command lines that do
# so with the readers of generated programs. `make fuzz` builds what this needs.
#
#     tests/fuzz/fuzz.sh [compiler] [readers]      BUILD=folder  SECONDS_EACH=n (60)  SEED=n (by the clock)
#
# What is found lies in BUILD/found: run BUILD/fuzz_compiler FILE to see it again. The corpus stays in BUILD/corpus.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
build=${BUILD:-build/fuzz}
seconds=${SECONDS_EACH:-60}
flags="-g -O1 -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -iquote compiler -iquote backends -iquote backends/interp $(printf ' -iquote %s' runtime/*/)
       -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all"

build_target() {
    # shellcheck disable=SC2086
    clang $flags "tests/fuzz/$1.c" "$build/libsnnc.a" "$build/libsnn_rt.a" -lm -lpthread -lz -o "$build/fuzz_$1"
}

# Every model there is, and the examples of the language reference.
compiler_seeds() {
    for file in examples/*/*.snn tests/golden/models/*.snn tests/errors/*.snn tests/run/*.snn tests/bench/*.snn \
        compiler/library/*.snn; do
        cp "$file" "$1/$(echo "$file" | tr / _)"
    done
    awk -v folder="$1" '/^```snn/ { file = folder "/reference" ++n; next } /^```/ { file = "" } file { print > file }' \
        grammar/README.md README.md
}

readers_seeds() {
    header='{"w":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[3],"data_offsets":[24,36]},"__metadata__":{"snnc_checkpoint":"1","model":"m","optimizer":"sgd","steps":"3","seed":"1","batch":"2","samples":"4","epoch":"1","epochs":"2","updates":"2","lr":"0.1"}}'
    {
        printf '\000'
        printf "\\$(printf %o $((${#header} % 256)))\\$(printf %o $((${#header} / 256)))\\0\\0\\0\\0\\0\\0"
        printf '%s' "$header"
        head -c 36 /dev/zero
    } > "$1/checkpoint"
    printf '\000\000\010\003\000\000\000\001\000\000\000\002\000\000\000\0021234' > "$1/plain"
    { printf '\001'; cat "$1/plain"; } > "$1/images"
    { printf '\001'; gzip -nc "$1/plain"; } > "$1/compressed"
    printf '\001\000\000\015\003\000\000\000\001\000\000\000\001\000\000\000\001\077\200\000\000' > "$1/reals"
    printf '\002{"a \\u00e9 \\ud83d\\ude00": 12' > "$1/json"
    printf '\003train\n--epochs=3\n--batch\n4\n--out\na\n--lr\n1e-3\n--threads\n2' > "$1/options"
    printf '\003test\n--data\na\n--weights\nb' > "$1/options_test"
    for file in tests/golden/hdf5/*.h5; do
        { printf '\004'; cat "$file"; } > "$1/$(basename "$file")"
    done
    for file in tests/golden/npy/*.np[yz]; do
        { printf '\006'; cat "$file"; } > "$1/$(basename "$file")"
    done
    for file in tests/golden/sound/*.wav tests/golden/sound/*.flac; do
        { printf '\007'; cat "$file"; } > "$1/$(basename "$file")"
    done
    printf '\005#!AER-DAT2.0\r\n\000\000\001\011\000\000\000\000' > "$1/aedat2"
    printf '\005#!AER-DAT3.1\r\n#!END-HEADER\r\n\001\000\000\000\010\000\000\000\004\000\000\000' > "$1/aedat3"
    printf '\005%% evt 2.0\n\000\000\000\200\001\040\000\020' > "$1/evt2"
    printf '\005%% evt 3.0\n%% end\n\000\200\000\140\001\000\004\050' > "$1/evt3"
    printf '\010run,a,"b"\r\np,1,-2\np,1e3,""\n' > "$1/table"
    printf '\005\001\002\200\000\012\003\004\000\000\024' > "$1/nmnist"
    printf '\005%% Version 2\n%% Width 34\n%% Height 34\n\000\010\001\000\000\000\001\100\000\020' > "$1/dat"
    for file in tests/golden/png/*.png tests/golden/jpeg/*.jpg; do
        { printf '\011'; cat "$file"; } > "$1/$(basename "$file")"
        { printf '\014'; cat "$file"; } > "$1/coloured_$(basename "$file")"
    done
    for file in tests/golden/hdf5/*.h5; do
        { printf '\015'; cat "$file"; } > "$1/set_$(basename "$file")"
    done
    for file in tests/golden/npy/*.npz; do
        { printf '\016'; cat "$file"; } > "$1/set_$(basename "$file")"
        { printf '\017'; cat "$file"; } > "$1/target_$(basename "$file")"
    done
    printf '\020run,a,b,kind,day\np,1,2,x,1\nq,3,4,y,1\nr,5,6,x,3\nr,5,7,x,3\n' > "$1/set_table"
    printf '\021run,a,b,kind,day\np,1,2,x,1\np,1,2,,1\nq,3,4,y,1\nr,5,6,x,3\nr,5,7,y,3\n' > "$1/steps_table"
    printf '\012{"epoch": 1, "train_loss": 1.5, "firing_rate": {"a": 0.1}}\n{"epoch": 2, "train_loss": 0.' > "$1/log"
    printf '\013param w: [2, 3]\nh: v = 2\n' > "$1/text"
    rm "$1/plain"
}

fuzz() {
    corpus=$build/corpus/$1 seeds=$build/seeds/$1
    rm -rf "$seeds"
    mkdir -p "$corpus" "$seeds" "$build/found"
    build_target "$1"
    "$1_seeds" "$seeds"
    echo "fuzz: $1 for $seconds s, $(ls "$seeds" "$corpus" | wc -l) texts to begin with"
    # shellcheck disable=SC2086
    "$build/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -max_len=16384 \
        -print_final_stats=1 -artifact_prefix="$build/found/$1." ${SEED:+-seed=$SEED} "$corpus" "$seeds" \
        > "$build/$1.log" 2>&1 || {
        tail -n 60 "$build/$1.log"
        echo "fuzz: $1: found something: see $build/found and $build/$1.log" >&2
        exit 1
    }
    grep -E '^fuzz: |^#[0-9]+.*DONE' "$build/$1.log"
    [ "$1" != compiler ] || grep -q '^fuzz: .* texts, [1-9][0-9]* of them models, [1-9]' "$build/$1.log" || {
        echo "fuzz: no text was a model" >&2
        exit 1
    }
}

[ $# -gt 0 ] || set -- compiler readers
for target in "$@"; do
    fuzz "$target"
done
echo "fuzz: nothing found"
