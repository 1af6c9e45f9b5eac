/* What is in the files of a data set. */
#include "snn_found.h"

#include <stdlib.h>
#include <string.h>

/* The least and the most that there are of something. */
typedef struct FoundRange {
    int64_t least, most;
} FoundRange;

static void found_add(FoundRange *range, int64_t number, bool first)
{
    range->least = first || number < range->least ? number : range->least;
    range->most = first || number > range->most ? number : range->most;
}

static void found_print_range(const char *before, FoundRange range, const char *behind)
{
    if (range.least == range.most)
        printf("%s%lld%s", before, (long long)range.least, behind);
    else
        printf("%s%lld to %lld%s", before, (long long)range.least, (long long)range.most, behind);
}

static void found_classes(const SnnDataset *data, int classes)
{
    int64_t *samples = calloc((size_t)classes, sizeof *samples);
    FoundRange range = {0, 0};
    int64_t labels = data->count * (int64_t)(data->label_steps > 0 ? data->label_steps : 1);
    for (int64_t i = 0; samples != NULL && i < labels; i++)
        if (data->labels[i] >= 0)
            samples[data->labels[i]]++;
    for (int class = 0; samples != NULL && class < classes; class ++)
        found_add(&range, samples[class], class == 0);
    free(samples);
    found_print_range(", ", range, data->label_steps > 0 ? " steps of each class" : " of each class");
}

static void found_lengths(const SnnDataset *data)
{
    FoundRange range = {0, 0};
    for (int32_t i = 0; i < data->count; i++)
        found_add(&range, data->lengths[i], i == 0);
    found_print_range(", ", range, " steps long");
}

static void found_events(const SnnDataset *data, const SnnModel *model)
{
    FoundRange range = {0, 0};
    SnnSpan all = {0.0, 0};
    int64_t count = snn_dataset_first_event(data, data->count);
    for (int32_t i = 0; i < data->count; i++) {
        found_add(&range, data->ends[i] - snn_dataset_first_event(data, i), i == 0);
        all.ms = data->spans[i].ms > all.ms ? data->spans[i].ms : all.ms;
        all.late += data->spans[i].late;
    }
    printf(", %lld events", (long long)count);
    found_print_range(", ", range, " a sample");
    printf(", up to %g ms", all.ms);
    if (all.late > 0)
        printf("; %lld more are left out, %.2g %% of all: they come after the %d steps", (long long)all.late,
               100.0 * (double)all.late / (double)(count + all.late), model->steps);
}

/* What else is in the files of the training set. */
static void found_apart(const SnnDataset *data)
{
    const int32_t *apart = data->apart;
    if (apart[0] > 0)
        printf("for tests, of the same files: %d samples\n", apart[0]);
    if (apart[1] > 0)
        printf("for --validate valid, of the same files, and for nothing without: %d samples\n", apart[1]);
}

static int64_t found_set(const SnnModel *model, const char *folder, const char *part, const char *what)
{
    SnnDataset data;
    SnnError error;
    if (!snn_dataset_exists(model, folder, part))
        return 0;
    if (!snn_dataset_read(&data, model, folder, part, &error)) {
        printf("%s: %s\n", what, error.text);
        return 0;
    }
    printf("%s: %d samples", what, data.count);
    if (data.labels != NULL)
        found_classes(&data, model->data.classes);
    if (data.lengths != NULL && model->at.present != 0)
        found_lengths(&data);
    if (data.events != NULL)
        found_events(&data, model);
    printf("%s%s, from %s\n", data.about[0] != '\0' ? ", " : "", data.about, data.from);
    if (strcmp(part, "train") == 0)
        found_apart(&data);
    int64_t bytes = snn_dataset_bytes(&data);
    if (strcmp(part, "train") == 0)
        bytes += 2 * data.count * (int64_t)sizeof(int32_t); /* whoever trains notes two numbers for each */
    snn_dataset_free(&data);
    return bytes;
}

SnnFound snn_found(const SnnModel *model, const char *folder)
{
    SnnFound found = {0, 0};
    if (model->train != NULL)
        found.train = found_set(model, folder, "train", "training set");
    if (model->train != NULL)
        found_set(model, folder, "valid", "validation set, for --validate valid");
    found.test = found_set(model, folder, "t10k", "test set");
    return found;
}
