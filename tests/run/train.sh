# Training learns, says how, and does not depend on the number of threads.

passes "train: all epochs" ./shapes train --data data --log train.log --out full.safetensors
accuracy=$(last_accuracy)
if at_least "$accuracy" 0.8; then
    ok "train: learns (0.8 is passed, chance is 0.25)"
else
    fail "train: learns" "the test accuracy is \`$accuracy\`, 0.8 was expected"
fi
shows "train: a line an epoch" '^epoch 12/12  loss [0-9.]+ accuracy [01]\.[0-9]+  test loss [0-9.]+ accuracy [01]\.[0-9]+  firing middle [0-9.]+ shape [0-9.]+  [0-9.]+ s$' cat messages

# A line of the log, whole: the only JSON that is right here.
number='-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?'
# logged TEST [PART]: the pattern of a line, with TEST for what the test gave, and a part that was measured, too
logged() {
    part=${2:+\"$2_loss\": $number, \"$2_accuracy\": $number, }
    echo "^\\{\"epoch\": [0-9]+, \"train_loss\": $number, \"train_accuracy\": $number, $part\"test_loss\": $1, \
\"test_accuracy\": $1, \"seconds\": $number, \"lr\": $number, \"firing_rate\": \\{(\"[a-z]+\": $number, )*\
\"middle\": $number, \"shape\": $number\\}\\}\$" | tr -d '\n' && echo
}
if [ "$(grep -Ec "$(logged null)" train.log)" -eq 11 ] && [ "$(wc -l < train.log)" -eq 12 ] &&
    tail -n 1 train.log | grep -Eq "$(logged "$number")"; then
    ok "train: 12 lines of JSON in the log, the test in the last one"
else
    fail "train: 12 lines of JSON in the log, the test in the last one"
    show_messages train.log
fi
numbers=$(sed 's/^{"epoch": \([0-9]*\),.*/\1/' train.log | tr '\n' ' ')
if [ "$numbers" = "1 2 3 4 5 6 7 8 9 10 11 12 " ]; then ok "train: epochs 1 to 12"; else fail "train: epochs" "$numbers"; fi
in_log=$(tail -n 1 train.log | sed 's/.*"test_accuracy": \([0-9.]*\),.*/\1/')
if at_least "$in_log" "$accuracy" && at_least "$accuracy" "$in_log"; then
    ok "train: the log ends with the printed accuracy"
else
    fail "train: the log ends with the printed accuracy" "$in_log, printed $accuracy"
fi
if sed 's/.*"middle": \([^,]*\), "shape": \([^}]*\)}}/\1 \2/' train.log |
    awk '$1 <= 0 || $1 >= 1 || $2 <= 0 || $2 >= 1 { bad = 1 } END { exit bad || NR != 12 }'; then
    ok "train: firing rates lie between 0 and 1"
else
    fail "train: firing rates lie between 0 and 1"
fi

passes "train: --quiet" ./shapes train --quiet --data data --epochs 1 --out quiet.safetensors
if [ "$(wc -l < messages)" -eq 1 ] && [ -n "$(last_accuracy)" ]; then
    ok "train: --quiet prints only the result"
else
    fail "train: --quiet prints only the result"
fi

# Validation, the best epoch, and the end of patience.
passes "train: --validate" ./shapes train --data data --validate 0.2 --best accuracy --patience 3 --log chosen.log --out chosen.safetensors
shows "train: validation in the line of an epoch" '^epoch 1/12  loss [0-9.]+ accuracy [01]\.[0-9]+  validation loss [0-9.]+ accuracy [01]\.[0-9]+  firing .* best$' cat messages
best=$(sed -n 's/^epoch \([0-9]*\)\/.*  best$/\1/p' messages | tail -n 1)
tested=$(last_accuracy)
if [ "$(grep -Ec "$(logged "($number|null)" validation)" chosen.log)" -eq "$(wc -l < chosen.log)" ]; then
    ok "train: validation in the log"
else
    fail "train: validation in the log"
    show_messages chosen.log
fi
highest=$(awk -F'"validation_accuracy": ' '{ split($2, v, ","); if (v[1] > high) { high = v[1]; line = NR } } END { print line }' chosen.log)
if [ -n "$best" ] && [ "$best" = "$highest" ]; then ok "train: the best epoch is that of the log"; else fail "train: the best epoch is that of the log" "$best, $highest"; fi
passes "test: the best epoch" ./shapes test --data data --weights chosen.best.safetensors
if [ -n "$tested" ] && [ "$(last_accuracy)" = "$tested" ]; then ok "train: the best epoch is what is tested"; else fail "train: the best epoch is what is tested" "$tested"; fi
passes "train: --validate, 3 threads" ./shapes train --quiet --threads 3 --data data --validate 0.2 --best accuracy --patience 3 --out threads.safetensors
same "train: validation with 3 threads, the same bits" chosen.safetensors threads.safetensors
same "train: the best with 3 threads, the same bits" chosen.best.safetensors threads.best.safetensors
for kind in images-idx3 labels-idx1; do cp data/t10k-$kind-ubyte data/other-$kind-ubyte; done
shows "train: --validate with a part of its own" 'validation (loss [0-9.]+ accuracy [01.]+[0-9]+)  test \1 ' ./shapes train --data data --validate other --epochs 1 --out other.safetensors
rm data/other-*

# From weights, and with another learning rate.
passes "train: --weights" ./shapes train --data data --weights full.safetensors --epochs 1 --lr 1e-4 --out tuned.safetensors
if at_least "$(last_accuracy)" 0.8; then ok "train: --weights begins where the other training ended"; else fail "train: --weights begins where the other training ended" "$(tail -n 1 messages)"; fi
"$snnc" shapes.snn -D hidden=48 -o slim.c && compile_c "$native" -O1 slim.c slim || fail "train: compile"
refuses "train: --weights of which none fits" 1 '^slim: no weights that fit \(full\.safetensors\): `w_middle` \(F32 \[64, 64\] there, F32 \[48, 64\] here\), `w_shape`' ./slim train --data data --weights full.safetensors --out slim.safetensors

passes "test: measures" ./shapes test --data data --weights full.safetensors
if [ "$(last_accuracy)" = "$accuracy" ]; then ok "test: as at the end of the training"; else fail "test: as at the end of the training" "$(cat messages)"; fi

passes "predict: writes CSV" ./shapes predict --data data --weights full.safetensors --out full.csv
shows "predict: the first line names the columns" '^sample,label,predicted,score_0,score_1,score_2,score_3$' head -n 1 full.csv
if awk -F, -v accuracy="$accuracy" '
    NR > 1 {
        best = 4
        for (i = 5; i <= NF; i++)
            if ($i > $best)
                best = i
        if ($3 != best - 4 || $1 != NR - 2 || NF != 7)
            exit bad = 1
        right += $2 == $3
    }
    END { exit bad || NR != 101 || right / 100 != accuracy }' full.csv; then
    ok "predict: 100 samples, the highest score wins, the accuracy is that of test"
else
    fail "predict: 100 samples, the highest score wins, the accuracy is that of test"
fi
./shapes predict --data data --weights full.safetensors > printed.csv
same "predict: prints the same without --out" full.csv printed.csv
./shapes predict --weights full.safetensors data/t10k-images-idx3-ubyte > images.csv 2> messages
shows "predict: samples without labels" '^sample,predicted,score_0' head -n 1 images.csv
cut -d, -f 1,3- full.csv > unlabelled.csv
same "predict: the same without labels" unlabelled.csv images.csv

mkdir -p packed && for file in data/*; do gzip -nc "$file" > "packed/${file#data/}.gz"; done
./shapes train --quiet --data packed --epochs 2 --out packed.safetensors > /dev/null
same "train: compressed data gives the same bits" trained.safetensors packed.safetensors

for threads in 1 2 3; do
    ./shapes train --quiet --data data --epochs 2 --threads $threads --out threads$threads.safetensors > /dev/null
    same "train: $threads threads give the same bits" trained.safetensors threads$threads.safetensors
done
./shapes train --quiet --data data --epochs 2 --seed 7 --out seed.safetensors > /dev/null
if cmp -s trained.safetensors seed.safetensors; then fail "train: another --seed gives other bits"; else ok "train: another --seed gives other bits"; fi

# A terminal: lines are as wide as it is, and a dumb one gets no escapes.
"$snnc" shapes.snn -D hidden=2000 -D epochs=1 -o slow.c && compile_c "$native" -O1 slow.c slow || fail "train: compile"
on_terminal() {
    TERM=$1 script -qec "stty cols $2 && ./slow train --data data --out slow.safetensors" /dev/null < /dev/null > screen 2>&1
    tr '\r' '\n' < screen | sed 's/.\[K//' | grep '^epoch' > lines
}
for columns in 40 100; do
    on_terminal xterm $columns
    if grep -Eq '^epoch 1/1 +\[?[#.]*\]? +[0-9]+%  [0-9]+:[0-9]+ left' lines &&
        ! grep '%' lines | grep -Eq ".{$columns}"; then
        ok "train: a bar in $columns columns"
    else
        fail "train: a bar in $columns columns"
        show_messages lines
    fi
done
on_terminal dumb 80
if [ "$(grep -c '' lines)" -eq 1 ] && ! grep -q "$(printf '\033')" screen; then
    ok "train: no escapes on a dumb terminal"
else
    fail "train: no escapes on a dumb terminal"
    show_messages screen
fi

shows "info: layers" '^middle +64 .*lif' ./shapes info
shows "info: what is kept is no layer" '^middle_v +64  +lif' ./shapes info
./shapes info | sed '/^kept for learning/,$d' > layers
if grep -q '^middle ' layers && ! grep -q '^middle_v' layers; then
    ok "info: it stands behind the layers"
else
    fail "info: it stands behind the layers" "$(cat layers)"
fi
shows "info: parameters and operations" '^4352 parameters; 43520 synaptic operations' ./shapes info
shows "info: shapes as checkpoints have them" '^w_shape +256 +\[4, 64\]' ./shapes info
shows "--help: commands and flags" '--resume FILE' ./shapes --help
shows "--help: behind a command" '--resume FILE' ./shapes train --help
shows "--version" '^shapes, made by snnc [0-9.]+$' ./shapes --version
