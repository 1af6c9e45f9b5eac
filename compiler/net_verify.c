/* What every pass over the Net must leave behind: references exist, shapes and times agree, nodes stand in
 * an order in which they can run, bodies keep numbers and truth values apart. */
#include "net_verify.h"
#include "schedule.h"

/* ---- streams ---- */

static bool stream_exists(const Net *net, StreamId stream)
{
    return stream >= 0 && stream < net->streams.count;
}

/* ---- references ---- */

static bool verify_reference(Verifier *verifier, int id, int count, Reference wanted, const char *what)
{
    return net_require(verifier, wanted != REFERENCE_NO || id == NONE, "`%s` has no meaning here", what)
           && net_require(verifier, wanted != REFERENCE_YES || id != NONE, "`%s` is missing", what)
           && net_require(verifier, id == NONE || (id >= 0 && id < count), "`%s` is %d of %d", what, id,
                          count);
}

static bool verify_fields(Verifier *verifier)
{
    const Node *node = verifier->node;
    const NodeFacts *facts = node_facts(node->kind);
    int streams = verifier->net->streams.count, params = verifier->net->params.count;
    int listed = node->ins.count + node->params.count + node->states.count + node->outs.count
                 + node->grads.count + node->body.code.count;
    return verify_reference(verifier, node->in, streams, facts->in, "in")
           && verify_reference(verifier, node->aux, streams, facts->aux, "aux")
           && verify_reference(verifier, node->out, streams, facts->out, "out")
           && verify_reference(verifier, node->weight, params, facts->weight, "weight")
           && verify_reference(verifier, node->bias, params, facts->bias, "bias")
           && net_require(verifier, facts->equations || listed == 0, "equations have no meaning here");
}

static bool verify_producer(Verifier *verifier, StreamId stream)
{
    return net_require(verifier, verified_stream(verifier, stream)->node == verifier->index,
                       "makes `%s`, which says that node %d does", verified_name(verifier, stream),
                       verified_stream(verifier, stream)->node);
}

static bool verify_lists(Verifier *verifier)
{
    const Node *node = verifier->node;
    const Net *net = verifier->net;
    bool good = node->out == NONE || verify_producer(verifier, node->out);
    for (int i = 0; i < node->ins.count && good; i++)
        good = net_require(verifier, stream_exists(net, node->ins.at[i]), "input %d is stream %d of %d", i,
                           node->ins.at[i], net->streams.count);
    for (int p = 0; p < node->params.count && good; p++)
        good = net_require(verifier, node->params.at[p] >= 0 && node->params.at[p] < net->params.count,
                           "parameter %d is %d of %d", p, node->params.at[p], net->params.count);
    for (int k = 0; k < node->outs.count && good && node->kind != NODE_UPDATE; k++)
        good = net_require(verifier, stream_exists(net, node->outs.at[k].stream),
                           "output %d is stream %d of %d", k, node->outs.at[k].stream, net->streams.count)
               && verify_producer(verifier, node->outs.at[k].stream);
    return good
           && net_require(verifier,
                          node->forward == NONE || (node->forward >= 0 && node->forward < verifier->index),
                          "belongs to node %d, which is no earlier one", node->forward);
}

static bool is_drawn(const Verifier *verifier, int maker)
{
    return verifier->net->nodes.at[maker].kind == NODE_RANDOM;
}

/* A stream is read where it has been made. Only a delay may read what a later node makes; only scans draw. */
static bool verify_read(Verifier *verifier, StreamId stream)
{
    if (stream == NONE)
        return true;
    int maker = verified_stream(verifier, stream)->node;
    bool cycle = verifier->node->kind == NODE_DELAY && maker > verifier->index && verifier->node->steps != 0;
    return net_require(verifier, maker != NONE, "reads `%s`, which nobody makes",
                       verified_name(verifier, stream))
           && net_require(verifier, maker < verifier->index || cycle,
                          "reads `%s`, which is made later, by node %d", verified_name(verifier, stream),
                          maker)
           && net_require(verifier, !is_drawn(verifier, maker) || verifier->node->kind == NODE_SCAN,
                          "reads random numbers, `%s`", verified_name(verifier, stream));
}

static bool verify_reads(Verifier *verifier)
{
    const Node *node = verifier->node;
    bool good = true;
    for (int k = 0; k < node_read_count(node) && good; k++)
        good = verify_read(verifier, node_read(node, k));
    return good;
}

/* ---- the net ---- */

/* Kinds stand in their part of the list. */
static bool verify_place(Verifier *verifier)
{
    const Net *net = verifier->net;
    NodeKind kind = verifier->node->kind;
    if (!net_require(verifier, (int)kind >= 0 && kind < NODE_KIND_COUNT, "is of no kind"))
        return false;
    NodePhase phase = node_facts(kind)->phase, here = verifier->index >= net->updates    ? NODE_PHASE_UPDATE
                                                      : verifier->index >= net->backward ? NODE_PHASE_BACKWARD
                                                                                         : NODE_PHASE_FORWARD;
    bool either = phase == NODE_PHASE_EITHER && here != NODE_PHASE_UPDATE;
    return net_require(verifier, phase == here || either, "stands among the nodes of another phase");
}

static bool verify_node(Verifier *verifier, int index)
{
    verifier->index = index;
    verifier->node = &verifier->net->nodes.at[index];
    bool good = verify_place(verifier) && verify_fields(verifier) && verify_lists(verifier)
                && verify_reads(verifier) && verify_meaning(verifier);
    verifier->node = NULL;
    return good;
}

static bool verify_stream(Verifier *verifier, StreamId id)
{
    const Stream *stream = verified_stream(verifier, id);
    if (!net_require(verifier,
                     unique_name(verifier->net->arena, &verifier->stream_names, stream->name) == stream->name,
                     "two streams are called `%s`", stream->name))
        return false;
    for (int d = 0; d < stream->shape.ndim; d++)
        if (!net_require(verifier, stream->shape.dims[d] > 0, "stream `%s` has the shape %s", stream->name,
                         shape_text(verifier->net->arena, stream->shape)))
            return false;
    int node = stream->node;
    return net_require(verifier, node >= NONE && node < verifier->net->nodes.count,
                       "stream `%s` is made by node %d of %d", stream->name, node, verifier->net->nodes.count)
           && net_require(verifier, node == NONE || node_makes(&verifier->net->nodes.at[node], id),
                          "stream `%s` says that node %d makes it", stream->name, node);
}

static bool verify_init(Verifier *verifier, const Param *param)
{
    verifier->node = param->init;
    verifier->draws = true;
    verifier->places = param->shape.ndim;
    bool good =
        net_require(verifier, param->init->outs.count == 1, "has %d first values", param->init->outs.count)
        && verify_body(verifier);
    verifier->draws = false;
    verifier->places = 0;
    verifier->node = NULL;
    return good;
}

static bool verify_param(Verifier *verifier, ParamId id)
{
    const Param *param = &verifier->net->params.at[id];
    return net_require(verifier,
                       unique_name(verifier->net->arena, &verifier->param_names, param->name) == param->name,
                       "two parameters are called `%s`", param->name)
           && net_require(verifier, param->init, "`%s` starts from nothing", param->name)
           && verify_init(verifier, param);
}

/* 1: it needs what was before; -1: what comes later; 0: neither. */
static int direction_of(const Node *node)
{
    if (node->kind == NODE_MAP && node->map->time.reach != REACH_SAME)
        return node->transposed ? -1 : 1;
    return node->states.count ? (node->reverse ? -1 : 1) : (node->steps > 0) - (node->steps < 0);
}

/* A group runs step by step in one direction and holds nothing that needs all steps at once. */
static bool verify_group(Verifier *verifier, const Part *part)
{
    int direction = 0;
    for (int i = 0; i < part->count; i++) {
        verifier->index = part->nodes[i];
        const Node *node = verifier->node = &verifier->net->nodes.at[part->nodes[i]];
        int here = direction_of(node);
        if (!net_require(verifier, node_may_loop(node), "cannot be part of a recurrent group")
            || !net_require(verifier, !here || !direction || here == direction,
                            "runs against the time of its recurrent group"))
            return false;
        direction = direction ? direction : here;
    }
    verifier->node = NULL;
    return true;
}

static bool verify_groups(Verifier *verifier, int first, int last)
{
    Schedule schedule = schedule_nodes(verifier->net->arena, verifier->net, first, last);
    for (int i = 0; i < schedule.count; i++)
        if (schedule.at[i].recurrent && !verify_group(verifier, &schedule.at[i]))
            return false;
    return true;
}

static bool verify_optimizer(Verifier *verifier, const Node *optimizer)
{
    verifier->index = verifier->net->nodes.count;
    verifier->node = optimizer;
    bool good = net_require(verifier, verifier->node->outs.count == 1, "has %d new weights",
                            verifier->node->outs.count)
                && verify_body(verifier);
    verifier->node = NULL;
    return good;
}

static bool verify_schedule(Verifier *verifier)
{
    const Net *net = verifier->net;
    verifier->index = net->nodes.count;
    verifier->node = &net->schedule;
    bool good =
        net_require(verifier, net->schedule.outs.count == net->scalars.count,
                    "there are %d values of %d run scalars", net->schedule.outs.count, net->scalars.count)
        && net_require(verifier, !net->training.present || net->training.rate < net->scalars.count,
                       "no scalar is the learning rate")
        && verify_body(verifier);
    verifier->node = NULL;
    return good;
}

const char *net_verify(const Net *net)
{
    Verifier verifier = {.net = net, .updated = NEW_ARRAY(net->arena, int, net->params.count + 1)};
    bool good = net_require(&verifier, net->steps > 0, "there are %d steps", net->steps)
                && net_require(&verifier,
                               net->backward >= 0 && net->backward <= net->updates
                                   && net->updates <= net->nodes.count,
                               "the phases start at nodes %d and %d of %d", net->backward, net->updates,
                               net->nodes.count);
    for (StreamId s = 0; s < net->streams.count && good; s++)
        good = verify_stream(&verifier, s);
    for (ParamId p = 0; p < net->params.count && good; p++)
        good = verify_param(&verifier, p);
    for (int n = 0; n < net->nodes.count && good; n++)
        good = verify_node(&verifier, n);
    good = good && verify_schedule(&verifier)
           && (!net->training.present || verify_optimizer(&verifier, &net->optimizer));
    for (int g = 0; g < net->groups.count && good; g++)
        good = verify_optimizer(&verifier, &net->groups.at[g].optimizer);
    good = good && verify_groups(&verifier, 0, net->backward)
           && verify_groups(&verifier, net->backward, net->updates);
    return good && net->evaluated ? net_verify(net->evaluated) : verifier.error;
}
