/* SIGINT is blocked while a network trains, and looked for between batches. */
#ifndef SNN_INTERRUPT_H
#define SNN_INTERRUPT_H

#include <stdbool.h>

bool snn_interrupt_block(void); /* false where the program was started with SIGINT ignored */
bool snn_interrupt_pending(void);

#endif
