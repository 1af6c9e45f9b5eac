#!/bin/sh
# Epochs of samples in a file against epochs of samples in memory: see tests/bench/README.md.
#
#     tests/bench/loading.sh EXAMPLE=DIR...    e.g. shd_delays=/data/shd nmnist=/data/nmnist
#                                              BUILD=dir  SNNC=path  CC=command
#                                              EPOCHS=n  ROUNDS=n  SAMPLES=n  THREADS=n
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=loading.sh
. "$here/workloads.sh"
[ $# -gt 0 ] || fail "give examples and the folders of their data, as shd_delays=/data/shd"
epochs=${EPOCHS:-2}
rounds=${ROUNDS:-3}
samples=${SAMPLES:-512}
threads=${THREADS:-1}
flags=$(cc_flags -march=native)
mkdir -p "$build/bench/loading"
start=$PWD

# train WHERE DIR OPTION...: adds the seconds of each epoch to the file WHERE
train() {
    where=$1 folder=$2
    shift 2
    ./model train --quiet --data "$folder" --threads "$threads" --epochs "$epochs" --samples "$samples" --force \
        --log log.json --out model.safetensors "$@" > said 2> messages || {
        cat messages >&2
        exit 1
    }
    sed -n 's/.*"seconds": *\([0-9.e+-]*\).*/\1/p' log.json >> "$where"
}

least() {
    sort -g "$1" | head -n 1
}

echo "| example | in memory, s | in a file, s | slower by |"
echo "|---|---:|---:|---:|"
for pair; do
    example=${pair%%=*}
    cd "$start"
    folder=$(cd "${pair#*=}" && pwd)
    cd "$build/bench/loading"
    "$snnc" "$root/examples/$example/model.snn" -o model.c
    # shellcheck disable=SC2086
    $cc $flags model.c -o model -lm -lpthread -lz
    rm -f memory file
    round=0
    while [ "$round" -lt "$rounds" ]; do
        train memory "$folder" --memory 1000000
        train file "$folder" --memory 1
        round=$((round + 1))
    done
    awk -v example="$example" -v memory="$(least memory)" -v file="$(least file)" \
        'BEGIN { printf "| %s | %.2f | %.2f | %.1f %% |\n", example, memory, file, 100 * (file / memory - 1) }'
done
