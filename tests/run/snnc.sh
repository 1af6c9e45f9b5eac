# The compiler's own mistakes to be made: one clear message, nothing overwritten.

# stays NAME STATUS PATTERN FILE COMMAND...: refused, and FILE keeps its content
stays() {
    name=$1 expected=$2 pattern=$3 file=$4
    shift 4
    cp "$file" before
    refuses "$name" "$expected" "$pattern" "$@"
    if ! cmp -s "$file" before; then
        fail "$name" "$file was changed"
        cp before "$file"
    fi
}
echo "old" > old.c
echo "old" > old

stays "snnc: no such model" 2 '^snnc: cannot read \(nowhere\.snn\): No such file or directory$' old.c "$snnc" nowhere.snn -o old.c
stays "snnc: a folder" 2 '^snnc: cannot read \(data\): Is a directory$' old.c "$snnc" data -o old.c
stays "snnc: no model named" 2 '^snnc: which model\? Give a \.snn file' old.c "$snnc" -o old.c
stays "snnc: two models" 2 'one model at a time: `shapes\.c` is a second one' old.c "$snnc" shapes.snn shapes.c -o old.c
shows "snnc: a model alone is checked" '^shapes: \[8, 8\] in 4 classes, 10 time steps$' "$snnc" shapes.snn
shows "snnc: its layers" '^middle_dense +64 +4096 +40960  dense\(hidden\)$' "$snnc" shapes.snn
shows "snnc: its sums" '^4352 parameters, 43520 synaptic operations a sample' "$snnc" shapes.snn
cat > reservoir.snn <<'EOF'
neuron held(tau0 = 3) {
    state v = 0
    param w = 1
    v     = v + (w * input - v) / tau0
    spike = step(v - 1, atan(2))
    v     = where(spike, 0, v)
}
model reservoir {
    data idx(shape = [8, 8], classes = 4)
    time 10 steps
    pool  = (image -> dense(20)) + (pool[-1] -> dense(20, bias)) -> held()
    shape = detach(pool) -> dense(4) -> li() -> held()
    read  = shape -> dense(4) -> li()
    train { loss mse(last(read), label) }
}
EOF
shows "snnc: parameters beside their layer" '^pool_dense +20 +1280 +1280  dense\(20\)$' "$snnc" reservoir.snn
shows "snnc: another layer of the same line" '^pool_dense_2 +20 +420 +4000  dense\(20, bias\)$' "$snnc" reservoir.snn
shows "snnc: parameters of a neuron" '^pool +20 +1 +0  held\(\), spikes$' "$snnc" reservoir.snn
shows "snnc: a layer that was moved" '^read_last +4 +16 +16  dense\(4\)$' "$snnc" reservoir.snn
shows "snnc: frozen parameters" '^1798 parameters \(1701 of them frozen\), ' "$snnc" reservoir.snn
shows "snnc: its training" '^mse, adam\(lr = 0\.005\), batches of 16, 12 epochs$' "$snnc" shapes.snn
set_up='optimizer sgd(lr = step(0.1, 2), momentum = 0.9, nesterov)  clip_norm 5'
sed -e "s/optimizer adam.*/$set_up/" -e 's/10 steps/10 steps of 2 ms/' -e '/^let lr/d' shapes.snn > set.snn
learning='sgd\(lr = step\(0\.1, 2\), momentum = 0\.9, nesterov\), clip_norm 5'
shows "snnc: all that was set of its training" "^mse, $learning, batches of 16, 12 epochs\$" "$snnc" set.snn
"$snnc" set.snn -O0 -o set && shows "info: all that was set of its training" "^batch 16, 12 epochs, $learning, seed 0\$" ./set info
shows "info: how long a step is" ' 10 time steps of 2 ms$' ./set info
shows "snnc: what to do next" '`snnc shapes\.snn -o shapes`' "$snnc" shapes.snn
stays "snnc: unknown flag" 2 "^snnc: unrecognized option '--fast'" old.c "$snnc" --fast shapes.snn -o old.c
stays "snnc: an unknown ending" 2 '^snnc: no output ends as `old\.obj`: give it one of \.c, \.ll, \.bc, \.s, \.o, \.so, or none for an executable; --emit=executable makes one of any name$' old.c "$snnc" shapes.snn -o old.obj
stays "snnc: an ending of another form" 2 '^snnc: --emit=loop is not what `old\.c` ends as: leave --emit out, or the ending \.c$' old.c "$snnc" --emit=loop shapes.snn -o old.c
stays "snnc: of a backend, too" 2 '^snnc: --emit=c is not what `old\.ll` ends as: leave --emit out, or the ending \.ll$' old.c "$snnc" --emit=c shapes.snn -o old.ll
stays "snnc: a stage by a backend" 2 '^snnc: --emit=net is made before there is a backend: leave --backend out$' old.c "$snnc" --emit=net --backend=c shapes.snn
stays "snnc: an executable that is no file" 2 '^snnc: --emit=executable takes a file: name one with -o$' old.c "$snnc" --emit=executable shapes.snn
stays "snnc: unknown stage" 2 '^snnc: --emit takes .*, not `asm`$' old.c "$snnc" --emit=asm shapes.snn -o old.c
stays "snnc: unknown pass" 2 '^snnc: no pass is called `polish`; --passes lists them$' old.c "$snnc" --dump-after=polish shapes.snn -o old.c
stays "snnc: -D without a value" 2 '^snnc: -D takes NAME=VALUE, as in -D "tau=20 ms", not `hidden=`$' old.c "$snnc" shapes.snn -D hidden= -o old.c
stays "snnc: -D without =" 2 '^snnc: -D takes NAME=VALUE, .*, not `hidden`$' old.c "$snnc" shapes.snn -D hidden -o old.c
stays "snnc: --unroll 0" 2 '^snnc: --unroll takes a whole number from 1 to [0-9]+, not `0`$' old.c "$snnc" shapes.snn --unroll=0 -o old.c
stays "snnc: an unknown optimisation" 2 '^snnc: --without knows factor, .*commute.*, not `magic`$' old.c "$snnc" shapes.snn --without=commute,magic -o old.c
stays "snnc: no optimisation" 2 '^snnc: --without knows factor, .*commute.*, not ``$' old.c "$snnc" shapes.snn --without= -o old.c
stays "snnc: unknown products" 2 '^snnc: --products takes fused or apart, not `both`$' old.c "$snnc" shapes.snn --products=both -o old.c
stays "snnc: no C compiler" 1 '^snnc: cannot run `/nonexistent/cc`: .*Install a C compiler or name one with --cc$' old "$snnc" shapes.snn --cc=/nonexistent/cc -o old
stays "snnc: the C compiler fails" 1 '^snnc: `false` failed on the generated program; `-o FILE\.c` writes it for inspection$' old "$snnc" shapes.snn --cc=false -o old
stays "snnc: \$CC is used" 1 '^snnc: `false` failed' old env CC=false "$snnc" shapes.snn -o old
stays "snnc: the output is the model" 2 '^snnc: .*`shapes\.snn`.* the model' shapes.snn "$snnc" shapes.snn -o shapes.snn
refuses "snnc: output in no folder" 1 '^snnc: cannot write \(nowhere/shapes\.c\): No such file or directory; make its folder first$' "$snnc" shapes.snn -o nowhere/shapes.c
refuses "snnc: executable in no folder" 1 '^snnc: cannot write `nowhere/shapes`: No such file or directory$' "$snnc" shapes.snn -o nowhere/shapes
refuses "snnc: the output is a folder" 1 '^snnc: cannot write `data`: Is a directory$' "$snnc" shapes.snn -o data
if [ -c /dev/full ]; then
    refuses "snnc: the output is full" 1 '^snnc: cannot write \(/dev/full\): No space left on device$' "$snnc" shapes.snn -o /dev/full
fi
# everything that prints: full NAME ARGUMENTS...
full() {
    "$snnc" "$@" > /dev/full 2> messages
    status=$?
    if [ $status -eq 1 ] && [ "$(grep -c '^snnc: cannot write.*: No space left on device$' messages)" -eq 1 ]; then
        ok "snnc: $1 to a full device"
    else
        fail "snnc: $1 to a full device" "status $status"
    fi
}
if [ -c /dev/full ]; then
    full --help
    full --version
    full --passes
    full --show lif
    full --emit=net shapes.snn
    full --emit=c shapes.snn
    full --run --print=all shapes.snn
    full --gradcheck --rows=1 shapes.snn -D hidden=4
fi

# statements N: a model whose neuron has N statements of two operations
statements() {
    awk -v n="$1" 'BEGIN {
        print "neuron long() {\n state a0 = 0"
        for (i = 1; i < n; i++) print " a" i " = a" i - 1 " * 0.5 + input"
        print " a0 = a" n - 1 "\n spike = step(a0 - 1, atan(2))\n}"
        print "model long {\n data idx(shape = [3], classes = 2)\n time 4 steps\n o = image -> dense(2) -> long"
        print " predict argmax(rate(o))\n train { loss mse(rate(o), label) }\n}"
    }'
}
seconds() { (ulimit -t "$1" && shift && exec "$@"); } # of the processor
statements 4950 > long.snn
passes "snnc: 4950 statements" seconds 60 "$snnc" long.snn -o long.c
statements 60000 > long.snn
if seconds 10 "$snnc" long.snn > output 2> messages; then fail "snnc: 60000 statements" "accepted"; fi
shows "snnc: 60000 statements" '`long` has more than 10000 operations \[too-large\]$' cat messages
small_file() { (ulimit -f 20 && trap '' XFSZ && exec "$@"); }
stays "snnc: the disk is full" 1 '^snnc: cannot write \(old\.c\): File too large; a file that was there before is unchanged$' old.c small_file "$snnc" shapes.snn -o old.c
stays "snnc: a limit of files" 1 '^snnc: cannot write \(old\.c\): File too large; a file that was there before is unchanged$' old.c sh -c 'ulimit -f 20 && exec "$@"' - "$snnc" shapes.snn -o old.c
if ls old.c.tmp.* > /dev/null 2>&1; then fail "snnc: and nothing is left"; else ok "snnc: and nothing is left"; fi
refuses "snnc: --seed of a program" 2 '^snnc: --seed is for --run and --gradcheck: leave it out$' "$snnc" shapes.snn --seed=2 -o new.c
refuses "snnc: --save of gradients" 2 '^snnc: --save is for --run: leave it out$' "$snnc" shapes.snn --gradcheck --save=new.safetensors
passes "snnc: parameters of a run are saved" "$snnc" shapes.snn --run --print=w_middle,w_shape --save=kept.safetensors
"$snnc" shapes.snn --run --print=w_shape > drawn.txt
"$snnc" shapes.snn --run --seed=2 --print=w_shape --weights=kept.safetensors > taken.txt
same "snnc: and are taken again, as those of a checkpoint" drawn.txt taken.txt
refuses "snnc: --cc of a run" 2 '^snnc: --cc is for programs that are written: leave it out$' "$snnc" run --cc=gcc shapes.snn info
refuses "snnc: -o of gradients" 2 '^snnc: --run and --gradcheck write no program: leave -o out, or one of them$' "$snnc" shapes.snn --gradcheck -o new.c
rm -f pipe && mkfifo pipe
refuses "snnc: a pipe that nobody reads" 1 '^snnc: cannot write \(pipe\): nobody reads from it$' "$snnc" shapes.snn -o pipe
mkdir -p again && "$snnc" - -o again/shapes.c < shapes.snn
"$snnc" shapes.snn -o - | sed 's/shapes\.snn/<standard input>/' > streamed.c
same "snnc: a model from -, C to -" again/shapes.c streamed.c
passes "snnc: an executable whose name begins with -" "$snnc" shapes.snn -O0 -o -minus
ln -sf minus.real minus.link && cp shapes minus.real
passes "snnc: an executable through a link" "$snnc" shapes.snn -O0 --emit=executable -o minus.link
if [ -L minus.link ] && [ -x ./-minus ] && ! cmp -s shapes minus.real; then ok "snnc: it is there"; else fail "snnc: it is there"; fi

# Mistakes in the model are reported with their place; the last line counts them.
counted() {
    name=$1 pattern=$2
    shift 2
    "$@" > output 2> messages
    status=$?
    if [ $status -eq 1 ] && grep -aEq -- "$pattern" messages && tail -n 1 messages | grep -aEq '^[0-9]+ errors?( \(20 shown\))?$' &&
        [ "$(cat old.c)" = old ]; then
        ok "$name"
    else
        fail "$name" "status $status"
        show_messages
    fi
}
: > empty.snn
counted "snnc: an empty file" '^empty\.snn:1:1: error: the file has no model' "$snnc" empty.snn -o old.c
head -c 3000 "$snnc" > binary.snn
counted "snnc: a binary file" '^binary\.snn:1:1: error: unexpected byte 0x7F' "$snnc" binary.snn -o old.c
counted "snnc: generated C" '^shapes\.c:1:1: error: ' "$snnc" shapes.c -o old.c
sed 's/^}$//' shapes.snn > open.snn
counted "snnc: a brace is missing" '^open\.snn:[0-9]+:[0-9]+: error: ' "$snnc" open.snn -o old.c
counted "snnc: a constant that makes no sense" '^shapes\.snn:[0-9]+:[0-9]+: error: ' "$snnc" shapes.snn -D hidden=-1 -o old.c
counted "snnc: a constant that makes no sense says where it is from" '^-D hidden=-1: note: the value is from here' "$snnc" shapes.snn -D hidden=-1 -o old.c
# define NAME=VALUE PATTERN: refused, at its place on the command line
define() {
    counted "snnc: -D '$1'" "^-D $2" "$snnc" shapes.snn -D "$1" -o old.c
}
define depth=3 'depth=3: error: the model has no `let depth` \[unknown-name\]$'
define hiden=3 'hiden=3: error: the model has no `let hiden` \[unknown-name\]$'
define hidden=wide 'hidden=wide: error: unknown name `wide` \[unknown-name\]$'
define lr=nan 'lr=nan: error: unknown name `nan`'
define lr=1e400 'lr=1e400: error: this number is too large'
define lr=1e39 'lr=1e39: error: .* too large for single precision \[not-finite\]$'
define lr=1e-46 'lr=1e-46: error: .* too small for single precision \[not-finite\]$'
define 'lr=1 / 0' 'lr=1 / 0: error: division by zero'
define 'lr=3 ms' 'lr=3 ms: error: `lr` is a plain number, found a time \(ms\) \[unit\]$'
define lr=true 'lr=true: error: `lr` is a number, found a truth value \[truth\]$'
define lr=epoch 'lr=epoch: error: this changes during the training, and `lr` is a constant \[constant\]$'
define 'lr=2)' 'lr=2\): error: .* \[syntax\]$'
define 'lr=2 let x = 3' 'lr=2 let x = 3: error: .* \[syntax\]$'
define 2=3 '2=3: error: unexpected number `2`, expected a name'
counted "snnc: -D of a constant by itself" 'error: `lr` is defined by itself' "$snnc" shapes.snn -D 'lr=2 * lr' -o old.c

# A signal while the C compiler works: it ends, too, and nothing is left. What SIGKILL leaves goes with the next run.
printf '#!/bin/sh\ntouch started\nexec sleep 9\n' > slow-cc && chmod +x slow-cc
# Who runs the tests may ignore signals, and with it what it starts (nohup; a shell INT, for what is in the background).
heeds='env --default-signal=INT,TERM,HUP'
# killed SIGNAL STATUS: builds ./slow until the C compiler runs, and ends it
killed() {
    rm -f started
    $heeds "$snnc" shapes.snn --cc=./slow-cc -o slow > messages 2>&1 &
    child=$! tries=0
    while [ ! -e started ] && [ $tries -lt 200 ]; do sleep 0.1 && tries=$((tries + 1)); done
    kill "-$1" $child
    wait $child 2> /dev/null
    [ $? -eq "$2" ]
}
left() { find . -name 'slow.tmp.*' | grep -q .; }
for signal in INT:130 TERM:143 HUP:129; do
    if killed ${signal%:*} ${signal#*:} && ! left; then
        ok "snnc: ${signal%:*} leaves nothing"
    else
        fail "snnc: ${signal%:*} leaves nothing" "$(ls -d slow*; cat messages)"
    fi
done
killed KILL 137
passes "snnc: beside a run of a moment ago" "$snnc" shapes.snn -O0 --cc="$cc" -o slow
if left; then ok "snnc: its files stay"; else fail "snnc: its files stay"; fi
touch -d '2 minutes ago' slow.tmp.*/lock
passes "snnc: beside what a dead run left" "$snnc" shapes.snn -O0 --cc="$cc" -o slow
if left; then fail "snnc: that is removed"; else ok "snnc: that is removed"; fi
