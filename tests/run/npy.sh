# Arrays of NumPy: trained, with the same result by any number of threads, and described.

mkdir -p npy && for part in train test; do cp "$root/tests/golden/npy/packed.npz" "npy/$part.npz"; done
cat > npy.snn << 'END'
model arrays {
    data npy(shape = 4, classes = 3, target = 1)
    time 8 steps
    hidden = sample -> dense(8) -> lif
    out    = mean(hidden -> dense(3) -> li)
    number = mean(hidden -> dense(1) -> li)
    predict out = argmax(out)
    predict number = number
    train { loss cross_entropy(out, label) + mse(number, target)  batch 2  epochs 3 }
}
END
same_bits npy arrays
shows "npy: info says what is in the files" '^training set: 3 samples, 1 of each class' ./arrays info --data npy
shows "npy: samples of one file have no labels" '^sample,out' ./arrays predict npy/test.npz --data npy --weights one.safetensors
shows "npy: training says what is for what" 'samples: 3 to learn from \(npy/train.npz\), 3 to test with \(npy/test.npz\)$' \
    ./arrays train --data npy --out four.safetensors
cp "$root/tests/golden/npy/objects.npy" npy/train_samples.npy
shows "npy: info says what is wrong" '^training set: unusable type \(npy/train_samples.npy\): it has objects of Python' ./arrays info --data npy
refuses "npy: training does, too" 1 'unusable type \(npy/train_samples.npy\)' ./arrays train --data npy --out four.safetensors
if grep -qE 'begin runtime/data/(idx|shd).c' npy.c; then fail "npy: no other reader"; else ok "npy: no other reader"; fi
