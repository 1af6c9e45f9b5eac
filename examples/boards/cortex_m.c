/* The start of a Cortex-M: a table of vectors, of which the first is the stack, and the floating-point unit switched on. */
#include "start.h"

static void reset(void);
static void fault(void);

typedef union Vector {
    const uint8_t *stack;
    void (*handler)(void);
} Vector;

/* Up to SysTick; no interrupt is ever enabled. */
__attribute__((section(".vectors"), used)) static const Vector vectors[16] = {
    {.stack = stack_high}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},    {.handler = fault}, {.handler = fault},
};

static void fault(void)
{
    board_end(1);
}

/* Before any function that the compiler may have given floating-point registers. */
static void reset(void)
{
#if defined __ARM_FP || defined __ARM_FEATURE_MVE
    volatile uint32_t *const access = (volatile uint32_t *)0xe000ed88u; /* CPACR */
    *access |= 0xfu << 20;
    __asm__ volatile("dsb\nisb" ::: "memory");
#endif
    board_start();
}

int32_t semihost(int32_t operation, const void *argument)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
