/* SIGINT, as something to look for. */
#include "snn_interrupt.h"

#include <signal.h>
#include <stddef.h>

bool snn_interrupt_block(void)
{
    struct sigaction action;
    sigset_t interrupt;
    if (sigaction(SIGINT, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return false;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    return sigprocmask(SIG_BLOCK, &interrupt, NULL) == 0;
}

bool snn_interrupt_pending(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGINT) == 1;
}
