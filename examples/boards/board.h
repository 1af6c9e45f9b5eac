/* What a board does for the program that runs on it: main.c is the same on all. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* The next bytes of the file of samples. Returns how many there were: fewer than asked for at its end. */
int32_t board_read(void *into, int32_t bytes);
/* A text, which ends with 0. */
void board_write(const char *text);
/* Most bytes of stack that were in use since the start; 0: not known here. */
uint32_t board_stack(void);
/* Called before and after what is measured. Does nothing: count.c sees that its address is reached. */
void board_mark(void);

/* Predicts the samples; 0, or 1 after a failure. Called by what starts the board, which returns that. */
int board_main(void);

#endif
