#!/bin/sh
# The examples. For every folder of examples/: its models compile without a message; their derived gradients are
# right (--gradcheck), made small where needed; model.snn's program trains and tests on a few images, LLVM's learns
# the same weights, and inference predicts of data in any format what the program does; README.md has its commands and its result. What READMEs show as printed by snnc (fences
# ```adjoint NEURON and ```c KERNEL) is what it prints now; in the README.md above, for fashion_mnist; and so are the
# pictures beside them, net.svg. What examples/python does with the recurrent network is what its trainer does.
#
#     tests/examples.sh [--update]     SNNC=path: another compiler than build/snnc
# --update rewrites these fences and pictures; the explanation around them is yours to read again.

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
update=no
[ "$1" = --update ] && update=yes
. "$root/tests/run/ways.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$root/examples" || exit 1
passed=0 failed=0

check() {
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        sed 's/^/    /' "$work/messages" >&2
        echo "examples: $1" >&2
    fi
}

# Smaller, for the finite differences: every parameter is moved twice.
small() {
    case $1 in
    fashion_mnist) echo "-D width=30 -D duration=6" ;;
    own_neuron) echo "-D width=30 -D duration=6" ;;
    recurrent) echo "-D width=20" ;;
    psn) echo "-D width=10" ;;
    csnn) echo "-D width=1 -D duration=2" ;;
    sew_resnet) echo "-D width=2 -D blocks=1" ;;
    kernel_sharing) echo "-D width=3 -D blocks=1" ;;
    nmnist) echo "-D width=1 -D deep=1 -D duration=2" ;;
    shd_delays) echo "-D width=3 -D units=4 -D bin=1 -D duration=27 -D shift=1" ;;
    dcls2d) echo "-D width=1 -D duration=2" ;;
    speech_conv) echo "-D width=2 -D bands=3 -D duration=50 -D ramp=1" ;;
    traffic) echo "-D width=5" ;;
    web) echo "-D width=16" ;;
    esac
}

# For the data below, where an example is about more.
fitting() {
    case $1 in
    shd_delays) echo "-D width=20 -D units=10 -D bin=2 -D duration=28 -D shift=1" ;;
    esac
}

# ---- data: 60 images whose class can be seen, for the training and the test set ----

# idx_files NAME: IDX files of 60 images, 28 x 28, label k brightens the rows 2 k and 2 k + 1
idx_files() {
    { printf '\000\000\010\003\000\000\000\074\000\000\000\034\000\000\000\034'
      awk 'BEGIN { for (i = 0; i < 60; i++) for (y = 0; y < 28; y++) for (x = 0; x < 28; x++)
                       printf "%s", int(y / 2) == i % 10 ? "~" : " " }'; } > "$work/data/$1-images-idx3-ubyte"
    { printf '\000\000\010\001\000\000\000\074'
      for round in 1 2 3 4 5 6; do printf '\000\001\002\003\004\005\006\007\010\011'; done
    } > "$work/data/$1-labels-idx1-ubyte"
}

mkdir -p "$work/data"
idx_files train
idx_files t10k
for part in train test; do
    cp "$root/tests/golden/hdf5/h5py.h5" "$work/data/hd_$part.h5"
done

# Recordings of an event camera: digit k makes some events in row 3 k.
for part in train test; do
    for k in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$work/data/$part/$k"
        for x in 1 5 11; do printf "\\$(printf %03o $x)\\$(printf %03o $((3 * k)))\\000\\000\\$(printf %03o $x)"; done > "$work/data/$part/$k/1.bin"
    done
done

# recording FILE LENGTH: 0.2 s of sound, whose period is LENGTH samples.
recording() {
    { printf 'RIFF\244\014\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000'
      printf 'data\200\014\000\000'
      awk -v length_of="$2" 'BEGIN { for (i = 0; i < 1600; i++) printf "%s", i % length_of < length_of / 2 ? "@@" : "  " }'
    } > "$1"
}

# Digit k is a tone; the indices 3 and 4 are the test set.
mkdir -p "$work/recordings"
for k in 0 1 2 3 4 5 6 7 8 9; do
    for index in 3 4 5 6 7 8; do recording "$work/recordings/${k}_someone_$index.wav" $((2 * k + 4)); done
done

awk -v flows=60 -f traffic/generate.awk | awk -f traffic/bins.awk > "$work/data/traffic.csv" || exit 1

folder_of() {
    case $1 in
    speech_conv) echo recordings ;;
    *) echo data ;;
    esac
}

# ---- the checks ----

compiles() {
    "$snnc" "$1" -o "$work/compiled.c" > "$work/messages" 2>&1 && [ ! -s "$work/messages" ]
    check "$1 does not compile silently" $?
}

differentiates() {
    # shellcheck disable=SC2046
    "$snnc" "$1" --gradcheck $(small "${1%/*}") > "$work/messages" 2>&1 && grep -q ' ok$' "$work/messages"
    check "$1: --gradcheck fails" $?
}

runs() {
    # shellcheck disable=SC2046
    "$snnc" $(fitting "$1") "$1/model.snn" -o "$work/$1" > "$work/messages" 2>&1 && (cd "$work" &&
        "./$1" train --quiet --data "$(folder_of "$1")" --epochs 1 > messages 2>&1 &&
        "./$1" test --data "$(folder_of "$1")" > messages 2>&1 && grep -q '^test accuracy: [01]\.[0-9]*$' messages)
    check "$1: the program does not train and test" $?
}

# Through LLVM, the weights of the program in C, which runs() has left.
agrees() {
    # shellcheck disable=SC2046
    "$snnc" $(fitting "$1") "$1/model.snn" --backend=llvm -o "$work/by_llvm" > "$work/messages" 2>&1 && (cd "$work" &&
        for threads in 1 2; do
            ./by_llvm train --quiet --data "$(folder_of "$1")" --epochs 1 --threads $threads --force --out by_llvm.safetensors > messages 2>&1 &&
                cmp "$1.safetensors" by_llvm.safetensors > messages 2>&1 || exit 1
        done)
    check "$1: LLVM's program learns other weights" $?
}

# As C, of the data that the trainer reads; tests/infer.sh has those that learn Fashion-MNIST, `make equal` whole test sets.
predicts() {
    model=$root/examples/$1/model.snn library=$(dirname "$snnc")/libsnn_rt.a
    includes=$(printf -- " -iquote $root/%s" runtime/base runtime/kernels runtime/data tests/run)
    # shellcheck disable=SC2046,SC2086
    (cd "$work" && rm -f kws.h &&
        "./$1" train --quiet --force --no-test --data "$(folder_of "$1")" --epochs 30 --batch 6 --out fires.safetensors > messages 2>&1 &&
        "./$1" predict --force --data "$(folder_of "$1")" --weights fires.safetensors --out predicted.csv >> messages 2>&1 &&
        "$snnc" $(fitting "$1") "$model" --weights fires.safetensors --infer -o kws.c >> messages 2>&1 &&
        "$snnc" $(fitting "$1") "$model" --no-runtime -O1 -o described.o >> messages 2>&1 &&
        ${CC:-cc} -std=c11 -O1 -ffp-contract=off -fno-math-errno -fno-trapping-math $(ways) -iquote . $includes \
            "$root/tests/bench/predictions.c" kws.c kws_weights.c described.o "$library" -o inferred -lm -lpthread -lz >> messages 2>&1 &&
        ./inferred "$(folder_of "$1")" > inferred.csv 2>> messages && cmp predicted.csv inferred.csv >> messages &&
        [ "$(cut -d, -f4- predicted.csv | sort -u | wc -l)" -gt 2 ])
    check "$1: inference predicts something else than the program, or the same of all samples" $?
}

# The result stands in a table: | epochs | ... 0.dddd ... |
describes() {
    : > "$work/messages"
    for wanted in "snnc examples/$1/model.snn" "$1 train" "$1 test" '^| *[0-9][0-9]* .*| 0\.[0-9][0-9][0-9][0-9] '; do
        grep -q -- "$wanted" "$1/README.md" 2> /dev/null || echo "not found: $wanted" >> "$work/messages"
    done
    [ ! -s "$work/messages" ]
    check "$1/README.md lacks its commands or its result" $?
}

# ---- what READMEs show: fences whose first line says what they show ----

# What snnc prints now for the fence ```adjoint NEURON (the last one of that name, which is the first in the
# model) or ```c KERNEL, which ends where its second time step
# begins. The kernels shown follow events only.
printed() {
    case $2 in
    adjoint) "$snnc" "$1/model.snn" --emit=adjoint |
        awk -v head="scan $3, adjoint" '
            /^ *[0-9]/ { on = index($0, head); if (on) text = "" }
            /^$/       { on = 0 }
            on         { text = text $0 "\n" }
            END        { printf "%s", text }' ;;
    c) "$snnc" "$1/model.snn" --emit=c --no-runtime --kernels=event |
        awk -v head="static void SNN_AT_LEVEL($3)(" -v RS= 'index($0, head)' |
        awk '/\/\* t: step 1 of the block \*\// { sub(/\/.*/, "..."); print; exit } 1' ;;
    esac
}

# fence FILE HEAD: the lines between ```HEAD and ```
fence() {
    awk -v head="\`\`\`$2" '$0 == "```" { on = 0 } on; $0 == head { on = 1 }' "$1"
}

rewrite_fence() {
    awk -v head="\`\`\`$2" -v new="$work/printed" '
        $0 == "```" { skip = 0 }
        !skip
        $0 == head { while ((getline line < new) > 0) print line; skip = 1 }' "$1" > "$work/README.md" &&
        cp "$work/README.md" "$1"
}

# shows FILE EXAMPLE: every such fence of FILE is what is printed for that example
shows() {
    sed -nE 's/^```(adjoint|c) ([a-z_0-9]+)$/\1 \2/p' "$1" > "$work/fences"
    while read -r kind name; do
        printed "$2" "$kind" "$name" > "$work/printed"
        [ $update = no ] || rewrite_fence "$1" "$kind $name"
        fence "$1" "$kind $name" > "$work/shown"
        diff -u "$work/shown" "$work/printed" > "$work/messages" && [ -s "$work/shown" ]
        check "$1 shows another $kind $name than snnc prints (tests/examples.sh --update)" $?
    done < "$work/fences"
}

# The picture that READMEs show is what is drawn now.
draws() {
    [ -f "$1/net.svg" ] || return 0
    "$snnc" "$1/model.snn" --emit=svg > "$work/net.svg" 2> "$work/messages"
    [ $update = no ] || cp "$work/net.svg" "$1/net.svg"
    [ -s "$work/messages" ] || diff -u "$1/net.svg" "$work/net.svg" > "$work/messages"
    check "$1/net.svg is not what snnc draws (tests/examples.sh --update)" $?
}

# The model in README.md compiles.
introduces() {
    fence "$1" snn > "$work/introduction.snn"
    "$snnc" "$work/introduction.snn" -o "$work/introduction.c" > "$work/messages" 2>&1 && [ ! -s "$work/messages" ]
    check "the model in $1 does not compile silently" $?
}

# ---- Python ----

# python SCRIPT ARGUMENT...: what it prints is in messages
python() {
    script=$1
    shift
    (cd "$work" && "${PYTHON:-python3}" -B "$root/examples/python/$script" "$@" > messages 2>&1)
}

# The library predicts what the trainer does, and PyTorch nearly so, whose checkpoint has the parameters of the model.
serves_python() {
    for folder in /usr /usr/local; do
        "${PYTHON:-python3}" -c "import numpy" 2> /dev/null || PYTHON=$folder/bin/python3
    done
    "${PYTHON:-python3}" -c "import numpy" 2> /dev/null || {
        echo "examples: there is no python3-numpy: examples/python is not tested"
        return
    }
    "$snnc" recurrent/model.snn --kernels=event -O1 -o "$work/rows" > "$work/messages" 2>&1 &&
        "$snnc" recurrent/model.snn --weights "$work/recurrent.safetensors" --infer -o "$work/librows.so" > "$work/messages" 2>&1 &&
        (cd "$work" && ./rows test --data data --weights recurrent.safetensors > tested 2> messages) &&
        python predict.py librows.so rows.h data && diff "$work/tested" "$work/messages" > "$work/different"
    check "python/predict.py is not as accurate as the trainer" $?
    python checkpoint.py recurrent.safetensors
    for line in $(sed -nE 's/^    (w_[a-z_0-9]+) (\[[0-9]+), ([0-9]+\])$/\1_\2,_\3/p' python/README.md); do
        grep -qxF "$(echo "$line" | sed 's/_\[/ [/; s/_\([0-9]*\]\)$/ \1/')" "$work/messages"
        check "python/checkpoint.py shows no $line" $?
    done
    "${PYTHON:-python3}" -c "import torch" 2> /dev/null || return
    python in_pytorch.py recurrent.safetensors librows.so rows.h data && grep -q "of 60 of 60 images" "$work/messages"
    check "python/in_pytorch.py predicts something else" $?
}

if [ ! -x "$snnc" ]; then
    echo "examples: there is no $snnc: run make" >&2
    exit 1
fi
for folder in */; do
    example=${folder%/}
    [ -f "$example/model.snn" ] || continue
    for model in "$example"/*.snn; do
        compiles "$model"
        differentiates "$model"
    done
    runs "$example"
    agrees "$example"
    case $example in nmnist | shd_delays | dcls2d | speech_conv | traffic | web) predicts "$example" ;; esac
    describes "$example"
    shows "$example/README.md" "$example"
    draws "$example"
done
serves_python
introduces ../README.md
shows ../README.md fashion_mnist
: > "$work/messages"
grep -q '^```adjoint adaptive$' own_neuron/README.md && grep -q '^```c ' ../README.md
check "the READMEs show no adjoint, or no C" $?

echo "examples: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
