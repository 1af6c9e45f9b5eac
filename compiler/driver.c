#include "driver_parts.h"

#include "executable.h"
#include "summary.h"

#include "snn_drawing.h"
#include "snn_output.h"

#include <stdio_ext.h>
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

int driver_refuse(const char *error)
{
    fprintf(stderr, "snnc: %s\n", error);
    return EXIT_FAILURE;
}

int driver_save(const Out *out, Arena *arena, const char *path)
{
    const char *error = NULL;
    if (out_save(out, arena, path, &error))
        return EXIT_SUCCESS;
    if (snn_output_is_standard(
            path)) { /* what is left of it is not tried again, and complained about, at the end */
        __fpurge(stdout);
        clearerr(stdout);
    }
    return driver_refuse(error);
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

const char *driver_command(Compilation *c, const Options *options)
{
    const char *command = "";
    for (int i = 0; i < c->define_count; i++)
        command = arena_printf(c->arena, "%s -D %s", command, define_text(c->arena, &c->defines[i]));
    if (options->lower.unroll)
        command = arena_printf(c->arena, "%s --unroll=%s", command,
                               options->lower.unroll > 0 ? arena_printf(c->arena, "%d", options->lower.unroll)
                                                         : "full");
    if (options->lower.kernels != KERNELS_AUTO)
        command = arena_printf(c->arena, "%s --kernels=%s", command,
                               options->lower.kernels == KERNELS_EVENT ? "event" : "table");
    if (options->lower.products == PRODUCTS_APART)
        command = arena_printf(c->arena, "%s --products=apart", command);
    command = arena_printf(c->arena, "%s%s", command, without_text(c->arena, options->lower.without));
    if (options->target != targets)
        command = arena_printf(c->arena, "%s --target=%s%s", command, options->target->name,
                               options->soft_float ? " --soft-float" : "");
    return command;
}

/* With what it needs to stand alone: the first line opens the picture. */
static void print_drawing(const Net *net, Out *out)
{
    const char *first = net->drawing.at[0], *style = snn_drawing_style();
    out_line(out, "<svg xmlns='http://www.w3.org/2000/svg'%s", first + strlen("<svg"));
    out_line(out, "<style>");
    out_raw(out, style, strlen(style));
    out_line(out, "</style>");
    for (int i = 1; i < net->drawing.count; i++)
        out_line(out, "%s", net->drawing.at[i]);
}

static int emit_stage(Compilation *c, const Options *options, const char *output)
{
    const char *pass = emit_pass(options->emit);
    if (!compile(c, pass))
        return EXIT_FAILURE;
    Out *out = out_new(c->arena);
    if (strcmp(options->emit, "adjoint") == 0)
        net_print(out, c->net, c->net->backward, c->net->nodes.count);
    else if (strcmp(options->emit, "svg") == 0)
        print_drawing(c->net, out);
    else
        print_stage(c, find_pass(pass), out);
    return driver_save(out, c->arena, output);
}

bool driver_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return a && b && stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
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

bool driver_has_unit(const Compilation *c, const Options *options)
{
    const TargetRow *target = options->target;
    if (target->reals > 0 || options->soft_float || !has_floats(c->program))
        return true;
    fprintf(stderr,
            "snnc: `%s` computes with floats, and %s has no unit for them: --soft-float lets a library "
            "compute them, slowly; --help-targets lists targets that have one\n",
            c->program->name, target->name);
    return false;
}

static bool fits(const Compilation *c, const Options *options)
{
    const TargetRow *target = options->target;
    double bytes = program_memory(c->program, 1);
    if (!driver_has_unit(c, options))
        return false;
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
    fprintf(
        stderr,
        "snnc: on %s no trainer can run, for want of an operating system: `--no-runtime -o FILE.o` (or .c) "
        "writes the kernels\n",
        options->target->name);
    return true;
}

bool driver_is_linked(const Wanted *wanted)
{
    return wanted->form && !wanted->form->backend;
}

/* Kernels alone are no program. */
static bool wants_program_without_runtime(const Options *options, const Wanted *wanted)
{
    if (!driver_is_linked(wanted) || !options->no_runtime)
        return false;
    fprintf(stderr, "snnc: without the runtime there is no program: leave --no-runtime out, or write the "
                    "kernels with `-o FILE.o` (or .c)\n");
    return true;
}

static bool knows_dumped_pass(const Options *options)
{
    const char *name = options->dump_after;
    if (!name || strcmp(name, "all") == 0 || find_pass(name))
        return true;
    fprintf(stderr, "snnc: no pass is called `%s`; --passes lists them\n", name);
    return false;
}

int driver_check(Compilation *c, const Options *options)
{
    if (!compile(c, NULL) || !fits(c, options))
        return EXIT_FAILURE;
    print_summary(c, options->model);
    return EXIT_SUCCESS;
}

static int write_program(Compilation *c, const Options *options, const Wanted *wanted, const Backend *backend)
{
    const char *error = NULL;
    BackendOptions how = {.version = SNNC_VERSION,
                          .command = driver_command(c, options),
                          .file = output_stem(c->arena, options->output),
                          .runtime = !options->no_runtime,
                          .form = driver_is_linked(wanted) ? backend->linked : wanted->form->name,
                          .target = options->target,
                          .optimize = options->optimize};
    if (driver_is_linked(wanted) && backend->library && options->target->system == TARGET_OWN
        && !own_file(c->arena, RUNTIME_LIBRARY))
        return driver_refuse(RUNTIME_LIBRARY
                             " is missing, which belongs beside snnc or in ../lib/snnc: install snnc again");
    Out *out = out_new(c->arena);
    if (!backend->emit(c->program, &how, out, &error))
        return driver_refuse(error);
    return driver_is_linked(wanted) ? build_linked(c, options, wanted->form, backend, out)
                                    : driver_save(out, c->arena, wanted->output);
}

/* As its usage line and its messages call it: what was typed. */
static int words_of(Compilation *c, const Options *options, char ***words)
{
    int count = 1;
    while (options->words[count - 1])
        count++;
    *words = NEW_ARRAY(c->arena, char *, count + 1);
    (*words)[0] = arena_printf(c->arena, "snnc run%s %s", driver_command(c, options), options->model);
    for (int i = 1; i < count; i++)
        (*words)[i] = options->words[i - 1];
    return count;
}

int driver_run(Compilation *c, const Options *options)
{
    const char *error = NULL;
    char **words;
    int status = EXIT_FAILURE;
    if (!knows_dumped_pass(options))
        return 2;
    const Backend *backend = backend_find(c->arena, form_named("o")->backend, &error); /* it is linked here */
    if (!backend) {
        fprintf(stderr, "snnc: %s; or let the C compiler make a program: `snnc %s -o program`\n", error,
                options->model);
        return EXIT_FAILURE;
    }
    bool right = compile(c, NULL);
    diag_finish(&c->diag);
    if (!right)
        return EXIT_FAILURE;
    BackendOptions how = {.version = SNNC_VERSION,
                          .command = driver_command(c, options),
                          .runtime = true,
                          .form = backend->linked,
                          .target = options->target,
                          .optimize = options->optimize};
    int count = words_of(c, options, &words);
    return backend->run(c->program, &how, count, words, &status, &error) ? status : driver_refuse(error);
}

int driver_output(Compilation *c, const Options *options)
{
    const char *error = NULL;
    Wanted what;
    if (driver_same_file(options->model, options->output)) {
        fprintf(stderr, "snnc: -o `%s` is the model itself; give the output another name\n", options->output);
        return 2;
    }
    if (!find_wanted(c->arena, options, &what))
        return 2;
    if (!knows_dumped_pass(options) || wants_program_without_runtime(options, &what))
        return 2;
    if (!what.form)
        return emit_stage(c, options, what.output);
    const Backend *backend = backend_find(c->arena, what.backend, &error);
    if (!backend)
        return driver_refuse(error);
    if (wants_trainer_for_none(options))
        return 2;
    if (!compile(c, NULL) || !fits(c, options))
        return EXIT_FAILURE;
    return write_program(c, options, &what, backend);
}
