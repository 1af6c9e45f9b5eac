#include "accuracy.h"

#include "sample.h"

#include "snn_csv.h"
#include "snn_events.h"
#include "snn_idx.h"
#include "snn_npy.h"
#include "snn_pictures.h"
#include "snn_session.h"
#include "snn_shd.h"
#include "snn_wav.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_WORKERS = 64 };

/* What an interpreter made of a sample. */
typedef struct Taken {
    int floats, whole;
} Taken;

typedef struct Worker {
    Interp *floats, *whole; /* NULL: there are no whole numbers */
    SnnModel model;         /* with room for a sample */
    SnnRun run;
    int32_t sample;
    double *input;
} Worker;

typedef struct Measuring {
    const Program *program;
    BufferId predicted_floats, predicted_whole;
    SnnDataset data;
    const int32_t *order; /* [samples] */
    int samples, worker_count;
    Worker *workers;
    Taken *taken; /* [samples] */
} Measuring;

static const SnnFormat *format_of(const Program *program)
{
    static const struct {
        const char *name;
        const SnnFormat *format;
    } known[] = {
#define FORMAT(need, name) {#name, &snn_##name},
#include "formats.def"
#undef FORMAT
    };
    for (size_t k = 0; program->data_format && k < sizeof known / sizeof *known; k++)
        if (strcmp(known[k].name, program->data_format) == 0)
            return known[k].format;
    return NULL;
}

/* As the trainer's is, of what reading data takes. */
static SnnModel describe(const Program *program)
{
    SnnModel model = {.name = program->name,
                      .source = program->source,
                      .steps = program->steps,
                      .dt = (float)program->dt,
                      .seed = program->seed};
    const char **settings = NEW_ARRAY(program->arena, const char *, program->data_settings.count + 1);
    for (int k = 0; k < program->data_settings.count; k++)
        settings[k] = program->data_settings.at[k];
    model.data = (SnnData){.format = format_of(program),
                           .folder = program->data_folder,
                           .ndim = program->data_ndim,
                           .classes = program->classes,
                           .label_steps = program->label_steps,
                           .target_ndim = program->target_ndim,
                           .settings = settings};
    memcpy(model.data.dims, program->data_dims, sizeof program->data_dims);
    memcpy(model.data.target_dims, program->target_dims, sizeof program->target_dims);
    return model;
}

/* The first class that is predicted; -1: there is none. */
static BufferId predicted_class(const Program *program)
{
    for (int p = 0; p < program->predictions.count; p++)
        if (program->predictions.at[p].predicted >= 0)
            return program->predictions.at[p].predicted;
    return -1;
}

/* ---- one sample ---------------------------------------------------------------------------------------- */

static void load(const Measuring *measuring, Worker *worker, int k)
{
    SnnSession session = {.model = &worker->model, .batch = 1};
    worker->model.run = &worker->run;
    worker->model.sample = &worker->sample;
    worker->run.epoch = SNN_TEST_EPOCH;
    snn_session_load(&session, &measuring->data, measuring->order, k, 1);
}

static double element_of(const Worker *worker, size_t k)
{
    return worker->model.spikes ? (double)worker->model.spikes[k] : (double)worker->model.input[k];
}

/* In whole numbers, `in` are bytes. */
static double byte_of(const Program *program, double element)
{
    return fmin(floor(element / program->data_unit + 0.5), UINT8_MAX);
}

static int run(const Measuring *measuring, Worker *worker, Interp *interp, BufferId predicted, int k)
{
    const Program *program = interp->program;
    for (size_t i = 0; i < sample_elements(program); i++) {
        double element = element_of(worker, i);
        worker->input[i] = program->whole_numbers ? byte_of(program, element) : element;
    }
    int32_t sample = measuring->order[k];
    int steps = program->takes_lengths ? snn_dataset_length(&measuring->data, &worker->model, sample)
                                       : program->steps;
    sample_run(interp, worker->input, sample, steps);
    return (int)interp->buffers[predicted][0];
}

static void work(void *context, int32_t first, int32_t last)
{
    const Measuring *measuring = context;
    for (int32_t w = first; w < last; w++) {
        Worker *worker = &measuring->workers[w];
        for (int k = w; k < measuring->samples; k += measuring->worker_count) {
            load(measuring, worker, k);
            Taken *taken = &measuring->taken[k];
            taken->floats = run(measuring, worker, worker->floats, measuring->predicted_floats, k);
            if (worker->whole)
                taken->whole = run(measuring, worker, worker->whole, measuring->predicted_whole, k);
        }
    }
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static void open_worker(Worker *worker, const SnnModel *model, const Program *program, const Program *floats)
{
    Arena *arena = program->arena;
    size_t count = sample_elements(program);
    *worker = (Worker){.floats = sample_interp(floats), .model = *model};
    worker->whole = program != floats ? sample_interp(program) : NULL;
    worker->input = NEW_ARRAY(arena, double, count);
    if (program_takes_spikes(program))
        worker->model.spikes = NEW_ARRAY(arena, uint8_t, count);
    else
        worker->model.input = NEW_ARRAY(arena, float, count);
}

/* Evenly spread: samples may stand in the order of their classes. */
static void choose_samples(Measuring *measuring, Arena *arena, int most)
{
    int count = measuring->data.count;
    measuring->samples = most < count ? most : count;
    int32_t *order = NEW_ARRAY(arena, int32_t, measuring->samples + 1);
    for (int k = 0; k < measuring->samples; k++)
        order[k] = (int32_t)((int64_t)k * count / measuring->samples);
    measuring->order = order;
    measuring->taken = NEW_ARRAY(arena, Taken, measuring->samples + 1);
}

/* False without memory. */
static bool open_workers(Measuring *measuring, const SnnModel *model, const Program *floats)
{
    const Program *program = measuring->program;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int most = processors < 1 ? 1 : processors > MOST_WORKERS ? MOST_WORKERS : (int)processors;
    measuring->worker_count = most < measuring->samples ? most : measuring->samples;
    measuring->workers = NEW_ARRAY(program->arena, Worker, measuring->worker_count + 1);
    bool opened = true;
    for (int w = 0; w < measuring->worker_count; w++) {
        Worker *worker = &measuring->workers[w];
        open_worker(worker, model, program, floats);
        opened = opened && worker->floats && (program == floats || worker->whole);
    }
    return opened;
}

static void close_workers(const Measuring *measuring)
{
    for (int w = 0; w < measuring->worker_count; w++) {
        if (measuring->workers[w].floats)
            interp_free(measuring->workers[w].floats);
        if (measuring->workers[w].whole)
            interp_free(measuring->workers[w].whole);
    }
}

static LoopAccuracy count(const Measuring *measuring, const char *folder)
{
    LoopAccuracy accuracy = {.folder = folder, .samples = measuring->samples, .of = measuring->data.count};
    for (int k = 0; k < measuring->samples; k++) {
        int label = measuring->data.labels[measuring->order[k]];
        accuracy.floats += measuring->taken[k].floats == label;
        accuracy.whole += measuring->taken[k].whole == label;
        accuracy.alike += measuring->taken[k].floats == measuring->taken[k].whole;
    }
    return accuracy;
}

static bool run_all(Measuring *measuring, const SnnModel *model, const Program *floats)
{
    bool opened = open_workers(measuring, model, floats);
    SnnPool *pool = opened ? snn_pool_open(measuring->worker_count) : NULL;
    if (opened)
        snn_parallel(pool, work, measuring, measuring->worker_count);
    else
        fprintf(stderr, "snnc: not enough memory to run `%s` (--data)\n", measuring->program->name);
    snn_pool_close(pool);
    close_workers(measuring);
    return opened;
}

static bool is_measurable(const Program *program)
{
    if (format_of(program) && program->classes > 0 && program->label_steps == 0
        && predicted_class(program) >= 0)
        return true;
    fprintf(stderr,
            "snnc: `%s` predicts no class that a sample of its data has, so there is no accuracy: leave "
            "--data out\n",
            program->name);
    return false;
}

bool measure_accuracy(Program *program, const Program *floats, const char *folder, int samples)
{
    SnnError error;
    floats = floats ? floats : program;
    if (!is_measurable(program))
        return false;
    const SnnModel model = describe(program);
    Measuring measuring = {.program = program,
                           .predicted_floats = predicted_class(floats),
                           .predicted_whole = predicted_class(program)};
    if (!snn_dataset_read(&measuring.data, &model, folder, "t10k", &error)) {
        fprintf(stderr, "snnc: %s\n", error.text);
        return false;
    }
    choose_samples(&measuring, program->arena, samples);
    bool run = run_all(&measuring, &model, floats);
    if (run)
        program->accuracy = count(&measuring, folder);
    snn_dataset_free(&measuring.data);
    return run;
}
