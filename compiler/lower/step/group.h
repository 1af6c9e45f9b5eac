#ifndef SNNC_GROUP_H
#define SNNC_GROUP_H

#include "lower/lower.h"

/* Nodes that feed each other through delays, and the maps that join them: one loop over time (see schedule.h). */
void lower_group(Lower *lower, const Part *part);

#endif
