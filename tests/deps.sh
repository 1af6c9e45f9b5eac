#!/bin/sh
# deps.sh check|install TOOL... looks for the tools. What is missing is installed with apt as root on
# Debian and Ubuntu (install), or named (check, or where that is not possible).
set -eu

fashion_mnist=/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz

has_header() {
    echo "#include <$1>" | cc -E - > /dev/null 2>&1
}

has_fuzzer() {
    echo 'int LLVMFuzzerTestOneInput(const void *data, unsigned long size) { return !data && !size; }' |
        clang -fsanitize=fuzzer -x c - -o /dev/null > /dev/null 2>&1
}

is_present() {
    case $1 in
    fuzzer) has_fuzzer ;;
    check) has_header check.h ;;
    zlib) has_header zlib.h ;;
    numpy) { python3 -c "import numpy" || /usr/bin/python3 -c "import numpy"; } > /dev/null 2>&1 ;;
    llvm) command -v llvm-config-19 > /dev/null 2>&1 ;;
    fashion-mnist) [ -f "$fashion_mnist" ] ;;
    *) command -v "$1" > /dev/null 2>&1 ;;
    esac
}

package_of() {
    case $1 in
    cc) echo gcc libc6-dev ;;
    zlib) echo zlib1g-dev ;;
    numpy) echo python3-numpy ;;
    fuzzer) echo clang libclang-rt-14-dev ;;
    aarch64-linux-gnu-gcc) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
    riscv64-linux-gnu-gcc) echo gcc-riscv64-linux-gnu libc6-dev-riscv64-cross ;;
    arm-linux-gnueabihf-gcc) echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross ;;
    s390x-linux-gnu-gcc) echo gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
    arm-none-eabi-gcc) echo gcc-arm-none-eabi ;;
    riscv64-unknown-elf-gcc) echo gcc-riscv64-unknown-elf ;;
    qemu-system-riscv32) echo qemu-system-misc ;;
    qemu-aarch64) echo qemu-user ;;
    wasm-ld) echo lld ;;
    node) echo nodejs ;;
    qemu-*-static) echo qemu-user-static ;;
    llvm) echo llvm-19-dev ;;
    fashion-mnist) echo dataset-fashion-mnist ;;
    *) echo "$1" ;;
    esac
}

mode=$1
shift
missing=
for tool in "$@"; do
    is_present "$tool" || missing="$missing $(package_of "$tool")"
done
[ -n "$missing" ] || exit 0

if [ "$mode" = install ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # The package lists may be absent or old, so a failure is tried again behind an update.
    # shellcheck disable=SC2086
    apt-get install -y --no-install-recommends $missing || {
        apt-get update
        apt-get install -y --no-install-recommends $missing
    }
    exit 0
fi

echo "missing (names of Debian packages):$missing" >&2
echo "install them, as root: apt-get install --no-install-recommends$missing" >&2
exit 1
