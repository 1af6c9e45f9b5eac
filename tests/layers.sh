#!/bin/sh
# layers.sh [ROOT] checks every #include "..." below ROOT (default: here): a file may include its own
# layer and the layers before it, never a later one. And that names which end with an underscore are left to
# models: no identifier of runtime/ does. And that each header has an include guard of its own, and that no file is too long.
set -eu
cd "${1:-.}"
includes=$(mktemp) && trap 'rm -f "$includes"' EXIT

failed=0
if grep -rnE '[A-Za-z0-9]_([^A-Za-z0-9_%]|$)' runtime --include='*.[ch]'; then
    echo "layers: an identifier ends with an underscore: such names belong to models" >&2
    failed=1
fi

twice=$(grep -rhE '^#ifndef [A-Z0-9_]+_H$' compiler grammar backends runtime --include='*.h' | sort | uniq -d)
if [ -n "$twice" ]; then
    echo "layers: two headers are guarded by the same name, so one file cannot include both: $twice" >&2
    failed=1
fi

long=$(find compiler grammar backends runtime tests -path tests/golden -prune -o -name '*.[chyl]' -print | xargs wc -l | awk '$2 != "total" && $1 > 600 { print $2 " (" $1 " lines)" }')
if [ -n "$long" ]; then
    echo "layers: over 600 lines: divide it by what its parts do: $long" >&2
    failed=1
fi

find compiler grammar backends runtime -name '*.[chyl]' | LC_ALL=C sort | xargs grep -Hn '^[[:space:]]*#include "' > "$includes"
awk -F: -v headers="$(echo runtime/*/*.h)" '
BEGIN {
    count = split("base kernels data run report train library", order, " ")
    for (i = 1; i <= count; i++)
        runtime_rank["runtime/" order[i]] = i
    split(headers, paths, " ")
    for (i in paths)
        runtime_folder[file(paths[i])] = folder(paths[i])
    count = split("arena vec adjacency table intern unique source diag out literal ast parse shape body map node net loop loop_look inference target passes parts paste backend pipeline summary executable wanted driver main",
                  order, " ")
    for (i = 1; i <= count; i++)
        rank[order[i]] = i
    rank["embedded"] = rank["literal"]
    rank["driver_parts"] = rank["driver_infer"] = rank["driver"]
    rank["room"] = rank["arena"]
    rank["snn"] = rank["parse"]     # the generated parser and scanner belong to grammar/
    rank["lexer"] = rank["tokens"] = rank["syntax"] = rank["signs.def"] = rank["parse"]
    rank["names.def"] = rank["intern"]
    rank["words"] = rank["words.def"] = rank["diag"]
    rank["units.def"] = rank["ast"]
    rank["weights"] = rank["loop"]
    rank["rules.def"] = rank["diag"]
    rank["operators.def"] = rank["ast"]
    rank["ops.def"] = rank["body"]
    rank["needs.def"] = rank["formats.def"] = rank["loop"]
    rank["targets.def"] = rank["target"]
    rank["nodes.def"] = rank["node"]
    count = split("tuned.h plan lower.h base spikes maps ends train step lower.c", order, " ")
    for (i = 1; i <= count; i++)
        within_lower[order[i]] = i
    split("loop loop_look inference backend target body out literal diag arena vec unique source embedded parts paste abi ops.def formats.def", names, " ")
    for (i in names)
        backends_may[names[i]] = 1
}

function file(path) {
    sub(/.*\//, "", path)
    return path
}

function base(path) {
    path = file(path)
    sub(/\.[chyl]$/, "", path)
    sub(/\.tab$/, "", path)
    return path
}

function exists(path,    found) {
    found = (getline line < path) >= 0
    close(path)
    return found
}

function folder(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
}

# A file that the order does not name makes one representation from another: the layer of passes.h.
function layer(path) {
    return (base(path) in rank && path !~ /lower\//) ? rank[base(path)] : rank["passes"]
}

function refuse(why) {
    print $1 ":" $2 ": includes " included ": " why
    failed = 1
}

{
    included = $0
    sub(/.*#include "/, "", included)
    sub(/".*/, "", included)
    name = base(included)
    local = included !~ /^\.\./ && exists(folder($1) "/" included)
    if (local && $1 !~ /^runtime\// && folder($1) !~ /^(compiler|grammar)$/) next
}

$1 ~ /^runtime\// {
    if (!(included in runtime_folder)) refuse("runtime/ knows only itself")
    if (runtime_rank[runtime_folder[included]] > runtime_rank[folder($1)]) refuse("a later folder of runtime/")
    next
}

$1 ~ /^backends\// {
    if (!(name in backends_may) && !(included in runtime_folder))
        refuse("a backend sees only the Loop IR and the foundation")
    next
}

included ~ /backends/ {
    if (base($1) != "backend") refuse("only backend.c knows the backends")
    next
}

# Within lower/, a folder knows those before it.
function part(path) {
    sub(/^(compiler\/)?lower\//, "", path)
    sub(/\/.*/, "", path)
    return within_lower[path]
}

$1 ~ /^compiler\/lower\// && included ~ /^lower\// && part(included) > part($1) {
    refuse("a later folder of lower/")
}

included in runtime_folder { next }

layer(included) > layer($1) { refuse("a later layer") }

END { exit failed }
' "$includes" || failed=1
[ $failed = 0 ] || exit 1
echo "layers: $(wc -l < "$includes") passed, 0 failed"
