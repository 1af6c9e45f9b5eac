# Data that is missing or wrong. The checkpoint that is there stays.

# bad_data NAME PATTERN: the good data set in ./bad, to be spoilt by the function `spoil`, is refused
bad_data() {
    rm -rf bad && cp -r data bad
    spoil
    refuses "$1" 1 "$2" ./shapes train --quiet --data bad --out trained.safetensors
}
images=bad/train-images-idx3-ubyte labels=bad/train-labels-idx1-ubyte

refuses "data: no folder" 1 '^shapes: no data \(nowhere/train-images-idx3-ubyte, or the same with \.gz\): give the folder of the IDX files with --data DIR$' ./shapes train --data nowhere --out trained.safetensors
spoil() { rm $labels; }
bad_data "data: no labels" '^shapes: no data \(bad/train-labels-idx1-ubyte'
spoil() { rm bad/t10k-images-idx3-ubyte; }
bad_data "data: no test set" '^shapes: no data \(bad/t10k-images-idx3-ubyte'
spoil() { head -c 5000 data/train-images-idx3-ubyte > $images; }
bad_data "data: truncated" '^shapes: truncated \(bad/train-images-idx3-ubyte\): 19216 bytes expected, 5000 found; get the file anew$'
spoil() { head -c 10 data/train-images-idx3-ubyte > $images; }
bad_data "data: truncated in its header" '^shapes: truncated \(bad/train-images-idx3-ubyte\): 16 bytes expected, 10 found'
spoil() { : > $images; }
bad_data "data: empty" '^shapes: truncated \(bad/train-images-idx3-ubyte\): 4 bytes expected, 0 found'
spoil() { printf x >> $images; }
bad_data "data: too long" '^shapes: too long \(bad/train-images-idx3-ubyte\): there are bytes behind the 19216'
spoil() { cp shapes.c $images; }
bad_data "data: another kind of file" '^shapes: not an IDX file \(bad/train-images-idx3-ubyte\): it begins with 2f 2a 20 73'
spoil() { printf '\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377' > $images; }
bad_data "data: impossible sizes" '^shapes: unusable IDX file \(bad/train-images-idx3-ubyte\): its dimensions are too large$'
spoil() { printf '\0\0\10\3\177\377\377\377\0\0\0\10\0\0\0\10' > $images; }
bad_data "data: a header that promises 137 GB" '^shapes: truncated \(bad/train-images-idx3-ubyte\): 137438953[0-9]+ bytes expected, 16 found'
spoil() { printf '\0\0\10\3\0\0\0\0\0\0\0\10\0\0\0\10' > $images; }
bad_data "data: no samples" '^shapes: unusable number of samples \(bad/train-images-idx3-ubyte\): it has 0'
spoil() { { printf '\0\0\10\3\0\0\1\54\0\0\0\4\0\0\0\20'; tail -c 19200 data/train-images-idx3-ubyte; } > $images; }
bad_data "data: images of another shape" '\(bad/train-images-idx3-ubyte\).*4, 16\].*8, 8\]'
spoil() { { head -c 107 data/train-labels-idx1-ubyte; printf '\4'; tail -c 200 data/train-labels-idx1-ubyte; } > $labels; }
bad_data "data: a label out of range" '^shapes: label out of range \(bad/train-labels-idx1-ubyte\): sample 99 has label 4, the model `shapes` knows 0 to 3$'
spoil() { cp data/t10k-labels-idx1-ubyte $labels; }
bad_data "data: fewer labels than images" '^shapes: different numbers of samples: 100 labels \(bad/train-labels-idx1-ubyte\), 300 samples'
spoil() { cp data/train-images-idx3-ubyte $labels; }
bad_data "data: images in the place of labels" '^shapes: not a file of labels \(bad/train-labels-idx1-ubyte\)'
spoil() { rm $images && mkdir $images; }
bad_data "data: a folder in the place of a file" '\(bad/train-images-idx3-ubyte\): .*[Ii]s a directory'
spoil() { gzip -nc data/train-images-idx3-ubyte | head -c 4000 > $images.gz && rm $images; }
bad_data "data: truncated .gz" '^shapes: corrupt or unreadable \(bad/train-images-idx3-ubyte\.gz\): .*; get the file anew$'
spoil() {
    gzip -nc data/train-images-idx3-ubyte > whole.gz && rm $images
    { head -c 3000 whole.gz; printf '\252\252\252\252'; tail -c +3005 whole.gz; } > $images.gz
}
bad_data "data: corrupt .gz" '^shapes: corrupt or unreadable \(bad/train-images-idx3-ubyte\.gz\): .*; get the file anew$'
spoil() { { gzip -nc data/train-images-idx3-ubyte; printf garbage; } > $images.gz && rm $images; }
bad_data "data: garbage behind .gz" '^shapes: corrupt or unreadable \(bad/train-images-idx3-ubyte\.gz\): something follows the compressed data; get the file anew$'
spoil() { { head -c 9000 data/train-images-idx3-ubyte | gzip -nc; tail -c +9001 data/train-images-idx3-ubyte | gzip -nc; } > $images.gz && rm $images; }
rm -rf bad && cp -r data bad && spoil
passes "data: a .gz in two members" ./shapes train --quiet --data bad --epochs 2 --out members.safetensors
same "data: is one file" trained.safetensors members.safetensors

# Data that are spikes: bright pixels, of rows that come one after the other. How bright does not count.
cat > events.snn << 'end'
model events {
    data  idx(shape = [8], classes = 4, temporal, spikes)
    time  8 steps
    seen  = (image -> dense(32)) + (image[-1] -> dense(32)) + (image[-2] -> dense(32)) -> lif(tau = 4)
    shape = seen -> dense(4) -> li(tau = 4)
    predict argmax(sum(shape))
    train { loss cross_entropy(sum(shape), label) optimizer adam(1e-2) batch 16 epochs 8 }
}
end
# darken BRIGHT: pixels below 160 become 0, the others BRIGHT (in octal)
darken() {
    rm -rf "events$1" && mkdir "events$1"
    for part in train t10k; do
        cp data/$part-labels-idx1-ubyte "events$1"
        {
            head -c 16 data/$part-images-idx3-ubyte
            tail -c +17 data/$part-images-idx3-ubyte | LC_ALL=C tr '\000-\237\240-\377' '[\000*160]'"[\\$1*]"
        } > "events$1/$part-images-idx3-ubyte"
    done
}
darken 1 && darken 377
"$snnc" events.snn -o events.c
passes "data: spikes, without a warning" compile_c "$native" -O1 events.c events
shows "data: info says that they are spikes" '^samples \[8, 8\] of spikes in 4 classes, 8 time steps$' ./events info
for bright in 1 377; do
    ./events train --quiet --data events$bright --out events$bright.safetensors > messages 2>&1
done
if at_least "$(last_accuracy)" 0.5; then
    ok "data: spikes are learned"
else
    fail "data: spikes are learned" "$(cat messages)"
fi
same "data: every byte but 0 is a spike" events1.safetensors events377.safetensors

# The interpreter takes them alike.
tensors '{"label":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"input":{"dtype":"U8","shape":[1,8,8],"data_offsets":[4,68]}}' events.batch
printf '\3\0\0\0' >> events.batch
head -c 48 /dev/zero >> events.batch
printf '\0\7\0\0\0\1\377\0\0\0\0\0\0\0\0\2' >> events.batch
shows "data: --inputs of spikes" '^0 1 0 0 0 1 1 0$' "$snnc" events.snn --run --inputs=events.batch --print=image
# batch TYPE BYTES LABEL PIXEL: one sample for shapes.snn, its label in so many bytes, its pixels in four
batch() {
    tensors "{\"label\":{\"dtype\":\"$1\",\"shape\":[1],\"data_offsets\":[0,$2]},\"input\":{\"dtype\":\"F32\",\"shape\":[1,8,8],\"data_offsets\":[$2,$(($2 + 256))]}}" one.batch
    printf "$3" >> one.batch
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; do
        printf "$4$4" >> one.batch
    done
}
batch I64 8 '\3\0\0\0\0\0\0\0' '\0\0\0\0'
passes "data: --inputs with labels of 64 bits" "$snnc" shapes.snn --run --inputs=one.batch --print=shape
batch I64 8 '\3\0\0\0\1\0\0\0' '\0\0\0\0'
refuses "data: --inputs with a large label" 1 '^snnc: a label in one\.batch is not below the model' "$snnc" shapes.snn --run --inputs=one.batch --print=shape
batch F32 4 '\0\0\0\077' '\0\0\0\0'
refuses "data: --inputs with half a label" 1 '^snnc: a label in one\.batch is no whole number$' "$snnc" shapes.snn --run --inputs=one.batch --print=shape
batch F32 4 '\0\0\0\0' '\0\0\300\177'
refuses "data: --inputs with NaN" 1 '^snnc: array `input` in one\.batch holds numbers that are not finite: give others$' "$snnc" shapes.snn --run --inputs=one.batch --print=shape

# A network that does not look at its data.
cat > blind.snn << 'end'
model blind {
    data idx(shape = [8, 8], classes = 4)
    time 3 steps
    out = out[-1] -> dense(4, bias) -> lif()
    predict argmax(rate(out))
    train { loss mse(rate(out), label) }
}
end
"$snnc" blind.snn -o blind.c && compile_c "$native" -O1 blind.c blind
passes "data: a network that does not look at them" ./blind train --quiet --data data --epochs 1 --out blind.safetensors

# Images of one channel are images.
sed 's/data idx([^)]*)/data idx(shape = [8, 8, 1], classes = 4)/; s/^model shapes/model channel/' shapes.snn > channel.snn
"$snnc" channel.snn -o channel.c && compile_c "$native" -O1 channel.c channel
passes "data: one channel" ./channel train --quiet --data data --epochs 1 --out channel.safetensors

refuses "predict: a file of samples that is missing" 1 '^shapes: cannot read \(nowhere\): No such file' ./shapes predict nowhere --weights trained.safetensors
refuses "predict: labels in the place of samples" 1 '\(data/t10k-labels-idx1-ubyte\)' ./shapes predict data/t10k-labels-idx1-ubyte --weights trained.safetensors
refuses "predict: --out is a file of something else" 1 '^shapes: would overwrite \(shapes\.snn\): it is not a file of predictions; give another --out FILE, or --force$' ./shapes predict --data data --weights trained.safetensors --out shapes.snn
for file in train-images-idx3-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    cp data/$file data.copy
    ln -sf data/$file link.csv
    refuses "predict: --out is $file" 1 "^shapes: would overwrite \\(data/$file\\): it is a file of the data set; give another --out FILE\$" ./shapes predict --force --data data --weights trained.safetensors --out data/$file
    refuses "predict: --out is a link to $file" 1 '^shapes: would overwrite \(link\.csv\): it is a file of the data set' ./shapes predict --force --data data --weights trained.safetensors --out link.csv
    refuses "train: --out is $file" 1 "^shapes: would overwrite \\(\\./data/$file\\): it is a file of the data set" ./shapes train --force --quiet --data data --epochs 1 --out ./data/$file
    refuses "train: --log is $file" 1 "^shapes: would overwrite \\(data/$file\\): it is a file of the data set; give another --log FILE\$" ./shapes train --force --quiet --data data --epochs 1 --out unwritten.safetensors --log data/$file
    same "data: $file is there" data.copy data/$file
done
rm -f link.csv
for part in images-idx3 labels-idx1; do
    cp data/t10k-$part-ubyte data/other-$part-ubyte
done
refuses "train: --out is what it validates with" 1 '^shapes: would overwrite \(data/other-images-idx3-ubyte\): it is a file of the data set' ./shapes train --force --quiet --data data --validate other --epochs 1 --out data/other-images-idx3-ubyte
rm data/other-*
refuses "predict: --out would overwrite its weights" 1 '^shapes: would overwrite \(\./trained\.safetensors\): it is read; give another --out FILE$' ./shapes predict --force --data data --weights trained.safetensors --out ./trained.safetensors
