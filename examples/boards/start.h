/* Between the start of a board and semihost.c; what sections.ld defines. */
#ifndef START_H
#define START_H

#include <stdint.h>

extern const uint8_t data_image[];        /* in flash: what .data begins with */
extern uint8_t data_begin[], data_end[];  /* in RAM */
extern uint8_t bss_begin[], bss_end[];    /* which begins as 0 */
extern uint8_t stack_low[], stack_high[]; /* it grows down */

/* Of each processor: asks the emulator or debugger. */
int32_t semihost(int32_t operation, const void *argument);

/* What comes behind the first instructions: never returns. */
_Noreturn void board_start(void);
_Noreturn void board_end(int status);

#endif
