#include "lower/lower.h"

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
                     .phase = lower->phase,
                     .over_rows = items == 0,
                     .items = items};
    vec_push(lower->arena, &lower->program->kernels, kernel);
    lower->kernel = &lower->program->kernels.at[lower->program->kernels.count - 1];
    lower->kernel->first = loop_var(lower->arena, lower->kernel, "first", TYPE_I32);
    lower->kernel->last = loop_var(lower->arena, lower->kernel, "last", TYPE_I32);
}

LoopStmt *kernel_items(Lower *lower, const char *name)
{
    Kernel *kernel = lower->kernel;
    return loop_for(lower->arena, &kernel->body, loop_var(lower->arena, kernel, name, TYPE_I32),
                    loop_ref(lower->arena, kernel, kernel->first),
                    loop_ref(lower->arena, kernel, kernel->last));
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
    LoopExpr *least = loop_op(lower->arena, OP_SELECT, op2(lower, OP_LT, next, to), next, to);
    *end = loop_local(lower, &chunks->body, "b1", least);
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

const Stream *stream_of(const Lower *lower, StreamId stream)
{
    return &lower->net->streams.at[stream];
}

int stream_size(const Lower *lower, StreamId stream)
{
    return shape_size(stream_of(lower, stream)->shape);
}

LoopExpr *num(Lower *lower, int number)
{
    return loop_int(lower->arena, number);
}

LoopExpr *op2(Lower *lower, Op op, LoopExpr *a, LoopExpr *b)
{
    return loop_op(lower->arena, op, a, b, NULL);
}

LoopExpr *declare_local(Lower *lower, LoopBlock *into, const char *name, LoopExpr *value)
{
    VarId var = loop_var(lower->arena, lower->kernel, name, value->type);
    loop_declare(lower->arena, into, var, value);
    return loop_ref(lower->arena, lower->kernel, var);
}

int site_width(const Lower *lower, Site site, StreamId stream)
{
    return site.tile ? site.tile->width : stream_size(lower, stream);
}

LoopExpr *unit_of(Lower *lower, Site site, LoopExpr *n)
{
    return site.tile ? op2(lower, OP_ADD, site.tile->from, n) : n;
}

BufferId named_buffer(Lower *lower, const char *prefix, const char *name, Type type, BufferRole role,
                      bool per_sample, int ndim, const int *dims)
{
    Buffer buffer = {.name = compose(lower, prefix, name),
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

/* Where step t is, of a stream that keeps only so many steps. */
static LoopExpr *slot_of(Lower *lower, LoopExpr *t, int slots)
{
    if (slots == 1)
        return num(lower, 0);
    if (t->kind == LOOP_NUMBER)
        return num(lower, (int)t->number % slots);
    LoopExpr *rounds = op2(lower, OP_DIV, t, num(lower, slots));
    return op2(lower, OP_SUB, t, op2(lower, OP_MUL, rounds, num(lower, slots)));
}

/* The buffer of a stream and its indices for unit n at the site. */
static BufferId stream_place(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *index[4],
                             int *count)
{
    bool local = site.tile && site.tile->local[stream] >= 0;
    *count = 0;
    if (lower->tiled[stream]) {
        index[(*count)++] = site.b;
        index[(*count)++] = site.tile->item;
        index[(*count)++] = site.t;
        index[(*count)++] = n;
        return lower->streams[stream];
    }
    if (local)
        index[(*count)++] = site.tile->item;
    LoopExpr *row = local && site.tile->b0 ? op2(lower, OP_SUB, site.b, site.tile->b0) : num(lower, 0);
    index[(*count)++] = local ? row : site.b;
    if (stream_of(lower, stream)->temporal)
        index[(*count)++] = lower->slots[stream] ? slot_of(lower, site.t, lower->slots[stream]) : site.t;
    index[(*count)++] = local ? n : unit_of(lower, site, n);
    return local ? site.tile->local[stream] : lower->streams[stream];
}

LoopExpr *load_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n)
{
    if (lower->shifted[stream])
        return load_delayed(lower, &lower->net->nodes.at[stream_of(lower, stream)->node], site, n);
    LoopExpr *index[4];
    int count;
    BufferId buffer = stream_place(lower, stream, site, n, index, &count);
    return loop_load(lower->program, buffer, count, index);
}

void store_stream(Lower *lower, StreamId stream, Site site, LoopExpr *n, LoopExpr *value, bool add)
{
    LoopExpr *index[4];
    int count;
    BufferId buffer = stream_place(lower, stream, site, n, index, &count);
    loop_store(lower->program, site.into, buffer, count, index, value, add);
}
