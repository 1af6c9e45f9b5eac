/* Equations of neurons and formulas in whole numbers: see quantize.h. */
#include "quantize.h"

#include "rebuild.h"

#include <math.h>
#include <stdlib.h>

typedef enum Form {
    FORM_CONSTANT, /* reals that are known, one for each place of `shape`; not written down yet */
    FORM_COUNT,    /* a truth or a count: its unit is 1 */
    FORM_FIXED     /* its unit is that of the equations */
} Form;

typedef struct Number {
    Form form;
    Val value;
    Shape shape;
    const double *constants;
} Number;

typedef struct Equations {
    Quantizer *quantizer;
    Arena *arena;
    Node *scan;           /* as it is to become */
    const Body *old;      /* what it was */
    Body body;            /* what it becomes */
    int fraction;         /* bits behind the point */
    const Range *reals;   /* by old value */
    const double *limits; /* by old input: within which it is held; NULL: none is */
    Number *numbers;      /* by old value */
    int *inputs;          /* by old input: its number in the new scan; NONE: a constant */
    VEC(StreamId) ins;
    VEC(ParamId) params;
} Equations;

static double scale_of(const Equations *equations)
{
    return ldexp(1, equations->fraction);
}

/* ---- constants ---- */

static Number constant(Equations *equations, double value)
{
    double *values = NEW(equations->arena, double);
    *values = value;
    return (Number){FORM_CONSTANT, NO_VAL, {0}, values};
}

/* The place in `part` that place k of `whole` has, axis by axis. */
static int place_in(Shape part, Shape whole, int k)
{
    int place = 0, size = 1;
    for (int d = whole.ndim - 1; d >= 0; d--) {
        int at = shape_find(part, shape_axis(whole, d)), stride = 1;
        for (int e = part.ndim - 1; e > at && at >= 0; e--)
            stride *= part.dims[e];
        place += at < 0 ? 0 : k / size % whole.dims[d] * stride;
        size *= whole.dims[d];
    }
    return place;
}

static Number combine_constants(Equations *equations, const Instr *instr, const Number *operands, int count)
{
    Shape shape = {0};
    for (int k = 0; k < count; k++)
        if (!shape_merge(shape, operands[k].shape, &shape))
            quantize_refuse(equations->quantizer, instr->span, "its constants have too many axes together");
    int size = shape_size(shape);
    double *values = NEW_ARRAY(equations->arena, double, size + 1);
    for (int i = 0; i < size; i++) {
        double x[3] = {0};
        for (int k = 0; k < count; k++)
            x[k] = operands[k].constants[place_in(operands[k].shape, shape, i)];
        values[i] = op_eval(instr->op, x[0], x[1], x[2]);
    }
    return (Number){FORM_CONSTANT, NO_VAL, shape, values};
}

static bool is_whole(const Number *number)
{
    for (int i = 0; i < shape_size(number->shape); i++)
        if (number->constants[i] != floor(number->constants[i]) || fabs(number->constants[i]) > 32767)
            return false;
    return true;
}

/* What is beyond all numbers that there are stays so. */
static double held(double value)
{
    double most = ldexp(1, WHOLE_BITS);
    return fmax(-most, fmin(most, floor(value + 0.5)));
}

/* The constant times `scale`, rounded: a number of the body, or a parameter of the scan. */
static Val written(Equations *equations, const Number *number, double scale, const char *name)
{
    int size = shape_size(number->shape);
    if (number->shape.ndim == 0)
        return body_const(equations->arena, &equations->body, held(number->constants[0] * scale));
    double *values = NEW_ARRAY(equations->arena, double, size + 1);
    for (int i = 0; i < size; i++)
        values[i] = held(number->constants[i] * scale);
    const Stream *made = &equations->quantizer->net->streams.at[equations->scan->outs.at[0].stream];
    name = arena_printf(equations->arena, "%s_of_%s", name, made->name);
    ParamId param =
        quantize_add_param(equations->quantizer, name, number->shape, false, values, equations->scan->span);
    vec_push(equations->arena, &equations->params, param);
    return body_leaf(equations->arena, &equations->body, OP_PARAM, equations->params.count - 1, NULL);
}

/* ---- rescaling ---- */

/* value * factor, in whole numbers: by factor * 2^shift, in as few bits as are exact. */
static Val rescale(Equations *equations, Val value, const Number *factor)
{
    double most = 0;
    for (int i = 0; i < shape_size(factor->shape); i++)
        most = fmax(most, fabs(factor->constants[i]));
    if (most == 0)
        return body_const(equations->arena, &equations->body, 0);
    int exponent;
    frexp(most, &exponent); /* most < 2^exponent */
    int shift = FACTOR_BITS - exponent;
    shift = shift < 0 ? 0 : shift > 62 ? 62 : shift;
    while (shift > 0 && factor->shape.ndim == 0 && fmod(held(factor->constants[0] * ldexp(1, shift)), 2) == 0)
        shift--;
    Val by = written(equations, factor, ldexp(1, shift), "factor");
    if (shift == 0)
        return body_op2(equations->arena, &equations->body, OP_MUL, value, by);
    return body_op3(equations->arena, &equations->body, OP_RESCALE, value, by,
                    body_const(equations->arena, &equations->body, shift));
}

static Val rescale_by(Equations *equations, Val value, double factor)
{
    Number number = constant(equations, factor);
    return rescale(equations, value, &number);
}

/* ---- forms ---- */

static Val fixed(Equations *equations, const Number *number)
{
    switch (number->form) {
    case FORM_CONSTANT: return written(equations, number, scale_of(equations), "constant");
    case FORM_COUNT: return rescale_by(equations, number->value, scale_of(equations));
    case FORM_FIXED: break;
    }
    return number->value;
}

static bool is_count(const Number *number)
{
    return number->form == FORM_COUNT || (number->form == FORM_CONSTANT && is_whole(number));
}

static Val counted(Equations *equations, const Number *number)
{
    return number->form == FORM_CONSTANT ? written(equations, number, 1, "constant") : number->value;
}

/* Operands 1 .. count-1, or from `first` on, in one form, which is returned. */
static Form in_one_form(Equations *equations, const Number *operands, int first, int count, Val *values)
{
    bool counts = true;
    for (int k = first; k < count; k++)
        counts = counts && is_count(&operands[k]);
    for (int k = first; k < count; k++)
        values[k] = counts ? counted(equations, &operands[k]) : fixed(equations, &operands[k]);
    return counts ? FORM_COUNT : FORM_FIXED;
}

static Number made(Form form, Val value)
{
    return (Number){.form = form, .value = value};
}

/* ---- operations ---- */

static Number times_constant(Equations *equations, const Number *number, const Number *factor)
{
    if (number->form == FORM_COUNT && !is_whole(factor))
        return made(FORM_FIXED, body_op2(equations->arena, &equations->body, OP_MUL, number->value,
                                         written(equations, factor, scale_of(equations), "factor")));
    if (is_whole(factor))
        return made(number->form, body_op2(equations->arena, &equations->body, OP_MUL, number->value,
                                           written(equations, factor, 1, "factor")));
    return made(FORM_FIXED, rescale(equations, number->value, factor));
}

static Number product(Equations *equations, const Number *a, const Number *b)
{
    if (a->form == FORM_CONSTANT)
        return times_constant(equations, b, a);
    if (b->form == FORM_CONSTANT)
        return times_constant(equations, a, b);
    if (a->form == FORM_FIXED && b->form == FORM_FIXED)
        return made(FORM_FIXED,
                    body_op3(equations->arena, &equations->body, OP_RESCALE, a->value, b->value,
                             body_const(equations->arena, &equations->body, equations->fraction)));
    Form form = a->form == FORM_FIXED ? a->form : b->form;
    return made(form, body_op2(equations->arena, &equations->body, OP_MUL, a->value, b->value));
}

/* What its one operand that changes makes of the others, which are numbers. */
static Number function_of(Equations *equations, const Instr *instr, const Number *operands, int count)
{
    bool second = count == 2 && operands[0].form == FORM_CONSTANT;
    const Number *x = &operands[second], *other = count == 2 ? &operands[!second] : NULL;
    Range reals = equations->reals[second ? instr->b : instr->a];
    WholeFunction function = {.op = instr->op, .second = second, .fraction = equations->fraction};
    Val value = NO_VAL;
    if (!other || (other->form == FORM_CONSTANT && other->shape.ndim == 0)) {
        function.other = other ? other->constants[0] : 0;
        value = quantize_function(equations->arena, &equations->body, fixed(equations, x), function, reals);
    }
    if (value == NO_VAL)
        quantize_refuse(
            equations->quantizer, instr->span,
            "`%s` has no form in whole numbers where its operand is from %.3g to %.3g: it is to be a "
            "function of one number, finite, and not too steep",
            op_name(instr->op), reals.low, reals.high);
    return value == NO_VAL ? constant(equations, 0) : made(FORM_FIXED, value);
}

/* By what changes: times its inverse. */
static Number quotient(Equations *equations, const Instr *instr, const Number *a, const Number *b)
{
    if (b->form != FORM_CONSTANT) {
        Number operands[2] = {constant(equations, 1), *b};
        Number below = function_of(equations, instr, operands, 2);
        return below.form == FORM_CONSTANT ? below : product(equations, a, &below);
    }
    Number one = constant(equations, 1), both[2] = {one, *b};
    Number inverse = combine_constants(equations, instr, both, 2);
    return times_constant(equations, a, &inverse);
}

/* The next whole number below: half a unit less, rounded. */
static Number whole_part(Equations *equations, const Number *a)
{
    if (a->form == FORM_COUNT || equations->fraction == 0)
        return made(FORM_COUNT, a->value);
    Val half = body_const(equations->arena, &equations->body, scale_of(equations) / 2);
    Val less = body_op2(equations->arena, &equations->body, OP_SUB, a->value, half);
    return made(FORM_COUNT, rescale_by(equations, less, 1 / scale_of(equations)));
}

/* a ? b : c */
static Number choice(Equations *equations, const Instr *instr, const Number *operands)
{
    Val values[3];
    const Number *condition = &operands[0];
    if (condition->form == FORM_CONSTANT && condition->shape.ndim == 0)
        return condition->constants[0] != 0 ? operands[1] : operands[2];
    Form form = in_one_form(equations, operands, 1, 3, values);
    values[0] = condition->form == FORM_CONSTANT ? counted(equations, condition) : condition->value;
    return made(form,
                body_op3(equations->arena, &equations->body, instr->op, values[0], values[1], values[2]));
}

/* Sums, extremes and comparisons, of numbers with one unit. */
static Number of_one_unit(Equations *equations, const Instr *instr, const Number *operands, int count)
{
    Val values[3];
    Form form = in_one_form(equations, operands, 0, count, values);
    Val value = count == 1 ? body_op1(equations->arena, &equations->body, instr->op, values[0])
                           : body_op2(equations->arena, &equations->body, instr->op, values[0], values[1]);
    return made(op_is_truth(instr->op) ? FORM_COUNT : form, value);
}

static Number step(Equations *equations, const Number *a)
{
    Val none = body_const(equations->arena, &equations->body, 0);
    return made(FORM_COUNT, body_op3(equations->arena, &equations->body, OP_STEP, a->value, none, none));
}

static Number operation(Equations *equations, const Instr *instr, const Number *operands, int count)
{
    Number part;
    switch ((int)instr->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_NEG:
    case OP_ABS:
    case OP_MIN:
    case OP_MAX:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_EQ:
    case OP_NE: return of_one_unit(equations, instr, operands, count);
    case OP_AND:
    case OP_OR:
    case OP_NOT: return of_one_unit(equations, instr, operands, count);
    case OP_MUL: return product(equations, &operands[0], &operands[1]);
    case OP_FMA: {
        part = product(equations, &operands[0], &operands[1]);
        Number terms[2] = {part, operands[2]};
        return of_one_unit(equations, &(Instr){.op = OP_ADD, .span = instr->span}, terms, 2);
    }
    case OP_DIV: return quotient(equations, instr, &operands[0], &operands[1]);
    case OP_FLOOR: return whole_part(equations, &operands[0]);
    case OP_SELECT:
    case OP_MIX: return choice(equations, instr, operands);
    case OP_STEP: return step(equations, &operands[0]);
    case OP_DETACH: return operands[0];
    default: return function_of(equations, instr, operands, count);
    }
}

/* ---- leaves ---- */

/* Within -limit and limit. */
static Val held_within(Equations *equations, Val value, double limit)
{
    Val low = body_const(equations->arena, &equations->body, -limit),
        high = body_const(equations->arena, &equations->body, limit);
    value = body_op2(equations->arena, &equations->body, OP_MAX, value, low);
    return body_op2(equations->arena, &equations->body, OP_MIN, value, high);
}

static Number held_input(Equations *equations, const Instr *instr, Val value)
{
    StreamId id = equations->scan->ins.at[instr->index];
    double limit = equations->limits ? equations->limits[instr->index] : INFINITY;
    if (!isfinite(limit))
        return made(FORM_FIXED, value);
    quantize_held(equations->quantizer, id, limit, quantize_most(equations->quantizer, id));
    return made(FORM_FIXED, held_within(equations, value, ceil(limit * scale_of(equations))));
}

/* A sum of a map has its own unit, perhaps in each channel. */
static Number input(Equations *equations, const Instr *instr)
{
    StreamId id = equations->scan->ins.at[instr->index];
    const Stream *stream = &equations->quantizer->net->streams.at[id];
    const Quantity *quantity = &equations->quantizer->streams[id];
    if (quantity->constants)
        return (Number){FORM_CONSTANT, NO_VAL, stream->shape, quantity->constants};
    if (equations->inputs[instr->index] == NONE) {
        equations->inputs[instr->index] = equations->ins.count;
        vec_push(equations->arena, &equations->ins, id);
    }
    Val value =
        body_leaf(equations->arena, &equations->body, OP_INPUT, equations->inputs[instr->index], instr->name);
    if (quantity->unit == 1 && !quantity->units)
        return made(FORM_COUNT, value);
    if (!quantity->units)
        return held_input(equations, instr,
                          rescale_by(equations, value, quantity->unit * scale_of(equations)));
    Shape channels = {0};
    int last = stream->shape.ndim - 1;
    channels.ndim = 1;
    channels.dims[0] = stream->shape.dims[last];
    channels.axes[0] = shape_axis(stream->shape, last);
    double *factors = NEW_ARRAY(equations->arena, double, channels.dims[0] + 1);
    for (int c = 0; c < channels.dims[0]; c++)
        factors[c] = quantity->units[c] * scale_of(equations);
    Number factor = {FORM_CONSTANT, NO_VAL, channels, factors};
    return held_input(equations, instr, rescale(equations, value, &factor));
}

static Number leaf(Equations *equations, const Instr *instr)
{
    Quantizer *quantizer = equations->quantizer;
    ParamId param;
    switch ((int)instr->op) {
    case OP_CONST: return constant(equations, instr->number);
    case OP_INPUT: return input(equations, instr);
    case OP_STATE:
        return made(FORM_FIXED,
                    body_leaf(equations->arena, &equations->body, OP_STATE, instr->index, instr->name));
    case OP_PARAM:
        param = equations->scan->params.at[instr->index];
        return (Number){FORM_CONSTANT, NO_VAL, quantizer->net->params.at[param].shape,
                        quantize_param_values(quantizer, param)};
    default:
        quantize_refuse(quantizer, instr->span,
                        "it reads where the training is, or draws: whole numbers do neither");
        return constant(equations, 0);
    }
}

static Number converted(Equations *equations, const Instr *instr)
{
    int count = op_value_arity(instr->op);
    if (op_arity(instr->op) == 0)
        return leaf(equations, instr);
    Number operands[3];
    bool known = true;
    for (int k = 0; k < count; k++) {
        operands[k] = equations->numbers[instr_operand(instr, k)];
        known = known && operands[k].form == FORM_CONSTANT;
    }
    if (known)
        return combine_constants(equations, instr, operands, count);
    return operation(equations, instr, operands, count);
}

/* ---- the scan ---- */

static void convert_body(Equations *equations)
{
    const bool *live = live_values(equations->arena, equations->scan);
    for (Val v = 0; v < equations->old->code.count && !equations->quantizer->error; v++) {
        const Instr *instr = &equations->old->code.at[v];
        if (!live[v])
            continue;
        equations->body.at = instr->span;
        equations->numbers[v] = converted(equations, instr);
        if (instr->name && equations->numbers[v].form != FORM_CONSTANT)
            body_name(&equations->body, equations->numbers[v].value, instr->name);
    }
}

/* Few bits, if a map is to multiply it by weights, or many are added up. */
static void convert_out(Equations *equations, ScanOut *out, const Range *old)
{
    Quantizer *quantizer = equations->quantizer;
    const Number *number = &equations->numbers[out->value];
    Quantity *quantity = &quantizer->streams[out->stream];
    int bits = quantize_bits(quantizer, out->stream);
    double most = range_most(old[out->value]);
    quantity->unit = is_count(number) ? 1 : 1 / scale_of(equations);
    out->value = is_count(number) ? counted(equations, number) : fixed(equations, number);
    if (quantity->unit == 1 || bits == WHOLE_BITS || most * scale_of(equations) < ldexp(1, bits))
        return;
    double limit = quantize_limit(quantizer, out->stream, most);
    if (isfinite(limit)) {
        quantize_held(quantizer, out->stream, limit, most);
        out->value = held_within(equations, out->value, ceil(limit * scale_of(equations)));
    }
    int fewer = (int)ceil(log2(ceil(fmin(most, limit) * scale_of(equations)))) - bits;
    if (fewer <= 0)
        return;
    out->value = rescale_by(equations, out->value, ldexp(1, -fewer));
    quantity->unit *= ldexp(1, fewer);
    quantize_coarse(quantizer, out->stream, most);
}

static void convert_results(Equations *equations, const Range *old)
{
    Node *scan = equations->scan;
    for (int k = 0; k < scan->outs.count; k++)
        convert_out(equations, &scan->outs.at[k], old);
    for (int s = 0; s < scan->states.count; s++) {
        State *state = &scan->states.at[s];
        const Number *next = &equations->numbers[state->next];
        bool needed = next->constants || next->value != NO_VAL;
        state->next = needed ? fixed(equations, next) : body_const(equations->arena, &equations->body, 0);
        state->initial = held(state->initial * scale_of(equations));
    }
}

/* NULL: nobody knows. */
static const double *known_scalar(const Quantizer *quantizer, int index)
{
    if (index >= SCALAR_COUNT)
        return quantize_stored(quantizer, quantizer->net->scalars.at[index - SCALAR_COUNT].name);
    return index >= SCALAR_EPOCH && index <= SCALAR_BATCHES ? &quantizer->floats->clock[index] : NULL;
}

/* Schedules, and what they are made of, end where the weights are from: what they are there is known. */
static void know_schedules(const Quantizer *quantizer, Node *scan)
{
    for (Val v = 0; v < scan->body.code.count; v++) {
        Instr *instr = &scan->body.code.at[v];
        const double *value = instr->op == OP_SCALAR ? known_scalar(quantizer, instr->index) : NULL;
        if (value)
            *instr = (Instr){.op = OP_CONST, .number = *value, .span = instr->span};
    }
}

static Equations begin(Quantizer *quantizer, Node *scan, const Body *old)
{
    Arena *arena = quantizer->net->arena;
    Equations equations = {.quantizer = quantizer, .arena = arena, .scan = scan, .old = old};
    equations.numbers = NEW_ARRAY(arena, Number, old->code.count + 1);
    for (Val v = 0; v < old->code.count; v++)
        equations.numbers[v].value = NO_VAL;
    equations.inputs = NEW_ARRAY(arena, int, scan->ins.count + 1);
    for (int i = 0; i < scan->ins.count; i++)
        equations.inputs[i] = NONE;
    return equations;
}

static void finish(Equations *equations)
{
    Node *scan = equations->scan;
    scan->body = equations->body;
    scan->ins.at = equations->ins.at;
    scan->ins.count = scan->ins.capacity = equations->ins.count;
    scan->params.at = equations->params.at;
    scan->params.count = scan->params.capacity = equations->params.count;
}

/* Inputs are held within what data show where that leaves more bits behind the point. */
static void find_ranges(Equations *equations, const double *terms)
{
    const Quantizer *quantizer = equations->quantizer;
    const Node *scan = equations->scan;
    equations->reals = quantize_real_ranges(quantizer, scan, NULL);
    if (!quantizer->seen || quantize_room(quantizer, scan, equations->reals, terms) == MOST_FRACTION)
        return;
    double *limits = NEW_ARRAY(equations->arena, double, scan->ins.count + 1);
    for (int i = 0; i < scan->ins.count; i++)
        limits[i] = quantize_limit(quantizer, scan->ins.at[i], quantize_most(quantizer, scan->ins.at[i]));
    equations->limits = limits;
    equations->reals = quantize_real_ranges(quantizer, scan, limits);
}

void quantize_scan(Quantizer *quantizer, Node *scan)
{
    Net *net = quantizer->net;
    know_schedules(quantizer, scan);
    const Body old = scan->body;
    double *terms = NEW_ARRAY(net->arena, double, scan->outs.count + 1);
    for (int k = 0; k < scan->outs.count; k++)
        terms[k] = quantize_terms(net, scan, scan->outs.at[k].stream);
    scan_fix(net, scan);
    Equations equations = begin(quantizer, scan, &old);
    find_ranges(&equations, terms);
    const Range *reals = equations.reals;
    quantize_least(quantizer, scan, reals);
    equations.fraction = quantize_fraction(quantizer, scan, reals, terms);
    if (!quantizer->error)
        convert_body(&equations);
    if (quantizer->error)
        return;
    convert_results(&equations, reals);
    finish(&equations);
    quantize_prove(quantizer, scan, terms);
}
