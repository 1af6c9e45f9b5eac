/* The LLVM backend, internal: a module for a program, as backends/c makes a file. Through LLVM's C API alone. */
#ifndef SNNC_BACKEND_LLVM_H
#define SNNC_BACKEND_LLVM_H

#include "backend.h"

#include "arena.h"
#include "loop_look.h"

#include "snn.h"

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

/* The runtime's structs: layout.def. */
#define RECORD(record) RECORD_##record,
#define MEMBER(record, name, path, kind, count)
#define END(record)
typedef enum Record {
#include "layout.def"
    RECORD_COUNT
} Record;
#undef RECORD
#undef MEMBER
#undef END

/* What kernels are made for: several of one architecture may stand in one program, see level.c. */
typedef struct Level {
    int number;                 /* that the runtime's snn_processor() gives */
    const char *suffix;         /* of the names of its functions */
    const char *cpu, *features; /* as LLVM calls them */
    int lanes;                  /* floats in a vector */
    bool fma;                   /* has an instruction for it */
} Level;

enum { MOST_LEVELS = 3 };

/* A target and the machine that LLVM has for it. */
typedef struct Target {
    const char *triple;
    Level levels[MOST_LEVELS]; /* the first is for every processor of the target */
    int level_count;
    bool vectors; /* has instructions for vectors of floats, as exact as those for one float */
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef layout;
} Target;

/* What a module has of a program that several modules make up, for one level. The kernels that it owns and, if it owns the
 * first one, the phases; or, as number TABLES, all else: the tables, whose `choose` sets the phases by a call of
 * link(context, model), and main(). */
enum { TABLES = -1 };
typedef struct Share {
    int number;
    const int *owner; /* by kernel: the number of its module */
    void (*link)(void *context, SnnModel *model);
    void *context;
} Share;

/* One module. */
typedef struct Unit {
    Arena *arena;
    const Program *program;
    const BackendOptions *options;
    const Target *target;
    const Share *share; /* NULL: it has all of the program */
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMDIBuilderRef debug;
    LLVMMetadataRef file; /* the model's */
    LLVMTypeRef f32, i1, i8, i16, i32, i64, word /* size_t */, pointer, nothing;
    LLVMTypeRef records[RECORD_COUNT];
    LLVMTypeRef net;                               /* an SnnRun, and behind it a pointer for each buffer */
    int *members;                                  /* by BufferId: number in the net, 0 for a kernel's own */
    LLVMValueRef *functions;                       /* by their number in the program */
    LLVMValueRef phases[MOST_LEVELS][PHASE_COUNT]; /* the functions that run them */
} Unit;

/* A function that is being made of a kernel. */
typedef struct Code {
    Unit *unit;
    const Kernel *kernel;
    const Level *level;
    LLVMValueRef function, net, given, place; /* given: the number of its launch */
    LLVMValueRef *vars;                       /* by VarId: the value, or where it stands (DECLARE) */
    bool *stands;           /* by VarId: a variable, in memory until LLVM finds a register for it */
    LLVMValueRef *buffers;  /* by BufferId: a pointer to its first element */
    LLVMMetadataRef scope;  /* it, for debuggers */
    const LoopStmt *vector; /* the vector loop in whose body it is made, or NULL */
} Code;

/* ---- types.c ---- */

void llvm_types(Unit *unit);
LLVMTypeRef value_type(const Unit *unit, Type type);   /* of a local */
LLVMTypeRef element_type(const Unit *unit, Type type); /* of a buffer's element in memory */
/* What a pointer to a buffer is a pointer to: an element, or an array of all dimensions but the first index. */
LLVMTypeRef row_type(const Unit *unit, const Buffer *buffer);
/* Of the pointer to a buffer in the net, in bytes; 0 for -1, no buffer. */
unsigned long long net_place(const Unit *unit, BufferId buffer);
LLVMValueRef int_constant(const Unit *unit, long long number);

/* ---- function.c ---- */

LLVMValueRef unit_function(Unit *unit, const char *name, LLVMTypeRef type, LLVMLinkage linkage);
LLVMLinkage unit_linkage(const Unit *unit);                                  /* of kernels and phases */
LLVMValueRef named_function(Unit *unit, const char *name, LLVMTypeRef type); /* of the runtime */
enum {
    ON_FUNCTION = LLVMAttributeFunctionIndex,
    ON_RESULT = LLVMAttributeReturnIndex,
    ON_ARGUMENT = 1 /* the first; ON_ARGUMENT + 1: the second */
};
void add_attribute(const Unit *unit, LLVMValueRef function, int at, const char *name, uint64_t value);
void add_level(const Unit *unit, LLVMValueRef function, const Level *level);
LLVMValueRef call_intrinsic(Unit *unit, const char *name, LLVMTypeRef type, LLVMValueRef *arguments,
                            int count);
/* Behind those of the function that is being made. */
LLVMBasicBlockRef append_block(const Unit *unit);
/* A variable of this function, in its first block. */
LLVMValueRef stack_room(Unit *unit, LLVMTypeRef type);
LLVMValueRef load_member(Unit *unit, LLVMValueRef record, Record kind, int member);

/* ---- expr.c ---- */

LLVMValueRef expr_value(Code *code, const LoopExpr *expr);
/* An operation of values, which may be vectors. */
LLVMValueRef op_value(Code *code, const LoopExpr *expr, LLVMValueRef *arguments);
LLVMValueRef element_pointer(Code *code, BufferId buffer, int nindex, LoopExpr *const *index);
/* Of an element as it is stored. */
LLVMValueRef stored_value(Code *code, BufferId buffer, LLVMValueRef value);
LLVMValueRef loaded_value(Code *code, BufferId buffer, LLVMValueRef element);

/* ---- fma.c, random.c ---- */

LLVMValueRef fma_value(Code *code, LLVMValueRef *x);

LLVMValueRef random_key(Unit *unit, LLVMValueRef net, LLVMValueRef sample, LLVMValueRef step);
LLVMValueRef random_bits(const Unit *unit, LLVMValueRef key, LLVMValueRef number);

/* ---- loop.c ---- */

/* A loop that is being made: its body is what is built between begin and end. */
typedef struct Turns {
    LLVMBasicBlockRef head, after;
    LLVMValueRef var, step;
    bool around; /* the loops that become vectors are within it */
} Turns;

Turns loop_begin(Unit *unit, LLVMValueRef from, LLVMValueRef to, int step);
Turns loop_begin_down(Unit *unit, LLVMValueRef from, LLVMValueRef to);
void loop_end(Unit *unit, const Turns *turns);
/* True with *number set if the value is known now. */
bool is_known(LLVMValueRef value, long long *number);

/* ---- list.c ---- */

void list_statement(Code *code, const LoopStmt *stmt);

/* ---- next.c ---- */

/* The first of flags[from .. count-1] that is set, or count. */
LLVMValueRef next_flag(Unit *unit, LLVMValueRef flags, LLVMValueRef from, LLVMValueRef count);

/* ---- statement.c, vector.c ---- */

void code_block(Code *code, const LoopBlock *block);
void set_var(Code *code, VarId var, LLVMValueRef value);
/* In a vector loop: a value for each lane, and the store of a row. */
LLVMValueRef vector_value(Code *code, const LoopExpr *expr);
void vector_store(Code *code, const LoopStmt *stmt);

/* ---- kernel.c, launch.c, level.c, tables.c ---- */

/* Sets unit->functions; before kernels, which call them. */
void unit_functions(Unit *unit);
/* What works on the buffers of a kernel, which it is given in this order. */
typedef struct Worker {
    LLVMValueRef function;
    BufferId *buffers;
    int count;
} Worker;

/* Of a program that only predicts, by number of the kernel. They take no items. */
Worker *unit_workers(Unit *unit);
void call_worker(Unit *unit, const Worker *worker, LLVMValueRef const *buffers);
/* The functions of all kernels at a level, by number; those of another module are declared. */
LLVMValueRef *unit_kernels(Unit *unit, const Level *level);
void unit_phases(Unit *unit, int level, LLVMValueRef *kernels);
/* The member of an SnnModel that runs it. */
int phase_member(Phase phase);
/* `choose` of the SnnModel; a null pointer where there is no choice. */
LLVMValueRef unit_choice(Unit *unit);
void unit_tables(Unit *unit);

/* ---- debug.c ---- */

void debug_begin(Unit *unit);
void debug_end(Unit *unit);
/* What is built from here on comes from the kernel's line of the model. */
void debug_function(Code *code, const char *name);
void debug_buffer(Code *code, const Buffer *buffer, LLVMValueRef pointer, int argument);
/* From here on it comes from no line. */
void debug_nowhere(const Unit *unit);

/* ---- target.c, write.c, unit.c ---- */

/* False with *error set, in the arena. To be closed. */
bool target_open(Arena *arena, const BackendOptions *options, Target *target, const char **error);
void target_close(Target *target);
/* Checks, optimises and writes what was asked for. False with *error set. */
bool unit_write(Unit *unit, Out *out, const char **error);
/* All of it: makes the module of a program, or its share (NULL: all), in a context of its own. */
bool unit_make(Arena *arena, const Program *program, const BackendOptions *options, const Target *target,
               const Share *share, Out *out, const char **error);

/* ---- infer.c ---- */

/* Of a program that only predicts: its constants, kernels and functions. */
void unit_inference(Unit *unit);

/* ---- run.c ---- */

/* As `run` of a Backend. */
bool llvm_run(const Program *program, const BackendOptions *options, int argc, char **argv, int *status,
              const char **error);

#endif
