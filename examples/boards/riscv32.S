/* The start of a RISC-V hart without firmware: a stack, and the floating-point unit switched on (mstatus.FS = initial). */
    .section .vectors, "ax"
    .globl reset
reset:
    la      sp, stack_high
    la      t0, fault
    csrw    mtvec, t0
    li      t0, 1 << 13
    csrs    mstatus, t0
    call    board_start

    .balign 4
fault:
    li      a0, 1
    call    board_end

/* Known by these three, none of them compressed. Arguments and result are where the call has them. */
    .text
    .globl semihost
    .option norvc
    .balign 16
semihost:
    slli    x0, x0, 0x1f
    ebreak
    srai    x0, x0, 7
    ret
