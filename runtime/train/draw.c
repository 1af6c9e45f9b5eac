/* What is drawn at random for a training: its first weights, and the order of its samples. */
#include "snn_draw.h"
#include "snn_param.h"
#include "snn_random.h"

/* Where random numbers are used that belong to no sample: in the place of an epoch or of a sample. */
#define DRAW_INIT_EPOCH 0xFFFFFFFEu
#define DRAW_ORDER_SAMPLE 0xFFFFFFFFu

static void draw_param(SnnParam *param, uint32_t key)
{
    int64_t size = snn_param_size(param);
    for (int64_t i = 0; i < size; i++) {
        float random = 2.0f * snn_uniform(key, (uint32_t)i) - 1.0f;
        param->value[i] = param->constant ? param->init : random * param->init;
    }
    for (int s = 0; s < param->states; s++)
        for (int64_t i = 0; i < size; i++)
            param->state[s][i] = param->state_init[s];
}

void snn_draw_params(SnnModel *model, uint32_t seed)
{
    for (int p = 0; p < model->param_count; p++)
        draw_param(&model->params[p], snn_key(seed, DRAW_INIT_EPOCH, (uint32_t)p, 0));
}

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
