/* dense(size): each output is a weighted sum of all inputs. Along time, each step is one of all steps. */
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

static bool dense_in_space(Build *b, const Scope *frame, Connection *dense)
{
    if (!dense_shape(b, frame, NULL, &dense->out) || dense->in == NONE)
        return false;
    dense->map = map_dense(shape_size(stream_at(b, dense->in)->shape), shape_size(dense->out));
    return true;
}

static bool dense_in_time(Build *b, const StageUse *use, const Scope *frame, Connection *dense)
{
    const Entry *size = given_argument(frame, name_size);
    int steps;
    if (!check_along(b, frame) || !size
        || !constant_integer(b, size->scope, size->expr, "the size of dense", 1, MAX_STEPS, &steps))
        return false;
    if (dense->in == NONE || !check_temporal(b, dense->in, use->in_span, true))
        return false;
    if (b->time_known && steps != b->net->steps) {
        report(b, RULE_WINDOW, size->expr->span,
               "along time, `dense` makes as many steps as there are: %d, found %d", b->net->steps, steps);
        report_hint(b, "`dense(steps, along = time)` is right for any number of them");
        return false;
    }
    dense->out = stream_at(b, dense->in)->shape;
    dense->map = map_in_time(name_dense, shape_size(dense->out),
                             (MapAxis){.reach = REACH_ALL, .in = b->net->steps, .out = b->net->steps});
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
