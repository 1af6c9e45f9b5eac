/* Run scalars: what is the same for all samples of a batch, and may be another in the next one. Their equations are one
 * body of the net, so they are computed once, however many read them. */
#include "build.h"

static Node *equations(const Build *b)
{
    return &b->net->schedule;
}

Context context_scalars(Build *b)
{
    return (Context){.build = b, .node = equations(b)};
}

/* Where the training is, by its name; NONE for others. */
static int clock_scalar(const char *name)
{
    static const Scalar scalars[] = {SCALAR_EPOCH, SCALAR_EPOCHS, SCALAR_BATCH, SCALAR_BATCHES,
                                     SCALAR_TRAINING};
    static const char *const names[] = {name_epoch, name_epochs, name_batch, name_batches, name_training};
    for (int i = 0; i < 5; i++)
        if (names[i] == name)
            return (int)scalars[i];
    return NONE;
}

bool is_clock_name(const char *name)
{
    return clock_scalar(name) != NONE;
}

Value scalar_given(Build *b, Scalar scalar)
{
    Val val = body_leaf(b->arena, &equations(b)->body, OP_SCALAR, (int)scalar, scalar_name(scalar));
    return value_scalar(val, unit_plain, false);
}

/* `training` is a truth value. */
Value clock_value(Build *b, const char *name)
{
    Value value = scalar_given(b, (Scalar)clock_scalar(name));
    if (name != name_training)
        return value;
    Body *body = &equations(b)->body;
    Val zero = body_const(b->arena, body, 0);
    return value_scalar(body_op2(b->arena, body, OP_NE, value.val, zero), unit_plain, true);
}

int scalar_shown(Build *b, Val val, const char *name, Span span)
{
    Node *node = equations(b);
    for (int k = 0; k < node->outs.count; k++)
        if (node->outs.at[k].value == val)
            return k;
    const char *own = node->body.code.at[val].name;
    RunScalar scalar = {numbered(b, name ? name : own ? own : "scalar"), span};
    ScanOut out = {NONE, val};
    vec_push(b->arena, &node->outs, out);
    vec_push(b->arena, &b->net->scalars, scalar);
    return node->outs.count - 1;
}

/* A truth value leaves its body as 0 or 1, which `training` was. */
static Val as_number(Build *b, Val truth)
{
    Body *body = &equations(b)->body;
    const Instr *of = &body->code.at[truth], *was = of->op == OP_NE ? &body->code.at[of->a] : of;
    if (was->op == OP_SCALAR && was->index == SCALAR_TRAINING)
        return of->a;
    return body_op3(b->arena, body, OP_SELECT, truth, body_const(b->arena, body, 1),
                    body_const(b->arena, body, 0));
}

Val scalar_read(Context *c, Value value)
{
    Build *b = c->build;
    Body *body = &c->node->body;
    if (c->node == equations(b))
        return value.val;
    if (c->draws) {
        report(b, RULE_CONSTANT, value.span,
               "an initial value cannot be made of what changes during the training");
        report_hint(b, "say a number in its place");
        return body_const(b->arena, body, 0);
    }
    Val val = value.truth ? as_number(b, value.val) : value.val;
    const Instr instr = equations(b)->body.code.at[val];
    bool given = instr.op == OP_SCALAR || c->scratch;
    int index = given ? instr.index : SCALAR_COUNT + scalar_shown(b, val, NULL, value.span);
    const char *name = given ? instr.name : b->net->scalars.at[index - SCALAR_COUNT].name;
    Val leaf = body_leaf(b->arena, body, OP_SCALAR, index, name);
    return value.truth ? body_op2(b->arena, body, OP_NE, leaf, body_const(b->arena, body, 0)) : leaf;
}
