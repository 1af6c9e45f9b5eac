/* The command line: two tables, from which parsing, checks and help are made. */
#include "snn_options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *about;
} options_commands[] = {
    [SNN_TRAIN] = {"train", "learn from the training set; writes a checkpoint after every epoch"},
    [SNN_TEST] = {"test", "measure how well it does on the test set"},
    [SNN_PREDICT] = {"predict", "write predictions as CSV, for the test set or for the samples in a file"},
    [SNN_INFO] = {"info", "show layers, parameters, memory and operations"},
    [SNN_REPORT] = {"report", "write a page about it: curves, confusions, rasters, rates, weights"},
    [SNN_HELP] = {"--help", "show all flags"},
    [SNN_VERSION] = {"--version", "show which snnc made this program"},
};
enum { OPTIONS_COMMANDS = sizeof options_commands / sizeof options_commands[0] };

typedef enum OptionsKind {
    OPTIONS_TEXT,
    OPTIONS_COUNT,
    OPTIONS_REAL, /* above 0 */
    OPTIONS_SEED,
    OPTIONS_FLAG
} OptionsKind;

enum {
    IN_TRAIN = 1 << SNN_TRAIN,
    IN_TEST = 1 << SNN_TEST,
    IN_PREDICT = 1 << SNN_PREDICT,
    IN_INFO = 1 << SNN_INFO,
    IN_REPORT = 1 << SNN_REPORT
};

/* group    a title of the help, where it differs from that of the flag before
 * kind     what `offset` points at in SnnOptions
 * limit    of a COUNT: 1 .. limit
 * commands that take the flag */
typedef struct OptionsFlag {
    const char *group, *name, *value;
    OptionsKind kind;
    size_t offset;
    int limit;
    unsigned commands;
    const char *about;
} OptionsFlag;

#define AT(field) offsetof(SnnOptions, field)
#define DATA "Flags of train, test, predict and report"
#define RESULTS "Flags of train, predict and report"
#define MEASURES "Flags of test"
#define TRAINING "Flags of train"
static const OptionsFlag options_flags[] = {
    {DATA, "--data", "DIR", OPTIONS_TEXT, AT(data), 0, IN_TRAIN | IN_TEST | IN_PREDICT | IN_INFO | IN_REPORT,
     "folder of the data set; info takes it, too"},
    {DATA, "--batch", "N", OPTIONS_COUNT, AT(batch), SNN_MAX_BATCH,
     IN_TRAIN | IN_TEST | IN_PREDICT | IN_INFO | IN_REPORT, "samples computed together; info takes it, too"},
    {DATA, "--threads", "N", OPTIONS_COUNT, AT(threads), 1024, IN_TRAIN | IN_TEST | IN_PREDICT | IN_REPORT,
     "results do not depend on it (one a processor)"},
    {DATA, "--memory", "MIB", OPTIONS_COUNT, AT(memory), 1 << 30,
     IN_TRAIN | IN_TEST | IN_PREDICT | IN_INFO | IN_REPORT,
     "a set with more samples keeps them in a file in TMPDIR (half of the machine's)"},
    {DATA, "--seed", "N", OPTIONS_SEED, AT(seed), 0, IN_TRAIN | IN_TEST | IN_PREDICT | IN_REPORT,
     "of all random numbers"},
    {DATA, "--weights", "FILE", OPTIONS_TEXT, AT(weights), 0, IN_TRAIN | IN_TEST | IN_PREDICT | IN_REPORT,
     "the weights; train starts from those that fit"},
    {RESULTS, "--out", "FILE", OPTIONS_TEXT, AT(out), 0, IN_TRAIN | IN_PREDICT | IN_REPORT,
     "the checkpoint, the CSV, or the page"},
    {RESULTS, "--force", NULL, OPTIONS_FLAG, AT(force), 0, IN_TRAIN | IN_PREDICT | IN_REPORT,
     "replace files instead of keeping them; resume another training"},
    {MEASURES, "--rates", "FILE", OPTIONS_TEXT, AT(rates), 0, IN_TEST,
     "how often each layer spikes, as JSON: for snnc --report"},
    {TRAINING, "--epochs", "N", OPTIONS_COUNT, AT(epochs), SNN_MAX_EPOCHS, IN_TRAIN,
     "train until this many epochs are done"},
    {TRAINING, "--lr", "X", OPTIONS_REAL, AT(lr), 0, IN_TRAIN, "learning rate, the base of its schedule"},
    {TRAINING, "--resume", "FILE", OPTIONS_TEXT, AT(resume), 0, IN_TRAIN,
     "go on from this checkpoint, to the same bits"},
    {TRAINING, "--log", "FILE", OPTIONS_TEXT, AT(log), 0, IN_TRAIN | IN_REPORT,
     "a line of JSON an epoch: losses, metrics, firing rates; report draws it"},
    {TRAINING, "--report", "FILE", OPTIONS_TEXT, AT(report), 0, IN_TRAIN,
     "at the end, also write the page that `report` writes"},
    {TRAINING, "--samples", "N", OPTIONS_COUNT, AT(samples), INT32_MAX, IN_TRAIN,
     "learn from N samples only, drawn from the training set by the seed"},
    {TRAINING, "--validate", "PART", OPTIONS_TEXT, AT(validate), 0, IN_TRAIN,
     "hold back a fraction of the training set, as 0.1, or take the files of PART, as valid"},
    {TRAINING, "--best", "NAME", OPTIONS_TEXT, AT(best), 0, IN_TRAIN,
     "keep the best epoch, too: by loss, accuracy, a metric, NAME:max"},
    {TRAINING, "--patience", "N", OPTIONS_COUNT, AT(patience), SNN_MAX_EPOCHS, IN_TRAIN,
     "stop after N epochs that are not better; --best is loss then"},
    {TRAINING, "--test-every", "N", OPTIONS_COUNT, AT(test_every), SNN_MAX_EPOCHS, IN_TRAIN,
     "measure the test set after every N epochs, not at the end only"},
    {TRAINING, "--no-test", NULL, OPTIONS_FLAG, AT(no_test), 0, IN_TRAIN, "do not measure the test set"},
    {TRAINING, "--quiet", NULL, OPTIONS_FLAG, AT(quiet), 0, IN_TRAIN, "print only the result"},
};
#undef AT
#undef DATA
#undef RESULTS
#undef TRAINING
enum { OPTIONS_FLAGS = sizeof options_flags / sizeof options_flags[0] };

/* Number of letters to insert, delete or change to get from a to b; at least 99 for long words. */
static int options_distance(const char *a, const char *b)
{
    enum { LONGEST = 24 };
    int row[LONGEST + 1];
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST || n > LONGEST)
        return 99;
    for (size_t j = 0; j <= n; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int corner = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int best = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
        }
    }
    return row[n];
}

/* The name nearest to `word`; NULL if none is near. */
static const char *options_nearest(const char *word)
{
    const char *nearest = NULL;
    int best = 3;
    for (int i = 0; i < OPTIONS_FLAGS + OPTIONS_COMMANDS; i++) {
        const char *name =
            i < OPTIONS_FLAGS ? options_flags[i].name : options_commands[i - OPTIONS_FLAGS].name;
        int distance = options_distance(word, name);
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}

static bool options_unknown(const char *what, const char *word, SnnError *error)
{
    const char *nearest = options_nearest(word);
    if (nearest != NULL)
        return snn_fail(error, "unknown %s (%.60s): did you mean %s?", what, word, nearest);
    return snn_fail(error, "unknown %s (%.60s): see --help", what, word);
}

static bool options_number(const OptionsFlag *flag, const char *text, unsigned long long low,
                           unsigned long long high, unsigned long long *number, SnnError *error)
{
    char *end = NULL;
    errno = 0;
    bool digits = text[0] >= '0' && text[0] <= '9';
    *number = digits ? strtoull(text, &end, 10) : 0;
    if (digits && errno == 0 && *end == '\0' && *number >= low && *number <= high)
        return true;
    return snn_fail(error, "bad number (%s %.60s): give a whole number from %llu to %llu", flag->name, text,
                    low, high);
}

static bool options_real(const OptionsFlag *flag, const char *text, float *number, SnnError *error)
{
    char *end = NULL;
    bool digits = (text[0] >= '0' && text[0] <= '9') || text[0] == '.';
    *number = digits ? strtof(text, &end) : 0.0f;
    if (digits && *end == '\0' && *number > 0.0f && isfinite(*number))
        return true;
    return snn_fail(error, "bad number (%s %.60s): give one above 0, as 0.001 or 1e-3", flag->name, text);
}

static bool options_store(SnnOptions *options, const OptionsFlag *flag, const char *value, SnnError *error)
{
    char *field = (char *)options + flag->offset;
    unsigned long long number = 0;
    switch (flag->kind) {
    case OPTIONS_FLAG: *(bool *)(void *)field = true; return true;
    case OPTIONS_TEXT:
        *(const char **)(void *)field = value;
        return value[0] != '\0' || snn_fail(error, "empty value (%s): give a %s", flag->name, flag->value);
    case OPTIONS_REAL: return options_real(flag, value, (float *)(void *)field, error);
    case OPTIONS_COUNT:
        if (!options_number(flag, value, 1, (unsigned long long)flag->limit, &number, error))
            return false;
        *(int *)(void *)field = (int)number;
        return true;
    case OPTIONS_SEED:
        if (!options_number(flag, value, 0, UINT32_MAX, &number, error))
            return false;
        options->seed = (uint32_t)number;
        options->has_seed = true;
        return true;
    }
    return false;
}

static const OptionsFlag *options_find(const char *word, size_t length)
{
    for (int i = 0; i < OPTIONS_FLAGS; i++)
        if (strlen(options_flags[i].name) == length && strncmp(options_flags[i].name, word, length) == 0)
            return &options_flags[i];
    return NULL;
}

/* One flag at argv[*at], with its value behind '=' or in the next word; *at moves to the last word used.
 * Sets its bit of *given. */
static bool options_flag(SnnOptions *options, int argc, char **argv, int *at, unsigned *given,
                         SnnError *error)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const OptionsFlag *flag = options_find(word, length);
    if (flag == NULL) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", length < 60 ? (int)length : 60, word);
        return options_unknown("flag", name, error);
    }
    *given |= 1u << (flag - options_flags);
    const char *value = equals == NULL ? NULL : equals + 1;
    if (flag->kind == OPTIONS_FLAG && value != NULL)
        return snn_fail(error, "%s takes no value (%.60s): write %s alone", flag->name, word, flag->name);
    if (flag->kind != OPTIONS_FLAG && value == NULL) {
        if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
            return snn_fail(error, "no value (%s): write %s %s", flag->name, flag->name, flag->value);
        value = argv[++*at];
    }
    return options_store(options, flag, value, error);
}

static bool options_command(const char *word, SnnWord *command)
{
    if (strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        word = "--help";
    for (int i = 0; i < OPTIONS_COMMANDS; i++)
        if (strcmp(options_commands[i].name, word) == 0) {
            *command = (SnnWord)i;
            return true;
        }
    return false;
}

/* A word that is no flag: the command, or what it is about. */
static bool options_word(SnnOptions *options, const char *word, bool *has_command, SnnError *error)
{
    if (!*has_command) {
        *has_command = true;
        return options_command(word, &options->command) || options_unknown("command", word, error);
    }
    if (options->command != SNN_PREDICT || options->images != NULL)
        return snn_fail(error, "too many words (%.60s): see --help", word);
    options->images = word;
    return true;
}

/* "train, test": the commands of a flag, in `text`. */
static const char *options_takers(const OptionsFlag *flag, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int c = SNN_TRAIN; c <= SNN_REPORT; c++)
        if ((flag->commands & 1u << c) != 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     options_commands[c].name);
    return text;
}

static bool options_is_dash(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static bool options_check(const SnnOptions *options, unsigned given, SnnError *error)
{
    char takers[64];
    for (int i = 0; i < OPTIONS_FLAGS; i++) {
        const OptionsFlag *flag = &options_flags[i];
        if ((given & 1u << i) != 0 && (flag->commands & 1u << options->command) == 0)
            return snn_fail(error, "%s is not for `%s`: it goes with %s", flag->name,
                            options_commands[options->command].name,
                            options_takers(flag, takers, sizeof takers));
    }
    if (options->resume != NULL && options->weights != NULL)
        return snn_fail(error, "two beginnings (--resume, --weights): --resume goes on with a training, "
                               "--weights starts a new one; give one of them");
    const char *dash = options_is_dash(options->out)      ? "--out"
                       : options_is_dash(options->log)    ? "--log"
                       : options_is_dash(options->report) ? "--report"
                                                          : NULL;
    if (options->command == SNN_TRAIN && dash != NULL)
        return snn_fail(
            error, "not a file (%s -): give the name of one; only predictions go to standard output", dash);
    if (options->no_test && options->test_every != 0)
        return snn_fail(error, "two wishes (--no-test, --test-every): give one of them");
    return true;
}

bool snn_options_parse(SnnOptions *options, int argc, char **argv, SnnError *error)
{
    bool has_command = false;
    unsigned given = 0;
    *options = (SnnOptions){.program = argv[0]};
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        bool dash = word[0] == '-' && word[1] != '\0';
        if (dash && options_command(word, &options->command))
            return true;
        if (!(dash ? options_flag(options, argc, argv, &at, &given, error)
                   : options_word(options, word, &has_command, error)))
            return false;
    }
    if (!has_command)
        return snn_fail(error, "no command: say `train`, `test`, `predict`, `info` or `report`");
    return options_check(options, given, error);
}

/* ---- what holds ------------------------------------------------------------------------------------ */

const char *snn_data_folder(const SnnModel *model, const SnnOptions *options)
{
    if (options->data != NULL)
        return options->data;
    return model->data.folder != NULL ? model->data.folder : ".";
}

size_t snn_memory_room(const SnnOptions *options)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t room = pages > 0 && size > 0 ? (uint64_t)pages / 2 * (uint64_t)size : 0;
    if (options->memory != 0)
        room = (uint64_t)options->memory << 20;
    return room < SIZE_MAX ? (size_t)room : SIZE_MAX;
}

const char *snn_weights_path(const SnnModel *model, const char *given, char *buffer, size_t size)
{
    if (given != NULL)
        return given;
    snprintf(buffer, size, "%s.safetensors", model->name);
    return buffer;
}

int snn_thread_count(const SnnOptions *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (options->threads != 0)
        return options->threads;
    return processors < 1 ? 1 : processors > 1024 ? 1024 : (int)processors;
}

/* The commands that the model has what it needs for. */
static unsigned options_possible(const SnnModel *model)
{
    unsigned all = (1u << OPTIONS_COMMANDS) - 1;
    return all & ~(model->train != NULL ? 0u : IN_TRAIN) & ~(model->predict != NULL ? 0u : IN_PREDICT);
}

/* ---- help ----------------------------------------------------------------------------------------- */

/* What holds where a flag is not given; "" where its line says it. */
static const char *options_default(const SnnModel *model, const OptionsFlag *flag, char *text, size_t size)
{
    text[0] = '\0';
    if (flag->offset == offsetof(SnnOptions, data))
        snprintf(text, size, " (%.200s)", model->data.folder != NULL ? model->data.folder : ".");
    else if (flag->offset == offsetof(SnnOptions, batch))
        snprintf(text, size, " (%d)", model->batch);
    else if (flag->offset == offsetof(SnnOptions, epochs))
        snprintf(text, size, " (%d)", model->epochs);
    else if (flag->offset == offsetof(SnnOptions, lr) && model->lr != 0.0f)
        snprintf(text, size, " (%g)", (double)model->lr);
    else if (flag->offset == offsetof(SnnOptions, seed))
        snprintf(text, size, " (%u)", model->seed);
    else if (flag->offset == offsetof(SnnOptions, weights))
        snprintf(text, size, " (%.100s.safetensors)", model->name);
    else if (flag->offset == offsetof(SnnOptions, out))
        snprintf(text, size, " (%.100s.safetensors, standard output, %.100s.html)", model->name, model->name);
    return text;
}

static void options_help_flag(const SnnModel *model, const OptionsFlag *flag, FILE *stream)
{
    char text[256];
    const char *value = flag->value == NULL ? "" : flag->value;
    fprintf(stream, "  %s %-*s  %s", flag->name, (int)(20 - strlen(flag->name)), value, flag->about);
    fprintf(stream, "%s\n", options_default(model, flag, text, sizeof text));
}

static void options_help_flags(const SnnModel *model, FILE *stream)
{
    const char *group = "";
    fputs("\nA flag stands before or behind the command, as --flag VALUE or --flag=VALUE.\n"
          "In brackets: what holds without it.\n",
          stream);
    for (int i = 0; i < OPTIONS_FLAGS; i++) {
        if ((options_flags[i].commands & options_possible(model)) == 0)
            continue;
        if (strcmp(group, options_flags[i].group) != 0)
            fprintf(stream, "\n%s:\n", options_flags[i].group);
        group = options_flags[i].group;
        options_help_flag(model, &options_flags[i], stream);
    }
}

void snn_options_usage(const SnnModel *model, const char *program, FILE *stream)
{
    fprintf(stream, "%s: trains and runs the spiking network of %s\n\nUsage: %s COMMAND [FLAGS]\n",
            model->name, model->source, program);
    for (int i = 0; i < OPTIONS_COMMANDS; i++)
        if ((options_possible(model) & 1u << i) != 0)
            fprintf(stream, "  %-9s  %s\n", options_commands[i].name, options_commands[i].about);
    if (model->train == NULL)
        fputs("The model has no `train` block, so it cannot be trained.\n", stream);
    if (model->predict == NULL)
        fputs("The model has no `predict`, so it predicts nothing.\n", stream);
}

/* A line that can be pasted, if the model can do it. */
static void options_example(const SnnModel *model, const char *program, SnnWord command, const char *flags,
                            FILE *stream)
{
    const char *data = model->data.folder == NULL ? " --data DIR" : "";
    if ((options_possible(model) & 1u << command) != 0)
        fprintf(stream, "  %s %s%s%s\n", program, options_commands[command].name, data, flags);
}

void snn_options_help(const SnnModel *model, const char *program, FILE *stream)
{
    char resume[300];
    snprintf(resume, sizeof resume, " --resume %.200s.safetensors --epochs %d", model->name,
             2 * model->epochs);
    snn_options_usage(model, program, stream);
    options_help_flags(model, stream);
    fputs("\nExamples:\n", stream);
    options_example(model, program, SNN_TRAIN, " --validate 0.1 --best accuracy --log run.json", stream);
    options_example(model, program, SNN_TRAIN, resume, stream);
    options_example(model, program, SNN_TEST, "", stream);
    options_example(model, program, SNN_PREDICT, " --out predictions.csv", stream);
    fprintf(
        stream,
        "\nAn interrupted or killed training goes on from its last finished epoch with --resume, and ends\n"
        "with the same bits as one that was not. An older checkpoint or log is kept under another name, as\n"
        "NAME.1.safetensors. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.\n");
}
