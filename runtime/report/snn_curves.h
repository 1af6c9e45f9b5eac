/* Learning curves, of what a training has logged. */
#ifndef SNN_CURVES_H
#define SNN_CURVES_H

#include <stdbool.h>
#include <stdio.h>

/* Draws lines of JSON as the log has them, an epoch each: a chart for the loss and each metric, one for the learning rate and
 * one for firing rates. Lines that are none are passed over. False without memory. */
bool snn_curves_write(FILE *page, const char *log);

#endif
