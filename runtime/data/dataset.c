/* Data sets, whatever their format. */
#include "snn_dataset.h"
#include "snn_draw.h"
#include "snn_setting.h"

#include <stdlib.h>
#include <string.h>

/* ---- a test set that is a part of the training set ------------------------------------------------- */

/* In the place of a seed: which samples are for tests does not depend on that of a training. */
#define DATASET_HELD_SEED 0x7e575e7u

static double dataset_held(const SnnModel *model, const char *folder, const char *part)
{
    bool divided = strcmp(part, "train") == 0 || strcmp(part, "t10k") == 0;
    return divided && !model->data.format->exists(model, folder, "t10k") ? snn_setting_number(model, "held")
                                                                         : 0.0;
}

static void dataset_move(SnnDataset *data, int32_t to, int32_t from)
{
    size_t width = (size_t)data->width, target = (size_t)data->target_width;
    if (data->bytes != NULL)
        memmove(data->bytes + (size_t)to * width, data->bytes + (size_t)from * width, width);
    if (data->reals != NULL)
        memmove(data->reals + (size_t)to * width, data->reals + (size_t)from * width,
                width * sizeof *data->reals);
    size_t labels = data->label_steps > 0 ? (size_t)data->label_steps : 1;
    if (data->labels != NULL)
        memmove(data->labels + (size_t)to * labels, data->labels + (size_t)from * labels,
                labels * sizeof *data->labels);
    if (data->lengths != NULL)
        data->lengths[to] = data->lengths[from];
    if (data->targets != NULL)
        memmove(data->targets + (size_t)to * target, data->targets + (size_t)from * target,
                target * sizeof *data->targets);
    if (data->events != NULL) {
        int64_t into = snn_dataset_first_event(data, to), first = snn_dataset_first_event(data, from);
        int64_t count = data->ends[from] - first;
        memmove(data->events + into, data->events + first, (size_t)count * sizeof *data->events);
        data->ends[to] = into + count;
        data->spans[to] = data->spans[from];
    }
}

/* Events move to the front, so where those of a sample begin is noted before what is in front of them changes. */
static void dataset_keep(SnnDataset *data, const bool *held, bool which)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < data->count; i++)
        if (held[i] == which)
            dataset_move(data, kept++, i);
    data->count = kept;
}

static bool dataset_divide(SnnDataset *data, const SnnModel *model, double fraction, bool tests,
                           SnnError *error)
{
    int32_t *order = calloc((size_t)data->count, sizeof *order);
    bool *held = calloc((size_t)data->count, sizeof *held), ok = order != NULL && held != NULL;
    int32_t count = 0;
    if (ok) {
        snn_draw_order(order, data->count, DATASET_HELD_SEED, 0);
        count = snn_draw_part(held, order, data, model->data.classes, fraction);
        ok = count >= 0;
    }
    if (ok && count > 0 && count < data->count) {
        data->apart[0] += tests ? 0 : count;
        dataset_keep(data, held, tests);
    } else
        ok = ok ? snn_fail(error, "cannot divide %d samples (test = %g): none is left to %s with",
                           data->count, fraction, count == 0 ? "test" : "train")
                : snn_fail(error, "no memory (%d samples)", data->count);
    free(order);
    free(held);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

/* ---- parts by what files have of each sample ------------------------------------------------------- */

/* What a model says of a part that has no files of its own, and so is made of samples of the training set; "": nothing. */
static const char *dataset_choice(const SnnModel *model, const char *folder, const char *part)
{
    const SnnFormat *format = model->data.format;
    return format->choose != NULL && !format->exists(model, folder, part)
               ? snn_fields_choice(model, snn_fields_part(part))
               : "";
}

/* Leaves in `kept` which samples of the training set belong to the part, and counts those of other parts than training. `taken`:
 * room for which samples belong to a part before. */
static bool dataset_belong(bool *kept, bool *chosen, bool *taken, SnnDataset *data, const SnnModel *model,
                           const char *folder, const char *part, SnnError *error)
{
    int wanted = snn_fields_number_of(part);
    memset(kept, wanted == SNN_FIELDS_TRAIN, (size_t)data->count);
    for (int i = 0; i < SNN_FIELDS_PARTS; i++) {
        const char *choice = snn_setting(model, snn_fields_parts[i]);
        if (choice[0] == '\0')
            continue;
        if (!model->data.format->choose(chosen, data->count, model, folder, choice, error))
            return false;
        for (int32_t k = 0; k < data->count; k++) {
            if (taken[k] || !chosen[k])
                continue;
            taken[k] = true;
            kept[k] = wanted == SNN_FIELDS_TEST + i;
            data->apart[i]++;
        }
    }
    return true;
}

/* Of the training set, keeps what models choose for the part: of `train`, what they choose for no other. */
static bool dataset_choose(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                           SnnError *error)
{
    size_t count = (size_t)data->count;
    bool *marks = calloc(3 * count + 1, sizeof *marks), *kept = marks;
    bool ok = marks != NULL
                  ? dataset_belong(kept, marks + count, marks + 2 * count, data, model, folder, part, error)
                  : snn_fail(error, "no memory (%d samples)", data->count);
    if (ok)
        dataset_keep(data, kept, true);
    if (ok && data->count == 0)
        ok = snn_fail(error, "no data (%s): no sample of the training set is of the part `%s`, by `%s`",
                      folder, part, snn_setting(model, strcmp(part, "train") == 0 ? "test" : part));
    free(marks);
    if (!ok)
        snn_dataset_free(data);
    return ok;
}

/* Files of a part, and a choice of samples of the training set for it: one of them would be used for nothing. */
static bool dataset_is_one(const SnnModel *model, const char *folder, SnnError *error)
{
    static const char *const parts[SNN_FIELDS_PARTS] = {"t10k", "valid"}, *const names[SNN_FIELDS_PARTS] = {
                                                                              "test", "validation"};
    const SnnFormat *format = model->data.format;
    for (int i = 0; i < SNN_FIELDS_PARTS; i++) {
        const char *choice = snn_setting(model, snn_fields_parts[i]);
        if (choice[0] != '\0'
            && (format->own != NULL ? format->own : format->exists)(model, folder, parts[i]))
            return snn_fail(
                error,
                "two %s sets (%s): there are files of one, and the model takes samples of the training set "
                "for "
                "another, by `%s = \"%s\"`; move the files elsewhere, or leave that out of the model",
                names[i], folder, snn_fields_parts[i], choice);
    }
    return true;
}

/* ---- by format ------------------------------------------------------------------------------------- */

/* Where steps have labels, one has to be there: else nothing is learned, and an accuracy is of nothing. */
static bool dataset_is_labelled(SnnDataset *data, const char *folder, const char *part, SnnError *error)
{
    int64_t count = data->count * (int64_t)data->label_steps, labelled = 0;
    for (int64_t i = 0; i < count; i++)
        labelled += data->labels[i] >= 0;
    if (labelled > 0 || count == 0)
        return true;
    snn_dataset_free(data);
    return snn_fail(error,
                    "no labels (%s): no step of the %s set has one, each is -1; the model's `label_temporal` "
                    "asks for labels of steps",
                    folder,
                    strcmp(part, "train") == 0  ? "training"
                    : strcmp(part, "t10k") == 0 ? "test"
                                                : part);
}

bool snn_dataset_read(SnnDataset *data, const SnnModel *model, const char *folder, const char *part,
                      SnnError *error)
{
    const SnnFormat *format = model->data.format;
    double fraction = dataset_held(model, folder, part);
    bool chosen = dataset_choice(model, folder, part)[0] != '\0';
    const char *from = chosen || fraction > 0.0 ? "train" : part;
    bool divided = format->choose != NULL && strcmp(from, "train") == 0;
    return dataset_is_one(model, folder, error) && format->read(data, model, folder, from, error)
           && (!divided
               || dataset_choose(data, model, folder, chosen ? snn_fields_part(part) : "train", error))
           && (fraction == 0.0 || dataset_divide(data, model, fraction, strcmp(part, "t10k") == 0, error))
           && dataset_is_labelled(data, folder, part, error);
}

bool snn_dataset_exists(const SnnModel *model, const char *folder, const char *part)
{
    const SnnFormat *format = model->data.format;
    bool held = strcmp(part, "t10k") == 0 && dataset_held(model, folder, part) > 0.0;
    return format->exists(model, folder, part)
           || ((held || dataset_choice(model, folder, part)[0] != '\0')
               && format->exists(model, folder, "train"));
}

const char *snn_dataset_tests(const SnnModel *model)
{
    return model->data.format->tests;
}

void snn_dataset_from(SnnDataset *data, const char *path)
{
    size_t length = strlen(path);
    if (length < sizeof data->from)
        memcpy(data->from, path, length + 1);
    else
        snprintf(data->from, sizeof data->from, "...%s", path + length - (sizeof data->from - 4));
}

int64_t snn_dataset_bytes(const SnnDataset *data)
{
    int64_t each = data->bytes != NULL ? data->width : 0;
    each += data->reals != NULL ? data->width * (int64_t)sizeof *data->reals : 0;
    each += data->ends != NULL ? (int64_t)(sizeof *data->ends + sizeof *data->spans) : 0;
    int64_t labels = data->label_steps > 0 ? data->label_steps : 1;
    each += data->labels != NULL ? labels * (int64_t)sizeof *data->labels : 0;
    each += data->lengths != NULL ? (int64_t)sizeof *data->lengths : 0;
    each += data->target_width * (int64_t)sizeof *data->targets;
    int64_t events = data->events != NULL ? snn_dataset_first_event(data, data->count) : 0;
    return each * data->count + events * (int64_t)sizeof *data->events;
}

bool snn_dataset_spare(const SnnModel *model, const char *folder, const char *validate, const char *target,
                       const char *flag, SnnError *error)
{
    return !model->data.format->has(model, folder, validate, target)
           || snn_fail(error, "would overwrite (%s): it is a file of the data set; give another %s FILE",
                       target, flag);
}

bool snn_dataset_read_images(SnnDataset *data, const SnnModel *model, const char *path, SnnError *error)
{
    return model->data.format->read_images(data, model, path, error);
}

void snn_dataset_free(SnnDataset *data)
{
    snn_store_free(&data->store);
    free(data->ends);
    free(data->labels);
    free(data->lengths);
    free(data->spans);
    free(data->targets);
    *data = (SnnDataset){0};
}

int32_t snn_dataset_length(const SnnDataset *data, const SnnModel *model, int32_t sample)
{
    return data->lengths != NULL ? data->lengths[sample] : model->steps;
}

/* ---- room for samples ------------------------------------------------------------------------------ */

size_t snn_dataset_budget(const SnnModel *model)
{
    return model->room > 0 ? model->room : SIZE_MAX;
}

bool snn_dataset_take(SnnDataset *data, const SnnModel *model, size_t bytes)
{
    return snn_store_resize(&data->store, bytes, snn_dataset_budget(model));
}

bool snn_dataset_no_room(const SnnDataset *data, const char *path, const char *what, SnnError *error)
{
    return snn_store_no_room(&data->store, path, what, error);
}

void snn_dataset_expect(const SnnDataset *data, int32_t sample)
{
    size_t size = data->reals != NULL ? sizeof *data->reals : 1, width = (size_t)data->width;
    if (data->events == NULL) {
        snn_store_expect(&data->store, (size_t)sample * width * size, width * size);
        return;
    }
    int64_t first = snn_dataset_first_event(data, sample), end = data->ends[sample];
    snn_store_expect(&data->store, (size_t)first * sizeof *data->events,
                     (size_t)(end - first) * sizeof *data->events);
}

/* ---- events ---------------------------------------------------------------------------------------- */

int64_t snn_dataset_first_event(const SnnDataset *data, int32_t sample)
{
    return sample == 0 ? 0 : data->ends[sample - 1];
}

bool snn_dataset_begin_events(SnnDataset *data, const SnnModel *model, int32_t count, int64_t width)
{
    data->count = count;
    data->width = width;
    data->ends = calloc((size_t)count + 1, sizeof *data->ends);
    data->lengths = calloc((size_t)count + 1, sizeof *data->lengths);
    data->spans = calloc((size_t)count + 1, sizeof *data->spans);
    data->events = snn_dataset_take(data, model, sizeof *data->events) ? data->store.at : NULL;
    return data->ends != NULL && data->lengths != NULL && data->spans != NULL && data->events != NULL;
}

/* There is room for as many as the next power of 2. */
bool snn_dataset_add_sample(SnnDataset *data, int32_t label)
{
    size_t room = (size_t)data->count + 1;
    if ((room & (room - 1)) == 0) {
        int64_t *ends = realloc(data->ends, 2 * room * sizeof *ends);
        data->ends = ends != NULL ? ends : data->ends;
        int32_t *lengths = realloc(data->lengths, 2 * room * sizeof *lengths);
        data->lengths = lengths != NULL ? lengths : data->lengths;
        SnnSpan *spans = realloc(data->spans, 2 * room * sizeof *spans);
        data->spans = spans != NULL ? spans : data->spans;
        int32_t *labels = label < 0 ? NULL : realloc(data->labels, 2 * room * sizeof *labels);
        data->labels = labels != NULL ? labels : data->labels;
        if (ends == NULL || lengths == NULL || spans == NULL || (label >= 0 && labels == NULL))
            return false;
    }
    if (label >= 0)
        data->labels[data->count] = label;
    data->lengths[data->count] = 0;
    data->spans[data->count] = (SnnSpan){0.0, 0};
    data->count++;
    data->ends[data->count] = data->ends[data->count - 1];
    return true;
}

/* There is room for as many as the next power of 2, too. */
bool snn_dataset_add_event(SnnDataset *data, const SnnModel *model, int32_t sample, uint32_t element)
{
    int64_t used = data->ends[data->count];
    if (used > 0 && (used & (used - 1)) == 0) {
        if (!snn_dataset_take(data, model, 2 * (size_t)used * sizeof *data->events))
            return false;
        data->events = data->store.at;
    }
    data->events[used] = element;
    data->ends[sample] = data->ends[data->count] = used + 1;
    return true;
}

bool snn_dataset_reach(SnnDataset *data, const SnnModel *model, int32_t sample, double ms, double step)
{
    SnnSpan *span = &data->spans[sample];
    bool late = step >= model->steps;
    int32_t length = late ? model->steps : (int32_t)step + 1;
    span->ms = ms > span->ms ? ms : span->ms;
    span->late += late;
    data->lengths[sample] = length > data->lengths[sample] ? length : data->lengths[sample];
    return !late;
}

/* Samples without events end where they begin. */
bool snn_dataset_end_events(SnnDataset *data, const SnnModel *model)
{
    int64_t used = data->ends[data->count];
    for (int32_t sample = 1; sample < data->count; sample++)
        if (data->ends[sample] < data->ends[sample - 1])
            data->ends[sample] = data->ends[sample - 1];
    bool fits = snn_dataset_take(data, model, ((size_t)used + 1) * sizeof *data->events);
    data->events = data->store.at;
    return fits;
}
