# What the benchmarks share: their settings, the workloads with their data, and our programs. To be sourced, with
# `name`, the script's own name, and `here`, its folder; leaves the workloads' folder in $work_folder.
# shellcheck shell=sh
root=$(cd "$here/../.." && pwd)
build=${BUILD:-$root/build}
snnc=${SNNC:-$build/snnc}
cc=${CC:-cc}
data=${DATA:-/usr/share/datasets/fashion-mnist}
mkdir -p "$build/bench/peers"
build=$(cd "$build" && pwd)
work_folder=$build/bench/peers
# shellcheck disable=SC2034
python=$build/bench/venv/bin/python
case $snnc in /*) ;; *) snnc=$PWD/$snnc ;; esac

fail() {
    echo "$name: $*" >&2
    exit 1
}

# model_of WORKLOAD: its model file, without .snn
model_of() {
    case $1 in
    W1) echo w1 ;;
    W2 | W2.11) echo w2 ;;
    W2r) echo w2r ;;
    W2r.near) echo w2r_near ;;
    W4) echo w4 ;;
    PSN) echo psn ;;
    PSN.masked) echo psn_masked ;;
    PSN.sliding) echo psn_sliding ;;
    PSN.lif) echo psn_lif ;;
    W3 | W3.11) echo w3 ;;
    W3.narrow) echo w3_narrow ;;
    Strided) echo strided ;;
    SEW) echo sew ;;
    SEW.wide) echo sew_wide ;;
    *) fail "no workload: $1 (there are W1, W2, W2.11, W2r, W2r.near, W4, PSN, PSN.masked, PSN.sliding, PSN.lif, W3, W3.narrow, W3.11, Strided, SEW and SEW.wide)" ;;
    esac
}

# models_of WORKLOADS: each model once
models_of() {
    for one in $1; do
        model_of "$one" > /dev/null
    done
    for one in $1; do
        model_of "$one"
    done | sort -u
}

# shape_of WORKLOAD: inputs, hidden neurons, classes, steps, batch, recurrent; nothing where layers are not dense
shape_of() {
    case $1 in
    W1) echo 784 800 10 25 128 0 ;;
    W2r*) echo 700 256 20 100 128 1 ;;
    W2*) echo 700 256 20 100 128 0 ;;
    esac
}

# cc_flags MARCH: what programs are compiled with
cc_flags() {
    echo "-std=c11 -O3 ${1:+$1 }-ffp-contract=off -fno-math-errno -fno-trapping-math"
}

# build_tool NAME FOLDER
build_tool() {
    # shellcheck disable=SC2046
    $cc -D_XOPEN_SOURCE=700 -I "$root/runtime/base" $(cc_flags -march=native) "$here/$1.c" "$build/libsnn_rt.a" \
        -o "$2/$1" -lm -lpthread -lz
}

# build_step MODEL FOLDER SNNC_FLAGS CC_FLAGS: FOLDER/MODEL, which times steps of the model
build_step() {
    # shellcheck disable=SC2086
    "$snnc" $3 "$here/$1.snn" -o "$2/$1.c"
    # shellcheck disable=SC2086
    $cc $4 -DGENERATED="\"$2/$1.c\"" "$here/step.c" -o "$2/$1" -lm -lpthread -lz
}

# make_data WORKLOADS: what is missing of their files in the work folder. The weights are written last, so where
# they are, all is there.
make_data() {
    for one in $1; do
        [ -f "$work_folder/$one.safetensors" ] && continue
        "$here/venv.sh" "$build/bench/venv"
        rm -f "$work_folder/$one.pytorch.gradients"
        "$python" "$here/peers/data.py" "$work_folder" "$data" "$one" >&2
    done
}

# same_gradients WORKLOAD FILE: prints how far the gradients of a first step are from PyTorch's, which must be there
same_gradients() {
    "$work_folder/compare" 1e-5 "$2" "$work_folder/$1.pytorch.gradients"
}
