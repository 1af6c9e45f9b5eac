# Spikes in HDF5 files: trained, with the same result by any number of threads, and described.

mkdir -p shd && for part in train test; do cp "$root/tests/golden/hdf5/h5py.h5" "shd/a_$part.h5"; done
cat > shd.snn << 'END'
model words {
    data shd(units = 10, bin = 2, classes = 3)
    time 8 steps of 125 ms
    hidden = spikes -> dense(8) -> lif(tau = 300 ms)
    word   = hidden -> dense(3) -> li(tau = 300 ms)
    predict argmax(mean(word))
    train { loss cross_entropy(mean(word), label)  batch 2  epochs 3 }
}
END
same_bits shd words
shows "shd: info says what is in the files" \
    '^training set: 3 samples, 1 of each class, 8 events, 1 to 4 a sample, up to 3000 ms; 2 more are left out, 20 %' \
    ./words info --data shd
shows "shd: samples of one file have no labels" '^sample,predicted,score_0' \
    ./words predict shd/a_test.h5 --data shd --weights one.safetensors
mkdir -p speakers && cp "$root/tests/golden/hdf5/speakers.h5" speakers/a_train.h5
sed 's|classes = 3|classes = 3, test = "extra/speaker = 5", valid = "extra/day = 3"|' shd.snn > speakers.snn
same_bits speakers words --validate valid
shows "shd: a test set by the speaker" '^test set: 1 samples, .* 4 events, 4 a sample, up to 1000 ms; 1 more are left out, 20 %' ./words info --data speakers
shows "shd: info says what is for nothing" '^for --validate valid, of the same files, and for nothing without: 1 samples$' \
    ./words info --data speakers
cp shd/a_test.h5 speakers/a_valid.h5
refuses "shd: files of a part, and a choice" 1 'two validation sets \(speakers\): .* by `valid = "extra/day = 3"`; move' \
    ./words train --data speakers --out four.safetensors
shows "shd: info says so, too" '^training set: two validation sets \(speakers\)' ./words info --data speakers
rm speakers/a_valid.h5
compile_c "$native" -O1 shd.c words
printf 'xx' > shd/a_train.h5
shows "shd: info says what is wrong" '^training set: not an HDF5 file \(shd/a_train.h5\)' ./words info --data shd
refuses "shd: training does, too" 1 'not an HDF5 file \(shd/a_train.h5\)' ./words train --data shd --out four.safetensors
if "$snnc" shd.snn -o shd.c && grep -q 'begin runtime/data/idx.c' shd.c; then fail "shd: no other reader"; else ok "shd: no other reader"; fi
