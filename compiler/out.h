/* A text being written. The writer owns indentation: braces and depth cannot diverge. */
#ifndef SNNC_OUT_H
#define SNNC_OUT_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct Out Out;

Out *out_new(Arena *arena);

/* One whole line at the current depth. */
void out_line(Out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `text {` and one level deeper; out_close ends it with `}` followed by `after` ("" or ";" ...). */
void out_open(Out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void out_close(Out *out, const char *after);
void out_indent(Out *out, int levels); /* deeper (or, negative, shallower) without a brace */
/* At most one blank line in a row, none after an opening brace. */
void out_blank(Out *out);
/* A text as it is, with its own line ends. */
void out_raw(Out *out, const char *text, size_t length);

const char *out_text(const Out *out); /* NUL-terminated */
size_t out_length(const Out *out);

bool out_write(const Out *out, FILE *stream); /* false with errno set */
/* Writes everything to a temporary file beside `path` and renames it; to pipes, devices and "-", the standard
 * output, as they are. False with *error set (arena) when anything fails; `path` is then as it was. */
bool out_save(const Out *out, Arena *arena, const char *path, const char **error);
/* Whether out_save() can begin: what takes long asks before. A pipe or a device is not touched. */
bool out_is_savable(Arena *arena, const char *path, const char **error);

#endif
