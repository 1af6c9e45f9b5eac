# What the parts of tests/run.sh share. Every check prints one line: "ok NAME" or "FAIL NAME".

passed=0 failed=0

ok() {
    echo "ok $1"
    passed=$((passed + 1))
}

# fail NAME [WHY]
fail() {
    echo "FAIL $1${2:+: $2}"
    failed=$((failed + 1))
}

# show_messages [FILE]: the first lines of what a program said
show_messages() {
    head -n 5 "${1:-messages}" | sed 's/^/    /'
}

# levels_here PART: the levels of runtime/kernels/snn_level.h whose kernels this processor can run. It says which are not tested.
levels_here() {
    program=$(mktemp) || return 1
    # shellcheck disable=SC2086
    echo 'int snn_processor(void); int main(void) { return snn_processor(); }' |
        ${CC:-cc} $SANITIZE -x c - -x none "$build/libsnn_rt.a" $libraries -o "$program" || return 1
    "$program"
    best=$?
    rm "$program"
    for level in 1 3 4; do
        if [ $level -le $best ]; then
            echo $level
        else
            echo "$1: kernels of level $level are not tested: this processor cannot run them" >&2
        fi
    done
}

# compile_c CC LEVEL FILE.c PROGRAM, where any warning is an error
compile_c() {
    # shellcheck disable=SC2086
    $1 -std=c11 "$2" $warnings -ffp-contract=off $SANITIZE "$3" -o "$4" $libraries
}

# passes NAME COMMAND...: exit status 0
passes() {
    name=$1
    shift
    if "$@" > messages 2>&1; then
        ok "$name"
    else
        fail "$name" "exit status $?"
        show_messages
    fi
}

# same NAME FILE FILE
same() {
    if cmp "$2" "$3" > messages 2>&1; then ok "$1"; else fail "$1" "$(cat messages)"; fi
}

# shows NAME PATTERN COMMAND...: exit status 0, and a line of the output has the pattern (grep -E)
shows() {
    name=$1 pattern=$2
    shift 2
    if ! "$@" > shown 2>&1; then
        fail "$name" "it failed: $(tail -n 1 shown)"
    elif grep -Eq -- "$pattern" shown; then
        ok "$name"
    else
        fail "$name" "no line has: $pattern"
        show_messages shown
    fi
}

# same_bits FORMAT PROGRAM [FLAG...]: compiles FORMAT.snn, which reads the folder FORMAT; it is trained to the same bits by one
# thread, by two and in memory
same_bits() {
    format=$1 program=$2
    shift 2
    if "$snnc" "$format.snn" -o "$format.c" 2> messages && compile_c "$native" -O1 "$format.c" "$program"; then
        ok "$format: compiles"
    else
        fail "$format: compiles"
        show_messages
    fi
    passes "$format: is trained" "./$program" train --data "$format" "$@" --threads 1 --out one.safetensors
    passes "$format: by two threads" "./$program" train --data "$format" "$@" --threads 2 --out two.safetensors
    same "$format: to the same bits" one.safetensors two.safetensors
    passes "$format: and by snnc run" "$snnc" run "$format.snn" train --data "$format" "$@" --out three.safetensors
    same "$format: to the same bits again" one.safetensors three.safetensors
}

# Whatever is refused, this checkpoint stays as it is, and no half-written file stays.
nothing_lost() {
    cmp -s trained.safetensors trained.copy && ! find . -name '*.tmp*' | grep -q .
}

# refuses NAME STATUS PATTERN COMMAND...: the exit status, nothing on standard output, one line on standard error
# that has the pattern (besides argp's "Try ..."), nothing lost
refuses() {
    name=$1 expected=$2 pattern=$3
    shift 3
    cp trained.safetensors trained.copy
    "$@" > output 2> messages
    status=$?
    sed '/^Try `/d' messages > message
    if [ $status -ne "$expected" ]; then
        fail "$name" "exit status $status, expected $expected"
    elif [ -s output ]; then
        fail "$name" "it wrote to standard output"
    elif [ "$(wc -l < message)" -ne 1 ]; then
        fail "$name" "not one line of message"
    elif ! grep -Eq -- "$pattern" message; then
        fail "$name" "the message lacks: $pattern"
    elif ! nothing_lost; then
        fail "$name" "a file was lost, or half of one was left"
        cp trained.copy trained.safetensors
    else
        ok "$name"
        return
    fi
    show_messages
}

# last_accuracy: of the line "test accuracy: 0.dddd" that ends `messages`
last_accuracy() {
    tail -n 1 messages | sed -n 's/^test accuracy: \([01]\.[0-9][0-9][0-9][0-9]\)$/\1/p'
}

# at_least A B: both are decimal numbers
at_least() {
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 >= b + 0) }'
}

# tensors HEADER FILE: a safetensors file of this header with no data behind it
tensors() {
    length=${#1}
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $((length % 256)))\\$(printf %03o $((length / 256)))\\0\\0\\0\\0\\0\\0" > "$2"
    printf %s "$1" >> "$2"
}

# bars_and_sparks: two folders of images by idx.c; in the second, the darker half is silent.
bars_and_sparks() {
    mkdir bars sparks
    cc -std=c11 -O1 "$root/tests/run/idx.c" -o idx && ./idx bars || exit 1
    for part in train t10k; do
        cp bars/$part-labels-idx1-ubyte sparks
        { head -c 16 bars/$part-images-idx3-ubyte; tail -c +17 bars/$part-images-idx3-ubyte | LC_ALL=C tr '\000-\240' '\000'; } \
            > sparks/$part-images-idx3-ubyte
    done
}

# make_random_models: ./random_models, which says what random models are
make_random_models() {
    includes=$(printf " -iquote $root/%s" compiler backends backends/interp runtime/base runtime/kernels runtime/data runtime/run \
        runtime/train runtime/report)
    # shellcheck disable=SC2086
    cc -std=c11 -D_XOPEN_SOURCE=700 -ffp-contract=off -O1 $includes -rdynamic "$root"/tests/run/random_*.c -Wl,--whole-archive \
        "$build/libsnnc.a" -Wl,--no-whole-archive "$build/libsnn_rt.a" -lm -lpthread -lz -ldl -o random_models || exit 1
}
