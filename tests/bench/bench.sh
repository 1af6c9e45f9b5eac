#!/bin/sh
# The benchmark: see tests/bench/README.md.
#
#     tests/bench/bench.sh             BUILD=dir  SNNC=path  CC=command  DATA=dir  ROUNDS=n  THREADS="1 2"
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=bench.sh
. "$here/workloads.sh"
rounds=${ROUNDS:-5}
threads=${THREADS:-1 2}
samples=6400
flags=$(cc_flags -march=native)
mkdir -p "$build/bench/data"
cd "$build/bench"
for tool in measure roof; do
    build_tool $tool .
done

# ---- data: the first images of the training set, and a few of the test set ----

# part NAME COUNT: COUNT in the header's four bytes, then as many images and labels
part() {
    count=$(printf '\\%03o\\%03o\\%03o\\%03o' $(($2 >> 24)) $(($2 >> 16 & 255)) $(($2 >> 8 & 255)) $(($2 & 255)))
    # shellcheck disable=SC2059
    {
        printf "\\0\\0\\10\\3$count\\0\\0\\0\\34\\0\\0\\0\\34"
        gzip -dc "$data/$1-images-idx3-ubyte.gz" | tail -c +17 | head -c $(($2 * 784))
    } > "data/$1-images-idx3-ubyte"
    # shellcheck disable=SC2059
    {
        printf "\\0\\0\\10\\1$count"
        gzip -dc "$data/$1-labels-idx1-ubyte.gz" | tail -c +9 | head -c "$2"
    } > "data/$1-labels-idx1-ubyte"
}
part train $samples
part t10k 128

# ---- measuring ----

cp "$root/examples/fashion_mnist/model.snn" model.snn
# timed COMMAND...: sets seconds and kib
timed() {
    ./measure measured "$@" > said 2>&1 || {
        cat said >&2
        exit 1
    }
    read -r seconds kib < measured
}
# median: of numbers, one a line; with the smallest and the largest
median() {
    sort -g | awk '{ x[NR] = $1 }
        END { m = NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2; print m, x[1], x[NR] }'
}
row() {
    printf '| %-42s | %-38s |\n' "$1" "$2"
}
to_unit() { awk -v x="$1" -v by="$2" -v digits="$3" 'BEGIN { printf "%.*f", digits, x / by }'; }

echo "Fashion-MNIST, 784-800-10 neurons, 25 steps, batch 128: epochs of $samples images, $rounds rounds behind one to warm up"
echo
processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2> /dev/null | head -n 1)
echo "machine: ${processor:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores; $($cc --version | head -n 1)"
echo "flags:   $flags"
# Other work on the machine spoils the numbers: the load should be near 0 at the start.
echo "load:    $(cut -d ' ' -f 1 /proc/loadavg 2> /dev/null || echo unknown) before the start"
echo
row "what" "value"
row "---" "---"
rm -f snnc.seconds
for _ in 1 2 3 4 5; do
    timed "$snnc" model.snn -o model.c
    echo "$seconds" >> snnc.seconds
done
compile_ms=$(median < snnc.seconds | awk '{ printf "%.1f ms", $1 * 1000 }')
row "snnc" "$compile_ms"
row "generated C" "$(wc -l < model.c) lines, $(to_unit "$(wc -c < model.c)" 1024 0) KiB"
# shellcheck disable=SC2086
timed $cc $flags model.c -o model -lm -lpthread -lz
row "C compiler" "$(to_unit "$seconds" 1 1) s, $(to_unit "$kib" 1024 0) MiB"
row "executable" "$(to_unit "$(wc -c < model)" 1024 0) KiB"

# From here on: $speed of the last number of threads, in samples/s.
for n in $threads; do
    rm -f run.log
    timed ./model train --quiet --data data --threads "$n" --epochs $((rounds + 1)) --force --out model.safetensors --log run.log
    sed '1d; s/.*"seconds": \([^,]*\),.*/\1/' run.log | awk -v n=$samples '{ print n / $1 }' > speeds
    [ "$(wc -l < speeds)" -eq "$rounds" ]
    read -r speed low high << SPEEDS
$(median < speeds)
SPEEDS
    row "training, threads: $n" "$(to_unit "$speed" 1 0) samples/s ($(to_unit "$low" 1 0) to $(to_unit "$high" 1 0))"
    row "peak memory, threads: $n" "$(to_unit "$kib" 1024 1) MiB"
    [ "$n" = 1 ] && speed1=$speed
done
[ -n "${speed1:-}" ] && row "$n threads against 1" "$(to_unit "$speed" "$speed1" 2) times"
accuracy=$(sed -n "$((rounds + 1))"'s/.*"train_accuracy": \([^,]*\),.*/\1/p' run.log)
row "accuracy on the trained images, last epoch" "$accuracy"

# ---- the roof ----

# How often each neuron fires in a step: the encoder as often as its pixel is bright, the layer as logged.
input_rate=$(tail -c +17 data/train-images-idx3-ubyte | od -An -v -tu1 |
    awk '{ for (i = 1; i <= NF; i++) sum += $i; n += NF } END { print sum / n / 255 }')
hidden_rate=$(sed -n "$((rounds + 1))"'s/.*"hidden": \([0-9.e-]*\).*/\1/p' run.log)
./model info > info
# operations LAYER: synaptic operations of a sample, without sparsity
operations() { awk -v layer="$1" '$1 == layer { print $3 }' info; }
row "firing rates: input, hidden (a step)" "$(to_unit "$input_rate" 1 3), $(to_unit "$hidden_rate" 1 3)"
# Forward each spike adds a row of weights; backward it adds a row to the gradient of the weights; the gradient
# of hidden, which is not sparse, takes the synapses of digit once more. A dense program does all of them.
awk -v speed="${speed1:-$speed}" -v all="$speed" -v roof="$(./roof)" -v n="$n" \
    -v hidden="$(operations hidden_dense)" -v digit="$(operations digit_dense)" \
    -v input_rate="$input_rate" -v hidden_rate="$hidden_rate" '
    function row(what, value) { printf "| %-42s | %-38s |\n", what, value }
    function rates(what, speed) {
        row(what, sprintf("%.1f billion by spikes, %.1f if dense", speed * spikes / 1e9, speed * dense / 1e9))
    }
    BEGIN {
        spikes = 2 * (hidden * input_rate + digit * hidden_rate) + digit
        dense = 2 * (hidden + digit) + digit
        row("synaptic operations a sample, both ways", sprintf("%.2f million by spikes, %.2f if dense", spikes / 1e6, dense / 1e6))
        rates("a second, threads: 1", speed)
        if (n > 1)
            rates("a second, threads: " n, all)
        row("roof: additions in registers, 1 core", sprintf("%.1f billion a second", roof / 1e9))
        row("of the roof, threads: 1", sprintf("%.0f%% by spikes", 100 * speed * spikes / roof))
    }'
