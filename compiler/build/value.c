/* Values: what a formula or a model expression comes to. */
#include "build.h"

Value value_poison(void)
{
    return (Value){.kind = VALUE_POISON, .val = NO_VAL, .stream = NONE};
}

Value value_number(double number, Unit unit)
{
    return (Value){.kind = VALUE_NUMBER, .number = number, .unit = unit, .val = NO_VAL, .stream = NONE};
}

Value value_flag(bool flag)
{
    return (Value){.kind = VALUE_FLAG, .flag = flag, .val = NO_VAL, .stream = NONE};
}

Value value_body(Val val, Unit unit, bool truth)
{
    return (Value){.kind = VALUE_BODY, .val = val, .unit = unit, .truth = truth, .stream = NONE};
}

Value value_scalar(Val val, Unit unit, bool truth)
{
    return (Value){.kind = VALUE_SCALAR, .val = val, .unit = unit, .truth = truth, .stream = NONE};
}

Value value_stream(StreamId stream, Unit unit)
{
    return (Value){.kind = VALUE_STREAM, .stream = stream, .unit = unit, .val = NO_VAL};
}

Context context_constant(Build *b)
{
    return (Context){.build = b};
}

Value value_weights(ParamId param)
{
    return (Value){.kind = VALUE_WEIGHTS, .param = param, .val = NO_VAL, .stream = NONE};
}

Stream *stream_at(Build *b, StreamId id)
{
    return &b->net->streams.at[id];
}
