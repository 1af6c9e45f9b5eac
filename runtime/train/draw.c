/* What is drawn at random for a training. */
#include "snn_draw.h"
#include "snn_random.h"

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
