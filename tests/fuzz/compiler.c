/* libFuzzer: any text through the whole compiler, and small networks through the interpreter. What the sanitizers find,
 * an internal error (it ends the process) and a text that takes long are findings.
 *
 * Texts are changed token by token and line by line, so that many are models. */
#include "backend.h"
#include "driver.h"
#include "interp.h"

#include <ctype.h>
#include <stdlib.h>

extern const Backend backend_c;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t max_size, unsigned seed);

/* ---- the target ---- */

enum { SMALL = 20000 /* elements of all buffers: a network that the interpreter runs at once */ };

/* How far texts came: reported at the end. libFuzzer has no place for what a target keeps. */
static struct {
    long texts, models, run;
} seen;

static void report(void)
{
    fprintf(stderr, "fuzz: %ld texts, %ld of them models, %ld run\n", seen.texts, seen.models, seen.run);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return atexit(report);
}

static bool is_small(const Program *program)
{
    double elements = 0;
    for (int i = 0; i < program->buffers.count; i++) {
        double product = 1;
        for (int d = 0; d < program->buffers.at[i].ndim; d++)
            product *= program->buffers.at[i].dims[d];
        elements += product;
    }
    return elements <= SMALL;
}

static void run_network(const Program *program)
{
    Interp *interp = is_small(program) ? interp_new(program, 1, PRECISION_SINGLE) : NULL;
    if (!interp)
        return;
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        interp_run(interp, (Phase)phase);
    interp_free(interp);
    seen.run++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena = arena_new();
    FILE *messages = fopen("/dev/null", "w");
    if (!messages)
        abort();
    char *text = arena_strndup(arena, (const char *)data, size);
    Compilation *compilation = compilation_new(arena, messages);
    compilation->text = source_add(&compilation->sources, "model.snn", text, (uint32_t)size);
    seen.texts++;
    if (compile(compilation, NULL)) {
        BackendOptions options = {.version = "0", .command = ""};
        const char *error = NULL;
        backend_c.emit(compilation->program, &options, out_new(arena), &error);
        run_network(compilation->program);
        seen.models++;
    }
    fclose(messages);
    arena_free(arena);
    return 0;
}

/* ---- changes ---- */

enum { MOST_TOKENS = 4096 };

typedef struct Text {
    uint8_t *bytes;
    size_t size, room;
    size_t starts[MOST_TOKENS + 1]; /* of tokens; the last is the end */
    size_t tokens;
} Text;

static bool joins(uint8_t before, uint8_t next)
{
    bool word =
        (isalnum(before) || before == '_' || before == '.') && (isalnum(next) || next == '_' || next == '.');
    return word || (isspace(before) && isspace(next)) || (before == '-' && next == '>');
}

static void find_tokens(Text *text)
{
    text->tokens = 0;
    for (size_t i = 0; i < text->size && text->tokens < MOST_TOKENS; i++)
        if (i == 0 || !joins(text->bytes[i - 1], text->bytes[i]))
            text->starts[text->tokens++] = i;
    text->starts[text->tokens] = text->size;
}

/* Bytes at .. end-1 become the part; nothing happens where there is no room. */
static void replace(Text *text, size_t at, size_t end, const void *part, size_t size)
{
    if (text->size - (end - at) + size > text->room)
        return;
    memmove(text->bytes + at + size, text->bytes + end, text->size - end);
    memcpy(text->bytes + at, part, size);
    text->size += size - (end - at);
}

/* clang-format off */
static const char *const words[] = {
    "->", "= ", "+ ", "- ", "* ", "/ ", "^ ", "(", ")", "[", "]", "{", "}", ", ", "[-1]", "< ", ">= ", "==",
    "\n", "and ", "or ", "not ", "true", "pi", "dt", "steps", "let a = ", "neuron n() {", "block b(x) = ",
    "model m {", "state v = ", "param w = ", "param w per neuron = ", "input", "output = ", "spike = ",
    "step(", "where(", "detach(", "max(", "min(", "exp(", "log(", "sqrt(", "tanh(", "abs(", "sigmoid(",
    "rate(", "mean(", "sum(", "last(", "poisson(", "latency(", "dense(3)", "dense(2, bias)", "lif", "plif",
    "alif", "li()", "if", "cuba_lif", "surrogate = ", "atan(2)", "triangle", "rectangle(1)", "fast_sigmoid",
    "tau = ", "threshold = ", "reset = ", "soft_reset", "detach_reset", "data idx(shape = [4], classes = 2)",
    "temporal", "spikes", "time 3 steps of 1 ms", "predict argmax(", "train {", "loss mse(", "cross_entropy(",
    "label", "optimizer ", "adam(", "sgd(", "cosine(1e-3)", "batch 2", "epochs 1", "clip_norm 1", "seed 3",
    "image", " ms", " mV", " Hz", "0", "1", "2", "-1", "0.5", "7", "1e-3", "1e39", "1e-50", "100000",
    "2147483647", "1e400", "synapse s {", "surrogate s(k = 1) {", "optimizer o(lr) {",
    "initializer i(a = 1) = ", "schedule s(x) = ", "param ", "derivative = ", "antiderivative = ",
    "update = ", "weight = ", "gradient", "state m = 0", "uniform(-1, 1)", "normal(0, 1)", "kaiming_uniform",
    "orthogonal", "binary", "epoch", "epochs", "batch ", "batches", "training", "over = all",
    ", over = [y, x]", "over = c", "along = time", "[y = 4, x = 4, c = 2]", "[4, 4]", "z = 2",
    "dense([x = 4])", "dense(steps, along = time)", "conv(2, kernel = 3)",
    "conv_transpose(2, kernel = 2, stride = 2)", "kernel = [3, 1]", "stride = 2", "pad = same", "pad = 1",
    "dilation = 2", "groups = 2", "edge = replicate", "bias = 0.5", "max_pool(2)", "avg_pool(3, stride = 1)",
    "sum_pool(2)", "upsample(2)", "upsample(3, linear)", "reshape([c = 4])", "flatten",
    "slice(1, 3, over = x)", "concat(", "softmax(", "repeat(2, ", "batch_norm", "layer_norm", "dropout(0.5)",
    "w = weights([4, 4])", ", weights = w", ", synapse = binary", ", init = ", ", frozen",
    ", clamp = [-1, 1]", "optimizer weights -> sgd(0.1)", "exponential(0.1)", "warmup(", "mae(", " per x",
    " per [y]", "psn",
};
/* clang-format on */
enum { WORDS = sizeof words / sizeof *words };

static unsigned roll(unsigned *seed, size_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return below == 0 ? 0 : (unsigned)((*seed >> 8) % below);
}

typedef struct Range {
    size_t first, end; /* tokens */
} Range;

static Range some_tokens(const Text *text, unsigned *seed)
{
    size_t first = roll(seed, text->tokens), count = 1 + roll(seed, roll(seed, 4) == 0 ? 30 : 3);
    return (Range){first, first + count < text->tokens ? first + count : text->tokens};
}

static void copy_tokens(Text *text, const Text *from, Range what, Range to)
{
    size_t at = from->starts[what.first], size = from->starts[what.end] - at;
    uint8_t *part = malloc(size + 1);
    if (!part)
        abort();
    memcpy(part, from->bytes + at, size);
    replace(text, text->starts[to.first], text->starts[to.end], part, size);
    free(part);
}

static void change(Text *text, unsigned *seed)
{
    find_tokens(text);
    Range here = some_tokens(text, seed), there = some_tokens(text, seed), gap = {here.first, here.first};
    const char *word = words[roll(seed, WORDS)];
    switch (roll(seed, 6)) {
    case 0: replace(text, text->starts[here.first], text->starts[here.end], "", 0); break;
    case 1: replace(text, text->starts[here.first], text->starts[here.end], word, strlen(word)); break;
    case 2: replace(text, text->starts[here.first], text->starts[here.first], word, strlen(word)); break;
    case 3: copy_tokens(text, text, there, gap); break;
    case 4: copy_tokens(text, text, there, here); break;
    default:
        here.end = here.first + (here.first < text->tokens);
        there.end = there.first + (there.first < text->tokens);
        copy_tokens(text, text, there, here);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    if (roll(&seed, 16) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    Text *text = malloc(sizeof *text);
    if (!text)
        abort();
    *text = (Text){.bytes = data, .size = size, .room = max_size};
    for (unsigned changes = 1 + roll(&seed, 3); changes > 0; changes--)
        change(text, &seed);
    size = text->size;
    free(text);
    return size;
}

/* Some tokens of a become some of b. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t max_size, unsigned seed)
{
    Text *text = malloc(sizeof *text), *other = malloc(sizeof *other);
    if (!text || !other || a_size > max_size)
        abort();
    memcpy(out, a, a_size);
    *text = (Text){.bytes = out, .size = a_size, .room = max_size};
    *other = (Text){.bytes = (uint8_t *)(uintptr_t)b, .size = b_size, .room = b_size};
    find_tokens(text);
    find_tokens(other);
    copy_tokens(text, other, some_tokens(other, &seed), some_tokens(text, &seed));
    size_t size = text->size;
    free(text);
    free(other);
    return size;
}
