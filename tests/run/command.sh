# Wrong command lines of a generated trainer.

refuses "command: unknown" 2 '^shapes: unknown command \(tain\): did you mean train\?$' ./shapes tain
refuses "command: unlike any" 2 '^shapes: unknown command \(fly\): see --help$' ./shapes fly
refuses "flag: unknown" 2 '^shapes: unknown flag \(--epoch\): did you mean --epochs\?$' ./shapes train --epoch 3
refuses "flag: unlike any" 2 '^shapes: unknown flag \(-x\): see --help$' ./shapes train -x
refuses "flag: of another command" 2 '^shapes: --epochs is not for `test`: it goes with train$' ./shapes test --epochs 3
refuses "flag: no value" 2 '^shapes: no value \(--epochs\): write --epochs N$' ./shapes train --epochs
refuses "flag: an empty value" 2 '^shapes: empty value \(--out\): give a FILE$' ./shapes train --out=
refuses "flag: no number" 2 '^shapes: bad number \(--epochs three\): give a whole number from 1 to 1000000$' ./shapes train --epochs three
refuses "flag: zero" 2 '^shapes: bad number \(--batch 0\): give a whole number from 1 to [0-9]+$' ./shapes train --batch 0
refuses "flag: negative" 2 '^shapes: bad number \(--threads -1\)' ./shapes train --threads -1
refuses "flag: too large" 2 '^shapes: bad number \(--seed 4294967296\): give a whole number from 0 to 4294967295$' ./shapes train --seed 4294967296
refuses "flag: --quiet takes no value" 2 '^shapes: --quiet takes no value' ./shapes train --quiet=yes
refuses "argument: one too many" 2 '^shapes: .*\(surplus\)' ./shapes train surplus
refuses "flag: before the command" 2 '^shapes: bad number \(--epochs three\)' ./shapes --epochs three train
refuses "flag: two beginnings" 2 '^shapes: two beginnings \(--resume, --weights\)' ./shapes train --resume trained.safetensors --weights trained.safetensors
ln -sf shapes nickname
refuses "command: messages begin with the name of the call" 2 '^nickname: unknown command' ./nickname fly
shows "--help: examples with the name of the call" '^  \./nickname train ' ./nickname --help
shows "--help: defaults of the model" '--epochs N .*\(12\)$' ./shapes --help
./shapes > output 2> messages
status=$?
if [ $status -eq 2 ] && grep -q '^Usage: ./shapes COMMAND' messages && tail -n 1 messages | grep -q '^shapes: no command'; then
    ok "command: none shows what can be done"
else
    fail "command: none shows what can be done" "status $status: $(tail -n 1 messages)"
fi
if [ -c /dev/full ]; then
    to_full() { "$@" > /dev/full; }
    refuses "predict: standard output is full" 1 '^shapes: cannot write \(standard output\)' to_full ./shapes predict --data data --weights trained.safetensors
    refuses "info: standard output is full" 1 '^shapes: cannot write \(standard output\)' to_full ./shapes info
fi
