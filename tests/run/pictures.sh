# Pictures: trained, with the same result by any number of threads, and described.

for class in a b; do
    mkdir -p "pictures/train/$class" && cp "$root/tests/golden/png/grey.png" "pictures/train/$class/1.png"
    cp "$root/tests/golden/png/colour.png" "pictures/train/$class/2.png"
done
cat > pictures.snn << 'END'
model seen {
    data pictures(shape = [5, 7], classes = 2, test = 0.5)
    time 8 steps
    out = mean(poisson(image) -> flatten -> dense(8) -> lif -> dense(2) -> li)
    predict argmax(out)
    train { loss cross_entropy(out, label)  batch 2  epochs 3 }
}
END
cp "$root/tests/golden/jpeg/narrow.jpg" pictures/wrong.jpeg
same_bits pictures seen
shows "pictures: info says what is in the files" '^training set: 2 samples, 1 of each class' ./seen info --data pictures
shows "pictures: one of a file has no label" '^sample,predicted,score_0' \
    ./seen predict pictures/train/a/1.png --data pictures --weights one.safetensors
refuses "pictures: a JPEG file of another size" 1 'wrong size \(pictures/wrong.jpeg\): it has 9 x 3 pixels' \
    ./seen predict pictures/wrong.jpeg --data pictures --weights one.safetensors
printf 'xx' > pictures/train/b/3.png
refuses "pictures: what is none is refused" 1 'not a picture \(pictures/train/b/3.png\)' \
    ./seen train --data pictures --out four.safetensors
