# A machine that stores numbers the other way round gives and reads the same files, to the bit. It is emulated:
#
#     apt-get install gcc-s390x-linux-gnu qemu-user-static
#     tests/run.sh big_endian

far_cc=s390x-linux-gnu-gcc
far_run=$(command -v qemu-s390x-static || command -v qemu-s390x)
if command -v $far_cc > /dev/null && [ -n "$far_run" ]; then
    far() { "$far_run" ./far "$@"; }
    passes "big-endian: compiles" $far_cc -std=c11 -O2 -ffp-contract=off -static -DSNN_NO_ZLIB shapes.c -o far -lm -lpthread
    passes "big-endian: trains" far train --quiet --threads 1 --data data --epochs 2 --out far.safetensors
    same "big-endian: the same checkpoint" trained.safetensors far.safetensors
    passes "big-endian: resumes that of a little-endian machine" far train --quiet --threads 1 --data data --resume trained.safetensors --epochs 3 --out far.3.safetensors
    passes "big-endian: and the other way round" ./shapes train --quiet --data data --resume far.safetensors --epochs 3 --out near.3.safetensors
    same "big-endian: both go on to the same bits" near.3.safetensors far.3.safetensors
    # Samples as floats, which IDX stores big-endian.
    { printf '\0\0\15\3\0\0\0\2\0\0\0\10\0\0\0\10'; head -c 512 /dev/zero | tr '\0' '\77'; } > floats.idx
    ./shapes predict --weights trained.safetensors floats.idx > near.csv
    far predict --threads 1 --weights trained.safetensors floats.idx > far.csv
    same "big-endian: the same predictions of floats" near.csv far.csv
else
    echo "skip big-endian: neither $far_cc nor qemu-s390x is here (packages gcc-s390x-linux-gnu, qemu-user-static)"
fi
