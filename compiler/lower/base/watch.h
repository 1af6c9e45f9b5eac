/* What the runtime looks at after a forward phase: see watch.c. */
#ifndef SNNC_LOWER_WATCH_H
#define SNNC_LOWER_WATCH_H

#include "lower/base/scan.h"

void watch_scan_states(Lower *lower, const Node *scan, const ScanState *state);
/* Kernels behind that of the scan, where its states are watched sample by sample. */
void lower_state_watches(Lower *lower, const Node *scan, const ScanState *state);
void watch_streams(Lower *lower);

#endif
