/* Which kernels serve a map or a gradient. One that spikes drive: lists of events, tables, or either, by each batch's
 * activity. */
#include "lower/plan/planning.h"
#include "lower/tuned.h"

static bool follows(const Planning *plan, int n)
{
    const NodePlan *node = &plan->nodes[n];
    return node->dense && node->role != ROLE_BIAS_GRAD && plan->streams[plan->net->nodes.at[n].in].events;
}

/* Whether it reads spikes, of each step or, along time, of all of them. */
static bool reads_spikes(const Planning *plan, const Node *node)
{
    return plan->net->streams.at[node->in].kind == STREAM_SPIKES;
}

/* Small layers have no choice. */
static bool is_large(const Node *node)
{
    return map_rows(node->map) * map_columns(node->map) >= LEAST_WEIGHTS;
}

/* Of a transposed map: each input is read by taps at even distances, whatever the stride. */
static bool turns(const MapAxis *axis)
{
    return axis->before >= 0 && (axis->stride == 1 || axis->dilation == 1);
}

/* Maps with windows over space that mix channels, all of them or those of a group, and zeros around. */
static bool has_windows(const Node *node)
{
    const AxisMap *map = node->map;
    bool turned = node->kind == NODE_MAP && node->transposed;
    StreamId made =
        node->kind == NODE_MAP_GRAD ? node->out : node->aux; /* weights, or where their gradient is summed */
    bool weights = node->weight != NONE || made != NONE;
    bool has = map && map->time.reach == REACH_SAME && map->count > 1
               && map->space[map->count - 1].reach == REACH_ALL && map->edge == EDGE_ZERO && weights;
    for (int a = 0; has && a < map->count - 1; a++)
        has = map->space[a].reach == REACH_WINDOW && (!turned || turns(&map->space[a]));
    return has;
}

/* Of windows: so narrow groups that they are made side by side, with copies of what they read. */
static bool has_narrow_groups(const Node *node)
{
    const MapAxis *channels = map_mixed(node->map);
    int made = node->transposed ? channels->in : channels->out;
    return node->map->groups > 1 && made / node->map->groups < WINDOW_GROUP_LEAST;
}

/* Positions that are read by other taps than their neighbours are: see maps/piece_sums.c. */
static int phases_of(const AxisMap *map)
{
    int phases = 1;
    for (int a = 0; a < map->count - 1; a++)
        phases *= map->space[a].stride;
    return phases;
}

/* Of those with windows: one that spikes drive, where positions of a row that are next to each other are read by taps that
 * are, and enough units at a time; a gradient, where there are few phases, and enough outputs. */
static bool has_pieces(const Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    const AxisMap *map = node->map;
    if (node->transposed || !reads_spikes(plan, node))
        return false;
    if (node->kind == NODE_MAP_GRAD)
        return phases_of(map) <= PIECE_PHASES
               && (plan->options.kernels != KERNELS_AUTO || map_positions(map) >= PIECE_POSITIONS);
    const MapAxis *last = &map->space[map->count - 2];
    return last->dilation == 1 && last->taps * map_mixed(map)->in >= PIECE_LEAST;
}

/* Of those with windows: a map that spikes drive, of few weights for each output. It adds in another order than the definition,
 * as all tables do. */
static bool has_patterns(const Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    return node->kind == NODE_MAP && !node->transposed && plan->streams[node->in].events
           && map_rows(node->map) <= PATTERN_MOST && !kernels_keep_order(plan->options.kernels)
           && !is_without(plan->options.without, OPTIMISATION_PATTERNS);
}

/* Of those with windows: a gradient of so few weights for each output that the sums of many are in registers. Where they are
 * all there, events are no faster. Those of many channels are cut by these: see layers.c. */
static bool has_patches(const Planning *plan, int n, int most)
{
    const Node *node = &plan->net->nodes.at[n];
    return node->kind == NODE_MAP_GRAD && map_rows(node->map) <= most && map_mixes_space(node->map)
           && map_mixed(node->map)->in < LEAST_INPUTS
           && !is_without(plan->options.without, OPTIMISATION_PATCHES);
}

/* Of maps that follow events position by position: one of more channels than a tile has, where the weights of a row of taps
 * stay in a cache, and what is read and made at a step in the next one. It adds in another order: who asks for events alone
 * gets that of inference. */
static bool has_rows_of_taps(const Planning *plan, const Node *node)
{
    const AxisMap *map = node->map;
    const MapAxis *channels = map_mixed(map);
    int weights = map->space[map->count - 2].taps * channels->in * PIECE_ROW_TILES * WINDOW_WIDTH;
    return node->kind == NODE_MAP && channels->out > WINDOW_WIDTH && weights <= PIECE_ROW_WEIGHTS
           && map_inputs(map) <= PIECE_ROW_UNITS && map_outputs(map) <= PIECE_ROW_UNITS
           && plan->options.kernels == KERNELS_AUTO && !is_without(plan->options.without, OPTIMISATION_ROWS);
}

/* Of maps that follow events position by position: one of so many weights that those of a tile do not stay in a cache. Its
 * order is one more. */
static bool has_single_taps(const Planning *plan, const NodePlan *record, const Node *node)
{
    return node->kind == NODE_MAP && record->pieces && !record->piece_rows
           && map_rows(node->map) * WINDOW_WIDTH >= done_from(plan->options, PIECE_TAP_WEIGHTS)
           && plan->options.kernels == KERNELS_AUTO
           && !is_without(plan->options.without, OPTIMISATION_TAPWISE);
}

/* All maps that follow a stream have to see it alike. */
static bool fits_rows(Planning *plan, const Node *node)
{
    const AxisMap *map = node->map;
    RowShape *row = &plan->streams[node->in].row, own = {map->space[map->count - 2].in, map_mixed(map)->in};
    if (row->positions == 0)
        *row = own;
    return row->positions == own.positions && row->channels == own.channels;
}

/* Whether only those of its units are not 0 that a maximum over windows has sent a gradient: it is made by an adjoint to
 * which no other way leads. */
static bool is_sparse(const Planning *plan, StreamId gradient)
{
    const Net *net = plan->net;
    int maker = net->streams.at[gradient].node, pools = 0;
    if (maker == NONE || maker < net->backward || net->nodes.at[maker].kind != NODE_SCAN)
        return false;
    const Node *adjoint = &net->nodes.at[maker];
    for (int i = 0; i < adjoint->ins.count; i++) {
        int from = net->streams.at[adjoint->ins.at[i]].node;
        if (from < net->backward)
            continue;
        if (net->nodes.at[from].kind != NODE_POOL_GRAD)
            return false;
        pools++;
    }
    return pools > 0;
}

/* Of those with windows: a transposed map, in time, of few neurons. */
static bool has_gaps(const Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    const MapAxis *last = &node->map->space[node->map->count - 2];
    return node->kind == NODE_MAP && node->transposed && last->dilation == 1 && last->stride == 1
           && plan->net->streams.at[node->in].steps && is_sparse(plan, node->in);
}

/* Whether each input is read by some output. */
static bool reads_all(const MapAxis *axis)
{
    for (int i = 0; i < axis->in; i++) {
        bool is_read = false;
        for (int k = 0; k < axis->taps && !is_read; k++) {
            int at = i + axis->before - k * axis->dilation;
            is_read = at >= 0 && at % axis->stride == 0 && at / axis->stride < axis->out;
        }
        if (!is_read)
            return false;
    }
    return true;
}

/* Of these: one where the weights of a row of taps stay in a cache, but not those of all. It adds in the same order. */
static bool has_rows_to_go_back(const Planning *plan, const NodePlan *record, const Node *node)
{
    bool has = record->sparse && !is_without(plan->options.without, OPTIMISATION_ROWS);
    for (int a = 0; has && a < node->map->count - 2; a++)
        has = reads_all(&node->map->space[a]);
    if (!has)
        return false;
    const MapAxis *channels = map_mixed(node->map);
    int tap = channels->out * WINDOW_WIDTH, all = map_rows(node->map) / channels->in * tap;
    int row = node->map->space[node->map->count - 2].taps * tap;
    return row < all && row <= PIECE_ROW_WEIGHTS
           && (all > PIECE_ROW_WEIGHTS || plan->options.kernels == KERNELS_EVENT);
}

/* Along time by weights that all units share: a gradient, or a map that mixes all steps. */
static bool shares_steps(const Node *node)
{
    const AxisMap *map = node->map;
    bool shares =
        (node->kind == NODE_MAP_GRAD && map->time.reach == REACH_WINDOW && map->edge == EDGE_ZERO)
        || ((node->kind == NODE_MAP || node->kind == NODE_MAP_GRAD) && map->time.reach == REACH_ALL);
    for (int a = 0; shares && a < map->count; a++)
        shares = map->space[a].reach == REACH_SAME;
    return shares;
}

/* Of maps with taps: one that has fewer products by frequencies. */
static bool has_frequencies(const Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    const AxisMap *map = node->map;
    Kernels kernels = plan->options.kernels;
    if (kernels_keep_order(kernels))
        return false;
    double steps = map->time.in, ins = map->space[0].in, outs = map->space[0].out,
           all = steps + map->time.taps;
    double products = all * steps * (ins + outs) + 1.5 * all * ins * outs;
    return kernels == KERNELS_TABLE || FREQUENCY_GAIN * products <= map->time.taps * steps * ins * outs;
}

Val weight_condition(const Net *net, StreamId weights)
{
    int maker = weights == NONE ? NONE : net->streams.at[weights].node;
    if (maker == NONE || net->nodes.at[maker].kind != NODE_SCAN || net->streams.at[weights].steps)
        return NO_VAL;
    const Node *scan = &net->nodes.at[maker];
    for (int k = 0; k < scan->outs.count; k++) {
        const Instr *made = &scan->body.code.at[scan->outs.at[k].value];
        double other;
        if (scan->outs.at[k].stream == weights && made->op == OP_SELECT
            && body_is_const(&scan->body, made->c, &other) && other == 0
            && shape_equal(scan_units(net, scan), net->streams.at[weights].shape))
            return made->a;
    }
    return NO_VAL;
}

const Node *map_of(const Net *net, const Node *node)
{
    return node->kind == NODE_MAP_GRAD ? &net->nodes.at[node->forward] : node;
}

/* Of maps with taps, or their gradients: so many taps that to leave out those that are not there may pay, and outputs: of
 * fewer, to go through events takes as long as to add them. */
static bool may_be_narrow(const Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    bool forced = plan->options.kernels == KERNELS_EVENT;
    int taps = forced ? 1 : NARROW_LEAST, outs = forced ? 1 : NARROW_OUTPUTS;
    if (node->transposed || node->map->time.taps < taps || map_columns(node->map) < outs
        || (node->kind == NODE_MAP_GRAD && node->forward == NONE))
        return false;
    const Node *map = map_of(plan->net, node);
    return map->kind == NODE_MAP && !map->transposed && weight_condition(plan->net, map->aux) != NO_VAL;
}

/* Of an axis with 3 taps: products of a pair of channels by squares of `made` outputs of the map: see maps/squares.h. */
static int square_products(const Node *node, const MapAxis *axis, int made)
{
    bool turned = node->kind == NODE_MAP && node->transposed;
    int planes = axis->stride > 1 ? 5 : made + 2, extent = turned ? axis->in : axis->out;
    if (turned)
        made *= axis->stride;
    return (extent + made - 1) / made * planes;
}

/* Outputs of a square that leave fewest products. */
static int square_of(const Node *node, const MapAxis *axis)
{
    bool four = axis->stride == 1 && square_products(node, axis, 4) < square_products(node, axis, 2);
    return four ? 4 : 2;
}

/* Products of a pair of channels: of windows those that read what is there. */
static bool gains_by_squares(const Node *node)
{
    const MapAxis *channels = map_mixed(node->map);
    double direct = 1, squares = 1;
    for (int a = 0; a < 2; a++) {
        const MapAxis *axis = &node->map->space[a];
        int met = 0;
        for (int k = 0; k < axis->taps; k++)
            for (int o = 0; o < axis->out; o++) {
                int at = o * axis->stride + k - axis->before;
                met += at >= 0 && at < axis->in;
            }
        direct *= met;
        squares *= square_products(node, axis, square_of(node, axis));
    }
    return channels->in >= WINOGRAD_CHANNELS && channels->out >= WINOGRAD_CHANNELS
           && direct >= WINOGRAD_GAIN * squares;
}

/* All, or whole blocks of them. */
static bool has_blocks(int channels)
{
    return channels < WINDOW_WIDTH || channels % WINDOW_WIDTH == 0;
}

/* Of those with windows: a map by 3 x 3 taps, at each position or each other one, or a gradient that no events drive. It adds
 * in another order than the definition, as tables do. */
static bool has_squares(const Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    const NodePlan *record = &plan->nodes[n];
    bool back = n >= plan->net->backward; /* where there are transposes of weights */
    bool has =
        node->map->count == 3 && !kernels_keep_order(plan->options.kernels) && (back || !node->transposed);
    for (int a = 0; has && a < 2; a++) {
        const MapAxis *axis = &node->map->space[a];
        has = axis->taps == 3 && axis->stride <= 2 && axis->dilation == 1 && axis->before <= 2;
    }
    if (has && node->kind == NODE_MAP_GRAD)
        has = !record->pieces && !record->patches && has_blocks(map_mixed(node->map)->in)
              && has_blocks(map_mixed(node->map)->out);
    return has && (plan->options.kernels == KERNELS_TABLE || gains_by_squares(node));
}

/* Of those with windows: a transposed map of so many weights that only those of a tile of channels stay in a cache. */
static bool has_many_weights(const Planning *plan, const Node *node)
{
    int64_t weights = (int64_t)map_rows(node->map) * map_columns(node->map);
    return node->kind == NODE_MAP && node->transposed
           && (plan->options.kernels == KERNELS_TABLE || weights >= WINDOW_CACHED);
}

/* Whether samples go one by one, or would if chains were not left out: that changes no sum. */
static bool may_go_by_samples(const Planning *plan)
{
    LowerOptions options = plan->options;
    options.without &= ~(WITHOUT(CHAINS));
    return goes_by_samples(plan->net, options);
}

/* Of those that follow events: a gradient of so many weights that to add a sample's part to it takes longer than the sums. */
static bool has_many_sums(const Planning *plan, const Node *node)
{
    int64_t weights = (int64_t)map_rows(node->map) * map_columns(node->map);
    return node->kind == NODE_MAP_GRAD && map_mixed(node->map)->in >= LOOP_SLICES
           && (plan->options.kernels == KERNELS_EVENT || weights >= PIECE_WEIGHTS)
           && !may_go_by_samples(plan);
}

/* Outputs whose sums are made together: the most that leave none over, or 0. */
static int block_width(int outputs)
{
    int width = BLOCK_WIDTH;
    while (width > 0 && outputs % width != 0)
        width -= TILE_VECTOR;
    return width;
}

/* One sample: a few wide parts of the outputs, or all of them. */
static int event_part_of(const Planning *plan, const Node *node)
{
    int outputs = shape_size(plan->net->streams.at[node->out].shape), width = block_width(outputs);
    bool many = (int64_t)map_rows(node->map) * map_columns(node->map) > PART_WEIGHTS;
    return width == outputs || (width >= TILE_LEAST && !many) ? width : 0;
}

/* One sample goes through all steps, whose events need more weights than stay in a cache. */
static int event_blocks_of(const Planning *plan, const Node *node)
{
    if (!plan->options.infer || plan->net->stepwise || node->kind != NODE_MAP || !map_is_dense(node->map)
        || !plan->net->streams.at[node->in].steps)
        return 0;
    int inputs = map_rows(node->map), outputs = map_columns(node->map);
    return (int64_t)inputs * outputs >= BLOCK_WEIGHTS ? block_width(outputs) : 0;
}

static void serve(Planning *plan, int n)
{
    const Node *node = &plan->net->nodes.at[n];
    NodePlan *record = &plan->nodes[n];
    Kernels kernels = plan->options.kernels;
    bool windows = has_windows(node);
    bool small = plan->options.infer && windows && has_narrow_groups(node); /* without these copies */
    record->windows = windows && !small && !is_without(plan->options.without, OPTIMISATION_WINDOWS);
    record->by_tiles = record->windows && has_many_weights(plan, node);
    windows = windows && node->map->groups == 1; /* the others know no groups */
    record->patches = windows && has_patches(plan, n, PATCH_MOST);
    record->patterns = windows && has_patterns(plan, n);
    bool may = kernels != KERNELS_TABLE && !record->patterns
               && !is_without(plan->options.without, OPTIMISATION_PIECES)
               && !(kernels == KERNELS_AUTO && has_patches(plan, n, PATCH_ROWS));
    record->pieces = windows && may && has_pieces(plan, n) && fits_rows(plan, node);
    record->by_inputs = record->pieces && has_many_sums(plan, node);
    record->piece_rows = record->pieces && has_rows_of_taps(plan, node);
    record->piece_taps = has_single_taps(plan, record, node);
    record->winograd = windows && record->windows && !is_without(plan->options.without, OPTIMISATION_WINOGRAD)
                       && has_squares(plan, n);
    for (int a = 0; a < 2 && record->winograd; a++)
        record->squares[a] = square_of(node, &node->map->space[a]);
    if (record->winograd && node->kind == NODE_MAP_GRAD)
        record->role = ROLE_NONE; /* it has a kernel of its own */
    record->sparse = windows && !is_without(plan->options.without, OPTIMISATION_SPARSE) && has_gaps(plan, n);
    record->sparse_rows = has_rows_to_go_back(plan, record, node);
    record->steps_shared = shares_steps(node) && !is_without(plan->options.without, OPTIMISATION_STEPS);
    record->choice = record->pieces && !record->by_inputs && kernels == KERNELS_AUTO;
    bool past = (node->kind == NODE_MAP || node->kind == NODE_MAP_GRAD) && map_reads_past(node->map);
    record->recent = past && plan->net->stepwise;
    record->taps = past && !plan->net->stepwise && !is_without(plan->options.without, OPTIMISATION_TAPS);
    record->frequencies = record->taps && !is_without(plan->options.without, OPTIMISATION_FREQUENCIES)
                          && has_frequencies(plan, n);
    record->narrow =
        record->taps && !is_without(plan->options.without, OPTIMISATION_NARROW) && may_be_narrow(plan, n);
    record->choice = record->choice
                     || (record->frequencies && (node->kind == NODE_MAP_GRAD || !node->transposed)
                         && kernels == KERNELS_AUTO);
    if (record->taps && node->kind == NODE_MAP_GRAD)
        record->role = ROLE_NONE; /* it has a kernel of its own */
    if (!follows(plan, n))
        return;
    bool possible = !node->transposed && !plan->by_samples;
    record->choice = possible && kernels == KERNELS_AUTO && is_large(node);
    record->tables = possible && (kernels == KERNELS_TABLE || record->choice);
    record->listed = !(record->tables && kernels == KERNELS_TABLE);
    record->event_blocks = record->listed ? event_blocks_of(plan, node) : 0;
    record->event_part = record->listed && plan->options.infer ? event_part_of(plan, node) : 0;
}

bool plan_changes_order(const Plan *plan, const Net *net)
{
    bool changes = false;
    for (int n = 0; n < net->backward && !changes; n++) {
        const NodePlan *node = &plan->nodes[n];
        bool tests = !node->choice; /* tests choose none of these */
        changes = node->patterns || node->piece_rows || node->piece_taps
                  || (tests && (node->winograd || node->frequencies));
    }
    return changes;
}

void plan_service(Planning *plan)
{
    const Net *net = plan->net;
    for (StreamId s = 0; s < net->streams.count; s++) {
        const Stream *stream = &net->streams.at[s];
        plan->streams[s].events = plan->streams[s].all_choose =
            stream->kind == STREAM_SPIKES && stream->steps;
    }
    for (int n = 0; n < net->updates; n++) {
        serve(plan, n);
        if (follows(plan, n) && !plan->nodes[n].choice)
            plan->streams[net->nodes.at[n].in].all_choose = false;
    }
}
