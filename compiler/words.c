#include "words.h"

#include <ctype.h>
#include <string.h>

typedef struct Word {
    const char *text, *advice;
} Word;

static const Word words[] = {
#define WORD(text, advice) {text, advice},
#include "words.def"
#undef WORD
};

bool same_word(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "_");
        b += strspn(b, "_");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

const char *foreign_word(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (same_word(word, words[i].text))
            return words[i].advice;
    return NULL;
}
