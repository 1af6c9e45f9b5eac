#include "snn_processor.h"

#include <stdlib.h>

static int32_t best_level(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma"))
        return 1;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")
        || !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return 3;
    return 4;
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
