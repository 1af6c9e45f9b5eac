/* Gradients of the weights of convolutions of spikes. At each step, a plane of the outputs' gradients gets zeros around it, and
 * for each channel that is read the positions where it spikes are listed; the sums of some taps stay in registers while
 * they go through these, of as many steps as have room in a cache. With a stride s, tap k reads the input at x = s o + k d - before,
 * for dilation d: so positions with the same remainder of x + before by s, a phase, are read by the same taps, and have
 * lists of their own. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/maps/blanks.h"
#include "lower/spikes/lists.h"
#include "lower/spikes/pieces.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->pieces && linear->plan->role == ROLE_MAP_GRAD;
}

static void prepare(Lower *lower, Linear *linear)
{
    piece_lists_prepare(lower, linear);
    blanks_prepare(lower, linear->node->aux);
}

typedef struct Plane {
    const Linear *gradient;
    Site site;
    Walk samples; /* that are summed together; without: the site's, */
    int steps;    /* as are these, from the site's on */
    int axes;     /* that have windows */
    const MapAxis *axis;
    int ins, outs;        /* channels, */
    LoopExpr *from, *to;  /* and those that are read of the item's slice; NULL: all */
    int extent[MAX_DIMS]; /* of the plane of a step, by axis */
    int phases;           /* of positions that are read, over all axes */
    BufferId plane;       /* [samples x steps x positions][width] */
    BufferId lists,
        listed;   /* by phase and channel of the slice: the positions where it spikes, and how many */
    int channels; /* of the slice, at most */
} Plane;

/* ---- where things stand in the plane ---- */

/* How many outputs further tap k reads the same inputs than tap 0 of its phase does. */
static int shift_of(const MapAxis *axis, int k)
{
    return k * axis->dilation / axis->stride;
}

static int most_shift(const MapAxis *axis)
{
    return shift_of(axis, axis->taps - 1);
}

/* The output, perhaps one that is not there, that reads input x by tap 0 of its phase. */
static int output_of(const MapAxis *axis, int x)
{
    int at = x + axis->before;
    return at >= 0 ? at / axis->stride : -((axis->stride - 1 - at) / axis->stride);
}

/* The first input of a phase, which may be behind the last one. */
static int first_of(const MapAxis *axis, int phase)
{
    int x = (phase - axis->before) % axis->stride;
    return x < 0 ? x + axis->stride : x;
}

static int inputs_of(const MapAxis *axis, int phase)
{
    int first = first_of(axis, phase);
    return first < axis->in ? (axis->in - first + axis->stride - 1) / axis->stride : 0;
}

/* Output o stands so far behind the first that any input could be read by. */
static int behind_first(const MapAxis *axis)
{
    return most_shift(axis) - output_of(axis, 0);
}

static int extent_of(const MapAxis *axis)
{
    return output_of(axis, axis->in - 1) + behind_first(axis) + 1;
}

/* The phase along an axis, of a number of one over all axes. */
static int phase_along(const Plane *plane, int phase, int a)
{
    for (int last = plane->axes - 1; last > a; last--)
        phase /= plane->axis[last].stride;
    return phase % plane->axis[a].stride;
}

/* The taps of a phase, in order, if they are wanted; how many. */
static int taps_of_phase(const Plane *plane, int phase, int *taps)
{
    int count = 0, all = map_rows(plane->gradient->node->map) / plane->ins;
    for (int tap = 0; tap < all; tap++) {
        bool reads = true;
        for (int a = plane->axes - 1, rest = tap; a >= 0; rest /= plane->axis[a--].taps) {
            const MapAxis *axis = &plane->axis[a];
            reads =
                reads && rest % axis->taps * axis->dilation % axis->stride == phase_along(plane, phase, a);
        }
        if (reads && taps)
            taps[count] = tap;
        count += reads;
    }
    return count;
}

static int positions_of(const Plane *plane)
{
    int count = 1;
    for (int a = 0; a < plane->axes; a++)
        count *= plane->extent[a];
    return count;
}

/* Of all steps: a part of them whose planes, of so many numbers each, are in a cache. */
static int steps_together(int steps, int plane)
{
    int together = steps > 1 ? steps : 1;
    while (together > 1 && (steps % together != 0 || together * plane > PIECE_TOGETHER))
        together--;
    return together;
}

/* What is known of a plane without its samples and steps. */
static Plane plane_of(const Linear *gradient)
{
    const Node *node = gradient->node;
    Plane plane = {.gradient = gradient,
                   .axes = node->map->count - 1,
                   .axis = node->map->space,
                   .ins = map_mixed(node->map)->in,
                   .outs = map_mixed(node->map)->out};
    plane.phases = 1;
    for (int a = 0; a < plane.axes; a++) {
        plane.extent[a] = extent_of(&plane.axis[a]);
        plane.phases *= plane.axis[a].stride;
    }
    return plane;
}

static int width_of(const Plane *plane)
{
    return plane->outs < WINDOW_WIDTH ? plane->outs : WINDOW_WIDTH;
}

/* For up to so many samples and channels. */
static void add_buffers(Lower *lower, Plane *plane, int samples, int channels)
{
    const Node *node = plane->gradient->node;
    const char *name = stream_of(lower, node->in)->name;
    int positions = 1;
    for (int a = 0; a < plane->axes; a++)
        positions *= (plane->axis[a].in + plane->axis[a].stride - 1) / plane->axis[a].stride;
    int rows = samples * plane->steps, dims[2] = {rows * positions_of(plane), width_of(plane)},
        lists[2] = {plane->phases * channels, rows * positions};
    plane->channels = channels;
    plane->plane = named_buffer(lower, "plane_of", stream_of(lower, node->aux)->name, TYPE_F32, BUFFER_LOCAL,
                                false, 2, dims);
    plane->lists = named_buffer(lower, "where", name, index_type(dims[0]), BUFFER_LOCAL, false, 2, lists);
    plane->listed = named_buffer(lower, "times", name, TYPE_I32, BUFFER_LOCAL, false, 1, lists);
}

/* The list of a channel of the slice, for a phase. */
static LoopExpr *list_of(Lower *lower, const Plane *plane, int phase, LoopExpr *c)
{
    c = plane->from ? op2(lower, OP_SUB, c, plane->from) : c;
    return phase == 0 ? c : op2(lower, OP_ADD, c, num(lower, phase * plane->channels));
}

/* The site of each of the steps of each of the samples; its number among them. */
static Site for_steps(Lower *lower, const Plane *plane, LoopBlock *into, LoopExpr **step)
{
    Site site = plane->site;
    site.into = into;
    *step = num(lower, 0);
    if (plane->samples.b0) {
        site = walk_samples(lower, plane->samples, site);
        *step = op2(lower, OP_SUB, site.b, plane->samples.b0);
    }
    if (plane->steps == 1)
        return site;
    LoopStmt *loop = for_range(lower, site.into, "step", plane->steps);
    *step = scaled_plus(lower, *step, plane->steps, loop_variable(lower, loop));
    site.t = op2(lower, OP_ADD, site.t, loop_variable(lower, loop));
    site.into = &loop->body;
    site.t = loop_local(lower, site.into, "t", site.t);
    return site;
}

/* ---- the plane ---- */

static void emit_zeros(Lower *lower, const Plane *plane, LoopBlock *into)
{
    const Buffer *buffer = &lower->program->buffers.at[plane->plane];
    LoopStmt *positions = for_range(lower, into, "n", buffer->dims[0]);
    LoopStmt *loop = for_units(lower, &positions->body, "j", buffer->dims[1]);
    store2(lower, &loop->body, plane->plane, loop_variable(lower, positions), loop_variable(lower, loop),
           loop_float(lower->arena, 0), false);
}

/* Outputs that no input meets are left out: those behind the plane's ends. */
static LoopStmt *for_outputs(Lower *lower, LoopBlock *into, const MapAxis *axis, int extent)
{
    int first = -behind_first(axis), end = first + extent;
    return for_bounds(lower, into, axis->name, num(lower, first < 0 ? 0 : first),
                      num(lower, end < axis->out ? end : axis->out));
}

static void emit_plane(Lower *lower, const Plane *plane, LoopBlock *into, LoopExpr *j0, int width)
{
    LoopExpr *output = num(lower, 0), *place;
    Site site = for_steps(lower, plane, into, &place);
    into = site.into;
    for (int a = 0; a < plane->axes; a++) {
        LoopStmt *loop = for_outputs(lower, into, &plane->axis[a], plane->extent[a]);
        LoopExpr *o = loop_variable(lower, loop);
        output = scaled_plus(lower, output, plane->axis[a].out, o);
        place = scaled_plus(lower, place, plane->extent[a],
                            op2(lower, OP_ADD, o, num(lower, behind_first(&plane->axis[a]))));
        into = &loop->body;
    }
    into = if_met(lower, plane->gradient->node->aux, site.b, into, output);
    output = loop_local(lower, into, "out", scaled_plus(lower, output, plane->outs, j0));
    place = loop_local(lower, into, "place", place);
    LoopStmt *loop = for_units(lower, into, "j", width);
    LoopExpr *j = loop_variable(lower, loop);
    site.into = &loop->body;
    store2(lower, &loop->body, plane->plane, place, j,
           load_stream(lower, plane->gradient->node->aux, site, op2(lower, OP_ADD, output, j)), false);
}

/* ---- where each channel spikes ---- */

/* The events at one position, which has this place in the plane by the last of the taps. */
static void emit_where(Lower *lower, const Plane *plane, Site site, int phase, LoopExpr *row, LoopExpr *x,
                       LoopExpr *place)
{
    Piece piece =
        piece_of(lower, plane->gradient->node->in, site, row, x, op2(lower, OP_ADD, x, num(lower, 1)));
    LoopStmt *loop = for_bounds(lower, site.into, "e", piece.from, piece.to);
    LoopBlock *into = &loop->body;
    LoopExpr *c = load2(lower, piece.event, piece.b, loop_variable(lower, loop));
    c = loop_local(lower, into, "c", c);
    if (plane->from)
        into =
            &loop_if(lower->arena, into,
                     op2(lower, OP_AND, op2(lower, OP_GE, c, plane->from), op2(lower, OP_LT, c, plane->to)))
                 ->body;
    c = list_of(lower, plane, phase, c);
    LoopExpr *count = loop_local(lower, into, "count", load1(lower, plane->listed, c));
    store2(lower, into, plane->lists, c, count, place, false);
    store1(lower, into, plane->listed, c, op2(lower, OP_ADD, count, num(lower, 1)), false);
}

/* Of the positions of one phase. */
static void emit_phase(Lower *lower, const Plane *plane, int phase)
{
    LoopExpr *row = num(lower, 0), *place, *x = NULL;
    Site site = for_steps(lower, plane, plane->site.into, &place);
    for (int a = 0; a < plane->axes; a++) {
        const MapAxis *axis = &plane->axis[a];
        int along = phase_along(plane, phase, a), first = first_of(axis, along);
        LoopStmt *loop = for_range(lower, site.into, axis->name, inputs_of(axis, along));
        LoopExpr *n = loop_variable(lower, loop);
        x = scaled_plus(lower, n, axis->stride, num(lower, first));
        row = a < plane->axes - 1 ? scaled_plus(lower, row, axis->in, x) : row;
        int behind = output_of(axis, first) - output_of(axis, 0);
        place = scaled_plus(lower, place, plane->extent[a], op2(lower, OP_ADD, n, num(lower, behind)));
        site.into = &loop->body;
    }
    emit_where(lower, plane, site, phase, row, x, place);
}

static void emit_lists(Lower *lower, const Plane *plane)
{
    LoopStmt *zeros =
        for_units(lower, plane->site.into, "c", lower->program->buffers.at[plane->listed].dims[0]);
    store1(lower, &zeros->body, plane->listed, loop_variable(lower, zeros), num(lower, 0), false);
    for (int phase = 0; phase < plane->phases; phase++)
        if (taps_of_phase(plane, phase, NULL) > 0)
            emit_phase(lower, plane, phase);
}

/* ---- sums ---- */

/* Some taps of one channel, of one phase, and outputs j0 .. j0 + width - 1. */
typedef struct Taps {
    const Plane *plane;
    LoopExpr *c, *j0, *list;
    const int *tap;
    int count, width;
    BufferId sums; /* [count][width] */
} Taps;

/* How far behind the place of a position that of the output is which reads it by the tap. */
static int offset_of(const Plane *plane, int tap)
{
    int offset = 0, scale = 1;
    for (int a = plane->axes - 1; a >= 0; a--) {
        const MapAxis *axis = &plane->axis[a];
        offset += (most_shift(axis) - shift_of(axis, tap % axis->taps)) * scale;
        tap /= axis->taps;
        scale *= plane->extent[a];
    }
    return offset;
}

static void emit_taps(Lower *lower, const Taps *taps, LoopBlock *into, LoopExpr *count)
{
    const Plane *plane = taps->plane;
    zero_sums(lower, into, taps->sums, taps->count, taps->width);
    LoopStmt *events = for_bounds(lower, into, "e", num(lower, 0), count);
    LoopExpr *place = loop_local(lower, &events->body, "place",
                                 load2(lower, plane->lists, taps->list, loop_variable(lower, events)));
    for (int k = 0; k < taps->count; k++) {
        LoopStmt *loop = for_units(lower, &events->body, "j", taps->width);
        LoopExpr *j = loop_variable(lower, loop);
        LoopExpr *at = op2(lower, OP_ADD, place, num(lower, offset_of(plane, taps->tap[k])));
        store2(lower, &loop->body, taps->sums, num(lower, k), j, load2(lower, plane->plane, at, j), true);
    }
    for (int k = 0; k < taps->count; k++) {
        LoopExpr *row = op2(lower, OP_ADD, num(lower, taps->tap[k] * plane->ins), taps->c);
        LoopStmt *loop = for_units(lower, into, "j", taps->width);
        LoopExpr *j = loop_variable(lower, loop);
        matrix_store(lower, &loop->body, &plane->gradient->matrix, row, op2(lower, OP_ADD, taps->j0, j),
                     load2(lower, taps->sums, num(lower, k), j), true);
    }
}

/* All taps of a phase, up to so many at a time. */
static void emit_parts(Lower *lower, const Plane *plane, LoopBlock *into, int phase, LoopExpr *j0, int width,
                       int most)
{
    int *tap = NEW_ARRAY(lower->arena, int, map_rows(plane->gradient->node->map));
    int all = taps_of_phase(plane, phase, tap);
    if (all == 0)
        return;
    Parts parts = even_parts(all, most);
    LoopStmt *channels = for_bounds(lower, into, "c", plane->from ? plane->from : num(lower, 0),
                                    plane->from ? plane->to : num(lower, plane->ins));
    LoopExpr *c = loop_variable(lower, channels);
    Taps taps = {.plane = plane,
                 .c = c,
                 .j0 = j0,
                 .list = list_of(lower, plane, phase, c),
                 .width = width,
                 .sums =
                     sums_buffer(lower, weight_name(lower->net, plane->gradient->node), parts.size, width)};
    LoopExpr *count = load1(lower, plane->listed, taps.list);
    count = loop_local(lower, &channels->body, "count", count);
    LoopBlock *some = &loop_if(lower->arena, &channels->body, op2(lower, OP_GT, count, num(lower, 0)))->body;
    for (int first = 0; first < all; first += taps.count) {
        taps.tap = &tap[first];
        taps.count = first < parts.large * parts.size ? parts.size : parts.size - 1;
        emit_taps(lower, &taps, some, count);
    }
}

static void emit_phases(Lower *lower, const Plane *plane, LoopBlock *into, LoopExpr *j0, int width, int most)
{
    for (int phase = 0; phase < plane->phases; phase++)
        emit_parts(lower, plane, into, phase, j0, width, most);
}

static void emit_outputs(Lower *lower, const Plane *plane, LoopBlock *into, LoopExpr *j0, int width)
{
    emit_plane(lower, plane, into, j0, width);
    emit_phases(lower, plane, if_wide(lower, into, true), j0, width, PIECE_TAPS);
    emit_phases(lower, plane, if_wide(lower, into, false), j0, width, PIECE_NARROW_TAPS);
}

/* From the plane's site on: lists, then all tiles of outputs. */
static void emit_sums(Lower *lower, const Plane *plane)
{
    emit_lists(lower, plane);
    int tiles = plane->outs / WINDOW_WIDTH, rest = plane->outs % WINDOW_WIDTH;
    if (tiles > 0) {
        LoopStmt *loop = for_range(lower, plane->site.into, "tile", tiles);
        LoopExpr *j0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, WINDOW_WIDTH));
        emit_outputs(lower, plane, &loop->body, loop_local(lower, &loop->body, "j0", j0), WINDOW_WIDTH);
    }
    if (rest > 0)
        emit_outputs(lower, plane, plane->site.into, num(lower, tiles * WINDOW_WIDTH), rest);
}

/* A slice of the inputs, by all steps of some samples together. */
static void emit_slice(Lower *lower, Plane plane, Site site, Walk walk, LoopExpr *item)
{
    plane.samples = (Walk){walk.b0, walk.b1, 0};
    plane.steps = walk.steps > 1 ? walk.steps : 1;
    plane.from = loop_local(lower, site.into, "c0", slice_begin(lower, plane.ins, item));
    plane.to = slice_begin(lower, plane.ins, op2(lower, OP_ADD, item, num(lower, 1)));
    plane.to = loop_local(lower, site.into, "c1", plane.to);
    add_buffers(lower, &plane, plane.gradient->plan->layer->together,
                (plane.ins + LOOP_SLICES - 1) / LOOP_SLICES);
    emit_zeros(lower, &plane, site.into);
    site.t = walk.steps > 0 ? num(lower, 0) : NULL;
    plane.site = site;
    emit_sums(lower, &plane);
}

static void gradient(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    LoopExpr *item = linear->plan->by_inputs ? site.tile->item : NULL;
    Plane plane = plane_of(linear);
    site.tile = NULL;
    note_gradient(lower, linear, site.into, ", event by event");
    if (item) {
        emit_slice(lower, plane, site, walk, item);
        return;
    }
    site = walk_samples(lower, walk, site);
    plane.steps = steps_together(walk.steps, positions_of(&plane) * width_of(&plane));
    add_buffers(lower, &plane, 1, plane.ins);
    emit_zeros(lower, &plane, site.into);
    plane.site = walk_together(lower, walk, plane.steps, site);
    emit_sums(lower, &plane);
}

const MapKernel by_piece_sums = {
    .serves = serves, .prepare = prepare, .branch = piece_branch, .gradient = gradient};
