/* idx DIR writes a small data set that can be learned: noisy images [8, 8] of four shapes, 300 to train with
 * and 100 to test, as IDX files named like those of MNIST. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 8, CLASSES = 4, INK = 130, PAPER = 90, NOISE = 100 };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static int is_ink(int shape, int row, int column)
{
    switch (shape) {
    case 0: return row % 4 < 2;
    case 1: return column % 4 < 2;
    case 2: return (row + column) % 4 < 2;
    default: return (row / 4 + column / 4) % 2 == 0;
    }
}

static void put_u32(FILE *file, uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        putc((int)(number >> shift & 0xff), file);
}

static FILE *create(const char *folder, const char *part, const char *kind)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%s-ubyte", folder, part, kind);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return file;
}

static void finish(FILE *file)
{
    if (ferror(file) || fclose(file) != 0) {
        perror("idx");
        exit(EXIT_FAILURE);
    }
}

static void put_image(FILE *file, int shape, uint32_t *random)
{
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++)
            putc((is_ink(shape, row, column) ? INK : PAPER) + (int)(next_random(random) % NOISE), file);
}

static void write_part(const char *folder, const char *part, uint32_t samples, uint32_t seed)
{
    FILE *images = create(folder, part, "images-idx3"), *labels = create(folder, part, "labels-idx1");
    put_u32(images, 0x00000803u);
    put_u32(images, samples);
    put_u32(images, SIDE);
    put_u32(images, SIDE);
    put_u32(labels, 0x00000801u);
    put_u32(labels, samples);
    for (uint32_t i = 0; i < samples; i++) {
        int shape = (int)(next_random(&seed) % CLASSES);
        put_image(images, shape, &seed);
        putc(shape, labels);
    }
    finish(images);
    finish(labels);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: idx DIR\n");
        return 2;
    }
    write_part(argv[1], "train", 300, 1);
    write_part(argv[1], "t10k", 100, 2);
    return EXIT_SUCCESS;
}
