#include "random_models.h"
#include "snn_random.h"

Dice dice_new(uint32_t seed, uint32_t number, uint32_t purpose)
{
    return (Dice){snn_key(seed, purpose, number, 0), 0};
}

static double dice_uniform(Dice *dice)
{
    return (double)snn_uniform(dice->key, dice->count++);
}

int dice_below(Dice *dice, int bound)
{
    return (int)(dice_uniform(dice) * bound);
}

int dice_between(Dice *dice, int low, int high)
{
    return low + dice_below(dice, high - low + 1);
}

double dice_real(Dice *dice, double low, double high)
{
    return (double)(float)(low + (high - low) * dice_uniform(dice));
}

bool dice_chance(Dice *dice, int percent)
{
    return dice_below(dice, 100) < percent;
}
