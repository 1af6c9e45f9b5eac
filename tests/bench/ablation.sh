#!/bin/sh
# What each optimisation brings: a training step of ours with one of them left out at a time. See tests/bench/README.md.
#
#     tests/bench/ablation.sh          BUILD=dir  SNNC=path  CC=command  DATA=dir  ROUNDS=n  STEPS=n
#                                      THREADS=n  WORKLOADS="W1 W2 W2.11 W2r W2r.near W4 PSN"  WITHOUT="NAME..."
set -eu

here=$(cd "$(dirname "$0")" && pwd)
name=ablation.sh
. "$here/workloads.sh"
rounds=${ROUNDS:-15}
steps=${STEPS:-8}
threads=${THREADS:-1}
workloads=${WORKLOADS:-W1 W2 W2.11 W2r W2r.near W4 PSN}
without=${WITHOUT:-$(sed -n 's/^OPTIMISATION([A-Z]*, "\([a-z]*\)".*/\1/p' "$root/compiler/optimisations.def")}
native=$(cc_flags -march=native)
any=$(cc_flags "")
folder=$build/bench/ablation
rm -rf "$folder"
mkdir -p "$folder"
build_tool compare "$work_folder"
make_data "$workloads"
models=$(models_of "$workloads")
for work in $workloads; do
    [ -f "$work_folder/$work.pytorch.gradients" ] ||
        echo "$name: the gradients of $work are not compared: make bench-peers records those of PyTorch" >&2
done

# ---- the variants: each is compiled once, and its gradients are compared with PyTorch's ----

# variant NAME SNNC_FLAGS CC_FLAGS
count=0
variant() {
    count=$((count + 1))
    echo "$1" > "$folder/name.$count"
    echo "$1" >&2
    mkdir "$folder/$count"
    for model in $models; do
        build_step "$model" "$folder/$count" "$2" "$3"
    done
    for work in $workloads; do
        gradients=
        [ ! -f "$work_folder/$work.pytorch.gradients" ] || gradients=$folder/gradients
        "$folder/$count/$(model_of "$work")" "$work_folder" "$work" 1 1 ${gradients:+"$gradients"} > "$folder/said"
        [ -z "$gradients" ] || same_gradients "$work" "$gradients" > "$folder/said" || {
            cat "$folder/said" >&2
            fail "$1: other gradients of $work than PyTorch's"
        }
    done
}

variant "all" "" "$native"
# The same again tells how far to trust the others.
variant "all, again" "" "$native"
for one in $without; do
    variant "without $one" "--without=$one" "$native"
done
# Not where only some optimisations were asked for.
if [ -z "${WITHOUT:-}" ]; then
    variant "products apart" "--products=apart" "$native"
    variant "products apart, without apart" "--products=apart --without=apart" "$native"
    variant "without huge pages" "" "$native -DSNN_SMALL_PAGES"
    variant "for any x86-64" "" "$any"
    variant "for any x86-64, one level" "" "$any -DSNN_ONE_LEVEL"
    variant "events only" "--kernels=event" "$native"
    variant "tables only" "--kernels=table" "$native"
    variant "no unrolling" "--unroll=1" "$native"
    variant "all steps unrolled" "--unroll=full" "$native"
fi

# ---- measuring ----

# Short runs in turn, so that a machine whose speed changes does so for all of them.
round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    for work in $workloads; do
        model=$(model_of "$work")
        i=1
        while [ "$i" -le "$count" ]; do
            "$folder/$i/$model" "$work_folder" "$work" "$threads" "$steps" > "$folder/said"
            echo "$i $work $(sed 's/.*"step_ms": \([0-9.]*\).*/\1/' "$folder/said")" >> "$folder/results"
            i=$((i + 1))
        done
    done
    round=$((round + 1))
done

# From the fastest to the slowest run: the lower quartile of the rounds in ms, and how many times that of the first variant.
{
    for i in $(seq "$count"); do
        echo "$i name $(cat "$folder/name.$i")"
    done
    sort -k3,3g "$folder/results"
} | awk -v workloads="$workloads" -v threads="$threads" '
    function quartile(key,   n, list) {
        n = split(times[key], list, " ")
        return list[int((n + 3) / 4)]
    }
    $2 == "name" { name[++count] = substr($0, length($1) + 7); next }
    { times[$1, $2] = times[$1, $2] " " $3 }
    END {
        columns = split(workloads, work, " ")
        printf "| ms a step, threads: %s |", threads
        for (c = 1; c <= columns; c++) printf " %s |", work[c]
        printf "\n|---|"
        for (c = 1; c <= columns; c++) printf "---:|"
        printf "\n"
        for (r = 1; r <= count; r++) {
            printf "| %s |", name[r]
            for (c = 1; c <= columns; c++) {
                ms = quartile(r SUBSEP work[c])
                printf r == 1 ? " %.1f |" : " %.1f (%.2f) |", ms, ms / quartile(1 SUBSEP work[c])
            }
            printf "\n"
        }
    }'
