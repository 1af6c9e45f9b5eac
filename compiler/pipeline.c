#include "pipeline.h"

#include "embedded.h"
#include "parse.h"

#include <stdlib.h>

/* What -D says is a text of its own, so that messages can point into it. */
static void parse_defines(Compilation *c)
{
    for (int i = 0; i < c->define_count; i++) {
        Define *define = &c->defines[i];
        const char *path = arena_printf(c->arena, "-D %s", define->text);
        Source *source = source_add(&c->sources, path, define->text, (uint32_t)strlen(define->text));
        source->argument = true;
        define->item = parse_define(c->arena, source, &c->diag);
    }
}

static bool run_parse(Compilation *c)
{
    parse_defines(c);
    bool damaged = c->diag.errors > 0;
    c->file = parse_source(c->arena, c->text, &c->diag);
    c->file->damaged |= damaged;
    return true; /* build reports what else is wrong, as far as the tree allows */
}

static void keep_streams(Compilation *c)
{
    for (int k = 0; k < c->keep_count; k++)
        for (int s = 0; s < c->net->streams.count; s++)
            if (strcmp(c->net->streams.at[s].name, c->keep[k]) == 0)
                c->net->streams.at[s].keep = true;
}

static bool run_build(Compilation *c)
{
    if (c->file->damaged)
        return false;
    c->net = build_net(c->arena, &c->sources, &c->diag, c->library, c->file, c->defines, c->define_count);
    if (!c->net || c->diag.errors)
        return false;
    net_describe(c->net);
    net_draw(c->net);
    keep_streams(c);
    return true;
}

static bool run_evaluate(Compilation *c)
{
    evaluate_net(c->net, c->lower.kernels == KERNELS_AUTO);
    return true;
}

/* What training runs, and what tests do. */
static void run_on_both(Compilation *c, void (*pass)(Net *net))
{
    pass(c->net);
    if (c->net->evaluated)
        pass(c->net->evaluated);
}

static bool run_smooth(Compilation *c)
{
    if (c->smooth)
        smooth_steps(c->net, c->held);
    return true;
}

/* Of batches and threads, which inference has none of. */
static const Without not_for_inference = WITHOUT(CHAINS) | WITHOUT(SHARE);

static bool leaves_out(const Compilation *c, Optimisation optimisation)
{
    Without without = c->lower.without | (c->lower.infer ? not_for_inference : 0);
    return is_without(without, optimisation);
}

static bool run_factor(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_FACTOR))
        run_on_both(c, factor_maps);
    return true;
}

static bool run_simplify(Compilation *c)
{
    run_on_both(c, simplify_net);
    return true;
}

/* A prediction is made of its sample alone, whichever others share a batch with it. */
static bool run_alone(Compilation *c)
{
    const Node *sum = net_shared_prediction(c->net->evaluated ? c->net->evaluated : c->net);
    if (!sum)
        return true;
    diag_error(&c->diag, RULE_BATCH, sum->span, "the prediction would depend on which samples share a batch");
    diag_hint(
        &c->diag,
        "only what is learned may read it, as a loss or behind `where(training, ...)`; a `memory` keeps "
        "what past batches were like");
    return false;
}

static bool run_fold(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_FOLD) && c->net->evaluated)
        fold_norms(c->net->evaluated);
    return true;
}

static bool run_exchange(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_EXCHANGE))
        run_on_both(c, exchange_maps);
    return true;
}

static bool run_commute(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_COMMUTE))
        run_on_both(c, commute_dense);
    return true;
}

static bool run_differentiate(Compilation *c)
{
    if (!c->net->training.present)
        return true;
    differentiate(c->net);
    if (c->net->updates < c->net->nodes.count)
        return true;
    diag_error(&c->diag, RULE_NOTHING_TO_LEARN, net_loss(c->net)->span,
               "nothing can be learned: the loss depends on no parameter%s",
               c->net->params.count > 0 ? ", or only through `detach`" : "");
    diag_hint(&c->diag,
              "weights of a `dense` and a neuron's `param` are learned; without `train`, the program "
              "tests and predicts");
    return false;
}

static bool run_fuse(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_FUSE))
        run_on_both(c, fuse_scans);
    return true;
}

static bool run_watch(Compilation *c)
{
    run_on_both(c, watch_net);
    return true;
}

static bool run_infer(Compilation *c)
{
    c->net = infer_net(c->net, c->lower.all_steps);
    if (c->lower.quantize)
        keep_numbers(c->net);
    return true;
}

static bool run_lower(Compilation *c)
{
    c->program = (c->lower.infer ? lower_inference : lower_net)(c->arena, c->net, c->lower);
    return true;
}

static bool run_whole(Compilation *c)
{
    if (c->net->whole)
        whole_program(c->program);
    return true;
}

static bool run_bytes(Compilation *c)
{
    if (c->net->whole)
        bytes_program(c->program);
    return true;
}

static bool run_single(Compilation *c)
{
    if (c->set_clock)
        c->set_clock(c);
    single_sample(c->program);
    return true;
}

static bool run_freeze(Compilation *c)
{
    freeze_kernels(c->program);
    return true;
}

static bool run_copies(Compilation *c)
{
    if (c->lower.infer && !leaves_out(c, OPTIMISATION_COPIES))
        drop_copies(c->program);
    return true;
}

static bool run_join(Compilation *c)
{
    if (c->lower.infer && !leaves_out(c, OPTIMISATION_JOIN))
        join_neurons(c->program);
    return true;
}

/* What shall be printed is not overwritten. */
static void keep_buffers(Compilation *c)
{
    for (int k = 0; k < c->keep_count; k++)
        for (int b = 0; b < c->program->buffers.count; b++)
            if (strcmp(c->keep[k], "all") == 0 || strcmp(c->keep[k], c->program->buffers.at[b].name) == 0)
                c->program->buffers.at[b].keep = true;
}

static bool run_chain(Compilation *c)
{
    keep_buffers(c);
    if (!leaves_out(c, OPTIMISATION_CHAINS))
        chain_kernels(c->program, c->lower.small);
    return true;
}

static bool run_share(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_SHARE))
        share_kernels(c->program);
    return true;
}

static bool run_unroll(Compilation *c)
{
    if (!c->lower.infer)
        unroll_loops(c->program);
    return true;
}

static bool run_unused(Compilation *c)
{
    drop_unused_locals(c->program);
    return true;
}

static bool run_vectors(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_VECTORS))
        mark_vectors(c->program);
    return true;
}

static bool run_names(Compilation *c)
{
    name_locals(c->program);
    return true;
}

static bool run_functions(Compilation *c)
{
    call_functions(c->program);
    return true;
}

static bool run_needs(Compilation *c)
{
    list_needs(c->program);
    return true;
}

static bool run_again(Compilation *c)
{
    enum { LEAST = 1 << 20 };
    if (!c->lower.infer && !leaves_out(c, OPTIMISATION_AGAIN))
        make_again(c->program, c->lower.small ? 1 : LEAST);
    return true;
}

static bool run_memory(Compilation *c)
{
    if (!leaves_out(c, OPTIMISATION_MEMORY))
        place_buffers(c->program, c->lower.infer);
    return true;
}

static bool run_constants(Compilation *c)
{
    return !c->make_constants || c->make_constants(c);
}

static bool run_trim(Compilation *c)
{
    if (c->make_constants)
        trim_constants(c->program);
    return true;
}

static bool run_literals(Compilation *c)
{
    if (c->make_constants)
        write_literals(c->program, c->lower.delays_as_code);
    return true;
}

/* clang-format off */
const Pass passes[] = {
    /* name          from        to          run                what holds afterwards, and whether it is for inference only */
    {"parse",         STAGE_TEXT, STAGE_AST,  run_parse,         "what was written, with its places", false},
    {"build",         STAGE_AST,  STAGE_NET,  run_build,         "every name, unit and shape is right; streams in execution order", false},
    {"evaluate",      STAGE_NET,  STAGE_NET,  run_evaluate,      "`training` holds; where that matters, what tests run is a Net beside it", false},
    {"smooth",        STAGE_NET,  STAGE_NET,  run_smooth,        "for --gradcheck: no step, no detach; else unchanged", false},
    {"factor",        STAGE_NET,  STAGE_NET,  run_factor,        "spikes drive maps where multiples of spikes did", false},
    {"simplify",      STAGE_NET,  STAGE_NET,  run_simplify,      "pointwise maps are part of the scan that reads them; nothing is unused", false},
    {"alone",         STAGE_NET,  STAGE_NET,  run_alone,         "a prediction is made of its sample alone", false},
    {"fold",          STAGE_NET,  STAGE_NET,  run_fold,          "what tests run: norms add to what maps make, and multiply only weights", false},
    {"exchange",      STAGE_NET,  STAGE_NET,  run_exchange,      "maps along time stand before maps that make more units", false},
    {"commute",       STAGE_NET,  STAGE_NET,  run_commute,       "what is linear runs once for all steps where it can", false},
    {"differentiate", STAGE_NET,  STAGE_NET,  run_differentiate, "every learned parameter has its gradient and its update", false},
    {"prune",         STAGE_NET,  STAGE_NET,  run_simplify,      "the same, backward; forward runs hold no slopes", false},
    {"fuse",          STAGE_NET,  STAGE_NET,  run_fuse,          "scans that follow each other are one scan", false},
    {"watch",         STAGE_NET,  STAGE_NET,  run_watch,         "NaN that a neuron compares is in a state at the end, or in a trace", false},
    {"infer",         STAGE_NET,  STAGE_NET,  run_infer,         "for --infer: what predicts, of what tests run, and nothing else; else unchanged", true},
    {"lower",         STAGE_NET,  STAGE_LOOP, run_lower,         "loops, loads, stores and scalar operations only; casts explicit", false},
    {"whole",         STAGE_LOOP, STAGE_LOOP, run_whole,         "for --quantize: there are no reals; else unchanged", true},
    {"bytes",         STAGE_LOOP, STAGE_LOOP, run_bytes,         "for --quantize: what holds bytes only lies in bytes; else unchanged", true},
    {"single",        STAGE_LOOP, STAGE_LOOP, run_single,        "for --infer: there is one sample, and no loop of one turn; else unchanged", true},
    {"freeze",        STAGE_LOOP, STAGE_LOOP, run_freeze,        "for --infer: what is made of parameters alone belongs to the initial phase", true},
    {"copies",        STAGE_LOOP, STAGE_LOOP, run_copies,        "for --infer: an array that is a copy of another one is that one, where it can be", true},
    {"join",          STAGE_LOOP, STAGE_LOOP, run_join,          "for --infer: neurons are made where registers hold their sums; else unchanged", true},
    {"chain",         STAGE_LOOP, STAGE_LOOP, run_chain,         "samples go through kernels one by one, where that leaves less between these", false},
    {"share",         STAGE_LOOP, STAGE_LOOP, run_share,         "kernels that are equal up to their buffers are one kernel", false},
    {"unroll",        STAGE_LOOP, STAGE_LOOP, run_unroll,        "time loops go in rounds of a few steps", false},
    {"unused",        STAGE_LOOP, STAGE_LOOP, run_unused,        "somebody reads every local", false},
    {"names",         STAGE_LOOP, STAGE_LOOP, run_names,         "no local name hides another one", false},
    {"functions",     STAGE_LOOP, STAGE_LOOP, run_functions,     "what targets have no instruction for is a call of a function of the program", false},
    {"needs",         STAGE_LOOP, STAGE_LOOP, run_needs,         "the program says what it needs of the runtime", false},
    {"constants",     STAGE_LOOP, STAGE_LOOP, run_constants,     "for --infer: what the initial phase makes of trained weights has its values; else unchanged", true},
    {"trim",          STAGE_LOOP, STAGE_LOOP, run_trim,          "for --infer: constants are as long and as wide as their values; no initial phase; else unchanged", true},
    {"literals",      STAGE_LOOP, STAGE_LOOP, run_literals,      "branches that constants decide are settled; for --delays=code, loops over synapses are written out, with their weights", true},
    {"vectors",       STAGE_LOOP, STAGE_LOOP, run_vectors,       "loops that are taken several turns at a time are marked, and what is in registers", false},
    {"again",         STAGE_LOOP, STAGE_LOOP, run_again,         "what is quickly made may be made again for the backward phase", false},
    {"memory",        STAGE_LOOP, STAGE_LOOP, run_memory,        "buffers that are not alive at the same time may share their place", false},
};
/* clang-format on */
const int pass_count = sizeof passes / sizeof *passes;

const Pass *find_pass(const char *name)
{
    for (int i = 0; i < pass_count; i++)
        if (strcmp(passes[i].name, name) == 0)
            return &passes[i];
    return NULL;
}

const char *emit_pass(const char *emit)
{
    static const char *const shown[][2] = {
        {"ast", "parse"}, {"net", "commute"}, {"adjoint", "fuse"}, {"loop", "memory"}, {"svg", "build"}};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (strcmp(shown[i][0], emit) == 0)
            return shown[i][1];
    return NULL;
}

static void merge_library(Compilation *c, const File *part)
{
    for (int i = 0; i < part->defs.count; i++)
        vec_push(c->arena, &c->library->defs, part->defs.at[i]);
    for (int i = 0; i < part->lets.count; i++)
        vec_push(c->arena, &c->library->lets, part->lets.at[i]);
}

static void parse_library(Compilation *c)
{
    c->library = NEW(c->arena, File);
    for (int i = 0; i < embedded_count; i++) {
        const Embedded *file = &embedded_files[i];
        if (strncmp(file->path, "library/", 8) != 0 || strcmp(strrchr(file->path, '.'), ".snn") != 0)
            continue;
        Source *source = source_add(&c->sources, file->path, file->text, (uint32_t)file->length);
        source->library = true;
        merge_library(c, parse_source(c->arena, source, &c->diag));
    }
}

Compilation *compilation_new(Arena *arena, FILE *messages)
{
    Compilation *c = NEW(arena, Compilation);
    c->arena = arena;
    c->sources.arena = arena;
    c->diag = (Diag){.sources = &c->sources, .out = messages};
    parse_library(c);
    return c;
}

void print_stage(const Compilation *c, const Pass *pass, Out *out)
{
    switch (pass->to) {
    case STAGE_TEXT: break;
    case STAGE_AST: ast_print(out, c->file); break;
    case STAGE_NET: net_print(out, c->net, 0, c->net->nodes.count); break;
    case STAGE_LOOP: loop_print(out, c->program); break;
    }
}

/* What single precision does not hold may come to light only where equations are derived or merged: the
 * message points at what the user wrote that it came from. One is enough: the others are likely the same. */
static bool holds_constants(Compilation *c, const Net *net)
{
    for (int n = 0; net && n < net->nodes.count; n++) {
        const Body *body = &net->nodes.at[n].body;
        Val v = body_unheld(body, 0);
        if (v == NO_VAL)
            continue;
        diag_error(
            &c->diag, RULE_NOT_FINITE, body->code.at[v].span,
            "this, or its derivative, leads to the constant %.15g, which single precision does not hold",
            body->code.at[v].number);
        return false;
    }
    return true;
}

static void dump(const Compilation *c, const Pass *pass)
{
    Out *out = out_new(c->arena);
    print_stage(c, pass, out);
    fprintf(stderr, "---- after %s: %s\n%s", pass->name, pass->guarantees, out_text(out));
}

static void verify(const Compilation *c, const Pass *pass)
{
    const char *wrong = pass->to == STAGE_NET    ? net_verify(c->net)
                        : pass->to == STAGE_LOOP ? loop_verify(c->program)
                                                 : NULL;
    if (!wrong)
        return;
    fprintf(stderr, "snnc: internal error after pass %s: %s\nPlease report this, with the model.\n",
            pass->name, wrong);
    exit(3);
}

bool compile(Compilation *c, const char *last)
{
    return compile_from(c, passes[0].name, last);
}

bool compile_from(Compilation *c, const char *first, const char *last)
{
    for (int i = (int)(find_pass(first) - passes); i < pass_count; i++) {
        const Pass *pass = &passes[i];
        bool left_out = pass->for_inference && !c->lower.infer;
        if (!left_out && !pass->run(c))
            return false;
        if (c->dump_after && (strcmp(c->dump_after, pass->name) == 0 || strcmp(c->dump_after, "all") == 0))
            dump(c, pass);
        if (pass->to == STAGE_NET && !(holds_constants(c, c->net) && holds_constants(c, c->net->evaluated)))
            return false;
        if (!left_out)
            verify(c, pass);
        if (last && strcmp(last, pass->name) == 0)
            break;
    }
    return c->diag.errors == 0;
}
