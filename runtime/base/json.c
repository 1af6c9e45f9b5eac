/* A strict reader of the JSON that is needed, and the writers of its strings and numbers. */
#include "snn_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at `at`, 0 if there is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    unsigned char a = at[0];
    if (a < 0x80)
        return 1;
    size_t length = a >= 0xC2 && a <= 0xDF ? 2 : (a & 0xF0) == 0xE0 ? 3 : a >= 0xF0 && a <= 0xF4 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    unsigned char low = a == 0xE0 ? 0xA0 : a == 0xF0 ? 0x90 : 0x80;
    unsigned char high = a == 0xED ? 0x9F : a == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool snn_utf8_valid(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    for (size_t i = 0, step; i < length; i += step) {
        step = utf8_length(at + i, length - i);
        if (step == 0)
            return false;
    }
    return true;
}

static bool json_fail(SnnJson *json, const char *what)
{
    return snn_fail(json->error, "%s at byte %td of the header", what, json->at - json->start);
}

void snn_json_space(SnnJson *json)
{
    while (json->at < json->end && strchr(" \t\r\n", *json->at) != NULL && *json->at != '\0')
        json->at++;
}

bool snn_json_accept(SnnJson *json, char wanted)
{
    snn_json_space(json);
    if (json->at == json->end || *json->at != wanted)
        return false;
    json->at++;
    return true;
}

bool snn_json_expect(SnnJson *json, char wanted)
{
    char what[] = "'?' is missing";
    what[1] = wanted;
    return snn_json_accept(json, wanted) || json_fail(json, what);
}

bool snn_json_natural(SnnJson *json, uint64_t *number)
{
    snn_json_space(json);
    const char *first = json->at;
    uint64_t value = 0;
    for (; json->at < json->end && *json->at >= '0' && *json->at <= '9'; json->at++) {
        uint64_t digit = (uint64_t)(*json->at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return json_fail(json, "too large a number");
        value = value * 10 + digit;
    }
    if (json->at == first)
        return json_fail(json, "a whole number is missing");
    if (*first == '0' && json->at - first > 1)
        return json_fail(json, "a number begins with 0");
    *number = value;
    return true;
}

static int json_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX. */
static bool json_hex(SnnJson *json, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, json->at++) {
        int digit = json->at < json->end ? json_hex_digit(*json->at) : -1;
        if (digit < 0)
            return json_fail(json, "a bad \\u escape");
        *unit = *unit * 16 + (uint32_t)digit;
    }
    return true;
}

char *snn_utf8_put(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xE0 | code >> 12);
        } else {
            *out++ = (char)(0xF0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (code & 0x3F));
    return out;
}

static bool json_unicode(SnnJson *json, char **out)
{
    uint32_t code, low;
    if (!json_hex(json, &code))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (json->end - json->at < 2 || json->at[0] != '\\' || json->at[1] != 'u')
            return json_fail(json, "half a surrogate pair");
        json->at += 2;
        if (!json_hex(json, &low))
            return false;
        if (low < 0xDC00 || low > 0xDFFF)
            return json_fail(json, "half a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code == 0 || (code >= 0xDC00 && code <= 0xDFFF)) {
        return json_fail(json, "a character that is not allowed");
    }
    *out = snn_utf8_put(*out, code);
    return true;
}

/* What follows a backslash. */
static bool json_escape(SnnJson *json, char **out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (json->at == json->end)
        return json_fail(json, "an unfinished string");
    char c = *json->at++;
    if (c == 'u')
        return json_unicode(json, out);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    if (name == NULL)
        return json_fail(json, "a bad escape");
    *(*out)++ = values[name - names];
    return true;
}

static bool json_string_into(SnnJson *json, char *out)
{
    for (;;) {
        if (json->at == json->end)
            return json_fail(json, "an unfinished string");
        char c = *json->at++;
        if (c == '"')
            break;
        if ((unsigned char)c < 0x20)
            return json_fail(json, "a control character in a string");
        if (c != '\\')
            *out++ = c;
        else if (!json_escape(json, &out))
            return false;
    }
    *out = '\0';
    return true;
}

/* Bytes up to the closing quote: an upper bound of the decoded length. */
static size_t json_string_bound(const SnnJson *json)
{
    const char *at = json->at;
    while (at < json->end && *at != '"')
        at += *at == '\\' && at + 1 < json->end ? 2 : 1;
    return (size_t)(at - json->at);
}

char *snn_json_string(SnnJson *json)
{
    if (!snn_json_expect(json, '"'))
        return NULL;
    char *text = malloc(json_string_bound(json) + 1);
    if (text == NULL)
        json_fail(json, "no memory for a string");
    else if (json_string_into(json, text))
        return text;
    free(text);
    return NULL;
}

void snn_json_write_string(FILE *stream, const char *text)
{
    fputc('"', stream);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(stream, "\\%c", c);
        else if (c < 0x20)
            fprintf(stream, "\\u%04x", c);
        else
            fputc(c, stream);
    }
    fputc('"', stream);
}

void snn_json_write_number(FILE *stream, double number)
{
    if (isfinite(number))
        fprintf(stream, "%.9g", number);
    else
        fputs("null", stream);
}
