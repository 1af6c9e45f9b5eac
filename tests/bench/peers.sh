#!/bin/sh
# A training step of ours against PyTorch, torch.compile, SpikingJelly, snnTorch and Norse: see tests/bench/README.md.
#
#     tests/bench/peers.sh [ours]      BUILD=dir  SNNC=path  CC=command  DATA=dir  ROUNDS=n  STEPS=n
#                                      THREADS="1 2"  WORKLOADS="W1 W2 W2.11 W2r W4 PSN"  SNNC_FLAGS="..."  MARCH=flag
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=peers.sh
. "$here/workloads.sh"
rounds=${ROUNDS:-5}
steps=${STEPS:-20}
threads=${THREADS:-1 2}
workloads=${WORKLOADS:-W1 W2 W2.11 W2r W4 PSN}
flags=$(cc_flags "${MARCH--march=native}")

case ${1:-all} in
all) libraries="snnc pytorch compiled spikingjelly snntorch norse" ;;
ours) libraries="snnc" ;;
*)
    echo "usage: peers.sh [ours]" >&2
    exit 2
    ;;
esac

# ---- what is compiled ----

models=$(models_of "$workloads")
cd "$work_folder"
for tool in roof compare; do
    build_tool $tool .
done
for model in $models; do
    build_step "$model" "$work_folder" "${SNNC_FLAGS:-}" "$flags"
done
make_data "$workloads"
if [ "$libraries" != snnc ]; then
    "$here/venv.sh" "$build/bench/venv"
    for work in $workloads; do
        "$python" "$here/peers/gradients.py" . "$work" "$work.pytorch.gradients"
    done
fi

# ---- measuring ----

# peer WORKLOAD LIBRARY THREADS: memory that was freed is kept, not given back and asked for again
peer() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=4294967296 OMP_NUM_THREADS=$3 MKL_NUM_THREADS=$3 \
        "$python" "$here/peers/step.py" . "$1" "$2" "$3" "$steps"
}

# measure WORKLOAD LIBRARY THREADS GRADIENTS: a line for the results; GRADIENTS, of ours, may be empty. One that has no such neurons (3),
# or needs more than ten minutes for its first step (SIGALRM), is left out of this and all further rounds.
measure() {
    ! grep -qx "$1 $2" left_out || return 0
    failed=0
    if [ "$2" = snnc ]; then
        "./$(model_of "$1")" . "$1" "$3" "$steps" ${4:+"$4"}
    else
        peer "$@"
    fi > result 2> messages || failed=$?
    case $failed in
    0) ;;
    3 | 142)
        echo "$1 $2" >> left_out
        echo "$1, $2: left out" >&2
        return 0
        ;;
    *)
        cat messages >&2
        fail "$2 cannot run $1"
        ;;
    esac
    cat result >> results
    echo "$1, $2, threads: $3: $(sed 's/.*"step_ms": \([0-9.]*\).*/\1/' result) ms" >&2
}

# The load should be near 0 at the start: other work on the machine spoils the numbers.
load=$(cut -d ' ' -f 1 /proc/loadavg 2> /dev/null || echo unknown)
: > results
: > left_out
round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    for work in $workloads; do
        for n in $threads; do
            for library in $libraries; do
                gradients=
                [ "$round.$library" != 1.snnc ] || gradients=$work.snnc.gradients
                measure "$work" "$library" "$n" "$gradients"
                # Ours again behind each of them: it is done in a tenth of the time, and should see as much of what
                # else goes on in the machine.
                [ "$library" = snnc ] || measure "$work" snnc "$n" ""
            done
        done
    done
    round=$((round + 1))
done

# ---- the report ----

status=0
for work in $workloads; do
    shape=$(shape_of "$work")
    [ -z "$shape" ] || echo "shape $work $shape"
    [ -f "$work.pytorch.gradients" ] || continue
    same_gradients "$work" "$work.snnc.gradients" > differences || status=1
    sed "s/^/gradient $work /" differences
done > checks
echo "roof $(./roof)" >> checks

processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2> /dev/null | head -n 1)
echo "Training steps: $rounds rounds of $steps steps, behind 3 to warm up; ours behind each of the others"
echo
echo "- machine: ${processor:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores; load before the start: $load"
echo "- compiler: $($cc --version | head -n 1), $flags"
awk -v workloads="$workloads" -v threads="$threads" -v libraries="$libraries" \
    -f "$here/peers/table.awk" checks results || status=1
[ "$status" = 0 ] || fail "results differ: see above"
