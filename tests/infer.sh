#!/bin/sh
# Inference as C: for the models of tests/infer and small examples, what `snnc --infer` writes predicts the test set as
# `predict` of the trainer does, to the bit, by gcc and clang, optimised or not, and for other processors; it compiles
# without a warning, needs nothing but itself, takes as much memory as it says; objects by LLVM and libraries predict the same; and
# what cannot be is refused.
#
#     tests/infer.sh [MODEL...]        e.g. tests/infer.sh delays
#     BUILD=dir  SNNC=path

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
case $build in /*) ;; *) build=$PWD/$build ;; esac
. "$root/tests/run/lib.sh"
. "$root/tests/run/ways.sh"
. "$root/tests/run/stack.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bars_and_sparks
mkdir pictures

# 60 images of 28 x 28, for the examples: in some rows of each class, more pixels are bright than elsewhere.
picture_files() {
    { printf '\000\000\010\003\000\000\000\074\000\000\000\034\000\000\000\034'
      awk 'BEGIN { srand(1); for (i = 0; i < 60; i++) for (y = 0; y < 28; y++) for (x = 0; x < 28; x++)
                       printf "%c", rand() < (int(y / 2) % 10 == i % 10 ? 0.8 : 0.2) ? 155 + int(rand() * 100) : 1 + int(rand() * 40); }'
    } > "pictures/$1-images-idx3-ubyte"
    { printf '\000\000\010\001\000\000\000\074'
      for round in 1 2 3 4 5 6; do printf '\000\001\002\003\004\005\006\007\010\011'; done
    } > "pictures/$1-labels-idx1-ubyte"
}
# npy FILE TYPE SHAPE: an array of NumPy, whose bytes are numbers that come in
npy() {
    { printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$2', 'fortran_order': False, 'shape': ($3,), }"
      # shellcheck disable=SC2059
      printf "$(awk '{ printf "\\%03o", $1 }')"
    } > "$1"
}

# 24 sequences of at most 12 steps of 8 spikes: each class has its own channels, and ends when it likes.
sequence_files() {
    mkdir -p sequences
    awk 'BEGIN { srand(2); for (i = 0; i < 24; i++) for (t = 0; t < 12; t++) for (n = 0; n < 8; n++)
             print (t < 1 + i * 5 % 12) * (rand() < (int(n / 2) == i % 4 ? 0.7 : 0.2)) }' | npy "sequences/$1_samples.npy" '|u1' '24, 12, 8'
    awk 'BEGIN { for (i = 0; i < 24; i++) print i % 4 }' | npy "sequences/$1_labels.npy" '|u1' 24
    awk 'BEGIN { for (i = 0; i < 24; i++) print 1 + i * 5 % 12 }' | npy "sequences/$1_lengths.npy" '|u1' 24
}
sequence_files train
sequence_files test
picture_files train
picture_files t10k

# 60 words of 6 steps of 300 spikes, 3 at the first, about 60 at the last; in each class, more channels have some than elsewhere.
word_files() {
    { printf '\000\000\010\003\000\000\000\074\000\000\000\006\000\000\001\054'
      awk 'BEGIN { srand(2); for (i = 0; i < 60; i++) for (t = 0; t < 6; t++) for (n = 0; n < 300; n++)
                       printf "%03o\n", rand() < (n % 10 == i % 10 ? 0.02 : 0.005) * (t + 1) * (t + 2) ? 1 : 0; }' |
          while read -r byte; do printf "\\$byte"; done
    } > "words/$1-images-idx3-ubyte"
    cp "pictures/$1-labels-idx1-ubyte" "words/$1-labels-idx1-ubyte"
}
mkdir words

strict="-std=c99 -DKWS_SELFTEST -ffp-contract=off -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wcast-qual -Wdouble-promotion -Werror"

# predicts NAME DATA RUN COMPILER OPTION...: that of the trainer
predicts() {
    name=$1 data=$2 runs=$3
    shift 3
    # shellcheck disable=SC2046,SC2086
    "$@" $strict -ffreestanding -c kws.c -o kws.o > messages 2>&1 &&
        "$@" $strict -c kws_weights.c -o kws_weights.o >> messages 2>&1 &&
        "$@" -std=c99 -DKWS_SELFTEST $(ways) -iquote . "$root/tests/run/infer.c" kws.o kws_weights.o -o inferred >> messages 2>&1 &&
        $runs ./inferred "$data" > inferred.csv 2>> messages && cmp predicted.csv inferred.csv >> messages 2>&1
    if [ $? -eq 0 ]; then
        ok "$name: predicts as the trainer, by $*"
    else
        fail "$name: not what the trainer predicts, by $*"
        show_messages
    fi
}

# predicts_linked NAME DATA RUN COMPILER OPTION...: what is written as it is linked, kws.o or libkws.so
predicts_linked() {
    name=$1 data=$2 runs=$3
    shift 3
    # shellcheck disable=SC2046
    "$@" -std=c99 $(ways) -iquote . "$root/tests/run/infer.c" -L. $linked -o inferred > messages 2>&1 &&
        $runs ./inferred "$data" > inferred.csv 2>> messages && cmp predicted.csv inferred.csv >> messages 2>&1
    if [ $? -eq 0 ]; then
        ok "$name: predicts as the trainer"
    else
        fail "$name: not what the trainer predicts"
        show_messages
    fi
}

# object NAME DATA SNNC-OPTION...: by LLVM
object() {
    what=$1 samples=$2
    shift 2
    rm -f kws.h kws.o
    passes "$what: an object" "$snnc" -w "$@" --weights trained.safetensors --infer -o kws.o
    linked=kws.o
    predicts_linked "$what, an object" "$samples" "" gcc
}

# For other processors by LLVM; by the C compiler, too; and as libraries.
objects_elsewhere() {
    for target in aarch64-linux-gnu:aarch64 arm-linux-gnueabihf:armv7 riscv64-linux-gnu:riscv64gc; do
        machine=${target%:*}
        passes "$1: an object for $machine" "$snnc" -w "$3" --weights trained.safetensors --infer --target "${target#*:}" -o kws.o
        predicts_linked "$1, an object for $machine" "$2" "qemu-${machine%%-*}-static" "$machine-gcc" -static
    done
    passes "$1: an object by C" "$snnc" -w "$3" --weights trained.safetensors --infer --backend=c -o kws.o
    predicts_linked "$1, an object by C" "$2" "" gcc
    linked=-lkws
    for backend in c llvm; do
        passes "$1: a library by $backend" "$snnc" -w "$3" --weights trained.safetensors --infer --backend=$backend -o libkws.so
        predicts_linked "$1, a library by $backend" "$2" "env LD_LIBRARY_PATH=." gcc
        if nm -D --defined-only libkws.so | grep -qv ' T kws_'; then fail "$1: a library by $backend shows more"; else ok "$1: it shows its functions alone"; fi
    done
}

# Objects for processors without a system need nothing at all, but the compiler's own library where there is no unit for floats.
check_bare() {
    for target in cortex-m0 cortex-m3 cortex-m4 cortex-m7 cortex-m33 cortex-m55 riscv32imac wasm32 avr; do
        rm -f kws.o
        passes "an object for $target" "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors --infer --soft-float \
            --target $target -o kws.o
        flash=$(llvm-size-19 -A kws.o | awk '$1 ~ /^[.]rodata($|[.]kws_)/ { sum += $2 } END { print sum + 0 }') # LLVM may do without some
        if [ "$flash" -gt "$(macro KWS_FLASH_BYTES)" ]; then
            fail "$target: constants of $flash bytes, not $(macro KWS_FLASH_BYTES)"
        else
            ok "$target: no constants but those of the header"
        fi
        llvm-nm-19 -u kws.o 2> /dev/null | awk '{ print $2 }' > needed
        needs=$(grep -vE '^__(aeabi_.*|(add|sub|mul|div)[sd]f3|(un)?ordd?s?f2|unord[sd]f2|[gln][te][sd]f2|eq[sd]f2|extendsfdf2|truncdfsf2|float.*|fix.*|stack_pointer|(u?div|u?mod|mul).i[34]|mul[hsd]i3|.*mod.*[hs]i4|do_.*|ashl.*|lshr.*)$' needed)
        if [ -f kws.o ] && ! grep -q mem needed && [ -z "$needs" ]; then ok "$target: it needs no library"; else fail "$target: it needs $needs" "$(cat needed)"; fi
    done
    for target in cortex-m4:arm-none-eabi-gcc riscv32imac:riscv64-unknown-elf-gcc; do
        command -v "${target#*:}" > /dev/null || {
            echo "infer: there is no ${target#*:}: what it makes for ${target%:*} is not tested"
            continue
        }
        passes "an object for ${target%:*}, by ${target#*:}" "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors \
            --infer --soft-float --backend=c --target "${target%:*}" -o kws.o
    done
}

# For other processors, as the tests of targets.sh.
predicts_elsewhere() {
    for machine in aarch64-linux-gnu arm-linux-gnueabihf riscv64-linux-gnu; do
        predicts "$1" "$2" "qemu-${machine%%-*}-static" "$machine-gcc" -O2 -static
    done
}

# predicts_ends NAME COMPILER OPTION...: of samples that end early, by kws.c or `linked`, what the trainer does, or `said`
predicts_ends() {
    which=$1
    shift
    # shellcheck disable=SC2046,SC2086
    "$@" -w -DSNN_ONE_LEVEL $(ways) $also -iquote . -iquote "$root/tests/run" -DGENERATED='"ends.c"' "$root/tests/bench/predictions.c" $linked -o inferred \
        -lm -lpthread -lz > messages 2>&1 && ./inferred sequences > inferred.csv 2>> messages && cmp $said inferred.csv >> messages 2>&1
    if [ $? -eq 0 ]; then ok "$which"; else fail "$which"; show_messages; fi
}

# check_ends MODEL NAME STEPS [OPTION]: samples that end early, step by step, of which kws_run_steps makes so many, and whole; of reals and
# of whole numbers, as C and as an object. OPTION is for predictions.c, step by step.
check_ends() {
    take="$snnc -w $1 --weights trained.safetensors --infer"
    learns "$2" sequences "$1" && "$snnc" -w "$1" -o ends.c
    whole_samples=
    while :; do
        [ -z "$whole_samples" ] && behind=${4:-} || behind=
        form="$2${whole_samples:+, whole samples}" also=$behind said=predicted.csv linked="kws.c kws_weights.c"
        passes "$form: written" $take $whole_samples -o kws.c
        says "$form: the header tells how" kws.h 'kws_status kws_run_steps\(kws_state \*state, .*, int32_t steps, kws_output \*out\);'
        [ -n "$whole_samples" ] || says "$form: the last step that is made" kws.c "^    for \(int32_t t = 0; t < $3 - 1; t\+\+\)"
        predicts_ends "$form" gcc -O2 -ffp-contract=off
        predicts_ends "$form, checked" gcc -O1 -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover
        linked=kws.o
        passes "$form: an object" $take $whole_samples -o kws.o
        predicts_ends "$form, an object" gcc -O2
        also="-DWHOLE_NUMBERS $behind" said=said.csv linked="kws.c kws_weights.c"
        passes "$form, int8" $take $whole_samples --quantize int8 --data sequences --samples 24 --predictions said.csv -o kws.c
        [ -n "$whole_samples" ] || says "$form, int8: the last step that is made" kws.c "^    for \(int32_t t = 0; t < $3 - 1; t\+\+\)"
        predicts_ends "$form, int8" clang -O2
        linked=kws.o
        passes "$form, int8: an object" $take $whole_samples --quantize int8 -o kws.o
        predicts_ends "$form, int8, an object" gcc -O2
        [ -z "$whole_samples" ] || break
        whole_samples=--whole
    done
    also=
}

# What is predicted for each step is told of the last one that a sample has.
check_last_step() {
    for part in train test; do
        awk 'BEGIN { for (i = 0; i < 24 * 12; i++) print int(i / 12) % 4 }' | npy sequences/${part}_labels.npy '|u1' '24, 12'
    done
    sed '/sums  =/d; s/spikes)/spikes, label_temporal)/; s/predict.*/predict argmax(shape)/
         s/loss .*/loss mean(cross_entropy(shape, label), where = present)/' "$root/tests/infer/ends.snn" > each.snn
    "$snnc" -w each.snn -o ends.c && "$snnc" run -w each.snn train --quiet --data sequences --epochs 3 --out each.safetensors > messages 2>&1 &&
        "$snnc" run -w each.snn predict --data sequences --weights each.safetensors --out each.csv > messages 2>&1
    awk -F, 'NR > 2 && $1 != was { print row } { was = $1; row = $0; sub(/^[^,]*,[^,]*,[^,]*,/, was ",", row) } END { print row }' each.csv > last.csv
    for whole_samples in "" --whole; do
        passes "of each step${whole_samples:+, $whole_samples}" "$snnc" -w each.snn --weights each.safetensors --infer $whole_samples -o kws.c
        [ -n "$whole_samples" ] || says "of each step: the last step that is made" kws.c '^    for \(int32_t t = 0; t < steps - 1; t\+\+\)'
        # shellcheck disable=SC2046
        gcc -O1 -ffp-contract=off -w -DSNN_ONE_LEVEL $(ways) -iquote . -iquote "$root/tests/run" -DGENERATED='"ends.c"' \
            "$root/tests/bench/predictions.c" kws.c kws_weights.c -o inferred -lm -lpthread -lz > messages 2>&1 && ./inferred sequences > inferred.csv
        sed '1d; s/^\([^,]*\),[^,]*,/\1,/' inferred.csv > ends.csv
        if cmp last.csv ends.csv > messages 2>&1 && [ -s ends.csv ]; then
            ok "of each step${whole_samples:+, $whole_samples}: the last one"
        else
            fail "of each step${whole_samples:+, $whole_samples}: not the last one"
            show_messages
        fi
    done
}

# What never fires agrees with everything: so many scores have to be different ones.
scores_differ() {
    rows=$(wc -l < predicted.csv) kinds=$(cut -d, -f4- predicted.csv | sort -u | wc -l)
    [ $((8 * kinds)) -gt "$rows" ] && return
    echo "among $((rows - 1)) samples, there are only $((kinds - 1)) different scores: let its neurons fire"
    return 1
}

# learns NAME DATA SNNC-OPTION...: trained.safetensors, and what its trainer predicts, of each sample alone the same
learns() {
    name=$1 data=$2
    shift 2
    "$snnc" -w "$@" -O1 -o trainer > messages 2>&1 &&
        ./trainer train --quiet --force --data "$data" --epochs 6 --batch 6 --lr 0.005 --out trained.safetensors > messages 2>&1 &&
        ./trainer predict --force --data "$data" --weights trained.safetensors --out predicted.csv > messages 2>&1 &&
        ./trainer predict --force --batch 1 --data "$data" --weights trained.safetensors --out alone.csv > messages 2>&1 &&
        cmp predicted.csv alone.csv > messages 2>&1 && scores_differ > messages && return 0
    fail "$name: it does not learn, or its predictions depend on each other"
    show_messages
    return 1
}

# follows MODEL [OPTION...]: of bars, as C by one compiler
follows() {
    model=$1
    shift
    passes "$model: written" "$snnc" -w "$root/tests/infer/$model.snn" --weights trained.safetensors --infer "$@" -o kws.c
    predicts "$model${*:+, $*}" bars "" gcc -O2
}

# clean WHAT: a checker finds nothing in kws.c, as one compiler sees it
clean() {
    passes "$1: cppcheck finds nothing" cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
        --std=c99 -D__GNUC__ kws.c
}

# infers MODEL DATA SNNC-OPTION...
infers() {
    learns "$@" || return
    what=$1 samples=$2
    shift 2
    passes "$what: written" "$snnc" -w "$@" --weights trained.safetensors --infer -o kws.c --report kws.json
    passes "$what: its size, where nothing is aligned" gcc -std=c99 -fpack-struct=1 -fsyntax-only -x c kws.h
    predicts "$what" "$samples" "" gcc -O2
    predicts "$what" "$samples" "" clang -O3
    predicts "$what" "$samples" "" gcc -O0 -fsanitize=address,undefined -fno-sanitize-recover
    check_report "$what"
    clean "$what"
    object "$what" "$samples" "$@"
}

# The sum over layers.
reported_by_layers() {
    sed -n "s/^            \"$1\": \([0-9.e+]*\),*\$/\1/p" kws.json | awk '{ sum += $1 } END { print sum + 0 }'
}

# equals NAME IS EXPECTED
equals() {
    if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "$2, not $3"; fi
}

# The report says what objects have.
check_report() {
    "${CC:-cc}" -std=c99 -O1 -c kws_weights.c -o kws_weights.o
    equals "$1: reported flash" "$(reported flash_bytes)" "$(flash_of)"
    equals "$1: the same by layers" "$(reported_by_layers flash_bytes)" "$(flash_of)"
    equals "$1: reported RAM" "$(reported ram_bytes)" "$(macro KWS_STATE_BYTES)"
    equals "$1: the same by layers" "$(reported_by_layers ram_bytes)" "$(macro KWS_STATE_BYTES)"
    stack_is_at_most "$1" "$(reported stack_bytes)"
}

# With rates: those of a test, and made-up ones.
check_rates() {
    model=$root/tests/infer/delays.snn
    passes "the trainer measures rates" ./trainer test --data sparks --weights trained.safetensors --rates rates.json
    says "of inputs and neurons" rates.json '^\{"firing_rate": \{"image": 0\.[0-9]+, .*"a": 0\.[0-9]+'
    report="$snnc -w $model --weights trained.safetensors --infer --rates rates.json --report"
    passes "a report with rates" $report kws.json
    most=$(reported_by_layers worst_operations)
    if awk "BEGIN { exit !($(reported_by_layers expected_operations) < $most) }"; then
        ok "fewer operations are expected than there are at most"
    else
        fail "$(reported_by_layers expected_operations) operations expected, of $most"
    fi
    cp rates.json measured.json
    sed 's/: [0-9][^ ,}]*/: 1/g' measured.json > rates.json && $report kws.json
    equals "all spike: the most operations" "$(reported_by_layers expected_operations)" "$most"
    sed 's/: [0-9][^ ,}]*/: 0/g' measured.json > rates.json && $report kws.json
    equals "none does: products of a mean only" "$(reported_by_layers synaptic_operations)" 48
    shows "silent layers are named" '`a` is nearly silent: 0 spikes' $report -
    echo '{"firing_rate": {"a": 0.5}}' > rates.json
    shows "what is not known is told" 'No rate of `image` is known: it is taken to spike always' $report -
    passes "a page" $report kws.html
    says "with the network and its layers" kws.html '<th>a</th><td class="share"'
    refuses "no rates" 1 'no rates \(bars\)|no rates \(kws.c\)' \
        "$snnc" -w "$model" --weights trained.safetensors --infer --rates kws.c --report kws.json
    refuses "rates are no weights" 1 'it is no rates; give another --rates FILE' \
        ./trainer test --data sparks --weights trained.safetensors --rates trained.safetensors
}

# Where all is too large: by one byte.
check_device() {
    model=$root/tests/infer/delays.snn
    flash=$(macro KWS_FLASH_BYTES) ram=$(($(macro KWS_STATE_BYTES) + $(reported stack_bytes)))
    take="$snnc -w $model --weights trained.safetensors --infer"
    passes "it fits" $take --flash "$flash" --ram "$ram" -o fits.c
    rm -f new.* new_*
    refuses "too little flash" 1 "takes $flash bytes of constants, and --flash allows $((flash - 1)): .a. takes [0-9]+ bytes of them, .* 8 bits a weight would take about [0-9]+ bytes .--quantize int8., which fits" \
        $take --flash $((flash - 1)) -o new.c
    refuses "far too little flash" 1 'does not fit, either' $take --flash 1 -o new.c
    refuses "too little memory" 1 "bytes of memory, and --ram allows $((ram - 1)): .*let the largest layers have fewer units" \
        $take --ram $((ram - 1)) -o new.c
    refuses "no size" 2 '--flash takes a number of bytes, as 65536, 64k or 2M, not `64q`' $take --flash 64q -o new.c
    refuses "the report as C" 2 'is another file of this run' $take --report new.c -o new.c
    refuses "the report as the header" 2 'is another file of this run' $take --report new.h -o new.c
    refuses "the report as the weights of C" 2 'is another file of this run' $take --report new_weights.c -o new.c
    for file in same.c same.h same_weights.c; do
        cp trained.safetensors $file
        refuses "C as the weights that are read, $file" 2 "would replace \\($file\\), which is read" "$snnc" -w "$model" --weights $file --infer -o same.c
        same "C as the weights that are read, $file: these stay" trained.safetensors $file
        rm $file
    done
    refuses "the report as weights" 2 'is another file of this run' $take --report trained.safetensors
    for file in "--report nowhere/kws.json" "--predictions nowhere/kws.csv" "-o nowhere/kws.c"; do # known before data are looked for
        # shellcheck disable=SC2086
        refuses "$file, where no folder is" 1 '^snnc: cannot write \(nowhere/.*make its folder first' $take --data nothing $file
    done
    refuses "rates without a report" 2 '--rates is for --report' $take --rates rates.json -o new.c
    refuses "--report alone" 2 '--report is for --infer' "$snnc" "$model" --report new.txt
    if ls new* > /dev/null 2>&1; then fail "a file was left: $(ls new*)"; else ok "no file was left"; fi
}

# ---- what is written ----

# The bytes of constants, as an object has them.
flash_of() {
    nm -S --defined-only kws_weights.o | while read -r _ size kind _; do
        [ "$kind" = R ] && echo $((0x$size))
    done | awk '{ sum += $1 } END { print sum + 0 }'
}

# says NAME FILE PATTERN
says() {
    if grep -Eq -e "$3" "$2"; then ok "$1"; else fail "$1" "$2 lacks: $3"; fi
}

macro() {
    sed -n "s/^#define $1 \\([0-9]*\\).*/\\1/p" kws.h
}

check_files() {
    gcc $strict -O2 -ffreestanding -Wstack-usage=4096 -c kws.c -o kws.o > messages 2>&1 && gcc $strict -c kws_weights.c
    if [ $? -eq 0 ]; then ok "its functions take less than 4 KiB of stack"; else fail "stack"; show_messages; fi
    nm kws.o kws_weights.o | awk 'NF > 1' > symbols
    if grep -E ' [UTR] ' symbols | grep -qv ' kws_'; then
        fail "a symbol does not begin with kws_" "$(grep -E ' [UTR] ' symbols | grep -v ' kws_' | head -n 1)"
    else
        ok "all symbols begin with kws_, and none is missing"
    fi
    if grep -qE ' [BbDdC] ' symbols; then fail "there is data that changes"; else ok "no data that changes"; fi
    if [ "$(flash_of)" = "$(macro KWS_FLASH_BYTES)" ]; then
        ok "KWS_FLASH_BYTES is what the object has"
    else
        fail "KWS_FLASH_BYTES is $(macro KWS_FLASH_BYTES), the object has $(flash_of)"
    fi
    passes "C++ reads the header" clang++ -fsyntax-only -Wall -Wextra -Werror -x c++ kws.h
    passes "cppcheck finds nothing" cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability \
        --std=c99 kws.c
    cp kws.c first.c
    "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors --infer -o kws.c
    same "the same model and weights, the same bytes" first.c kws.c
    for script in web/web.sh boards/boards.sh; do # those of the comment, as bits depend on them
        for option in $(sed -n 's/^ \*  *cc \(.*\) -ffreestanding\(.*\) -c kws.*/\1\2/p' kws.h); do
            says "$script compiles with $option" "$root/examples/$script" "$option"
        done
    done
    says "the first comment names both files" kws.c '-c kws\.c kws_weights\.c$'
    "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors --infer --single-file -o kws.c
    says "or the only one" kws.c '-c kws\.c$'
    rm -f kws_weights.c
    : > kws_weights.c
    strict_before=$strict strict="$strict -Wno-pedantic"
    predicts "one file" sparks "" gcc -O2
    strict=$strict_before
}

# Rows of wide vectors: of weights and of the state, none lies across two lines of a cache.
check_lines() {
    printf '#include <stddef.h>\n#include "kws.h"\ntypedef char whole[offsetof(kws_state, %s) %% 64 == 0 ? 1 : -1];\n' "$2" > lines.c
    passes "$1: vectors of the state lie in lines of a cache" gcc -std=c99 -fsyntax-only -iquote . lines.c
    gcc -std=c99 -mavx -c kws_weights.c -o kws_weights.o
    if nm kws_weights.o | awk '/ R kws_w_(first|second)/ { rows++; if ($1 !~ /[048c]0$/) rows = -9 } END { exit rows < 3 }'; then
        ok "$1: so do those of weights"
    else
        fail "$1: weights begin within lines of a cache" "$(nm kws_weights.o)"
    fi
}

# Each macro of the header is held against what stands in the files.
check_macros() {
    cp kws.h right.h
    for name in $(sed -n 's/^#define \(KWS_[A-Z_]*\) [0-9].*/\1/p' right.h); do
        sed "s/^#define $name [0-9]*/&1/" right.h > kws.h
        if gcc -std=c99 -fsyntax-only kws.c > messages 2>&1; then fail "another $name compiles"; else ok "no other $name"; fi
    done
    cp right.h kws.h
    says "the header tells the worst case" kws.h 'Worst case of a step: 1504 multiply-adds of maps, if all of 88 units spike, and [0-9]+ op'
}

# The self-test finds other weights.
check_selftest() {
    "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors --infer -o kws.c
    sed '1,/^};/s/\([1-9]\)f,/\1e-1f,/g' kws_weights.c > other.c
    # shellcheck disable=SC2046
    gcc -std=c99 -ffp-contract=off -DKWS_SELFTEST $(ways) -iquote . "$root/tests/run/infer.c" kws.c other.c -o selftest &&
        ./selftest sparks selftest
    if [ $? -eq 3 ]; then ok "the self-test finds other weights"; else fail "the self-test takes other weights"; fi
    "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors --infer --selftest=0 -o kws.c
    if grep -q SELFTEST kws.c kws.h; then fail "--selftest=0 leaves a self-test"; else ok "--selftest=0: none"; fi
}

# Arrays that are too large for a small stack are in the state, too: those of delays, whatever the weights.
check_stack() {
    model=$root/examples/shd_delays/model.snn
    "$snnc" -w "$model" -D width=20 --run --rows 1 --print=all --save=random.safetensors > messages 2>&1 &&
        "$snnc" -w "$model" -D width=20 --weights random.safetensors --infer -o kws.c > messages 2>&1
    # shellcheck disable=SC2086
    passes "delays of each weight take less than 4 KiB of stack" gcc $strict -O2 -ffreestanding -Wstack-usage=4096 -c kws.c
}

# What examples/recurrent/README.md shows: its figures, and a function that compiles.
check_readme() {
    readme=$root/examples/recurrent/README.md
    learns readme pictures "$root/examples/recurrent/model.snn" || return
    "$snnc" -w "$root/examples/recurrent/model.snn" --weights trained.safetensors --infer -o rows.c
    for bytes in $(sed -n 's/^#define ROWS_[A-Z]*_BYTES \([0-9]*\) .*/\1/p' rows.h); do
        grouped=$(echo "$bytes" | sed 's/\([0-9]\)\([0-9]\{3\}\)$/\1,\2/')
        if grep -q "$grouped bytes" "$readme"; then ok "README: $grouped bytes"; else fail "README lacks $grouped bytes"; fi
    done
    awk '$0 == "```" { on = 0 } on; $0 == "```C" { on = 1 }' "$readme" > shown.c
    # shellcheck disable=SC2086
    passes "README: its function compiles" gcc $strict -Wno-missing-prototypes -iquote . -c shown.c -o shown.o
    passes "README: and its network" gcc $strict -c rows.c -o rows.o
}

# What the pages of examples/web call finds in the state what it reads; `make web` puts them together.
check_page() {
    for page in digit:web/model.snn:web.c spoken:speech_conv/model.snn:spoken_web.c; do
        file=${page##*:} name=${page%%:*}
        model=${page#*:}
        "$snnc" -w "$root/examples/${model%:*}" --run --rows 1 --print=all --save=random.safetensors > messages 2>&1 &&
            "$snnc" -w "$root/examples/${model%:*}" --weights random.safetensors --infer --selftest=0 --without=memory -o "$name.c" >> messages 2>&1
        # shellcheck disable=SC2086
        passes "examples/web/$file compiles" gcc $strict -Wno-missing-prototypes -iquote . -c "$root/examples/web/$file" -o page.o
    done
}

# Kernels that are equal, and so stay functions: GCC 12 takes some for such as store nothing, unless it is told not to.
check_equal_kernels() {
    model=$root/examples/speech_conv/model.snn
    "$snnc" -w "$model" -D width=4 --run --rows 1 --print=all --save=random.safetensors > messages 2>&1 &&
        "$snnc" -w "$model" -D width=4 --weights random.safetensors --infer --whole -o kws.c >> messages 2>&1 && self_test
    for compiler in "gcc -O1" "gcc -O2" "gcc -O3 -march=native" "clang -O2"; do
        # shellcheck disable=SC2086
        $compiler $strict kws.c kws_weights.c test.c -o joined > messages 2>&1 && ./joined
        if [ $? -eq 0 ]; then ok "equal kernels, by $compiler"; else fail "equal kernels, by $compiler"; show_messages; fi
    done
}

# On an emulated board; `make boards` has more of them. It compares itself, and its table says so.
check_board() {
    "$root/tests/deps.sh" install arm-none-eabi-gcc qemu-system-arm > messages 2>&1 &&
        BUILD=$work SNNC=$snnc CLOTHES=$work/pictures SAMPLES=3 BOARDS=cortex-m4 COMPILERS=gcc TRAINING="--epochs 4 --batch 6" \
            "$root/examples/boards/boards.sh" clothes > messages 2>&1
    if [ $? -eq 0 ] && grep -q '^| cortex-m4 | gcc | .* | [0-9]* | [0-9]* | yes |$' messages; then
        ok "a Cortex-M4 predicts what this machine does"
    else
        fail "a Cortex-M4 does not predict what this machine does"
        show_messages
    fi
}

# test.c: the self-test alone.
self_test() {
    cat > test.c << 'END'
#include "kws.h"
int main(void)
{
    static kws_state state;
    return kws_selftest(&state) == KWS_OK ? 0 : 1;
}
END
}

# Random models with random weights: by either compiler, C computes what the interpreter does, to the bit. Of some there is no
# inference: they predict nothing, or nothing of their data, or read where a training is.
check_random() {
    make_random_models
    self_test
    compared=0
    for number in $(seq "$1"); do
        ./random_models text 7 "$number" . > random.snn
        "$snnc" -w random.snn --run --rows 1 --print=all --save=random.safetensors > messages 2>&1 &&
            "$snnc" -w random.snn --weights random.safetensors --infer -o kws.c > messages 2>&1 || {
            grep -qE 'predicts nothing|does not depend|the model needs' messages || { fail "random model $number"; show_messages; }
            continue
        }
        grep -q KWS_SELFTEST kws.h || continue
        compared=$((compared + 1))
        for compiler in gcc clang; do
            # shellcheck disable=SC2086
            $compiler $strict -O1 -c kws.c -o kws.o > messages 2>&1 && $compiler $strict -c kws_weights.c > messages 2>&1 &&
                $compiler -DKWS_SELFTEST -iquote . test.c kws.o kws_weights.o -o random > messages 2>&1 && ./random
            if [ $? -eq 0 ]; then ok "random model $number, by $compiler"; else fail "random model $number, by $compiler"; show_messages; fi
        done
    done
    if [ $((2 * compared)) -ge "$1" ]; then ok "most random models infer"; else fail "only $compared of $1 random models infer"; fi
}

# in_json FILE KEY: the first
in_json() {
    sed -n "s/.*\"$2\": \([0-9]*\),.*/\1/p" "$1.json" | head -n 1
}

# literals MODEL: delays of each weight as code predict the same, and read no table of synapses.
literals() {
    passes "$1: delays as code" "$snnc" -w "$root/tests/infer/$1.snn" --weights trained.safetensors --infer --delays=code -o kws.c
    for form in tables code; do
        "$snnc" -w "$root/tests/infer/$1.snn" --weights trained.safetensors --infer --delays=$form --report $form.json
    done
    bytes=$(sed -n 's/.*"as_code": false, "table_bytes": \([0-9]*\).*/\1/p' tables.json)
    case $1 in whole*) equals "$1: no tables in the report" "$bytes" "" ;; *) [ -n "$bytes" ] || fail "$1: no tables in the report" ;; esac
    equals "$1: bytes of tables in the report" "$bytes" "$(sed -n 's/.*"as_code": true, "table_bytes": \([0-9]*\).*/\1/p' code.json)"
    # Of whole samples, delays are no lists of synapses: reports count none, and either form is the same.
    equals "$1: bytes that code does without" "${bytes:-0}" "$(($(in_json tables flash_bytes) - $(in_json code flash_bytes)))"
    if grep -Eq 'kws_(ends|targets|heard)_of_w_' kws.c; then fail "$1: there are tables of synapses"; else ok "$1: no table of synapses"; fi
    if grep -Eq '(\+= -?|[(, ])0\.0f, sums|\+= -?0\.0f;' kws.c; then fail "$1: a synapse of weight 0"; else ok "$1: no synapse of weight 0"; fi
    predicts "$1, delays as code" sparks "" gcc -O2
    predicts "$1, delays as code" sparks "" clang -O1
    passes "$1: an object with delays as code" \
        "$snnc" -w "$root/tests/infer/$1.snn" --weights trained.safetensors --infer --delays=code -o kws.o
    linked=kws.o predicts_linked "$1, an object with delays as code" sparks "" gcc
}

# ---- what is refused ----

check_refused() {
    model=$root/tests/infer/delays.snn
    rm -f new.* new_*
    refuses "no weights" 2 '--infer needs trained weights: --weights FILE' "$snnc" "$model" --infer -o new.c
    refuses "no output" 2 'of one name: -o NAME.c' "$snnc" "$model" --weights trained.safetensors --infer
    refuses "a program" 2 'ends in .c, .o or .so, as `-o kws.c`, not `new`' \
        "$snnc" "$model" --weights trained.safetensors --infer -o new
    refuses "what is nothing" 2 'no output ends as `new.x`' "$snnc" "$model" --weights trained.safetensors --infer -o new.x
    refuses "a library for a bare processor" 2 'on cortex-m4 nobody loads a library.*`-o new.o`' \
        "$snnc" "$model" --weights trained.safetensors --infer --target cortex-m4 -o new.so
    refuses "a library that is not linked" 1 'false' "$snnc" "$model" --weights trained.safetensors --infer --cc=false -o new.so
    refuses "an object of floats without a unit for them" 1 'cortex-m0 has no unit for them: --soft-float' \
        "$snnc" "$model" --weights trained.safetensors --infer --target cortex-m0 -o new.o
    refuses "no name in C" 1 '`new-one` is no name in C' \
        "$snnc" "$model" --weights trained.safetensors --infer -o new-one.c
    for header in stdint string Math; do
        refuses "the name of a header of C" 1 "\`$header.h\` is a header of C, which this one would hide: call the file otherwise" \
            "$snnc" "$model" --weights trained.safetensors --infer -o $header.c
    done
    refuses "a name of compilers" 1 'begins with `_new`, and names with an underscore in front belong to compilers' \
        "$snnc" "$model" --weights trained.safetensors --infer -o _new.o
    refuses "a name that begins with a digit" 1 '`3new` is no name in C' "$snnc" "$model" --weights trained.safetensors --infer -o 3new.c
    if ls stdint* string* Math* _new* 3new* > /dev/null 2>&1; then fail "a file was left: $(ls stdint* string* Math* _new* 3new*)"; else ok "no file was left"; fi
    sed 's/^model [a-z_]*/model math/' "$model" > math.snn
    passes "a model may be called so" "$snnc" -w math.snn --weights trained.safetensors --infer --report math.txt
    sed 's/\ba\b/w_b/g' "$model" > alike.snn # a stream that is called like a parameter
    "$snnc" -w alike.snn --run --rows 1 --print=all --save=alike.safetensors > messages 2>&1
    passes "weights beside a stream of their name" "$snnc" -w alike.snn --weights alike.safetensors --infer -o alike.c
    for word in int for; do # all names have more behind it
        passes "a word of C: written" "$snnc" "$model" --weights trained.safetensors --infer -o $word.c
        # shellcheck disable=SC2086
        passes "a word of C: compiles" gcc $strict -ffreestanding -c $word.c -o word.o
    done
    refuses "no such weights" 1 'nothing.safetensors' "$snnc" "$model" --weights nothing.safetensors --infer -o new.c
    refuses "weights of another model" 1 'no array `w_first` in trained.safetensors' \
        "$snnc" "$root/tests/infer/rates.snn" --weights trained.safetensors --infer -o new.c
    sed 's/dense(12)/dense(13)/g' "$model" > wider.snn
    refuses "weights of another size" 1 'array `w_b` in trained.safetensors is \[12, 20\], the model needs \[13, 20\]' \
        "$snnc" wider.snn --weights trained.safetensors --infer -o new.c
    LC_ALL=C sed '1s/\[20,8\]/[8,20]/' trained.safetensors > turned.safetensors
    refuses "weights of as many numbers, turned round" 1 'array `w_[a-z_0-9]*` in turned.safetensors is \[8, 20\], the model needs \[20, 8\]' \
        "$snnc" "$model" --weights turned.safetensors --infer -o new.c
    sed 's/tau = 3/tau = 4/' "$model" > slower.snn
    refuses "weights of other equations, with --strict" 1 'weights of another model \(trained.safetensors\): .*tau|0\.3' \
        "$snnc" --strict slower.snn --weights trained.safetensors --infer -o new.c
    nan_weights
    refuses "NaN" 1 'holds numbers that are not finite' "$snnc" "$model" --weights nan.safetensors --infer -o new.c
    { echo 'block root(w) = sqrt(w)'; sed 's/b -> dense(4)/b -> dense(4, synapse = root)/' "$model"; } > roots.snn
    refuses "roots of negative weights" 1 'trained.safetensors makes `[a-z_]*` NaN' \
        "$snnc" roots.snn --weights trained.safetensors --infer -o new.c
    grep -v predict "$model" > silent.snn
    refuses "nothing to predict" 1 'predicts nothing: add `predict`' \
        "$snnc" silent.snn --weights trained.safetensors --infer -o new.c
    sed 's/(image -> dense(20))/(0 * image -> dense(20))/; s/ + (image\[-2\] -> dense(20))//' "$model" > blind.snn
    refuses "nothing of its data" 1 'does not depend on its data' \
        "$snnc" -w blind.snn --weights trained.safetensors --infer -o new.c
    refuses "one thing at a time" 2 'only one of' "$snnc" "$model" --infer --run --weights trained.safetensors -o new.c
    refuses "--selftest alone" 2 '--selftest is for --infer' "$snnc" "$model" --selftest=3 -o new.c
    refuses "--whole alone" 2 '--whole is for --infer' "$snnc" "$model" --whole -o new.c
    refuses "--delays alone" 2 '--delays is for --infer' "$snnc" "$model" --delays=code -o new.c
    refuses "--delays of another form" 2 '--delays takes tables or code, not `lists`' \
        "$snnc" "$model" --weights trained.safetensors --infer --delays=lists -o new.c
    refuses "--single-file alone" 2 '--single-file is for --infer' "$snnc" "$model" --single-file -o new.c
    sed 's/predict argmax/predict tone = argmax/' "$model" > named.snn
    "$snnc" -w named.snn --weights trained.safetensors --infer -o called.c
    shows "predictions are called by their names" 'tone_scores_\[4\]; /\*\*< tone: ' cat called.h
    if ls new* > /dev/null 2>&1; then fail "a file was left: $(ls new*)"; else ok "no file was left"; fi
}

# All numbers become NaN.
nan_weights() {
    header=$(($(od -An -N4 -tu4 trained.safetensors) + 8)) size=$(wc -c < trained.safetensors)
    { head -c "$header" trained.safetensors; head -c $((size - header)) /dev/zero | tr '\000' '\377'; } > nan.safetensors
}

if [ $# -eq 0 ]; then
    set -- rates rounds busy blocks parts lists images still whole whole_spikes steps functions fashion_mnist recurrent own_neuron psn csnn sew_resnet kernel_sharing orders delays late strides narrow loops ends page speech_conv board random
fi
for model; do
    case $model in
    busy) infers busy pictures "$root/tests/infer/busy.snn" ;;
    rounds)
        infers rounds bars "$root/tests/infer/rounds.snn"
        "$snnc" -w "$root/tests/infer/rounds.snn" --weights trained.safetensors --infer -o kws.c
        says "rounds: they are added when asked for" kws.c '^        total_hidden_li_mean_\(state\);'
        ;;
    blocks) # of whole samples; both ways to add rows are taken
        learns blocks pictures "$root/tests/infer/blocks.snn"
        passes "blocks: for whole samples" "$snnc" -w "$root/tests/infer/blocks.snn" --weights trained.safetensors --infer --whole -o kws.c
        says "blocks: rows are added block by block" kws.c 'rows of w_hidden, block by block of the events'
        says "blocks: they end where the last event was" kws.c '^ *block_ends_of_hidden_dense_\[t\]\[.*\] = e \+ 1;'
        says "blocks: or sums of four rows are stored at once" kws.c '= state->.*hidden_dense_.*( \+ kws_w_hidden_\[i[_234]*\]\[j\]){4};|( \+ snn_load\(&kws_w_hidden_\[i[_234]*\]\[j\]\)){4}\);'
        predicts blocks pictures "" gcc -O2
        predicts blocks pictures "" clang -O3
        predicts blocks pictures "" gcc -O0 -fsanitize=address,undefined -fno-sanitize-recover
        object blocks pictures "$root/tests/infer/blocks.snn" --whole
        ;;
    parts) # by vectors of four and of eight, and without any
        infers parts sparks "$root/tests/infer/parts.snn"
        "$snnc" -w "$root/tests/infer/parts.snn" --weights trained.safetensors --infer -o kws.c
        says "parts: sums of 80 outputs are made at a time" kws.c 'j0 = part \* 80;'
        check_lines parts state_v_first_
        says "parts: neurons are made of sums in registers" kws.c '\+ sums_first_dense_2_[0-9]_\[n / SNN_LANES\]'
        says "parts: what comes next is fetched" kws.c 'snn_ahead\(in\[t \+ 1\]'
        predicts parts sparks "" gcc -O3 -march=native
        predicts parts sparks "" clang -O2 -march=native
        predicts_elsewhere parts sparks
        passes "parts: for whole samples" "$snnc" -w "$root/tests/infer/parts.snn" --weights trained.safetensors --infer --whole -o kws.c
        predicts "parts, whole samples" sparks "" gcc -O2
        ;;
    lists) # that are made of flags, or given
        word_files train
        word_files t10k
        infers lists words "$root/tests/infer/lists.snn"
        "$snnc" -w "$root/tests/infer/lists.snn" --weights trained.safetensors --infer -o kws.c
        says "lists: they are put in order" kws.c 'snn_given16\(state.*, events, count, KWS_INPUTS, kws_w_first_, '
        says "lists: rows of large weights are fetched ahead" kws.c 'snn_list16_ahead\(.*, kws_w_second_2_, '
        says "lists: sums of 20 outputs are in vectors" kws.c 'snn_floats sums_.*\[16 / SNN_LANES\];'
        predicts lists words "" gcc -O3 -march=native
        predicts lists words "" clang -O2 -march=native
        ;;
    fashion_mnist) infers $model pictures "$root/examples/$model/model.snn" -D width=60 -D duration=8 ;;
    recurrent) infers $model pictures "$root/examples/$model/model.snn" -D width=40 ;;
    own_neuron) infers $model pictures "$root/examples/$model/model.snn" -D width=50 ;;
    psn) infers $model pictures "$root/examples/$model/model.snn" -D width=10 ;;
    csnn) infers $model pictures "$root/examples/$model/model.snn" -D width=2 -D duration=3 ;;
    sew_resnet) infers $model pictures "$root/examples/$model/model.snn" -D width=4 -D blocks=1 ;;
    kernel_sharing) infers $model pictures "$root/examples/$model/model.snn" -D width=3 -D blocks=1 ;;
    delays)
        infers delays sparks "$root/tests/infer/delays.snn"
        objects_elsewhere delays sparks "$root/tests/infer/delays.snn"
        check_bare
        "$snnc" -w "$root/tests/infer/delays.snn" --weights trained.safetensors --infer -o kws.c
        predicts_elsewhere delays sparks
        check_rates
        check_device
        check_files
        check_macros
        check_selftest
        check_stack
        check_refused
        check_readme
        ;;
    orders)
        learns orders bars "$root/tests/infer/orders.snn" && follows orders && clean orders
        "$snnc" -w "$root/tests/infer/orders.snn" -o trainer.c
        for order in 'by patterns of spikes' 'one row of taps after the other' 'one tap after the other' 'by squares of 4 x 4'; do
            says "orders: a trainer learns $order" trainer.c "/\\* rows of .*$order"
        done
        ;;
    narrow)
        learns narrow bars "$root/tests/infer/narrow.snn" && follows narrow && follows narrow --whole
        "$snnc" -w "$root/tests/infer/narrow.snn" -o trainer.c
        says "narrow: a trainer tests by few taps" trainer.c '/\* rows of evaluated_first.*, few taps'
        ;;
    images)
        infers images bars "$root/tests/infer/images.snn"
        says "the header tells the order of inputs" kws.h 'values of a sample, \[8, 8\] row by row'
        ;;
    ends)
        check_ends "$root/tests/infer/ends.snn" ends KWS_STEPS
        sed 's/ + mean(shape))/)/' "$root/tests/infer/ends.snn" > own.snn # nothing that is predicted is of steps behind the sample's
        check_ends own.snn "ends, of its own steps" steps -DBEHIND
        check_last_step
        ;;
    page) check_page ;;
    speech_conv) check_equal_kernels ;;
    board) check_board ;;
    random) check_random 8 ;;
    loops)
        infers loops sparks "$root/tests/infer/loops.snn"
        passes "loops: for whole samples" "$snnc" -w "$root/tests/infer/loops.snn" --weights trained.safetensors --infer --whole -o kws.c
        predicts "loops, whole samples" sparks "" gcc -O2
        literals loops
        ;;
    strides)
        infers strides sparks "$root/tests/infer/strides.snn"
        passes "strides: for whole samples" "$snnc" -w "$root/tests/infer/strides.snn" --weights trained.safetensors --infer --whole -o kws.c
        predicts "strides, whole samples" sparks "" gcc -O2
        predicts "strides, whole samples" sparks "" clang -O3 -march=native
        ;;
    late)
        infers late sparks "$root/tests/infer/late.snn"
        passes "late: for whole samples" "$snnc" -w "$root/tests/infer/late.snn" --weights trained.safetensors --infer --whole -o kws.c
        says "late: the header says that they have to be whole" kws.h 'no function for one step: it was made for whole samples'
        predicts "late, whole samples" sparks "" gcc -O2
        {
            echo 'model parts { data npy(shape = 4, classes = 3, temporal) time 6 steps out = sample -> dense(3) -> li'
            echo '  predict argmax(mean(out, where = present)) train { loss cross_entropy(mean(out), label) } }'
        } > parts.snn
        "$snnc" -w parts.snn --run --rows 1 --print=all --save=parts.safetensors > messages 2>&1
        passes "late: samples may end early" "$snnc" -w parts.snn --weights parts.safetensors --infer --whole -o parts.c
        says "late: who calls tells where" parts.h 'parts_run_steps\(parts_state \*state, .*, int32_t steps'
        # What finds windows of a wide layer has memory, of which an interpreter makes the part that it works with.
        sed 's/dense(24/dense(500/g' "$root/tests/infer/late.snn" > wide.snn
        "$snnc" -w wide.snn --run --rows 1 --print=all --save=wide.safetensors > messages 2>&1
        passes "late: a wide layer, whole samples" "$snnc" -w wide.snn --weights wide.safetensors --infer --whole -o wide.c
        ;;
    whole_spikes)
        infers whole_spikes sparks "$root/tests/infer/whole_spikes.snn"
        literals whole_spikes
        ;;
    *) infers "$model" bars "$root/tests/infer/$model.snn" ;;
    esac
done
echo "infer: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
