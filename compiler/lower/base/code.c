#include "lower/base/code.h"
#include "lower/tuned.h"

static const char *origin_text(Lower *lower, Span span)
{
    Place place = source_place(lower->net->sources, span.lo);
    if (!place.source)
        return NULL;
    const char *slash = strrchr(place.source->path, '/');
    const char *line = place.line_text;
    int length = place.line_length;
    for (; length > 0 && (*line == ' ' || *line == '\t'); length--)
        line++;
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\r'))
        length--;
    return arena_printf(lower->arena, "%s:%d  %.*s", slash ? slash + 1 : place.source->path, place.line,
                        length, line);
}

/* `verb`, or verb_name. */
static const char *compose(Lower *lower, const char *verb, const char *name)
{
    return name ? arena_printf(lower->arena, "%s_%s", verb, name) : verb;
}

void kernel_begin(Lower *lower, const char *verb, const char *name, const char *about, Span origin, int items)
{
    Kernel kernel = {.name = loop_name(lower->program, compose(lower, verb, name)),
                     .of_model = name != NULL,
                     .about = about,
                     .origin = origin_text(lower, origin),
                     .line = source_place(lower->net->sources, origin.lo).line};
    Launch launch = {.kernel = lower->program->kernels.count,
                     .about = kernel.about,
                     .origin = kernel.origin,
                     .over_rows = items == 0,
                     .items = items,
                     .layer = lower->layer};
    vec_push(lower->arena, &lower->program->kernels, kernel);
    vec_push(lower->arena, &lower->program->phases[lower->phase], launch);
    lower->kernel = &lower->program->kernels.at[lower->program->kernels.count - 1];
    lower->kernel->first = loop_var(lower->arena, lower->kernel, "first", TYPE_I32);
    lower->kernel->last = loop_var(lower->arena, lower->kernel, "last", TYPE_I32);
}

Launch *last_launch(Lower *lower)
{
    Launches *launches = &lower->program->phases[lower->phase];
    return &launches->at[launches->count - 1];
}

LoopDrive *layer_drive(const Lower *lower, const Node *map)
{
    int number = (int)(map - lower->net->nodes.at);
    LoopLayer *layer = &lower->program->layers.at[lower->layers[number]];
    for (int d = 0; d < layer->drives.count; d++)
        if (layer->drives.at[d].map == number)
            return &layer->drives.at[d];
    return NULL;
}

LoopStmt *kernel_items_in(Lower *lower, LoopBlock *into, const char *name)
{
    Kernel *kernel = lower->kernel;
    return loop_for(lower->arena, into, loop_var(lower->arena, kernel, name, TYPE_I32),
                    loop_ref(lower->arena, kernel, kernel->first),
                    loop_ref(lower->arena, kernel, kernel->last));
}

LoopStmt *kernel_items(Lower *lower, const char *name)
{
    return kernel_items_in(lower, &lower->kernel->body, name);
}

Site kernel_samples(Lower *lower, const char *verb, const char *name, const char *about, Span origin)
{
    kernel_begin(lower, verb, name, about, origin, 0);
    LoopStmt *loop = kernel_items(lower, "b");
    return (Site){.into = &loop->body, .b = loop_variable(lower, loop)};
}

Site kernel_samples_in(Lower *lower, Phase phase, const char *verb, const char *name, const char *about,
                       Span origin)
{
    Phase own = lower->phase;
    lower->phase = phase;
    Site site = kernel_samples(lower, verb, name, about, origin);
    lower->phase = own;
    return site;
}

LoopStmt *for_range(Lower *lower, LoopBlock *into, const char *name, int count)
{
    return loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, name, TYPE_I32),
                    loop_int(lower->arena, 0), loop_int(lower->arena, count));
}

LoopStmt *for_units(Lower *lower, LoopBlock *into, const char *name, int count)
{
    LoopStmt *loop = for_range(lower, into, name, count);
    loop->independent = true;
    return loop;
}

LoopStmt *for_bounds(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to)
{
    return loop_for(lower->arena, into, loop_var(lower->arena, lower->kernel, name, TYPE_I32), from, to);
}

LoopExpr *loop_variable(Lower *lower, const LoopStmt *loop)
{
    return loop_ref(lower->arena, lower->kernel, loop->var);
}

LoopExpr *loop_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    VarId var = loop_var(lower->arena, lower->kernel, name, value->type);
    loop_let(lower->arena, into, var, value);
    return loop_ref(lower->arena, lower->kernel, var);
}

LoopExpr *model_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    LoopExpr *local = loop_local(lower, into, name ? name : "x", value);
    lower->kernel->vars.at[local->var].of_model = name != NULL;
    return local;
}

LoopStmt *for_chunks(Lower *lower, LoopBlock *into, const char *name, LoopExpr *from, LoopExpr *to, int size,
                     LoopExpr **first, LoopExpr **end)
{
    LoopExpr *count = op2(lower, OP_ADD, op2(lower, OP_SUB, to, from), num(lower, size - 1));
    LoopStmt *chunks =
        for_bounds(lower, into, name, num(lower, 0), op2(lower, OP_DIV, count, num(lower, size)));
    LoopExpr *start = op2(lower, OP_MUL, loop_variable(lower, chunks), num(lower, size));
    *first = loop_local(lower, &chunks->body, "b0", op2(lower, OP_ADD, from, start));
    LoopExpr *next = loop_local(lower, &chunks->body, "end", op2(lower, OP_ADD, *first, num(lower, size)));
    *end = loop_local(lower, &chunks->body, "b1", least(lower, next, to));
    return chunks;
}

LoopExpr *load1(Lower *lower, BufferId buffer, LoopExpr *i)
{
    return loop_load(lower->program, buffer, 1, &i);
}

LoopExpr *load2(Lower *lower, BufferId buffer, LoopExpr *i, LoopExpr *j)
{
    return loop_load(lower->program, buffer, 2, (LoopExpr *[]){i, j});
}

void store1(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *i, LoopExpr *value, bool add)
{
    loop_store(lower->program, into, buffer, 1, &i, value, add);
}

void store2(Lower *lower, LoopBlock *into, BufferId buffer, LoopExpr *i, LoopExpr *j, LoopExpr *value,
            bool add)
{
    loop_store(lower->program, into, buffer, 2, (LoopExpr *[]){i, j}, value, add);
}

static bool fuses(const Lower *lower)
{
    return lower->plan->options.products == PRODUCTS_FUSED;
}

LoopExpr *multiply_add(Lower *lower, LoopExpr *sum, LoopExpr *a, LoopExpr *b)
{
    return fuses(lower) ? loop_op(lower->arena, OP_FMA, a, b, sum)
                        : op2(lower, OP_ADD, sum, op2(lower, OP_MUL, a, b));
}

void store_product(Lower *lower, LoopBlock *into, BufferId buffer, int nindex, LoopExpr *const *index,
                   LoopExpr *a, LoopExpr *b)
{
    bool fused = fuses(lower);
    LoopExpr *value = fused ? multiply_add(lower, loop_load(lower->program, buffer, nindex, index), a, b)
                            : op2(lower, OP_MUL, a, b);
    loop_store(lower->program, into, buffer, nindex, index, value, !fused);
}

LoopExpr *num(Lower *lower, int number)
{
    return loop_int(lower->arena, number);
}

LoopExpr *op2(Lower *lower, Op op, LoopExpr *a, LoopExpr *b)
{
    return loop_op(lower->arena, op, a, b, NULL);
}

LoopExpr *random_fraction(Lower *lower, LoopExpr *key, LoopExpr *unit)
{
    Arena *arena = lower->arena;
    LoopExpr *bits = op2(lower, OP_DIV, loop_random(arena, key, unit), loop_word(arena, 1u << 8));
    return op2(lower, OP_DIV, loop_cast(arena, TYPE_F32, bits), loop_float(arena, 1 << 24));
}

LoopExpr *least(Lower *lower, LoopExpr *a, LoopExpr *b)
{
    return loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, a, b), a, b);
}

LoopExpr *lanes_are_wide(Lower *lower)
{
    return op2(lower, OP_GE, loop_lanes(lower->arena), num(lower, WIDE_LANES));
}

LoopBlock *if_wide(Lower *lower, LoopBlock *into, bool wide)
{
    LoopExpr *narrow = op2(lower, OP_LT, loop_lanes(lower->arena), num(lower, WIDE_LANES));
    return &loop_if(lower->arena, into, wide ? lanes_are_wide(lower) : narrow)->body;
}

LoopBlock *if_vectors(Lower *lower, LoopBlock *into, bool there_are)
{
    return &loop_if(lower->arena, into, loop_vectors(lower->arena, there_are))->body;
}

LoopExpr *as_bit(Lower *lower, LoopExpr *truth)
{
    return loop_op(lower->arena, OP_SELECT, truth, num(lower, 1), num(lower, 0));
}

LoopExpr *is_beyond(Lower *lower, Op than, LoopExpr *x, LoopExpr *extreme)
{
    LoopExpr *above = op2(lower, than, x, extreme);
    bool perhaps_nan = x->type == TYPE_F32 && !lower->net->whole;
    return perhaps_nan ? op2(lower, OP_OR, above, op2(lower, OP_NE, x, x)) : above;
}

LoopExpr *declare_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    VarId var = loop_var(lower->arena, lower->kernel, name, value->type);
    loop_declare(lower->arena, into, var, value);
    return loop_ref(lower->arena, lower->kernel, var);
}

BufferId named_buffer(Lower *lower, const char *prefix, const char *name, Type type, BufferRole role,
                      bool per_sample, int ndim, const int *dims)
{
    Buffer buffer = {.name = loop_name(lower->program, compose(lower, prefix, name)),
                     .of_model = name != NULL,
                     .type = type,
                     .role = role,
                     .per_sample = per_sample,
                     .ndim = ndim,
                     .param = -1};
    for (int d = 0; d < ndim; d++)
        buffer.dims[d] = dims[d];
    return loop_buffer(lower->program, buffer);
}

void buffer_about(Lower *lower, BufferId buffer, const char *about)
{
    lower->program->buffers.at[buffer].about = about;
}

void emit_defined(Lower *lower, Site site, BufferId buffer)
{
    LoopExpr *first[LOOP_MAX_DIMS];
    int ndim = lower->program->buffers.at[buffer].ndim;
    for (int d = 0; d < ndim; d++)
        first[d] = num(lower, 0);
    if (lower->plan->options.infer)
        loop_store(lower->program, site.into, buffer, ndim, first, num(lower, 0), false);
}
