#include "driver.h"

#include "backend.h"
#include "executable.h"
#include "inference.h"
#include "report/report.h"
#include "summary.h"
#include "wanted.h"

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

static int refuse(const char *error)
{
    fprintf(stderr, "snnc: %s\n", error);
    return EXIT_FAILURE;
}

static int save(const Out *out, Arena *arena, const char *path)
{
    const char *error = NULL;
    if (out_save(out, arena, path, &error))
        return EXIT_SUCCESS;
    if (snn_output_is_standard(
            path)) { /* what is left of it is not tried again, and complained about, at the end */
        __fpurge(stdout);
        clearerr(stdout);
    }
    return refuse(error);
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

static const char *command_text(Compilation *c, const Options *options)
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
    return save(out, c->arena, output);
}

static bool is_same_file(const char *a, const char *b)
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

static bool has_unit_for(const Compilation *c, const Options *options)
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
    if (!has_unit_for(c, options))
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

static bool is_linked(const Wanted *wanted)
{
    return wanted->form && !wanted->form->backend;
}

/* Kernels alone are no program. */
static bool wants_program_without_runtime(const Options *options, const Wanted *wanted)
{
    if (!is_linked(wanted) || !options->no_runtime)
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
                          .command = command_text(c, options),
                          .file = output_stem(c->arena, options->output),
                          .runtime = !options->no_runtime,
                          .form = is_linked(wanted) ? backend->linked : wanted->form->name,
                          .target = options->target,
                          .optimize = options->optimize};
    if (is_linked(wanted) && backend->library && options->target->system == TARGET_OWN
        && !own_file(c->arena, RUNTIME_LIBRARY))
        return refuse(RUNTIME_LIBRARY
                      " is missing, which belongs beside snnc or in ../lib/snnc: install snnc again");
    Out *out = out_new(c->arena);
    if (!backend->emit(c->program, &how, out, &error))
        return refuse(error);
    return is_linked(wanted) ? build_linked(c, options, wanted->form, backend, out)
                             : save(out, c->arena, wanted->output);
}

/* As its usage line and its messages call it: what was typed. */
static int words_of(Compilation *c, const Options *options, char ***words)
{
    int count = 1;
    while (options->words[count - 1])
        count++;
    *words = NEW_ARRAY(c->arena, char *, count + 1);
    (*words)[0] = arena_printf(c->arena, "snnc run%s %s", command_text(c, options), options->model);
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
                          .command = command_text(c, options),
                          .runtime = true,
                          .form = backend->linked,
                          .target = options->target,
                          .optimize = options->optimize};
    int count = words_of(c, options, &words);
    return backend->run(c->program, &how, count, words, &status, &error) ? status : refuse(error);
}

int driver_output(Compilation *c, const Options *options)
{
    const char *error = NULL;
    Wanted what;
    if (is_same_file(options->model, options->output)) {
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
        return refuse(error);
    if (wants_trainer_for_none(options))
        return 2;
    if (!compile(c, NULL) || !fits(c, options))
        return EXIT_FAILURE;
    return write_program(c, options, &what, backend);
}

/* ---- inference ----------------------------------------------------------------------------------------- */

/* What inference is written as. */
typedef struct Deployed {
    Wanted what;
    const char *name;   /* kws */
    const char *base;   /* folder/kws */
    bool text, by_llvm; /* text: C; by_llvm: the module has the code */
} Deployed;

/* A library is called libkws.so, what is in it kws. */
static void name_deployed(Arena *arena, Deployed *deployed)
{
    const char *output = deployed->what.output, *stem = output_stem(arena, output);
    const char *slash = strrchr(output, '/');
    int folder = slash ? (int)(slash + 1 - output) : 0;
    bool library = strcmp(deployed->what.form->name, "so") == 0 && strncmp(stem, "lib", 3) == 0;
    deployed->name = library ? stem + 3 : stem;
    deployed->base = arena_printf(arena, "%.*s%s", folder, output, deployed->name);
}

static bool is_loaded_by_none(const Options *options, const Deployed *deployed)
{
    if (!is_linked(&deployed->what) || options->target->system != TARGET_NONE)
        return false;
    fprintf(
        stderr,
        "snnc: on %s nobody loads a library, for want of an operating system: write an object, `-o %s.o`\n",
        options->target->name, deployed->base);
    return true;
}

static bool find_deployed(Compilation *c, const Options *options, Deployed *deployed)
{
    Wanted *what = &deployed->what;
    if (!find_wanted(c->arena, options, what))
        return false;
    if (!output_stem(c->arena, options->output) || !*what->form->ending) {
        fprintf(stderr,
                "snnc: --infer writes C, an object or a library: give -o a name that ends in .c, .o or .so, "
                "as `-o kws.c`, "
                "not `%s`\n",
                options->output);
        return false;
    }
    name_deployed(c->arena, deployed);
    deployed->text = strcmp(what->form->name, "c") == 0;
    deployed->by_llvm = strcmp(what->backend, "llvm") == 0;
    return !is_loaded_by_none(options, deployed);
}

static int save_text(Compilation *c, const Options *options, const Deployed *deployed,
                     const InferFiles *files)
{
    int status = options->single_file
                     ? EXIT_SUCCESS
                     : save(files->weights, c->arena, arena_printf(c->arena, "%s_weights.c", deployed->base));
    return status == EXIT_SUCCESS ? save(files->source, c->arena, options->output) : status;
}

static int save_code(Compilation *c, const Options *options, const Deployed *deployed, const Backend *backend,
                     const InferFiles *files)
{
    if (deployed->text)
        return save_text(c, options, deployed, files);
    if (deployed->by_llvm && !is_linked(&deployed->what))
        return save(files->source, c->arena, options->output);
    return build_inference(c, options, deployed->what.form, backend, files,
                           arena_printf(c->arena, "%s.h", deployed->name));
}

/* The header at last: where the rest cannot be made there is none. */
static int save_deployed(Compilation *c, const Options *options, const Deployed *deployed,
                         const Backend *backend, const InferFiles *files)
{
    int status = save_code(c, options, deployed, backend, files);
    return status == EXIT_SUCCESS
               ? save(files->header, c->arena, arena_printf(c->arena, "%s.h", deployed->base))
               : status;
}

static const char *infer_text(Compilation *c, const Options *options)
{
    const char *command = arena_printf(c->arena, "%s --infer", command_text(c, options));
    if (options->lower.quantize)
        command = arena_printf(c->arena, "%s --quantize=%s", command, quantize_name(options->lower.quantize));
    return options->lower.all_steps ? arena_printf(c->arena, "%s --whole", command) : command;
}

/* The header is that of C in any case. */
static const Backend *write_deployed(Compilation *c, const Options *options, const Deployed *deployed,
                                     InferFiles *files, const char **error)
{
    BackendOptions how = {.version = SNNC_VERSION,
                          .command = infer_text(c, options),
                          .file = deployed->name,
                          .form = deployed->what.form->name,
                          .target = options->target,
                          .optimize = options->optimize};
    const Backend *text = backend_find(c->arena, "c", error);
    const Backend *backend = backend_find(c->arena, deployed->what.backend, error);
    bool single = options->single_file || !deployed->text;
    if (!backend || !text->infer(c->program, &how, single, files, error) || !deployed->by_llvm)
        return *error ? NULL : backend;
    files->source = out_new(c->arena);
    how.form = is_linked(&deployed->what) ? backend->linked : how.form;
    return backend->infer(c->program, &how, single, files, error) ? backend : NULL;
}

/* Before anything is written. */
static bool fits_device(const Account *account, const Options *options)
{
    const char *why = report_misfit(account, options->flash, options->ram);
    if (why)
        fprintf(stderr, "snnc: %s\n", why);
    return !why;
}

static int save_report(Compilation *c, const Options *options, const Account *account)
{
    Out *out = out_new(c->arena);
    if (!options->report)
        return EXIT_SUCCESS;
    if (!report_write(account, options->report, out))
        return refuse("no memory (--report)");
    return save(out, c->arena, options->report);
}

static bool is_standard(const char *path)
{
    return path && snn_output_is_standard(path);
}

/* What data show. Where a report has standard output to itself, it tells; predictions stand alone. */
static void print_measured(const Program *program, const Options *options)
{
    if (is_standard(options->report) || is_standard(options->predictions))
        return;
    for (int i = 0; i < program->notes.count; i++)
        printf("note     %s\n", program->notes.at[i]);
    if (program->accuracy.folder)
        printf("accuracy %s\n", report_accuracy(program->arena, program));
}

enum { CODE_FILES = 3 };

/* The files of the code; NULL: there is no such file. */
static void name_code(Arena *arena, const Options *options, const Deployed *deployed,
                      const char *files[CODE_FILES])
{
    const char *base = deployed->base;
    files[0] = options->output;
    files[1] = base ? arena_printf(arena, "%s.h", base) : NULL;
    files[2] =
        base && deployed->text && !options->single_file ? arena_printf(arena, "%s_weights.c", base) : NULL;
}

static bool is_read(const Options *options, const char *path)
{
    return is_same_file(path, options->model) || is_same_file(path, options->weights)
           || is_same_file(path, options->rates);
}

/* Whether a file beside the code, `path` or NULL, may not be written: what is read, and what else is written. */
static bool is_taken(const Options *options, const char *const code[CODE_FILES], const char *path)
{
    bool taken = is_read(options, path);
    for (int k = 0; path && k < CODE_FILES; k++)
        taken = taken || (code[k] && strcmp(path, code[k]) == 0);
    return taken
           || (path && path != options->report && options->report && strcmp(path, options->report) == 0);
}

/* NULL with the error set where nothing can be written; *backend stays NULL where only a report is asked for. */
static bool make_deployed(Compilation *c, const Options *options, const Deployed *deployed, InferFiles *files,
                          const Backend **backend, const char **error)
{
    if (!options->output)
        return !(*error = inference_refusal(c->arena, c->program, NULL));
    *backend = write_deployed(c, options, deployed, files, error);
    return *backend;
}

static bool right_names(Compilation *c, const Options *options, Deployed *deployed)
{
    if (options->output && !find_deployed(c, options, deployed))
        return false;
    const char *code[CODE_FILES];
    name_code(c->arena, options, deployed, code);
    for (int k = 0; k < CODE_FILES; k++)
        if (is_read(options, code[k])) {
            fprintf(stderr, "snnc: -o `%s` would replace (%s), which is read; give the output another name\n",
                    options->output, code[k]);
            return false;
        }
    bool report = is_taken(options, code, options->report);
    if (report || is_taken(options, code, options->predictions)) {
        fprintf(stderr, "snnc: --%s `%s` is another file of this run; give it another name\n",
                report ? "report" : "predictions", report ? options->report : options->predictions);
        return false;
    }
    return true;
}

int driver_can_infer(Compilation *c, const Options *options)
{
    const char *error = NULL;
    Deployed deployed = {.text = true};
    if (!right_names(c, options, &deployed))
        return 2;
    const char *header = deployed.base ? arena_printf(c->arena, "%s.h", deployed.base) : NULL;
    const char *const files[] = {options->output, header, options->report, options->predictions};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        if (files[k] && !out_is_savable(c->arena, files[k], &error))
            return refuse(error);
    return EXIT_SUCCESS;
}

int driver_infer(Compilation *c, const Options *options, const Out *predictions)
{
    const char *error = NULL, *differs = c->differs;
    Deployed deployed = {.text = true};
    if (!right_names(c, options, &deployed))
        return 2;
    if (!deployed.text && !has_unit_for(c, options))
        return EXIT_FAILURE;
    if (!deployed.text) /* a self-test is C */
        c->program->vectors.count = 0;
    InferFiles files = {out_new(c->arena), out_new(c->arena), out_new(c->arena)};
    const Backend *backend = NULL;
    const Rates *rates = options->rates ? rates_read(c->arena, options->rates, &error) : NULL;
    if (error || !make_deployed(c, options, &deployed, &files, &backend, &error))
        return refuse(error);
    if (differs)
        fprintf(stderr, "snnc: weights of another model (%s): %s\n", options->weights, differs);
    const Account *account = account_of(c->program, rates);
    if ((differs && options->strict) || !fits_device(account, options))
        return EXIT_FAILURE;
    print_measured(c->program, options);
    int status = backend ? save_deployed(c, options, &deployed, backend, &files) : EXIT_SUCCESS;
    status = status == EXIT_SUCCESS ? save_report(c, options, account) : status;
    return status == EXIT_SUCCESS && predictions ? save(predictions, c->arena, options->predictions) : status;
}
