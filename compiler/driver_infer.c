/* Inference: which files it is written to, and what is told of it. */
#include "driver_parts.h"

#include "executable.h"
#include "inference.h"
#include "report/report.h"

#include "snn_output.h"

#include <stdlib.h>
#include <string.h>

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
    if (!driver_is_linked(&deployed->what) || options->target->system != TARGET_NONE)
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
    int status = options->single_file ? EXIT_SUCCESS
                                      : driver_save(files->weights, c->arena,
                                                    arena_printf(c->arena, "%s_weights.c", deployed->base));
    return status == EXIT_SUCCESS ? driver_save(files->source, c->arena, options->output) : status;
}

static int save_code(Compilation *c, const Options *options, const Deployed *deployed, const Backend *backend,
                     const InferFiles *files)
{
    if (deployed->text)
        return save_text(c, options, deployed, files);
    if (deployed->by_llvm && !driver_is_linked(&deployed->what))
        return driver_save(files->source, c->arena, options->output);
    return build_inference(c, options, deployed->what.form, backend, files,
                           arena_printf(c->arena, "%s.h", deployed->name));
}

/* The header at last: where the rest cannot be made there is none. */
static int save_deployed(Compilation *c, const Options *options, const Deployed *deployed,
                         const Backend *backend, const InferFiles *files)
{
    int status = save_code(c, options, deployed, backend, files);
    return status == EXIT_SUCCESS
               ? driver_save(files->header, c->arena, arena_printf(c->arena, "%s.h", deployed->base))
               : status;
}

static const char *infer_text(Compilation *c, const Options *options)
{
    const char *command = arena_printf(c->arena, "%s --infer", driver_command(c, options));
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
    how.form = driver_is_linked(&deployed->what) ? backend->linked : how.form;
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
        return driver_refuse("no memory (--report)");
    return driver_save(out, c->arena, options->report);
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
    return driver_same_file(path, options->model) || driver_same_file(path, options->weights)
           || driver_same_file(path, options->rates);
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
            return driver_refuse(error);
    return EXIT_SUCCESS;
}

int driver_infer(Compilation *c, const Options *options, const Out *predictions)
{
    const char *error = NULL, *differs = c->differs;
    Deployed deployed = {.text = true};
    if (!right_names(c, options, &deployed))
        return 2;
    if (!deployed.text && !driver_has_unit(c, options))
        return EXIT_FAILURE;
    if (!deployed.text) /* a self-test is C */
        c->program->vectors.count = 0;
    InferFiles files = {out_new(c->arena), out_new(c->arena), out_new(c->arena)};
    const Backend *backend = NULL;
    const Rates *rates = options->rates ? rates_read(c->arena, options->rates, &error) : NULL;
    if (error || !make_deployed(c, options, &deployed, &files, &backend, &error))
        return driver_refuse(error);
    if (differs)
        fprintf(stderr, "snnc: weights of another model (%s): %s\n", options->weights, differs);
    const Account *account = account_of(c->program, rates);
    if ((differs && options->strict) || !fits_device(account, options))
        return EXIT_FAILURE;
    print_measured(c->program, options);
    int status = backend ? save_deployed(c, options, &deployed, backend, &files) : EXIT_SUCCESS;
    status = status == EXIT_SUCCESS ? save_report(c, options, account) : status;
    return status == EXIT_SUCCESS && predictions ? driver_save(predictions, c->arena, options->predictions)
                                                 : status;
}
