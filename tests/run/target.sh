# Targets that are numbers, alone and beside labels; metrics, predictions and parts of a loss with names.

mkdir -p numbers && for part in train t10k; do
    printf '\0\0\010\002\0\0\0\005\0\0\0\004abcdefghijklmnopqrst' > "numbers/$part-images-idx2-ubyte"
    printf '\0\0\013\002\0\0\0\005\0\0\0\002\0\001\377\377\0\002\377\376\0\003\377\375\0\004\377\374\0\005\377\373' > "numbers/$part-targets-idx2-ubyte"
    printf '\0\0\013\001\0\0\0\005\001\053\001\053\001\053\001\053\001\053' > "numbers/$part-labels-idx1-ubyte"
done

cat > regress.snn << 'end'
model regress {
    data idx(shape = [4], target = 2)
    time 6 steps
    place = mean(20 * (image - 0.4) -> dense(2, bias) -> li)
    predict place
    metric off = mae(place, target)
    train {
        loss fit   = mse(place, target)
        loss small = 1e-6 * mean(place ^ 2, over = all)
        optimizer adam(0.3)
        batch 2
        epochs 60
    }
}
end
"$snnc" regress.snn -o regress.c 2> messages || show_messages
passes "target: compiles without a warning" compile_c "$native" -O1 regress.c regress
shows "target: what is measured, in the line of an epoch" '^epoch 60/60  loss [0-9.]+ off [0-9.]+ fit [0-9.]+ small 0\.[0-9]+  validation loss [0-9.]+ off [0-9.]+ fit [0-9.]+ small [0-9.]+ ' \
    ./regress train --data numbers --log regress.log --validate 0.2 --best off --out regress.safetensors
if at_least 0.5 "$(tail -n 1 regress.log | sed 's/.*"train_off": \([0-9.e-]*\),.*/\1/')"; then
    ok "target: is learned"
else
    fail "target: is learned" "$(tail -n 1 regress.log)"
fi
shows "target: test says all that is measured" '^test off: [0-9.]+ test fit: [0-9.]+ test small: [0-9.]+ $' \
    sh -c './regress test --data numbers --weights regress.safetensors | tr "\n" " " && echo'
shows "target: info" '^samples \[4\], targets \[2\], 6 time steps$' ./regress info
passes "target: predict" ./regress predict --data numbers --weights regress.safetensors --out regress.csv
shows "target: and its table" '^sample,target_0,target_1,value_0,value_1$' head -n 1 regress.csv
shows "target: with what it should be" '^4,5,-5,[0-9.]+,-[0-9.]+$' tail -n 1 regress.csv
passes "target: a table of predictions is replaced" ./regress predict --data numbers --weights regress.safetensors --out regress.csv
passes "target: images alone" ./regress predict --weights regress.safetensors --out alone.csv numbers/t10k-images-idx2-ubyte
shows "target: give numbers alone" '^sample,value_0,value_1$' head -n 1 alone.csv
refuses "target: is not overwritten" 1 'it is a file of the data set' \
    ./regress predict --force --data numbers --weights regress.safetensors --out numbers/train-targets-idx2-ubyte
refuses "target: a measure that there is not" 1 'unknown measure \(--best accuracy\): the model has loss, off, fit, small' \
    ./regress train --data numbers --best accuracy --out other.safetensors
grep -v 'train {\|loss\|metric\|optimizer\|batch\|epochs\|^    }$' regress.snn > bare.snn
refuses "target: nothing to measure" 1 'nothing to measure: the model `regress` has neither a loss nor a metric' \
    "$snnc" run bare.snn test --data numbers --weights regress.safetensors

# bad_target NAME PATTERN: the function `spoil` spoils the targets in ./wrong
bad_target() {
    rm -rf wrong && cp -r numbers wrong
    spoil
    refuses "$1" 1 "$2" ./regress train --data wrong --out other.safetensors
}
targets=wrong/train-targets-idx2-ubyte
spoil() { rm $targets; }
bad_target "target: none" '^regress: no data \(wrong/train-targets-idx2-ubyte, or the same with \.gz\)'
spoil() { printf '\0\0\010\002\0\0\0\005\0\0\0\001abcde' > $targets; }
bad_target "target: of another shape" 'wrong shape \(wrong/train-targets-idx2-ubyte\): its targets are \[1\], the model `regress` takes \[2\]'
spoil() { printf '\0\0\010\002\0\0\0\002\0\0\0\002abcd' > $targets; }
bad_target "target: of fewer samples" 'different numbers of samples: 2 targets \(wrong/train-targets-idx2-ubyte\), 5 samples'
spoil() { { printf '\0\0\015\002\0\0\0\005\0\0\0\002'; printf '\0\0\0\0%.0s' 1 2 3 4 5 6 7 8 9; printf '\177\300\0\0'; } > $targets; }
bad_target "target: NaN" '^regress: NaN or infinity \(wrong/train-targets-idx2-ubyte\): in sample 4; leave it out, or give it numbers$'
spoil() { { printf '\0\0\015\002\0\0\0\005\0\0\0\002\177\0\0\0'; printf '\0\0\0\0%.0s' 1 2 3 4 5 6 7 8 9; } > $targets; }
bad_target "target: too large" '^regress: too large a number \(wrong/train-targets-idx2-ubyte\): 1\.70141e\+38 in sample 0'

# More classes than a byte tells apart, and numbers beside them.
cat > both.snn << 'end'
model both {
    data idx(shape = [4], classes = 300, target = 2)
    time 6 steps
    hidden = image -> dense(20) -> lif(threshold = 0.2)
    place  = mean(hidden -> dense(2, bias) -> li)
    kind   = mean(hidden -> dense(300, bias) -> li)
    predict where_ = place
    predict kind   = argmax(kind)
    train {
        loss near = mse(place, target)
        loss cross_entropy(kind, label)
        optimizer adam(0.1)
        batch 5
        epochs 30
    }
}
end
"$snnc" both.snn -o both.c 2> messages || show_messages
passes "target: beside labels" compile_c "$native" -O1 both.c both
passes "target: and both are learned" ./both train --data numbers --out both.safetensors
shows "target: a class above 255" '^2,299,3,-3,[-0-9.e]+,[-0-9.e]+,299$' sh -c './both predict --data numbers --weights both.safetensors | cut -d , -f 1-7'
shows "target: columns with names" '^sample,label,target_0,target_1,where__0,where__1,kind,kind_0,kind_1$' sh -c './both predict --data numbers --weights both.safetensors | cut -d , -f 1-9'
refuses "target: a label out of range" 1 'sample 0 has label 299' sh -c "sed 's/classes = 300/classes = 299/; s/dense(300/dense(299/' both.snn > less.snn && '$snnc' run less.snn train --data numbers --out less.safetensors"

# neither labels nor targets: the image is compared with what is made of it
mkdir -p images && cp numbers/*-images-* images/
cat > again.snn << 'end'
model again {
    data idx(shape = [4], classes = 0)
    time 3 steps
    picture = sigmoid(mean(image -> dense(3) -> lif -> dense(4, bias)))
    predict picture = picture
    train { loss mse(picture, image) batch 2 epochs 2 }
}
end
"$snnc" again.snn -o again.c 2> messages || show_messages
passes "target: no labels, compiles" compile_c "$native" -O1 again.c again_
shows "target: no labels, trains" '^epoch 2/2  loss [0-9.]+  test loss [0-9.]+  firing ' ./again_ train --data images --out again.safetensors
shows "target: no labels, predicts" '^sample,picture_0,picture_1,picture_2,picture_3$' ./again_ predict --data images --weights again.safetensors
