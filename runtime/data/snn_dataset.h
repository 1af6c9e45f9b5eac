/* Samples in memory, and how they come out of files. */
#ifndef SNN_DATASET_H
#define SNN_DATASET_H

#include "snn.h"
#include "snn_error.h"
#include "snn_fields.h"
#include "snn_store.h"

enum { SNN_DATASET_FROM = 256 };

/* How long a recording of events is, in ms, and how many of its events come behind the last step, which are left out. */
typedef struct SnnSpan {
    double ms;
    int64_t late;
} SnnSpan;

/* Samples in memory: as bytes (0 .. 255, of which the network sees 0 .. 1), as floats, which it sees as they are, or as
 * events, which it sees counted. A network that takes spikes sees 1 wherever there is no 0. */
typedef struct SnnDataset {
    int32_t count;
    int64_t width;    /* elements of a sample */
    SnnStore store;   /* what the next one of these that is not NULL points to */
    uint8_t *bytes;   /* [count][width], or NULL */
    float *reals;     /* [count][width], or NULL */
    uint32_t *events; /* the elements that they are at, sample by sample, or NULL */
    int64_t *ends;    /* [count]: of each sample's events; they begin where those before end */
    int32_t
        *labels; /* [count], or [count][label_steps]: -1 where a step has none; NULL where there are none */
    int label_steps;  /* labels of a sample, one for each step; 0: one for all of it */
    int32_t *lengths; /* [count]: steps that each sample has; NULL: all */
    float *targets;   /* [count][target_width]; NULL where there are none */
    int64_t target_width;
    SnnSpan *spans;  /* [count]; NULL where there are no events */
    char about[160]; /* more that `info` tells of it: "140 to 2280 ms"; "" where there is no more */
    char from[SNN_DATASET_FROM]; /* the file or the folder that it is of */
    /* How many samples of the same files the model takes for tests, and for `valid`: of the training set, by a fraction or by what
     * the files have of each. */
    int32_t apart[SNN_FIELDS_PARTS];
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
    /* Whether `target` is a file of the data set: of either part, or of the third one, `validate`, unless NULL. */
    bool (*has)(const SnnModel *model, const char *folder, const char *validate, const char *target);
    /* Samples without labels from one file. */
    bool (*read_images)(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error);
    const char *tests; /* how files of the test set are called, for messages */
    /* Marks which of the `count` samples of the training set a choice means, by numbers or words that its files have of each; see
     * snn_fields.h. NULL where the reader itself knows by what parts are chosen, or nothing is. */
    bool (*choose)(bool *chosen, int32_t count, const SnnModel *model, const char *folder, const char *choice,
                   SnnError *error);
    /* Whether there are files for this part alone, where a choice may make it one of samples of others; NULL: `exists` says it. */
    bool (*own)(const SnnModel *model, const char *folder, const char *part);
} SnnFormat;

/* By the model's format. */
bool snn_dataset_read(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                      SnnError *error);
bool snn_dataset_exists(const SnnModel *model, const char *folder, const char *part);
const char *snn_dataset_tests(const SnnModel *model); /* "t10k-images-..." */
/* What it takes in memory. */
int64_t snn_dataset_bytes(const SnnDataset *data);
/* Fails if `target`, to which `flag` leads, is a file of the data set. */
bool snn_dataset_spare(const SnnModel *model, const char *folder, const char *validate, const char *target,
                       const char *flag, SnnError *error);
bool snn_dataset_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error);
void snn_dataset_free(SnnDataset *data);
/* How many of the model's steps it has. */
int32_t snn_dataset_length(const SnnDataset *data, const SnnModel *model, int32_t sample);

/* For readers: where the set is from, of which the end is kept. */
void snn_dataset_from(SnnDataset *data, const char *path);
/* For readers: how many bytes of samples may be in memory. */
size_t snn_dataset_budget(const SnnModel *model);
/* Room for so many bytes of samples, at the store's `at`; of more than the budget they are in a file. */
bool snn_dataset_take(SnnDataset *data, const SnnModel *model, size_t bytes);
/* That there is no room for samples: "its spikes". Returns false. */
bool snn_dataset_no_room(const SnnDataset *data, const char *path, const char *what, SnnError *error);
/* The sample is used soon. */
void snn_dataset_expect(const SnnDataset *data, int32_t sample);

/* For readers of events: room for `count` samples of none; the next event of this sample, which is not before that of the
 * last one; and no more events. False without memory. */
bool snn_dataset_begin_events(SnnDataset *data, const SnnModel *model, int32_t count, int64_t width);
/* One sample more, where it began with none; label -1: they have no labels. */
bool snn_dataset_add_sample(SnnDataset *data, int32_t label);
bool snn_dataset_add_event(SnnDataset *data, const SnnModel *model, int32_t sample, uint32_t element);
/* The sample goes on up to this time, in ms, and step. False if the step comes behind the model's last one, which is noted. */
bool snn_dataset_reach(SnnDataset *data, const SnnModel *model, int32_t sample, double ms, double step);
bool snn_dataset_end_events(SnnDataset *data, const SnnModel *model);
/* Where the sample's events begin. */
int64_t snn_dataset_first_event(const SnnDataset *data, int32_t sample);

#endif
