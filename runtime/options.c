/* The command line: two tables, from which parsing, checks and help are made. */
#include "snn_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *about;
} options_commands[] = {
    [SNN_TRAIN] = {"train", "learn from the training set; writes a checkpoint after every epoch"},
    [SNN_TEST] = {"test", "measure the accuracy on the test set"},
    [SNN_PREDICT] = {"predict", "write predictions as CSV, for the test set or for the samples in FILE.idx"},
    [SNN_INFO] = {"info", "show layers, parameters, memory and operations"},
    [SNN_HELP] = {"--help", "show this"},
    [SNN_VERSION] = {"--version", "show which snnc made this program"},
};
enum { OPTIONS_COMMANDS = sizeof options_commands / sizeof options_commands[0] };

typedef enum OptionsKind { OPTIONS_TEXT, OPTIONS_COUNT, OPTIONS_SEED, OPTIONS_FLAG } OptionsKind;

enum {
    IN_TRAIN = 1 << SNN_TRAIN,
    IN_TEST = 1 << SNN_TEST,
    IN_PREDICT = 1 << SNN_PREDICT,
    IN_INFO = 1 << SNN_INFO
};

/* kind     what `offset` points at in SnnOptions
 * limit    of a COUNT: 1 .. limit
 * commands that take the flag */
typedef struct OptionsFlag {
    const char *name, *value;
    OptionsKind kind;
    size_t offset;
    int limit;
    unsigned commands;
    const char *about;
} OptionsFlag;

#define AT(field) offsetof(SnnOptions, field)
static const OptionsFlag options_flags[] = {
    {"--data", "DIR", OPTIONS_TEXT, AT(data), 0, IN_TRAIN | IN_TEST | IN_PREDICT, "folder of the IDX files"},
    {"--epochs", "N", OPTIONS_COUNT, AT(epochs), 1000000, IN_TRAIN, "train until this many epochs are done"},
    {"--batch", "N", OPTIONS_COUNT, AT(batch), 1 << 20, IN_TRAIN | IN_TEST | IN_PREDICT | IN_INFO,
     "samples that are computed together"},
    {"--seed", "N", OPTIONS_SEED, AT(seed), 0, IN_TRAIN | IN_TEST | IN_PREDICT, "of all random numbers"},
    {"--threads", "N", OPTIONS_COUNT, AT(threads), 1024, IN_TRAIN | IN_TEST | IN_PREDICT,
     "default: one a processor; results do not depend on it"},
    {"--out", "FILE", OPTIONS_TEXT, AT(out), 0, IN_TRAIN | IN_PREDICT,
     "checkpoint (default NAME.safetensors or that of --resume), or CSV"},
    {"--resume", "FILE", OPTIONS_TEXT, AT(resume), 0, IN_TRAIN,
     "go on from this checkpoint, to the same bits"},
    {"--log", "FILE", OPTIONS_TEXT, AT(log), 0, IN_TRAIN,
     "a line of JSON an epoch: losses, accuracies, firing rates"},
    {"--weights", "FILE", OPTIONS_TEXT, AT(weights), 0, IN_TEST | IN_PREDICT, "default NAME.safetensors"},
    {"--quiet", NULL, OPTIONS_FLAG, AT(quiet), 0, IN_TRAIN, "print only the result"},
};
#undef AT
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

static bool options_unknown(const char *what, const char *word, bool flag, SnnError *error)
{
    const char *nearest = NULL;
    int best = 3, count = flag ? OPTIONS_FLAGS : OPTIONS_COMMANDS;
    for (int i = 0; i < count; i++) {
        const char *name = flag ? options_flags[i].name : options_commands[i].name;
        int distance = options_distance(word, name);
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
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

static bool options_store(SnnOptions *options, const OptionsFlag *flag, const char *value, SnnError *error)
{
    char *field = (char *)options + flag->offset;
    unsigned long long number = 0;
    switch (flag->kind) {
    case OPTIONS_FLAG: *(bool *)(void *)field = true; return true;
    case OPTIONS_TEXT:
        *(const char **)(void *)field = value;
        return value[0] != '\0' || snn_fail(error, "empty value (%s): give a %s", flag->name, flag->value);
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

/* One flag at argv[*at], with its value behind '=' or in the next word; *at moves to the last word used. */
static bool options_flag(SnnOptions *options, int argc, char **argv, int *at, SnnError *error)
{
    const char *word = argv[*at], *equals = strchr(word, '=');
    size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
    const OptionsFlag *flag = options_find(word, length);
    if (flag == NULL) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", length < 63 ? (int)length : 63, word);
        return options_unknown("flag", name, true, error);
    }
    if ((flag->commands & 1u << options->command) == 0)
        return snn_fail(error, "%s is not for `%s` (%.60s): see --help", flag->name,
                        options_commands[options->command].name, word);
    const char *value = equals == NULL ? NULL : equals + 1;
    if (flag->kind == OPTIONS_FLAG && value != NULL)
        return snn_fail(error, "%s takes no value (%.60s): write %s alone", flag->name, word, flag->name);
    if (flag->kind != OPTIONS_FLAG && value == NULL) {
        if (*at + 1 >= argc)
            return snn_fail(error, "no value (%s): write %s %s", flag->name, flag->name, flag->value);
        value = argv[++*at];
    }
    return options_store(options, flag, value, error);
}

static bool options_command(SnnOptions *options, const char *word, SnnError *error)
{
    if (strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        word = "--help";
    for (int i = 0; i < OPTIONS_COMMANDS; i++)
        if (strcmp(options_commands[i].name, word) == 0) {
            options->command = (SnnCommand)i;
            return true;
        }
    return options_unknown("command", word, false, error);
}

bool snn_options_parse(SnnOptions *options, int argc, char **argv, SnnError *error)
{
    *options = (SnnOptions){0};
    if (argc < 2)
        return snn_fail(error, "no command: say `train`, `test`, `predict` or `info`");
    if (!options_command(options, argv[1], error))
        return false;
    for (int at = 2; at < argc; at++) {
        const char *word = argv[at];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            options->command = SNN_HELP;
            return true;
        }
        if (word[0] == '-' && word[1] != '\0') {
            if (!options_flag(options, argc, argv, &at, error))
                return false;
        } else if (options->command == SNN_PREDICT && options->images == NULL) {
            options->images = word;
        } else {
            return snn_fail(error, "too many words (%.60s): see --help", word);
        }
    }
    return true;
}

static void options_help_flags(FILE *stream)
{
    fputs("\nFlags (--flag VALUE or --flag=VALUE):\n", stream);
    for (int i = 0; i < OPTIONS_FLAGS; i++) {
        const OptionsFlag *flag = &options_flags[i];
        const char *value = flag->value == NULL ? "" : flag->value;
        fprintf(stream, "  %s %-*s  %s [", flag->name, (int)(14 - strlen(flag->name)), value, flag->about);
        const char *comma = "";
        for (int c = SNN_TRAIN; c <= SNN_INFO; c++)
            if ((flag->commands & 1u << c) != 0) {
                fprintf(stream, "%s%s", comma, options_commands[c].name);
                comma = ", ";
            }
        fputs("]\n", stream);
    }
}

void snn_options_help(const SnnModel *model, FILE *stream)
{
    const char *name = model->name;
    fprintf(stream, "%s: trains and runs the spiking network of %s\n\nUsage:\n", name, model->source);
    for (int i = 0; i < OPTIONS_COMMANDS; i++)
        fprintf(stream, "  %s %-9s  %s\n", name, options_commands[i].name, options_commands[i].about);
    options_help_flags(stream);
    fprintf(stream, "\nThe model sets batch %d, %d epochs, seed %u.\n", model->batch, model->epochs,
            model->seed);
    fprintf(stream,
            "\nExamples:\n"
            "  %s train --data fashion-mnist --epochs 5 --log run.json\n"
            "  %s train --resume %s.safetensors --epochs 10\n"
            "  %s predict --weights %s.safetensors --out predictions.csv\n",
            name, name, name, name, name);
    fprintf(
        stream,
        "\nAn interrupted or killed training goes on from its last finished epoch with --resume, and ends\n"
        "with the same bits as one that was not. Exit status: 0 done, 1 failed, 2 wrong usage,\n"
        "130 interrupted.\n");
}
