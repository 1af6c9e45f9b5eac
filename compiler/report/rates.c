#include "report/rates.h"

#include "snn_input.h"
#include "snn_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As a text; false with errno set. */
static bool read_all(Arena *arena, int file, char **text)
{
    size_t capacity = 16 * 1024, length = 0;
    ssize_t got;
    *text = arena_alloc(arena, capacity + 1);
    while ((got = read(file, *text + length, capacity - length)) > 0) {
        length += (size_t)got;
        if (length < capacity)
            continue;
        capacity *= 2;
        char *larger = arena_alloc(arena, capacity + 1);
        memcpy(larger, *text, length);
        *text = larger;
    }
    (*text)[length] = '\0';
    return got == 0;
}

/* NULL with *error set. */
static const char *read_text(Arena *arena, const char *path, const char **error)
{
    SnnError reason;
    char *text;
    int file = snn_input_open(path, &reason);
    if (file < 0) {
        *error = arena_printf(arena, "%s", reason.text);
        return NULL;
    }
    bool right = read_all(arena, file, &text);
    if (!right)
        *error = arena_printf(arena, "cannot read the rates (%s): %s", path, strerror(errno));
    close(file);
    return right ? text : NULL;
}

static const char *last_rates(const char *text)
{
    static const char key[] = "\"firing_rate\": ";
    const char *last = NULL;
    for (const char *at = strstr(text, key); at; at = strstr(at + 1, key))
        last = at + strlen(key);
    return last;
}

/* null: a number that is none. */
static bool read_number(SnnJson *json, double *number)
{
    char *end;
    snn_json_space(json);
    if (strncmp(json->at, "null", 4) == 0) {
        json->at += 4;
        *number = -1;
        return true;
    }
    *number = strtod(json->at, &end);
    bool right = end > json->at && *number >= 0 && *number <= 1;
    json->at = end;
    return right;
}

static bool read_rate(Arena *arena, SnnJson *json, Rates *rates)
{
    Rate rate;
    char *name = snn_json_string(json);
    bool right = name && snn_json_expect(json, ':') && read_number(json, &rate.rate);
    if (right && rate.rate >= 0) {
        rate.stream = arena_printf(arena, "%s", name);
        vec_push(arena, &rates->list, rate);
    }
    free(name);
    return right;
}

const Rates *rates_read(Arena *arena, const char *path, const char **error)
{
    SnnError reason;
    const char *text = read_text(arena, path, error), *from = text ? last_rates(text) : NULL;
    Rates *rates = NEW(arena, Rates);
    if (!text)
        return NULL;
    SnnJson json = {from, from, from ? from + strlen(from) : NULL, &reason};
    bool right = from && snn_json_expect(&json, '{');
    while (right && !snn_json_accept(&json, '}')) {
        right = read_rate(arena, &json, rates);
        snn_json_accept(&json, ',');
    }
    rates->path = path;
    if (right)
        return rates;
    *error = arena_printf(
        arena, "no rates (%s): give what `train --log` or `test --rates` of the trainer has written", path);
    return NULL;
}

double rate_of(const Rates *rates, const char *stream)
{
    for (int k = 0; rates && k < rates->list.count; k++)
        if (strcmp(rates->list.at[k].stream, stream) == 0)
            return rates->list.at[k].rate;
    return -1;
}
