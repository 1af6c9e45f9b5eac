#!/bin/sh
# circles.sh OBJECT... finds files that call each other in a circle, by the symbols that their objects define and use:
# from each file of a circle, calls lead to all others and back. There must be none. Nor may two files define one name: of
# snnc and what it loads, one would be called for the other.
set -eu
export LC_ALL=C
circles=$(mktemp) && trap 'rm -f "$circles"' EXIT

twice=$(nm -A -P "$@" | awk '$3 ~ /^[TDBRC]$/ { print $2 }' | sort | uniq -d)
if [ -n "$twice" ]; then
    echo "circles: defined by two files:" $twice >&2
    exit 1
fi

nm -A -P "$@" |
    awk '
function name(object) {
    sub(/:$/, "", object)
    sub(/.*\/obj\//, "", object)
    sub(/\.o$/, ".c", object)
    return object
}

# Where calls lead to from this file.
function follow(from,    queue, head, tail, i, n, to) {
    queue[tail++] = from
    while (head < tail) {
        n = split(callees[queue[head++]], to, " ")
        for (i = 1; i <= n; i++)
            if (!((from, to[i]) in reached)) {
                reached[from, to[i]] = 1
                queue[tail++] = to[i]
            }
    }
}

$3 ~ /^[TDBRC]$/ { defined_in[$2] = name($1) }
$3 == "U" { users[++uses] = name($1); used[uses] = $2 }

END {
    for (u = 1; u <= uses; u++) {
        file = defined_in[used[u]]
        if (file != "" && file != users[u] && !((users[u], file) in calls)) {
            calls[users[u], file] = 1
            callees[users[u]] = callees[users[u]] " " file
        }
    }
    for (file in callees)
        follow(file)
    for (file in callees) {
        if (!((file, file) in reached))
            continue
        first = file
        for (other in callees)
            if (other < first && (file, other) in reached && (other, file) in reached)
                first = other
        print first, file
    }
}' | sort | awk '
$1 != first { printf "%s%s", (NR > 1 ? "\n" : ""), $2; first = $1; next }
{ printf " %s", $2 }
END { if (NR > 0) print "" }' > "$circles"

if [ -s "$circles" ]; then
    sed 's/^/circles: these call each other in a circle: /' "$circles" >&2
    exit 1
fi
echo "circles: $# passed, 0 failed"
