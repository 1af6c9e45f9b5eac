/* The little JSON that a safetensors header and a log need. */
#ifndef SNN_JSON_H
#define SNN_JSON_H

#include "snn_error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct SnnJson {
    const char *start, *at, *end;
    SnnError *error;
} SnnJson;

/* True if `length` bytes are well-formed UTF-8. */
bool snn_utf8_valid(const char *text, size_t length);
/* Writes a sign, up to 0x10ffff, as 1 to 4 bytes. Returns what is behind them. */
char *snn_utf8_put(char *out, uint32_t code);

/* Each skips white space first; false (NULL) with the error set if something else stands there. */
bool snn_json_expect(SnnJson *json, char wanted);
/* Skips `wanted` if it comes next. */
bool snn_json_accept(SnnJson *json, char wanted);
/* A string with escapes decoded, to be freed; "\u0000" is refused. */
char *snn_json_string(SnnJson *json);
/* A number without sign, fraction and exponent. */
bool snn_json_natural(SnnJson *json, uint64_t *number);
void snn_json_space(SnnJson *json);

/* Writes `text` as a string. */
void snn_json_write_string(FILE *stream, const char *text);
/* Writes a number; null if it is not finite, since JSON has no NaN. */
void snn_json_write_number(FILE *stream, double number);

#endif
