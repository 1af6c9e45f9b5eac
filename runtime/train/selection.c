/* Which samples are learned from and which only say how well, which epoch is the best, and when to stop. */
#include "snn_selection.h"
#include "snn_draw.h"
#include "snn_note.h"

#include <stdlib.h>
#include <string.h>

/* In the place of an epoch: the order in which samples are held back. */
#define SELECTION_EPOCH 0xFFFFFFFDu

/* ---- validation ----------------------------------------------------------------------------------- */

/* The part of the training set that is held back; 0 where the text is the name of a part, which begins with no
 * digit. */
static double selection_fraction(const char *validate)
{
    return validate[0] == '0' ? strtod(validate, NULL) : 0.0;
}

static bool selection_read_fraction(SnnState *state, const char *text, SnnError *error)
{
    char *end;
    double fraction = strtod(text, &end);
    if (*end != '\0' || !(fraction >= 0.0001 && fraction <= 0.9999))
        return snn_fail(
            error,
            "bad part (--validate %.60s): give a fraction of the training set, as 0.1, or the name of "
            "a part, as `valid` for valid-images-idx3-ubyte",
            text);
    snprintf(state->validate, sizeof state->validate, "%.9g", fraction);
    return true;
}

static bool selection_read(SnnState *state, const char *text, SnnError *error)
{
    if (strchr("0123456789.+-", text[0]) != NULL)
        return selection_read_fraction(state, text, error);
    if (strcmp(text, "train") == 0 || strcmp(text, "t10k") == 0)
        return snn_fail(
            error,
            "no part of its own (--validate %s): give a fraction of the training set, as 0.1, or the "
            "name of another part; --test-every N looks at the test set",
            text);
    if (strlen(text) >= sizeof state->validate)
        return snn_fail(error, "too long a name (--validate %.60s...)", text);
    snprintf(state->validate, sizeof state->validate, "%s", text);
    return true;
}

/* What a sample is for. */
enum { SELECTION_LEARN, SELECTION_HOLD, SELECTION_LEAVE, SELECTION_USES };

/* Sets use[sample] for all, `count` samples for each use. Of those that are not held back the first `learning` in the
 * order are learned from; 0: all. */
static void selection_use(uint8_t *use, int32_t count[SELECTION_USES], const int32_t *order, const bool *held,
                          int32_t samples, int32_t learning)
{
    for (int32_t i = 0; i < samples; i++) {
        int32_t sample = order[i];
        bool left = !held[sample] && learning != 0 && count[SELECTION_LEARN] == learning;
        use[sample] = held[sample] ? SELECTION_HOLD : left ? SELECTION_LEAVE : SELECTION_LEARN;
        count[use[sample]]++;
    }
}

/* Fills samples[count of data]: first those to learn from, then those held back, then the others, each in their order. A
 * function of labels and the state's seed, validation and number of samples. False without memory. */
static bool selection_divide(int32_t *samples, int32_t count[SELECTION_USES], const SnnDataset *data,
                             int classes, const SnnState *state)
{
    double fraction = selection_fraction(state->validate);
    bool *held = calloc((size_t)data->count, sizeof *held), ok = held != NULL;
    uint8_t *use = calloc((size_t)data->count, sizeof *use);
    ok = ok && use != NULL;
    if (ok) {
        snn_draw_order(samples, data->count, state->seed, SELECTION_EPOCH);
        ok = fraction == 0.0 || snn_draw_part(held, samples, data, classes, fraction) >= 0;
    }
    if (ok) {
        selection_use(use, count, samples, held, data->count, state->learning);
        int32_t next[SELECTION_USES] = {0, count[0], count[0] + count[1]};
        for (int32_t sample = 0; sample < data->count; sample++)
            samples[next[use[sample]]++] = sample;
    }
    free(held);
    free(use);
    return ok;
}

/* What is learned from, and what is held back of it. */
static bool split_train(SnnSplit *split, const SnnState *state, int classes, SnnError *error)
{
    const SnnDataset *data = &split->train;
    double fraction = selection_fraction(state->validate);
    int32_t count[SELECTION_USES] = {0};
    split->samples = calloc((size_t)data->count, sizeof *split->samples);
    if (split->samples == NULL || !selection_divide(split->samples, count, data, classes, state))
        return snn_fail(error, "no memory (%d training samples)", data->count);
    int32_t learn = count[SELECTION_LEARN], held = count[SELECTION_HOLD];
    split->learn = (SnnPart){data, split->samples, learn};
    split->validate = (SnnPart){data, split->samples + learn, held};
    if (learn == 0 || (fraction > 0.0 && held == 0))
        return snn_fail(
            error, "cannot divide %d samples (--validate %g): none is left to %s with; give another fraction",
            data->count, fraction, learn == 0 ? "train" : "validate");
    return learn >= state->learning
           || snn_fail(error,
                       "too few samples (--samples %d): there are %d to learn from; leave --samples out",
                       state->learning, learn);
}

static bool split_test(SnnSplit *split, const SnnModel *model, const SnnOptions *options, const char *folder,
                       SnnError *error)
{
    if (options->no_test)
        return true;
    if (options->test_every == 0 && !snn_dataset_exists(model, folder, "t10k")) {
        snn_note(options, "no test set (%s/%s): what is learned will not be tested", folder,
                 snn_dataset_tests(model));
        return true;
    }
    if (!snn_dataset_read(&split->tests, model, folder, "t10k", error))
        return false;
    split->test = (SnnPart){&split->tests, NULL, split->tests.count};
    return true;
}

static bool split_read(SnnSplit *split, const SnnState *state, const SnnModel *model,
                       const SnnOptions *options, SnnError *error)
{
    const char *folder = snn_data_folder(model, options);
    if (!snn_dataset_read(&split->train, model, folder, "train", error)
        || !split_train(split, state, model->data.classes, error))
        return false;
    if (state->validate[0] != '\0' && selection_fraction(state->validate) == 0.0) {
        if (!snn_dataset_read(&split->validation, model, folder, state->validate, error))
            return false;
        split->validate = (SnnPart){&split->validation, NULL, split->validation.count};
    }
    return split_test(split, model, options, folder, error);
}

/* ", 3 to test with (FILE)"; nothing of none. */
static void split_say_part(char *text, size_t size, int32_t count, const char *use, const char *from)
{
    size_t used = strlen(text);
    if (count > 0)
        snprintf(text + used, size - used, "%s%d %s%s%s%s", used > 0 ? ", " : "", count, use,
                 from[0] != '\0' ? " (" : "", from, from[0] != '\0' ? ")" : "");
}

void snn_split_say(const SnnSplit *split, const SnnState *state, const SnnOptions *options)
{
    char text[4 * SNN_DATASET_FROM] = "";
    bool own = split->validation.count > 0, valid = strcmp(state->validate, "valid") == 0;
    int32_t held = own ? 0 : split->validate.count, left = split->train.count - split->learn.count - held;
    split_say_part(text, sizeof text, split->learn.count, "to learn from", split->train.from);
    split_say_part(text, sizeof text, split->validate.count, "to validate with",
                   own ? split->validation.from : split->train.from);
    split_say_part(text, sizeof text, split->test.count, "to test with", split->tests.from);
    split_say_part(text, sizeof text, left, "for nothing by --samples", "");
    split_say_part(text, sizeof text, valid ? 0 : split->train.apart[1],
                   "for nothing without --validate valid", "");
    split_say_part(text, sizeof text, options->no_test ? split->train.apart[0] : 0,
                   "for nothing by --no-test", "");
    snn_note(options, "samples: %s", text);
}

bool snn_split_open(SnnSplit *split, SnnState *state, const SnnModel *model, const SnnOptions *options,
                    SnnError *error)
{
    if (!split_read(split, state, model, options, error))
        return false;
    if (options->resume != NULL && state->samples != split->train.count)
        return snn_fail(
            error, "cannot resume (%s): it was trained with %d samples, %d are here; give the same --data",
            options->resume, state->samples, split->train.count);
    if (options->resume != NULL && state->validating != split->validate.count)
        return snn_fail(
            error, "cannot resume (%s): it was validated with %d samples, %d are here; give the same --data",
            options->resume, state->validating, split->validate.count);
    state->samples = split->train.count;
    state->validating = split->validate.count;
    return true;
}

void snn_split_close(SnnSplit *split)
{
    snn_dataset_free(&split->train);
    snn_dataset_free(&split->validation);
    snn_dataset_free(&split->tests);
    free(split->samples);
    *split = (SnnSplit){0};
}

/* ---- the best epoch ------------------------------------------------------------------------------- */

#define SELECTION_END ".safetensors"

/* The length of the path without this end, or all of it if it has none. */
static size_t selection_head(const char *path, const char *end)
{
    size_t length = strlen(path), tail = strlen(end);
    return length >= tail && strcmp(path + length - tail, end) == 0 ? length - tail : length;
}

bool snn_best_is_path(const char *path)
{
    return selection_head(path, ".best" SELECTION_END) < strlen(path);
}

char *snn_best_path(const char *path)
{
    static const char best[] = ".best";
    size_t length = strlen(path), head = selection_head(path, SELECTION_END);
    char *made = malloc(length + sizeof best);
    if (made != NULL)
        snprintf(made, length + sizeof best, "%.*s%s%s", (int)head, path, best, path + head);
    return made;
}

const char *snn_best_name(const SnnModel *model, const SnnState *state)
{
    return snn_score_name(model, state->best - 1);
}

const char *snn_best_set(const SnnState *state)
{
    return state->validate[0] != '\0' ? "validation" : "training";
}

bool snn_best_update(SnnState *state, const SnnModel *model, const SnnEpoch *epoch)
{
    if (state->best == 0)
        return false;
    const SnnScore *score = state->validate[0] != '\0' ? &epoch->validation : &epoch->train;
    double value = snn_score_value(model, score, state->best - 1);
    bool better = state->best_rises ? value > state->best_value : value < state->best_value;
    if (state->best_epoch > 0 && !better)
        return false;
    state->best_value = value;
    state->best_epoch = epoch->number;
    return true;
}

bool snn_best_is_stale(const SnnState *state)
{
    return state->patience > 0 && state->best_epoch > 0
           && state->epoch - state->best_epoch >= state->patience;
}

/* ---- from the command line ------------------------------------------------------------------------ */

/* "loss, accuracy" */
static const char *selection_names(const SnnModel *model, char *text, size_t size)
{
    size_t used = 0;
    const char *name;
    text[0] = '\0';
    for (int i = 0; (name = snn_score_name(model, i)) != NULL && used < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", name);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return text;
}

/* NAME, or NAME:min or NAME:max. */
static bool selection_find_best(SnnState *state, const SnnModel *model, const char *text, SnnError *error)
{
    char names[300];
    const char *name, *end = strchr(text, ':');
    size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
    for (int i = 0; state->best == 0 && (name = snn_score_name(model, i)) != NULL; i++)
        state->best = strlen(name) == length && strncmp(name, text, length) == 0 ? i + 1 : 0;
    if (state->best == 0 || (end != NULL && strcmp(end, ":min") != 0 && strcmp(end, ":max") != 0))
        return snn_fail(error,
                        "unknown measure (--best %.60s): the model has %s; behind a name, :min or :max says "
                        "which is best",
                        text, selection_names(model, names, sizeof names));
    state->best_rises = end != NULL ? strcmp(end, ":max") == 0 : snn_score_rises(model, state->best - 1);
    return true;
}

/* The loss stands first. */
static bool selection_read_best(SnnState *state, const SnnModel *model, const SnnOptions *options,
                                SnnError *error)
{
    if ((options->best != NULL || options->patience != 0)
        && !selection_find_best(state, model, options->best != NULL ? options->best : "loss", error))
        return false;
    state->patience = options->patience;
    return true;
}

bool snn_selection_begin(SnnState *state, const SnnModel *model, const SnnOptions *options, SnnError *error)
{
    state->learning = options->samples;
    return (options->validate == NULL || selection_read(state, options->validate, error))
           && selection_read_best(state, model, options, error);
}

/* What the checkpoint says stays; what it is silent about may come new, but no other training set. */
bool snn_selection_resume(SnnState *state, const SnnModel *model, const SnnOptions *options, SnnError *error)
{
    SnnState given = {0};
    if (!snn_selection_begin(&given, model, options, error))
        return false;
    if (options->validate != NULL && strcmp(given.validate, state->validate) != 0)
        return snn_fail(
            error, "cannot resume (%s): it was trained with %s%s, not --validate %s; leave --validate out",
            options->resume, state->validate[0] != '\0' ? "--validate " : "all samples", state->validate,
            given.validate);
    if (options->samples != 0 && options->samples != state->learning)
        return snn_fail(
            error,
            "cannot resume (%s): it was trained with %d samples, not --samples %d; leave --samples out",
            options->resume, state->learning == 0 ? state->samples : state->learning, options->samples);
    if (options->best != NULL && state->best != 0
        && (given.best != state->best || given.best_rises != state->best_rises))
        return snn_fail(error, "cannot resume (%s): it was trained with --best %s, not %s; leave --best out",
                        options->resume, snn_best_name(model, state), options->best);
    if (state->best == 0) {
        state->best = given.best;
        state->best_rises = given.best_rises;
    }
    if (options->patience != 0)
        state->patience = options->patience;
    return true;
}
