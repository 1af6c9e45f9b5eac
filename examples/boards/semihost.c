/* Files by semihosting: the emulator, or the debugger that a real board hangs on, opens, reads and writes them. "Semihosting for
 * AArch32 and AArch64", Arm, and the same for RISC-V. Also what the start of each board shares. */
#include "start.h"

#include "board.h"

enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_EXIT = 0x18 };
enum { EXIT_WELL = 0x20026, EXIT_BADLY = 0x20023, OPEN_READ = 1 };

int32_t board_read(void *into, int32_t bytes)
{
    static const char name[] = "samples";
    static int32_t file = -1;
    if (file < 0) {
        const uintptr_t open[3] = {(uintptr_t)name, OPEN_READ, sizeof name - 1};
        file = semihost(SYS_OPEN, open);
    }
    if (file < 0)
        return 0;
    const uintptr_t read[3] = {(uintptr_t)file, (uintptr_t)into, (uintptr_t)bytes};
    return bytes - semihost(SYS_READ, read);
}

void board_write(const char *text)
{
    (void)semihost(SYS_WRITE0, text);
}

__attribute__((noinline)) void board_mark(void)
{
    __asm__ volatile("");
}

enum { UNTOUCHED = 0xa5 };

uint32_t board_stack(void)
{
    const uint8_t *low = stack_low;
    while (low < stack_high && *low == UNTOUCHED)
        low++;
    return (uint32_t)(stack_high - low);
}

void board_end(int status)
{
    const uintptr_t reason = status == 0 ? EXIT_WELL : EXIT_BADLY;
    (void)semihost(SYS_EXIT, (const void *)reason);
    for (;;) {
    }
}

/* Variables get their values; the stack below this function is painted. */
void board_start(void)
{
    const uint8_t *from = data_image;
    for (uint8_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (uint8_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    uint8_t *const top = (uint8_t *)__builtin_frame_address(0) - 64;
    for (uint8_t *to = stack_low; to < top; to++)
        *to = UNTOUCHED;
    board_end(board_main());
}
