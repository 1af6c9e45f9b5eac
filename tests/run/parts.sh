# Programs that lack a part: a model without `train`, without `predict`, without a parameter; layers that are not
# learned; NaN that no score shows.

# build NAME LINES...: the program ./NAME of a model of four numbers a sample, with data in small/
build() {
    printf '%s\n' "neuron bad() { state v = 0  v = v + log(-1 - abs(input))  spike = step(v - 1, triangle(2)) }" \
        "model $1 {" "data idx(shape = [4], classes = 4)" "time 12 steps" "$2" "}" > "$1.snn"
    "$snnc" "$1.snn" -o "$1.c" 2> messages && compile_c "$native" -O1 "$1.c" "$1" && return
    fail "parts: $1 compiles"
    show_messages
}

mkdir -p small && for part in train t10k; do
    printf '\0\0\010\002\0\0\0\005\0\0\0\004abcdefghijklmnopqrst' > "small/$part-images-idx2-ubyte"
    printf '\0\0\010\001\0\0\0\005\001\002\003\0\001' > "small/$part-labels-idx1-ubyte"
done

build frozen "reservoir = image -> dense(9) -> lif(threshold = 0.1)
    extra = detach(reservoir) -> dense(5)
    digit = detach(reservoir) -> dense(4) -> li()
    predict argmax(max(digit))
    train { loss cross_entropy(mean(digit), label)  clip_norm 1  batch 100 }"
passes "parts: a reservoir is trained" ./frozen train --data small --epochs 3 --out frozen3.safetensors
passes "parts: and resumed" ./frozen train --data small --epochs 4 --resume frozen3.safetensors
passes "parts: and tested" ./frozen test --data small --weights frozen3.safetensors
shows "parts: info knows what is frozen" '^w_reservoir .*dense\(9\), frozen$' ./frozen info

# pasted PROGRAM FOLDER: the number of sources of this folder of the runtime that are in PROGRAM.c
pasted() {
    grep -c "^/\* ---- begin runtime/$2/[a-z_]*\.c ---- \*/$" "$1.c"
}
# about NAME PROGRAM FOLDER NUMBER
about() {
    found=$(pasted "$2" "$3")
    if [ "$found" -eq "$4" ]; then ok "$1"; else fail "$1" "$found sources of runtime/$3 in $2.c, not $4"; fi
}
about "parts: what trains has all of runtime/train" frozen train "$(ls "$root"/runtime/train/*.c | wc -l)"

build untrained "digit = image -> dense(4) -> li()
    predict argmax(max(digit))"
refuses "parts: no train block, no training" 2 'has no `train` block; add one' ./untrained train --data small
refuses "parts: and its weights must be given" 1 'no weights .*: give the file' ./untrained test --data small
shows "parts: info of a model without training" '^batch 128, no training' ./untrained info

# A layer of fewer steps than the model: it fires at each of them.
build shorter "few = poisson(1 + 0 * image) -> slice(0, 4, over = time) -> if
    digit = few -> conv(3, kernel = 3, stride = 3, along = time) -> dense(4)
    predict argmax(mean(digit))
    train { loss cross_entropy(mean(digit), label) }"
shows "parts: info tells of steps" '^few +4 +0  if, spikes, 4 steps$' ./shorter info
shows "parts: also where time was an axis" '^digit_conv[_0-9]* +3 +.*, 2 steps$' ./shorter info
shows "parts: firing rates are of these" 'firing few 1  ' ./shorter train --data small --epochs 1 --out shorter.safetensors
shows "parts: and those of a test" '"few": 1[,}]' sh -c "./shorter test --data small --weights shorter.safetensors --rates few.json && cat few.json"

about "parts: and no part of runtime/train" untrained train 0
if nm untrained | grep -E 'snn_(train|checkpoint|progress|log|learning_rate|tensors_write)' > messages; then
    fail "parts: nor a function of it" "$(head -n 1 messages)"
else
    ok "parts: nor a function of it"
fi
length=$(wc -l < untrained.c)
if [ "$length" -le $(($(wc -l < frozen.c) - 2000)) ]; then
    ok "parts: so the program is shorter"
else
    fail "parts: so the program is shorter" "it has $length lines"
fi

build fixed "digit = image -> lif(threshold = 0.1)
    predict argmax(rate(digit))"
shows "parts: without a parameter no weights are needed" '^test accuracy: ' ./fixed test --data small

build scoreless "digit = image -> dense(4) -> li()
    train { loss mse(mean(digit), label) }"
shows "parts: without predict the loss is the result" '^test loss: [0-9.]+$' ./scoreless train --data small --epochs 1
shows "parts: and predictions are no part of it" '^0$' sh -c "grep -c '^int snn_predict' scoreless.c || true"
refuses "parts: and nothing is predicted" 2 'has no `predict`; add a line' ./scoreless predict --data small

build nothing "hidden = image -> dense(4) -> bad
    digit = (hidden -> dense(4) -> li()) + (image -> dense(4) -> li())
    predict argmax(max(digit))
    train { loss mse(mean(digit), label) }"
refuses "parts: NaN in a layer that falls silent" 1 'NaN in the state `v` of `hidden` \(bad, nothing.snn:5\), .*batch 1; ' \
    ./nothing train --quiet --data small

# By samples one by one, each leaves one number about the states of a wide layer.
build silent "hidden = image -> lif(threshold = 0.1) -> reshape([x = 4]) -> conv(64, kernel = 3, pad = same) -> bad
    digit = (hidden -> dense(4) -> li()) + (image -> dense(4) -> li())
    predict argmax(max(digit))
    train { loss mse(mean(digit), label) }"
refuses "parts: NaN in one of many states" 1 'NaN in the state `v` of `hidden` \(bad, silent.snn:5\), .*batch 1; ' \
    ./silent train --quiet --data small
shows "parts: of which no batch keeps all" '^1$' sh -c "grep -c 'at = NET(worst_v_hidden_), .per_sample = 1}' silent.c"
