/* The kernels of one program for several processors: any x86-64, those with AVX2 (x86-64-v3) and those with
 * AVX-512 (x86-64-v4). Which of them run is chosen when the network is opened; all compute the same bits.
 *
 * A generated file has them by including itself with SNN_LEVEL 3 and 4; for itself SNN_LEVEL is 0. A program that
 * is compiled for processors with AVX2 at least (-march=native), or with -DSNN_ONE_LEVEL, has its kernels once.
 * There is no choice to make for ARM: all its 64-bit processors have NEON. */
#ifndef SNN_LEVEL_H
#define SNN_LEVEL_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__AVX2__) && !defined(SNN_ONE_LEVEL)
#if defined(__has_include) && defined(__FILE_NAME__)
#define SNN_LEVELS
#endif
#endif

#ifndef SNN_BEST_LEVEL
#define SNN_BEST_LEVEL 4
#endif

#if defined(__x86_64__) && defined(__GNUC__)
/* 4 or 3: the processor has what kernels of x86-64-v4 or v3 are compiled for (snn_level_begin.h, and LLVM's levels);
 * 1: those for any processor are to run. */
static inline __attribute__((unused)) int snn_level(void)
{
    __builtin_cpu_init();
    if (SNN_BEST_LEVEL < 3 || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi")
        || !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma")
        || !__builtin_cpu_supports("popcnt"))
        return 1;
    if (SNN_BEST_LEVEL < 4 || !__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")
        || !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq")
        || !__builtin_cpu_supports("avx512vl"))
        return 3;
    return 4;
}
#endif

#endif
