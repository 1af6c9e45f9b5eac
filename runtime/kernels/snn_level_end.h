/* Ends what snn_level_begin.h has begun. */
#if SNN_LEVEL != 0 && defined(__clang__)
#pragma clang attribute pop
#elif SNN_LEVEL != 0
#pragma GCC pop_options
#endif
