# Tables as text: trained, with the same result by any number of threads, and described.

mkdir -p csv && cat > csv/flowers.csv << 'END'
width,"height",kind,day
1,2,red,1
2,1,blue,1
1.5,2,red,2
2,1.5,blue,2
2.5,1,blue,3
END
cat > csv.snn << 'END'
model table {
    data csv(columns = "width, height", labels = "kind", classes = 2, name = "flowers", test = "day = 2", valid = "day = 3")
    time 8 steps
    out = mean(sample -> dense(8) -> lif -> dense(2) -> li)
    predict argmax(out)
    train { loss cross_entropy(out, label)  batch 2  epochs 3 }
}
END
same_bits csv table --validate valid
shows "csv: info says what is in the files" '^training set: 2 samples, 1 of each class' ./table info --data csv
shows "csv: info says what else is in them" '^for tests, of the same files: 2 samples$' ./table info --data csv
shows "csv: info shows the validation set" '^validation set, for --validate valid: 1 samples, .*, from csv/flowers.csv$' ./table info --data csv
shows "csv: training says what is for what" \
    'table: samples: 2 to learn from \(csv/flowers.csv\), 1 to validate with \(csv/flowers.csv\), 2 to test with \(csv/flowers.csv\)$' \
    ./table train --data csv --validate valid --out four.safetensors
shows "csv: training says what is for nothing" \
    '1 to learn from .* 1 for nothing by --samples, 1 for nothing without --validate valid, 2 for nothing by --no-test$' \
    ./table train --data csv --samples 1 --no-test --force --out four.safetensors
printf 'width,height,kind\n1,2,red\n' > csv/flowers_test.csv
refuses "csv: a file of tests, and a choice" 1 'two test sets \(csv\): .* by `test = "day = 2"`; move the files' \
    ./table test --data csv --weights one.safetensors
rm csv/flowers_test.csv
shows "csv: samples of one file have no labels" '^sample,predicted,score_0' \
    ./table predict csv/flowers.csv --data csv --weights one.safetensors
gzip -c csv/flowers.csv > csv/flowers.csv.gz && rm csv/flowers.csv
shows "csv: may be packed" '^test set: 2 samples, 1 of each class' ./table info --data csv
printf 'width,height,kind,day\n1,"2,5",red,1\n' > csv/flowers.csv
shows "csv: info says what is wrong, and where" '^training set: no number \(csv/flowers.csv:2\)' ./table info --data csv
refuses "csv: training does, too" 1 'no number \(csv/flowers.csv:2\)' ./table train --data csv --out four.safetensors

# Sequences with lengths of their own, and a label for each line: a table of steps, as many as each has.
mkdir -p steps && awk 'BEGIN {
    print "run,x,kind"
    for (run = 0; run < 24; run++)
        for (t = 0; t < 4 + run % 5; t++) {
            x = (run * 7 + t * 3) % 4
            print run "," x "," (t == 1 ? "" : x > 1 ? "high" : "low")
        }
}' > steps/train.csv && cp steps/train.csv steps/test.csv
cat > steps.snn << 'END'
model spans {
    data csv(columns = "x", labels = "kind", classes = 2, sequence = "run", label_temporal)
    time 8 steps
    out = 4 * (sample - 1.5) -> dense(12, bias) -> lif -> dense(2) -> li(tau = 1.1)
    predict most = argmax(mean(out, where = present))
    predict argmax(out)
    metric all = mean(argmax(out, over = c), where = present)
    train { loss mean(cross_entropy(out, label), where = present)  batch 4  epochs 60  optimizer adam(0.02) }
}
END
same_bits steps spans
shows "csv: info says how long samples are" '^training set: 24 samples, .* steps of each class, 4 to 8 steps long' \
    ./spans info --data steps
passes "csv: steps are learned" ./spans train --quiet --data steps --out spans.safetensors
shows "csv: steps are learned well" '^test accuracy: 0.9[5-9]|^test accuracy: 1' \
    ./spans test --data steps --weights spans.safetensors
./spans predict --data steps --weights spans.safetensors > rows.csv
shows "csv: a row for each step" '^0,0,[01],[01],' cat rows.csv
shows "csv: what has no label says so" '^0,1,-1,[01],' cat rows.csv
shows "csv: no rows behind the last step" "^$(($(wc -l < steps/test.csv) - 1))\$" sh -c 'sed 1d rows.csv | wc -l'
./spans test --data steps --weights spans.safetensors > accuracy.txt
if grep -q most_accuracy accuracy.txt; then
    fail "csv: labels of steps are none of samples"
else
    ok "csv: labels of steps are none of samples"
fi
./spans report --data steps --weights spans.safetensors --out spans.html > messages 2>&1
counted=$(tr '>' '\n' < spans.html | awk '/^<td class="(right|wrong)/ || cell { if (cell) sum += $1; cell = !cell } END { print sum + 0 }')
if [ "$counted" = "$(grep -cE ',(low|high)$' steps/test.csv)" ]; then
    ok "csv: a report counts steps"
else
    fail "csv: a report counts steps" "$counted"
fi
mkdir -p unlabelled && cp steps/train.csv unlabelled && { cat steps/test.csv && printf '90,0,\n90,3,\n91,1,\n'; } > unlabelled/test.csv
passes "csv: samples without a label say nothing of the accuracy" sh -c \
    'grep accuracy accuracy.txt > some && ./spans test --data unlabelled --weights spans.safetensors | grep accuracy | cmp - some'
sed '2,$s/[^,]*$//' steps/test.csv > unlabelled/test.csv
refuses "csv: no label at all" 1 'no labels \(unlabelled\): no step of the test set has one' \
    ./spans test --data unlabelled --weights spans.safetensors

# Samples that memory may not hold: in a file they are learned as well, and to the same bits. 3000 sequences are 49 MiB.
mkdir -p sequences && awk 'BEGIN {
    print "run,x,kind"
    for (run = 0; run < 3000; run++)
        print run "," run % 7 "," run % 2
}' > sequences/train.csv && head -n 50 sequences/train.csv > sequences/test.csv
cat > wide.snn << 'END'
model broad {
    data csv(columns = "x", labels = "kind", classes = 2, sequence = "run")
    time 4096 steps
    out = mean(0.3 * sample -> dense(2, bias) -> li, where = present)
    predict argmax(out)
    train { loss cross_entropy(out, label)  batch 16  epochs 1 }
}
END
"$snnc" wide.snn -o wide.c && compile_c "$native" -O1 wide.c broad
passes "csv: a set in memory" ./broad train --quiet --threads 1 --data sequences --out inside.safetensors
if [ -z "$SANITIZE" ]; then
    refuses "csv: a set that memory cannot hold" 1 'no memory \(sequences/train.csv\)' \
        sh -c 'ulimit -d 40000; ./broad train --quiet --threads 1 --data sequences --out none.safetensors'
    passes "csv: it lies in a file" \
        sh -c 'ulimit -d 40000; TMPDIR=. ./broad train --quiet --threads 1 --memory 4 --data sequences --out outside.safetensors'
    same "csv: in a file, the same bits" inside.safetensors outside.safetensors
fi
refuses "csv: nowhere to keep samples" 1 'no room \(sequences/train.csv\).*nowhere: No such file' \
    env TMPDIR=nowhere ./broad train --quiet --data sequences --memory 1 --out none.safetensors
