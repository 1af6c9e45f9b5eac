#!/bin/sh
# Inference in whole numbers: what `snnc --infer --quantize` writes computes what the interpreter does, to the bit, for small
# models and random ones; it holds no real number; and what has no form in whole numbers is refused, with its place.
#
#     tests/quantize.sh
#     BUILD=dir  SNNC=path

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac
case $build in /*) ;; *) build=$PWD/$build ;; esac
. "$root/tests/run/lib.sh"
. "$root/tests/run/ways.sh"
. "$root/tests/run/stack.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

strict="-std=c99 -DKWS_SELFTEST -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Wcast-qual -Wdouble-promotion -Werror"
# A real would need registers that this leaves out.
[ "$(uname -m)" != x86_64 ] || strict="$strict -mgeneral-regs-only"

cat > test.c << 'END'
#include "kws.h"
int main(void)
{
    static kws_state state;
    return kws_selftest(&state) == KWS_OK ? 0 : 1;
}
END

bars_and_sparks

models=$root/tests/infer

# learned MODEL DATA: weights with which neurons fire
learned() {
    "$snnc" run -w "$models/$1.snn" train --quiet --force --data "$2" --epochs 6 --batch 6 --lr 0.005 \
        --out weights.safetensors > messages 2>&1 || { fail "$1: it does not learn"; show_messages; }
}

# weights MODEL: random ones
weights() {
    "$snnc" -w "$1" --run --rows 1 --print=all --save=weights.safetensors > messages 2>&1
}

# What never fires agrees with everything.
scores_differ() {
    [ "$(sed -n '/test_scores/,/^};/p' kws.c | grep '^ *-*[0-9]' | sort -u | wc -l)" -gt 1 ]
}

# whole MODEL KIND: kws.c, if it has that form; `how`: further flags
how=
whole() {
    rm -f kws.c kws.h kws_weights.c
    # shellcheck disable=SC2086
    "$snnc" -w "$1" --weights weights.safetensors --infer --quantize "$2" $how --selftest 6 -o kws.c > messages 2>&1
}

# computes MODEL KIND COMPILER: what the interpreter did
computes() {
    if ! whole "$models/$1.snn" "$2"; then
        fail "$1 in $2: not written"
        show_messages
        return
    fi
    scores_differ || fail "$1 in $2: all samples have the same scores"
    set -- "$1 in $2${how:+, $how}" "$3"
    # shellcheck disable=SC2086
    "$2" $strict -O1 -c kws.c kws_weights.c > messages 2>&1 &&
        "$2" -DKWS_SELFTEST -iquote . test.c kws.o kws_weights.o -o test >> messages 2>&1 && ./test
    if [ $? -eq 0 ]; then ok "$1, by $2"; else fail "$1, by $2"; show_messages; fi
}

# reports_stack MODEL: no compiler takes more
reports_stack() {
    "$snnc" -w "$models/$1.snn" --weights weights.safetensors --infer --quantize int8 --report kws.json -o kws.c > messages 2>&1 &&
        stack_is_at_most "$1 in int8" "$(reported stack_bytes)"
}

# Dense layers and encoders, convolutions and pools, delays, membranes without a reset, whole samples, functions.
for model in rates images delays late rounds whole whole_spikes still votes; do
    case $model in whole_spikes) learned $model sparks ;; *) learned $model bars ;; esac
    for kind in int8 binary; do
        computes $model $kind gcc
    done
    reports_stack $model
    [ $model = late ] || continue
    how=--delays=code
    computes $model int8 gcc
    if grep -q heard_of_ kws_weights.c; then fail "its delays are tables"; else ok "its delays are code"; fi
    how=
done
for model in denses convs; do # sums of many outputs
    weights "$models/$model.snn"
    reports_stack $model
done
learned rates bars
for kind in int16 ternary; do
    computes rates $kind clang
done
# Layers so wide that sums of reals would be made in registers.
sed 's/dense(40)/dense(64)/; s/dense(30)/dense(96)/' "$models/rates.snn" > wide.snn
# Streams of more and fewer steps.
sed 's/upsample(2, linear,/upsample(2,/' "$models/strides.snn" > strides.snn
models=.
learned wide bars
computes wide int8 gcc
learned strides sparks
for kind in int8 int16 binary; do
    computes strides $kind gcc
done
models=$root/tests/infer
learned votes bars
computes votes int8 clang
gcc -std=c99 -E -P kws.c kws_weights.c > whole.c && [ -s whole.c ] && ! grep -qwE 'float|double' whole.c
if [ $? -eq 0 ]; then ok "there is no real in it"; else fail "there is a real in it"; fi

# ---- how well it does ----

# right FILE: the share of its rows of predictions whose class is the label, as --data tells it
right() {
    awk -F, 'NR > 1 && NF { all++; right += $2 == $3 } END { printf "%.4f", right / all }' "$1"
}

# In floats as many are right as the trainer tells; in whole numbers as many as the C that was written takes for their class.
learned rates bars
"$snnc" run -w "$root/tests/infer/rates.snn" predict --data bars --weights weights.safetensors --out floats.csv > messages 2>&1
"$snnc" -w "$root/tests/infer/rates.snn" --weights weights.safetensors --infer --quantize binary --data bars --samples 100000 \
    --report accuracy.json -o kws.c > told 2>&1
# shellcheck disable=SC2046
gcc -std=c99 -DKWS_SELFTEST $(ways | sed s/SPIKES/BYTES/) -iquote . "$root/tests/run/infer.c" kws.c kws_weights.c -o inferred > messages 2>&1 &&
    ./inferred bars > whole.csv
if grep -q "accuracy $(right floats.csv) in floats, $(right whole.csv) in whole numbers" told; then
    ok "the accuracy before and after"
else
    fail "the accuracy is not $(right floats.csv) and $(right whole.csv)"
    cat told
fi
sed 's/ *predict .*/    predict half = argmax(rate(shape) -> slice(0, 2))\n&/' "$root/tests/infer/rates.snn" > halves.snn
"$snnc" -w halves.snn --weights weights.safetensors --infer --data bars --samples 100000 -o halves.c > messages 2>&1
if grep -q "accuracy $(right floats.csv) in floats" messages; then
    ok "the accuracy is that of a prediction with a score for each label"
else
    fail "the accuracy is of another prediction"
    show_messages
fi
other=$(paste -d, floats.csv whole.csv | awk -F, 'NR > 1 && $3 != $10 { other++ } END { print other + 0 }')
if [ "$other" -gt 0 ] && grep -q "which take $other of them for another class" told && grep -q '"accuracy": {"samples": ' accuracy.json; then
    ok "how many are taken for another class"
else
    fail "$other are taken for another class"
    cat told
fi
"$snnc" -w "$root/tests/infer/rates.snn" --weights weights.safetensors --infer --data bars --samples 5 --report - > told 2>&1
if grep -qE '^accuracy +[01]\.[0-9]{4} in floats; 5 of the [0-9]+ test samples in bars$' told && ! grep -q '^accuracy [01]' told; then
    ok "the accuracy in a report"
else
    fail "the accuracy in a report"
    cat told
fi

# What the interpreter predicts, as the trainer and C do.
"$snnc" -w "$root/tests/infer/rates.snn" --weights weights.safetensors --infer --data bars --samples 100000 --predictions said.csv > messages 2>&1
same "what the interpreter predicts, in floats" floats.csv said.csv
"$snnc" -w "$root/tests/infer/rates.snn" --weights weights.safetensors --infer --quantize binary --data bars --samples 100000 \
    --predictions said.csv > messages 2>&1
same "what the interpreter predicts, in whole numbers" whole.csv said.csv

# Numbers that might go far, by their equations: data show how far they go, and within that they are held.
learned normed bars
whole "$root/tests/infer/normed.snn" int8
if grep -q '^note .*`hidden` has steps of [0-9]*, since it might come to [0-9]*: --data DIR' messages; then
    ok "coarse steps are told"
else
    fail "coarse steps are not told"
    show_messages
fi
how="--data bars --samples 100000 --report held.json"
computes normed int8 gcc
whole "$root/tests/infer/normed.snn" int8
if grep -q '^note .*`hidden` is held within [0-9.]*, 2 times what samples of the training set come to; it might come to [0-9]*$' messages &&
    grep -q '`hidden` is held within' kws.h && grep -q '"notes": \["`hidden` is held within .*"\],' held.json && grep -q 'take 0 of them for another class' messages; then
    ok "numbers are held within what data show"
else
    fail "numbers are not held within what data show"
    show_messages
fi
# A darker training set shows less.
limit() {
    sed -n 's/.*`hidden` is held within \([0-9.]*\), .*/\1/p' messages
}
mkdir darker && cp bars/* darker && python3 - << 'END'
data = bytearray(open("darker/train-images-idx3-ubyte", "rb").read())
data[16:] = bytes(value // 2 for value in data[16:])
open("darker/train-images-idx3-ubyte", "wb").write(data)
END
sed 's/ -> layer_norm/ -> layer_norm(eps = 0.01)/' "$root/tests/infer/normed.snn" > near.snn
how="--data bars --samples 10"
whole near.snn int8
seen=$(limit)
how="--data darker --samples 10"
whole near.snn int8
if awk -v bright="$seen" -v dark="$(limit)" 'BEGIN { exit !(dark > 0 && dark < bright) }'; then
    ok "limits are those of the training set"
else
    fail "limits are not those of the training set: $seen and $(limit)"
fi
how=

# ---- maps of numbers behind each other ----

# object MODEL KIND: by LLVM, with the self-test of C
object() {
    if whole "$root/tests/infer/$1.snn" "$2" &&
        gcc -std=c99 -DKWS_SELFTEST -c kws.c -o selftest.o && gcc -c kws_weights.c && gcc -DKWS_SELFTEST -iquote . -c test.c &&
        objcopy --weaken-symbol=kws_run --weaken-symbol=kws_reset --weaken-symbol=kws_step --weaken-symbol=kws_step_events selftest.o &&
        "$snnc" -w "$root/tests/infer/$1.snn" --weights weights.safetensors --infer --quantize "$2" $how -o kws.o > messages 2>&1 &&
        gcc test.o kws.o selftest.o kws_weights.o -o test && ./test
    then
        ok "$1 in $2${how:+, $how}, an object"
    else
        fail "$1 in $2${how:+, $how}, an object"
        show_messages
    fi
}

# close MODEL KIND PART: scores differ from those in floats.csv by so small a part of the largest one; the classes are as right
close() {
    # shellcheck disable=SC2046
    gcc -std=c99 $(ways | sed s/SPIKES/BYTES/) -iquote . "$root/tests/run/infer.c" kws.c kws_weights.c -o inferred > messages 2>&1 &&
        ./inferred bars > whole.csv
    unit=$(sed -n 's/.*in units of \([0-9.e+-]*[0-9]\).*/\1/p' kws.h)
    far=$(paste -d, floats.csv whole.csv | awk -F, -v unit="$unit" 'NR > 1 && NF > 7 {
            for (k = 4; k <= 7; k++) {
                off = $k - unit * $(k + 7); off = off < 0 ? -off : off; is = $k < 0 ? -$k : $k
                worst = off > worst ? off : worst; most = is > most ? is : most
            } } END { print most > 0 ? worst / most : 1 }')
    if awk -v far="$far" -v near="$3" -v is="$(right whole.csv)" -v was="$(right floats.csv)" \
        'BEGIN { exit !(far <= near && is >= was - 0.02) }'; then
        ok "$1 in $2${how:+, $how}: scores are near"
    else
        fail "$1 in $2${how:+, $how}: scores are off by $far, and $(right whole.csv) right, not $(right floats.csv)"
        show_messages
    fi
}

# How near: of weights with 8 bits, of those with more; and where spikes, which there are or not, are between, they say nothing.
for model in denses:0.01:0.01 convs:0.03:0.03 norms:0.05:0.05 lines:1:1; do
    near=${model#*:} model=${model%%:*}
    learned $model bars
    "$snnc" run -w "$root/tests/infer/$model.snn" predict --force --data bars --weights weights.safetensors --out floats.csv > messages 2>&1
    for kind in int8 int16; do
        for how in "" "--data bars --samples 100000"; do
            computes $model $kind gcc
            [ -n "$how" ] || [ $model != norms ] || continue # has coarse steps
            if [ $kind = int8 ]; then close $model $kind "${near%:*}"; else close $model $kind "${near#*:}"; fi
            object $model $kind
        done
    done
done
how=

# So many that weights of 8 bits leave less for the numbers.
sed 's/dense(64, bias)/dense([8, 8, 8]) -> upsample(4)/' "$root/tests/infer/denses.snn" > many.snn
models=.
weights many.snn
computes many int8 gcc
computes many int16 gcc
models=$root/tests/infer

# Counts of spikes are what they are, however few of those that might be there are.
cat > counts.snn << 'END'
model counts {
    data idx(shape = [8, 8], classes = 4)
    time 9 steps
    first  = poisson(0.004 * image) -> sum_pool(8)
    second = tanh(0.1 * first ^ 3) -> dense(24) -> lif(tau = 2, threshold = 0.05)
    shape  = second -> dense(4) -> lif
    predict argmax(rate(shape))
    train { loss cross_entropy(rate(shape), label)  batch 16 }
}
END
weights counts.snn
whole counts.snn int8 && cp kws.c without.c
how="--data bars --samples 1"
whole counts.snn int8
if cmp -s kws.c without.c; then ok "counts are not held"; else fail "counts are held"; fi
how=

# Samples that are shorter than the others: where the model asks which steps there are, only these are run, else all.
mkdir sequences && awk 'BEGIN {
    print "run,phase,long,level,odd"
    for (run = 0; run < 40; run++)
        for (t = 0; t < 3 + run % 5; t++)
            print run "," (run * 7 + t * 3) % 4 "," (run % 5 > 1) "," 2 * (run % 2) + t % 2 "," run % 2
}' > sequences/train.csv && cp sequences/train.csv sequences/test.csv
for columns in "phase long" "level odd"; do
    score="sum(out)"
    [ "$columns" = "phase long" ] || score="sum(out, where = present)"
    cat > spans.snn << END
model spans {
    data csv(columns = "${columns% *}", labels = "${columns#* }", classes = 2, sequence = "run")
    time 8 steps
    out = sample - 1.4 -> dense(2, bias) -> li(tau = 2)
    predict argmax($score)
    train { loss cross_entropy($score, label)  batch 8  epochs 20  optimizer adam(0.05) }
}
END
    rm -f told floats.csv
    { "$snnc" run -w spans.snn train --quiet --force --data sequences --out weights.safetensors &&
        "$snnc" run -w spans.snn predict --data sequences --weights weights.safetensors --out floats.csv &&
        "$snnc" -w spans.snn --weights weights.safetensors --infer --data sequences --report spans.txt > told; } > messages 2>&1
    if [ -s told ] && grep -q "accuracy $(right floats.csv) in floats; 40 of the 40" told; then
        ok "short samples, $score"
    else
        fail "short samples, $score: not $(right floats.csv)"
        cat told
        show_messages
    fi
done

# What learned with rounded weights keeps them.
sed 's/dense(\([0-9]*\))/dense(\1, synapse = int8)/' "$root/tests/infer/rates.snn" > rounded.snn
"$snnc" run -w rounded.snn train --quiet --force --data bars --epochs 6 --batch 6 --lr 0.005 --out weights.safetensors > messages 2>&1
"$snnc" -w rounded.snn --weights weights.safetensors --infer --quantize int8 --data bars --samples 100000 -o kws.c > told 2>&1
if grep -q 'synapse = int8' rounded.snn && grep -q 'which take 0 of them for another class' told; then
    ok "weights that learned as int8 predict the same"
else
    fail "weights that learned as int8 predict something else"
    cat told
fi

# Counts that wait for their delays are bytes; sums are not.
sed 's/^let width .*/let width = 8/' "$root/examples/shd_delays/model.snn" > narrow.snn # the interpreter takes minutes for all of it
weights narrow.snn && whole narrow.snn int8
if grep -q 'uint8_t recent_spikes_\[140\]' kws.h && grep -q 'int32_t digit_\[' kws.h; then ok "counts lie in bytes"; else fail "counts do not lie in bytes"; show_messages; fi

# ---- random models ----

# Why there may be none: there is no inference at all, or none in whole numbers.
none='predicts nothing|does not depend|the model needs'
none="$none|no form in whole numbers|in whole numbers there are|in whole numbers, weights are the same|in whole numbers, only spikes do"
none="$none|32 bits|nothing bounds|whole numbers do neither|a unit for each channel"

# runs_alike NAME COMMAND...: links the self-test; it succeeds
runs_alike() {
    alike=$1
    shift
    if "$@" -DKWS_SELFTEST -iquote . test.o -o test > messages 2>&1 && ./test > messages 2>&1; then
        ok "$alike"
    else
        fail "$alike"
        show_messages
    fi
}

# compare_random NAME KIND: C without a warning, as it runs under sanitizers; and the object that LLVM makes, with the self-test of C
compare_random() {
    gcc -DKWS_SELFTEST -iquote . -c test.c
    # shellcheck disable=SC2086
    passes "$1, no warning" gcc $strict -O1 -c kws.c kws_weights.c
    runs_alike "$1" gcc -std=c99 -O1 -fsanitize=address,undefined -fno-sanitize-recover=all kws.c kws_weights.c
    gcc -std=c99 -fPIC -DKWS_SELFTEST -c kws.c -o selftest.o &&
        objcopy --weaken-symbol=kws_run --weaken-symbol=kws_reset --weaken-symbol=kws_step --weaken-symbol=kws_step_events selftest.o
    passes "$1, an object" "$snnc" -w random.snn --weights weights.safetensors --infer --quantize "$2" -o kws.o
    runs_alike "$1, the object" gcc kws.o selftest.o kws_weights.o
}

# compare_randoms COUNT: they take turns
compare_randoms() {
    make_random_models
    : > refused
    compared=0
    for number in $(seq "$1"); do
        case $((number % 8)) in 1 | 4 | 6) kind=binary ;; 3) kind=int16 ;; 7) kind=ternary ;; *) kind=int8 ;; esac
        ./random_models text 7 "$number" . > random.snn
        if weights random.snn && whole random.snn $kind && grep -q KWS_SELFTEST kws.h; then
            compared=$((compared + 1))
            compare_random "random model $number in $kind" $kind
        elif grep -oE "$none" messages > why; then
            sed "s/^/    $number in $kind: /" messages >> refused
        else
            fail "random model $number in $kind"
            show_messages
        fi
    done
    echo "random models that are refused:"
    cat refused
    if [ $((2 * compared)) -ge "$1" ]; then ok "most random models infer"; else fail "only $compared of $1 random models infer"; fi
}
compare_randoms 32

# ---- what is refused ----

# declines NAME TEXT MODEL: those weights, with a message that has the text, and nothing is written
declines() {
    whole "$3" int8 && fail "$1: it is written all the same"
    if grep -q "$2" messages && [ ! -f kws.c ] && [ ! -f kws.h ]; then ok "$1"; else fail "$1"; show_messages; fi
}
cat > steep.snn << 'END'
model steep {
    data idx(shape = [4], classes = 3)
    time 4 steps
    shape = image -> dense(3) -> li
    predict argmax(sum(sin(1000 * shape)))
}
END
weights steep.snn
declines "what has no form in whole numbers" "steep.snn:5: .sin. has no form in whole numbers" steep.snn
cat > grows.snn << 'END'
neuron grows() {
    state v = 0
    v      = 3 * v + input
    output = v
}
model grows {
    data idx(shape = [4], classes = 3)
    time 40 steps
    out = image -> dense(3) -> grows
    predict argmax(last(out))
}
END
weights grows.snn
declines "what leaves 32 bits" "grows.snn:9: .grows. may come to" grows.snn
# refuses NAME TEXT FLAG...: with those flags
refuses() {
    name=$1
    text=$2
    shift 2
    rm -f kws.c
    "$snnc" -w "$@" -o kws.c > messages 2>&1 && fail "$name: it is taken"
    if grep -q "$text" messages && [ ! -f kws.c ]; then ok "$name"; else fail "$name"; show_messages; fi
}
refuses "samples without data" "samples is for --data" "$root/tests/infer/rates.snn" --weights w --infer --samples 5
refuses "predictions without data" "predictions is for --data" "$root/tests/infer/rates.snn" --weights w --infer --predictions said.csv -o kws.c
refuses "data without inference" "data is for --infer" "$root/tests/infer/rates.snn" --data bars
cat > numbers.snn << 'END'
model numbers {
    data idx(shape = [4], target = 2)
    time 3 steps
    out = image -> dense(2) -> li
    predict last(out)
}
END
weights numbers.snn
refuses "data without classes" "predicts no class that a sample" numbers.snn --weights weights.safetensors --infer --data bars
weights "$root/tests/infer/rates.snn"
refuses "predictions as the model" "predictions .*rates.snn. is another file" "$root/tests/infer/rates.snn" --weights weights.safetensors \
    --infer --data bars --samples 1 --predictions "$root/tests/infer/rates.snn"
refuses "a folder without data" "no data (nowhere/t10k" "$root/tests/infer/rates.snn" \
    --weights weights.safetensors --infer --data nowhere
"$snnc" "$root/tests/infer/rates.snn" --weights w --infer --quantize int4 -o kws.c > messages 2>&1
if grep -q "takes int8, int16, binary or ternary, not .int4." messages; then ok "an unknown kind"; else fail "an unknown kind"; fi

echo "quantize: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ "$passed" -gt 0 ]
