/* Weights of connections: each use of a stage has its own, unless it is given some that have a name. */
#include "connect.h"

const char *const weights_formals[] = {name_shape, name_none,  name_init, name_none,      name_frozen,
                                       name_false, name_clamp, name_none, name_optimizer, name_none,
                                       name_of,    name_none,  name_per,  name_none,      NULL};

/* Named `base`. NONE if a mistake in its initial values was reported; `init`: how they are given, NULL: as usual. */
static ParamId add_param(Build *b, const char *base, Shape shape, Span span, const Entry *init, Fans fans)
{
    ParamId id = net_param(b->net, base, shape, blamed(b, span));
    const Expr *expr = init ? init->expr : expr_name(b->arena, span, name_linear);
    return build_init(b, &b->net->params.at[id], init ? init->scope : b->library, expr, fans, "`init`")
               ? id
               : NONE;
}

/* ---- with a name: k = weights([64, 10]) ---------------------------------------------------------------- */

/* What `of` names, if it is made when it is read. */
static const Made *made_when_read(const Entry *of)
{
    Scope *scope = of->scope;
    const Expr *expr = given_as(&scope, of->expr);
    const Entry *entry = expr->kind == EXPR_NAME ? scope_find(scope, expr->name) : NULL;
    return entry ? entry->made : NULL;
}

/* The axes of what `of` names, which is a stream, or weights. False if a mistake was reported. */
static bool units_of(Build *b, const Entry *of, Shape *shape, int *steps)
{
    const Made *made = made_when_read(of);
    *steps = 0;
    if (made) {
        *shape = made->shape;
        return true;
    }
    Value value = build_value(b, of->scope, of->expr, NULL);
    StreamId stream = value.kind == VALUE_WEIGHTS ? weights_stream(b, value.param, of->expr->span)
                                                  : stream_of(b, value, of->expr->span);
    if (stream == NONE)
        return false;
    *shape = stream_at(b, stream)->shape;
    *steps = stream_at(b, stream)->steps;
    return true;
}

/* Whether they have inputs and outputs, as those of a connection. */
static bool is_matrix(Shape shape)
{
    return shape_find(shape, name_inputs) >= 0 && shape_find(shape, name_outputs) >= 0;
}

static Fans fans_of_units(Shape stored, Shape shape, bool temporal)
{
    for (int d = 0; d < stored.ndim; d++)
        stored.axes[d] = temporal && d == 0 ? name_time : shape_axis(shape, d - temporal);
    Fans fans = is_matrix(shape) ? fans_of_shape(shape) : (Fans){.inputs = 1, .outputs = 1};
    fans.shape = stored;
    return fans;
}

/* `element = 4`: an axis that the stream does not have. */
static bool add_new_axis(Build *b, Scope *scope, const Arg *arg, Shape shape, Shape *added)
{
    if (shape_find(shape, arg->name) >= 0) {
        report(b, RULE_AXIS, arg->span, "there is an axis `%s` here already: the stream is %s", arg->name,
               shape_text(b->arena, shape));
        report_hint(b, "write `%s` for this one, and call a new one otherwise", arg->name);
        return false;
    }
    if (added->ndim == MAX_DIMS) {
        report(b, RULE_AXIS, arg->span, "%d axes are possible", MAX_DIMS);
        return false;
    }
    const char *what = arena_printf(b->arena, "the extent of `%s`", arg->name);
    added->axes[added->ndim] = arg->name;
    return constant_integer(b, scope, arg->value, what, 1, MAX_ELEMENTS, &added->dims[added->ndim++]);
}

/* `per = [element = 4, c]`: those of the stream, and new ones. */
static bool read_per(Build *b, const Entry *per, Shape shape, int beside, AxisSet *kept, Shape *added)
{
    Scope *scope = per->scope;
    const Expr *list = given_as(&scope, per->expr);
    if (list->kind != EXPR_LIST)
        return named_axes(b, per->scope, per->expr, shape, beside, kept);
    bool fine = true;
    Args others = {0};
    for (int i = 0; i < list->args.count; i++)
        if (list->args.at[i].name)
            fine = add_new_axis(b, scope, &list->args.at[i], shape, added) && fine;
        else
            vec_push(b->arena, &others, list->args.at[i]);
    *kept = (AxisSet){0};
    bool only_new = others.count == 0 && list->args.count > 0;
    return (only_new || named_axes(b, scope, expr_list(b->arena, list->span, others), shape, beside, kept))
           && fine;
}

/* `added`, and behind them those of what they are of. */
static bool join_axes(Build *b, Shape added, Shape kept, Span span, Shape *shape)
{
    if (added.ndim == 0) {
        *shape = kept;
        return true;
    }
    if (added.ndim + kept.ndim > MAX_DIMS) {
        report(b, RULE_AXIS, span, "these are %d axes, and %d are possible", added.ndim + kept.ndim,
               MAX_DIMS);
        return false;
    }
    *shape = added;
    double elements = 1;
    for (int d = 0; d < kept.ndim; d++, shape->ndim++) {
        shape->axes[shape->ndim] = shape_axis(kept, d);
        shape->dims[shape->ndim] = kept.dims[d];
    }
    for (int d = 0; d < shape->ndim; d++)
        elements *= shape->dims[d];
    return check_axes(b, *shape, span) && check_array(b, elements, span, "the weights");
}

/* weights(of = x, per = c): one for each channel of x. */
static Value build_units(Build *b, const StageUse *use, const Scope *frame)
{
    const Entry *of = given_argument(frame, name_of), *per = given_argument(frame, name_per);
    AxisSet kept;
    Shape shape, added = {0};
    int steps;
    if (!units_of(b, of, &shape, &steps))
        return value_poison();
    if (!per) {
        report(b, RULE_MISSING_ARGUMENT, use->expr->span, "`weights` needs the axes of `of` that they have");
        report_hint(b, "as in `weights(of = x, per = c)`, one a channel");
        return value_poison();
    }
    if (!read_per(b, per, shape, steps ? OVER_TIME : 0, &kept, &added)
        || !join_axes(b, added, shape_part(shape, kept.space), per->expr->span, &shape))
        return value_poison();
    const char *name = use->name && !b->equation
                           ? use->name
                           : arena_printf(b->arena, "%s_%s", b->equation ? b->equation : "w", b->binding);
    steps = kept.time ? steps : 0;
    Shape stored = units_stored(shape, steps);
    ParamId id = add_param(b, name, stored, use->expr->span, given_argument(frame, name_init),
                           fans_of_units(stored, shape, kept.time));
    if (id == NONE || !learning_arguments(b, frame, name_neurons, &b->net->params.at[id]))
        return value_poison();
    b->net->params.at[id].matrix = b->net->params.at[id].turned = is_matrix(shape);
    return value_stream(units_stream(b, b->net->params.at[id].name, id, shape, steps, use->expr->span),
                        unit_plain);
}

Value build_weights(Build *b, const StageUse *use)
{
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    const Entry *size = given_argument(frame, name_shape);
    Shape shape;
    if (!frame->wrong && given_argument(frame, name_of))
        return build_units(b, use, frame);
    if (!frame->wrong && !size) {
        report(b, RULE_MISSING_ARGUMENT, use->expr->span, "`weights` needs a shape");
        report_hint(b, "as in `weights([64, 10])`, or `weights(of = x, per = c)` for one a channel of x");
    }
    if (frame->wrong || !size
        || !constant_shape(b, size->scope, size->expr, "the shape of weights", MAX_DIMS, &shape))
        return value_poison();
    for (int d = shape.ndim - 1; d >= 0 && d >= shape.ndim - 2; d--)
        shape.axes[d] = NULL; /* inputs and outputs */
    const char *name = use->name ? use->name : arena_printf(b->arena, "w_%s", b->binding);
    ParamId id =
        add_param(b, name, shape, use->expr->span, given_argument(frame, name_init), fans_of_shape(shape));
    if (id == NONE || !learning_arguments(b, frame, name_weights, &b->net->params.at[id]))
        return value_poison();
    b->net->params.at[id].matrix = b->net->params.at[id].turned = shape.ndim > 1;
    return value_weights(id);
}

/* ---- of a stage ----------------------------------------------------------------------------------------- */

/* What a connection can say of weights of its own. */
static const struct OfWeights {
    const char *name, *example;
} of_weights[] = {{name_init, "init = 0.1"},
                  {name_frozen, "frozen"},
                  {name_clamp, "clamp = [0, 1]"},
                  {name_optimizer, "optimizer = slow"}};

/* The first of these that is said, with its example; NULL: nothing is. */
static const Entry *said_of_weights(const Scope *arguments, const char **example)
{
    const Entry *said = NULL;
    for (size_t i = 0; i < sizeof of_weights / sizeof *of_weights && !said; i++) {
        said = given_argument(arguments, of_weights[i].name);
        *example = of_weights[i].example;
    }
    return said;
}

/* What is said of weights is said once, where they are made. */
static bool check_apart(Build *b, const StageUse *use, const Scope *arguments)
{
    const char *example;
    const Entry *said = said_of_weights(arguments, &example);
    if (!said)
        return true;
    report(b, RULE_WEIGHTS, said->expr->span, "`%s` is for weights of its own, and this `%s` is given some",
           said->name, use->stage->name);
    report_hint(b, "write it where they are made, as in `weights([64, 64], %s)`", example);
    return false;
}

/* Without the names of the axes. */
static const char *dims_text(Build *b, Shape shape)
{
    const char *text = "";
    for (int d = 0; d < shape.ndim; d++)
        text = arena_printf(b->arena, "%s%s%d", text, d ? ", " : "", shape.dims[d]);
    return arena_printf(b->arena, "[%s]", text);
}

static Shape weight_shape(const AxisMap *map)
{
    Shape shape = {0};
    shape.ndim = map_weight_dims(map, shape.dims);
    return shape;
}

/* Whether inputs and outputs, where axes are called so, are in the order that connections have. */
static bool check_order(Build *b, const Expr *expr, Shape shape, const Span *made, const AxisMap *map)
{
    int inputs = shape_find(shape, name_inputs), outputs = shape_find(shape, name_outputs);
    if ((inputs < 0 || inputs == shape.ndim - 2) && (outputs < 0 || outputs == shape.ndim - 1))
        return true;
    report(b, RULE_WEIGHTS, expr->span,
           "weights of this `%s` end with inputs, then outputs, but these are %s", map->name,
           shape_text(b->arena, shape));
    if (made)
        report_note(b, *made, "they are made here");
    report_hint(b, "a `conv_transpose` with `kernel = 1` is a `dense` by transposed weights");
    return false;
}

/* `made`: where the weights are; NULL of those that a synapse or a delay makes of others, at `expr` itself. */
static bool check_fit(Build *b, const Expr *expr, Shape shape, const Span *made, const AxisMap *map)
{
    Shape wanted = weight_shape(map);
    bool fits = shape.ndim == wanted.ndim;
    for (int d = 0; d < shape.ndim && fits; d++)
        fits = shape.dims[d] == wanted.dims[d];
    if (fits)
        return check_order(b, expr, shape, made, map);
    const char *needs = wanted.ndim == 2 ? arena_printf(b->arena, "has %d inputs and %d outputs",
                                                        wanted.dims[0], wanted.dims[1])
                                         : arena_printf(b->arena, "has kernels of %s", dims_text(b, wanted));
    report(b, RULE_WEIGHTS, expr->span, "this `%s` %s, but the weights are %s", map->name, needs,
           dims_text(b, shape));
    if (!made) {
        report_hint(b, "what comes of weights of %s has to be of these axes and extents, too",
                    dims_text(b, wanted));
        return false;
    }
    report_note(b, *made, "they are made here");
    report_hint(b, "those that fit are `weights(%s)`, %s", dims_text(b, wanted),
                wanted.ndim > 2 ? "the axes of the kernel before inputs and outputs" : "inputs first");
    return false;
}

/* A parameter is read where it stands; what is made of some is a stream. */
static bool given_weights(Build *b, const StageUse *use, const Scope *arguments, Node *node)
{
    const Entry *given = given_argument(arguments, name_weights);
    Value value = build_value(b, given->scope, given->expr, NULL);
    if (value.kind == VALUE_POISON || !check_apart(b, use, arguments))
        return false;
    bool stream = value.kind == VALUE_STREAM && !stream_at(b, value.stream)->batched;
    if (!stream && value.kind != VALUE_WEIGHTS) {
        report(b, RULE_WEIGHTS, given->expr->span, "these are no weights");
        report_hint(b, "weights with a name are made by `k = weights(%s)`",
                    shape_text(b->arena, weight_shape(node->map)));
        return false;
    }
    *(stream ? &node->aux : &node->weight) = stream ? value.stream : value.param;
    if (stream)
        return check_fit(b, given->expr, stream_at(b, value.stream)->shape, &stream_at(b, value.stream)->span,
                         node->map);
    const Param *param = &b->net->params.at[value.param];
    return check_fit(b, given->expr, param->shape, &param->span, node->map);
}

static ParamId own_param(Build *b, const StageUse *use, const Scope *arguments, const char *prefix,
                         const char *group, Shape shape, const Entry *init, Fans fans)
{
    const char *base = arena_printf(b->arena, "%s_%s", prefix, b->binding);
    ParamId id = add_param(b, base, shape, use->expr->span, init, fans);
    Param *param = &b->net->params.at[id == NONE ? 0 : id];
    bool fine = id != NONE && frozen_argument(b, arguments, &param->frozen)
                && group_argument(b, arguments, group, param);
    return fine ? id : NONE;
}

static bool own_weights(Build *b, const StageUse *use, const Scope *arguments, Node *node)
{
    node->weight = own_param(b, use, arguments, "w", name_weights, weight_shape(node->map),
                             given_argument(arguments, name_init), fans_of(node->map));
    if (node->weight == NONE || !clamp_argument(b, arguments, &b->net->params.at[node->weight]))
        return false;
    Param *param = &b->net->params.at[node->weight];
    param->matrix = param->turned = param->shape.ndim > 1;
    return true;
}

/* A connection's weights, for the synapse or the delay that reads them. */
typedef struct OwnWeights {
    const StageUse *use;
    const Scope *arguments;
    Node *map;
    const char *reader;
    bool made;
} OwnWeights;

static Value make_own(Build *b, void *from)
{
    OwnWeights *own = from;
    own->made = true;
    if (!own_weights(b, own->use, own->arguments, own->map))
        return value_poison();
    ParamId param = own->map->weight;
    units_stream(b, b->net->params.at[param].name, param, fans_of(own->map->map).shape, 0,
                 own->use->expr->span);
    return value_weights(param);
}

/* What is said of weights that nobody makes. */
static bool check_made(Build *b, const StageUse *use, const OwnWeights *own)
{
    const char *example;
    const Entry *said = own->made ? NULL : said_of_weights(own->arguments, &example);
    if (!said)
        return true;
    report(b, RULE_WEIGHTS, said->expr->span,
           "`%s` is for weights of its own, and the %s of this `%s` takes none", said->name, own->reader,
           use->stage->name);
    report_hint(b, "write it where the %s makes its weights, as in `weights(of = w, per = outputs, %s)`",
                own->reader, example);
    return false;
}

/* `synapse = f`: the weights sent through f, as in `k -> f`. Its own are made if f reads them. */
static bool apply_synapse(Build *b, const StageUse *use, const Scope *arguments, const Entry *synapse,
                          Node *node)
{
    Span span = synapse->expr->span;
    bool given_some = given_argument(arguments, name_weights) != NULL;
    OwnWeights own = {use, arguments, node, name_synapse, given_some};
    Made made = {make_own, &own, fans_of(node->map).shape};
    Value given = node->aux != NONE ? value_stream(node->aux, unit_plain) : value_weights(node->weight);
    Value value = own.made ? send_through(b, given, span, synapse->scope, synapse->expr, NULL)
                           : send_made(b, &made, span, synapse->scope, synapse->expr);
    if (value.kind == VALUE_WEIGHTS) /* nothing is made of it */
        return check_fit(b, synapse->expr, b->net->params.at[value.param].shape, NULL, node->map);
    if (value.kind != VALUE_STREAM || !check_plain(b, value, span, "a weight") || !check_made(b, use, &own))
        return false;
    node->weight = NONE;
    node->aux = value.stream;
    return check_fit(b, synapse->expr, stream_at(b, value.stream)->shape, NULL, node->map);
}

bool stage_weights(Build *b, const StageUse *use, const Scope *arguments, Node *node)
{
    const Entry *synapse = given_argument(arguments, name_synapse);
    bool given = given_argument(arguments, name_weights) != NULL;
    if (given && !given_weights(b, use, arguments, node))
        return false;
    if (synapse)
        return apply_synapse(b, use, arguments, synapse, node);
    return given || own_weights(b, use, arguments, node);
}

/* What a delay reads: a stream, which has the axes of this kernel but that of time. */
static Value make_undelayed(Build *b, void *from)
{
    OwnWeights *own = from;
    own->made = true;
    if (!stage_weights(b, own->use, own->arguments, own->map))
        return value_poison();
    ParamId param = own->map->weight;
    if (param == NONE)
        return value_stream(own->map->aux, unit_plain);
    return value_stream(units_stream(b, b->net->params.at[param].name, param, fans_of(own->map->map).shape, 0,
                                     own->use->expr->span),
                        unit_plain);
}

static bool check_taps(Build *b, const Expr *delay, Shape made)
{
    if (shape_find(made, name_time) >= 0)
        return true;
    report(b, RULE_DELAY, delay->span,
           "what comes of this delay has no axis `time`: each weight is the same at all taps");
    report_hint(
        b, "a number for each tap is `weights(of = w, per = time, init = position(time), frozen)`, as in "
           "`snnc --show random`");
    return false;
}

bool delayed_weights(Build *b, const StageUse *use, const Scope *arguments, const Entry *delay,
                     const AxisMap *kernel, Node *node)
{
    Span span = delay->expr->span;
    OwnWeights own = {use, arguments, node, name_delay, false};
    Made made = {make_undelayed, &own, fans_of(kernel).shape};
    Value value = send_made(b, &made, span, delay->scope, delay->expr);
    StreamId stream = stream_of(b, value, span);
    if (stream == NONE || !check_plain(b, value, span, "a weight") || !check_made(b, use, &own))
        return false;
    node->weight = NONE;
    node->aux = stream;
    node->map = kernel;
    return check_taps(b, delay->expr, stream_at(b, stream)->shape)
           && check_fit(b, delay->expr, stream_at(b, stream)->shape, NULL, kernel);
}

ParamId stage_bias(Build *b, const StageUse *use, const Scope *arguments, const AxisMap *map, int biases,
                   const Entry *init)
{
    Shape shape = {.ndim = biases > 0, .dims = {biases}};
    return own_param(b, use, arguments, "b", name_biases, shape, init, fans_of(map));
}
