/* Labels as texts: whole numbers, which are classes, or words, which are classes in their order. */
#ifndef SNN_WORDS_H
#define SNN_WORDS_H

#include "snn_fields.h"

#include <stdint.h>

typedef struct SnnWords {
    SnnField *at; /* each once, in their order, when sorted */
    int32_t count;
    bool numbers; /* all are */
} SnnWords;

bool snn_words_add(SnnWords *words, SnnField word); /* false without memory */
void snn_words_sort(SnnWords *words);
void snn_words_free(SnnWords *words);
/* The class of a word, of words that are sorted; -1: it is not among them. */
int32_t snn_words_class(const SnnWords *words, SnnField word);

#endif
