#!/bin/sh
# Inference of whole test sets: what `snnc --infer` writes of a trained example predicts what `predict` of its trainer does, to the bit.
# See tests/bench/README.md.
#
#     tests/bench/predictions.sh [MODEL=DIR...]   e.g. shd_delays=/data/shd csnn/model=/usr/share/datasets/fashion-mnist;
#                                                 without, all examples that learn Fashion-MNIST
#     BUILD=dir  SNNC=path  CC=command            TRAINING="--epochs 1 --samples 6000"
#     SNNC_FLAGS="..."                            what trainers are made with
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=predictions.sh
. "$here/workloads.sh"
. "$root/tests/run/ways.sh"
training=${TRAINING:---epochs 1 --samples 6000}
flags=$(cc_flags -march=native)
mkdir -p "$build/bench/predictions"
start=$PWD
failed=0

# predict MODEL FOLDER: predicted.csv and inferred.csv
predict() {
    # shellcheck disable=SC2046,SC2086
    "$snnc" -w ${SNNC_FLAGS:-} "$root/examples/$1.snn" -o model.c &&
        $cc $flags model.c -o model -lm -lpthread -lz &&
        ./model train --quiet --force --no-test --data "$2" --out trained.safetensors $training &&
        ./model predict --force --data "$2" --weights trained.safetensors --out predicted.csv &&
        "$snnc" -w "$root/examples/$1.snn" --weights trained.safetensors --infer -o kws.c &&
        $cc $flags -c kws.c -o kws.o && $cc $flags -c kws_weights.c -o kws_weights.o &&
        $cc $flags $(ways) -w -iquote . -iquote "$root/tests/run" -DGENERATED='"model.c"' "$here/predictions.c" kws.o kws_weights.o \
            -o inferred -lm -lpthread -lz &&
        ./inferred "$2" > inferred.csv && cmp predicted.csv inferred.csv
}

if [ $# -eq 0 ]; then
    for model in fashion_mnist/model csnn/model sew_resnet/model sew_resnet/plain kernel_sharing/model kernel_sharing/private \
        psn/model dcls2d/model dcls2d/plain own_neuron/model recurrent/model; do
        set -- "$@" "$model=$data"
    done
fi
echo "| example | samples | different scores | equal to the bit |"
echo "|---|---:|---:|---|"
for pair; do
    model=${pair%%=*}
    case $model in */*) ;; *) model=$model/model ;; esac
    cd "$start"
    folder=$(cd "${pair#*=}" && pwd)
    cd "$build/bench/predictions"
    : > predicted.csv
    if predict "$model" "$folder" > messages 2>&1; then equal=yes; else equal=no failed=1; fi
    [ $equal = yes ] || tail -n 3 messages >&2
    awk -F, -v model="$model" -v equal=$equal 'NR > 1 { sub(/^[^,]*,[^,]*,[^,]*,/, ""); kinds += !seen[$0]++ }
        END { printf "| %s | %d | %d | %s |\n", model, (NR > 1 ? NR - 1 : 0), kinds, equal }' predicted.csv
done
exit $failed
