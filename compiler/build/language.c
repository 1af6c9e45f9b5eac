/* What is built in: a function or stage is a row here, and what the row names. */
#include "build.h"

static const Function functions[] = {
    {"exp", eval_operation, OP_EXP, UNIT_PLAIN},
    {"expm1", eval_operation, OP_EXPM1, UNIT_PLAIN},
    {"log", eval_operation, OP_LOG, UNIT_PLAIN},
    {"sqrt", eval_operation, OP_SQRT, UNIT_ROOT},
    {"tanh", eval_operation, OP_TANH, UNIT_PLAIN},
    {"sigmoid", eval_operation, OP_SIGMOID, UNIT_PLAIN},
    {"atan", eval_operation, OP_ATAN, UNIT_PLAIN},
    {"erf", eval_operation, OP_ERF, UNIT_PLAIN},
    {"abs", eval_operation, OP_ABS, UNIT_SAME},
    {"min", eval_operation, OP_MIN, UNIT_SAME},
    {"max", eval_operation, OP_MAX, UNIT_SAME},
    {.name = "where", .eval = eval_where},
    {.name = "step", .eval = eval_step},
    {.name = "detach", .eval = eval_detach},
    {.name = NULL},
};

static const Stage stages[] = {
    {.name = "dense",
     .role = STAGE_LAYER,
     .build = build_dense,
     .formals = dense_formals,
     .shape = dense_shape},
    {.name = "rate",
     .role = STAGE_REDUCTION,
     .build = build_reduce,
     .reduce = REDUCE_MEAN,
     .of_spikes = true},
    {.name = "mean", .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_MEAN},
    {.name = "sum", .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_SUM},
    {.name = "max", .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_MAX},
    {.name = "last", .role = STAGE_REDUCTION, .build = build_reduce, .reduce = REDUCE_LAST},
    {.name = "poisson", .role = STAGE_ENCODER, .build = build_poisson},
    {.name = "latency", .role = STAGE_ENCODER, .build = build_latency},
    {.name = NULL},
};

const Language language = {functions, stages, build_value};
