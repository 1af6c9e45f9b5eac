# A run that is killed at any moment goes on from its checkpoint to the bits of one that was not.

# Wide, so that a checkpoint has megabytes and an epoch takes a while.
"$snnc" shapes.snn -D hidden=2000 -D epochs=5 -o wide.c && compile_c "$native" -O1 wide.c wide || fail "interrupt: compile"
./wide train --quiet --data data --out whole.safetensors --log whole.log > /dev/null 2>&1 || fail "interrupt: train"
seconds=$(awk -F'"seconds": ' '{ sum += $2 } END { print sum }' whole.log)

# The same with a part held back and the best epoch kept.
selection="--validate 0.2 --best accuracy --patience 4"
# shellcheck disable=SC2086
./wide train --quiet --data data --out chosen.safetensors $selection > /dev/null 2>&1 || fail "interrupt: train with a selection"

# The command that starts or continues the training of $1.safetensors, begun with the flags $2
continued() {
    if [ -f "$1.safetensors" ]; then
        echo "./wide train --quiet --data data --resume $1.safetensors --log $1.log"
    else
        echo "./wide train --quiet --data data --out $1.safetensors --log $1.log $2"
    fi
}

# Every run may live a little longer than the one before: kills fall on all parts of an epoch.
kills=0 milliseconds=5
while [ $kills -lt 60 ]; do
    # shellcheck disable=SC2046
    ./stop KILL after $milliseconds $(continued killed "$selection") > messages 2>&1
    status=$?
    [ $status -eq 137 ] || break
    kills=$((kills + 1))
    milliseconds=$(awk -v m=$milliseconds -v s="$seconds" 'BEGIN { printf "%d", m + s * 1000 / 25 }')
done
if [ $status -eq 0 ] && [ $kills -ge 3 ]; then
    ok "interrupt: ends after being killed again and again"
else
    fail "interrupt: ends after being killed again and again" "status $status after $kills kills: $(tail -n 1 messages)"
fi
same "interrupt: killed in the epochs, the same bits" chosen.safetensors killed.safetensors
same "interrupt: killed in the epochs, the same best" chosen.best.safetensors killed.best.safetensors

# In the middle of writing a checkpoint, three times.
writes=0 left=no
for attempt in 1 2 3; do
    # shellcheck disable=SC2046
    ./stop KILL writing written.safetensors $(continued written) > messages 2>&1
    [ $? -eq 137 ] && writes=$((writes + 1))
    # As if it were of another day.
    find . -name 'written.safetensors.tmp.*' -exec touch -t 202001010000 {} +
    find . -name 'written.safetensors.tmp.*' | grep -q . && left=yes
    # One epoch further, so that the next kill meets another checkpoint.
    # shellcheck disable=SC2046
    $(continued written) --epochs $attempt > messages 2>&1 || fail "interrupt: goes on after a half-written checkpoint" "$(cat messages)"
done
if find . -name 'written.safetensors.tmp.*' | grep -q . || [ $left = no ]; then
    fail "interrupt: what killed runs left is removed" "$left: $(echo written.safetensors.tmp.*)"
else
    ok "interrupt: what killed runs left is removed"
fi
if [ $writes -ge 1 ]; then
    ok "interrupt: killed while a checkpoint is written"
else
    fail "interrupt: killed while a checkpoint is written" "no kill came in time"
fi
# shellcheck disable=SC2046
passes "interrupt: and brought to the end" $(continued written) --epochs 5
same "interrupt: killed while writing, the same bits" whole.safetensors written.safetensors
# Each of its short runs ended with a test.
learned() { sed 's/"seconds": [^,]*, //; s/"test_[a-z]*": [^,]*, //g' "$1"; }
learned whole.log > whole.lines
learned written.log > written.lines
same "interrupt: the log has each epoch once" whole.lines written.lines
rm -f ./*.tmp.*

# SIGINT: nothing to keep in the first epoch, the last finished epoch later.
./stop INT behind early.log ./wide train --quiet --data data --out early.safetensors --log early.log > output 2> messages
status=$?
if [ $status -eq 130 ] && [ "$(wc -l < messages)" -eq 1 ] && [ ! -e early.safetensors ] &&
    grep -q 'interrupted in epoch 1 (early.safetensors): no epoch was finished, so nothing is saved' messages; then
    ok "interrupt: SIGINT in the first epoch"
else
    fail "interrupt: SIGINT in the first epoch" "status $status: $(cat messages)"
fi
./stop INT behind late.safetensors ./wide train --quiet --data data --out late.safetensors --log late.log > output 2> messages
status=$?
advice=$(sed -n 's/^wide: interrupted in epoch [2-5] (late.safetensors): go on with `\.\/wide \(train --data data --resume late.safetensors --epochs 5 --log late.log\)`$/\1/p' messages)
if [ $status -eq 130 ] && [ -n "$advice" ]; then
    ok "interrupt: SIGINT in a later epoch"
else
    fail "interrupt: SIGINT in a later epoch" "status $status: $(cat messages)"
fi
# shellcheck disable=SC2086
passes "interrupt: the advice of that message" ./wide $advice
same "interrupt: interrupted, the same bits" whole.safetensors late.safetensors

shows "interrupt: nothing left to do" 'nothing to train .*its 5 epochs are done; give a larger --epochs' ./wide train --quiet --data data --resume whole.safetensors --out more.safetensors
passes "interrupt: longer than asked at first" ./wide train --quiet --data data --resume whole.safetensors --epochs 6 --out more.safetensors
