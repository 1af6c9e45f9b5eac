/* What is done once, when the backend is loaded. */
#include "llvm.h"

#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Support.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* C's API has no names for these: std::set_terminate(), of the library of C++ that LLVM brings with it, and LLVM's own for
 * what it takes without that library. */
void *set_terminate(void (*handler)(void)) __asm__("_ZSt13set_terminatePFvvE");
void set_no_memory(void (*handler)(void *context, const char *reason, bool diagnose),
                   void *context) __asm__("_ZN4llvm31install_bad_alloc_error_handlerEPFvPvPKcbES0_");

/* Nothing is half-written: what LLVM makes is in memory until it is whole. */
static void give_up(const char *reason)
{
    fprintf(stderr, "snnc: LLVM cannot go on: %s\n", reason);
    _exit(EXIT_FAILURE);
}

static void no_memory(void)
{
    give_up("out of memory");
}

static void no_memory_because(void *context, const char *reason, bool diagnose)
{
    (void)context, (void)reason, (void)diagnose;
    no_memory();
}

/* LLVM ends the process where it has no memory left, or cannot go on; then one line says so. */
static void watch_fatal(void)
{
    LLVMInstallFatalErrorHandler(give_up);
    set_terminate(no_memory);
    set_no_memory(no_memory_because, NULL);
}

/* Rows of arrays are computed outside of the loops that stay in one. To make pointers of them that move on with the loops,
 * as LLVM would then do, takes registers that the loops within need: the first network of tests/bench would be 4% slower,
 * nothing faster. */
static void leave_rows_alone(void)
{
    static const char *const arguments[] = {"snnc", "-disable-lsr"};
    LLVMParseCommandLineOptions(2, arguments, "");
}

__attribute__((constructor)) static void when_loaded(void)
{
    watch_fatal();
    leave_rows_alone();
}
