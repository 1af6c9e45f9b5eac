# What `info` says of memory is what a training takes beyond the program itself, within 5 percent.

# samples FOLDER WIDTH COUNT: as many samples of so many bytes, and their labels, which are all 0
samples() {
    mkdir -p "$1"
    for part in train t10k; do
        # shellcheck disable=SC2059
        {
            printf "$(printf '\\0\\0\\010\\002\\0\\0\\%03o\\%03o\\0\\0\\%03o\\%03o' \
                $(($3 / 256)) $(($3 % 256)) $(($2 / 256)) $(($2 % 256)))"
            yes 'a spiking neural network is given the same few words a thousand times' | head -c $(($2 * $3))
        } > "$1/$part-images-idx2-ubyte"
        # shellcheck disable=SC2059
        {
            printf "$(printf '\\0\\0\\010\\001\\0\\0\\%03o\\%03o' $(($3 / 256)) $(($3 % 256)))"
            head -c "$3" /dev/zero
        } > "$1/$part-labels-idx1-ubyte"
    done
}

# peak COMMAND...: the most memory that it takes, in KiB
peak() {
    ./measure measured "$@" > output 2>&1
    cut -d ' ' -f 2 measured
}

# takes MODEL WIDTH COUNT
takes() {
    samples "memory-$1" "$2" "$3"
    "$snnc" "$1.snn" -o "$1.c" && compile_c "$native" -O1 "$1.c" "$1" || return
    said=$("./$1" info --data "memory-$1" | awk '/^  together/ { print $(NF - 1) * ($NF == "MiB" ? 1024 : 1) }')
    itself=$(peak "./$1" train --data nowhere)
    whole=$(peak "./$1" train --quiet --data "memory-$1" --epochs 1 --force)
    if awk -v said="$said" -v found=$((whole - itself)) 'BEGIN { exit !(said > found * 0.95 && said < found * 1.05) }'; then
        ok "memory: $1, as info says"
    else
        fail "memory: $1, as info says" "info says $said KiB, it takes $((whole - itself))"
    fi
}

# Sanitizers have memory of their own.
if [ -z "$SANITIZE" ]; then
    $cc -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -std=c11 -O1 "$root/tests/bench/measure.c" -o measure || exit 1
    printf '%s\n' 'model broad {' 'data idx(shape = [3072], classes = 10)' 'time 2 steps' \
        'hidden = image -> dense(4096) -> lif(tau = 2)' 'digit = hidden -> dense(10) -> li(tau = 2)' \
        'predict argmax(mean(digit))' \
        'train { loss cross_entropy(mean(digit), label)  optimizer adam(lr = 1e-3)  batch 32 }' '}' > broad.snn
    takes broad 3072 64
    printf '%s\n' 'model busy {' 'data idx(shape = [784], classes = 10)' 'time 25 steps' 'input = poisson(image)' \
        'hidden = input -> dense(800) -> lif(tau = 2)' 'digit = hidden -> dense(10) -> lif(tau = 2)' \
        'predict argmax(rate(digit))' \
        'train { loss cross_entropy(rate(digit), label)  optimizer adam(lr = 1e-3)  batch 128 }' '}' > busy.snn
    takes busy 784 512
    shows "memory: info without data" '^  training set +not found in nowhere$' ./busy info --data nowhere
fi
