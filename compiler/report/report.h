/* `--report`: what a program that only predicts takes, for people and for programs.
 *
 *   rates.c    how often streams spike
 *   account.c  what it takes
 *   facts.c    the same in words: facts, columns, notes
 *   text.c, page.c, json.c  how these are laid out */
#ifndef SNNC_REPORT_H
#define SNNC_REPORT_H

#include "out.h"
#include "report/account.h"

typedef struct Fact {
    const char *name, *value;
} Fact;

typedef VEC(Fact) Facts;
typedef VEC(const char *) Notes;

/* Of a layer; the first is its name. */
typedef struct Column {
    const char *name, *key; /* for people; in JSON */
    bool of_rates;          /* only where rates are known */
    double (*number)(const Account *account, const LayerAccount *row);
} Column;

extern const Column report_columns[];
extern const int report_column_count;

bool report_has_column(const Account *account, const Column *column);
/* "rows: inference of model.snn" */
const char *report_title(const Account *account);
Facts report_facts(const Account *account);
/* How the numbers are to be read: a sentence each. */
Notes report_notes(const Account *account);
const char *report_layer_name(const LayerAccount *row);
/* "once a sample", where others run at each step; else "". */
const char *report_layer_remark(const Account *account, const LayerAccount *row);
/* Whole, or with so many digits as say something. */
const char *report_number(Arena *arena, double number);

void report_text(const Account *account, Out *out);
void report_json(const Account *account, Out *out);

/* Of a program whose accuracy was measured, in a line. */
const char *report_accuracy(Arena *arena, const Program *program);

/* As the name of the file ends: .html, .json, or text. False without memory. */
bool report_write(const Account *account, const char *path, Out *out);

/* NULL, or why it does not fit into so many bytes of constants and of memory, with the layers to blame and what would; negative:
 * any number. */
const char *report_misfit(const Account *account, int64_t flash, int64_t ram);

#endif
