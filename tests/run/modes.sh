# Training and tests that run different networks: sourced by tests/run.sh. A test is a validation is a prediction; what is
# drawn at random depends neither on threads nor on where a training was resumed.

cp "$root/tests/run/modes.snn" .
"$snnc" modes.snn --kernels=event -o modes.c && compile_c "$native" -O1 modes.c modes || fail "modes: compile"
for kind in images-idx3 labels-idx1; do cp data/t10k-$kind-ubyte data/other-$kind-ubyte; done
shows "modes: a validation is a test" 'validation (loss [0-9.]+ accuracy [01.]+[0-9]+)  test \1 ' \
    ./modes train --data data --validate other --epochs 1 --out valid.safetensors
rm data/other-*
passes "modes: train" ./modes train --quiet --data data --out modes.safetensors
accuracy=$(last_accuracy)
if at_least "$accuracy" 0.7; then ok "modes: learns"; else fail "modes: learns" "the test accuracy is \`$accuracy\`"; fi
passes "modes: test" ./modes test --data data --weights modes.safetensors
if [ "$(last_accuracy)" = "$accuracy" ]; then ok "modes: test as at the end of the training"; else fail "modes: test as at the end of the training" "$(cat messages)"; fi

./modes predict --data data --weights modes.safetensors --out modes.csv
right=$(awk -F, 'NR > 1 { right += $2 == $3 } END { printf "%.4f", right / (NR - 1) }' modes.csv)
if [ "$right" = "$accuracy" ]; then ok "modes: predictions are as good as the test"; else fail "modes: predictions are as good as the test" "$right, not $accuracy"; fi
./modes predict --data data --weights modes.safetensors --batch 1 --out modes_alone.csv
same "modes: a prediction does not depend on its batch" modes.csv modes_alone.csv
./modes predict --data data --weights modes.safetensors --seed 5 --out modes.csv
if cmp -s modes.csv modes_alone.csv; then fail "modes: the coder still draws in a test"; else ok "modes: the coder still draws in a test"; fi

./modes train --quiet --data data --threads 3 --out modes3.safetensors > /dev/null
same "modes: 3 threads draw the same" modes.safetensors modes3.safetensors
./modes train --quiet --data data --epochs 2 --out part.safetensors > /dev/null
passes "modes: --resume" ./modes train --quiet --data data --epochs 4 --resume part.safetensors --out part.safetensors
same "modes: resumed, the same bits" modes.safetensors part.safetensors
./modes train --quiet --data data --seed 7 --out seed.safetensors > /dev/null
if cmp -s modes.safetensors seed.safetensors; then fail "modes: another --seed gives other bits"; else ok "modes: another --seed gives other bits"; fi
passes "modes: at once" "$snnc" run --kernels=event modes.snn train --quiet --data data --out once.safetensors
same "modes: at once, the same bits" modes.safetensors once.safetensors
if ./modes info | grep -c '^shape ' | grep -qx 1; then ok "modes: info has each layer once"; else fail "modes: info has each layer once"; fi

cat > single.snn <<'END'
model single {
    data   idx(shape = [8, 8], classes = 4)
    time   1 steps
    scores = mean(image, over = x) -> dense(4) -> batch_norm -> dense(4)
    predict argmax(scores)
    train { loss cross_entropy(scores, label) }
}
END
"$snnc" single.snn -o single.c && compile_c "$native" -O1 single.c single || fail "modes: compile a norm of samples"
refuses "modes: a norm over a batch of one" 1 \
    '^single: cannot train \(single.snn\): in batches of 1, a norm over the batch would have too few values; give --batch 2 or more$' \
    ./single train --batch 1 --data data --out single.safetensors
refuses "modes: a norm over a set of one" 1 \
    '^single: cannot train \(single.snn\): there is 1 sample to learn from, and a norm over the batch needs 2$' \
    ./single train --samples 1 --data data --out single.safetensors
passes "modes: a norm over a batch of two" ./single train --quiet --batch 2 --epochs 1 --data data --out single.safetensors
shows "modes: averages of few batches are near where they began" 'warning: tests use what `running_mean_[a-z_]*` \(line 4 of single.snn\) knows of past batches, and after 10 of them' \
    ./single train --batch 8 --samples 80 --epochs 1 --data data --force --out single.safetensors
if ./single train --batch 8 --samples 80 --epochs 3 --data data --force --out single.safetensors 2>&1 | grep -q 'past batches'; then fail "modes: averages of 30 batches"; else ok "modes: averages of 30 batches"; fi
