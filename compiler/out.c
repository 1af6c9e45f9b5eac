#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

/* Everything, until it is on the disk. Keeps the errno of the first failure. */
static bool write_and_close(int file, const Out *out, bool regular)
{
    bool done = write_all(file, out->text, out->length) && (!regular || fsync(file) == 0);
    int reason = errno;
    if (close(file) != 0 && done)
        return false;
    errno = reason;
    return done;
}

/* A device or pipe cannot be replaced by renaming; it is written to. */
static bool save_special(const Out *out, const char *path)
{
    int file = open(path, O_WRONLY);
    return file >= 0 && write_and_close(file, out, false);
}

static bool save_regular(const Out *out, Arena *arena, const char *path, const struct stat *old)
{
    const char *temporary = arena_printf(arena, "%s.tmp%ld", path, (long)getpid());
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0)
        return false;
    bool done = old == NULL || fchmod(file, old->st_mode & 0777) == 0;
    done = write_and_close(file, out, true) && done;
    done = done && rename(temporary, path) == 0;
    if (!done) {
        int reason = errno;
        unlink(temporary);
        errno = reason;
    }
    return done;
}

bool out_save(const Out *out, Arena *arena, const char *path, const char **error)
{
    bool saved;
    struct stat old;
    if (strcmp(path, "-") == 0) {
        path = "standard output";
        saved = fflush(stdout) == 0 && write_all(STDOUT_FILENO, out->text, out->length);
    } else if (stat(path, &old) != 0) {
        saved = save_regular(out, arena, path, NULL);
    } else if (S_ISREG(old.st_mode)) {
        char *target = realpath(path, NULL); /* so that a link stays a link */
        saved = target != NULL && save_regular(out, arena, target, &old);
        free(target);
    } else {
        saved = save_special(out, path);
    }
    if (!saved)
        *error = arena_printf(arena, "cannot write `%s`: %s", path, strerror(errno));
    return saved;
}
