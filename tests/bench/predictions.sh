#!/bin/sh
# Inference of whole test sets: what `snnc --infer` writes of a trained example predicts what `predict` of its trainer does, to the bit,
# step by step and with --whole; and with --quantize int8 what the interpreter does. See tests/bench/README.md; `make equal` is this.
#
#     tests/bench/predictions.sh [MODEL[=DIR]...] e.g. shd_delays=/data/shd csnn/model traffic; without, all examples that there
#                                                 are data for
#     BUILD=dir  SNNC=path  CC=command            TRAINING="--epochs 1 --samples 6000", of all
#     SNN_DATA=dir                                with folders mnist, nmnist, hd_spikes and fsdd/recordings, or some of them
#     SNNC_FLAGS="..."                            what trainers are made with
#     SAMPLES=n                                   so many of int8 go through the interpreter; 0: none
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=predictions.sh
. "$here/workloads.sh"
. "$root/tests/run/ways.sh"
flags=$(cc_flags -march=native)
samples=${SAMPLES:-20}
mkdir -p "$build/bench/predictions"
start=$PWD
work=$build/bench/predictions
failed=0

# ---- data ----

# Recordings of N-MNIST lie in Train and Test, or in files NUMBER.bs2 of raw_train, whose digits labels.txt tells: then a fifth are the test set.
event_files() {
    [ -d "$1/raw_train" ] || {
        echo "$1"
        return
    }
    rm -rf "$work/data/nmnist"
    awk '!/#/ { print ($1 % 5 ? "Train" : "Test") "/" $2, $1 }' "$1/raw_train/labels.txt" | while read -r to number; do
        mkdir -p "$work/data/nmnist/$to"
        ln -s "$1/raw_train/$number.bs2" "$work/data/nmnist/$to/$number.bin"
    done
    echo "$work/data/nmnist"
}

# folder_of EXAMPLE: with its data; nothing where there are none
folder_of() {
    case $1 in
    web) named=mnist ;;
    nmnist) named=nmnist ;;
    shd_delays) named=hd_spikes ;;
    speech_conv) named=fsdd/recordings ;;
    traffic)
        mkdir -p "$work/data/traffic"
        awk -f "$root/examples/traffic/generate.awk" | awk -f "$root/examples/traffic/bins.awk" > "$work/data/traffic/traffic.csv"
        echo "$work/data/traffic"
        return
        ;;
    *)
        [ ! -d "$data" ] || echo "$data"
        return
        ;;
    esac
    [ -n "${SNN_DATA:-}" ] && [ -d "$SNN_DATA/$named" ] || return 0
    found=$(cd "$SNN_DATA/$named" && pwd)
    if [ "$1" = nmnist ]; then event_files "$found"; else echo "$found"; fi
}

# A short training, after which neurons fire.
training_of() {
    case $1 in
    shd_delays/*) echo --epochs 2 --batch 64 --samples 600 ;;
    speech_conv/* | sew_resnet/*) echo --epochs 1 --samples 600 ;;
    traffic/*) echo --epochs 3 ;;
    nmnist/*) echo --epochs 2 --batch 20 ;;
    *) echo --epochs 1 --samples 3000 ;;
    esac
}

# ---- one model ----

# train MODEL FOLDER: predicted.csv, and what made it
train() {
    # shellcheck disable=SC2046,SC2086
    "$snnc" -w ${SNNC_FLAGS:-} "$root/examples/$1.snn" -o model.c &&
        $cc $flags model.c -o model -lm -lpthread -lz &&
        ./model train --quiet --force --no-test --data "$2" --out trained.safetensors ${TRAINING:-$(training_of "$1")} &&
        ./model predict --force --data "$2" --weights trained.safetensors --out predicted.csv
}

# infer MODEL FOLDER FORM SNNC-OPTION...: inferred.csv, by the C that is written. FORM: of reals; or in whole numbers of bytes or of
# spikes, which are bytes, too
infer() {
    of=$1 from=$2
    case $3 in
    reals) form='' also= ;;
    spikes) form='' also=-DWHOLE_NUMBERS ;;
    bytes) form=s/SPIKES/BYTES/ also=-DWHOLE_NUMBERS ;;
    esac
    shift 3
    # shellcheck disable=SC2046,SC2086
    "$snnc" -w "$root/examples/$of.snn" --weights trained.safetensors --infer "$@" -o kws.c &&
        $cc $flags -c kws.c -o kws.o && $cc $flags -c kws_weights.c -o kws_weights.o &&
        $cc $flags $also $(ways | sed "$form") -w -iquote . -iquote "$root/tests/run" -DGENERATED='"model.c"' "$here/predictions.c" kws.o kws_weights.o \
            -o inferred -lm -lpthread -lz &&
        ./inferred "$from" > inferred.csv
}

# answer COMMAND...: yes or no, which is told at the end
answer() {
    if "$@" >> messages 2>&1; then
        echo yes
    else
        tail -n 3 messages >&2
        echo no
    fi
}

float() {
    infer "$1" "$2" reals && cmp predicted.csv inferred.csv
}

whole() {
    infer "$1" "$2" reals --whole && cmp predicted.csv inferred.csv
}

# What the interpreter says of some samples stands so in those of all.
int8() {
    infer "$1" "$2" $as --quantize int8 $told && [ "$(wc -l < inferred.csv)" = "$(wc -l < predicted.csv)" ] &&
        { [ "$samples" = 0 ] || awk 'NR == FNR { said[$0] = 1; next } !($0 in said) { print FILENAME ": " $0; other = 1 } END { exit other || FNR < 2 }' \
            inferred.csv interpreted.csv; }
}

# row MODEL FOLDER
row() {
    : > messages
    : > predicted.csv
    by_steps=no by_wholes=no by_bytes=no
    if [ "$(answer train "$1" "$2")" = yes ]; then
        by_steps=$(answer float "$1" "$2")
        by_wholes="no steps" as=bytes
        ! grep -q 'kws_step(kws_state' kws.h || by_wholes=$(answer whole "$1" "$2")
        ! grep -q 'const uint8_t in' kws.h || as=spikes
        told=
        [ "$samples" = 0 ] || told="--data $2 --samples $samples --predictions interpreted.csv"
        if "$snnc" -w "$root/examples/$1.snn" --weights trained.safetensors --infer --quantize int8 --report none.txt > refused 2>&1; then
            by_bytes=$(answer int8 "$1" "$2")
        else
            by_bytes="none: $(sed 's/.*snn:[0-9]*: //; s/:.*//' refused)"
        fi
    fi
    awk -F, -v row="$1" -v rest="$by_steps | $by_wholes | $by_bytes" 'NR > 1 { sub(/^[^,]*,[^,]*,[^,]*,/, ""); kinds += !seen[$0]++ }
        END { printf "| %s | %d | %d | %s |\n", row, (NR > 1 ? NR - 1 : 0), kinds, rest }' predicted.csv
    case "| $by_steps | $by_wholes | $by_bytes |" in *"| no |"*) failed=1 ;; esac
}

if [ $# -eq 0 ]; then
    for file in "$root"/examples/*/*.snn; do
        set -- "$@" "$(basename "$(dirname "$file")")/$(basename "$file" .snn)"
    done
fi
echo "| example | samples | different scores | as the trainer | --whole | int8 as the interpreter |"
echo "|---|---:|---:|---|---|---|"
for pair; do
    model=${pair%%=*}
    case $model in */*) ;; *) model=$model/model ;; esac
    cd "$start"
    case $pair in *=*) folder=$(cd "${pair#*=}" && pwd) ;; *) folder=$(folder_of "${model%/*}") ;; esac
    if [ -z "$folder" ]; then
        echo "skip $model: there are no data for it (SNN_DATA)"
        continue
    fi
    mkdir -p "$work/$model"
    cd "$work/$model"
    row "$model" "$folder"
done
exit $failed
