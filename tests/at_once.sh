#!/bin/sh
# `snnc run MODEL.snn COMMAND ...`: the program of a model, compiled in memory and run at once, is the program that the C
# compiler makes.
#
#     tests/at_once.sh        BUILD=dir  SNNC=path

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-${BUILD:-$root/build}/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
. "$root/tests/run/lib.sh"
cc=${CC:-cc}
$cc -D_XOPEN_SOURCE=700 -std=c11 -O1 "$root/tests/run/idx.c" -o idx && mkdir data && ./idx data || exit 1
cp "$root/tests/run/shapes.snn" .
"$snnc" shapes.snn -o shapes && ./shapes train --quiet --data data --epochs 2 --out trained.safetensors > messages 2>&1 || {
    cat messages >&2
    exit 1
}
./shapes predict --data data --weights trained.safetensors > predicted.csv

for threads in 1 2; do
    passes "at once: trains with $threads" "$snnc" run shapes.snn train --quiet --threads $threads --data data --epochs 2 --force --out run.safetensors
    same "at once: the same weights" trained.safetensors run.safetensors
done
passes "at once: predicts" sh -c '"$0" run shapes.snn predict --data data --weights run.safetensors > run.csv' "$snnc"
same "at once: the same predictions" predicted.csv run.csv
./shapes report --data data --weights trained.safetensors --out compiled.html > messages 2>&1
passes "at once: reports" "$snnc" run shapes.snn report --data data --weights trained.safetensors --out run.html
same "at once: the same report" compiled.html run.html
passes "at once: resumes" "$snnc" run shapes.snn train --quiet --data data --epochs 3 --resume run.safetensors --out third.safetensors
$cc -D_XOPEN_SOURCE=700 -std=c11 -O1 "$root/tests/run/stop.c" -o stop || exit 1
./stop INT behind stopped.safetensors "$snnc" run shapes.snn train --quiet --data data --epochs 3000 --out stopped.safetensors > output 2> messages
status=$?
shows "at once: interrupted, it says how to go on" 'interrupted in epoch .* go on with `snnc run shapes\.snn train ' sh -c 'cat messages; [ $0 -eq 130 ]' $status
mkdir quiet && cp shapes.snn quiet && (cd quiet && "$snnc" run shapes.snn info > ../info)
ls quiet > files
shows "at once: it writes no file" '^1 shapes.snn$' sh -c 'echo $(wc -l < files) $(cat files)'
shows "at once: it ran" '^4352 parameters' cat info
shows "at once: -D" '^2176 parameters' "$snnc" run -D hidden=32 shapes.snn info
shows "at once: options before run" '^2176 parameters' "$snnc" -w -D hidden=32 run shapes.snn info --data data
refuses "at once: another action before run" 2 '^snnc: `run` runs the program of a model here: ' "$snnc" --gradcheck run shapes.snn
shows "at once: from standard input" '^shapes, made by snnc' sh -c '"$0" run - --version < shapes.snn' "$snnc"
shows "at once: the program's own help" '^Usage: snnc run shapes\.snn COMMAND' "$snnc" run shapes.snn --help
shows "at once: with its constants" '^Usage: snnc run -D hidden=32 --products=apart shapes\.snn COMMAND' "$snnc" run --products=apart -D hidden=32 shapes.snn --help
shows "at once: its messages name it" '^snnc run shapes\.snn: ' sh -c '"$0" run shapes.snn dance 2>&1 || [ $? -eq 2 ]' "$snnc"

refuses "at once: the program's exit status" 2 '^snnc run shapes\.snn: unknown command \(dance\)' "$snnc" run shapes.snn dance
refuses "at once: no data" 1 '^snnc run shapes\.snn: .*nowhere' "$snnc" run shapes.snn test --data nowhere --weights trained.safetensors
refuses "at once: no model" 2 '^snnc: which model\?' "$snnc" run
refuses "at once: an output" 2 '^snnc: `run` writes no program: leave -o out, or `run`$' "$snnc" run -o x shapes.snn train
refuses "at once: no runtime" 2 '^snnc: `run` needs the runtime: ' "$snnc" run --no-runtime shapes.snn train
refuses "at once: no such pass" 2 '^snnc: no pass is called `nonsense`; ' "$snnc" run --dump-after=nonsense shapes.snn train
refuses "at once: a target" 2 '^snnc: `run` runs on this machine: ' "$snnc" run --target aarch64 shapes.snn train
refuses "at once: another action" 2 '^snnc: `run` runs the program of a model here: ' "$snnc" run --gradcheck shapes.snn
sed 's/lif/liff/' shapes.snn > wrong.snn
"$snnc" run wrong.snn train --data data > output 2> messages
[ $? -eq 1 ] && [ ! -s output ] && tail -n 1 messages | grep -q '^[0-9]* errors*$' && ok "at once: mistakes in the model" ||
    fail "at once: mistakes in the model" "$(cat messages)"

echo "at_once: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
