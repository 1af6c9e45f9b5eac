/* What is built in: a function or stage is a row here, and what the row names. */
#include "build.h"

static const Function functions[] = {
    {name_exp, eval_operation, OP_EXP, UNIT_PLAIN},
    {name_expm1, eval_operation, OP_EXPM1, UNIT_PLAIN},
    {name_log, eval_operation, OP_LOG, UNIT_PLAIN},
    {name_sqrt, eval_operation, OP_SQRT, UNIT_ROOT},
    {name_tanh, eval_operation, OP_TANH, UNIT_PLAIN},
    {name_sigmoid, eval_operation, OP_SIGMOID, UNIT_PLAIN},
    {name_atan, eval_operation, OP_ATAN, UNIT_PLAIN},
    {name_erf, eval_operation, OP_ERF, UNIT_PLAIN},
    {name_sin, eval_operation, OP_SIN, UNIT_PLAIN},
    {name_cos, eval_operation, OP_COS, UNIT_PLAIN},
    {name_floor, eval_operation, OP_FLOOR, UNIT_PLAIN},
    {name_abs, eval_operation, OP_ABS, UNIT_SAME},
    {name_min, eval_operation, OP_MIN, UNIT_SAME},
    {name_max, eval_operation, OP_MAX, UNIT_SAME},
    {.name = name_where, .eval = eval_where},
    {.name = name_step, .eval = eval_step},
    {.name = name_detach, .eval = eval_detach},
    {.name = NULL},
};

static const Stage stages[] = {
    {.name = name_weights, .role = STAGE_SOURCE, .build = build_weights, .formals = weights_formals},
    {.name = name_dense,
     .role = STAGE_LAYER,
     .build = build_dense,
     .formals = dense_formals,
     .shape = dense_shape},
    {.name = name_repeat,
     .role = STAGE_LAYER,
     .build = build_repeat,
     .formals = repeat_formals,
     .shape = repeat_shape},
    {.name = name_rate,
     .role = STAGE_REDUCTION,
     .build = build_reduce,
     .reduce = REDUCE_MEAN,
     .of_spikes = true},
    {.name = name_mean, .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_MEAN},
    {.name = name_sum, .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_SUM},
    {.name = name_max, .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_MAX},
    {.name = name_last, .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_LAST},
    {.name = name_poisson, .role = STAGE_ENCODER, .build = build_poisson},
    {.name = name_latency, .role = STAGE_ENCODER, .build = build_latency},
    {.name = NULL},
};

const Language language = {functions, stages, build_init, eval_draw, build_value, eval_schedule};
