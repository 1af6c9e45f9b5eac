/* Labels as texts. */
#include "snn_words.h"

#include <stdlib.h>
#include <string.h>

/* There is room for as many as the next power of 2. */
bool snn_words_add(SnnWords *words, SnnField word)
{
    size_t count = (size_t)words->count;
    if ((count & (count - 1)) == 0) {
        SnnField *grown = realloc(words->at, (count == 0 ? 1 : 2 * count) * sizeof *grown);
        if (grown == NULL)
            return false;
        words->at = grown;
    }
    words->at[words->count++] = word;
    return true;
}

static int words_compare(const void *one, const void *other)
{
    const SnnField *a = one, *b = other;
    int order = memcmp(a->at, b->at, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : a->length < b->length ? -1 : a->length > b->length;
}

void snn_words_sort(SnnWords *words)
{
    int32_t kept = 0;
    int number;
    if (words->count > 0)
        qsort(words->at, (size_t)words->count, sizeof *words->at, words_compare);
    words->numbers = true;
    for (int32_t i = 0; i < words->count; i++) {
        words->numbers = words->numbers && snn_fields_number(words->at[i], &number);
        if (i == 0 || words_compare(&words->at[i], &words->at[kept - 1]) != 0)
            words->at[kept++] = words->at[i];
    }
    words->count = kept;
}

void snn_words_free(SnnWords *words)
{
    free(words->at);
    *words = (SnnWords){0};
}

int32_t snn_words_class(const SnnWords *words, SnnField word)
{
    int number;
    if (words->numbers)
        return snn_fields_number(word, &number) ? number : -1;
    const SnnField *place = words->count == 0
                                ? NULL
                                : bsearch(&word, words->at, (size_t)words->count, sizeof word, words_compare);
    return place == NULL ? -1 : (int32_t)(place - words->at);
}
