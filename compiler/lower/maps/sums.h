/* Sums of a few rows of a map's outputs: in registers or, if narrow, where they belong. */
#ifndef SNNC_SUMS_H
#define SNNC_SUMS_H

#include "lower/maps/linear.h"

typedef struct Rows {
    const Linear *map;
    LoopExpr *first; /* step of the first row, or its sample; NULL: the site's one */
    int count, width;
    bool in_place;
    bool samples; /* rows are samples, not steps */
} Rows;

/* The site of row r. */
Site row_site(Lower *lower, const Rows *rows, Site site, int r, LoopBlock *into);
void emit_sums_start(Lower *lower, const Rows *rows, Site site);
/* Adds the value to row r. */
void emit_sum(Lower *lower, const Rows *rows, Site site, int r, LoopExpr *j, LoopExpr *value);
void emit_sums_end(Lower *lower, const Rows *rows, Site site);

#endif
