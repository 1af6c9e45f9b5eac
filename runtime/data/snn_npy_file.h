/* One array of NumPy: a file NPY, or one of an archive NPZ. Nothing that a file says is believed before it is checked. */
#ifndef SNN_NPY_FILE_H
#define SNN_NPY_FILE_H

#include "snn.h"
#include "snn_map.h"
#include "snn_zip.h"

enum { SNN_NPY_DIMS = SNN_MAX_DIMS + 2, SNN_NPY_PATH = 4400, SNN_NPY_TEXT = 256 };

typedef struct SnnNpyFile {
    SnnMap map;
    SnnZipFile unpacked;     /* of an archive */
    char path[SNN_NPY_PATH]; /* for messages: "data/train.npz: samples" */
    bool texts;              /* its elements may be of such kinds */
    char kind;               /* 'b', 'i', 'u' or 'f', as NumPy calls them; of texts 'S' or 'U' */
    size_t size;             /* of an element, in bytes */
    bool big;                /* the highest byte is the first */
    int ndim;
    uint32_t dims[SNN_NPY_DIMS];
    size_t count;
    const unsigned char *at;
} SnnNpyFile;

/* The array, or that of this name if the file is an archive: unpacked, it takes `budget` bytes of memory at most. After a failure nothing is to be closed. */
bool snn_npy_open(SnnNpyFile *file, const char *path, const char *name, size_t budget, SnnError *error);
/* The same of one whose elements may be texts, too. */
bool snn_npy_open_texts(SnnNpyFile *file, const char *path, const char *name, size_t budget, SnnError *error);
void snn_npy_close(SnnNpyFile *file);
double snn_npy_number(const SnnNpyFile *file, size_t index);
/* An element as a text, in UTF-8; of a number, up to nine digits. Returns its length: what is longer than there is room for is cut. */
size_t snn_npy_text(const SnnNpyFile *file, size_t index, char text[SNN_NPY_TEXT]);

#endif
