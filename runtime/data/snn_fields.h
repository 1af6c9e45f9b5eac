/* What files are called: a pattern as "{label}_{speaker}_{index}", whose fields are parts of a name; and which of them are meant, a
 * choice as "speaker = theo, lucas" or "index = 0-4". Whoever compiles a model has checked both. */
#ifndef SNN_FIELDS_H
#define SNN_FIELDS_H

#include "snn.h"

#include <stdbool.h>
#include <stddef.h>

/* A part of a text. */
typedef struct SnnField {
    const char *at;
    size_t length;
} SnnField;

/* Whether the name, of this length, is called so; sets the field of it that is called `wanted`, `at` NULL if the pattern has no
 * such field. A field goes to where what follows it stands first, and is not empty. */
bool snn_fields_match(const char *pattern, SnnField name, const char *wanted, SnnField *field);
/* The field that a choice is by; whether it means one of this value; and whether it means a name that is called as the pattern
 * says. */
SnnField snn_fields_chooser(const char *choice);
bool snn_fields_chosen(const char *choice, SnnField value);
bool snn_fields_choose(const char *choice, const char *pattern, SnnField name);
/* The parts beside training of which a model may say what belongs to them, and what it says; "": nothing. */
enum { SNN_FIELDS_PARTS = 2 };
extern const char *const snn_fields_parts[SNN_FIELDS_PARTS];
const char *snn_fields_choice(const SnnModel *model, const char *part);
/* Training and these parts, and which of them a part is; SNN_FIELDS_OTHER: none. A sample belongs to the first whose choice means it,
 * and to training if none does, so that none is in two. */
enum { SNN_FIELDS_TRAIN, SNN_FIELDS_TEST, SNN_FIELDS_VALID, SNN_FIELDS_OTHER };
int snn_fields_number_of(const char *part);
/* What models and files call a part: t10k is test there. */
const char *snn_fields_part(const char *part);
/* The next of some names with commas between them, without the blanks around it; `*names` goes behind it. */
SnnField snn_fields_next(const char **names);
bool snn_fields_are(SnnField field, const char *text);
/* Whether the field is a whole number from 0 on, below 10^9. */
bool snn_fields_number(SnnField field, int *number);

#endif
