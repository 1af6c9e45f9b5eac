#include "built.h"

#include "embedded.h"

#include <check.h>

static File *parse_library(Built *built)
{
    File *library = NEW(built->arena, File);
    for (int i = 0; i < embedded_count; i++) {
        const Embedded *file = &embedded_files[i];
        if (strncmp(file->path, "library/", 8) != 0 || strcmp(strrchr(file->path, '.'), ".snn") != 0)
            continue;
        Source *source =
            source_add(&built->sources, "<standard library>", file->text, (uint32_t)file->length);
        source->library = true;
        const File *part = parse_source(built->arena, source, &built->diag);
        for (int k = 0; k < part->defs.count; k++)
            vec_push(built->arena, &library->defs, part->defs.at[k]);
    }
    return library;
}

Built *build_with(const char *text, const char *const *defines, int count)
{
    Arena *arena = arena_new();
    Built *built = NEW(arena, Built);
    built->arena = arena;
    built->sources.arena = arena;
    built->diag = (Diag){.sources = &built->sources, .out = stderr, .no_warnings = true};
    const File *library = parse_library(built);
    Source *source = source_add(&built->sources, "model.snn", text, (uint32_t)strlen(text));
    const File *file = parse_source(arena, source, &built->diag);
    built->defines = NEW_ARRAY(arena, Define, count + 1);
    for (int i = 0; i < count; i++) {
        Source *define = source_add(&built->sources, defines[i], defines[i], (uint32_t)strlen(defines[i]));
        built->defines[i].item = parse_define(arena, define, &built->diag);
    }
    built->net = build_net(arena, &built->sources, &built->diag, library, file, built->defines, count);
    return built;
}

Built *build_text(const char *text)
{
    Built *built = build_with(text, NULL, 0);
    ck_assert_int_eq(built->diag.errors, 0);
    ck_assert_ptr_nonnull(built->net);
    return built;
}

void built_free(Built *built)
{
    arena_free(built->arena);
}

const Node *find_node(const Net *net, const char *stream)
{
    for (int i = 0; i < net->streams.count; i++)
        if (strcmp(net->streams.at[i].name, stream) == 0)
            return &net->nodes.at[net->streams.at[i].node];
    ck_abort_msg("no stream %s", stream);
    return NULL;
}

const Stream *find_stream(const Net *net, const char *name)
{
    for (int i = 0; i < net->streams.count; i++)
        if (strcmp(net->streams.at[i].name, name) == 0)
            return &net->streams.at[i];
    ck_abort_msg("no stream %s", name);
    return NULL;
}

const Param *find_param(const Net *net, const char *name)
{
    for (int i = 0; i < net->params.count; i++)
        if (strcmp(net->params.at[i].name, name) == 0)
            return &net->params.at[i];
    ck_abort_msg("no parameter %s", name);
    return NULL;
}

static double instr_value(const Run *run, const Instr *instr)
{
    switch ((int)instr->op) {
    case OP_CONST: return instr->number;
    case OP_INPUT: return run->inputs[instr->index];
    case OP_STATE: return run->states[instr->index];
    case OP_PARAM: return run->params[instr->index];
    case OP_SCALAR: return run->scalars[instr->index];
    default: break;
    }
    const double *v = run->values;
    double a = instr->a == NO_VAL ? 0 : v[instr->a], b = instr->b == NO_VAL ? 0 : v[instr->b];
    return op_eval(instr->op, a, b, instr->c == NO_VAL ? 0 : v[instr->c]);
}

double run_step(Run *run, const Node *node)
{
    const Body *body = &node->body;
    ck_assert_int_le(body->code.count, 512);
    for (int i = 0; i < body->code.count; i++)
        run->values[i] = instr_value(run, &body->code.at[i]);
    for (int i = 0; i < node->states.count; i++)
        run->states[i] = run->values[node->states.at[i].next];
    return run->values[node->outs.at[0].value];
}

Run run_start(const Node *node)
{
    Run run = {0};
    for (int i = 0; i < node->states.count; i++)
        run.states[i] = node->states.at[i].initial;
    return run;
}

double first_value(const Param *param)
{
    double number;
    ck_assert(body_is_const(&param->init->body, param->init->outs.at[0].value, &number));
    return number;
}
