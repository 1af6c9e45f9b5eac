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
#define WARNING RULE
#include "rules.def"
#undef WARNING
#undef RULE
    RULE_COUNT
} Rule;

typedef struct Diag {
    const Sources *sources;
    FILE *out;
    int errors, warnings;
    bool no_warnings; /* they are not even counted */
    bool strict;      /* they are errors */
    bool muted;       /* the last message was not printed: its notes and hints are not, either */
} Diag;

/* Whether further errors are only counted: their hints need not be thought of. */
bool diag_is_full(const Diag *diag);

const char *rule_name(Rule rule); /* as in rules.def: also the name of its test pair */

/* A full stop is not part of a message; the first letter is small. `[rule-name]` ends the first line. */
void diag_error(Diag *diag, Rule rule, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for what compiles and is likely a mistake; it is no error unless diag->strict. */
void diag_warning(Diag *diag, Rule rule, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Printed below the last message, if that was printed: a place, or (hint) only a sentence. */
void diag_note(Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(Diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* After the last message: "N errors, N warnings" (and how many errors were shown), if there were any. */
void diag_finish(Diag *diag);

/* The closest of `count` candidates to `name`, or NULL when none is close: for "did you mean". */
const char *closest_name(const char *name, const char *const *candidates, int count);

#endif
