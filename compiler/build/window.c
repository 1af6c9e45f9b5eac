/* Windows: how the arguments of convolutions and pools say along which axes of a stream they go, and how. */
#include "connect.h"

enum { MOST_TAPS = 10000 }; /* of a window along an axis, and most of each number that says where it stands */

/* ---- words ---- */

static const Expr *written_argument(const Entry *argument, Scope **scope)
{
    *scope = argument->scope;
    return given_as(scope, argument->expr);
}

static bool is_word(const Expr *expr, const char *word)
{
    return expr->kind == EXPR_NAME && expr->name == word;
}

bool check_along(Build *b, const Scope *frame)
{
    const Entry *along = given_argument(frame, name_along);
    Scope *scope;
    if (!along || is_word(written_argument(along, &scope), name_time))
        return true;
    report(b, RULE_WINDOW, along->expr->span, "`along` must be `time`");
    report_hint(b, "without it, a connection goes along space");
    return false;
}

static bool read_edge(Build *b, const Scope *frame, AxisMap *map)
{
    const Entry *edge = given_argument(frame, name_edge);
    Scope *scope;
    const Expr *expr = edge ? written_argument(edge, &scope) : NULL;
    map->edge = expr && is_word(expr, name_replicate) ? EDGE_REPLICATE : EDGE_ZERO;
    if (!expr || map->edge == EDGE_REPLICATE || is_word(expr, name_zero))
        return true;
    report(b, RULE_WINDOW, edge->expr->span, "`edge` must be `zero` or `replicate`");
    return false;
}

/* ---- numbers ---- */

/* An argument that is one number, or one for each axis; what is not given has `otherwise`. */
static bool read_numbers(Build *b, const Window *window, const char *name, int least, int *numbers)
{
    Scope *scope;
    const Entry *given = given_argument(window->frame, name);
    const Expr *expr = given ? written_argument(given, &scope) : NULL;
    const char *what = arena_printf(b->arena, "`%s`", name);
    if (!expr)
        return true;
    if (expr->kind != EXPR_LIST) {
        bool fine = constant_integer(b, scope, expr, what, least, MOST_TAPS, &numbers[0]);
        for (int a = 1; a < window->count; a++)
            numbers[a] = numbers[0];
        return fine;
    }
    if (expr->args.count != window->count) {
        report(b, RULE_WINDOW, expr->span, "%s has %d numbers, but `%s` goes along %d axes of %s", what,
               expr->args.count, window->stage, window->count, shape_text(b->arena, window->in));
        return false;
    }
    bool fine = true;
    for (int a = 0; a < window->count; a++)
        fine &= constant_integer(b, scope, expr->args.at[a].value, what, least, MOST_TAPS, &numbers[a]);
    return fine;
}

/* Elements before the first and behind the last, together, and those before. `same`: as many outputs as inputs, where
 * the stride is 1; `causal`: the same, all before the first. */
static bool read_padding(Build *b, const Window *window, AxisMap *map, int *padding)
{
    Scope *scope;
    const Entry *given = given_argument(window->frame, name_pad);
    const Expr *expr = given ? written_argument(given, &scope) : NULL;
    int before[MAX_AXES] = {0};
    bool same = expr && is_word(expr, name_same), valid = expr && is_word(expr, name_valid);
    if (expr && is_word(expr, name_causal) && window->in.axes[0] != name_time) {
        report(b, RULE_WINDOW, given->expr->span, "`pad = causal` is for windows with `along = time`");
        return false;
    }
    bool causal = expr ? is_word(expr, name_causal) && window->in.axes[0] == name_time : window->causal;
    if (!same && !valid && !causal && !read_numbers(b, window, name_pad, 0, before))
        return false;
    for (int a = 0; a < window->count; a++) {
        MapAxis *axis = &map->space[a];
        padding[a] = same || causal ? axis->dilation * (axis->taps - 1) : 2 * before[a];
        axis->before = causal ? padding[a] : padding[a] / 2;
    }
    return true;
}

static bool check_fits(Build *b, const Window *window, const MapAxis *axis, int padding)
{
    int covered = axis->dilation * (axis->taps - 1) + 1;
    bool time = axis->name == name_time; /* beside it, places are joined */
    Shape shown = time ? (Shape){.ndim = 1, .dims = {axis->in}, .axes = {name_time}} : window->in;
    const char *apart =
        axis->dilation > 1 ? arena_printf(b->arena, " (%d apart: %d)", axis->dilation, covered) : "";
    if (axis->out > 0)
        return true;
    report(b, RULE_WINDOW, window->span,
           "a window of %d%s along `%s` does not fit into %s: %d + %d of padding = %d", axis->taps, apart,
           axis->name, shape_text(b->arena, shown), axis->in, padding, axis->in + padding);
    report_hint(b, "a smaller `kernel`, or `pad = same`");
    return false;
}

/* ---- axes ---- */

bool has_channels(Shape shape)
{
    return shape.ndim > 0 && shape_axis(shape, shape.ndim - 1) == name_c;
}

Window window_of(const char *stage, Span span, const Scope *frame, Shape in, bool transposed)
{
    return (Window){.stage = stage,
                    .span = span,
                    .frame = frame,
                    .in = in,
                    .transposed = transposed,
                    .size = name_kernel,
                    .count = has_channels(in) ? in.ndim - 1 : in.ndim};
}

static bool check_space(Build *b, const Window *window)
{
    if (window->count > 0)
        return true;
    report(b, RULE_WINDOW, window->span, "`%s` goes along axes of space, but %s has channels only",
           window->stage, shape_text(b->arena, window->in));
    report_hint(b, "an axis has another name than `c`, as in `shape = [x = 40]`%s",
                window->stage == name_conv ? "; along time, write `along = time`" : "");
    return false;
}

/* What is at the small side of the window: its outputs, or those of the map that it is the transpose of. */
static bool place_window(Build *b, const Window *window, MapAxis *axis, int padding, int more)
{
    int covered = axis->dilation * (axis->taps - 1) + 1;
    if (!window->transposed) {
        axis->out = window_outputs(axis->in, axis->taps, axis->stride, axis->dilation, padding);
        return check_fits(b, window, axis, padding);
    }
    int64_t extent = (int64_t)(axis->in - 1) * axis->stride + covered - padding + more;
    if (!check_array(b, (double)extent, window->span,
                     arena_printf(b->arena, "the result of %s", window->stage)))
        return false;
    axis->out = axis->in;
    axis->in = (int)extent;
    if (axis->in > 0 && more < axis->stride)
        return true;
    if (more >= axis->stride)
        report(b, RULE_WINDOW, window->span, "`output_pad` is %d, but must be less than the stride of %d",
               more, axis->stride);
    else
        report(b, RULE_WINDOW, window->span,
               "nothing is left along `%s`: (%d - 1) * %d + %d - %d of padding + %d = %d", axis->name,
               axis->out, axis->stride, covered, padding, more, axis->in);
    return false;
}

/* Where there is something for it to go along. */
static bool has_size(Build *b, const Window *window)
{
    if (given_argument(window->frame, window->size))
        return true;
    report(b, RULE_MISSING_ARGUMENT, window->span, "`%s` needs a value for `%s`", window->stage,
           window->size);
    report_hint(b, "as in `%s(32, %s = 3)`", window->stage, window->size);
    return false;
}

static bool read_axes(Build *b, const Window *window, AxisMap *map)
{
    int taps[MAX_AXES] = {1, 1, 1, 1}, stride[MAX_AXES] = {1, 1, 1, 1}, dilation[MAX_AXES] = {1, 1, 1, 1};
    if (!read_numbers(b, window, window->size, 1, taps))
        return false;
    if (window->strides)
        memcpy(stride, taps, sizeof stride);
    bool fine = read_numbers(b, window, name_stride, 1, stride);
    fine = read_numbers(b, window, name_dilation, 1, dilation) && fine;
    for (int a = 0; a < window->count; a++)
        map->space[a] = (MapAxis){.name = shape_axis(window->in, a),
                                  .reach = REACH_WINDOW,
                                  .in = window->in.dims[a],
                                  .taps = taps[a],
                                  .stride = stride[a],
                                  .dilation = dilation[a]};
    map->count = window->count;
    return fine;
}

bool read_windows(Build *b, const Window *window, AxisMap *map)
{
    int padding[MAX_AXES], more[MAX_AXES] = {0};
    if (!check_space(b, window) || !has_size(b, window) || !read_axes(b, window, map))
        return false;
    bool fine = read_edge(b, window->frame, map);
    fine = read_padding(b, window, map, padding) && fine;
    fine = read_numbers(b, window, name_output_pad, 0, more) && fine;
    for (int a = 0; a < window->count && fine; a++)
        fine = place_window(b, window, &map->space[a], padding[a], more[a]);
    return fine;
}

MapAxis window_in_time(int steps, int taps, int dilation)
{
    return (MapAxis){.name = name_time,
                     .reach = REACH_WINDOW,
                     .in = steps,
                     .out = steps,
                     .taps = taps,
                     .stride = 1,
                     .dilation = dilation,
                     .before = (taps - 1) * dilation};
}

Shape shape_with_time(Shape shape, int steps)
{
    int channels = has_channels(shape) ? shape.dims[shape.ndim - 1] : 0, units = shape_size(shape);
    Shape whole = {.ndim = 1, .dims = {steps}, .axes = {name_time}};
    if (shape.ndim > (channels > 0)) {
        whole.axes[whole.ndim] = name_x;
        whole.dims[whole.ndim++] = channels > 0 ? units / channels : units;
    }
    if (channels > 0) {
        whole.axes[whole.ndim] = name_c;
        whole.dims[whole.ndim++] = channels;
    }
    return whole;
}

Window window_along_time(const Window *window, int steps)
{
    Window whole = *window;
    whole.in = shape_with_time(window->in, steps);
    whole.count = 1;
    return whole;
}

int window_steps(Build *b, const Window *window, int steps)
{
    AxisMap map = {.groups = 1};
    if (!given_argument(window->frame, name_along))
        return steps;
    Window whole = window_along_time(window, steps);
    if (!read_windows(b, &whole, &map))
        return 0;
    return window->transposed ? map.space[0].in : map.space[0].out;
}

void add_same_axes(const Window *window, AxisMap *map)
{
    int units = 1;
    for (int d = window->count; d < window->in.ndim; d++)
        units *= window->in.dims[d];
    if (window->in.ndim > window->count)
        map->space[map->count++] = (MapAxis){.name = name_c, .reach = REACH_SAME, .in = units, .out = units};
}

Shape map_shape(const AxisMap *map, bool transposed)
{
    Shape shape = {.ndim = map->count};
    for (int a = 0; a < map->count; a++) {
        shape.dims[a] = transposed ? map->space[a].in : map->space[a].out;
        shape.axes[a] = map->space[a].name;
    }
    return shape;
}
