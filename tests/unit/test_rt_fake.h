/* A small model in hand-written C, for tests of the runtime: logistic regression on randomly thinned
 * images of 4 x 4, and a folder of data for it. */
#ifndef SNNC_TEST_RT_FAKE_H
#define SNNC_TEST_RT_FAKE_H

#include "snn.h"

enum { FAKE_INPUTS = 16, FAKE_CLASSES = 3, FAKE_TRAIN = 101, FAKE_TEST = 37 };

typedef struct FakeModel {
    SnnModel model;
    int forwards;     /* calls of forward so far */
    int die_at;       /* the number of the call that ends the process with SIGKILL; 0: none */
    int signal_at;    /* ... that sends the process SIGINT */
    bool trace;       /* writes a line a forward pass to trace.txt: epoch, rows, lr, sample numbers */
    int nan_at;       /* ... that makes a NaN */
    int state_nan_at; /* ... of which only a state shows a NaN, in the first sample */
    bool frozen;      /* the bias is not learned */
    bool constant;    /* the learning rate is; else it falls along half a cosine, batch by batch */
} FakeModel;

typedef struct Fake {
    FakeModel fake;
    char folder[64]; /* temporary; holds the data and is the working folder of a run */
    int file_limit;  /* bytes that a run may write into one file, as if the disk were full; 0: no limit */
    char out[4096], err[4096]; /* what the last run printed */
} Fake;

/* The learning rate of a batch. */
float fake_rate(float base, int epoch, int epochs, int batch, int batches);
/* Makes the folder with a training and a test set; removed by fake_close. */
void fake_open(Fake *fake);
void fake_close(Fake *fake);
/* Runs snn_main in a process of its own with these words, separated by spaces. Returns the exit status, or
 * -N if signal N ended it. */
int fake_run(Fake *fake, const char *words);
/* "FOLDER/name"; valid until the next call with the same slot (0 or 1). */
const char *fake_path(Fake *fake, int slot, const char *name);
/* All bytes of a file of the folder, NUL-terminated and to be freed; NULL if there is none. */
char *fake_read(Fake *fake, const char *name, size_t *size);
void fake_write(Fake *fake, const char *name, const void *bytes, size_t size);
/* A recorded file of tests/golden/...: to be freed; and the same as one of the folder. */
char *fake_recorded(const char *folder, const char *name, size_t *size);
void fake_copy(Fake *fake, const char *folder, const char *name, const char *to);
bool fake_same(Fake *fake, const char *one, const char *other);
/* An IDX file; `dims` as in its header. */
void fake_write_idx(Fake *fake, const char *name, int type, int ndim, const uint32_t *dims, const void *data,
                    size_t size);

#endif
