/* Neurons: a definition's equations as the body of a scan. */
#include "build.h"

/* `spike = v >= 1` is a truth value, and has no slope to learn from. */
static bool check_output(Build *b, Value output, const Stmt *stmt)
{
    const Expr *value = stmt->value;
    bool above = value->kind == EXPR_BINARY && (value->op == OPERATOR_GT || value->op == OPERATOR_GE);
    if (!above || !(output.kind == VALUE_FLAG || output.truth))
        return check_number(b, output, value->span);
    const Expr *rise = expr_binary(b->arena, value->span, OPERATOR_SUBTRACT, value->left, value->right);
    report(b, RULE_TRUTH, value->span, "`%s` is a number, found a truth value", stmt->name);
    report_hint(b, "write `%s = step(%s, atan(2))`: 1 from 0 on, with the slope of an atan in training",
                stmt->name, ast_expr_text(b->arena, rise));
    return false;
}

/* What the neuron or memory sends out: `output`, or else `spike`. */
static bool neuron_output(Context *c, const Scope *frame, const Def *def, Value *output)
{
    Build *b = c->build;
    const char *name = assigns(def, name_output) ? name_output : name_spike;
    if (!assigns(def, name)) {
        report(b, RULE_NEURON_OUTPUT, def->name_span, "the %s `%s` sends nothing out",
               def_kind_text(def->kind), def->name);
        report_hint(b, def->kind == DEF_MEMORY
                           ? "assign `output`, as in `output = level` for a `state level`"
                           : "assign `spike = step(v - threshold, surrogate)`, or `output` for a value that "
                             "is no spike");
        return false;
    }
    *output = named_result(frame, name);
    if (output->kind == VALUE_POISON || !check_output(b, *output, assignment(def, name)))
        return false;
    if (!unit_equal(output->unit, unit_plain)) {
        report(b, RULE_UNIT, def->name_span, "`%s` of the neuron `%s` must be a plain number, found %s", name,
               def->name, unit_text(b->arena, output->unit));
        report_hint(b, "divide it by its unit, as in `output = v / 1 mV`");
        return false;
    }
    *output = value_body(value_lift(c, *output), unit_plain, false);
    return true;
}

static bool run_neuron(Context *c, const Call *call, const Def *def, Value *output)
{
    Build *b = c->build;
    Scope *frame = bind_arguments(b, call);
    Val input = body_leaf(b->arena, &c->node->body, OP_INPUT, 0, name_input);
    define_fixed(b, frame, name_input, def->name_span, value_body(input, unit_plain, false));
    Use use = use_begin(b, call);
    run_statements(c, frame, def);
    check_arguments(b, frame);
    bool fine = neuron_output(c, frame, def, output);
    check_body(b, &c->node->body);
    use_end(b, &use);
    return fine;
}

StreamId build_neuron(Build *b, const Call *call, const Def *def, StreamId in, const char *name)
{
    vec_push(b->arena, &b->seen, def);
    Shape shape = stream_at(b, in)->shape;
    Node node = node_new(NODE_SCAN, call->span);
    node.name = def->name;
    vec_push(b->arena, &node.ins, in);
    Context c = {.build = b,
                 .node = &node,
                 .steps = true,
                 .noise = true,
                 .owner = def->name,
                 .shape = shape,
                 .span = call->span};
    Value output;
    if (!run_neuron(&c, call, def, &output))
        return NONE;
    int steps = scan_steps(b->net, &node);
    steps = steps ? steps : b->net->steps; /* a neuron's output goes over time */
    if (!settle_draws(&c, steps))
        return NONE;
    for (int i = 0; i < node.states.count; i++)
        if (node.states.at[i].next == NO_VAL) /* a mistake was reported */
            return NONE;
    StreamKind kind = kind_of_output(b, &node, output.val);
    ScanOut out = {add_stream(b, name, def->name, kind, steps, shape, call->span), output.val};
    vec_push(b->arena, &node.outs, out);
    add_node(b, node);
    return out.stream;
}

/* ---- memories: equations whose states stay from batch to batch ---------------------------------------- */

static StreamId add_shared_out(Build *b, Node *node, const char *name, int steps, Val value)
{
    Shape shape = stream_at(b, node->ins.at[0])->shape;
    StreamId out = add_stream(b, name, node->name, STREAM_REALS, steps, shape, node->span);
    stream_at(b, out)->batched = false;
    vec_push(b->arena, &node->outs, ((ScanOut){out, value}));
    return out;
}

/* State s is what stands behind the input, s + 1 places on; at the end of a batch it becomes what the equations say. */
static void add_keep(Build *b, const Node *node, int s, StreamId next)
{
    Node keep = node_new(NODE_KEEP, node->span);
    keep.in = next;
    keep.weight = b->net->nodes.at[stream_at(b, node->ins.at[s + 1])->node].weight;
    add_node(b, keep);
}

StreamId build_memory(Build *b, const Call *call, const Def *def, StreamId in, const char *name)
{
    vec_push(b->arena, &b->seen, def);
    int steps = stream_at(b, in)->steps;
    Node node = node_new(NODE_SCAN, call->span);
    node.name = def->name;
    node.formula = true;
    vec_push(b->arena, &node.ins, in);
    Context c = {.build = b,
                 .node = &node,
                 .owner = def->name,
                 .shape = stream_at(b, in)->shape,
                 .keeps = true,
                 .kept_steps = steps,
                 .span = call->span};
    Value output;
    if (!run_neuron(&c, call, def, &output))
        return NONE;
    int states = node.states.count;
    StreamId *next = NEW_ARRAY(b->arena, StreamId, states + 1);
    for (int s = 0; s < states; s++) {
        if (node.states.at[s].next == NO_VAL) /* a mistake was reported */
            return NONE;
        const char *next_name = arena_printf(b->arena, "%s_next", stream_at(b, node.ins.at[s + 1])->name);
        next[s] = add_shared_out(b, &node, next_name, steps, node.states.at[s].next);
    }
    node.states.count = 0;
    const Instr *made = &node.body.code.at[output.val];
    StreamId out =
        made->op == OP_INPUT ? node.ins.at[made->index] : add_shared_out(b, &node, name, steps, output.val);
    if (node.outs.count > 0)
        add_node(b, node);
    for (int s = 0; s < states; s++)
        add_keep(b, &node, s, next[s]);
    return out;
}

/* ---- definitions that the model does not use --------------------------------------------------------- */

/* A frame in which every formal has its default, or a value that no message mentions. */
static Call default_call(const Def *def, Scope *home)
{
    return (Call){.name = def->name, .formals = &def->formals, .caller = home, .home = home};
}

static void check_equations(Build *b, Scope *home, const Def *def)
{
    Node node = node_new(NODE_SCAN, def->span);
    Context c = {.build = b, .node = &node, .owner = def->name, .scratch = true, .span = def->span};
    c.steps = def->kind == DEF_NEURON;
    c.draws = def->kind == DEF_INITIALIZER; /* the states of a memory are as good as others here */
    c.noise = def->kind == DEF_NEURON;
    c.fans = (Fans){.inputs = 1, .outputs = 1};
    Call call = default_call(def, home);
    for (int i = 0; i < def->formals.count; i++)
        if (!def->formals.at[i].value)
            return; /* nothing is known about its arguments */
    if (c.draws) {
        use_initializer(&c, def, &call);
        check_body(b, &node.body);
        return;
    }
    Value x = value_body(body_leaf(b->arena, &node.body, OP_INPUT, 0, name_input), unit_plain, false);
    Value output;
    if (def->kind == DEF_NEURON || def->kind == DEF_MEMORY)
        run_neuron(&c, &call, def, &output);
    else
        use_surrogate(&c, def, &call, x);
    check_body(b, &node.body);
}

void check_definition(Build *b, Scope *home, const Def *def)
{
    if (is_definition_used(b, def))
        return;
    bool runs = def->kind == DEF_NEURON || def->kind == DEF_SURROGATE || def->kind == DEF_INITIALIZER;
    if (runs || def->kind == DEF_MEMORY)
        check_equations(b, home, def);
    Context c = context_constant(b);
    if (def->kind == DEF_SCHEDULE && def->formals.count == 0)
        eval(&c, home, def->value);
}
