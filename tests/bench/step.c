/* Times training steps of a generated program on ready batches and prints a line of JSON; the counterpart of
 * peers/step.py, which reads the same files (peers/workloads.py says what is in them).
 *
 *     cc -DGENERATED='"w1.c"' ... step.c -o w1
 *     cc ... step.c w1.o libsnn_rt.a -o w1                   the same of an object, made with --no-runtime
 *     ./w1 FOLDER WORKLOAD THREADS STEPS [GRADIENTS]
 *
 * A step is forward, backward (which zeroes the gradients first) and the update. The gradients of the first
 * step are written to the file GRADIENTS, as the starting weights are: safetensors, by name. */
#ifdef GENERATED
#define main generated_main
int generated_main(int argc, char **argv);
#include GENERATED
#undef main
#else
#include "snn_clock.h"
#include "snn_model.h"
#include "snn_param.h"
#include "snn_safetensors.h"
#include "snn_safetensors_write.h"
#include "snn_weights.h"
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
    Bytes input, labels;
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

static void take_weights(SnnModel *model, const char *folder, const char *workload)
{
    char path[4096];
    SnnError error;
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, workload);
    SnnTensors *file = snn_tensors_open(path, &error);
    if (file == NULL || !snn_weights_load(file, model, false, path, &error))
        fail(workload, error.text);
    snn_tensors_close(file);
}

static bool put_gradient(SnnTensorsWriter *writer, const SnnParam *param)
{
    int64_t dims[SNN_MAX_DIMS];
    snn_weights_dims(param, dims);
    if (snn_weights_are_transposed(param))
        return snn_tensors_add_transposed(writer, param->name, param->ndim, dims, param->gradient);
    return snn_tensors_add(writer, param->name, SNN_F32, param->ndim, dims, param->gradient);
}

static void put_gradients(const SnnModel *model, const char *path)
{
    SnnError error = {.text = "not enough memory"};
    SnnTensorsWriter *writer = snn_tensors_writer_new();
    bool ok = writer != NULL;
    for (int p = 0; ok && p < model->param_count; p++)
        ok = model->params[p].gradient == NULL || put_gradient(writer, &model->params[p]);
    if (!ok || !snn_tensors_save(writer, path, &error))
        fail(path, error.text);
    snn_tensors_writer_free(writer);
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
    bench.input = read_all(folder, workload, "input");
    bench.labels = read_all(folder, workload, "labels");
    size_t batch = (size_t)model->batch;
    bench.batches = bench.input.count / (batch * bench.sample);
    if (bench.batches == 0 || bench.input.count != bench.batches * batch * bench.sample
        || bench.labels.count != bench.batches * batch * sizeof(int32_t))
        fail(workload, "the data are not those of the model");
    take_weights(model, folder, workload);
    return bench;
}

/* Spikes as they are, reals in 1/255. */
static void load_input(const SnnModel *model, const unsigned char *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (model->spikes != NULL)
            model->spikes[i] = from[i];
        else
            model->input[i] = (float)from[i] / 255.0f;
    }
}

/* Makes the batch of step `number` (from 0) ready; not timed, as little as the libraries' batches. */
static void load(const Bench *bench, size_t number)
{
    const SnnModel *model = &bench->model;
    size_t batch = (size_t)model->batch, which = number % bench->batches;
    load_input(model, bench->input.at + which * batch * bench->sample, batch * bench->sample);
    memcpy(model->label, bench->labels.at + which * batch * sizeof(int32_t), batch * sizeof(int32_t));
    for (int32_t row = 0; row < model->batch; row++)
        model->sample[row] = row;
    *model->run = (SnnRun){
        .rows = model->batch,
        .seed = model->seed,
        .lr = model->lr,
        .step = (float)(number + 1),
        .scale = 1.0f,
        .training = 1.0f,
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
    if (!model->whole)
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

/* Spikes a step of the input, or the mean of its values. */
static double input_rate(const Bench *bench)
{
    size_t count = (size_t)bench->model.batch * bench->sample;
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += bench->input.at[i];
    return sum / (double)count / (bench->model.spikes != NULL ? 1 : 255);
}

/* Of all spiking layers, as "hidden 0.0471, readout 0.0100"; the stream that is the input has no name of its own here. */
static void find_rates(const SnnModel *model, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int s = 0; s < model->stream_count; s++) {
        const SnnStream *stream = &model->streams[s];
        double sum = 0.0;
        if (stream->activity == NULL || strcmp(stream->name, "image") == 0)
            continue;
        for (int32_t row = 0; row < model->batch; row++)
            sum += (double)stream->activity[row];
        double rate = sum / ((double)model->batch * model->steps * stream->size);
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s %.4f", used > 0 ? ", " : "", stream->name, rate);
        if (used >= size)
            fail(model->name, "has too many spiking layers");
    }
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
    double loss = mean_loss(&bench.model);
    char rates[2048];
    find_rates(&bench.model, rates, sizeof rates);
    if (argc == 6)
        put_gradients(&bench.model, argv[5]);
    for (size_t number = 1; number < WARM + steps; number++) {
        double time = timed_step(&bench, number);
        if (number >= WARM)
            times[number - WARM] = time;
    }
    printf("{\"workload\": \"%s\", \"library\": \"snnc\", \"threads\": %zu, ", argv[2], threads);
    print_times(times, steps);
    printf("\"loss\": %.9g, \"input_rate\": %.6f, \"rates\": \"%s\", \"versions\": \"snnc %s\"}\n", loss,
           input_rate(&bench), rates, bench.model.version);
    return EXIT_SUCCESS;
}
