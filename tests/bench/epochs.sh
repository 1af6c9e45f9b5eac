#!/bin/sh
# Whole trainings of examples/fashion_mnist, ours and SpikingJelly's: see tests/bench/README.md.
#
#     tests/bench/epochs.sh            BUILD=dir  SNNC=path  CC=command  DATA=dir
#                                      EPOCHS=n  SEEDS=n  THREADS=n
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=epochs.sh
. "$here/workloads.sh"
epochs=${EPOCHS:-10}
seeds=${SEEDS:-3}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
flags=$(cc_flags -march=native)
mkdir -p "$build/bench/epochs"
cd "$build/bench/epochs"
build_tool measure .
"$snnc" "$root/examples/fashion_mnist/model.snn" -o model.c
# shellcheck disable=SC2086
$cc $flags model.c -o model -lm -lpthread -lz
"$here/venv.sh" "$PWD/../venv"

ours() {
    ./measure measured ./model train --quiet --data "$data" --threads "$threads" \
        --epochs "$epochs" --seed "$1" --test-every 1 --force --out model.safetensors
}

# Its memory is kept when it was freed, not given back and asked for again.
spikingjelly() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=4294967296 OMP_NUM_THREADS=$threads MKL_NUM_THREADS=$threads \
        ./measure measured ../venv/bin/python "$here/peers/epochs.py" "$data" "$threads" "$epochs" "$1"
}

# run PROGRAM SEED: a line of its seconds, peak MiB and test accuracy for the results
run() {
    "$1" "$2" > said 2> messages || {
        cat messages >&2
        exit 1
    }
    read -r seconds kib < measured
    echo "$1 $seconds $((kib / 1024)) $(sed -n 's/^test accuracy: //p' said)" >> results
    echo "seed $2: $(tail -n 1 results)" >&2
}

# The load should be near 0 at the start: other work on the machine spoils the numbers.
load=$(cut -d ' ' -f 1 /proc/loadavg 2> /dev/null || echo unknown)
: > results
seed=0
while [ "$seed" -lt "$seeds" ]; do
    run ours "$seed"
    run spikingjelly "$seed"
    seed=$((seed + 1))
done

# range PROGRAM COLUMN FORMAT: median, smallest and largest
range() {
    awk -v program="$1" -v column="$2" '$1 == program { print $column }' results | sort -g |
        awk -v format="$3" '{ x[NR] = $1 }
            END {
                median = (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2
                printf format " (" format " to " format ")", median, x[1], x[NR]
            }'
}
# row PROGRAM NAME
row() {
    echo "| $2 | $(range "$1" 2 %.1f) | $(range "$1" 4 %.4f) | $(range "$1" 3 %.0f) |"
}
processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2> /dev/null | head -n 1)
echo "Fashion-MNIST, 784-800-10 neurons, 25 steps, batch 128"
echo "epochs: $epochs, seeds: $seeds, threads: $threads"
echo
echo "machine: ${processor:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores; $($cc --version | head -n 1)"
echo "load:    $load before the start"
echo
echo "| program | seconds, median and range | test accuracy, median and range | peak MiB, median and range |"
echo "|---|---:|---:|---:|"
row ours snnc
row spikingjelly SpikingJelly
echo
awk '{ seconds[$1] += $2 }
    END { printf "SpikingJelly / snnc, seconds: %.2f\n", seconds["spikingjelly"] / seconds["ours"] }' results
