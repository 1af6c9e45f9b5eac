# Recordings of sound: trained, with the same result by any number of threads, and described.

mkdir -p wav && for name in 0_theo_0 1_theo_1 2_theo_2 0_anna_3 1_anna_4; do
    cp "$root/tests/golden/sound/s16.wav" "wav/$name.wav"
done
mv wav/2_theo_2.wav other.wav && cp "$root/tests/golden/sound/s16.flac" wav/2_theo_2.flac
cat > wav.snn << 'END'
model words {
    data wav(rate = 16 kHz, mel = 8, deltas = 1, classes = 3, names = "{label}_{speaker}_{index}",
             test = "speaker = anna", valid = "index = 2")
    time 8 steps of 5 ms
    hidden = 0.1 * sound -> flatten -> dense(8) -> lif(tau = 20 ms)
    word   = mean(hidden -> dense(3) -> li(tau = 20 ms))
    predict argmax(word)
    train { loss cross_entropy(word, label)  batch 2  epochs 3 }
}
END
same_bits wav words --validate valid
shows "wav: info says what is in the files" \
    '^training set: 2 samples, 0 to 1 of each class, 50 to 50 ms, 2 resampled to 16000 Hz; the end of 2 is left out: it' \
    ./words info --data wav
shows "wav: a sample of one file has no label" '^sample,predicted,score_0' \
    ./words predict wav/0_theo_0.wav --data wav --weights one.safetensors
sed 's/test = "speaker = anna"/test = 0.5, balanced, time_jitter = 10 ms, channel_jitter = 2, time_mask = 2/; s/, valid = "index = 2"//' \
    wav.snn > drawn.snn
shows "wav: a part of the recordings are tests" '^test set: 3 samples, 1 of each class' "$snnc" run drawn.snn info --data wav
passes "wav: they change from epoch to epoch" "$snnc" run drawn.snn train --data wav --threads 1 --out one.safetensors
passes "wav: by two threads" "$snnc" run drawn.snn train --data wav --threads 2 --out two.safetensors
same "wav: to the same bits as by one" one.safetensors two.safetensors
passes "wav: a training that ends early" "$snnc" run drawn.snn train --data wav --epochs 1 --out three.safetensors
passes "wav: and goes on" "$snnc" run drawn.snn train --data wav --resume three.safetensors --epochs 3 --out three.safetensors
same "wav: to the same bits as without an end" one.safetensors three.safetensors
shows "wav: info says what else is in the folder" '^for tests, of the same files: 2 samples$' ./words info --data wav
mkdir -p wav_apart/train && cp wav/*_theo_* wav_apart/train && cp -r wav_apart/train wav_apart/test
refuses "wav: a folder of tests, and a choice" 1 'two test sets \(wav_apart\): .* by `test = "speaker = anna"`; move the files' \
    ./words train --data wav_apart --out four.safetensors
printf 'xx' > wav/0_theo_5.wav
shows "wav: info says what is wrong" '^training set: not a WAV or FLAC file \(wav/0_theo_5.wav\)' ./words info --data wav
refuses "wav: training does, too" 1 'not a WAV or FLAC file \(wav/0_theo_5.wav\)' ./words train --data wav --out four.safetensors
if [ -z "${SNN_DATA:-}" ]; then
    echo "skip wav: real recordings (SNN_DATA names no folder with fsdd/recordings)"
else
    sed 's/classes = 3/classes = 10/; s/dense(3)/dense(10)/; s/speaker = anna/index = 0-4/' wav.snn > real.snn
    shows "wav: real recordings" '^test set: 300 samples, 30 of each class, 143.5 to' \
        "$snnc" run real.snn info --data "$SNN_DATA/fsdd/recordings"
fi
