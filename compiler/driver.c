#include "driver.h"

#include "executable.h"
#include "summary.h"

#include "snn_output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

Compilation *driver_compilation(Arena *arena, Options *options, FILE *messages)
{
    Compilation *c = compilation_new(arena, messages);
    const char *error = NULL;
    c->define_count = options->defines.count;
    c->defines = NEW_ARRAY(arena, Define, c->define_count + 1);
    for (int i = 0; i < c->define_count; i++)
        c->defines[i].text = options->defines.at[i];
    c->lower = options->lower;
    c->diag.no_warnings = options->no_warnings;
    c->diag.strict = options->strict;
    c->keep = options->print.at;
    c->keep_count = options->print.count;
    c->dump_after = options->dump_after;
    if (options->model)
        c->text = source_read(&c->sources, options->model, &error);
    if (error)
        fprintf(messages, "snnc: %s\n", error);
    return c;
}

int driver_list_passes(void)
{
    static const char *const stages[] = {"text", "ast", "net", "loop"};
    for (int i = 0; i < pass_count; i++)
        printf("%-14s %-4s -> %-4s  %s\n", passes[i].name, stages[passes[i].from], stages[passes[i].to],
               passes[i].guarantees);
    return EXIT_SUCCESS;
}

static void suggest_def(const File *file, const char *name)
{
    const char **names = malloc(sizeof *names * (size_t)(file->defs.count + 1));
    if (!names)
        return;
    for (int i = 0; i < file->defs.count; i++)
        names[i] = file->defs.at[i]->name;
    const char *close = closest_name(name, names, file->defs.count);
    if (close)
        fprintf(stderr, "snnc: did you mean `%s`?\n", close);
    fprintf(stderr, "snnc: known are:");
    for (int i = 0; i < file->defs.count; i++)
        fprintf(stderr, " %s", names[i]);
    fprintf(stderr, "\n");
    free(names);
}

/* Several definitions may share a name (a surrogate and a function of it): all are printed. */
int driver_show(Compilation *c, const Options *options)
{
    if (options->model && (!c->text || !compile(c, "parse")))
        return EXIT_FAILURE;
    const File *files[] = {c->file, c->library};
    bool found = false;
    for (size_t f = 0; f < 2 && !found; f++) {
        for (int i = 0; files[f] && i < files[f]->defs.count; i++) {
            const Def *def = files[f]->defs.at[i];
            if (strcmp(def->name, options->show) != 0)
                continue;
            Place place = source_place(&c->sources, def->span.lo);
            printf("%s%.*s\n", found ? "\n" : "", (int)(def->span.hi - def->span.lo),
                   place.source->text + (def->span.lo - place.source->base));
            found = true;
        }
    }
    if (found)
        return EXIT_SUCCESS;
    fprintf(stderr, "snnc: no definition is called `%s`\n", options->show);
    suggest_def(c->library, options->show);
    return EXIT_FAILURE;
}

static int save(const Out *out, Arena *arena, const char *path)
{
    const char *error = NULL;
    if (out_save(out, arena, path, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "snnc: %s\n", error);
    return EXIT_FAILURE;
}

static const char *without_text(Arena *arena, Without without)
{
    const char *text = "";
    for (int k = 0; k < OPTIMISATION_COUNT; k++)
        if (is_without(without, (Optimisation)k))
            text = arena_printf(arena, "%s%s%s", text,
                                *text ? "," : " --without=", optimisation_name((Optimisation)k));
    return text;
}

/* For a shell. The value is printed from the tree, on one line and without comments; it holds no quotes. */
static const char *define_text(Arena *arena, const Define *define)
{
    const char *value = ast_expr_text(arena, define->item->value);
    bool plain =
        value[strspn(value, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.+-")] == '\0';
    return arena_printf(arena, plain ? "%s=%s" : "'%s=%s'", define->item->name, value);
}

static bool ends_in_c(const char *path)
{
    size_t length = strlen(path);
    return length > 2 && strcmp(path + length - 2, ".c") == 0;
}

/* "x" of "folder/x.c"; NULL of anything else. */
static const char *stem(Arena *arena, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : path;
    return name && ends_in_c(name) ? arena_strndup(arena, name, strlen(name) - 2) : NULL;
}

static Out *backend_text(Compilation *c, const Options *options, const Backend *backend)
{
    const char *command = "";
    for (int i = 0; i < c->define_count; i++)
        command = arena_printf(c->arena, "%s -D %s", command, define_text(c->arena, &c->defines[i]));
    if (options->lower.unroll)
        command = arena_printf(c->arena, "%s --unroll=%s", command,
                               options->lower.unroll > 0 ? arena_printf(c->arena, "%d", options->lower.unroll)
                                                         : "full");
    command = arena_printf(c->arena, "%s%s", command, without_text(c->arena, options->lower.without));
    if (options->target != targets)
        command = arena_printf(c->arena, "%s --target=%s%s", command, options->target->name,
                               options->soft_float ? " --soft-float" : "");
    BackendOptions wanted = {.version = SNNC_VERSION,
                             .command = command,
                             .file = stem(c->arena, options->output),
                             .target = options->target,
                             .runtime = !options->no_runtime};
    Out *out = out_new(c->arena);
    backend->emit(c->program, &wanted, out);
    return out;
}

/* Text goes to .c files, to standard output, pipes and devices; anything else is an executable's name. */
static bool wants_text(const char *path)
{
    struct stat there;
    bool special = stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
    return ends_in_c(path) || snn_output_is_standard(path) || special;
}

static int emit_stage(Compilation *c, const Options *options, const char *output)
{
    const char *pass = emit_pass(options->emit);
    if (!pass) {
        fprintf(stderr, "snnc: --emit takes ast, net, adjoint, loop or c, not `%s`\n", options->emit);
        return 2;
    }
    if (!compile(c, pass))
        return EXIT_FAILURE;
    Out *out = out_new(c->arena);
    if (strcmp(options->emit, "adjoint") == 0)
        net_print(out, c->net, c->net->backward, c->net->nodes.count);
    else
        print_stage(c, find_pass(pass), out);
    return save(out, c->arena, output);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return a && stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
           && first.st_ino == second.st_ino;
}

/* ---- what a target cannot do --------------------------------------------------------------------------- */

static bool has_floats(const Program *program)
{
    for (int b = 0; b < program->buffers.count; b++)
        if (program->buffers.at[b].type == TYPE_F32)
            return true;
    return false;
}

static bool fits(const Compilation *c, const Options *options)
{
    const TargetRow *target = options->target;
    double bytes = program_memory(c->program, 1);
    if (target->reals == 0 && !options->soft_float && has_floats(c->program)) {
        fprintf(stderr,
                "snnc: `%s` computes with floats, and %s has no unit for them: --soft-float lets a library "
                "compute "
                "them, slowly; --help-targets lists targets that have one\n",
                c->program->name, target->name);
        return false;
    }
    if (target->memory < 64 && bytes > (double)((int64_t)1 << target->memory)) {
        fprintf(stderr,
                "snnc: `%s` takes %.1f MiB with batches of %d, and %s has at most %s: make it smaller\n",
                c->program->name, bytes / (1 << 20), c->program->batch, target->name,
                target_memory_text(c->arena, target));
        return false;
    }
    return true;
}

/* A bare processor has neither files nor threads. */
static bool wants_trainer_for_none(const Options *options)
{
    if (options->target->system != TARGET_NONE || options->no_runtime)
        return false;
    fprintf(stderr,
            "snnc: on %s no trainer can run, for want of an operating system: `--no-runtime -o FILE.c` "
            "writes the "
            "kernels\n",
            options->target->name);
    return true;
}

int driver_check(Compilation *c, const Options *options)
{
    if (!compile(c, NULL) || !fits(c, options))
        return EXIT_FAILURE;
    print_summary(c, options->model);
    return EXIT_SUCCESS;
}

int driver_output(Compilation *c, Options *options, const Backend *backend)
{
    const char *output = options->output ? options->output : "-";
    if (is_same_file(options->model, output)) {
        fprintf(stderr, "snnc: -o `%s` is the model itself; give the output another name\n", output);
        return 2;
    }
    if (options->dump_after && strcmp(options->dump_after, "all") != 0 && !find_pass(options->dump_after)) {
        fprintf(stderr, "snnc: no pass is called `%s`; --passes lists them\n", options->dump_after);
        return 2;
    }
    if (!backend)
        return emit_stage(c, options, output);
    if (wants_trainer_for_none(options))
        return 2;
    if (!compile(c, NULL) || !fits(c, options))
        return EXIT_FAILURE;
    Out *text = backend_text(c, options, backend);
    return options->action == ACTION_EMIT || wants_text(output)
               ? save(text, c->arena, output)
               : build_executable(c, options->target, options->cc, options->output, text);
}
