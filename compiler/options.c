#include "options.h"

#include "loop.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>

enum Key {
    KEY_EMIT = 256,
    KEY_DUMP,
    KEY_PASSES,
    KEY_TARGET,
    KEY_TARGETS,
    KEY_SOFT_FLOAT,
    KEY_UNROLL,
    KEY_KERNELS,
    KEY_PRODUCTS,
    KEY_WITHOUT,
    KEY_NO_RUNTIME,
    KEY_SHOW,
    KEY_CC,
    KEY_BACKEND,
    KEY_RUN,
    KEY_GRADCHECK,
    KEY_INFER,
    KEY_SINGLE_FILE,
    KEY_QUANTIZE,
    KEY_SELFTEST,
    KEY_WHOLE,
    KEY_DELAYS,
    KEY_REPORT,
    KEY_RATES,
    KEY_DATA,
    KEY_SAMPLES,
    KEY_PREDICTIONS,
    KEY_FLASH,
    KEY_RAM,
    KEY_INPUTS,
    KEY_WEIGHTS,
    KEY_PRINT,
    KEY_SAVE,
    KEY_ROWS,
    KEY_SEED,
    KEY_SINGLE,
    KEY_STRICT,
    KEY_COUNT
};

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Compiling:", 1},
    {"output", 'o', "FILE", 0,
     "Write a C program (FILE ends in .c, or - for standard output), what LLVM makes of the model (.ll, .bc, "
     ".s, .o), or, by the system's C compiler, a library to load (.so) or, without an ending, an executable",
     1},
    {"define", 'D', "NAME=VALUE", 0,
     "Set a `let` constant of the model, as in -D \"tau=20 ms\"; a plain number takes the constant's unit",
     1},
    {"unroll", KEY_UNROLL, "N|full", 0,
     "Write out N time steps one after the other (default: all of a short run, a divisor of a long one)", 1},
    {"kernels", KEY_KERNELS, "KIND", 0,
     "Kernels of what spikes drive: event, which follow these one by one; table, for many of them, by tables "
     "of sums, windows or Fourier transforms; or auto (default: both, chosen by measured activity, and those "
     "of inference for what tests and predicts)",
     1},
    {"products", KEY_PRODUCTS, "KIND", 0,
     "Terms of matrix products: fused, multiplied and added in one step that rounds once (default), or "
     "apart, for processors without such an instruction",
     1},
    {"without", KEY_WITHOUT, "NAME,...", 0, "Leave out optimisations, to measure what each brings:"
#define OPTIMISATION(id, name, about) " " name
#include "optimisations.def"
#undef OPTIMISATION
     ,
     1},
    {"cc", KEY_CC, "COMMAND", 0,
     "C compiler for an executable, perhaps with options, as in --cc=\"gcc -pipe\" (default: $CC, else cc)",
     1},
    {"target", KEY_TARGET, "NAME", 0,
     "For another processor than this machine's: --help-targets lists them, with their compilers of C", 1},
    {"soft-float", KEY_SOFT_FLOAT, NULL, 0,
     "For a target without a floating-point unit, all the same: its compiler's library computes floats, "
     "slowly",
     1},
    {"backend", KEY_BACKEND, "NAME", 0, "Who makes the code of an executable or .so: c or llvm (default: c)",
     1},
    {"optimize", 'O', "0..3", 0, "How much the C compiler or LLVM is to optimise (default: 3, of `run` 2)",
     1},
    {"no-warnings", 'w', NULL, 0, "Say nothing about what compiles and is likely a mistake", 1},
    {"strict", KEY_STRICT, NULL, 0, "Warnings are errors", 1},
    {"no-runtime", KEY_NO_RUNTIME, NULL, 0,
     "Only the network: C includes the runtime's headers, without their text; what LLVM makes has no "
     "main(), but `description`, an SnnModel",
     1},
    {"infer", KEY_INFER, NULL, 0,
     "Write the trained network (--weights) as C99 that only predicts, without a library, heap or file: "
     "FILE.c, its header and its weights, FILE.h and FILE_weights.c; or FILE.h and an object, FILE.o, or a "
     "library to load, libFILE.so",
     1},
    {"quantize", KEY_QUANTIZE, "KIND", 0,
     "With --infer: in whole numbers, with weights of int8, int16, binary (1 or -1) or ternary (0, too)", 1},
    {"single-file", KEY_SINGLE_FILE, NULL, 0, "With --infer: the weights stand in FILE.c, too", 1},
    {"whole", KEY_WHOLE, NULL, 0,
     "With --infer: only whole samples, all steps of a layer before the next one; takes more memory, and is "
     "faster on large processors where each weight has a delay",
     1},
    {"delays", KEY_DELAYS, "FORM", 0,
     "With --infer: where each weight has a delay, what inputs are heard by as tables (default), or as code, "
     "with each weight and place as a literal, which is larger and faster",
     1},
    {"selftest", KEY_SELFTEST, "N", 0,
     "With --infer: how many random samples, run by the interpreter, FILE_selftest() compares with (default: "
     "2)",
     1},
    {"report", KEY_REPORT, "FILE", 0,
     "With --infer, also without -o: memory, operations and energy of each layer, as a page (.html), JSON "
     "(.json) or text",
     1},
    {"rates", KEY_RATES, "FILE", 0,
     "For --report: how often layers spike, as `train --log` or `test --rates` of the trainer has written it",
     1},
    {"data", KEY_DATA, "DIR", 0,
     "With --infer: tell how many samples of the test set in DIR are taken for the class that they have; "
     "with --quantize in floats and in whole numbers, which the training set there shows the ranges of",
     1},
    {"samples", KEY_SAMPLES, "N", 0,
     "For --data: of so many samples, as the interpreter runs them (default: 200)", 1},
    {"predictions", KEY_PREDICTIONS, "FILE", 0,
     "For --data: what the interpreter predicts of these samples, as `predict` of the trainer writes it", 1},
    {"flash", KEY_FLASH, "N[k|M]", 0, "With --infer: refuse a network whose constants take more bytes than N",
     1},
    {"ram", KEY_RAM, "N[k|M]", 0,
     "With --infer: refuse a network whose state and stack take more bytes than N", 1},
    {NULL, 0, NULL, 0, "Looking:", 2},
    {"emit", KEY_EMIT, "STAGE", 0,
     "Print ast, net, adjoint, loop, svg (a picture of the net), c or ll instead of compiling; with -o also "
     "another form, as executable, whatever the name of the file",
     2},
    {"dump-after", KEY_DUMP, "PASS", 0, "Also print what PASS (or all) left, to standard error", 2},
    {"passes", KEY_PASSES, NULL, 0, "List the passes", 2},
    {"help-targets", KEY_TARGETS, NULL, 0, "List the targets", 2},
    {"show", KEY_SHOW, "NAME", 0,
     "Print the definition of a neuron, surrogate, optimizer, initializer, memory, schedule, synapse or "
     "other block",
     2},
    {NULL, 0, NULL, 0, "Checking, by the interpreter:", 3},
    {"gradcheck", KEY_GRADCHECK, NULL, 0,
     "Compare the derived gradient of every parameter with finite differences of the smoothed network", 3},
    {"run", KEY_RUN, NULL, 0, "Run one batch, forward and backward, in double precision", 3},
    {"inputs", KEY_INPUTS, "FILE", 0,
     "The batch: a safetensors file with `input` and `label` (default: random)", 3},
    {"weights", KEY_WEIGHTS, "FILE", 0,
     "Parameters, from a checkpoint (default: random; --infer takes them, too)", 3},
    {"print", KEY_PRINT, "NAME,...", 0, "Streams, parameters and gradients (grad_NAME) to print, or all", 3},
    {"save", KEY_SAVE, "FILE", 0, "Write what --print names to a safetensors file", 3},
    {"rows", KEY_ROWS, "N", 0, "Samples of a random batch (default: 4, with --gradcheck 2)", 3},
    {"seed", KEY_SEED, "N", 0, "Of random inputs, weights, encoders (default: 1)", 3},
    {"single", KEY_SINGLE, NULL, 0, "Compute in single precision, to the bit as generated C does", 3},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char about[] =
    "Compile a description of a spiking neural network into one program that trains and runs it."
    "\v"
    "Examples:\n"
    "  snnc model.snn                    check it, and say what it is\n"
    "  snnc model.snn -o model.c         a trainer, for any C compiler\n"
    "  snnc model.snn -o model           the same, compiled; then: ./model train\n"
    "  snnc run model.snn train          the same at once, without a file: by LLVM\n"
    "  snnc model.snn -o model.o         the same as an object, by LLVM\n"
    "  snnc model.snn -D epochs=1 -o m   with a constant of the model changed\n"
    "  snnc model.snn --emit=adjoint     the backward pass that was derived\n"
    "  snnc model.snn --emit=svg -o x.svg    a picture of the network\n"
    "  snnc model.snn --gradcheck        is it the derivative, by differences?\n"
    "  snnc --show lif                   a neuron of the standard library\n"
    "  snnc model.snn --weights model.safetensors --infer -o kws.c\n"
    "                                    the trained network as C for any processor\n"
    "  snnc model.snn --weights model.safetensors --infer --target cortex-m4 -o kws.o\n"
    "                                    or as an object for one\n"
    "\n"
    "Exit status: 0 done, 1 the model has mistakes or a check failed, 2 wrong command line.";

typedef struct Parsing {
    Arena *arena;
    Options options;
    int actions; /* given so far: only one makes sense */
    bool said[KEY_COUNT];
} Parsing;

static long whole_number(struct argp_state *state, const char *flag, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < least || number > most)
        argp_error(state, "%s takes a whole number from %ld to %ld, not `%s`", flag, least, most, text);
    return number;
}

/* Of memory: 64k are 65536. */
static int64_t byte_count(struct argp_state *state, const char *flag, const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    int shift = *end == 'k' || *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
    bool whole = end > text && end[shift > 0] == '\0';
    if (errno || !whole || number < 0 || number > INT64_MAX >> 20)
        argp_error(state, "%s takes a number of bytes, as 65536, 64k or 2M, not `%s`", flag, text);
    return (int64_t)number << shift;
}

static void add_define(Parsing *parsing, struct argp_state *state, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        argp_error(state, "-D takes NAME=VALUE, as in -D \"tau=20 ms\", not `%s`", text);
    vec_push(parsing->arena, &parsing->options.defines, text);
}

static void add_names(Parsing *parsing, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, ",");
        if (length > 0)
            vec_push(parsing->arena, &parsing->options.print, arena_strndup(parsing->arena, text, length));
        text += length + (text[length] == ',');
    }
}

static void set_action(Parsing *parsing, struct argp_state *state, Action action)
{
    bool runs = action == ACTION_PROGRAM || parsing->options.action == ACTION_PROGRAM;
    if (runs && parsing->actions > 0)
        argp_error(state, "`run` runs the program of a model here: it takes no --emit, --run, --gradcheck, "
                          "--infer, --show, --passes or --help-targets");
    if (parsing->actions++ > 0)
        argp_error(
            state,
            "only one of --emit, --run, --gradcheck, --infer, --show, --passes and --help-targets at a time");
    parsing->options.action = action;
}

/* What some actions alone look at. */
static const struct {
    int key;
    const char *name, *of;
    unsigned actions; /* a bit for each */
} belongings[] = {
    {KEY_PRINT, "--print", "--run", 1u << ACTION_RUN},
    {KEY_SAVE, "--save", "--run", 1u << ACTION_RUN},
    {KEY_SINGLE, "--single", "--run", 1u << ACTION_RUN},
    {KEY_INPUTS, "--inputs", "--run and --gradcheck", 1u << ACTION_RUN | 1u << ACTION_GRADCHECK},
    {KEY_WEIGHTS, "--weights", "--run, --gradcheck and --infer",
     1u << ACTION_RUN | 1u << ACTION_GRADCHECK | 1u << ACTION_INFER},
    {KEY_SINGLE_FILE, "--single-file", "--infer", 1u << ACTION_INFER},
    {KEY_QUANTIZE, "--quantize", "--infer", 1u << ACTION_INFER},
    {KEY_WHOLE, "--whole", "--infer", 1u << ACTION_INFER},
    {KEY_DELAYS, "--delays", "--infer", 1u << ACTION_INFER},
    {KEY_SELFTEST, "--selftest", "--infer", 1u << ACTION_INFER},
    {KEY_REPORT, "--report", "--infer", 1u << ACTION_INFER},
    {KEY_RATES, "--rates", "--infer", 1u << ACTION_INFER},
    {KEY_DATA, "--data", "--infer", 1u << ACTION_INFER},
    {KEY_SAMPLES, "--samples", "--infer", 1u << ACTION_INFER},
    {KEY_PREDICTIONS, "--predictions", "--infer", 1u << ACTION_INFER},
    {KEY_FLASH, "--flash", "--infer", 1u << ACTION_INFER},
    {KEY_RAM, "--ram", "--infer", 1u << ACTION_INFER},
    {KEY_ROWS, "--rows", "--run and --gradcheck", 1u << ACTION_RUN | 1u << ACTION_GRADCHECK},
    {KEY_SEED, "--seed", "--run and --gradcheck", 1u << ACTION_RUN | 1u << ACTION_GRADCHECK},
    {KEY_BACKEND, "--backend", "programs that are written",
     1u << ACTION_COMPILE | 1u << ACTION_EMIT | 1u << ACTION_INFER},
    {KEY_CC, "--cc", "programs that are written",
     1u << ACTION_COMPILE | 1u << ACTION_EMIT | 1u << ACTION_INFER},
    {KEY_NO_RUNTIME, "--no-runtime", "programs that are written", 1u << ACTION_COMPILE | 1u << ACTION_EMIT},
};

static void check_belongings(const Parsing *parsing, struct argp_state *state)
{
    for (size_t k = 0; k < sizeof belongings / sizeof *belongings; k++)
        if (parsing->said[belongings[k].key] && !(belongings[k].actions >> parsing->options.action & 1))
            argp_error(state, "%s is for %s: leave it out", belongings[k].name, belongings[k].of);
}

static void check_complete(Parsing *parsing, struct argp_state *state)
{
    const Options *options = &parsing->options;
    bool needs_model = options->action != ACTION_SHOW && options->action != ACTION_PASSES
                       && options->action != ACTION_TARGETS;
    if (needs_model && !options->model)
        argp_error(state, "which model? Give a .snn file (or - for standard input)");
    if (options->action == ACTION_PROGRAM && options->target != targets)
        argp_error(state, "`run` runs on this machine: leave --target out, or `run`");
    if (options->action == ACTION_PROGRAM && options->output)
        argp_error(state, "`run` writes no program: leave -o out, or `run`");
    if (options->action == ACTION_PROGRAM && options->no_runtime)
        argp_error(state, "`run` needs the runtime: leave --no-runtime out, or `run`");
    if ((options->action == ACTION_RUN || options->action == ACTION_GRADCHECK) && options->output)
        argp_error(state, "--run and --gradcheck write no program: leave -o out, or one of them");
    if (options->action == ACTION_INFER && !options->weights)
        argp_error(state, "--infer needs trained weights: --weights FILE, as a training has left them");
    if (options->rates && !options->report)
        argp_error(state, "--rates is for --report: add --report FILE, or leave --rates out");
    if (options->action == ACTION_INFER && !options->output && !options->report && !options->predictions)
        argp_error(state, "--infer writes some files, of one name: -o NAME.c (or .o, .so)");
    check_belongings(parsing, state);
    if (parsing->said[KEY_SAMPLES] && !options->data)
        argp_error(state, "--samples is for --data: add --data DIR, or leave --samples out");
    if (options->predictions && !options->data)
        argp_error(state, "--predictions is for --data: add --data DIR, or leave --predictions out");
    if (options->action == ACTION_COMPILE && !options->output)
        parsing->options.action = ACTION_CHECK;
}

static Kernels kernels_named(struct argp_state *state, const char *name)
{
    static const char *const names[] = {"auto", "event", "table"};
    for (int k = 0; k < 3; k++)
        if (strcmp(names[k], name) == 0)
            return (Kernels)k;
    argp_error(state, "--kernels takes auto, event or table, not `%s`", name);
    return KERNELS_AUTO;
}

static const TargetRow *target_named(Parsing *parsing, struct argp_state *state, const char *name)
{
    const TargetRow *target = find_target(name);
    const char *close = closest_target(name);
    if (!target)
        argp_error(state, "no target is called `%s`%s; --help-targets lists them", name,
                   close ? arena_printf(parsing->arena, "; did you mean `%s`?", close) : "");
    return target;
}

const char *quantize_name(Quantize kind)
{
    static const char *const names[] = {[QUANTIZE_NO] = "",
                                        [QUANTIZE_INT8] = "int8",
                                        [QUANTIZE_INT16] = "int16",
                                        [QUANTIZE_BINARY] = "binary",
                                        [QUANTIZE_TERNARY] = "ternary"};
    return names[kind];
}

static Quantize quantize_named(struct argp_state *state, const char *name)
{
    for (Quantize kind = QUANTIZE_INT8; kind <= QUANTIZE_TERNARY; kind++)
        if (strcmp(quantize_name(kind), name) == 0)
            return kind;
    argp_error(state, "--quantize takes int8, int16, binary or ternary, not `%s`", name);
    return QUANTIZE_NO;
}

static Products products_named(struct argp_state *state, const char *name)
{
    bool apart = strcmp(name, "apart") == 0;
    if (!apart && strcmp(name, "fused") != 0)
        argp_error(state, "--products takes fused or apart, not `%s`", name);
    return apart ? PRODUCTS_APART : PRODUCTS_FUSED;
}

static bool delays_as_code(struct argp_state *state, const char *name)
{
    bool code = strcmp(name, "code") == 0;
    if (!code && strcmp(name, "tables") != 0)
        argp_error(state, "--delays takes tables or code, not `%s`", name);
    return code;
}

static void refuse_without(Parsing *parsing, struct argp_state *state, const char *name, size_t length)
{
    const char *known = "";
    for (int k = 0; k < OPTIMISATION_COUNT; k++)
        known =
            arena_printf(parsing->arena, "%s%s%s", known, k ? ", " : "", optimisation_name((Optimisation)k));
    argp_error(state, "--without knows %s, not `%.*s`", known, (int)length, name);
}

static void add_without(Parsing *parsing, struct argp_state *state, const char *text)
{
    for (bool more = true; more;) {
        size_t length = strcspn(text, ",");
        if (!without_add(&parsing->options.lower.without, text, length))
            refuse_without(parsing, state, text, length);
        more = text[length] == ',';
        text += length + more;
    }
}

/* What takes a text as it is; false if the option is another. */
static bool take_text(Options *options, int key, const char *arg)
{
    switch (key) {
    case 'o': options->output = arg; return true;
    case KEY_CC: options->cc = arg; return true;
    case KEY_BACKEND: options->backend = arg; return true;
    case KEY_DUMP: options->dump_after = arg; return true;
    case KEY_INPUTS: options->inputs = arg; return true;
    case KEY_WEIGHTS: options->weights = arg; return true;
    case KEY_SAVE: options->save = arg; return true;
    case KEY_REPORT: options->report = arg; return true;
    case KEY_RATES: options->rates = arg; return true;
    case KEY_DATA: options->data = arg; return true;
    case KEY_PREDICTIONS: options->predictions = arg; return true;
    default: return false;
    }
}

/* The same of what is only said. */
static bool take_flag(Options *options, int key)
{
    switch (key) {
    case 'w': options->no_warnings = true; return true;
    case KEY_STRICT: options->strict = true; return true;
    case KEY_SINGLE: options->single = true; return true;
    case KEY_NO_RUNTIME: options->no_runtime = true; return true;
    case KEY_SOFT_FLOAT: options->soft_float = true; return true;
    case KEY_WHOLE: options->lower.all_steps = true; return true;
    case KEY_SINGLE_FILE: options->single_file = true; return true;
    default: return false;
    }
}

/* The same of numbers. */
static bool take_number(Options *options, struct argp_state *state, int key, const char *arg)
{
    switch (key) {
    case KEY_UNROLL:
        options->lower.unroll =
            strcmp(arg, "full") == 0 ? UNROLL_FULL : (int)whole_number(state, "--unroll", arg, 1, 100000);
        return true;
    case 'O': options->optimize = (int)whole_number(state, "-O", arg, 0, MOST_OPTIMIZE); return true;
    case KEY_SELFTEST:
        options->selftest = (int)whole_number(state, "--selftest", arg, 0, MOST_SELFTEST);
        return true;
    case KEY_SAMPLES:
        options->samples = (int)whole_number(state, "--samples", arg, 1, INT32_MAX);
        return true;
    case KEY_FLASH: options->flash = byte_count(state, "--flash", arg); return true;
    case KEY_RAM: options->ram = byte_count(state, "--ram", arg); return true;
    case KEY_ROWS: options->rows = (int)whole_number(state, "--rows", arg, 1, 100000); return true;
    case KEY_SEED: options->seed = (unsigned)whole_number(state, "--seed", arg, 0, 0x7fffffff); return true;
    default: return false;
    }
}

/* The same of what is to be done, one of them. */
static bool take_action(Parsing *parsing, struct argp_state *state, int key, const char *arg)
{
    static const struct {
        int key;
        Action action;
    } actions[] = {
        {KEY_EMIT, ACTION_EMIT},          {KEY_TARGETS, ACTION_TARGETS}, {KEY_PASSES, ACTION_PASSES},
        {KEY_SHOW, ACTION_SHOW},          {KEY_RUN, ACTION_RUN},         {KEY_INFER, ACTION_INFER},
        {KEY_GRADCHECK, ACTION_GRADCHECK}};
    for (size_t k = 0; k < sizeof actions / sizeof *actions; k++) {
        if (actions[k].key != key)
            continue;
        set_action(parsing, state, actions[k].action);
        parsing->options.emit = key == KEY_EMIT ? arg : parsing->options.emit;
        parsing->options.show = key == KEY_SHOW ? arg : parsing->options.show;
        parsing->options.lower.infer |= key == KEY_INFER;
        return true;
    }
    return false;
}

/* `run`, perhaps, and the model. What stands behind it is for the program if that is to run. */
static void add_argument(Parsing *parsing, struct argp_state *state, char *text)
{
    Options *options = &parsing->options;
    if (!options->model && options->action != ACTION_PROGRAM && strcmp(text, "run") == 0) {
        set_action(parsing, state, ACTION_PROGRAM);
        return;
    }
    if (options->model)
        argp_error(state, "one model at a time: `%s` is a second one", text);
    options->model = text;
    if (options->action != ACTION_PROGRAM)
        return;
    options->words = state->argv + state->next;
    state->next = state->argc;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    Parsing *parsing = state->input;
    Options *options = &parsing->options;
    if (key >= KEY_EMIT && key < KEY_COUNT)
        parsing->said[key] = true;
    if (take_text(options, key, arg) || take_flag(options, key) || take_number(options, state, key, arg)
        || take_action(parsing, state, key, arg))
        return 0;
    switch (key) {
    case 'D': add_define(parsing, state, arg); break;
    case KEY_KERNELS: options->lower.kernels = kernels_named(state, arg); break;
    case KEY_PRODUCTS: options->lower.products = products_named(state, arg); break;
    case KEY_DELAYS: options->lower.delays_as_code = delays_as_code(state, arg); break;
    case KEY_QUANTIZE: options->lower.quantize = quantize_named(state, arg); break;
    case KEY_WITHOUT: add_without(parsing, state, arg); break;
    case KEY_TARGET: options->target = target_named(parsing, state, arg); break;
    case KEY_PRINT: add_names(parsing, arg); break;
    case ARGP_KEY_ARG: add_argument(parsing, state, arg); break;
    case ARGP_KEY_END: check_complete(parsing, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "snnc %s\n", SNNC_VERSION);
}

Options options_parse(Arena *arena, int argc, char **argv)
{
    static const struct argp argp = {
        table, parse_option, "MODEL.snn\nrun MODEL.snn train|test|predict|info|report ...", about, NULL,
        NULL,  NULL};
    Parsing parsing = {.arena = arena};
    parsing.options.seed = 1;
    parsing.options.selftest = DEFAULT_SELFTEST;
    parsing.options.samples = DEFAULT_SAMPLES;
    parsing.options.target = targets;
    parsing.options.optimize = -1; /* not said yet */
    parsing.options.flash = parsing.options.ram = -1;
    argp_program_version_hook = print_version;
    argp_err_exit_status = 2;
    char *folder = argc > 0 ? strrchr(argv[0], '/') : NULL;
    if (folder) /* messages about options begin with it */
        argv[0] = folder + 1;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &parsing);
    if (parsing.options.lower.infer) /* there is no batch whose activity could choose */
        parsing.options.lower.kernels = KERNELS_EVENT;
    if (parsing.options.optimize < 0)
        parsing.options.optimize = parsing.options.action == ACTION_PROGRAM ? QUICK_OPTIMIZE : MOST_OPTIMIZE;
    return parsing.options;
}
