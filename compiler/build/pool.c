/* Pools and up-sampling: windows along the axes of space, one channel apart from the other, without weights. */
#include "connect.h"

const char *const pool_formals[] = {name_kernel, NULL, name_stride, name_none, name_pad, name_none, NULL};
const char *const upsample_formals[] = {name_factor, NULL, name_linear, name_false, NULL};

/* Without an argument, windows do not overlap. */
static bool pool_map(Build *b, Window *window, AxisMap *map)
{
    *map = (AxisMap){.name = window->stage, .groups = 1, .constant = 1};
    window->strides = true;
    window->size = window->transposed ? name_factor : name_kernel; /* of an `upsample` */
    bool fine = read_windows(b, window, map);
    if (fine)
        add_same_channels(window, map);
    return fine;
}

static bool window_shape(Build *b, const Scope *frame, const Shape *in, bool transposed, Shape *shape)
{
    AxisMap map;
    Window window = window_of(name_sum_pool, (Span){0, 0}, frame, in ? *in : (Shape){0}, transposed);
    bool found = in && pool_map(b, &window, &map);
    if (found)
        *shape = map_shape(&map, transposed);
    return found;
}

bool pool_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    return window_shape(b, frame, in, false, shape);
}

bool upsample_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    return window_shape(b, frame, in, true, shape);
}

/* The map of a use of a stage; false if a mistake was reported. */
static bool begin_pool(Build *b, const StageUse *use, bool transposed, Connection *pool)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    if (in == NONE || frame->wrong)
        return false;
    *pool = (Connection){.use = use, .frame = frame, .in = in, .transposed = transposed, .fixed = true};
    Window window = window_of(use->stage->name, use->expr->span, frame, stream_at(b, in)->shape, transposed);
    bool fine = pool_map(b, &window, &pool->map);
    if (fine)
        pool->out = map_shape(&pool->map, transposed);
    return fine && check_connection(b, pool, &pool->map);
}

static Value add_pool(Build *b, const Connection *pool)
{
    const Stream *in = stream_at(b, pool->in);
    AxisMap *map = NEW(b->arena, AxisMap);
    *map = pool->map;
    Node node = node_new(NODE_POOL, pool->use->expr->span);
    node.in = pool->in;
    node.map = map;
    node.out = add_stream(b, pool->use->name, map->name, in->kind, in->temporal, pool->out, node.span);
    add_node(b, node);
    return value_stream(node.out, unit_plain);
}

Value build_sum_pool(Build *b, const StageUse *use)
{
    Connection pool;
    return begin_pool(b, use, false, &pool) ? add_connection(b, &pool) : value_poison();
}

/* The same, divided by the size of the window, with its padding. */
Value build_avg_pool(Build *b, const StageUse *use)
{
    Connection pool;
    if (!begin_pool(b, use, false, &pool))
        return value_poison();
    pool.map.constant = 1.0 / map_rows(&pool.map);
    return add_connection(b, &pool);
}

/* The greatest of each window; of spikes, a spike. */
Value build_max_pool(Build *b, const StageUse *use)
{
    Connection pool;
    if (!begin_pool(b, use, false, &pool))
        return value_poison();
    for (int a = 0; a < pool.map.count; a++) {
        const MapAxis *axis = &pool.map.space[a];
        if (axis->reach != REACH_WINDOW || axis->before < axis->taps)
            continue;
        report(b, RULE_WINDOW, use->expr->span,
               "a window of %d along `%s` would lie within the padding of %d", axis->taps, axis->name,
               axis->before);
        report_hint(b, "`pad` must be less than the window");
        return value_poison();
    }
    return add_pool(b, &pool);
}

/* ---- up-sampling ---- */

/* The same with the first and the last position of each window's axis twice. NONE if a mistake was reported. */
static StreamId add_padding(Build *b, const Connection *pool)
{
    StageUse use = *pool->use;
    use.name = NULL;
    Connection padded = *pool;
    padded.use = &use;
    padded.transposed = false;
    padded.map.edge = EDGE_REPLICATE;
    for (int a = 0; a < padded.map.count; a++) {
        MapAxis *axis = &padded.map.space[a];
        if (axis->reach != REACH_WINDOW)
            continue;
        axis->in = axis->out;
        axis->out = axis->in + 2;
        axis->taps = axis->stride = axis->before = 1;
    }
    padded.out = map_shape(&padded.map, false);
    return stream_of(b, add_connection(b, &padded), use.expr->span);
}

/* Each input fills a window twice as large, and less the farther from its middle. Where those of the first and last
 * end, these go on. */
static Value add_linear(Build *b, Connection *pool)
{
    pool->in = add_padding(b, pool);
    for (int a = 0; a < pool->map.count; a++) {
        MapAxis *axis = &pool->map.space[a];
        if (axis->reach != REACH_WINDOW)
            continue;
        int factor = axis->stride;
        axis->linear = true;
        axis->out += 2;
        axis->taps = 2 * factor - factor % 2;
        axis->before = (axis->taps + factor) / 2;
    }
    return pool->in == NONE ? value_poison() : add_connection(b, pool);
}

/* Each input fills a window of its own: the transpose of a sum. */
Value build_upsample(Build *b, const StageUse *use)
{
    Connection pool;
    if (!begin_pool(b, use, true, &pool))
        return value_poison();
    const Entry *given = given_argument(pool.frame, name_linear);
    bool linear = false;
    if (given && !constant_flag(b, given->scope, given->expr, "`linear`", &linear))
        return value_poison();
    return linear ? add_linear(b, &pool) : add_connection(b, &pool);
}
