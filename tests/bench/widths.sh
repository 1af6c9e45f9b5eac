#!/bin/sh
# What widths cost that no tile divides: training steps of layers of 257 and 1,009 units beside 256 and 1,024, in turn.
# Prints synaptic additions (synapses x steps x samples), forward, in millions a millisecond of a whole step.
#
#     tests/bench/widths.sh            BUILD=dir  SNNC=path  CC=command  ROUNDS=n  STEPS=n  THREADS=n
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=widths.sh
. "$here/workloads.sh"
rounds=${ROUNDS:-9}
steps=${STEPS:-8}
threads=${THREADS:-1}
folder=$build/bench/widths
rm -rf "$folder"
mkdir -p "$folder"
build_tool noise "$folder"

for width in 256 257 1024 1009; do
    "$folder/noise" "$folder" width.$width $width 20 64 10 0.2 \
        w_first $width $width 5 w_hidden $width $width 14 w_digit 10 $width 3
    "$folder/noise" "$folder" width_r.$width $width 20 64 10 0.03 \
        w_hidden $width $width 3 w_hidden_2 $width $width 1 w_readout 10 $width 1
    for model in width width_r; do
        build_step $model "$folder" "-D width=$width" "$(cc_flags -march=native)"
        mv "$folder/$model" "$folder/program.$model.$width"
    done
done

round=0
while [ $((round += 1)) -le "$rounds" ]; do
    for width in 256 257 1024 1009; do
        for model in width width_r; do
            "$folder/program.$model.$width" "$folder" $model.$width "$threads" "$steps" |
                sed "s/.*\"step_ms\": \([0-9.]*\).*/$model $width \1/" >> "$folder/times"
        done
    done
done

# The lower quartile of the rounds.
echo "| model | width | ms a step | million additions a ms | of the round width |"
echo "|---|---:|---:|---:|---:|"
sort -k1,1 -k2,2n -k3,3n "$folder/times" | awk -v rounds="$rounds" '
{
    if ($1 " " $2 != last) turn = 0
    last = $1 " " $2
    if (++turn == int((rounds + 3) / 4)) time[$1, $2] = $3
}
function row(model, width, round_width,    speed, best) {
    speed = 2 * width * width * 20 * 64 / 1e6 / time[model, width]
    best = 2 * round_width * round_width * 20 * 64 / 1e6 / time[model, round_width]
    printf "| %s | %d | %.2f | %.1f | %.2f |\n", model, width, time[model, width], speed, speed / best
}
END {
    for (i = split("width_r width", models, " "); i > 0; i--) {
        row(models[i], 256, 256); row(models[i], 257, 256)
        row(models[i], 1024, 1024); row(models[i], 1009, 1024)
    }
}'
