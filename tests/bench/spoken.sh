#!/bin/sh
# Whole trainings of examples/shd_delays, ours and PyTorch's with DCLS and SpikingJelly: see tests/bench/README.md.
#
#     DATA=dir tests/bench/spoken.sh   BUILD=dir  SNNC=path  CC=command
#                                      EPOCHS=n  SEED=n  BATCH=n  SAMPLES=n  THREADS=n
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=spoken.sh
recordings=${DATA:-}
. "$here/workloads.sh"
[ -n "$recordings" ] || fail "DATA has to name the folder of NAME_train.h5 and NAME_test.h5"
recordings=$(cd "$recordings" && pwd)
epochs=${EPOCHS:-3}
seed=${SEED:-0}
batch=${BATCH:-256}
samples=${SAMPLES:-0}
threads=${THREADS:-1}
flags=$(cc_flags -march=native)
mkdir -p "$build/bench/spoken"
cd "$build/bench/spoken"
build_tool measure .
"$snnc" "$root/examples/shd_delays/model.snn" -o model.c
# shellcheck disable=SC2086
$cc $flags model.c -o model -lm -lpthread -lz
"$here/venv.sh" "$PWD/../venv"

ours() {
    some=
    [ "$samples" -eq 0 ] || some="--samples $samples"
    # shellcheck disable=SC2086
    ./measure measured ./model train --quiet --data "$recordings" --threads "$threads" --epochs "$epochs" --seed "$seed" \
        --batch "$batch" $some --force --out model.safetensors
}

dcls() {
    OMP_NUM_THREADS=$threads MKL_NUM_THREADS=$threads \
        ./measure measured ../venv/bin/python "$here/peers/spoken.py" "$recordings" "$threads" "$epochs" "$seed" "$batch" "$samples"
}

# run PROGRAM NAME: a row of the table
run() {
    "$1" > said 2> messages || {
        cat messages >&2
        exit 1
    }
    read -r seconds kib < measured
    echo "$1 $seconds" >> results
    echo "| $2 | $(printf %.1f "$seconds") | $(sed -n 's/^test accuracy: //p' said) | $((kib / 1024)) |"
}

: > results
echo "Spoken digits, 140-256-256-20 neurons, 26 taps, 125 steps, batch $batch, threads: $threads"
echo "epochs: $epochs, seed: $seed, samples: $([ "$samples" -eq 0 ] && echo all || echo "$samples")"
echo
echo "| program | seconds | test accuracy | peak MiB |"
echo "|---|---:|---:|---:|"
run ours snnc
run dcls "PyTorch, DCLS, SpikingJelly"
echo
awk '{ seconds[$1] = $2 } END { printf "PyTorch / snnc, seconds: %.2f\n", seconds["dcls"] / seconds["ours"] }' results
