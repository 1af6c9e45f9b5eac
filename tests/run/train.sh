# Training learns, says how, and does not depend on the number of threads.

passes "train: all epochs" ./shapes train --data data --log train.log --out full.safetensors
accuracy=$(last_accuracy)
if at_least "$accuracy" 0.8; then
    ok "train: learns (0.8 is passed, chance is 0.25)"
else
    fail "train: learns" "the test accuracy is \`$accuracy\`, 0.8 was expected"
fi
shows "train: a line an epoch" '^epoch 12/12 +loss [0-9.]+ +train [01]\.[0-9]+ +test [01]\.[0-9]+ ' cat messages

# A line of the log, whole: the only JSON that is right here.
number='-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?'
line="^\\{\"epoch\": [0-9]+, \"train_loss\": $number, \"train_accuracy\": $number, \"test_accuracy\": $number, \
\"seconds\": $number, \"lr\": $number, \"firing_rate\": \\{(\"[a-z]+\": $number, )*\"middle\": $number, \
\"shape\": $number\\}\\}\$"
if [ "$(grep -Ec "$line" train.log)" -eq 12 ] && [ "$(wc -l < train.log)" -eq 12 ]; then
    ok "train: 12 lines of JSON in the log"
else
    fail "train: 12 lines of JSON in the log"
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

shows "info: layers" '^middle +64 .*lif' ./shapes info
shows "info: parameters and operations" '^4352 parameters; 43520 synaptic operations' ./shapes info
shows "--help: commands and flags" '--resume FILE' ./shapes --help
shows "--help: behind a command" '--resume FILE' ./shapes train --help
shows "--version" '^shapes, made by snnc [0-9.]+$' ./shapes --version
