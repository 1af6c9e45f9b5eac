/* The steps of make_plan, in their order. Each fills fields of the records from those that were filled before. */
#ifndef SNNC_PLANNING_H
#define SNNC_PLANNING_H

#include "lower/plan/plan.h"

/* Units of a tile; all of them where the layer is too narrow, or no tile divides it. */
int tile_width(int units);

void plan_service(Plan *plan); /* events, all_choose; tables, listed, choice */
void plan_groups(Plan *plan);  /* phases; group, joined; slots, shifted; step_width */
void plan_layers(Plan *plan);  /* host, layer; local, tiled */
void plan_places(Plan *plan);  /* place */
void plan_gates(Plan *plan);   /* gate */
void plan_runs(Plan *plan);    /* run */

#endif
