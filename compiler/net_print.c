/* The Net for people: one line a node, and the equations of scans below it. Values have the model's
 * names. name[-1] is a state at the end of the step before; where time runs in reverse it is name[+1],
 * the state at the end of the step after. */
#include "net_print.h"

#include <string.h>

static const char *place_text(const Printer *printer, Span span)
{
    Place place = {0};
    if (printer->net->sources)
        place = source_place(printer->net->sources, span.lo);
    if (!place.source)
        return "";
    const char *slash = strrchr(place.source->path, '/');
    return arena_printf(printer->arena, "  # %s:%d", slash ? slash + 1 : place.source->path, place.line);
}

static const char *time_text(const Printer *printer, StreamId id)
{
    const char *own = own_steps_text(printer->net, id);
    return *own || !stream_at(printer, id)->steps ? own : " in time";
}

/* "hidden: spikes [800] in time" */
static const char *typed(const Printer *printer, StreamId id)
{
    const Stream *stream = stream_at(printer, id);
    return arena_printf(printer->arena, "%s: %s %s%s%s", stream->name,
                        stream->kind == STREAM_SPIKES ? "spikes" : "reals",
                        shape_text(printer->arena, stream->shape), time_text(printer, id),
                        stream->batched ? "" : " for all samples");
}

/* ---- nodes ---- */

/* What the forward scan put into the stream for its adjoint, as the forward scan calls it; NULL: it made no such
 * stream. */
static const char *saved_value(const Printer *forward, StreamId stream)
{
    for (int k = 0; forward->node && k < forward->node->outs.count; k++)
        if (forward->node->outs.at[k].stream == stream)
            return printer_value(forward, forward->node->outs.at[k].value).text;
    return NULL;
}

/* The names of an adjoint's forward scan; of other nodes there is none. */
static Printer forward_names(const Printer *printer)
{
    Printer forward = {.arena = printer->arena, .net = printer->net};
    if (printer->node->forward == NONE)
        return forward;
    forward.node = &printer->net->nodes.at[printer->node->forward];
    printer_begin(&forward);
    return forward;
}

static void print_ins(const Printer *printer)
{
    const Node *node = printer->node;
    const Printer forward = forward_names(printer);
    const char **saved = NEW_ARRAY(printer->arena, const char *, node->ins.count + 1), *others = "";
    for (int i = 0; i < node->ins.count; i++) {
        saved[i] = saved_value(&forward, node->ins.at[i]);
        if (!saved[i])
            others = arena_printf(printer->arena, "%s%s%s", others, others[0] ? ", " : "",
                                  stream_at(printer, node->ins.at[i])->name);
    }
    if (others[0])
        out_line(printer->out, "in    %s", others);
    for (int i = 0; i < node->ins.count; i++)
        if (saved[i])
            out_line(printer->out, "saved %s = %s of node %d", stream_at(printer, node->ins.at[i])->name,
                     saved[i], node->forward);
}

static void print_scan(Printer *printer, const char *head, const char *place)
{
    const Node *node = printer->node;
    const char *units =
        node->units.ndim ? arena_printf(printer->arena, ", over %s", shape_text(printer->arena, node->units))
                         : "";
    out_line(printer->out, "%sscan %s%s%s%s", head, node->name, node->reverse ? ", reverse in time" : "",
             units, place);
    out_indent(printer->out, 1);
    print_ins(printer);
    for (int k = 0; k < node->outs.count; k++)
        out_line(printer->out, "out   %s", typed(printer, node->outs.at[k].stream));
    out_indent(printer->out, -1);
    printer_equations(printer);
}

/* "dense(x, w, b)", "conv^T(x, w) [3 taps, 1 -> 4]" */
static const char *map_operation(const Printer *printer, const char *in, const char *weight, const char *bias)
{
    const Node *node = printer->node;
    Arena *arena = printer->arena;
    const char *axes = map_text(arena, node->map);
    if (node->weight == NONE)
        weight = node->aux != NONE ? stream_at(printer, node->aux)->name
                                   : arena_printf(arena, "%.9g", node->map->constant);
    return arena_printf(arena, "%s%s(%s, %s%s%s)%s%s%s", node->map->name, node->transposed ? "^T" : "", in,
                        weight, *bias ? ", " : "", bias, *axes ? " [" : "", axes, *axes ? "]" : "");
}

/* What a node without equations computes, and where it goes if that is no stream. */
static const char *operation(const Printer *printer)
{
    const Node *node = printer->node;
    Arena *arena = printer->arena;
    const char *in = node->in == NONE ? "" : stream_at(printer, node->in)->name;
    const char *aux = node->aux == NONE ? "" : stream_at(printer, node->aux)->name;
    const char *weight = node->weight == NONE ? "" : printer->net->params.at[node->weight].name;
    const char *bias = node->bias == NONE ? "" : printer->net->params.at[node->bias].name;
    switch (node->kind) {
    case NODE_DATA:
        if (node->target)
            return "target of the data";
        if (node->present)
            return "the steps that the sample has";
        return node->name ? arena_printf(arena, "data %s", node->name) : "data";
    case NODE_RANDOM: return "random numbers";
    case NODE_POISSON: return arena_printf(arena, "poisson(%s)", in);
    case NODE_LATENCY: return arena_printf(arena, "latency(%s)", in);
    case NODE_MAP: return map_operation(printer, in, weight, bias);
    case NODE_POOL: return arena_printf(arena, "max_pool(%s) [%s]", in, map_text(arena, node->map));
    case NODE_POOL_GRAD:
        return arena_printf(arena, "%s at the first maximum of each window of %s [%s], else 0", in, aux,
                            map_text(arena, node->map));
    case NODE_DELAY: return arena_printf(arena, "%s[%+d]", in, -node->steps);
    case NODE_COPY:
        if (node->piece.in == node->piece.out)
            return arena_printf(arena, "%s, reshaped", in);
        if (node->aux != NONE)
            return arena_printf(arena, "%s, and behind each %d of it %d of %s", in,
                                node->piece.in * node->piece.inner,
                                (node->piece.out - node->piece.in) * node->piece.inner, aux);
        return arena_printf(arena, "%s from %d on, %d of %d", in, node->piece.from, node->piece.out,
                            node->piece.in);
    case NODE_REDUCE:
        return arena_printf(arena, "%s over %s of %s", reduce_name(node->reduce),
                            net_axes_reduced(printer->net, node->in, node->out), in);
    case NODE_TARGET: return "target of the label";
    case NODE_LOSS:
        if (node->loss == LOSS_VALUE)
            return arena_printf(arena, "loss = %s", in);
        return arena_printf(arena, "loss = %s(%s, label)", loss_name(node->loss), in);
    case NODE_PREDICT:
        return arena_printf(arena, node->class ? "%s = argmax(%s)" : "%s = %s",
                            node->name ? node->name : "predicted", in);
    case NODE_METRIC: return arena_printf(arena, "metric %s = %s", node->name, in);
    case NODE_ACTIVITY: return arena_printf(arena, "activity = spikes in %s", in);
    case NODE_LOSS_GRAD:
        if (node->loss == LOSS_VALUE)
            return "a part of the batch each";
        return arena_printf(arena, "gradient of %s(%s, label)", loss_name(node->loss), in);
    case NODE_PICK_GRAD: {
        bool time = !stream_at(printer, node->in)->steps && stream_at(printer, node->aux)->steps;
        return arena_printf(arena, "%s at the %s of the %s of %s, else 0", in, time ? "step" : "place",
                            reduce_name(node->reduce), aux);
    }
    case NODE_MAP_GRAD:
        return node->out != NONE ? arena_printf(arena, "sum of %s x %s", in, aux)
                                 : arena_printf(arena, "grad %s += %s x %s", weight, in, aux);
    case NODE_BIAS_GRAD: return arena_printf(arena, "grad %s += %s", bias, in);
    case NODE_PARAM: return arena_printf(arena, "param %s", weight);
    case NODE_KEEP: return arena_printf(arena, "keep %s = %s", weight, in);
    case NODE_PARAM_GRAD: return arena_printf(arena, "grad %s += %s", weight, in);
    case NODE_SCAN:
    case NODE_UPDATE:
    case NODE_KIND_COUNT: break;
    }
    return "";
}

static const char *result_name(const Printer *printer)
{
    StreamId out = printer->node->out;
    return out == NONE ? "" : arena_printf(printer->arena, "%s = ", typed(printer, out));
}

static void print_node(Printer *printer, int index)
{
    const Node *node = printer->node = &printer->net->nodes.at[index];
    const char *head = arena_printf(printer->arena, "%-3d ", index), *place = place_text(printer, node->span);
    out_indent(printer->out, 1);
    if (node->kind == NODE_SCAN) {
        print_scan(printer, head, place);
    } else if (node->kind == NODE_UPDATE) {
        out_line(printer->out, "%supdate %s by %s", head, printer->net->params.at[node->weight].name,
                 node->name);
        printer_equations(printer);
    } else {
        out_line(printer->out, "%s%s%s%s", head, result_name(printer), operation(printer), place);
    }
    out_indent(printer->out, -1);
}

/* ---- the net ---- */

static void print_params(const Printer *printer)
{
    const bool *learned = learned_params(printer->net);
    for (ParamId p = 0; p < printer->net->params.count; p++) {
        const Param *param = &printer->net->params.at[p];
        bool derived = printer->net->backward < printer->net->nodes.count;
        bool frozen = derived && !learned[p];
        Lines equations = net_equations(printer->net, param->init, EQUATION_ALL);
        for (int i = 0; i + 1 < equations.count; i++)
            out_line(printer->out, "init %s: %s", param->name, equations.at[i]);
        out_line(printer->out, "param %s: %s = %s%s%s", param->name, shape_text(printer->arena, param->shape),
                 net_init_text(printer->net, param), frozen ? ", frozen" : "",
                 place_text(printer, param->span));
    }
}

static void print_schedule(Printer *printer, const char *title)
{
    const Net *net = printer->net;
    if (net->scalars.count == 0)
        return;
    printer->node = &net->schedule;
    out_blank(printer->out);
    out_line(printer->out, "%s", title);
    out_indent(printer->out, 2);
    printer_begin(printer);
    for (int k = 0; k < net->scalars.count; k++)
        printer_add(printer, arena_printf(printer->arena, "out %s =", net->scalars.at[k].name),
                    printer_value(printer, net->schedule.outs.at[k].value).text);
    printer_lines(printer);
    out_indent(printer->out, -2);
}

static void print_range(Printer *printer, const char *title, int from, int to, int first, int last)
{
    from = from > first ? from : first;
    to = to < last ? to : last;
    if (from >= to)
        return;
    out_blank(printer->out);
    out_line(printer->out, "%s", title);
    for (int n = from; n < to; n++)
        print_node(printer, n);
}

Lines net_equations(const Net *net, const Node *node, EquationDetail detail)
{
    Printer printer = {.arena = net->arena, .net = net, .node = node, .detail = detail, .own_names = true};
    Lines lines = {0};
    for (int s = 0; s < node->states.count; s++)
        vec_push(net->arena, &lines,
                 arena_printf(net->arena, "state %s = %s", node->states.at[s].name,
                              printer_number(&printer, node->states.at[s].initial)));
    printer_begin(&printer);
    printer_add_results(&printer);
    for (int i = 0; i < printer.lines.count; i++)
        vec_push(net->arena, &lines,
                 arena_printf(net->arena, "%s %s", printer.lines.at[i].left, printer.lines.at[i].right));
    return lines;
}

/* "hidden: spikes [800] in time = plif(hidden_dense, w_hidden)" */
static const char *scan_text(const Printer *printer)
{
    const Node *node = printer->node;
    Arena *arena = printer->arena;
    const char *outs = "", *ins = "";
    for (int k = 0; k < node->outs.count; k++)
        outs =
            arena_printf(arena, "%s%s%s", outs, *outs ? ", " : "", typed(printer, node->outs.at[k].stream));
    for (int i = 0; i < node->ins.count; i++)
        ins = arena_printf(arena, "%s%s%s", ins, *ins ? ", " : "", stream_at(printer, node->ins.at[i])->name);
    for (int p = 0; p < node->params.count; p++)
        ins = arena_printf(arena, "%s%s%s", ins, *ins ? ", " : "",
                           printer->net->params.at[node->params.at[p]].name);
    return arena_printf(arena, "%s = %s(%s)", outs, node->name, ins);
}

const char *net_node_text(const Net *net, const Node *node)
{
    Printer printer = {.arena = net->arena, .net = net, .node = node};
    if (node->kind == NODE_SCAN)
        return scan_text(&printer);
    return arena_printf(net->arena, "%s%s", result_name(&printer), operation(&printer));
}

const char *net_init_text(const Net *net, const Param *param)
{
    Lines equations = net_equations(net, param->init, EQUATION_ALL);
    const char *value = equations.at[equations.count - 1] + strlen("out = ");
    if (param->orthogonal == 0)
        return value;
    return arena_printf(net->arena, "orthogonal of norm %s from %s",
                        infix_number(net->arena, param->orthogonal, "").text, value);
}

static void print_evaluated(const Net *net, Out *out)
{
    Printer printer = {.arena = net->arena, .net = net, .out = out};
    print_schedule(&printer, "evaluate, schedule");
    print_range(&printer, "evaluate", 0, net->nodes.count, 0, net->nodes.count);
}

void net_print(Out *out, const Net *net, int first, int last)
{
    Printer printer = {.arena = net->arena, .net = net, .out = out};
    out_line(out, "net %s: %d steps", net->name, net->steps);
    print_params(&printer);
    print_schedule(&printer, "schedule");
    print_range(&printer, "forward", 0, net->backward, first, last);
    print_range(&printer, "backward", net->backward, net->updates, first, last);
    print_range(&printer, "update", net->updates, net->nodes.count, first, last);
    if (net->evaluated && first == 0)
        print_evaluated(net->evaluated, out);
}
