/* The log: one JSON object a line and an epoch. */
#ifndef SNN_LOG_H
#define SNN_LOG_H

#include "snn_epoch.h"

#include <stdio.h>

/* A JSON line an epoch; to be freed, NULL without memory. */
char *snn_log_line(const SnnModel *model, const SnnEpoch *epoch);
/* A new log of a new training: one that is there is kept under another name, *kept (to be freed, or NULL), unless
 * `replace`. */
bool snn_log_open_new(FILE **log, const char *path, bool replace, char **kept, SnnError *error);
/* The log of a training that goes on behind `epochs` epochs. Their lines stay, later ones are cut off; `line`, that
 * of the last of them (or NULL), is added where it alone is missing. */
bool snn_log_open(FILE **log, const char *path, int epochs, const char *line, SnnError *error);
/* Until it is on the disk. */
bool snn_log_write(FILE *log, const char *line);

#endif
