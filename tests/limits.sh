#!/bin/sh
# What the language reference promises under "Limits" can be compiled to C, within a few seconds of processor time and
# with a small stack; one more is refused with its message. Costs that grow with the square of depth fail here.
#
#     tests/limits.sh                  SNNC=path: another compiler than build/snnc

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# model STEPS LAYERS RESULT: the lines of LAYERS begin with the stream `h0`
model() {
    printf 'model limit {\n    data idx(shape = [12], classes = 10)\n    time %s steps\n' "$1"
    printf '    h0 = poisson(image) -> dense(8) -> lif()\n'
    printf '%s\n    digit = mean(%s -> dense(10) -> li())\n' "$2" "$3"
    printf '    predict argmax(digit)\n    train { loss cross_entropy(digit, label) }\n}\n'
}

# repeat COUNT TEXT: with @ for the number of each line and < for the one before
repeat() {
    awk -v count="$1" -v text="$2" 'BEGIN {
        for (i = 1; i <= count; i++) {
            line = text
            gsub(/@/, i, line)
            gsub(/</, i - 1, line)
            print line
        }
    }'
}

# The processor has SECONDS for each, the stack 2 MiB, and all memory 2 GiB.
# compiles WHAT SECONDS: $work/model.snn becomes C
compiles() {
    if (ulimit -t "$2" && ulimit -s 2048 && ulimit -v 2097152 && exec "$snnc" --strict "$work/model.snn" -o "$work/model.c") > "$work/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        head -5 "$work/out" >&2
        echo "limits: $1 is not compiled within $2 s" >&2
    fi
}

# infers WHAT SECONDS: $work/model.snn, with weights at random, becomes C that only predicts
infers() {
    "$snnc" -w "$work/model.snn" --run --rows 1 --print=all --save="$work/weights.safetensors" > "$work/out" 2>&1 &&
        (ulimit -t "$2" && ulimit -v 2097152 && exec "$snnc" -w "$work/model.snn" --weights "$work/weights.safetensors" \
            --infer --selftest=0 -o "$work/net.c") > "$work/out" 2>&1
    if [ $? -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        head -5 "$work/out" >&2
        echo "limits: inference of $1 is not compiled within $2 s" >&2
    fi
}

# refuses WHAT MESSAGE: and says so once
refuses() {
    (ulimit -t 5 && exec "$snnc" "$work/model.snn" -o "$work/model.c") > "$work/out" 2>&1
    status=$?
    if [ $status -eq 1 ] && [ "$(grep -c 'error:' "$work/out")" -eq 1 ] && grep -q "$2" "$work/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        head -5 "$work/out" >&2
        echo "limits: $1: status $status, expected \`$2\`" >&2
    fi
}

# Each layer has two parts, a map and a neuron.
model 16 "$(repeat 4990 '    h@ = h< -> dense(8) -> lif()')" h4990 > "$work/model.snn"
compiles "a network of 4,990 layers" 20
model 16 "$(repeat 5000 '    h@ = h< -> dense(8) -> lif()')" h5000 > "$work/model.snn"
refuses "a network of 5,000 layers" 'the network has more than 10000 operations'

model 16 "$(repeat 2000 '    h@ = h< -> dense(8 + @) -> lif()')" h2000 > "$work/model.snn"
compiles "a network of 2,000 layers, none like another" 20
model 16 "$(repeat 9900 '    h@ = 0.5 * h< + 0.1')" h9900 > "$work/model.snn"
compiles "a chain of 9,900 formulas" 10
model 16 "$(repeat 900 '    h@ = h< -> li()')" h900 > "$work/model.snn"
compiles "a chain of 900 neurons" 20
model 16 "$(repeat 800 '    h@ = h< + (h< -> dense(8) -> lif())')" h800 > "$work/model.snn"
compiles "a residual network of 800 blocks" 10
model 16 "$(repeat 800 '    h@ = (h< -> dense(8)) + (h@[-1] -> dense(8)) -> lif()')" h800 > "$work/model.snn"
compiles "a network of 800 recurrent layers" 10
infers "a network of 800 recurrent layers" 20

# Weights that are made again for gradients.
model 100 "$(repeat 100 '    h@ = h< -> dense(128, delay = learned(max = 24, width = 3)) -> lif()')" h100 > "$work/model.snn"
compiles "a network of 100 layers of delays that learn" 10

{
    printf 'neuron long() {\n    state v = 0\n'
    repeat 1660 '    v = v * 0.99 + tanh(v + 0.001 * @) * 0.1'
    printf '    v = v + input\n    output = v\n}\n'
    model 4 '    h1 = h0 -> dense(8) -> long()' h1
} > "$work/model.snn"
compiles "a neuron of nearly 10,000 operations" 10
sed '/ 1660) /p' "$work/model.snn" | sed '/ 1660) /s/.*/&\n&\n&\n&\n&\n&\n&\n&/' > "$work/longer.snn"
mv "$work/longer.snn" "$work/model.snn"
refuses "a neuron of more" '`long` has more than 10000 operations'

# sized SHAPE OF DEFINITION SETTINGS: with data of that shape
sized() {
    printf '%s\nmodel limit {\n    data idx(shape = %s, temporal, spikes, classes = 10)\n    time 1 steps\n' "$2" "$1"
    printf '    h = image -> dense(1) -> lif()\n    digit = mean(h -> dense(10) -> li())\n'
    printf '    predict argmax(digit)\n    train { loss cross_entropy(digit, label)  %s }\n}\n' "$3"
}
sized '[2000000000]' '' 'batch 1' > "$work/model.snn"
compiles "an array of 2,000,000,000 elements" 5
sized '[2000000001]' '' 'batch 1' > "$work/model.snn"
refuses "a larger array" 'the data.s shape must be from 1 to 2000000000'
sized '[50000, 50000]' '' 'batch 1' > "$work/model.snn"
refuses "a larger array of two dimensions" 'would have 2500000000 elements, more than 2000000000'
sized '[2, 3, 4, 5]' '' 'batch 1048576  epochs 1000000' > "$work/model.snn"
compiles "four dimensions, the largest batch, the most epochs" 5
sized '[2, 3, 4, 5, 6]' '' '' > "$work/model.snn"
refuses "five dimensions" 'must have 1 to 4 dimensions, found 5'
sized '[2]' '' 'batch 1048577' > "$work/model.snn"
refuses "a larger batch" '`batch` must be from 1 to 1048576'
sized '[2]' '' 'epochs 1000001' > "$work/model.snn"
refuses "more epochs" '`epochs` must be from 0 to 1000000'

# optimizer STATES
optimizer() {
    printf 'optimizer many(lr) {\n'
    repeat "$1" '    state s@ = 0'
    repeat "$1" '    s@ = s@ + gradient'
    printf '    weight = weight - lr * s1\n}\n'
}
sized '[2]' "$(optimizer 16)" 'optimizer many(lr = 0.1)' > "$work/model.snn"
compiles "an optimizer of 16 states" 5
sized '[2]' "$(optimizer 17)" 'optimizer many(lr = 0.1)' > "$work/model.snn"
refuses "an optimizer of 17 states" 'an optimizer has at most 16 states, `s17` is one more'

sum=$(repeat 990 'image +')
model 4 "    h1 = h0 + (($sum image) -> dense(8)) -> lif()" h1 > "$work/model.snn"
compiles "a formula that is nearly 1,000 deep" 5
model 4 "    h1 = h0 + (($sum $sum image) -> dense(8)) -> lif()" h1 > "$work/model.snn"
refuses "a formula that is deeper" 'this is nested too deeply'
model 4 "    h1 = h0 -> dense(8) -> lif($(repeat 20000 '1,') 1)" h1 > "$work/model.snn"
refuses "20,001 arguments" '`lif` takes at most'

model 100000 '    h1 = h0 -> dense(8) -> lif()' h1 > "$work/model.snn"
compiles "100,000 time steps" 5
model 100001 '    h1 = h0 -> dense(8) -> lif()' h1 > "$work/model.snn"
refuses "100,001 time steps" 'the number of steps'

echo "limits: $passed passed, $failed failed"
[ $failed -eq 0 ]
