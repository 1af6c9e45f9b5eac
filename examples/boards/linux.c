/* A process of Linux as a board; it runs here, or under qemu-user. */
#include "board.h"

#include <stdio.h>

int32_t board_read(void *into, int32_t bytes)
{
    static FILE *file;
    if (file == NULL)
        file = fopen("samples", "rb");
    return file == NULL ? 0 : (int32_t)fread(into, 1, (size_t)bytes, file);
}

void board_write(const char *text)
{
    fputs(text, stdout);
}

uint32_t board_stack(void)
{
    return 0;
}

__attribute__((noinline)) void board_mark(void)
{
    __asm__ volatile("");
}

int main(void)
{
    return board_main();
}
