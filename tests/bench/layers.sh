#!/bin/sh
# Kinds of layers, one at a time, ours and PyTorch's: see tests/bench/README.md.
#
#     tests/bench/layers.sh [NAME...]  e.g. layers.sh conv "one axis"; without, all of peers/layers.py
#                                      BUILD=dir  SNNC=path  CC=command  DATA=dir
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=layers.sh
. "$here/workloads.sh"
flags=$(cc_flags -march=native)
steps=8 batch=32 samples=320
mkdir -p "$build/bench/layers"
cd "$build/bench/layers"
"$here/venv.sh" "$PWD/../venv"
rm -rf data
mkdir data
for file in train-images-idx3-ubyte train-labels-idx1-ubyte; do
    ln -s "$data/$file.gz" data
done

# write STAGES: model.snn
write() {
    cat > model.snn << END
model layer {
    data idx(shape = [28, 28], classes = 10)
    time $steps steps

    x   = poisson(image)
    out = x -> $1 -> dense(10)

    predict argmax(mean(out))
    train {
        loss      cross_entropy(mean(out), label)
        optimizer adam(lr = 1e-3)
        batch     $batch
    }
}
END
}

# ours STAGES: milliseconds of a step, the least of some epochs
ours() {
    write "$1"
    "$snnc" model.snn -o model.c
    # shellcheck disable=SC2086
    $cc $flags model.c -o model -lm -lpthread -lz
    ./model train --quiet --data data --samples $samples --epochs 4 --threads 1 --force --log log.json > messages 2>&1 || {
        cat messages >&2
        fail "cannot train $1"
    }
    sed -n 's/.*"seconds": \([0-9.]*\).*/\1/p' log.json | sort -g |
        awk -v batches=$((samples / batch)) 'NR == 1 { printf "%.1f\n", 1000 * $1 / batches }'
}

echo "| layer | snnc, ms | PyTorch, ms | PyTorch / snnc |"
echo "|---|---:|---:|---:|"
"$python" "$here/peers/layers.py" > all
while IFS='|' read -r layer stages; do
    case $# in 0) ;; *) printf '%s\n' "$@" | grep -Fqx "$layer" || continue ;; esac
    mine=$(ours "$stages")
    theirs=$("$python" "$here/peers/layers.py" "$layer" $steps $batch 2> messages) || {
        cat messages >&2
        fail "PyTorch cannot run $layer"
    }
    awk -v layer="$layer" -v a="$mine" -v b="$theirs" 'BEGIN { printf "| %s | %s | %s | %.1f |\n", layer, a, b, b / a }'
done < all
