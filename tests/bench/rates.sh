#!/bin/sh
# Instructions of a step of inference against the rate of events, by event-driven and by dense code of the same network, counted by
# valgrind: see tests/bench/README.md.
#
#     tests/bench/rates.sh      BUILD=dir  SNNC=path  CC=command  DATA=dir  WORKLOAD=W2  STEPS=n  RATES="0 10 100 ..."  (in 1/1000)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=rates.sh
. "$here/workloads.sh"
work=${WORKLOAD:-W2}
steps=${STEPS:-100}
rates=${RATES:-0 5 15 50 100 200 300 500 1000}
flags="-std=c99 -O3 -march=x86-64-v3 -ffp-contract=off -fno-math-errno -fno-trapping-math"
command -v valgrind > /dev/null || fail "valgrind is missing"
make_data "$work"
mkdir -p "$work_folder/rates"
cd "$work_folder/rates"

# program FORM MODEL CC_FLAGS: the program ./FORM
program() {
    mkdir -p "$1.d"
    "$snnc" -w "$2" --weights "../$work.safetensors" --infer --selftest=0 -o "$1.d/kws.c"
    # shellcheck disable=SC2086
    $cc $flags $3 -iquote "$1.d" "$here/rates.c" "$1.d/kws.c" "$1.d/kws_weights.c" -o "$1"
}

# count FUNCTION FORM RATE: instructions of a step, those of FUNCTION and of what it calls
count() {
    valgrind --tool=callgrind --callgrind-out-file=counts --collect-atstart=no --toggle-collect="$1" "./$2" "$3" "$steps" \
        > heard 2> messages || fail "$(cat messages)"
    awk -v steps="$steps" '/^(summary|totals):/ { all = $2 } END { printf "%.0f", all / steps }' counts
}

# Where the data are not said to be spikes, the layer that reads them goes through all of them.
sed '/^ *data /s/, spikes//' "$here/$(model_of "$work").snn" > numbers.snn
program spikes "$here/$(model_of "$work").snn" ""
program dense numbers.snn -DNUMBERS
echo "Instructions of a step of $work; $($cc --version | head -n 1), $flags; $steps steps of random events"
echo
echo "| inputs that spike | events a step | by events | dense | share |"
echo "|---:|---:|---:|---:|---:|"
for rate in $rates; do
    sparse=$(count kws_step_events spikes "$rate")
    some=$(cat heard)
    dense=$(count kws_step dense "$rate")
    awk -v rate="$rate" -v some="$some" -v steps="$steps" -v sparse="$sparse" -v dense="$dense" \
        'BEGIN { printf "| %s %% | %.1f | %d | %d | %.2f |\n", rate / 10, some / steps, sparse, dense, sparse / dense }'
done
