#!/bin/sh
# venv.sh FOLDER makes FOLDER, a Python environment with PyTorch and the libraries of peers/requirements.txt,
# where it is not there yet, or made of others.
set -eu

requirements=$(cd "$(dirname "$0")" && pwd)/peers/requirements.txt
folder=$1
! cmp -s "$requirements" "$folder/ready" || exit 0

fail() {
    echo "venv.sh: $*" >&2
    exit 1
}

# pip writes a line for every package: only shown where it fails
install() {
    "$folder/bin/python" -m pip install -q "$@" > "$folder/pip.log" 2>&1 || {
        tail -n 20 "$folder/pip.log" >&2
        fail "cannot install $*"
    }
}

echo "installing PyTorch and the libraries into $folder: some minutes" >&2
rm -rf "$folder"
python3 -m venv "$folder" || fail "cannot make a Python environment: install python3-venv"
# PyTorch first, and named again: a library would take another version.
install "$(grep '^torch=' "$requirements")"
install -r "$requirements"
cp "$requirements" "$folder/ready"
