/* What several suites need: a text as a source, its tree, and the messages about it. */
#ifndef SNNC_UNIT_H
#define SNNC_UNIT_H

#include "ast.h"
#include "diag.h"

typedef struct Parsed {
    Arena *arena;
    Sources sources;
    File *file;
    int errors;
    char *messages; /* all that was reported; freed by parsed_free */
} Parsed;

/* Parses a text as model.snn. The text must outlive the result. */
Parsed *parse_text(const char *text, size_t length);
void parsed_free(Parsed *parsed);

/* A file that uses every construct of the language and ends with its model. */
extern const char sample_text[];

const char *print_of(Parsed *parsed);
/* Fails unless the text has no mistake and its print parses to a tree with the same print. */
void expect_round_trip(Parsed *parsed);

/* The next number of a sequence that is the same in every run: 0 .. bound - 1. */
unsigned random_below(unsigned *seed, unsigned bound);

#endif
