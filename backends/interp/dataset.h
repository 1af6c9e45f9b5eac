/* Data as the trainer of a program that only predicts reads them, for its interpreter. */
#ifndef SNNC_DATASET_H
#define SNNC_DATASET_H

#include "loop.h"

#include "snn_dataset.h"
#include "snn_model.h"

/* Some samples of one part of the data. */
typedef struct DataSamples {
    SnnModel model; /* of what reading them takes */
    SnnDataset data;
    const int32_t *order; /* [count]: their numbers */
    int count;
} DataSamples;

/* Who takes them in, one after the other: one for each thread. */
typedef struct DataReader {
    const DataSamples *samples;
    SnnModel model; /* with room for a sample */
    SnnRun run;
    int32_t sample;
    double *input; /* what data_input() says */
} DataReader;

/* At most so many samples of a part of the data in the folder ("train", "t10k"), evenly spread over it. False after a message;
 * else close it. */
bool data_open(DataSamples *samples, const Program *program, const char *folder, const char *part, int most);
/* Whether the folder has it. */
bool data_exist(const Program *program, const char *folder, const char *part);
void data_close(DataSamples *samples);
DataReader data_reader(const DataSamples *samples, const Program *program);
/* Sample number k of these, as in a test. */
void data_read(DataReader *reader, int k);
/* What the program, in reals or in whole numbers, is given of the sample that was read; in reader->input. Returns how many steps
 * it has. */
int data_input(DataReader *reader, const Program *program);

#endif
