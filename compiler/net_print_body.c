/* The equations of a node as text: a line for each value that is used several times or has a name. */
#include "net_print.h"

#include <string.h>

const char *printer_number(const Printer *printer, double number)
{
    return infix_number(printer->arena, number, "").text;
}

static void use_name(Printer *printer, const char *name)
{
    table_put_name(printer->arena, &printer->used, name, 1);
}

/* What it is called in every equation that reads it. */
static const char *scalar_text(const Printer *printer, const Instr *instr)
{
    return instr->index < SCALAR_COUNT ? scalar_name((Scalar)instr->index)
                                       : printer->net->scalars.at[instr->index - SCALAR_COUNT].name;
}

/* The names of what the equations read. */
static void use_names_read(Printer *printer)
{
    const Node *node = printer->node;
    for (Val v = 0; v < node->body.code.count; v++)
        if (node->body.code.at[v].op == OP_SCALAR)
            use_name(printer, scalar_text(printer, &node->body.code.at[v]));
    for (int i = 0; i < node->ins.count; i++)
        use_name(printer, stream_at(printer, node->ins.at[i])->name);
    for (int p = 0; p < node->params.count; p++)
        use_name(printer, printer->net->params.at[node->params.at[p]].name);
    for (Val v = 0; v < node->body.code.count && printer->own_names; v++) {
        const Instr *instr = &node->body.code.at[v];
        if ((instr->op == OP_INPUT || instr->op == OP_PARAM) && instr->name)
            use_name(printer, instr->name);
    }
    if (node->kind != NODE_UPDATE)
        return;
    for (int s = 0; s < SCALAR_COUNT; s++)
        use_name(printer, scalar_name((Scalar)s));
    use_name(printer, "gradient");
    use_name(printer, "weight");
}

static const char *unused_name(Printer *printer, const char *base)
{
    const char *name = base;
    int number = table_find_name(&printer->used, base);
    if (number != TABLE_NONE) {
        do
            name = arena_printf(printer->arena, "%s_%d", base, ++number);
        while (table_find_name(&printer->used, name) != TABLE_NONE);
        table_put_name(printer->arena, &printer->used, base, number);
    }
    use_name(printer, name);
    return name;
}

static const char *input_name(const Printer *printer, int index)
{
    if (printer->node->kind == NODE_UPDATE)
        return index == 0 ? "gradient" : "weight";
    return stream_at(printer, printer->node->ins.at[index])->name;
}

static Infix leaf_text(const Printer *printer, const Instr *instr)
{
    const Node *node = printer->node;
    if (printer->own_names && instr->name && (instr->op == OP_INPUT || instr->op == OP_PARAM))
        return infix_name(instr->name);
    switch ((int)instr->op) {
    case OP_CONST: return infix_number(printer->arena, instr->number, "");
    case OP_INPUT: return infix_name(input_name(printer, instr->index));
    case OP_STATE:
        return infix_name(arena_printf(printer->arena, "%s[%s1]", node->states.at[instr->index].name,
                                       node->reverse ? "+" : "-"));
    case OP_PARAM: return infix_name(printer->net->params.at[node->params.at[instr->index]].name);
    case OP_POSITION: return infix_name(arena_printf(printer->arena, "position(%s)", instr->name));
    default: return infix_name(scalar_text(printer, instr));
    }
}

static bool is_zero(const Body *body, Val value)
{
    double number;
    return body_is_const(body, value, &number) && number == 0;
}

/* Operands that are shown. */
static int shown_arity(const Printer *printer, Op op)
{
    if (op == OP_STEP)
        return printer->detail == EQUATION_ALL ? 3 : printer->detail == EQUATION_SLOPES ? 2 : 1;
    return op_arity(op);
}

/* After differentiation a step has lost its slope and antiderivative: both are 0. */
static Infix step_text(const Printer *printer, const Instr *instr)
{
    const Body *body = &printer->node->body;
    int shown = shown_arity(printer, OP_STEP);
    const char *text = arena_printf(printer->arena, "step(%s", printer_value(printer, instr->a).text);
    if (shown > 1 && !(is_zero(body, instr->b) && is_zero(body, instr->c)))
        text = arena_printf(printer->arena, "%s; slope %s", text, printer_value(printer, instr->b).text);
    if (shown > 2 && !(is_zero(body, instr->b) && is_zero(body, instr->c)))
        text = arena_printf(printer->arena, "%s, smooth %s", text, printer_value(printer, instr->c).text);
    return infix_name(arena_printf(printer->arena, "%s)", text));
}

/* The formula of a value, whether or not it has a name. */
static Infix formula_text(const Printer *printer, Val value)
{
    const Instr *instr = &printer->node->body.code.at[value];
    Infix operands[3];
    if (op_arity(instr->op) == 0)
        return leaf_text(printer, instr);
    if (instr->op == OP_STEP)
        return step_text(printer, instr);
    if (instr->op == OP_DETACH && printer->detail == EQUATION_VALUES)
        return printer_value(printer, instr->a);
    for (int k = 0; k < op_arity(instr->op); k++)
        operands[k] = printer_value(printer, instr_operand(instr, k));
    return infix_op(printer->arena, instr->op, operands);
}

Infix printer_value(const Printer *printer, Val value)
{
    const char *name = printer->names[value];
    return name ? infix_name(name) : formula_text(printer, value);
}

static void count_uses(Printer *printer, Val value)
{
    if (printer->uses[value]++ > 0)
        return;
    const Instr *instr = &printer->node->body.code.at[value];
    for (int k = 0; k < shown_arity(printer, instr->op); k++)
        count_uses(printer, instr_operand(instr, k));
}

static void count_all_uses(Printer *printer)
{
    const Node *node = printer->node;
    for (int k = 0; k < node->outs.count; k++)
        count_uses(printer, node->outs.at[k].value);
    for (int k = 0; k < node->grads.count; k++)
        count_uses(printer, node->grads.at[k].value);
    for (int s = 0; s < node->states.count; s++)
        count_uses(printer, node->states.at[s].next);
}

void printer_add(Printer *printer, const char *left, const char *right)
{
    vec_push(printer->arena, &printer->lines, ((Line){left, right}));
}

/* Named values and those with several users, in the order of the body. */
static void add_values(Printer *printer)
{
    const Body *body = &printer->node->body;
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        if (op_arity(instr->op) == 0 || printer->uses[v] == 0 || (!instr->name && printer->uses[v] < 2))
            continue;
        const char *formula = formula_text(printer, v).text;
        printer->names[v] = unused_name(printer, instr->name ? instr->name : "x");
        printer_add(printer, arena_printf(printer->arena, "%s =", printer->names[v]), formula);
    }
}

/* A scan over time whose result has no time adds up: the gradient of an input that is the same at all steps. */
static bool is_sum_over_time(const Printer *printer, StreamId out)
{
    bool over_time = printer->node->states.count > 0;
    for (int i = 0; i < printer->node->ins.count; i++)
        over_time = over_time || stream_at(printer, printer->node->ins.at[i])->steps;
    return over_time && !stream_at(printer, out)->steps;
}

static void add_out(Printer *printer, const ScanOut *out)
{
    const char *value = printer_value(printer, out->value).text;
    if (printer->own_names) { /* what stands there need not make a stream */
        printer_add(printer, "out =", value);
        return;
    }
    bool update = printer->node->kind == NODE_UPDATE;
    const char *name = update ? "weight" : stream_at(printer, out->stream)->name;
    bool sum = !update
               && (is_sum_over_time(printer, out->stream)
                   || scan_sums_units(printer->net, printer->node, out->stream));
    printer_add(printer, arena_printf(printer->arena, "out %s %s", name, sum ? "+=" : "="), value);
}

void printer_add_results(Printer *printer)
{
    const Node *node = printer->node;
    Arena *arena = printer->arena;
    for (int k = 0; k < node->outs.count; k++)
        add_out(printer, &node->outs.at[k]);
    for (int k = 0; k < node->grads.count; k++)
        printer_add(printer,
                    arena_printf(arena, "grad %s +=", printer->net->params.at[node->grads.at[k].param].name),
                    printer_value(printer, node->grads.at[k].value).text);
    for (int s = 0; s < node->states.count; s++)
        printer_add(printer, arena_printf(arena, "next %s =", node->states.at[s].name),
                    printer_value(printer, node->states.at[s].next).text);
}

void printer_lines(const Printer *printer)
{
    int width = 0;
    for (int i = 0; i < printer->lines.count; i++) {
        int length = (int)strlen(printer->lines.at[i].left);
        width = length > width ? length : width;
    }
    for (int i = 0; i < printer->lines.count; i++) {
        const char *left = printer->lines.at[i].left, *equals = strrchr(left, ' ') + 1;
        int name = (int)(equals - left) - 1; /* `=` and `+=` stand at the end of their column */
        out_line(printer->out, "%-*.*s %s %s", width - (int)strlen(equals) - 1, name, left, equals,
                 printer->lines.at[i].right);
    }
}

static void print_states(const Printer *printer)
{
    for (int s = 0; s < printer->node->states.count; s++) {
        const State *state = &printer->node->states.at[s];
        out_line(printer->out, "state %s = %s", state->name, printer_number(printer, state->initial));
    }
}

/* Gives the values of the node their names and lines. */
void printer_begin(Printer *printer)
{
    int count = printer->node->body.code.count + 1;
    printer->uses = NEW_ARRAY(printer->arena, int, count);
    printer->names = NEW_ARRAY(printer->arena, const char *, count);
    printer->used = (Table){0};
    printer->lines.count = 0;
    use_names_read(printer);
    count_all_uses(printer);
    add_values(printer);
}

void printer_equations(Printer *printer)
{
    out_indent(printer->out, 1);
    print_states(printer);
    printer_begin(printer);
    printer_add_results(printer);
    printer_lines(printer);
    out_indent(printer->out, -1);
}
