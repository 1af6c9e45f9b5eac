/* Formats of data: what models may write of each, and how that is told to the reader. */
#ifndef SNNC_FORMATS_H
#define SNNC_FORMATS_H

#include "build.h"

/* A way in which data may be stored: snn_NAME in runtime/data reads it. */
typedef struct Format {
    const char *name, *about; /* "the format of MNIST" */
    const char *stream;       /* what models call the samples */
    bool columns;             /* `target` names them, it is no shape */
    bool lengths;             /* samples have lengths of their own */
    bool fields;              /* `test` may be a text that chooses by one of them */
    const char *const *formals;
    Data data; /* what is so unless the line says otherwise */
    /* What its own arguments say of b->net->data, after those that all formats may have; NULL: nothing. False if the
     * samples' stream is not known then: reported, at the span of the line unless an argument is wrong. */
    bool (*arguments)(Build *b, const Scope *frame, Span span);
} Format;

/* For the reader: see snn_setting.h. */
void data_setting(Build *b, const char *name, const char *value);
void data_number(Build *b, const char *name, double value);
/* Arguments, false if a mistake was reported. A text, as in `name = "shd"`; "" where there is none. */
bool data_text(Build *b, const Scope *frame, const char *name);
/* A whole number from 1 on, or what is so without the argument. */
bool data_count(Build *b, const Scope *frame, const char *name, int *count);
/* A number of this unit above 0, as `example` is, or what is so without it. */
bool data_quantity(Build *b, const Scope *frame, const char *name, Unit unit, const char *example,
                   double *number);
/* What is sorted into time steps, as `what` is, needs to know how long these are. */
bool data_step(Build *b, const char *format, const char *what, Span span);
/* The text of a choice, if it is one: `test` may be a number. */
bool data_choice(Build *b, const Scope *frame, const char *name);
/* What `test` and `valid` choose where no pattern says which fields there are, for messages. */
typedef struct Choosing {
    const char *what;            /* "rows by a column" */
    const char *example, *range; /* choices of values and of a range of them */
} Choosing;

/* Both, as data_choice does: parts are chosen by a field, or `test` is a fraction. */
bool data_chosen(Build *b, const Scope *frame, const Choosing *choosing);
/* How files are called, and which of them are tests: `names`, `test`, `valid`; see snn_fields.h. */
bool data_names(Build *b, const Scope *frame);

/* What all formats have: which samples are for tests, which come how often, how training changes them. */
extern const char *const sampling_formals[];
bool data_sampling(Build *b, const Scope *frame, const Format *format);

/* Of formats that take more to say. */
extern const char *const wav_formals[];
extern const char *const csv_formals[];
bool wav_arguments(Build *b, const Scope *frame, Span span);
bool csv_arguments(Build *b, const Scope *frame, Span span);

#endif
