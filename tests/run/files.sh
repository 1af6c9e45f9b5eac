# Files that are links, pipes and devices; files that would be lost.

# The checkpoint of a finished training is kept under another name.
cp trained.safetensors finished.safetensors
passes "train: --out of another training" ./shapes train --quiet --data data --epochs 1 --out finished.safetensors
shows "train: says where the older one is" '^shapes: there was an older file \(finished\.safetensors\): it is kept as finished\.1\.safetensors$' cat messages
same "train: the older one is kept" trained.safetensors finished.1.safetensors
cp finished.safetensors one.safetensors
passes "train: and once more" ./shapes train --quiet --data data --epochs 1 --seed 4 --out finished.safetensors
same "train: the next one gets the next number" one.safetensors finished.2.safetensors
passes "train: --force replaces" ./shapes train --force --quiet --data data --epochs 1 --seed 5 --out finished.safetensors
passes "train: --resume goes on in its own file" ./shapes train --quiet --data data --resume finished.safetensors --epochs 2
if [ ! -e finished.3.safetensors ]; then
    ok "train: neither keeps anything"
else
    fail "train: neither keeps anything"
fi
printf '%s\n' '{"epoch": 1, "of": "another training"}' > kept.log
cp kept.log kept.copy
passes "train: --log of another training" ./shapes train --quiet --data data --epochs 1 --out logged.safetensors --log kept.log
same "train: the older log is kept" kept.copy kept.1.log

# Weights of other equations.
sed 's/lif(tau = 2)/lif(tau = 30)/' shapes.snn > slow.snn
"$snnc" slow.snn -o slow.c && compile_c "$native" -O1 slow.c slow || fail "files: compile"
passes "test: weights of other equations" ./slow test --data data --weights trained.safetensors
shows "test: says which" '^slow: weights of another model \(trained\.safetensors\): it was trained with `shape: v = v\[-1\] \+ \(input - v\[-1\]\) \* 0\.5`, this program has `shape: v = v\[-1\] \+ \(input - v\[-1\]\) \* 0\.0333' cat messages
refuses "resume: other equations" 1 '^slow: cannot resume \(trained\.safetensors\), this is another training: .*0\.0333.*; --force goes on all the same$' ./slow train --data data --resume trained.safetensors --epochs 3 --out slow.safetensors
passes "resume: other equations, by force" ./slow train --force --data data --resume trained.safetensors --epochs 3 --out slow.safetensors
"$snnc" shapes.snn --without=fuse --unroll=1 --kernels=event -o plainly.c && compile_c "$native" -O1 plainly.c plainly || fail "files: compile"
passes "resume: the same model, compiled otherwise" ./plainly train --data data --resume trained.safetensors --epochs 2
if grep -q 'another' messages; then fail "resume: it is the same model"; else ok "resume: it is the same model"; fi

# Links stay links, and permissions what they were.
mkdir -p elsewhere && cp trained.safetensors elsewhere/real.safetensors && chmod 640 elsewhere/real.safetensors
ln -sf elsewhere/real.safetensors link.safetensors
passes "link: resumed" ./shapes train --quiet --data data --resume link.safetensors --epochs 3
if [ -L link.safetensors ] && [ -n "$(find elsewhere/real.safetensors -perm 640)" ] && ! cmp -s trained.safetensors elsewhere/real.safetensors; then
    ok "link: its file is replaced, with its permissions"
else
    fail "link: its file is replaced, with its permissions" "$(ls -l link.safetensors elsewhere)"
fi
ln -sf elsewhere/new.csv link.csv
passes "link: to nothing yet" ./shapes predict --data data --weights trained.safetensors --out link.csv
if [ -L link.csv ] && [ -s elsewhere/new.csv ]; then ok "link: its file is made"; else fail "link: its file is made"; fi

# Standard streams and pipes.
./shapes predict --data data --weights trained.safetensors > printed.csv
for name in - /dev/stdout; do
    ./shapes predict --data data --weights trained.safetensors --out $name > streamed.csv 2> messages
    same "predict: --out $name" printed.csv streamed.csv
    ./shapes predict --data data --weights trained.safetensors --out $name 2> messages | cat > piped.csv
    same "predict: --out $name, a pipe" printed.csv piped.csv
done
passes "predict: --out of a device" ./shapes predict --data data --weights trained.safetensors --out /dev/null
cat trained.safetensors | ./shapes predict --data data --weights - > streamed.csv 2> messages
same "predict: --weights -" printed.csv streamed.csv
# writes FILE PIPE: beside what reads, which does not wait for whoever comes later; whoever is not read gives up
writes() {
    timeout 60 sh -c 'cat "$1" > "$2"' - "$1" "$2" &
    sleep 0.5
}
rm -f pipe && mkfifo pipe
refuses "pipe: nobody reads" 1 '^shapes: cannot write \(pipe\): nobody reads from it$' ./shapes predict --data data --weights trained.safetensors --out pipe
refuses "pipe: nobody writes" 1 '^shapes: not a readable safetensors file \(pipe\): it is shorter than 8 bytes$' ./shapes test --data data --weights pipe
refuses "pipe: as a checkpoint" 1 '^shapes: not a regular file \(pipe\): give the name of a file$' ./shapes train --data data --out pipe
refuses "pipe: as a log" 1 '^shapes: not a regular file \(pipe\): give the name of a file to --log$' ./shapes train --data data --out new.safetensors --log pipe
writes trained.safetensors pipe
passes "pipe: weights" ./shapes predict --data data --weights pipe --out piped.csv
wait
same "pipe: weights are read" printed.csv piped.csv
rm -rf piped && mkdir piped && cp data/t10k-labels-idx1-ubyte piped && mkfifo piped/t10k-images-idx3-ubyte
writes data/t10k-images-idx3-ubyte piped/t10k-images-idx3-ubyte
passes "pipe: data" ./shapes test --data piped --weights trained.safetensors
wait

# A stream that is closed is not the next file that is opened.
./shapes train --data data --epochs 2 --out closed.safetensors --log closed.log > output 2>&-
same "closed: no stderr, the same checkpoint" trained.safetensors closed.safetensors
if [ "$(wc -l < closed.log)" -eq 2 ] && [ "$(grep -c '^{"epoch": ' closed.log)" -eq 2 ]; then
    ok "closed: nothing but lines in the log"
else
    fail "closed: nothing but lines in the log" "$(cat closed.log)"
fi
closed_output() { "$@" >&-; }
refuses "closed: no stdout" 1 '^shapes: cannot write \(standard output\)' closed_output ./shapes predict --data data --weights trained.safetensors
refuses "train: --log and --out are one file" 1 '^shapes: one file for two things \(\./same\): give different --log and --out$' ./shapes train --data data --out same --log ./same
