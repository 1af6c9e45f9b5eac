/* conv(channels, kernel = 3): convolutions along all axes of space but the channel, or along time, and their transposes. */
#include "connect.h"

const char *const conv_formals[] = {
    name_channels,  name_none,   name_kernel, name_none,     name_stride, name_none,    name_pad,
    name_none,      name_edge,   name_zero,   name_dilation, name_none,   name_groups,  name_none,
    name_bias,      name_false,  name_init,   name_none,     name_along,  name_none,    name_weights,
    name_none,      name_frozen, name_false,  name_clamp,    name_none,   name_synapse, name_none,
    name_optimizer, name_none,   name_delay,  name_none,     NULL};

const char *const conv_transpose_formals[] = {
    name_channels,   NULL,      name_kernel,   name_none, name_stride,    name_none, name_pad,    name_none,
    name_output_pad, name_none, name_dilation, name_none, name_groups,    name_none, name_bias,   name_false,
    name_init,       name_none, name_along,    name_none, name_weights,   name_none, name_frozen, name_false,
    name_clamp,      name_none, name_synapse,  name_none, name_optimizer, name_none, NULL};

/* ---- channels ---- */

static bool check_groups(Build *b, const Window *window, int groups, int in, int out)
{
    if (in % groups == 0 && out % groups == 0)
        return true;
    bool first = in % groups != 0;
    report(b, RULE_WINDOW, window->span,
           "%d groups do not divide the %d channel%s of the %s: %d = %d * %d + %d", groups, first ? in : out,
           (first ? in : out) == 1 ? "" : "s", first ? "input" : "result", first ? in : out, groups,
           (first ? in : out) / groups, (first ? in : out) % groups);
    int divides = in < groups ? in : groups - 1;
    while (in % divides != 0 || out % divides != 0)
        divides--;
    report_hint(b, "`groups = %d` divides both, the %d of the input and the %d of the result", divides, in,
                out);
    return false;
}

/* The axis of channels: from those of the input, or one, to as many as the argument says. */
static bool mix_channels(Build *b, const Window *window, AxisMap *map)
{
    const Entry *given = given_argument(window->frame, name_channels),
                *group = given_argument(window->frame, name_groups);
    int in = has_channels(window->in) ? window->in.dims[window->in.ndim - 1] : 1, out;
    if (!given) {
        report(b, RULE_MISSING_ARGUMENT, window->span, "`%s` needs a value for `channels`", window->stage);
        report_hint(b, "as in `%s(32, kernel = 3)`", window->stage);
        return false;
    }
    if (!constant_integer(b, given->scope, given->expr, "`channels`", 1, MAX_ELEMENTS, &out)
        || (group
            && !constant_integer(b, group->scope, group->expr, "`groups`", 1, MAX_ELEMENTS, &map->groups))
        || !check_groups(b, window, map->groups, in, out))
        return false;
    if (map->count == MAX_AXES) {
        report(b, RULE_WINDOW, window->span, "%s has no room for an axis of channels: %d axes are possible",
               shape_text(b->arena, window->in), MAX_AXES);
        return false;
    }
    map->space[map->count++] = (MapAxis){.name = name_c,
                                         .reach = REACH_ALL,
                                         .in = window->transposed ? out : in,
                                         .out = window->transposed ? in : out};
    return true;
}

/* ---- along time ---- */

/* Without channels, each unit has its own past. */
static bool check_ungrouped(Build *b, const Window *window)
{
    const Entry *groups = given_argument(window->frame, name_groups);
    if (!groups)
        return true;
    report(b, RULE_WINDOW, groups->expr->span,
           "`groups` divides channels: without `channels`, none are mixed");
    report_hint(b, "leave it out, or write `%s(32, kernel = 3, groups = 2, along = time)`", window->stage);
    return false;
}

/* What only reads the past is a map along time, which may go step by step; what does not goes along an axis. */
static bool reads_past(const Window *window, const AxisMap *map)
{
    AxisMap past = *map;
    past.time = map->space[0];
    return !window->transposed && map_is_causal(&past);
}

/* Along time, without an argument, outputs read what came before. */
static Window conv_window(const char *stage, Span span, const Scope *frame, Shape in, bool transposed)
{
    Window window = window_of(stage, span, frame, in, transposed);
    window.causal = !transposed && given_argument(frame, name_along);
    return window;
}

/* `window` is of a step. */
static bool conv_in_time(Build *b, const Window *window, int steps, AxisMap *map)
{
    Window whole = window_along_time(window, steps);
    if (!check_along(b, window->frame) || !read_windows(b, &whole, map))
        return false;
    const Window *of = &whole;
    if (reads_past(window, map)) {
        map->time = map->space[0];
        map->count = 0;
        of = window;
    }
    if (!window->transposed && !given_argument(window->frame, name_channels)) {
        int units = shape_size(window->in);
        map->space[map->count++] = (MapAxis){.name = name_c, .reach = REACH_SAME, .in = units, .out = units};
        return check_ungrouped(b, window);
    }
    int axes = has_channels(of->in) ? of->in.ndim - 1 : of->in.ndim;
    for (int a = map->count; a < axes; a++)
        map->space[map->count++] = (MapAxis){
            .name = shape_axis(of->in, a), .reach = REACH_SAME, .in = of->in.dims[a], .out = of->in.dims[a]};
    return mix_channels(b, of, map);
}

/* Of an input that has so many steps. */
static bool conv_map(Build *b, const Window *window, int steps, AxisMap *map)
{
    *map = (AxisMap){.name = window->stage, .groups = 1};
    if (given_argument(window->frame, name_along))
        return conv_in_time(b, window, steps, map);
    return read_windows(b, window, map) && mix_channels(b, window, map);
}

/* Along time, a step's shape, but for the channels if they are mixed. */
static Shape conv_result(const Window *window, const AxisMap *map)
{
    if (!given_argument(window->frame, name_along))
        return map_shape(map, window->transposed);
    const MapAxis *last = &map->space[map->count - 1];
    Shape shape = window->in;
    if (last->reach == REACH_SAME)
        return shape;
    int d = has_channels(shape) ? shape.ndim - 1 : shape.ndim++;
    shape.dims[d] = window->transposed ? last->in : last->out;
    shape.axes[d] = last->name;
    return shape;
}

/* ---- stages ---- */

/* Along time, whatever the number of steps. */
static bool shape_of(Build *b, const char *stage, const Scope *frame, const Shape *in, bool transposed,
                     Shape *shape)
{
    AxisMap map;
    Window window = conv_window(stage, (Span){0, 0}, frame, in ? *in : (Shape){0}, transposed);
    bool found = in && conv_map(b, &window, MAX_STEPS, &map);
    if (found)
        *shape = conv_result(&window, &map);
    return found;
}

static int steps_of(Build *b, const char *stage, const Scope *frame, int in, bool transposed)
{
    Window window = conv_window(stage, (Span){0, 0}, frame, (Shape){0}, transposed);
    return window_steps(b, &window, in);
}

int conv_steps(Build *b, const Scope *frame, int in)
{
    return steps_of(b, name_conv, frame, in, false);
}

int conv_transpose_steps(Build *b, const Scope *frame, int in)
{
    return steps_of(b, name_conv_transpose, frame, in, true);
}

bool conv_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    return shape_of(b, name_conv, frame, in, false, shape);
}

bool conv_transpose_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    return shape_of(b, name_conv_transpose, frame, in, true, shape);
}

/* A map that goes along the axis of time; `out` of the connection is the shape of a step. */
static Value connect_steps(Build *b, const Connection *connection)
{
    StageUse use = *connection->use;
    Connection whole = *connection;
    use.name = NULL;
    whole.use = &use;
    whole.in = steps_as_axis(
        b, &use, connection->in,
        shape_with_time(stream_at(b, connection->in)->shape, stream_at(b, connection->in)->steps));
    whole.out = map_shape(&connection->map, connection->transposed);
    Value made = meet_edges(b, &whole) ? add_connection(b, &whole) : value_poison();
    return axis_as_steps(b, connection->use, made, connection->out);
}

static Value build_window(Build *b, const StageUse *use, bool transposed)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    if (in == NONE || frame->wrong)
        return value_poison();
    Connection conv = {.use = use, .frame = frame, .in = in, .transposed = transposed};
    Window window =
        conv_window(use->stage->name, use->expr->span, frame, stream_at(b, in)->shape, transposed);
    bool along = given_argument(frame, name_along) != NULL;
    bool fine = (!along || check_temporal(b, in, use->in_span, true))
                && conv_map(b, &window, stream_at(b, in)->steps, &conv.map);
    fine = connection_bias(b, &conv) && fine;
    fine = fine && connection_delay(b, &conv);
    if (!fine)
        return value_poison();
    conv.out = conv_result(&window, &conv.map);
    if (along && conv.map.time.reach == REACH_SAME)
        return connect_steps(b, &conv);
    return meet_edges(b, &conv) ? add_connection(b, &conv) : value_poison();
}

Value build_conv(Build *b, const StageUse *use)
{
    return build_window(b, use, false);
}

Value build_conv_transpose(Build *b, const StageUse *use)
{
    return build_window(b, use, true);
}
