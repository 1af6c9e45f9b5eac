/* Messages about the user's files: `file:line:col: error: ...`, the line, a caret, perhaps a hint.
 * Reporting never exits; callers go on as far as they can, then look at diag->errors. */
#ifndef SNNC_DIAG_H
#define SNNC_DIAG_H

#include "source.h"

#include <stdarg.h>
#include <stdio.h>

enum { DIAG_LIMIT = 20 }; /* errors printed in one run; the rest are counted */

typedef enum Rule {
#define RULE(id, name, text) RULE_##id,
#include "rules.def"
#undef RULE
    RULE_COUNT
} Rule;

typedef struct Diag {
    const Sources *sources;
    FILE *out;
    int errors;
} Diag;

/* Whether further errors are only counted: their hints need not be thought of. */
bool diag_is_full(const Diag *diag);

const char *rule_name(Rule rule); /* as in rules.def: also the name of its test pair */
const char *rule_text(Rule rule);

/* A full stop is not part of a message; the first letter is small. `[rule-name]` ends the first line. */
void diag_error(Diag *diag, Rule rule, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Printed below the last error, if that error was printed: a place, or (hint) only a sentence. */
void diag_note(Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(Diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* After the last message: "N errors" (and how many were shown), if there were any. */
void diag_finish(Diag *diag);

/* The closest of `count` candidates to `name`, or NULL when none is close: for "did you mean". */
const char *closest_name(const char *name, const char *const *candidates, int count);

#endif
