/* dense(size): each output is a weighted sum of all inputs. Along time, it is the number of steps that the result has, and
 * each is a weighted sum of all steps that there are. */
#include "connect.h"

const char *const dense_formals[] = {
    name_size,    NULL,         name_bias,      name_false,  name_init,  name_none,  name_along,
    name_none,    name_weights, name_none,      name_frozen, name_false, name_clamp, name_none,
    name_synapse, name_none,    name_optimizer, name_none,   name_delay, name_none,  NULL};

bool dense_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    const Entry *size = given_argument(frame, name_size);
    if (!given_argument(frame, name_along))
        return size && constant_shape(b, size->scope, size->expr, "the size of dense", MAX_AXES, shape);
    if (in)
        *shape = *in;
    return in != NULL;
}

/* Of a result along time: a number, or `same`. */
static bool read_steps(Build *b, const Scope *frame, int in, int *steps)
{
    const Entry *size = given_argument(frame, name_size);
    Scope *scope = size ? size->scope : NULL;
    const Expr *expr = size ? given_as(&scope, size->expr) : NULL;
    *steps = in;
    if (expr && expr->kind == EXPR_NAME && expr->name == name_same)
        return true;
    return expr && constant_integer(b, scope, expr, "the size of dense", 1, MAX_STEPS, steps);
}

int dense_steps(Build *b, const Scope *frame, int in)
{
    int steps = in;
    return !given_argument(frame, name_along) || read_steps(b, frame, in, &steps) ? steps : 0;
}

static bool dense_in_space(Build *b, const Scope *frame, Connection *dense)
{
    if (!dense_shape(b, frame, NULL, &dense->out) || dense->in == NONE)
        return false;
    dense->map = map_dense(shape_size(stream_at(b, dense->in)->shape), shape_size(dense->out));
    return true;
}

static bool dense_in_time(Build *b, const StageUse *use, const Scope *frame, Connection *dense)
{
    int steps;
    if (dense->in == NONE || !check_along(b, frame) || !check_temporal(b, dense->in, use->in_span, true)
        || !read_steps(b, frame, stream_at(b, dense->in)->steps, &steps))
        return false;
    const Stream *in = stream_at(b, dense->in);
    dense->out = in->shape;
    dense->map = map_in_time(name_dense, shape_size(in->shape),
                             (MapAxis){.reach = REACH_ALL, .in = in->steps, .out = steps});
    return true;
}

Value build_dense(Build *b, const StageUse *use)
{
    StreamId in = plain_stream_of(b, use->in, use->in_span);
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    bool in_time = given_argument(frame, name_along);
    Connection dense = {
        .use = use, .frame = frame, .in = in_time ? in : stream_reshaped(b, in), .map = {.name = name_dense}};
    if (frame->wrong)
        return value_poison();
    bool fine = in_time ? dense_in_time(b, use, frame, &dense) : dense_in_space(b, frame, &dense);
    fine &= connection_bias(b, &dense);
    fine = fine && connection_delay(b, &dense);
    return fine ? add_connection(b, &dense) : value_poison();
}
