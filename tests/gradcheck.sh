#!/bin/sh
# snnc --gradcheck: status 0 for a right derivative, 1 and WRONG for a wrong one.
#
#     tests/gradcheck.sh               SNNC=path: another compiler than build/snnc

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
snnc=${SNNC:-$root/build/snnc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# model DERIVATIVE: a surrogate of the file's own, whose antiderivative is sigmoid(2 x)
model() {
    cat << END
surrogate own() { s = sigmoid(2 * x)  derivative = $1  antiderivative = s }
model own_surrogate {
    data idx(shape = [5], classes = 3)
    time 6 steps
    out = image -> dense(3) -> lif(threshold = 0.3, surrogate = own)
    predict argmax(rate(out))
    train { loss mse(rate(out), label) }
}
END
}

# expect STATUS WORD DERIVATIVE
expect() {
    model "$3" > "$work/model.snn"
    "$snnc" "$work/model.snn" --gradcheck > "$work/report" 2>&1
    status=$?
    if [ $status -eq "$1" ] && grep -q "$2" "$work/report"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        cat "$work/report" >&2
        echo "gradcheck: derivative = $3: status $status, expected $1 and \`$2\`" >&2
    fi
}

expect 0 ok '2 * s * (1 - s)'
expect 1 WRONG 's * (1 - s)'
expect 1 WRONG '2.001 * s * (1 - s)'
expect 1 WRONG '-2 * s * (1 - s)'

echo "gradcheck: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
