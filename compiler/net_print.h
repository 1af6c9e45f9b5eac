/* What printing a Net and printing equations share. */
#ifndef SNNC_NET_PRINT_H
#define SNNC_NET_PRINT_H

#include "infix.h"
#include "net.h"

/* One equation; all of one node are aligned. */
typedef struct Line {
    const char *left, *right;
} Line;

typedef struct Printer {
    Arena *arena;
    const Net *net;
    Out *out;
    const Node *node;
    EquationDetail detail;
    bool own_names;     /* inputs and parameters as the neuron calls them, not as the network does */
    int *uses;          /* by value of node's body */
    const char **names; /* by value: how it is written once it has a line; else NULL */
    Table used; /* names that no other value may have, to the last number that was tried behind them */
    VEC(Line) lines;
} Printer;

static inline const Stream *stream_at(const Printer *printer, StreamId stream)
{
    return &printer->net->streams.at[stream];
}

/* Gives the values of the printer's node their names, and lines to those that have one. */
void printer_begin(Printer *printer);
void printer_add(Printer *printer, const char *left, const char *right);
/* What the node makes, and its states at the end of a step. */
void printer_add_results(Printer *printer);
/* The lines that there are. */
void printer_lines(const Printer *printer);
/* From the states on to the results. */
void printer_equations(Printer *printer);
/* As a formula refers to the value. */
Infix printer_value(const Printer *printer, Val value);
const char *printer_number(const Printer *printer, double number);

#endif
