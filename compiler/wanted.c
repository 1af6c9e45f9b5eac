#include "wanted.h"

#include "pipeline.h"

#include "snn_output.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "c" of "folder/x.c"; "" where there is none. */
static const char *ending(const char *path)
{
    const char *name = file_name(path), *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}

const char *output_stem(Arena *arena, const char *path)
{
    const char *end = path ? ending(path) : "";
    if (!*end || !form_of_ending(end))
        return NULL;
    const char *name = file_name(path);
    return arena_strndup(arena, name, strlen(name) - strlen(end) - 1);
}

/* Its name says nothing. */
static bool is_special(const char *output)
{
    struct stat there;
    return snn_output_is_standard(output)
           || (stat(output, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode));
}

static bool is_emit_known(Arena *arena, const char *name)
{
    if (form_named(name) || emit_pass(name))
        return true;
    fprintf(stderr, "snnc: --emit takes ast, net, adjoint, loop, svg, %s, not `%s`\n", form_names(arena),
            name);
    return false;
}

/* What --emit names has any ending but that of another form. */
static bool does_ending_fit(Arena *arena, const Options *options, const Wanted *wanted)
{
    const char *end = ending(wanted->output);
    const Form *said = form_of_ending(end);
    if (!options->emit && !said)
        fprintf(stderr,
                "snnc: no output ends as `%s`: give it one of %s, or none for an executable; "
                "--emit=executable makes one of any name\n",
                wanted->output, form_endings(arena));
    else if (options->emit && *end && said && said != wanted->form)
        fprintf(stderr, "snnc: --emit=%s is not what `%s` ends as: leave --emit out, or the ending .%s\n",
                options->emit, wanted->output, end);
    else
        return true;
    return false;
}

/* An executable is of any backend. */
static bool does_backend_fit(Arena *arena, const Options *options, const Wanted *wanted)
{
    const char *asked = options->backend, *what = wanted->form ? wanted->form->name : options->emit;
    if (!asked)
        return true;
    if (!backend_is_known(asked))
        fprintf(stderr, "snnc: no backend is called `%s`; there are %s\n", asked, backend_names(arena));
    else if (!wanted->form)
        fprintf(stderr, "snnc: --emit=%s is made before there is a backend: leave --backend out\n", what);
    else if (strcmp(asked, wanted->backend) != 0)
        fprintf(stderr, "snnc: only %s writes .%s: leave --backend=%s out, or write another output\n",
                wanted->backend, what, asked);
    else
        return true;
    return false;
}

/* Who links needs a file. */
static bool has_place(const Options *options, const Wanted *wanted)
{
    if (!is_special(wanted->output) || !wanted->form || wanted->form->backend)
        return true;
    fprintf(stderr, "snnc: --emit=%s takes a file: name one with -o\n", options->emit);
    return false;
}

static bool is_object_of_inference(const Options *options, const Form *form)
{
    return options->action == ACTION_INFER && strcmp(form->name, "o") == 0;
}

static const char *asked_or(const Options *options, const Form *form)
{
    return options->backend ? options->backend : form->backend ? form->backend : "c";
}

bool find_wanted(Arena *arena, const Options *options, Wanted *wanted)
{
    const char *output = options->output ? options->output : "-";
    bool special = is_special(output);
    *wanted = (Wanted){.output = output};
    if (options->emit && !is_emit_known(arena, options->emit))
        return false;
    wanted->form = options->emit ? form_named(options->emit)
                   : special     ? form_named("c")
                                 : form_of_ending(ending(output));
    if (!special && !does_ending_fit(arena, options, wanted))
        return false;
    if (wanted->form) /* C that only predicts is an object as it stands */
        wanted->backend = !wanted->form->backend || is_object_of_inference(options, wanted->form)
                              ? asked_or(options, wanted->form)
                              : wanted->form->backend;
    return has_place(options, wanted) && does_backend_fit(arena, options, wanted);
}
