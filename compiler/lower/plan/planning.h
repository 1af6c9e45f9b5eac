/* The steps of make_plan, in their order. Each fills fields of the records from those that were filled before. */
#ifndef SNNC_PLANNING_H
#define SNNC_PLANNING_H

#include "lower/plan/plan.h"

/* A plan that is being made. */
typedef struct Planning {
    Arena *arena;
    const Net *net;
    LowerOptions options;
    bool by_samples;   /* see goes_by_samples */
    Adjacency readers; /* by stream: see net_readers */
    StreamPlan *streams;
    NodePlan *nodes;
    Schedule *phases;
} Planning;

bool goes_by_samples(const Net *net, LowerOptions options);
/* One tile where the layer is too narrow, or none divides it and no remainder may be left. */
Tiling tiling_of(int units, bool remainder);

/* The scan that looks up what a map by patterns makes, as its only reader; or NONE. */
int looker_of(const Planning *plan, int map);
/* The adjoint that tallies what a gradient by patches multiplies, as its only reader; or NONE. */
int tallier_of(const Planning *plan, int gradient);

void plan_service(Planning *plan); /* events, all_choose; tables, listed, choice */
void plan_groups(Planning *plan);  /* phases; group, joined; slots, shifted; step_width */
void plan_layers(Planning *plan);  /* host, layer; looked, tallied, local, tiled */
void plan_blanks(Planning *plan);  /* met, of streams and nodes */
void plan_routes(Planning *plan);  /* routed; route */
void plan_places(Planning *plan);  /* place */
void plan_gates(Planning *plan);   /* gate */
void plan_runs(Planning *plan);    /* run, watched */

#endif
