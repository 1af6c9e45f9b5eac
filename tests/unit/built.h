/* Nets that are built of texts with the standard library, and their equations, run in double precision. */
#ifndef SNNC_BUILT_H
#define SNNC_BUILT_H

#include "parse.h"
#include "passes.h"

typedef struct Built {
    Arena *arena;
    Sources sources;
    Diag diag;
    Net *net;
    Define *defines;
} Built;

/* `defines` as on the command line: "width = 3". */
Built *build_with(const char *text, const char *const *defines, int count);
/* A model that must be right. */
Built *build_text(const char *text);
void built_free(Built *built);

/* What makes the stream. */
const Node *find_node(const Net *net, const char *stream);
const Stream *find_stream(const Net *net, const char *name);
const Param *find_param(const Net *net, const char *name);
/* Of a parameter that begins with one value everywhere. */
double first_value(const Param *param);

typedef struct Run {
    double inputs[4], states[4], params[4], scalars[SCALAR_COUNT];
    double values[512];
} Run;

Run run_start(const Node *node);
/* One step: the value of the output, with the states moved on. */
double run_step(Run *run, const Node *node);

#endif
