/* Samples in memory, and how they come out of files. */
#ifndef SNN_DATASET_H
#define SNN_DATASET_H

#include "snn.h"
#include "snn_error.h"

/* Samples in memory: as bytes (0 .. 255, of which the network sees 0 .. 1) or as floats, which it sees as they are. A
 * network that takes spikes sees 1 wherever there is no 0. */
typedef struct SnnDataset {
    int32_t count;
    int64_t width;   /* elements of a sample */
    uint8_t *bytes;  /* [count][width], or NULL */
    float *reals;    /* [count][width], or NULL */
    int32_t *labels; /* [count]; NULL where there are none */
    float *targets;  /* [count][target_width]; NULL where there are none */
    int64_t target_width;
} SnnDataset;

/* Some samples of a data set: those whose numbers are listed. */
typedef struct SnnPart {
    const SnnDataset *data;
    const int32_t *samples; /* [count]; NULL: 0, 1, ... */
    int32_t count;
} SnnPart;

/* One way in which data may be stored. `part`: "train" or "t10k", or another name. A data set is empty after a
 * failure. */
typedef struct SnnFormat {
    bool (*read)(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                 SnnError *error);
    /* Whether there are files of this part, good or bad. */
    bool (*exists)(const SnnModel *model, const char *folder, const char *part);
    /* What a part takes in memory, and its number of samples, as its files say; 0 if these are not there or cannot
     * be read. */
    int64_t (*bytes)(const SnnModel *model, const char *folder, const char *part, int64_t *samples);
    /* Whether `target` is a file of the data set: of either part, or of the third one, `validate`, unless NULL. */
    bool (*has)(const SnnModel *model, const char *folder, const char *validate, const char *target);
    /* Samples without labels from one file. */
    bool (*read_images)(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error);
} SnnFormat;

/* By the model's format. */
bool snn_dataset_read(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                      SnnError *error);
bool snn_dataset_exists(const SnnModel *model, const char *folder, const char *part);
int64_t snn_dataset_bytes(const SnnModel *model, const char *folder, const char *part, int64_t *samples);
/* Fails if `target`, to which `flag` leads, is a file of the data set. */
bool snn_dataset_spare(const SnnModel *model, const char *folder, const char *validate, const char *target,
                       const char *flag, SnnError *error);
bool snn_dataset_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error);
void snn_dataset_free(SnnDataset *data);

#endif
