#!/bin/sh
# snnc --gradcheck: status 0 for a right derivative, 1 and WRONG for a wrong one; also where gradients are small.
#
#     tests/gradcheck.sh               SNNC=path: another compiler than build/snnc

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# model DERIVATIVE THRESHOLD: a surrogate of the file's own, whose antiderivative is sigmoid(2 x)
model() {
    cat << END
surrogate own() { s = sigmoid(2 * x)  derivative = $1  antiderivative = s }
model own_surrogate {
    data idx(shape = [5], classes = 3)
    time 6 steps
    out = image -> dense(3) -> lif(threshold = $2, surrogate = own)
    predict argmax(rate(out))
    train { loss mse(rate(out), label) }
}
END
}

# judge STATUS WORD SEED WHAT: $work/model.snn
judge() {
    "$snnc" "$work/model.snn" --gradcheck --seed="$3" > "$work/report" 2>&1
    status=$?
    if [ $status -eq "$1" ] && grep -q "$2" "$work/report"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat "$work/report" >&2
        echo "gradcheck: $4, seed $3: status $status, expected $1 and \`$2\`" >&2
    fi
}

# expect STATUS WORD DERIVATIVE [THRESHOLD [SEED]]
expect() {
    model "$3" "${4:-0.3}" > "$work/model.snn"
    judge "$1" "$2" "${5:-0}" "derivative = $3, threshold ${4:-0.3}"
}

expect 0 ok '2 * s * (1 - s)'
expect 1 WRONG 's * (1 - s)'
expect 1 WRONG '2.001 * s * (1 - s)'
expect 1 WRONG '-2 * s * (1 - s)'
for seed in 1 2 3 4 5; do
    expect 0 ok '2 * s * (1 - s)' 7 $seed # sigmoid(-14) is a millionth
    expect 1 WRONG '2.001 * s * (1 - s)' 7 $seed
    expect 0 'too small to check' '2 * s * (1 - s)' 18 $seed
done

cat > "$work/model.snn" << END
model no_number {
    data idx(shape = [5], classes = 3)
    time 1 steps
    out = log(-1 - abs(image -> dense(3))) -> li
    predict argmax(last(out))
    train { loss mse(last(out), label) }
}
END
judge 1 'not a finite number' 0 'a loss that is no number'

# Random numbers: the backward pass sees those of the forward one, along all axes, in loops and in neurons.
cat > "$work/model.snn" << END
neuron noisy(std = 0.1) {
    state v = 0
    v     = v * uniform(0.4, 0.6) + input + normal(0, std)
    spike = step(v - 0.3, atan(2))
    v     = where(spike, 0, v)
}
model noise {
    data idx(shape = [4, 4], classes = 3)
    time 4 steps
    a = image * uniform(0.5, 1.5, same = [time, x]) -> conv(2, kernel = 2) -> noisy -> dropout(0.3)
    b = (a -> dense(6)) + (b[-1] -> dropout(0.2, same = none) -> dense(6)) -> noisy(std = 0.2)
    c = b -> dense(3) -> li -> dropout(0.4, same = c)
    d = mean(c) -> dropout(0.1, same = none)
    predict argmax(d)
    train { loss mse(d, label) + 0.1 * mean(b ^ 2 * uniform(0, 1), over = all) }
}
END
for seed in 1 2 3; do judge 0 ok $seed noise; done

# Weights that several connections share, in time and out of it, and some that are frozen.
cat > "$work/model.snn" << END
model shared {
    data idx(shape = [6], classes = 6)
    time 4 steps
    k = weights([6, 6])
    f = weights([6, 6], frozen)
    a = image -> dense(6, weights = k) -> lif
    b = (a -> dense(6, bias, weights = k)) + (b[-1] -> dense(6, weights = k)) + (a -> dense(6, weights = f)) -> lif
    c = b -> dense(6, bias, frozen) -> li
    predict argmax(mean(c))
    train { loss cross_entropy(mean(c) , label) }
}
END
for seed in 1 2 3; do
    judge 0 '^k .*ok' $seed 'shared weights'
    judge 0 '^f .*frozen: the model' $seed 'frozen weights'
    judge 0 'b_c .*frozen' $seed 'a frozen bias'
done

# Weights that are made of others, for all samples at once.
cat > "$work/model.snn" << END
block soft(w, gain = 2) = tanh(gain * w)
model made {
    data idx(shape = [6], classes = 5)
    time 4 steps
    k    = weights([5, 5], clamp = [-1, 1])
    mask = weights([5, 5], init = where(uniform(0, 1) < 0.5, 1, 0), frozen)
    a = image -> dense(5, synapse = binary) -> lif
    b = (a -> dense(5, bias, synapse = ternary(0.1))) + (b[-1] -> dense(5, weights = k, synapse = soft))
        + (a -> dense(5, weights = k * mask)) + (a -> dense(5, weights = k)) -> lif
    c = b -> dense(5, init = normal, synapse = tanh) -> li
    predict argmax(mean(c))
    train { loss cross_entropy(mean(c), label) }
}
END
for seed in 1 2 3; do
    for name in k w_a w_b w_c; do
        judge 0 "^$name .*ok" $seed 'weights that are made of others'
    done
done

# 72 units are two tiles and a remainder, but a window makes no remainder: also of what is read a step later.
cat > "$work/model.snn" << END
model remainder {
    data idx(shape = [6, 6], classes = 3)
    time 3 steps
    a = (image -> conv(2, kernel = 3, pad = same)) + (a[-1] -> conv(2, kernel = 3, pad = same)) -> lif
    b = a -> dense(3) -> li
    predict argmax(mean(b))
    train { loss cross_entropy(mean(b), label) }
}
END
judge 0 '^w_a_2 .*ok' 1 'a recurrent convolution with a remainder'

cat > "$work/model.snn" << END
model reshaped {
    data idx(shape = [6, 6], classes = 3)
    time 3 steps
    a = (image -> conv(2, kernel = 3, pad = same)) + (b[-1] -> reshape([6, 6, 2])) -> lif
    b = a -> flatten -> dense(72) -> lif
    c = b -> dense(3) -> li
    predict argmax(mean(c))
    train { loss cross_entropy(mean(c), label) }
}
END
judge 0 '^w_b .*ok' 1 'a recurrent view with a remainder'

# What a neuron behind `detach` was is held in the one order, also where the layer goes tile by tile.
cat > "$work/model.snn" << END
model detached {
    data idx(shape = [6], classes = 3)
    time 4 steps
    a   = poisson(image) -> dense(64) -> lif(threshold = 0.3)
    b   = detach(a) -> dense(64) -> lif(threshold = 0.3)
    out = (mean(a) + mean(b)) -> dense(3)
    predict argmax(out)
    train { loss cross_entropy(out, label) }
}
END
judge 0 ok 0 "a wide layer behind detach"

# What stands behind the last of 59 units, in tiles of 32, reaches neither the loss nor a gradient.
cat > "$work/model.snn" << END
neuron scaled() {
    param scale per neuron = 2
    state v = 0
    v     = v + input / scale
    spike = step(v - 0.1, atan(2))
    v     = where(spike, 0, v)
}
model remainder {
    data idx(shape = [6], classes = 3)
    time 4 steps
    a   = poisson(image) -> dense(59, bias) -> scaled
    b   = detach(a) -> dense(59) -> scaled
    c   = (b -> dense(59)) + (c[-1] -> dense(59, bias)) + (image -> dense(59)) -> scaled
    out = (mean(a) + mean(c)) -> dense(3)
    predict argmax(out)
    train { loss cross_entropy(out, label) }
}
END
judge 0 ok 0 "layers with a remainder"

# Samples depend on each other, by sums over the batch, and what tests read instead is not learned.
cat > "$work/model.snn" << END
block branch(x) = x -> conv(4, kernel = 3, pad = same) -> batch_norm(scale = 0.5) -> if(threshold = 0.3)

model norms {
    data idx(shape = [6, 5], classes = 3, temporal, spikes)
    time 4 steps
    stem  = image -> conv(4, kernel = 3, pad = same) -> batch_norm(per = [time, c], affine = false) -> if(threshold = 0.5)
    deep  = stem -> repeat(2, sew_iand(branch)) -> sew_and(branch) -> sew_add(branch)
    digit = deep -> dense(3) -> layer_norm -> li
    predict argmax(mean(digit))
    train { loss cross_entropy(mean(digit), label) }
}
END
judge 0 '^w_stem .*ok' 0 "norms and residual blocks"
judge 0 '^running_mean_deep .*not learned' 0 "memories"

# What is detached of weights is the same for all samples, and held, too.
for weights in 'softmax(w, over = inputs)' 'w - 0.5 * detach(w)'; do
    cat > "$work/model.snn" <<END
model held_weights {
    data idx(shape = [5], classes = 3)
    time 3 steps
    w   = weights([5, 4])
    a   = image -> dense(4, weights = $weights) -> batch_norm -> lif(threshold = 0.2)
    out = a -> dense(3) -> li
    predict argmax(mean(out))
    train { loss cross_entropy(mean(out), label) }
}
END
    judge 0 ok 0 "weights = $weights"
done

echo "gradcheck: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
