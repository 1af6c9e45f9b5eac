/* Words of other languages and libraries: what is written here for them. */
#ifndef SNNC_WORDS_H
#define SNNC_WORDS_H

#include <stdbool.h>

/* Advice to whoever writes a word of words.def, in any letters and with or without `_`; NULL: none. */
const char *foreign_word(const char *word);
/* Equal but for capital letters and `_`. */
bool same_word(const char *a, const char *b);

#endif
