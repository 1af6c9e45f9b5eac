/* Pools and up-sampling: windows along the axes of space, one channel apart from the other, without weights. */
#include "connect.h"

const char *const pool_formals[] = {name_kernel, NULL,       name_stride, name_none, name_pad,
                                    name_none,   name_along, name_none,   NULL};
const char *const upsample_formals[] = {name_factor, NULL,      name_linear, name_false,
                                        name_along,  name_none, NULL};

/* Without an argument, windows do not overlap. Transposed: of an `upsample`. */
static Window pool_window(const char *stage, Span span, const Scope *frame, Shape in, bool transposed)
{
    Window window = window_of(stage, span, frame, in, transposed);
    window.strides = true;
    window.size = transposed ? name_factor : name_kernel;
    return window;
}

static bool pool_map(Build *b, const Window *window, AxisMap *map)
{
    *map = (AxisMap){.name = window->stage, .groups = 1, .constant = 1};
    bool fine = read_windows(b, window, map);
    if (fine)
        add_same_axes(window, map);
    return fine;
}

static bool shape_of(Build *b, const Scope *frame, const Shape *in, bool transposed, Shape *shape)
{
    AxisMap map;
    Window window = pool_window(name_sum_pool, (Span){0, 0}, frame, in ? *in : (Shape){0}, transposed);
    bool along = given_argument(frame, name_along);
    bool found = in && (along || pool_map(b, &window, &map));
    if (found)
        *shape = along ? *in : map_shape(&map, transposed);
    return found;
}

bool pool_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    return shape_of(b, frame, in, false, shape);
}

bool upsample_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    return shape_of(b, frame, in, true, shape);
}

static int steps_of(Build *b, const Scope *frame, int in, bool transposed)
{
    Window window = pool_window(name_sum_pool, (Span){0, 0}, frame, (Shape){0}, transposed);
    return window_steps(b, &window, in);
}

int pool_steps(Build *b, const Scope *frame, int in)
{
    return steps_of(b, frame, in, false);
}

int upsample_steps(Build *b, const Scope *frame, int in)
{
    return steps_of(b, frame, in, true);
}

/* A use of a stage while it is built: where it goes along time, of a stream that has all steps at once. */
typedef struct Pool {
    Connection connection;
    const StageUse *use;
    StageUse inner; /* the same, without the name of what end_pool makes */
    bool along;
    Shape step; /* of the result */
} Pool;

/* False if a mistake was reported. */
static bool begin_pool(Build *b, const StageUse *use, bool transposed, Pool *pool)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    if (in == NONE || frame->wrong)
        return false;
    *pool = (Pool){.use = use, .inner = *use, .along = given_argument(frame, name_along)};
    Connection *connection = &pool->connection;
    *connection = (Connection){.use = use, .frame = frame, .in = in, .transposed = transposed, .fixed = true};
    Window window =
        pool_window(use->stage->name, use->expr->span, frame, stream_at(b, in)->shape, transposed);
    if (pool->along) {
        if (!check_along(b, frame) || !check_temporal(b, in, use->in_span, true))
            return false;
        pool->step = window.in;
        window = window_along_time(&window, stream_at(b, in)->steps);
        connection->in = steps_as_axis(b, use, in, window.in);
        pool->inner.name = NULL;
        connection->use = &pool->inner;
    }
    bool fine = pool_map(b, &window, &connection->map);
    if (fine)
        connection->out = map_shape(&connection->map, transposed);
    return fine && check_connection(b, connection, &connection->map);
}

static Value end_pool(Build *b, const Pool *pool, Value result)
{
    return pool->along ? axis_as_steps(b, pool->use, result, pool->step) : result;
}

Value build_sum_pool(Build *b, const StageUse *use)
{
    Pool pool;
    return begin_pool(b, use, false, &pool) ? end_pool(b, &pool, add_connection(b, &pool.connection))
                                            : value_poison();
}

/* The same, divided by the size of the window, with its padding. */
Value build_avg_pool(Build *b, const StageUse *use)
{
    Pool pool;
    if (!begin_pool(b, use, false, &pool))
        return value_poison();
    pool.connection.map.constant = 1.0 / map_rows(&pool.connection.map);
    return end_pool(b, &pool, add_connection(b, &pool.connection));
}

/* The greatest of each window; of spikes, a spike. */
Value build_max_pool(Build *b, const StageUse *use)
{
    Pool pool;
    if (!begin_pool(b, use, false, &pool))
        return value_poison();
    const AxisMap *map = &pool.connection.map;
    for (int a = 0; a < map->count; a++) {
        const MapAxis *axis = &map->space[a];
        if (axis->reach != REACH_WINDOW || axis->before < axis->taps)
            continue;
        report(b, RULE_WINDOW, use->expr->span,
               "a window of %d along `%s` would lie within the padding of %d", axis->taps, axis->name,
               axis->before);
        report_hint(b, "`pad` must be less than the window");
        return value_poison();
    }
    return end_pool(b, &pool, add_greatest(b, &pool.connection));
}

/* ---- up-sampling ---- */

/* The same with the first and the last position of each window's axis twice. NONE if a mistake was reported. */
static StreamId add_padding(Build *b, const Connection *pool)
{
    AxisMap map = pool->map;
    for (int a = 0; a < map.count; a++) {
        MapAxis *axis = &map.space[a];
        if (axis->reach != REACH_WINDOW)
            continue;
        axis->in = axis->out;
        axis->out = axis->in + 2;
        axis->before = 1;
    }
    return add_edges(b, pool->use, pool->in, map);
}

/* Each input fills a window twice as large, and less the farther from its middle. Where those of the first and last
 * end, these go on. */
static Value add_linear(Build *b, const Connection *plain)
{
    Connection lines = *plain, *pool = &lines;
    pool->in = add_padding(b, plain);
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
    Pool pool;
    if (!begin_pool(b, use, true, &pool))
        return value_poison();
    const Entry *given = given_argument(pool.connection.frame, name_linear);
    bool linear = false;
    if (given && !constant_flag(b, given->scope, given->expr, "`linear`", &linear))
        return value_poison();
    return end_pool(b, &pool, (linear ? add_linear : add_connection)(b, &pool.connection));
}
