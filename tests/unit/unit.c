#include "unit.h"
#include "parse.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const char sample_text[] =
    "# two layers\n"
    "let width = 800\n"
    "neuron lif(tau = 2, threshold = 1, surrogate = atan(2)) {\n"
    "    param w per neuron = -log(tau - 1)\n"
    "    state v = 0 mV\n"
    "    v     = v + (input - v) * sigmoid(w) ^ 2\n"
    "    spike = step(v - threshold, surrogate)\n"
    "    v     = where(not spike and v >= 1 or false, v, 0)\n"
    "}\n"
    "block layer(x, size) = x -> dense(size) -> lif(tau = 20 ms, detach)\n"
    "model shapes {\n"
    "    data idx(\"some folder\", shape = [28, 28], classes = 10,)\n"
    "    time 25 steps of 1.5 ms\n"
    "    let n = 10\n"
    "    block out(x) = x -> layer(n)\n"
    "    h = (image -> dense(256)) + (h[-1] -> dense(256)) -> lif\n"
    "    digit = h -> out\n"
    "    predict argmax(rate(digit))\n"
    "    train {\n"
    "        loss cross_entropy(rate(digit), label)\n"
    "        optimizer adam(lr = 1e-3)\n"
    "        batch 128\n"
    "    }\n"
    "}";
/* clang-format on */

Parsed *parse_text(const char *text, size_t length)
{
    Arena *arena = arena_new();
    Parsed *parsed = NEW(arena, Parsed);
    parsed->arena = arena;
    parsed->sources.arena = arena;
    size_t size;
    FILE *out = open_memstream(&parsed->messages, &size);
    ck_assert_ptr_nonnull(out);
    Diag diag = {.sources = &parsed->sources, .out = out};
    const Source *source = source_add(&parsed->sources, "model.snn", text, (uint32_t)length);
    parsed->file = parse_source(arena, source, &diag);
    fclose(out);
    parsed->errors = diag.errors;
    return parsed;
}

void parsed_free(Parsed *parsed)
{
    free(parsed->messages);
    arena_free(parsed->arena);
}

const char *print_of(Parsed *parsed)
{
    Out *out = out_new(parsed->arena);
    ast_print(out, parsed->file);
    return out_text(out);
}

void expect_round_trip(Parsed *parsed)
{
    ck_assert_str_eq(parsed->messages, "");
    const char *printed = print_of(parsed);
    Parsed *again = parse_text(printed, strlen(printed));
    ck_assert_str_eq(again->messages, "");
    ck_assert_str_eq(print_of(again), printed);
    parsed_free(again);
}

unsigned random_below(unsigned *seed, unsigned bound)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % bound;
}
