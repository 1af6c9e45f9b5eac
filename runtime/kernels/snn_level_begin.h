/* Between this and snn_level_end.h stands what is compiled for each level; see snn_level.h. Features by name: GCC
 * inlines functions of any x86-64 into functions with more features, never into those of another -march. */
#undef SNN_AT_LEVEL
#if SNN_LEVEL == 4
#define SNN_AT_LEVEL(name) name##_v4
#if defined(__clang__)
#pragma clang attribute push(                                                                        \
    __attribute__((target("avx2,bmi,bmi2,fma,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,fma,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")
#endif
#elif SNN_LEVEL == 3
#define SNN_AT_LEVEL(name) name##_v3
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,fma,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,fma,popcnt")
#endif
#else
#define SNN_AT_LEVEL(name) name
#endif
