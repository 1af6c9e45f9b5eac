#include "snn_processor.h"

#include "snn_level.h"

#include <stdlib.h>

static int32_t best_level(void)
{
#if defined(__x86_64__)
    return snn_level();
#else
    return 1;
#endif
}

int32_t snn_processor(void)
{
    const char *most = getenv("SNN_BEST_LEVEL");
    int32_t level = best_level(), limit = most != NULL ? (int32_t)strtol(most, NULL, 10) : level;
    return limit < level ? limit : level;
}
