/* The model as text in a checkpoint, and what differs where it is used by another program. */
#include "snn_model_text.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_SHOWN = 2 /* lines of a difference */, TEXT_WIDTH = 120 };

/* FNV-1a, 64 bits. */
static uint64_t text_hash(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

uint64_t snn_model_hash(const SnnModel *model)
{
    uint64_t hash = 0xcbf29ce484222325u;
    const char *const *lists[] = {model->network, model->training};
    for (int l = 0; l < 2; l++)
        for (int i = 0; lists[l] != NULL && lists[l][i] != NULL; i++)
            hash = text_hash(text_hash(hash, lists[l][i]), "\n");
    return hash;
}

char *snn_text_join(const char *const *lines)
{
    size_t size = 1;
    for (int i = 0; lines[i] != NULL; i++)
        size += strlen(lines[i]) + 1;
    char *text = malloc(size), *at = text;
    for (int i = 0; text != NULL && lines[i] != NULL; i++) {
        size_t length = strlen(lines[i]);
        memcpy(at, lines[i], length);
        at[length] = '\n';
        at += length + 1;
    }
    if (text != NULL)
        *at = '\0';
    return text;
}

/* Whether one of the text's lines is this one. */
static bool text_has(const char *text, const char *line, size_t length)
{
    for (const char *next; *text != '\0'; text = next) {
        size_t found = strcspn(text, "\n");
        if (found == length && strncmp(text, line, length) == 0)
            return true;
        next = text + found + (text[found] == '\n');
    }
    return false;
}

/* The number of lines of `text` that `other` does not have; *line: the wanted one of them, or NULL. */
static int text_missing(const char *text, const char *other, int wanted, const char **line, size_t *length)
{
    int count = 0;
    *line = NULL;
    for (const char *next; *text != '\0'; text = next) {
        size_t found = strcspn(text, "\n");
        next = text + found + (text[found] == '\n');
        if (text_has(other, text, found))
            continue;
        if (count++ == wanted) {
            *line = text;
            *length = found;
        }
    }
    return count;
}

static void text_quote(char *into, size_t size, const char *line, size_t length)
{
    if (line == NULL)
        snprintf(into, size, "nothing");
    else
        snprintf(into, size, "`%.*s%s`", length > TEXT_WIDTH ? TEXT_WIDTH : (int)length, line,
                 length > TEXT_WIDTH ? "..." : "");
}

bool snn_text_differs(const char *theirs, const char *ours, SnnError *difference)
{
    size_t used = 0;
    int count = 0;
    difference->text[0] = '\0';
    for (int i = 0; i < TEXT_SHOWN; i++) {
        const char *before, *now;
        size_t before_length = 0, now_length = 0;
        int gone = text_missing(theirs, ours, i, &before, &before_length);
        int come = text_missing(ours, theirs, i, &now, &now_length);
        count = gone > come ? gone : come;
        if (before == NULL && now == NULL)
            break;
        char old[TEXT_WIDTH + 8], new[TEXT_WIDTH + 8];
        text_quote(old, sizeof old, before, before_length);
        text_quote(new, sizeof new, now, now_length);
        used +=
            (size_t)snprintf(difference->text + used, sizeof difference->text - used,
                             "%sit was trained with %s, this program has %s", i > 0 ? "; " : "", old, new);
    }
    if (count > TEXT_SHOWN)
        snprintf(difference->text + used, sizeof difference->text - used, "; %d more lines differ",
                 count - TEXT_SHOWN);
    return count > 0;
}
