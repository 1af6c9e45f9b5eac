/* How the verifier of the Net says what is wrong, and bodies of nodes: operands precede their users, numbers and truth
 * values are kept apart. */
#include "net_verify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- messages ---- */

/* "node 3 (scan hidden)": the first stream or parameter that the node makes or touches names it. */
static const char *node_text(const Verifier *verifier)
{
    const Net *net = verifier->net;
    const Node *node = verifier->node;
    StreamId named = node->out != NONE ? node->out : node->outs.count ? node->outs.at[0].stream : node->in;
    const char *name = named >= 0 && named < net->streams.count ? net->streams.at[named].name : "";
    if (name[0] == '\0' && node->weight >= 0 && node->weight < net->params.count)
        name = net->params.at[node->weight].name;
    const char *kind = node->kind < NODE_KIND_COUNT ? node_title(node) : "?";
    return arena_printf(net->arena, "node %d (%s%s%s)", verifier->index, kind, name[0] ? " " : "", name);
}

bool net_require(Verifier *verifier, bool condition, const char *format, ...)
{
    if (condition || verifier->error)
        return condition;
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    Arena *arena = verifier->net->arena;
    verifier->error = verifier->node ? arena_printf(arena, "%s: %s", node_text(verifier), message)
                                     : arena_printf(arena, "%s", message);
    return false;
}

/* ---- bodies ---- */

typedef enum ValueType { NUMBER, TRUTH, EITHER /* the constants 0 and 1 */ } ValueType;

static ValueType value_type(const Instr *instr, const ValueType *types)
{
    if (op_is_truth(instr->op))
        return TRUTH;
    if (instr->op == OP_CONST)
        return instr->number == 0 || instr->number == 1 ? EITHER : NUMBER;
    if (instr->op != OP_SELECT)
        return NUMBER;
    return types[instr->b] == EITHER ? types[instr->c] : types[instr->b];
}

static bool wants_truth(Op op, int operand)
{
    return op == OP_AND || op == OP_OR || op == OP_NOT || (op == OP_SELECT && operand == 0);
}

static bool verify_operands(Verifier *verifier, Val v, const ValueType *types)
{
    const Instr *instr = &verifier->node->body.code.at[v];
    for (int k = 0; k < 3; k++) {
        Val operand = instr_operand(instr, k);
        if (k >= op_arity(instr->op)) {
            if (!net_require(verifier, operand == NO_VAL, "value %d, `%s`, has %d operands", v,
                             op_name(instr->op), k + 1))
                return false;
            continue;
        }
        if (!net_require(verifier, operand >= 0 && operand < v,
                         "value %d, `%s`, uses value %d, which is no earlier one", v, op_name(instr->op),
                         operand))
            return false;
        ValueType unwanted = wants_truth(instr->op, k) ? NUMBER : TRUTH;
        bool branch = instr->op == OP_SELECT && k > 0; /* both of one type, see below */
        if (!net_require(verifier, branch || types[operand] != unwanted,
                         "value %d, `%s`, takes a %s for a %s", v, op_name(instr->op),
                         unwanted == TRUTH ? "truth value" : "number",
                         unwanted == TRUTH ? "number" : "truth value"))
            return false;
    }
    return instr->op != OP_SELECT
           || net_require(verifier,
                          types[instr->b] == types[instr->c] || types[instr->b] == EITHER
                              || types[instr->c] == EITHER,
                          "value %d, `select`, chooses between a number and a truth value", v);
}

static bool verify_leaf(Verifier *verifier, Val v)
{
    const Node *node = verifier->node;
    const Instr *instr = &node->body.code.at[v];
    int count;
    switch ((int)instr->op) {
    case OP_INPUT:
        count = node->kind == NODE_SCAN ? node->ins.count : node == &verifier->net->schedule ? 0 : 2;
        break;
    case OP_STATE: count = node->states.count; break;
    case OP_PARAM: count = node->params.count; break;
    case OP_SCALAR:
        count = SCALAR_COUNT + (node == &verifier->net->schedule ? 0 : verifier->net->scalars.count);
        break;
    case OP_POSITION: count = verifier->places; break;
    case OP_CONST: return net_require(verifier, isfinite(instr->number), "value %d is not finite", v);
    case OP_UNIFORM:
        return net_require(verifier, verifier->draws, "value %d draws a number where nothing begins", v);
    default:
        return net_require(verifier, !op_is_word(instr->op), "value %d, `%s`, is for the Loop IR only", v,
                           op_name(instr->op));
    }
    return net_require(verifier, instr->index >= 0 && instr->index < count, "value %d is %s %d of %d", v,
                       op_name(instr->op), instr->index, count);
}

static bool verify_result(Verifier *verifier, Val value, const ValueType *types, const char *what, int k)
{
    return net_require(verifier, value >= 0 && value < verifier->node->body.code.count,
                       "%s %d is value %d of %d", what, k, value, verifier->node->body.code.count)
           && net_require(verifier, types[value] != TRUTH, "%s %d is a truth value", what, k);
}

static bool verify_results(Verifier *verifier, const ValueType *types)
{
    const Node *node = verifier->node;
    bool good = true;
    for (int k = 0; k < node->outs.count && good; k++)
        good = verify_result(verifier, node->outs.at[k].value, types, "output", k);
    for (int k = 0; k < node->grads.count && good; k++)
        good = verify_result(verifier, node->grads.at[k].value, types, "gradient", k);
    for (int s = 0; s < node->states.count && good; s++)
        good = verify_result(verifier, node->states.at[s].next, types, "the next value of state", s);
    return good;
}

bool verify_body(Verifier *verifier)
{
    const Body *body = &verifier->node->body;
    ValueType *types = NEW_ARRAY(verifier->net->arena, ValueType, body->code.count + 1);
    for (Val v = 0; v < body->code.count; v++) {
        const Instr *instr = &body->code.at[v];
        if (!net_require(verifier, (int)instr->op >= 0 && instr->op < OP_BODY_COUNT,
                         "value %d has no operation", v)
            || !verify_leaf(verifier, v) || !verify_operands(verifier, v, types))
            return false;
        types[v] = value_type(instr, types);
    }
    return verify_results(verifier, types);
}
