#!/bin/sh
# What each optimisation brings: the steps of peers.sh with one of them left out at a time. See tests/bench/README.md.
#
#     tests/bench/ablation.sh          ROUNDS=n  STEPS=n  WORKLOADS="W1 W2 W2.11 W2r W2r.near"  and what peers.sh takes
set -eu

here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-3}
workloads=${WORKLOADS:-W1 W2 W2.11 W2r W2r.near}
build=${BUILD:-$here/../../build}
mkdir -p "$build/bench"
results=$build/bench/ablation
# Every optimisation of the compiler's list, then what has a flag of its own.
names=$(sed -n 's/^OPTIMISATION([A-Z]*, "\([a-z]*\)".*/\1/p' "$here/../../compiler/optimisations.def")
rm -f "$results"

# measure FLAGS NAME: a line "NAME|WORKLOAD|ms" for each workload
measure() {
    SNNC_FLAGS=$1 ROUNDS=1 THREADS=1 WORKLOADS=$workloads "$here/peers.sh" ours > "$results.said" 2>&1 || {
        cat "$results.said" >&2
        exit 1
    }
    sed -n "s/^\\(W[^,]*\\), snnc, threads: 1: \\([0-9.]*\\) ms\$/$2|\\1|\\2/p" "$results.said" >> "$results"
}

for round in $(seq "$rounds"); do
    echo "round $round of $rounds" >&2
    measure "" "all"
    for name in $names; do
        measure "--without=$name" "without $name"
    done
    (
        export CC="${CC:-cc} -DSNN_SMALL_PAGES"
        measure "" "without huge pages"
    )
    (
        export MARCH=
        measure "" "for any x86-64"
        export CC="${CC:-cc} -DSNN_ONE_LEVEL"
        measure "" "for any x86-64, one level"
    )
    measure "--kernels=event" "events only"
    measure "--kernels=table" "tables only"
    measure "--unroll=1" "no unrolling"
    measure "--unroll=full" "all steps unrolled"
done

# The median of the rounds in ms, and how many times that of all.
awk -F '|' -v workloads="$workloads" '
    function median(key,   n, i, j, x, list) {
        n = split(times[key], list, " ")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && list[j - 1] + 0 > list[j] + 0; j--) { x = list[j]; list[j] = list[j - 1]; list[j - 1] = x }
        return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    {
        if (!($1 in seen)) { seen[$1] = 1; order[++count] = $1 }
        times[$1, $2] = times[$1, $2] " " $3
    }
    END {
        columns = split(workloads, names, " ")
        printf "| ms a step, one thread |"
        for (c = 1; c <= columns; c++) printf " %s |", names[c]
        printf "\n|---|"
        for (c = 1; c <= columns; c++) printf "---:|"
        printf "\n"
        for (r = 1; r <= count; r++) {
            printf "| %s |", order[r]
            for (c = 1; c <= columns; c++) {
                ms = median(order[r] SUBSEP names[c]); full = median("all" SUBSEP names[c])
                if (order[r] == "all") printf " %.1f |", ms
                else printf " %.1f (%.2f) |", ms, ms / full
            }
            printf "\n"
        }
    }' "$results"
