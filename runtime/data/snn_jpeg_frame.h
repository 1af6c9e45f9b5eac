/* A JPEG picture between its files and its pixels, as ITU-T T.81 has it: components, of which each is blocks of 8 x 8 coefficients
 * of a cosine transform. */
#ifndef SNN_JPEG_FRAME_H
#define SNN_JPEG_FRAME_H

#include "snn_map.h"

enum { SNN_JPEG_COMPONENTS = 3, SNN_JPEG_TABLES = 4, SNN_JPEG_BLOCK = 64, SNN_JPEG_LENGTHS = 16 };

/* A Huffman code: the codes of each length follow each other, behind those that are shorter. */
typedef struct SnnJpegCode {
    bool known;
    uint32_t limits
        [SNN_JPEG_LENGTHS]; /* of length i + 1: what all codes up to it are below, as the first of 16 bits */
    int firsts[SNN_JPEG_LENGTHS]; /* of this length: the index of its first value, minus its first code */
    unsigned char values[256];
} SnnJpegCode;

typedef struct SnnJpegComponent {
    int id, table;    /* of quantization */
    int across, down; /* how often it is sampled, of the frame's most */
    int width, height, columns,
        rows;                       /* in blocks: of the picture, and in memory, where all units are whole */
    int16_t *blocks;                /* [rows][columns][64], in their natural order */
    bool begun;                     /* a scan has had its blocks' means */
    uint16_t steps[SNN_JPEG_BLOCK]; /* of quantization, from then on */
} SnnJpegComponent;

typedef struct SnnJpegFrame {
    bool progressive;
    int width, height, across, down; /* the most of all components */
    int count;                       /* of components */
    SnnJpegComponent components[SNN_JPEG_COMPONENTS];
    bool rgb; /* the components are no luminance and chrominances */
} SnnJpegFrame;

/* The place in a block of each coefficient, as scans have them. */
extern const unsigned char snn_jpeg_zigzag[SNN_JPEG_BLOCK];

#endif
