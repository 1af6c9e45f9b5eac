/* A plugin of QEMU: how many instructions run between two calls of board_mark().
 *
 *     cc -shared -fPIC count.c -o count.so
 *     qemu-system-arm -plugin ./count.so,at=0x1234,out=counts ...
 *
 * at: where the function is. Every instruction is counted as it runs, and nothing is estimated. When the emulator ends, `out` gets
 * one line: how many pairs of calls there were, all instructions between the two of a pair, and those of the longest pair.
 *
 * QEMU's qemu-plugin.h is in no package of Debian 12, so what is needed of version 1 of the interface is declared here. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*call)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            void (*call)(unsigned int, void *),
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction,
                                                enum qemu_plugin_op operation, void *counter, uint64_t value);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*call)(qemu_plugin_id_t, void *), void *data);

/* The interface has it so: what is exported, and what a plugin is besides. */
int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

typedef struct Count {
    uint64_t executed, began;
    uint64_t pairs, between, longest;
    uint64_t at;
    bool inside;
    char out[4096];
} Count;

static Count count;

static void reached(unsigned int processor, void *data)
{
    (void)processor, (void)data;
    count.inside = !count.inside;
    if (count.inside) {
        count.began = count.executed;
        return;
    }
    const uint64_t between = count.executed - count.began;
    count.pairs++;
    count.between += between;
    if (between > count.longest)
        count.longest = between;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        if (qemu_plugin_insn_vaddr(instruction) == count.at)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, reached, QEMU_PLUGIN_CB_NO_REGS, NULL);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &count.executed,
                                                   1);
    }
}

static void ended(qemu_plugin_id_t id, void *data)
{
    (void)id, (void)data;
    FILE *file = fopen(count.out, "w");
    if (file == NULL) {
        perror(count.out);
        return;
    }
    fprintf(file, "%llu %llu %llu\n", (unsigned long long)count.pairs, (unsigned long long)count.between,
            (unsigned long long)count.longest);
    fclose(file);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "at=", 3) == 0)
            count.at = strtoull(argv[i] + 3, NULL, 0) & ~(uint64_t)1; /* of Thumb, an address is odd */
        else if (strncmp(argv[i], "out=", 4) == 0)
            snprintf(count.out, sizeof count.out, "%s", argv[i] + 4);
    }
    if (count.at == 0 || count.out[0] == '\0') {
        fputs("count: needs at=ADDRESS,out=FILE\n", stderr);
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
