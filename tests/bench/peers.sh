#!/bin/sh
# A training step of ours against PyTorch, SpikingJelly, snnTorch and Norse: see tests/bench/README.md.
#
#     tests/bench/peers.sh [ours]      BUILD=dir  SNNC=path  CC=command  DATA=dir  ROUNDS=n  STEPS=n
#                                      THREADS="1 2"  WORKLOADS="W1 W2 W2.11 W2r"  SNNC_FLAGS="..."  MARCH=flag
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/bench
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
cc=${CC:-cc}
data=${DATA:-/usr/share/datasets/fashion-mnist}
rounds=${ROUNDS:-5}
steps=${STEPS:-20}
threads=${THREADS:-1 2}
workloads=${WORKLOADS:-W1 W2 W2.11 W2r}
flags="-std=c11 -O3 ${MARCH--march=native} -ffp-contract=off -fno-math-errno -fno-trapping-math"
gradient_limit=1e-5

case ${1:-all} in
all) libraries="snnc pytorch spikingjelly snntorch norse" ;;
ours) libraries="snnc" ;;
*)
    echo "usage: peers.sh [ours]" >&2
    exit 2
    ;;
esac

fail() {
    echo "peers.sh: $*" >&2
    exit 1
}

# ---- workloads ----

# model_of WORKLOAD: its model file, without .snn
model_of() {
    case $1 in
    W1) echo w1 ;;
    W2 | W2.11) echo w2 ;;
    W2r) echo w2r ;;
    W2r.near) echo w2r_near ;;
    *) fail "no workload: $1 (there are W1, W2, W2.11, W2r and W2r.near)" ;;
    esac
}

# shape_of WORKLOAD: inputs, hidden neurons, classes, steps, batch, recurrent
shape_of() {
    case $1 in
    W1) echo 784 800 10 25 128 0 ;;
    W2r*) echo 700 256 20 100 128 1 ;;
    *) echo 700 256 20 100 128 0 ;;
    esac
}

# sizes_of WORKLOAD: NAME=COUNT of each array of weights
sizes_of() {
    # shellcheck disable=SC2046
    set -- $(shape_of "$1")
    echo "input=$(($1 * $2))"
    [ "$6" = 0 ] || echo "recurrence=$(($2 * $2))"
    echo "readout=$(($2 * $3))"
}

for work in $workloads; do
    model_of "$work" > /dev/null
done
mkdir -p "$build/bench/peers"
cd "$build/bench/peers"

# ---- what is compiled ----

for tool in roof compare; do
    # shellcheck disable=SC2086
    $cc -D_XOPEN_SOURCE=700 $flags "$here/$tool.c" -o $tool -lm
done
for model in $(for work in $workloads; do model_of "$work"; done | sort -u); do
    # shellcheck disable=SC2086
    "$snnc" ${SNNC_FLAGS:-} "$here/$model.snn" -o "$model.c"
    # shellcheck disable=SC2086
    $cc $flags -DGENERATED="\"$PWD/$model.c\"" "$here/step.c" -o "$model" -lm -lpthread -lz
done

# ---- Python and data ----

python=../venv/bin/python

# The weights are written last, so where they are, all is there.
for work in $workloads; do
    [ -f "$work.weights" ] && continue
    "$here/venv.sh" "$PWD/../venv"
    rm -f "$work.pytorch.gradients"
    $python "$here/peers/data.py" . "$data" "$work" >&2
done
[ "$libraries" = snnc ] || "$here/venv.sh" "$PWD/../venv"

# ---- measuring ----

# peer WORKLOAD LIBRARY THREADS GRADIENTS: memory that was freed is kept, not given back and asked for again
peer() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=4294967296 OMP_NUM_THREADS=$3 MKL_NUM_THREADS=$3 \
        $python "$here/peers/step.py" . "$1" "$2" "$3" "$steps" ${4:+"$4"}
}

# measure WORKLOAD LIBRARY THREADS GRADIENTS: a line for the results; GRADIENTS may be empty
measure() {
    if [ "$2" = snnc ]; then
        "./$(model_of "$1")" . "$1" "$3" "$steps" ${4:+"$4"}
    else
        peer "$@"
    fi > result 2> messages || {
        cat messages >&2
        fail "$2 cannot run $1"
    }
    cat result >> results
    echo "$1, $2, threads: $3: $(sed 's/.*"step_ms": \([0-9.]*\).*/\1/' result) ms" >&2
}

# The load should be near 0 at the start: other work on the machine spoils the numbers.
load=$(cut -d ' ' -f 1 /proc/loadavg 2> /dev/null || echo unknown)
: > results
round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    for work in $workloads; do
        for n in $threads; do
            for library in $libraries; do
                gradients=
                case $round.$library in 1.snnc | 1.pytorch) gradients=$work.$library.gradients ;; esac
                measure "$work" "$library" "$n" "$gradients"
            done
        done
    done
    round=$((round + 1))
done

# ---- the report ----

status=0
for work in $workloads; do
    echo "shape $work $(shape_of "$work")"
    [ -f "$work.pytorch.gradients" ] || continue
    # shellcheck disable=SC2046
    ./compare $gradient_limit "$work.snnc.gradients" "$work.pytorch.gradients" $(sizes_of "$work") \
        > differences || status=1
    sed "s/^/gradient $work /" differences
done > checks
echo "roof $(./roof)" >> checks

processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2> /dev/null | head -n 1)
echo "Training steps: $rounds rounds of $steps steps, behind 3 to warm up"
echo
echo "- machine: ${processor:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores; load before the start: $load"
echo "- compiler: $($cc --version | head -n 1), $flags"
awk -v workloads="$workloads" -v threads="$threads" -v libraries="$libraries" \
    -f "$here/peers/table.awk" checks results || status=1
[ "$status" = 0 ] || fail "results differ: see above"
