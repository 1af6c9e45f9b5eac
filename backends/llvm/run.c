/* A program that runs where it was made, linked in this process with the runtime by LLVM's ORC. Several threads make its
 * kernels, a module each; main() begins meanwhile, and they are linked when it opens the network. By then a training has
 * read its data. */
#include "llvm.h"

#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_PARTS = 64 };

/* A module of the program. */
typedef struct Part {
    const Program *program;
    const BackendOptions *options;
    Arena *arena; /* its own: an arena is no place for two threads */
    Target target;
    Share share;
    Out *object;
    const char *error; /* NULL: it was made */
    pthread_t thread;
    bool waited_for; /* the thread makes it */
} Part;

typedef struct Running {
    LLVMOrcLLJITRef linker;
    Part tables, parts[MOST_PARTS];
    int count;
} Running;

/* ---- making parts -------------------------------------------------------------------------------------- */

static void *make_part(void *context)
{
    Part *part = context;
    if (!part->error)
        unit_make(part->arena, part->program, part->options, &part->target, &part->share, part->object,
                  &part->error);
    return NULL;
}

/* LLVM knows its targets before any thread works. */
static void open_part(Part *part, const Program *program, const BackendOptions *options, Share share)
{
    Arena *arena = arena_new();
    *part = (Part){
        .program = program, .options = options, .arena = arena, .share = share, .object = out_new(arena)};
    target_open(arena, options, &part->target, &part->error);
}

static void close_part(Part *part)
{
    if (part->target.machine)
        target_close(&part->target);
    arena_free(part->arena);
}

static void count_expr(void *context, LoopExpr *expr)
{
    (void)expr;
    ++*(int *)context;
}

/* The owner of each kernel. What is written at more length takes longer to make: the next longest goes to the part that
 * has least to do. */
static const int *divide(const Program *program, int parts)
{
    int count = program->kernels.count, load[MOST_PARTS] = {0};
    int *owner = NEW_ARRAY(program->arena, int, count + 1);
    int *length = NEW_ARRAY(program->arena, int, count + 1);
    for (int k = 0; k < count; k++)
        loop_visit_exprs(&program->kernels.at[k].body, count_expr, &length[k]);
    for (int left = count; left > 0; left--) {
        int longest = 0, least = 0;
        for (int k = 1; k < count; k++)
            longest = length[k] > length[longest] ? k : longest;
        for (int p = 1; p < parts; p++)
            least = load[p] < load[least] ? p : least;
        owner[longest] = least;
        load[least] += length[longest];
        length[longest] = -1;
    }
    return owner;
}

static int count_parts(const Program *program)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int most = program->kernels.count < MOST_PARTS ? program->kernels.count : MOST_PARTS;
    long count = processors < most ? processors : most;
    return count < 1 ? 1 : (int)count;
}

/* Signals are for the thread that runs the program, which knows what to do. Where no thread can be started, the part is
 * made at once. */
static void begin_parts(Running *running, const Program *program, const BackendOptions *options)
{
    sigset_t all, before;
    running->count = count_parts(program);
    const int *owner = divide(program, running->count);
    for (int p = 0; p < running->count; p++)
        open_part(&running->parts[p], program, options, (Share){.number = p, .owner = owner});
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (int p = 0; p < running->count; p++) {
        Part *part = &running->parts[p];
        part->waited_for = pthread_create(&part->thread, NULL, make_part, part) == 0;
        if (!part->waited_for)
            make_part(part);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void end_parts(Running *running)
{
    for (int p = 0; p < running->count; p++) {
        if (running->parts[p].waited_for)
            pthread_join(running->parts[p].thread, NULL);
        running->parts[p].waited_for = false;
    }
}

/* ---- linking ------------------------------------------------------------------------------------------- */

/* True, with *error set, if there is one. */
static bool failed(Arena *arena, LLVMErrorRef reason, const char **error)
{
    if (!reason)
        return false;
    char *text = LLVMGetErrorMessage(reason);
    *error = arena_printf(arena, "LLVM cannot run it: %s", text);
    LLVMDisposeErrorMessage(text);
    return true;
}

static bool link_part(LLVMOrcLLJITRef linker, const Part *part, const char **error)
{
    LLVMOrcJITDylibRef library = LLVMOrcLLJITGetMainJITDylib(linker);
    *error = part->error;
    if (*error)
        return false;
    LLVMMemoryBufferRef code = LLVMCreateMemoryBufferWithMemoryRangeCopy(out_text(part->object),
                                                                         out_length(part->object), "program");
    return !failed(part->arena, LLVMOrcLLJITAddObjectFile(linker, library, code), error);
}

/* Sets the phases of the model. */
static bool link_phases(Running *running, SnnModel *model, const char **error)
{
    void (**const phases[PHASE_COUNT])(void *, SnnPool *) = {[PHASE_INIT] = &model->init,
                                                             [PHASE_FORWARD] = &model->forward,
                                                             [PHASE_BACKWARD] = &model->backward,
                                                             [PHASE_UPDATE] = &model->update,
                                                             [PHASE_EVALUATE] = &model->evaluate};
    for (int p = 0; p < running->count; p++)
        if (!link_part(running->linker, &running->parts[p], error))
            return false;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++) {
        LLVMOrcExecutorAddress address;
        if (!program_has(running->tables.program, phase))
            continue;
        if (failed(running->tables.arena, LLVMOrcLLJITLookup(running->linker, &address, phase_name(phase)),
                   error))
            return false;
        *phases[phase] = (void (*)(void *, SnnPool *))(uintptr_t)address;
    }
    return true;
}

/* When the program opens its network; it cannot be told of errors, which are LLVM's or snnc's own. */
static void link_kernels(void *context, SnnModel *model)
{
    Running *running = context;
    const char *error;
    end_parts(running);
    if (link_phases(running, model, &error))
        return;
    fprintf(stderr, "snnc: %s\n", error);
    exit(EXIT_FAILURE);
}

/* What the program does not define is in this process: the runtime, and libraries. */
static bool open_linker(Running *running, const char **error)
{
    Arena *arena = running->tables.arena;
    LLVMOrcDefinitionGeneratorRef process;
    if (failed(arena, LLVMOrcCreateLLJIT(&running->linker, NULL), error))
        return false;
    char prefix = LLVMOrcLLJITGetGlobalPrefix(running->linker);
    if (failed(arena, LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(&process, prefix, NULL, NULL),
               error))
        return false;
    LLVMOrcJITDylibAddGenerator(LLVMOrcLLJITGetMainJITDylib(running->linker), process);
    return true;
}

static bool run_main(Running *running, int argc, char **argv, int *status, const char **error)
{
    LLVMOrcExecutorAddress address;
    make_part(&running->tables);
    if (!link_part(running->linker, &running->tables, error)
        || failed(running->tables.arena, LLVMOrcLLJITLookup(running->linker, &address, "main"), error))
        return false;
    int (*program)(int argc, char **argv) = (int (*)(int, char **))(uintptr_t)address;
    *status = program(argc, argv);
    return true;
}

bool llvm_run(const Program *program, const BackendOptions *options, int argc, char **argv, int *status,
              const char **error)
{
    Running *running = NEW(program->arena, Running);
    open_part(&running->tables, program, options, (Share){TABLES, NULL, link_kernels, running});
    bool right = open_linker(running, error);
    if (right) {
        begin_parts(running, program, options);
        right = run_main(running, argc, argv, status, error);
        end_parts(running);
    }
    if (!right)
        *error = arena_printf(program->arena, "%s", *error);
    if (running->linker)
        LLVMConsumeError(LLVMOrcDisposeLLJIT(running->linker));
    close_part(&running->tables);
    for (int p = 0; p < running->count; p++)
        close_part(&running->parts[p]);
    return right;
}
