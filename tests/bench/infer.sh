#!/bin/sh
# Inference of one sample by one thread, against PyTorch, torch.compile and others, and against a dense network by emlearn: see
# tests/bench/README.md.
#
#     tests/bench/infer.sh [ours]      BUILD=dir  SNNC=path  CC=command  DATA=dir  ROUNDS=n  SAMPLES=n
#                                      SNNC_FLAGS="..."  WORKLOADS="W1 W1.whole W2 W2.11 W2r W3 W3.whole W4"  LIBRARIES="pytorch compiled spikingjelly"  PYTHON=command
#
# W1.whole is W1 with --whole.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=infer.sh
. "$here/workloads.sh"
workloads=${WORKLOADS:-W1 W1.whole W2 W2.11 W2r W3 W3.whole W4}
libraries=${LIBRARIES-pytorch compiled spikingjelly}
samples=${SAMPLES:-32}
rounds=${ROUNDS:-5}
python=${PYTHON:-$python}
flags="-std=c99 -D_XOPEN_SOURCE=700 -O2 -march=native -ffp-contract=off -fno-trapping-math"
dense_flags="-std=c99 -D_XOPEN_SOURCE=700 -O3 -march=native -ffast-math"
case ${1:-all} in
all) ;;
ours) libraries="" ;;
*)
    echo "usage: infer.sh [ours]" >&2
    exit 2
    ;;
esac
cd "$work_folder"
[ -n "${PYTHON:-}" ] || [ -z "$libraries" ] || "$here/venv.sh" "$build/bench/venv"
make_data "$(echo "$workloads" | sed 's/[.]whole//g')"

# ours WORKLOAD: a line as infer.c prints it
ours() {
    case $1 in
    *.whole) set -- "${1%.whole}" --whole ;;
    *) set -- "$1" ;;
    esac
    folder=infer_$(model_of "$1")
    mkdir -p "$folder"
    # shellcheck disable=SC2086
    "$snnc" -w "$here/$(model_of "$1").snn" --weights "$1.safetensors" --infer ${SNNC_FLAGS:-} ${2:-} --selftest=0 -o "$folder/kws.c" 2> messages || {
        cat messages >&2
        fail "no inference of $1"
    }
    spikes=$(grep -q 'const uint8_t in' "$folder/kws.h" && echo -DSPIKES || true)
    grep -q 'kws_step(kws_state' "$folder/kws.h" || spikes="$spikes -DWHOLE"
    # shellcheck disable=SC2086
    $cc $flags $spikes -iquote "$folder" "$here/infer.c" "$folder/kws.c" "$folder/kws_weights.c" -o "$folder/infer"
    "$folder/infer" "$1.input" "$samples" "$rounds"
}

# dense WORKLOAD: microseconds of a pass through a network of the same size that does not spike; - where its layers are others
dense() {
    # shellcheck disable=SC2046
    set -- "$1" $(shape_of "$1")
    [ -n "$libraries" ] && [ "${7:-1}" -eq 0 ] || {
        echo -
        return
    }
    "$python" "$here/peers/ann.py" "$2" "$3" "$4" > ann_net.c
    headers=$("$python" -c 'import emlearn; print(emlearn.includedir)')
    # shellcheck disable=SC2086
    $cc $dense_flags -w -I "$headers" -DANN='"ann_net.c"' -DINPUTS="$2" -iquote . "$here/ann.c" -o ann -lm
    ./ann "$1.input" $((samples * rounds))
}

echo "Inference, one sample, one thread, microseconds: medians of $samples samples, $rounds times each; $($cc --version | head -n 1), $flags, of emlearn $dense_flags"
echo
echo "| workload | snnc | from lists | a step of events | the longest | $(echo "$libraries" | sed 's/ / | /g') | best peer / snnc | a pass of emlearn |"
echo "|---|---:|---:|---:|---:|$(echo "$libraries" | sed 's/[a-z]*/---:/g; s/ /|/g')|---:|---:|"
status=0
for work in $workloads; do
    line=$(ours "$work")
    # shellcheck disable=SC2086
    set -- $line
    time=$1 cells="| $work | $1 | $(echo "$2 | $3 | $4" | sed "s,^0.0 | 0.00 | 0.00$,- | - | -,") |" best=
    shift 4
    for library in $libraries; do
        peer=$("$python" "$here/peers/infer.py" . "${work%.whole}" "$library" "$samples" "$rounds" 2> messages | tail -n 1)
        took=${peer%% *}
        [ -n "$peer" ] || took=-
        cells="$cells $took |"
        [ -z "$peer" ] || [ "${peer#* }" = "$*" ] || {
            echo "$work: $library predicts other classes" >&2
            status=1
        }
        best=$(echo "$best $took" | awk '{ b = $1 } NF > 1 && $2 + 0 > 0 && ($2 < $1 || $1 + 0 == 0) { b = $2 } END { print b }')
    done
    echo "$cells $(awk -v best="${best:-0}" -v time="$time" 'BEGIN { printf "%.1f", best / time }') | $(dense "${work%.whole}") |"
done
exit $status
