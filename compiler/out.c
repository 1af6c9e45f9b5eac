#include "out.h"

#include "snn_output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INDENT = 4 };

struct Out {
    Arena *arena;
    char *text;
    size_t length, capacity;
    int depth;
    bool blank; /* a blank line is due before the next line */
};

Out *out_new(Arena *arena)
{
    Out *out = NEW(arena, Out);
    out->arena = arena;
    out->capacity = 1024;
    out->text = arena_alloc(arena, out->capacity);
    return out;
}

static void append(Out *out, const char *text, size_t length)
{
    if (length >= out->capacity - out->length) {
        size_t capacity = 2 * out->capacity + length;
        char *larger = arena_alloc(out->arena, capacity);
        memcpy(larger, out->text, out->length);
        out->text = larger;
        out->capacity = capacity;
    }
    if (length > 0)
        memcpy(out->text + out->length, text, length);
    out->length += length;
    out->text[out->length] = '\0';
}

static bool ends_with(const Out *out, const char *end)
{
    size_t length = strlen(end);
    return out->length >= length && memcmp(out->text + out->length - length, end, length) == 0;
}

static void flush_blank(Out *out)
{
    if (out->blank && out->length > 0 && !ends_with(out, "\n\n") && !ends_with(out, "{\n"))
        append(out, "\n", 1);
    out->blank = false;
}

static void append_line(Out *out, const char *text, const char *end)
{
    flush_blank(out);
    if (text[0] != '\0' || end[0] != '\0') {
        for (int i = 0; i < out->depth * INDENT; i++)
            append(out, " ", 1);
    }
    append(out, text, strlen(text));
    if (text[0] != '\0' && end[0] != '\0')
        append(out, " ", 1);
    append(out, end, strlen(end));
    append(out, "\n", 1);
}

/* The formatted text, to be freed. */
static char *format_text(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text == NULL) {
        fprintf(stderr, "snnc: out of memory\n");
        exit(EXIT_FAILURE);
    }
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void out_line(Out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    append_line(out, text, "");
    free(text);
}

void out_open(Out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    append_line(out, text, "{");
    out->depth++;
    free(text);
}

void out_close(Out *out, const char *after)
{
    out->blank = false;
    out_indent(out, -1);
    out_line(out, "}%s", after);
}

void out_indent(Out *out, int levels)
{
    out->depth += levels;
    if (out->depth < 0)
        out->depth = 0;
}

void out_blank(Out *out)
{
    out->blank = true;
}

void out_raw(Out *out, const char *text, size_t length)
{
    flush_blank(out);
    append(out, text, length);
}

const char *out_text(const Out *out)
{
    return out->text;
}

size_t out_length(const Out *out)
{
    return out->length;
}

bool out_write(const Out *out, FILE *stream)
{
    return fwrite(out->text, 1, out->length, stream) == out->length && fflush(stream) == 0;
}

bool out_save(const Out *out, Arena *arena, const char *path, const char **error)
{
    SnnOutput output;
    SnnError reason;
    bool saved = snn_output_open_any(&output, path, &reason);
    if (saved) {
        out_write(out, output.stream);
        saved = snn_output_commit(&output, &reason);
    }
    if (!saved)
        *error = arena_printf(arena, "%s", reason.text);
    return saved;
}

bool out_is_savable(Arena *arena, const char *path, const char **error)
{
    SnnOutput output;
    SnnError reason;
    struct stat there;
    bool found = stat(path, &there) == 0;
    if (snn_output_is_standard(path) || (found && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)))
        return true;
    if (!snn_output_open(&output, path, &reason)) {
        *error = arena_printf(arena, "%s", reason.text);
        return false;
    }
    snn_output_discard(&output);
    return true;
}
