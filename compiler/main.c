#include "constants.h"
#include "driver.h"
#include "gradcheck.h"
#include "accuracy.h"
#include "calibrate.h"
#include "options.h"
#include "pipeline.h"
#include "run.h"
#include "vectors.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int finish(Compilation *compilation, int status)
{
    diag_finish(&compilation->diag);
    return status;
}

static int run_interpreter(Compilation *compilation, const Options *options)
{
    if (!compile(compilation, NULL))
        return finish(compilation, EXIT_FAILURE);
    RunOptions run = {.inputs = options->inputs,
                      .weights = options->weights,
                      .save = options->save,
                      .print = options->print.at,
                      .print_count = options->print.count,
                      .rows = options->rows,
                      .seed = options->seed,
                      .precision = options->single ? PRECISION_SINGLE : PRECISION_DOUBLE};
    return finish(compilation, interpret(compilation->program, &run) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void clock_of(Compilation *compilation)
{
    find_clock(compilation->program, compilation->weights);
}

static bool constants_of(Compilation *compilation)
{
    Program *program = compilation->program;
    if (compilation->floats)
        return make_whole_constants(program, compilation->floats);
    if (program->predictions.count > 0)
        return make_constants(program, compilation->weights, &compilation->differs);
    fprintf(stderr, "snnc: `%s` predicts nothing: add `predict`, as `predict argmax(mean(scores))`\n",
            program->name);
    return false;
}

/* The program in reals knows the weights; then one of whole numbers is made in its place. */
static bool compile_whole(Compilation *compilation, const char *folder)
{
    const double *seen = NULL;
    if (!compile(compilation, "constants"))
        return false;
    compilation->floats = compilation->program;
    if (folder && !(seen = calibrate(compilation->floats, folder)))
        return false;
    const char *error =
        quantize_net(compilation->net, compilation->floats, seen, compilation->lower.quantize);
    if (error)
        fprintf(stderr, "snnc: %s\n", error);
    return !error && compile_from(compilation, "lower", NULL);
}

static int write_inference(Compilation *compilation, const Options *options)
{
    int status = driver_can_infer(compilation, options);
    if (status != EXIT_SUCCESS)
        return status;
    compilation->weights = options->weights;
    compilation->set_clock = clock_of;
    compilation->make_constants = constants_of;
    bool right =
        options->lower.quantize ? compile_whole(compilation, options->data) : compile(compilation, NULL);
    diag_finish(&compilation->diag);
    if (!right || !make_vectors(compilation->program, options->selftest))
        return EXIT_FAILURE;
    Out *predictions = options->predictions ? out_new(compilation->arena) : NULL;
    if (options->data
        && !measure_accuracy(compilation->program, compilation->floats, options->data, options->samples,
                             predictions))
        return EXIT_FAILURE;
    return driver_infer(compilation, options, predictions);
}

static int check_gradients(Compilation *record, Compilation *replay, const Options *options)
{
    record->smooth = replay->smooth = true;
    record->held = HELD_RECORD;
    replay->diag.no_warnings = true; /* they are those of the other */
    replay->held = HELD_REPLAY;
    if (!compile(record, NULL) || !compile(replay, NULL))
        return finish(record, EXIT_FAILURE);
    if (!record->program->learns) {
        fprintf(stderr, "snnc: %s: nothing to check: the model has no train block, or nothing in it learns\n",
                options->model);
        return EXIT_FAILURE;
    }
    RunOptions run = {.inputs = options->inputs,
                      .weights = options->weights,
                      .rows = options->rows,
                      .seed = options->seed,
                      .precision = PRECISION_DOUBLE};
    return finish(record, gradcheck(record->program, replay->program, &run) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Whatever was printed, also by --help, is lost without a word if standard output cannot take it. */
static void flush_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    fprintf(stderr, "snnc: cannot write to standard output: %s\n", strerror(errno));
    _exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    if (atexit(flush_output) != 0)
        return EXIT_FAILURE;
    signal(SIGXFSZ, SIG_IGN); /* then what writes fails, and says so */
    Arena *arena = arena_new();
    Options options = options_parse(arena, argc, argv);
    Compilation *compilation = driver_compilation(arena, &options, stderr);
    int status = EXIT_FAILURE;
    switch (options.action) {
    case ACTION_PASSES: status = driver_list_passes(); break;
    case ACTION_TARGETS:
        print_targets(arena);
        status = EXIT_SUCCESS;
        break;
    case ACTION_SHOW: status = driver_show(compilation, &options); break;
    case ACTION_EMIT:
    case ACTION_COMPILE:
        status = compilation->text ? finish(compilation, driver_output(compilation, &options)) : 2;
        break;
    case ACTION_PROGRAM: status = compilation->text ? driver_run(compilation, &options) : 2; break;
    case ACTION_CHECK:
        status = compilation->text ? finish(compilation, driver_check(compilation, &options)) : 2;
        break;
    case ACTION_RUN: status = compilation->text ? run_interpreter(compilation, &options) : 2; break;
    case ACTION_INFER: status = compilation->text ? write_inference(compilation, &options) : 2; break;
    case ACTION_GRADCHECK:
        status = compilation->text
                     ? check_gradients(compilation, driver_compilation(arena, &options, stderr), &options)
                     : 2;
        break;
    }
    arena_free(arena);
    return status;
}
