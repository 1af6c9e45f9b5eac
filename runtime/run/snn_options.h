/* The command line, and what the program returns. */
#ifndef SNN_OPTIONS_H
#define SNN_OPTIONS_H

#include "snn.h"
#include "snn_error.h"

#include <stdio.h>

/* Exit statuses. */
enum { SNN_OK = 0, SNN_FAILED = 1, SNN_USAGE = 2, SNN_INTERRUPTED = 130 };

typedef enum SnnWord {
    SNN_TRAIN,
    SNN_TEST,
    SNN_PREDICT,
    SNN_INFO,
    SNN_REPORT,
    SNN_HELP,
    SNN_VERSION
} SnnWord;

struct SnnOptions {
    const char *program; /* as it was called */
    SnnWord command;
    const char *data, *out, *resume, *log, *weights, *images, *report; /* NULL where not given */
    const char *validate, *best, *rates;
    int epochs, batch, threads, memory, samples, patience, test_every; /* 0 where not given */
    float lr;                                                          /* 0 where not given */
    uint32_t seed;
    bool has_seed, quiet, no_test, force;
};

/* argv[0] is there. False with the error set for anything unknown or malformed. */
bool snn_options_parse(SnnOptions *options, int argc, char **argv, SnnError *error);
/* What `program` can do; all of it, with flags and examples. */
void snn_options_usage(const SnnModel *model, const char *program, FILE *stream);
void snn_options_help(const SnnModel *model, const char *program, FILE *stream);

/* "--data", the model's own folder, or ".". */
const char *snn_data_folder(const SnnModel *model, const SnnOptions *options);
/* The file of weights for test and predict, in `buffer` if it is the default. */
const char *snn_weights_path(const SnnModel *model, const char *given, char *buffer, size_t size);
/* Bytes of samples of each set that memory may hold. */
size_t snn_memory_room(const SnnOptions *options);
int snn_thread_count(const SnnOptions *options);

#endif
