/* random_models COMMAND SEED NUMBER FOLDER [OBJECT...]: one random model.
 *
 *   text     prints its model file
 *   make     writes FOLDER/NUMBER.snn, .batch and, all without the runtime, .c and by LLVM the objects, such as plain.o
 *            (-O0), fast.o (-O3), levels.o (-O1, for any PC); runs it in single and in double precision and compares.
 *            Prints "edge" where roundings decide a spike or a choice, else "agree". NUMBER.expected: the results that the
 *            compiled programs must have
 *   compare  compares the results FOLDER/NUMBER.*.out of the compiled programs with the interpreter's */
#include "backend.h"
#include "options.h"
#include "pipeline.h"
#include "random_models.h"

#include <glob.h>
#include <math.h>
#include <stdlib.h>

typedef struct Job {
    Arena *arena;
    uint32_t seed, number;
    const char *folder;
    char **objects; /* to be made, NULL behind the last */
    ModelText model;
    const Program *program;
    Interp *single, *exact;
    Pieces pieces;
} Job;

static const char *path_of(const Job *job, const char *extension)
{
    return arena_printf(job->arena, "%s/%u.%s", job->folder, (unsigned)job->number, extension);
}

static void stop(const Job *job, const char *why)
{
    fprintf(stderr, "random_models: model %u of seed %u: %s\n", (unsigned)job->number, (unsigned)job->seed,
            why);
    exit(EXIT_FAILURE);
}

/* ---- compiling and running ---- */

/* The streams that are compared are there when all is done. */
static void keep_streams(Program *program)
{
    for (int s = 0; s < program->streams.count; s++)
        if (program->streams.at[s].values >= 0)
            program->buffers.at[program->streams.at[s].values].keep = true;
}

static const Program *compile_model(const Job *job)
{
    Compilation *c = compilation_new(job->arena, stderr);
    c->diag.no_warnings = true; /* definitions are drawn whether they are used or not */
    c->lower = job->model.lower;
    c->text = source_add(&c->sources, path_of(job, "snn"), job->model.text, (uint32_t)job->model.length);
    if (!compile(c, "needs"))
        stop(job, "does not compile");
    keep_streams(c->program);
    find_pass("memory")->run(c);
    const char *wrong = loop_verify(c->program);
    if (wrong)
        stop(job, wrong);
    return c->program;
}

static Interp *start(const Job *job, Precision precision)
{
    Interp *interp = interp_new(job->program, job->model.rows, precision);
    if (!interp)
        stop(job, "not enough memory");
    fill_batch(interp, job->seed, job->number);
    return interp;
}

/* A sample whose loss is nearly nothing has a gradient of nothing but rounding: it gets another label. */
static void settle_labels(const Job *job)
{
    const Program *program = job->program;
    interp_run(job->exact, PHASE_FORWARD);
    for (int b = 0; b < job->model.rows && program->label_steps == 0; b++) {
        int label = (int)job->exact->buffers[program->label][b];
        if (job->exact->buffers[program->loss][b] < 1e-2)
            label = (label + 1) % program->classes;
        job->single->buffers[program->label][b] = job->exact->buffers[program->label][b] = label;
    }
}

static void run_gradients(Interp *interp)
{
    interp_run(interp, PHASE_FORWARD);
    interp_run(interp, PHASE_BACKWARD);
}

/* A few roundings' worth of change in every weight: each by its own, or those that an output sums by the same. A sum of
 * many terms is off by about the square root of their number, in roundings, and so at every step the same way. */
static void move_weights(Interp *interp, Dice *dice, bool together)
{
    for (int p = 0; p < interp->program->params.count; p++) {
        const LoopParam *param = &interp->program->params.at[p];
        const size_t count = interp_count(interp, param->value);
        const size_t outputs = param->ndim > 0 ? (size_t)param->dims[param->ndim - 1] : 1;
        const double most = together ? fmax(1e-6, ldexp(sqrt((double)(count / outputs)), -24)) : 1e-6;
        for (size_t k = 0; k < count; k++) {
            Dice same = {dice->key, dice->count + (uint32_t)(k % outputs)};
            interp->buffers[param->value][k] *= 1 + dice_real(together ? &same : dice, -most, most);
        }
        dice->count += (uint32_t)outputs;
    }
}

/* Whether such a change, and one rounding's of every result, moves what double precision gives, too: then something stands
 * at an edge (of a surrogate, of a maximum over time) or is a small difference of large numbers. */
static bool is_at_an_edge(const Job *job)
{
    bool moves = false;
    Dice dice = dice_new(job->seed, job->number, 3);
    for (int k = 0; k < 8 && !moves; k++) {
        Interp *moved = start(job, PRECISION_DOUBLE);
        memcpy(moved->buffers[job->program->label], job->exact->buffers[job->program->label],
               sizeof(double) * interp_count(moved, job->program->label));
        move_weights(moved, &dice, k % 2 == 1);
        moved->shaken = (uint32_t)k + 1;
        run_gradients(moved);
        moves = compare_precisions(moved, job->exact, &job->pieces, NULL) != AGREE;
        interp_free(moved);
    }
    return moves;
}

/* Both precisions update from the same gradients: adam divides by their size, so that a gradient which is
 * nothing but rounding would count as much as any other. */
static void update_both(const Job *job)
{
    for (int p = 0; p < job->program->params.count; p++) {
        BufferId id = job->program->params.at[p].gradient;
        if (id >= 0)
            memcpy(job->exact->buffers[id], job->single->buffers[id],
                   interp_count(job->single, id) * sizeof(double));
    }
    interp_run(job->exact, PHASE_UPDATE);
    interp_run(job->single, PHASE_UPDATE);
}

static void check_finite(const Job *job)
{
    for (int k = 0; k < job->pieces.count; k++)
        for (size_t i = 0; i < job->pieces.at[k].count; i++)
            if (!isfinite(*interp_at(job->single, job->pieces.at[k].buffer, i)))
                stop(job, arena_printf(job->arena, "%s %s is not finite", job->pieces.at[k].what,
                                       job->pieces.at[k].name));
}

/* ---- commands ---- */

static FILE *open_file(const Job *job, const char *extension)
{
    FILE *file = fopen(path_of(job, extension), "wb");
    if (!file)
        stop(job, "cannot write its files");
    return file;
}

static void close_file(const Job *job, FILE *file, bool written)
{
    if (fclose(file) != 0 || !written)
        stop(job, "cannot write its files");
}

static void write_text(const Job *job)
{
    FILE *file = open_file(job, "snn");
    close_file(job, file, fwrite(job->model.text, 1, job->model.length, file) == job->model.length);
}

/* By the backend that writes such files, to NUMBER.NAME. */
static void write_program(const Job *job, const char *name, const char *form, const char *target,
                          int optimize)
{
    const char *error = NULL;
    const Backend *backend = backend_find(job->arena, form_named(form)->backend, &error);
    BackendOptions options = {.version = "test",
                              .command = "",
                              .runtime = false,
                              .form = form,
                              .target = find_target(target),
                              .optimize = optimize};
    Out *out = out_new(job->arena);
    if (!backend || !backend->emit(job->program, &options, out, &error))
        stop(job, error);
    FILE *file = open_file(job, name);
    close_file(job, file, out_write(out, file));
}

typedef struct Object {
    const char *name, *target;
    int optimize;
} Object;

static const Object objects[] = {
    {"plain.o", "native", 0},
    {"fast.o", "native", MOST_OPTIMIZE},
    {"levels.o", "x86-64-v1", 1}, /* for any PC, its kernels for each level of processors */
};

static void write_object(const Job *job, const char *name)
{
    for (size_t k = 0; k < sizeof objects / sizeof *objects; k++)
        if (strcmp(objects[k].name, name) == 0) {
            write_program(job, name, "o", objects[k].target, objects[k].optimize);
            return;
        }
    stop(job, arena_printf(job->arena, "no object is called %s", name));
}

/* Of a training step, of a test after it, and before all. */
static void write_expected(const Job *job)
{
    FILE *file = open_file(job, "expected");
    bool written = write_pieces(job->single, &job->pieces, file);
    if (program_has(job->program, PHASE_EVALUATE))
        interp_run(job->single, PHASE_EVALUATE);
    const Pieces tests = test_pieces(job->arena, job->single);
    written = write_pieces(job->single, &tests, file) && written;
    close_file(job, file, write_beginning(job->single, file) && written);
}

static void make(Job *job)
{
    FILE *batch = open_file(job, "batch");
    close_file(job, batch, write_batch(job->single, batch));
    write_program(job, "c", "c", "native", 0);
    for (char **name = job->objects; *name; name++)
        write_object(job, *name);
    run_gradients(job->single);
    run_gradients(job->exact);
    Agreement gradients = compare_precisions(job->single, job->exact, &job->pieces, NULL);
    bool edge = gradients == FLIPPED || (gradients == DISAGREE && is_at_an_edge(job));
    if (!edge && compare_precisions(job->single, job->exact, &job->pieces, stderr) != AGREE)
        stop(job, "rounding does not explain the difference of the precisions");
    update_both(job);
    check_finite(job);
    if (!edge && compare_precisions(job->single, job->exact, &job->pieces, stderr) != AGREE)
        stop(job, "rounding does not explain the difference of the updates");
    write_expected(job);
    puts(edge ? "edge" : "agree");
}

static void train(Interp *interp)
{
    run_gradients(interp);
    interp_run(interp, PHASE_UPDATE);
}

static void compare(Job *job)
{
    glob_t found;
    Interp *tested = start(job, PRECISION_SINGLE);
    memcpy(tested->buffers[job->program->label], job->single->buffers[job->program->label],
           sizeof(double) * interp_count(tested, job->program->label));
    train(job->single);
    train(tested);
    if (program_has(job->program, PHASE_EVALUATE))
        interp_run(tested, PHASE_EVALUATE);
    const Pieces tests = test_pieces(job->arena, tested);
    if (glob(path_of(job, "*.out"), 0, NULL, &found) != 0)
        stop(job, "no results to compare");
    bool same = true;
    for (size_t k = 0; k < found.gl_pathc; k++)
        same = same_results(job->single, &job->pieces, tested, &tests, found.gl_pathv[k]) && same;
    globfree(&found);
    interp_free(tested);
    if (!same)
        stop(job, "the compiled programs differ from the interpreter");
}

static void free_job(Job *job)
{
    interp_free(job->single);
    interp_free(job->exact);
    free(job->model.text);
    arena_free(job->arena);
}

int main(int argc, char **argv)
{
    const char *command = argc >= 5 ? argv[1] : "";
    bool makes = strcmp(command, "make") == 0, compares = strcmp(command, "compare") == 0;
    if (!makes && !compares && strcmp(command, "text") != 0) {
        fprintf(stderr, "usage: random_models text|make|compare SEED NUMBER FOLDER [OBJECT...]\n");
        return 2;
    }
    Job job = {.arena = arena_new(), .folder = argv[4], .objects = argv + 5};
    job.seed = (uint32_t)strtoul(argv[2], NULL, 10);
    job.number = (uint32_t)strtoul(argv[3], NULL, 10);
    job.model = model_text(job.seed, job.number);
    if (!makes && !compares) {
        fputs(job.model.text, stdout);
        return EXIT_SUCCESS;
    }
    if (makes)
        write_text(&job);
    job.program = compile_model(&job);
    job.single = start(&job, PRECISION_SINGLE);
    job.exact = start(&job, PRECISION_DOUBLE);
    settle_labels(&job);
    job.pieces = result_pieces(job.arena, job.single);
    (makes ? make : compare)(&job);
    free_job(&job);
    return EXIT_SUCCESS;
}
