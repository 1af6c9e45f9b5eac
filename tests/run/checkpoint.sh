# Checkpoints that do not fit, are damaged or hostile, or cannot be written.

# bad_weights NAME FILE PATTERN: `test` and `--resume` refuse the file
bad_weights() {
    refuses "test: $1" 1 "$3" ./shapes test --data data --weights "$2"
    refuses "resume: $1" 1 "$3" ./shapes train --data data --resume "$2" --out trained.safetensors
}
unreadable='^shapes: not a readable safetensors file \(hostile\): '

bad_weights "no file" nowhere.safetensors '\(nowhere\.safetensors\)'
head -c 9000 trained.safetensors > hostile
bad_weights "truncated" hostile "$unreadable.*the file is truncated"
head -c 5 trained.safetensors > hostile
bad_weights "shorter than its length" hostile "${unreadable}it is shorter than 8 bytes"
: > hostile
bad_weights "empty" hostile "${unreadable}it is shorter than 8 bytes"
{ printf '\377\377\377\377\377\377\377\177'; tail -c +9 trained.safetensors; } > hostile
bad_weights "a header of 9 exabytes" hostile "${unreadable}its header should have 9223372036854775807 bytes"
cp shapes.snn hostile
bad_weights "a text" hostile "${unreadable}it begins as a file of another kind"
tensors '{"w_middle": {"dtype": "F32", "shape": [64, 64], "data_offsets": [0, 16384' hostile
bad_weights "JSON that ends early" hostile "$unreadable"
tensors 'not JSON at all' hostile
bad_weights "no JSON" hostile "${unreadable}its header does not begin with"
refuses "test: a device without end" 1 '^shapes: not a readable safetensors file \(/dev/zero\): it is a device$' timeout 20 ./shapes test --data data --weights /dev/zero
tensors '{"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}, "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}' hostile
printf 123456 >> hostile
bad_weights "overlapping arrays" hostile "$unreadable.b. overlaps another array or leaves a hole"
tensors '{"a": {"dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 0]}}' hostile
bad_weights "a shape that overflows" hostile "${unreadable}the shape of .a. does not go with its number of bytes"
tensors '{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 18446744073709551615]}}' hostile
bad_weights "offsets behind the end" hostile "$unreadable"
tensors "$(awk 'BEGIN { while (n++ < 20000) printf "[" }')" hostile
bad_weights "deep nesting" hostile "$unreadable"

"$snnc" shapes.snn -D hidden=48 -o narrow.c && compile_c "$native" -O1 narrow.c narrow || fail "checkpoint: compile"
./narrow train --quiet --data data --epochs 1 --out narrow.safetensors > /dev/null 2>&1
refuses "test: another size" 1 '^shapes: wrong weights \(narrow\.safetensors\): `w_middle` is \[48, 64\], the model needs \[64, 64\]$' ./shapes test --data data --weights narrow.safetensors
refuses "resume: another size" 1 '^shapes: cannot resume \(narrow\.safetensors\), this is another training: it was trained with `param w_middle: \[64, 48\]`, this program has `param w_middle: \[64, 64\]`; ' ./shapes train --data data --resume narrow.safetensors --out trained.safetensors
sed 's/model shapes/model forms/' shapes.snn > forms.snn
"$snnc" forms.snn -o forms.c && compile_c "$native" -O1 forms.c forms || fail "checkpoint: compile"
./forms train --quiet --data data --epochs 1 --out forms.safetensors > /dev/null 2>&1
refuses "resume: another model" 1 '^shapes: cannot resume \(forms\.safetensors\): it is a checkpoint of `forms`, this program trains `shapes`$' ./shapes train --data data --resume forms.safetensors --out trained.safetensors
cp trained.safetensors stays.safetensors
passes "train: --out is another model's checkpoint" ./forms train --quiet --data data --epochs 1 --out stays.safetensors
same "train: another model's checkpoint is kept" trained.safetensors stays.1.safetensors
tensors '{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}' foreign && printf 1234 >> foreign
refuses "train: --out holds weights from elsewhere" 1 '^forms: would overwrite \(foreign\): no training of such a program wrote it; give another --out FILE, or --force$' ./forms train --data data --out foreign
sed 's/adam(lr = lr)/sgd(lr = lr)/' shapes.snn > sgd.snn
"$snnc" sgd.snn -o sgd.c && compile_c "$native" -O1 sgd.c sgd || fail "checkpoint: compile"
refuses "resume: another optimizer" 1 '^sgd: cannot resume \(trained\.safetensors\): it was trained with the optimizer `adam`, this program uses `sgd`$' ./sgd train --data data --resume trained.safetensors
refuses "resume: another seed" 1 '^shapes: cannot resume \(trained\.safetensors\): it was trained with --seed 0, not 3; leave --seed out$' ./shapes train --data data --resume trained.safetensors --seed 3
refuses "resume: another batch" 1 '^shapes: cannot resume \(trained\.safetensors\): it was trained with --batch 16, not 8; leave --batch out$' ./shapes train --data data --resume trained.safetensors --batch 8
mkdir -p fewer && cp data/t10k* fewer/ && for kind in images-idx3 labels-idx1; do cp data/t10k-$kind-ubyte fewer/train-$kind-ubyte; done
refuses "resume: other data" 1 '^shapes: cannot resume \(trained\.safetensors\): it was trained with 300 samples, 100 are here; give the same --data$' ./shapes train --data fewer --resume trained.safetensors

# A full disk. The file-size limit of the shell has the same effect at a chosen place: in blocks of 512 bytes.
limited() { (ulimit -f 20 && exec "$@"); }
refuses "checkpoint: the disk is full" 1 '^shapes: cannot write \(trained\.safetensors\): .*; a file that was there before is unchanged$' limited ./shapes train --quiet --data data --resume trained.safetensors --epochs 3
mkdir -p small
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=80k tmpfs small 2> /dev/null; then
    cp trained.safetensors small/
    refuses "checkpoint: a full file system" 1 '^shapes: cannot write \(small/trained\.safetensors\): No space left on device; a file that was there before is unchanged$' ./shapes train --quiet --data data --resume small/trained.safetensors --epochs 3
    same "checkpoint: the old one is still there" trained.safetensors small/trained.safetensors
    umount small
else
    echo "skip checkpoint: a full file system (only root can mount one; the limit above stands for it)"
fi

refuses "checkpoint: no such folder" 1 '^shapes: cannot write \(nowhere/a\.safetensors\): No such file or directory; make its folder first$' ./shapes train --data data --out nowhere/a.safetensors
refuses "checkpoint: a folder" 1 '^shapes: not a regular file \(data\): give the name of a file$' ./shapes train --data data --out data
refuses "checkpoint: --out is some other file" 1 '^shapes: would overwrite \(shapes\.snn\): it is no checkpoint; give another --out FILE, or --force$' ./shapes train --data data --out shapes.snn
refuses "log: some other file" 1 '^shapes: would overwrite \(trained\.safetensors\): it is not a log of a training; give another --log FILE$' ./shapes train --data data --out new.safetensors --log trained.safetensors
refuses "log: no such folder" 1 '^shapes: cannot write the log \(nowhere/run\.log\): No such file or directory; make its folder first$' ./shapes train --data data --out new.safetensors --log nowhere/run.log

# Numbers that overflow: the layer and the epoch are named, and a checkpoint from before is kept.
"$snnc" shapes.snn -D lr=1e38 -o wild.c && compile_c "$native" -O1 wild.c wild || fail "checkpoint: compile"
refuses "train: not a number, from the start" 1 '^wild: (NaN|infinity) in .*`[a-z_]+` \(.*\),( sample [0-9]+,)? in epoch 1, batch [0-9]+; .*: try a smaller learning rate than 1e\+38, or clip_norm$' ./wild train --quiet --data data --out wild.safetensors
quieter() { "$@" 2> told; code=$?; grep -v 'goes on from another training' told >&2; return $code; }
refuses "train: not a number, in a later epoch" 1 '^wild: (NaN|infinity) in .*`[a-z_]+` \(.*\),( sample [0-9]+,)? in epoch 3, batch [0-9]+; the checkpoint of the last epoch stays \(trained\.safetensors\)' quieter ./wild train --force --quiet --data data --resume trained.safetensors --epochs 3
