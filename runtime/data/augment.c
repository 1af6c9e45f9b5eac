/* Samples that change from epoch to epoch. */
#include "snn_augment.h"
#include "snn_random.h"
#include "snn_setting.h"

#include <string.h>

/* In the place of a step, for what is drawn for a sample as a whole; of these numbers, that of the mask's length, and its place. */
#define AUGMENT_STEP 0xFFFFFFFDu
enum { AUGMENT_TIME, AUGMENT_LENGTH, AUGMENT_PLACE, AUGMENT_AXES };

SnnAugment snn_augment_of(const SnnModel *model)
{
    int steps = (int)snn_setting_number(model, "jitter_rows");
    SnnAugment augment = {.time = (int)snn_setting_number(model, "time_jitter"),
                          .channels = (int)snn_setting_number(model, "channel_jitter"),
                          .mask = (int)snn_setting_number(model, "time_mask"),
                          .rows = steps > 0 ? steps : 1,
                          .axes = (int)snn_setting_number(model, "jitter_axes")};
    for (int i = steps > 0; i < model->data.ndim; i++)
        augment.dims[augment.ndim++] = model->data.dims[i];
    return augment;
}

/* 0 to most. */
static int64_t augment_draw(uint32_t key, uint32_t which, int64_t most)
{
    return (int64_t)((uint64_t)snn_random(key, which) * (uint64_t)(most + 1) >> 32);
}

/* `count` items of `bytes` each become that at `like`, or 0. */
static void augment_fill(char *into, int64_t count, size_t bytes, const char *like, bool holds)
{
    for (int64_t i = 0; i < count; i++, into += bytes) {
        if (holds)
            memcpy(into, like, bytes);
        else
            memset(into, 0, bytes);
    }
}

/* `count` items move by fewer than there are. */
static void augment_move(char *items, int64_t count, size_t bytes, int64_t by, bool holds)
{
    int64_t left = count - (by < 0 ? -by : by);
    char *head = items, *moved = items + (size_t)(by < 0 ? -by : by) * bytes;
    if (by > 0) {
        memmove(moved, head, (size_t)left * bytes);
        augment_fill(head, by, bytes, moved, holds);
    } else if (by < 0) {
        memmove(head, moved, (size_t)left * bytes);
        char *tail = items + (size_t)left * bytes;
        augment_fill(tail, -by, bytes, tail - bytes, holds);
    }
}

static void augment_mask(char *rows, int64_t count, size_t bytes, int64_t first, int64_t length, bool holds)
{
    const char *before = rows + (size_t)(first - 1) * bytes,
               *behind = rows + (size_t)(first + length) * bytes;
    if (first > 0)
        augment_fill(rows + (size_t)first * bytes, length, bytes, before, holds);
    else if (length < count)
        augment_fill(rows, length, bytes, behind, holds);
}

static void augment_channels(const SnnAugment *augment, char *sample, size_t size, bool holds, uint32_t key)
{
    int64_t outer = augment->rows, inner = 1;
    for (int i = 0; i < augment->ndim; i++)
        inner *= augment->dims[i];
    for (int axis = 0; axis < augment->axes; axis++) {
        int count = augment->dims[axis];
        inner /= count;
        int64_t by =
            augment_draw(key, AUGMENT_AXES + (uint32_t)axis, 2 * augment->channels) - augment->channels;
        for (int64_t i = 0; i < outer; i++)
            augment_move(sample + (size_t)(i * count * inner) * size, count, (size_t)inner * size, by, holds);
        outer *= count;
    }
}

int64_t snn_augment_shift(const SnnAugment *augment, uint32_t seed, uint32_t epoch, int32_t number)
{
    uint32_t key = snn_key(seed, epoch, (uint32_t)number, AUGMENT_STEP);
    return augment->time > 0 ? augment_draw(key, AUGMENT_TIME, 2 * augment->time) - augment->time : 0;
}

void snn_augment_run(const SnnAugment *augment, void *sample, size_t size, bool holds, uint32_t seed,
                     uint32_t epoch, int32_t number)
{
    uint32_t key = snn_key(seed, epoch, (uint32_t)number, AUGMENT_STEP);
    size_t row = size;
    for (int i = 0; i < augment->ndim; i++)
        row *= (size_t)augment->dims[i];
    if (augment->time > 0)
        augment_move(sample, augment->rows, row, snn_augment_shift(augment, seed, epoch, number), holds);
    if (augment->channels > 0)
        augment_channels(augment, sample, size, holds, key);
    if (augment->mask > 0) {
        int64_t length = augment_draw(key, AUGMENT_LENGTH, augment->mask);
        int64_t first = augment_draw(key, AUGMENT_PLACE, augment->rows - length);
        augment_mask(sample, augment->rows, row, first, length, holds);
    }
}
