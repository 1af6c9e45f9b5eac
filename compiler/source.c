#include "source.h"

#include "snn_output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A model file is written by hand; a larger one is some other file given by mistake. */
enum { SOURCE_LIMIT = 16 * 1024 * 1024 };

Source *source_add(Sources *sources, const char *path, const char *text, uint32_t length)
{
    uint32_t base = 1;
    if (sources->files.count > 0) {
        const Source *last = sources->files.at[sources->files.count - 1];
        base = last->base + last->length + 1; /* the end of a text is a place of its own */
    }
    if (!sources->names)
        sources->names = NEW(sources->arena, Interned);
    Source *source = NEW(sources->arena, Source);
    *source = (Source){.path = path, .text = text, .length = length, .base = base, .names = sources->names};
    vec_push(sources->arena, &source->lines, 0);
    for (uint32_t i = 0; i < length; i++)
        if (text[i] == '\n')
            vec_push(sources->arena, &source->lines, i + 1);
    vec_push(sources->arena, &sources->files, source);
    return source;
}

/* Reads up to SOURCE_LIMIT + 1 bytes; false with errno set when reading fails. */
static bool read_all(FILE *file, Arena *arena, char **text, size_t *length)
{
    size_t capacity = 16 * 1024;
    *text = arena_alloc(arena, capacity + 1);
    *length = 0;
    for (;;) {
        size_t got = fread(*text + *length, 1, capacity - *length, file);
        *length += got;
        if (got == 0 || *length > SOURCE_LIMIT)
            break;
        if (*length == capacity) {
            capacity *= 2;
            char *larger = arena_alloc(arena, capacity + 1);
            memcpy(larger, *text, *length);
            *text = larger;
        }
    }
    (*text)[*length] = '\0';
    return !ferror(file);
}

Source *source_read(Sources *sources, const char *path, const char **error)
{
    Arena *arena = sources->arena;
    const char *shown = strcmp(path, "-") == 0 ? "<standard input>" : path;
    SnnError failure;
    int opened = snn_input_open(path, &failure);
    FILE *file = opened < 0 ? NULL : fdopen(opened, "rb");
    if (file == NULL) {
        *error = arena_printf(arena, "%s", failure.text);
        return NULL;
    }
    char *text;
    size_t length;
    bool read = read_all(file, arena, &text, &length);
    int reason = errno;
    fclose(file);
    if (!read) {
        *error = arena_printf(arena, "cannot read (%s): %s", shown, strerror(reason));
        return NULL;
    }
    if (length > SOURCE_LIMIT) {
        *error = arena_printf(arena, "`%s` is larger than 16 MiB: is it a model?", shown);
        return NULL;
    }
    return source_add(sources, arena_strndup(arena, shown, strlen(shown)), text, (uint32_t)length);
}

static const Source *source_of(const Sources *sources, uint32_t offset)
{
    for (int i = 0; i < sources->files.count; i++) {
        const Source *source = sources->files.at[i];
        if (offset >= source->base && offset - source->base <= source->length)
            return source;
    }
    return NULL;
}

/* From 0: the last line that begins at or before the byte. */
static int line_of(const Source *source, uint32_t at)
{
    int low = 0, high = source->lines.count;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (source->lines.at[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

Place source_place(const Sources *sources, uint32_t offset)
{
    Place place = {0};
    place.source = source_of(sources, offset);
    if (place.source == NULL)
        return place;
    const char *text = place.source->text;
    uint32_t at = offset - place.source->base;
    int line = line_of(place.source, at);
    uint32_t start = place.source->lines.at[line];
    uint32_t end =
        line + 1 < place.source->lines.count ? place.source->lines.at[line + 1] - 1 : place.source->length;
    place.line = line + 1;
    if (end > at && text[end - 1] == '\r')
        end--;
    place.column = (int)(at - start) + 1;
    place.line_text = text + start;
    place.line_length = (int)(end - start);
    return place;
}

const char *source_words(const Sources *sources, Span span)
{
    Place place = source_place(sources, span.lo);
    if (!place.source || span.hi <= span.lo)
        return "";
    const char *from = place.source->text + (span.lo - place.source->base);
    char *text = arena_strndup(sources->arena, from, span.hi - span.lo), *to = text;
    for (const char *c = text; *c; c++) {
        bool blank = *c == ' ' || *c == '\n' || *c == '\t' || *c == '\r';
        if (!blank)
            *to++ = *c;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    *to = '\0';
    return text;
}

bool source_is_library(const Sources *sources, Span span)
{
    Place place = source_place(sources, span.lo);
    return place.source && place.source->library;
}
