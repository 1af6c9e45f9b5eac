#include "accuracy.h"

#include "dataset.h"
#include "sample.h"

#include "snn_session.h"

#include <stdio.h>
#include <unistd.h>

enum { MOST_WORKERS = 64 };

/* What an interpreter made of a sample. */
typedef struct Taken {
    int floats, whole;
    double *said; /* by `program`: all that it predicts, see keep_predictions(); NULL: nobody asks */
} Taken;

typedef struct Worker {
    Interp *floats, *whole; /* NULL: there are no whole numbers */
    DataReader reader;
} Worker;

typedef struct Measuring {
    const Program *program;
    BufferId predicted_floats, predicted_whole;
    DataSamples samples;
    int worker_count;
    Worker *workers;
    Taken *taken; /* by sample */
} Measuring;

/* The first class that is predicted with a score for each label, of which trainers tell an accuracy; -1: there is none. */
static BufferId predicted_class(const Program *program)
{
    for (int p = 0; p < program->predictions.count; p++)
        if (program->predictions.at[p].predicted >= 0 && program->predictions.at[p].size == program->classes)
            return program->predictions.at[p].predicted;
    return -1;
}

/* ---- one sample ---------------------------------------------------------------------------------------- */

/* Of each prediction its class, if it is one, and its numbers. */
static int predicted_width(const Program *program)
{
    int width = 0;
    for (int p = 0; p < program->predictions.count; p++)
        width += (program->predictions.at[p].predicted >= 0) + program->predictions.at[p].size;
    return width;
}

static void keep_predictions(const Interp *interp, double *said)
{
    const Program *program = interp->program;
    for (int p = 0; p < program->predictions.count; p++) {
        const LoopPrediction *prediction = &program->predictions.at[p];
        if (prediction->predicted >= 0)
            *said++ = interp->buffers[prediction->predicted][0];
        for (int k = 0; k < prediction->size; k++)
            *said++ = interp->buffers[prediction->values][k];
    }
}

static int run(Worker *worker, Interp *interp, BufferId predicted, double *said)
{
    int steps = data_input(&worker->reader, interp->program);
    sample_run(interp, worker->reader.input, worker->reader.sample, steps);
    if (said)
        keep_predictions(interp, said);
    return (int)interp->buffers[predicted][0];
}

static void work(void *context, int32_t first, int32_t last)
{
    const Measuring *measuring = context;
    for (int32_t w = first; w < last; w++) {
        Worker *worker = &measuring->workers[w];
        for (int k = w; k < measuring->samples.count; k += measuring->worker_count) {
            data_read(&worker->reader, k);
            Taken *taken = &measuring->taken[k];
            taken->floats =
                run(worker, worker->floats, measuring->predicted_floats, worker->whole ? NULL : taken->said);
            if (worker->whole)
                taken->whole = run(worker, worker->whole, measuring->predicted_whole, taken->said);
        }
    }
}

/* ---- all of them --------------------------------------------------------------------------------------- */

/* False without memory. */
static bool open_workers(Measuring *measuring, const Program *floats)
{
    const Program *program = measuring->program;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int most = processors < 1 ? 1 : processors > MOST_WORKERS ? MOST_WORKERS : (int)processors;
    measuring->worker_count = most < measuring->samples.count ? most : measuring->samples.count;
    measuring->workers = NEW_ARRAY(program->arena, Worker, measuring->worker_count + 1);
    bool opened = true;
    for (int w = 0; w < measuring->worker_count; w++) {
        Worker *worker = &measuring->workers[w];
        *worker =
            (Worker){.floats = sample_interp(floats), .reader = data_reader(&measuring->samples, program)};
        worker->whole = program != floats ? sample_interp(program) : NULL;
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
    const DataSamples *samples = &measuring->samples;
    LoopAccuracy accuracy = {.folder = folder, .samples = samples->count, .of = samples->data.count};
    for (int k = 0; k < samples->count; k++) {
        int label = samples->data.labels[samples->order[k]];
        accuracy.floats += measuring->taken[k].floats == label;
        accuracy.whole += measuring->taken[k].whole == label;
        accuracy.alike += measuring->taken[k].floats == measuring->taken[k].whole;
    }
    return accuracy;
}

static bool run_all(Measuring *measuring, const Program *floats)
{
    bool opened = open_workers(measuring, floats);
    SnnPool *pool = opened ? snn_pool_open(measuring->worker_count) : NULL;
    if (opened)
        snn_parallel(pool, work, measuring, measuring->worker_count);
    else
        fprintf(stderr, "snnc: not enough memory to run `%s` (--data)\n", measuring->program->name);
    snn_pool_close(pool);
    close_workers(measuring);
    return opened;
}

/* ---- what is predicted ----------------------------------------------------------------------------------- */

static void ask(const Measuring *measuring)
{
    const Program *program = measuring->program;
    for (int k = 0; k < measuring->samples.count; k++)
        measuring->taken[k].said = NEW_ARRAY(program->arena, double, predicted_width(program) + 1);
}

static const char *heading(const Program *program)
{
    const char *text = "sample,label";
    for (int p = 0; p < program->predictions.count; p++) {
        const LoopPrediction *prediction = &program->predictions.at[p];
        bool named = *prediction->name, class = prediction->predicted >= 0;
        const char *number = named ? prediction->name : class ? "score" : "value";
        if (class)
            text = arena_printf(program->arena, "%s,%s", text, named ? prediction->name : "predicted");
        for (int k = 0; k < prediction->size; k++)
            text = arena_printf(program->arena, "%s,%s_%d", text, number, k);
    }
    return text;
}

/* As the runtime's predict.c writes it; whole numbers have all their digits. */
static void write_predictions(const Measuring *measuring, bool whole, Out *out)
{
    const Program *program = measuring->program;
    const DataSamples *samples = &measuring->samples;
    out_line(out, "%s", heading(program));
    for (int k = 0; k < samples->count; k++) {
        const char *text =
            arena_printf(program->arena, "%d,%d", samples->order[k], samples->data.labels[samples->order[k]]);
        for (int i = 0; i < predicted_width(program); i++)
            text = arena_printf(program->arena, whole ? "%s,%.0f" : "%s,%.9g", text,
                                measuring->taken[k].said[i]);
        out_line(out, "%s", text);
    }
}

static bool is_measurable(const Program *program)
{
    return program->classes > 0 && program->label_steps == 0 && predicted_class(program) >= 0;
}

bool measure_accuracy(Program *program, const Program *floats, const char *folder, int samples,
                      Out *predictions)
{
    if (!is_measurable(program)) {
        if (floats && !predictions) /* which were looked at, for how far they go */
            return true;
        fprintf(stderr,
                "snnc: `%s` predicts no class that a sample of its data has, so there is no accuracy: leave "
                "%s out\n",
                program->name, predictions ? "--predictions" : "--data");
        return false;
    }
    bool whole = floats;
    floats = floats ? floats : program;
    Measuring measuring = {.program = program,
                           .predicted_floats = predicted_class(floats),
                           .predicted_whole = predicted_class(program)};
    if (!data_open(&measuring.samples, program, folder, "t10k", samples))
        return false;
    measuring.taken = NEW_ARRAY(program->arena, Taken, measuring.samples.count + 1);
    if (predictions)
        ask(&measuring);
    bool ran = run_all(&measuring, floats);
    if (ran && predictions)
        write_predictions(&measuring, whole, predictions);
    if (ran)
        program->accuracy = count(&measuring, folder);
    data_close(&measuring.samples);
    return ran;
}
