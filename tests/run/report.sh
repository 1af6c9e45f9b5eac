# The page about a trained network: what must be on it, that it is well formed, and that nothing is lost for it.

# well_formed NAME FILE: each tag that opens closes in its order, each & begins an entity, quotes of attributes end
well_formed() {
    awk -v RS='<' '
        function refuse(why) { print "tag " NR ": " why ": <" substr($0, 1, 60); bad = 1; exit }
        NR == 1 { next }
        {
            end = index($0, ">")
            if (end == 0) refuse("no end")
            tag = substr($0, 1, end - 1)
            text = substr($0, end + 1)
            if (open[depth] != "style" && text ~ /&/) {
                gsub(/&(lt|gt|amp);/, "", text)
                if (text ~ /&/) refuse("a bare &")
            }
            if (tag ~ /^!DOCTYPE html$/) next
            name = tag
            sub(/^\//, "", name)
            sub(/[ \n\/].*/, "", name)
            if (tag ~ /^\//) {
                if (depth == 0 || open[depth] != name) refuse("closes " open[depth])
                depth--
            } else if (tag !~ /\/$/) {
                open[++depth] = name
            }
            quotes = tag
            if (gsub(/"/, "", quotes) % 2) refuse("an open quote")
        }
        END { if (!bad && depth) { print "not closed: " open[depth]; bad = 1 } exit bad }' "$2" > messages 2>&1
    if [ -s "$2" ] && [ ! -s messages ]; then ok "$1"; else fail "$1" "$(cat messages)"; fi
}

# on_page NAME FILE PATTERN...
on_page() {
    name=$1 file=$2
    shift 2
    for pattern in "$@"; do
        grep -Eq -- "$pattern" "$file" 2> messages || {
            fail "$name" "the page lacks: $pattern"
            return
        }
    done
    ok "$name"
}

cp trained.safetensors shapes.safetensors
passes "report: a training writes one" ./shapes train --quiet --data data --epochs 3 --validate 0.2 --out reported.safetensors --report page.html
well_formed "report: it is well formed" page.html
on_page "report: what must be on it" page.html "<svg class='net'" "class='title' .*>middle<" 'figcaption>loss<' 'figcaption>accuracy<' 'figcaption>learning rate<' \
    'figcaption>spikes a unit and step<' 'class="matrix"' 'figcaption>middle: 0\.' 'figcaption>w_middle: ' 'class="before"' '<h3>sample 2, label [0-3], predicted [0-3]' 'figcaption>middle: 64 of 64 units' 'class="spike" d="M0 0M' 'prefers-color-scheme:dark' 'test accuracy</dt><dd>[01]\.' '^</html>$'
on_page "report: all epochs, of each part" page.html 'colour0" d="M[0-9.]* [0-9.]*L[0-9.]* [0-9.]*L[0-9.]* [0-9.]*"' 'span>train' 'span>validation' 'span>test'
if grep -iE '(src|href)=|<script|@import|url\(' page.html > messages; then fail "report: it needs no other file" "$(head -n 1 messages)"; else ok "report: it needs no other file"; fi

# The test set's samples are all counted: rows of the matrix add up.
./shapes test --data data --weights reported.safetensors > shown 2>&1
accuracy=$(sed -n 's/^test accuracy: //p' shown)
on_page "report: the accuracy is that of the test" page.html "test accuracy</dt><dd>$accuracy<"

passes "report: the same of a checkpoint and a log" ./shapes train --quiet --data data --epochs 3 --validate 0.2 --out logged.safetensors --log logged.json
passes "report: as a command" ./shapes report --data data --weights logged.safetensors --log logged.json --out again.html
same "report: both are equal" page.html again.html
{ sed 's/_loss": /&9/' logged.json && sed 's/"epoch": [0-9]*/"epoch": 4, "test_other": 1/; 1q' logged.json && head -n 2 logged.json
  printf '{"epoch": 3, "train_loss": 0.' && sed 's/$/\r/' logged.json && printf '{"epoch": 4, "train_loss": 0.1'; } > several.json
passes "report: of a log with several runs and lines that were cut" \
    ./shapes report --data data --weights logged.safetensors --log several.json --out several.html
same "report: it shows the last run" page.html several.html
passes "report: replaces an older one" ./shapes report --data data --weights logged.safetensors --out again.html
well_formed "report: without a log" again.html
if grep -q '<h2>Learning' again.html; then fail "report: without a log, no curves"; else ok "report: without a log, no curves"; fi

rm -f shapes.safetensors
refuses "report: no weights" 1 '^shapes: no weights \(shapes\.safetensors\): train first' ./shapes report --data data --out none.html
refuses "report: no data" 1 '^shapes: .*nowhere' ./shapes report --data nowhere --weights trained.safetensors --out none.html
refuses "report: no log" 1 '^shapes: .*absent\.json' ./shapes report --data data --weights trained.safetensors --log absent.json --out none.html
refuses "report: another file as a log" 1 '^shapes: not a log \(page\.html\)' ./shapes report --data data --weights trained.safetensors --log page.html --out none.html
refuses "report: another file is kept" 1 '^shapes: would overwrite \(logged\.json\): it is not a report' ./shapes report --data data --weights trained.safetensors --out logged.json
refuses "report: and the weights" 1 '^shapes: would overwrite \(trained\.safetensors\)' ./shapes report --data data --weights trained.safetensors --out trained.safetensors
refuses "report: known before the training" 1 '^shapes: would overwrite \(logged\.json\): .*--report' ./shapes train --quiet --data data --epochs 1 --out unused.safetensors --report logged.json
refuses "report: not the checkpoint" 1 '^shapes: one file for two things' ./shapes train --quiet --data data --epochs 1 --out page.html --report page.html --force
refuses "report: a training prints" 2 '^shapes: not a file \(--report -\)' ./shapes train --quiet --data data --report -
[ ! -e none.html ] && [ ! -e unused.safetensors ] && ok "report: nothing is left of these" || fail "report: nothing is left of these"
small_files() { (ulimit -f 8 && "$@"); }
cp page.html page.copy
refuses "report: the disk is full" 1 '^shapes: cannot write \(page\.html\): .*unchanged$' small_files ./shapes report --data data --weights trained.safetensors --out page.html
same "report: an older one is then as it was" page.html page.copy

# Where tests run another network than training, it is that whose spikes are counted.
cp "$root/tests/run/modes.snn" .
"$snnc" modes.snn --kernels=event -o modes.c && compile_c "$native" -O1 modes.c modes || fail "report: compile modes"
passes "report: of what tests run" ./modes train --quiet --data data --epochs 2 --out modes.safetensors --report modes.html
on_page "report: it has its rates" modes.html 'figcaption>middle_lif: 0\.'
if grep -q 'figcaption>input_poisson: 0' modes.html; then fail "report: of layers whose rates are in the log"; else ok "report: of layers whose rates are in the log"; fi
if grep -q 'figcaption>loss_target' modes.html; then fail "report: a label is no layer"; else ok "report: a label is no layer"; fi

cat > silent.snn <<'END'
model silent {
    data   idx(shape = [8, 8], classes = 4)
    time   1 steps
    scores = image -> dense(4)
    predict argmax(scores)
    train { loss mse(scores, label) epochs 1 }
}
END
"$snnc" silent.snn -o silent.c && compile_c "$native" -O1 silent.c silent || fail "report: compile silent"
passes "report: of numbers alone" ./silent train --quiet --data data --out silent.safetensors --report silent.html
if grep -qE '<h2>(How often|Spikes)' silent.html; then fail "report: no sections of spikes where nothing fires"; else ok "report: no sections of spikes where nothing fires"; fi

# Interrupted, it tells of the epochs that are done.
"$snnc" shapes.snn -D hidden=500 -D epochs=1000 -o long.c && compile_c "$native" -O1 long.c long || fail "report: compile"
./stop INT after 4000 ./long train --quiet --data data --out long.safetensors --report long.html > messages 2>&1
[ $? -eq 130 ] && grep -q 'interrupted in epoch' messages && ok "report: of a training that is interrupted" || fail "report: of a training that is interrupted" "$(tail -n 1 messages)"
well_formed "report: what there is, is whole" long.html
on_page "report: it has its epochs" long.html '<h2>Learning' 'figcaption>loss<' '^</html>$'
