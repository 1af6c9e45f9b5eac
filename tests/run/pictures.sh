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
if "$snnc" pictures.snn -o pictures.c 2> messages && compile_c "$native" -O1 pictures.c seen; then
    ok "pictures: compiles"
else
    fail "pictures: compiles"
    show_messages
fi
shows "pictures: info says what is in the files" '^training set: 2 samples, 1 of each class' ./seen info --data pictures
passes "pictures: is trained" ./seen train --data pictures --threads 1 --out one.safetensors
passes "pictures: by two threads" ./seen train --data pictures --threads 2 --out two.safetensors
same "pictures: to the same bits" one.safetensors two.safetensors
passes "pictures: and by snnc run" "$snnc" run pictures.snn train --data pictures --out three.safetensors
same "pictures: to the same bits again" one.safetensors three.safetensors
shows "pictures: one of a file has no label" '^sample,predicted,score_0' \
    ./seen predict pictures/train/a/1.png --data pictures --weights one.safetensors
printf 'xx' > pictures/train/b/3.png
refuses "pictures: what is none is refused" 1 'not a PNG file \(pictures/train/b/3.png\)' \
    ./seen train --data pictures --out four.safetensors
