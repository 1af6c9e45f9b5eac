/* Subset-sum tables for busy spike streams: see pack.c and table.c. */
#ifndef SNNC_PACK_H
#define SNNC_PACK_H

#include "lower/spikes/events.h"

enum {
    GROUP = 5,            /* inputs, or steps, of a table */
    ENTRIES = 1 << GROUP, /* of a table */
    UNIT_TABLES = 5,      /* that are in use at a time: over units, */
    STEP_TABLES = 5       /* and over steps */
};

int group_count(int units);
/* Of so many groups as there are tables at a time; the last one may be partly empty. */
int block_count(int units, int tables);

/* Whether tables serve this DENSE or WEIGHT_GRAD, perhaps beside events. */
bool table_use(const Lower *lower, const Node *node);
/* Whether events serve it, perhaps beside tables. */
bool event_use(const Lower *lower, const Node *node);
/* Kernels that measure a stream, choose, and pack it: over five units, or over five steps. */
void pack_prepare(Lower *lower, const Node *node);
/* The block that runs if tables were chosen for the node, or were not; `into` if it has no choice. */
LoopBlock *if_chosen(Lower *lower, const Node *node, LoopBlock *into, bool tables);
/* The block that lists a stream's events: runs unless nobody would read them. */
LoopBlock *if_listed(Lower *lower, StreamId stream, LoopBlock *into);

/* out += weights, by tables, for the samples from .. to-1 of the tile. */
void emit_map_tables(Lower *lower, const Node *dense, const Matrix *weights, BufferId table, Site site,
                     LoopExpr *from, LoopExpr *to);
/* Adds what the site's sample contributes to the gradient of the weights, by tables. */
void emit_weight_grad_tables(Lower *lower, const Node *node, const Matrix *gradient, BufferId table,
                             Site site);
/* The local tables of a kernel whose tiles have this width. */
BufferId table_buffer(Lower *lower, const char *name, int width);

#endif
