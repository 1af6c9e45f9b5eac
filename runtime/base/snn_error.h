/* What went wrong, as one sentence for the user: "what (where): what to do". Functions that can fail
 * take an SnnError, fill it and return false or NULL; only the top level prints. */
#ifndef SNN_ERROR_H
#define SNN_ERROR_H

#include <stdbool.h>

typedef struct SnnError {
    char text[8192]; /* a few paths may stand in it */
} SnnError;

/* Sets the sentence; always false. */
bool snn_fail(SnnError *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
