/* What is drawn at random of data sets. */
#include "snn_draw.h"
#include "snn_random.h"

#include <stdlib.h>

/* In the place of a sample, for what belongs to none. */
#define DRAW_ORDER_SAMPLE 0xFFFFFFFFu

void snn_draw_order(int32_t *order, int32_t count, uint32_t seed, uint32_t epoch)
{
    uint32_t key = snn_key(seed, epoch, DRAW_ORDER_SAMPLE, 0);
    for (int32_t i = 0; i < count; i++)
        order[i] = i;
    for (int32_t i = count - 1; i > 0; i--) {
        uint32_t random = snn_random(key, (uint32_t)i);
        int32_t j = (int32_t)((uint64_t)random * (uint64_t)(i + 1) >> 32);
        int32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

/* Classes one after the other, and within each the order drawn. Fills begins[classes + 1]: where in `sorted` each one begins. */
static void draw_sort(int32_t *sorted, int32_t *begins, const int32_t *order, const SnnPart *part,
                      int classes)
{
    const int32_t *labels = part->data->labels;
    for (int32_t i = 0; i < part->count; i++)
        begins[labels[part->samples != NULL ? part->samples[i] : i] + 1]++;
    for (int class = 0; class < classes; class ++)
        begins[class + 1] += begins[class];
    for (int32_t i = 0; i < part->count; i++) {
        int32_t at = order[i], label = labels[part->samples != NULL ? part->samples[at] : at];
        sorted[begins[label]++] = at;
    }
    for (int class = classes; class > 0; class --) /* each begins where the one before it now ends */
        begins[class] = begins[class - 1];
    begins[0] = 0;
}

bool snn_draw_balanced(int32_t *order, const SnnPart *part, int classes, uint32_t seed, uint32_t epoch)
{
    int32_t *sorted = malloc((size_t)part->count * sizeof *sorted);
    int32_t *begins = calloc((size_t)classes + 1, sizeof *begins);
    bool ok = sorted != NULL && begins != NULL;
    snn_draw_order(order, part->count, seed, epoch);
    if (ok)
        draw_sort(sorted, begins, order, part, classes);
    for (int32_t i = 0, round = 0; ok && i < part->count; round++)
        for (int class = 0; class < classes && i < part->count; class ++) {
            int32_t count = begins[class + 1] - begins[class];
            if (count > 0)
                order[i++] = sorted[begins[class] + round % count];
        }
    free(sorted);
    free(begins);
    return ok;
}

static int32_t draw_class(const SnnDataset *data, int32_t sample)
{
    return data->labels != NULL && data->label_steps == 0 ? data->labels[sample] : 0;
}

int32_t snn_draw_part(bool *held, const int32_t *order, const SnnDataset *data, int classes, double fraction)
{
    int32_t *wanted = calloc((size_t)classes + 1, sizeof *wanted), count = 0;
    if (wanted == NULL)
        return -1;
    for (int32_t i = 0; i < data->count; i++)
        wanted[draw_class(data, i)]++;
    for (int class = 0; class <= classes; class ++)
        wanted[class] = (int32_t)(fraction * wanted[class] + 0.5);
    for (int32_t i = 0; i < data->count; i++) {
        int32_t sample = order[i];
        held[sample] = wanted[draw_class(data, sample)]-- > 0;
        count += held[sample];
    }
    free(wanted);
    return count;
}
