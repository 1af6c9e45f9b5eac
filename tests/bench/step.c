/* Times training steps of a generated program on ready batches and prints a line of JSON; the counterpart of
 * peers/step.py, which reads the same files (peers/workloads.py says what is in them).
 *
 *     cc -DGENERATED='"w1.c"' ... step.c -o w1
 *     cc ... step.c w1.o libsnn_rt.a -o w1                   the same of an object, made with --no-runtime
 *     ./w1 FOLDER WORKLOAD THREADS STEPS [GRADIENTS]
 *
 * A step is forward, backward (which zeroes the gradients first) and the update. The gradients of the first
 * step are written to the file GRADIENTS, in the layout of the starting weights. */
#ifdef GENERATED
#define main generated_main
int generated_main(int argc, char **argv);
#include GENERATED
#undef main
#else
#include "snn_model.h"
#include "snn_param.h"
#include "snn_clock.h"
extern const SnnModel description;
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { WARM = 3 }; /* steps that are not measured */

typedef struct Bytes {
    unsigned char *at;
    size_t count;
} Bytes;

typedef struct Bench {
    SnnModel model;
    void *net;
    SnnPool *pool;
    Bytes spikes, labels;
    size_t sample; /* input values of one sample, all steps */
    size_t batches;
} Bench;

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "step: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* ---- files ---- */

static Bytes read_all(const char *folder, const char *workload, const char *ending)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", folder, workload, ending);
    FILE *file = fopen(path, "rb");
    long size = -1;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0)
        fail(path, "cannot read it, or it is empty");
    rewind(file);
    Bytes bytes = {malloc((size_t)size), (size_t)size};
    if (bytes.at == NULL || fread(bytes.at, 1, bytes.count, file) != bytes.count)
        fail(path, "cannot read it");
    fclose(file);
    return bytes;
}

/* The file has [outputs][inputs], the program [inputs][outputs]. Returns what follows in the file. */
static const unsigned char *take_matrix(const SnnParam *param, const unsigned char *from)
{
    size_t rows = (size_t)param->dims[0], columns = (size_t)param->dims[1];
    for (size_t column = 0; column < columns; column++)
        for (size_t row = 0; row < rows; row++, from += sizeof(float))
            memcpy(&param->value[row * columns + column], from, sizeof(float));
    return from;
}

static void take_weights(const SnnModel *model, const char *folder, const char *workload)
{
    Bytes weights = read_all(folder, workload, "weights");
    const unsigned char *from = weights.at;
    size_t count = 0;
    for (int p = 0; p < model->param_count; p++) {
        if (!model->params[p].matrix)
            fail(model->params[p].name, "is no matrix");
        count += (size_t)snn_param_size(&model->params[p]);
    }
    if (weights.count != count * sizeof(float))
        fail(workload, "the weights are not those of the model");
    for (int p = 0; p < model->param_count; p++)
        from = take_matrix(&model->params[p], from);
    free(weights.at);
}

static bool put_matrix(const SnnParam *param, FILE *file)
{
    size_t rows = (size_t)param->dims[0], columns = (size_t)param->dims[1];
    bool ok = true;
    for (size_t column = 0; column < columns; column++)
        for (size_t row = 0; row < rows; row++)
            ok = ok && fwrite(&param->gradient[row * columns + column], sizeof(float), 1, file) == 1;
    return ok;
}

static void put_gradients(const SnnModel *model, const char *path)
{
    FILE *file = fopen(path, "wb");
    bool ok = file != NULL;
    for (int p = 0; ok && p < model->param_count; p++)
        ok = put_matrix(&model->params[p], file);
    if (!ok || fclose(file) != 0)
        fail(path, "cannot write it");
}

/* ---- steps ---- */

static Bench open_bench(const char *folder, const char *workload, int threads)
{
    Bench bench = {.model = description, .sample = 1};
    SnnModel *model = &bench.model;
    bench.pool = snn_pool_open(threads);
    if (bench.pool == NULL || !snn_model_open(model, (size_t)model->batch))
        fail(workload, "not enough memory");
    bench.net = model->net;
    for (int d = 0; d < model->data.ndim; d++)
        bench.sample *= (size_t)model->data.dims[d];
    bench.spikes = read_all(folder, workload, "spikes");
    bench.labels = read_all(folder, workload, "labels");
    size_t batch = (size_t)model->batch;
    bench.batches = bench.spikes.count / (batch * bench.sample);
    if (bench.batches == 0 || bench.spikes.count != bench.batches * batch * bench.sample
        || bench.labels.count != bench.batches * batch * sizeof(int32_t))
        fail(workload, "the data are not those of the model");
    take_weights(model, folder, workload);
    return bench;
}

/* Makes the batch of step `number` (from 0) ready; not timed, as little as the libraries' batches. */
static void load(const Bench *bench, size_t number)
{
    const SnnModel *model = &bench->model;
    size_t batch = (size_t)model->batch, which = number % bench->batches;
    memcpy(model->spikes, bench->spikes.at + which * batch * bench->sample, batch * bench->sample);
    memcpy(model->label, bench->labels.at + which * batch * sizeof(int32_t), batch * sizeof(int32_t));
    for (int32_t row = 0; row < model->batch; row++)
        model->sample[row] = row;
    *model->run = (SnnRun){
        .rows = model->batch,
        .seed = model->seed,
        .lr = model->lr,
        .step = (float)(number + 1),
        .scale = 1.0f,
    };
    snn_clock_set(model->run, 0, model->epochs, 0, 1);
}

static double seconds_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Milliseconds of step `number`. */
static double timed_step(const Bench *bench, size_t number)
{
    const SnnModel *model = &bench->model;
    load(bench, number);
    double began = seconds_now();
    model->forward(bench->net, bench->pool);
    model->backward(bench->net, bench->pool);
    model->update(bench->net, bench->pool);
    return 1e3 * (seconds_now() - began);
}

/* ---- the report ---- */

static double mean_loss(const SnnModel *model)
{
    double sum = 0.0;
    for (int32_t row = 0; row < model->batch; row++)
        sum += (double)model->loss[row];
    return sum / model->batch;
}

/* Spikes a step of the input, then of the stream `hidden`. */
static double input_rate(const Bench *bench)
{
    size_t count = (size_t)bench->model.batch * bench->sample;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += bench->spikes.at[i];
    return sum / (double)count;
}

static double hidden_rate(const SnnModel *model)
{
    const SnnStream *hidden = NULL;
    for (int s = 0; s < model->stream_count; s++)
        if (strcmp(model->streams[s].name, "hidden") == 0 && model->streams[s].activity != NULL)
            hidden = &model->streams[s];
    if (hidden == NULL)
        fail(model->name, "has no spiking stream `hidden`");
    double sum = 0.0;
    for (int32_t row = 0; row < model->batch; row++)
        sum += (double)hidden->activity[row];
    return sum / ((double)model->batch * model->steps * hidden->size);
}

static int compare_times(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_times(double *times, size_t count)
{
    struct rusage usage;
    qsort(times, count, sizeof *times, compare_times);
    double median = (times[(count - 1) / 2] + times[count / 2]) / 2.0;
    getrusage(RUSAGE_SELF, &usage);
    printf("\"step_ms\": %.3f, \"min_ms\": %.3f, \"max_ms\": %.3f, \"peak_mib\": %.1f, ", median, times[0],
           times[count - 1], (double)usage.ru_maxrss / 1024.0);
}

static size_t number_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*end != '\0' || number < 1 || number > 10000)
        fail(text, "is no number from 1 to 10000");
    return (size_t)number;
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6)
        fail("usage", "step FOLDER WORKLOAD THREADS STEPS [GRADIENTS]");
    size_t threads = number_of(argv[3]), steps = number_of(argv[4]);
    Bench bench = open_bench(argv[1], argv[2], (int)threads);
    double *times = calloc(steps, sizeof *times);
    if (times == NULL)
        fail(argv[2], "not enough memory");
    timed_step(&bench, 0);
    double loss = mean_loss(&bench.model), hidden = hidden_rate(&bench.model);
    if (argc == 6)
        put_gradients(&bench.model, argv[5]);
    for (size_t number = 1; number < WARM + steps; number++) {
        double time = timed_step(&bench, number);
        if (number >= WARM)
            times[number - WARM] = time;
    }
    printf("{\"workload\": \"%s\", \"library\": \"snnc\", \"threads\": %zu, ", argv[2], threads);
    print_times(times, steps);
    printf("\"loss\": %.9g, \"input_rate\": %.6f, \"hidden_rate\": %.6f, \"versions\": \"snnc %s\"}\n", loss,
           input_rate(&bench), hidden, bench.model.version);
    return EXIT_SUCCESS;
}
