/* Constants of the runtime's structs: see layout.def. */
#ifndef SNNC_LLVM_LAYOUT_H
#define SNNC_LLVM_LAYOUT_H

#include "llvm.h"

/* SnnLaunch_kernel, SnnLaunch_items, ... number the members of a record. */
#define RECORD(record) enum {
#define MEMBER(record, name, path, kind, count) record##_##name,
#define END(record) \
    record##_count  \
    }               \
    ;
#include "layout.def"
#undef RECORD
#undef MEMBER
#undef END

/* A constant being made. */
typedef struct Row {
    Unit *unit;
    Record record;
    LLVMValueRef *members; /* by number; those that are not set are 0 */
} Row;

void layout_types(Unit *unit); /* sets unit->records */
Row row_new(Unit *unit, Record record);
void row_number(Row *row, int member, long long number);
void row_float(Row *row, int member, double number);
void row_text(Row *row, int member, const char *text); /* NULL: a null pointer */
void row_value(Row *row, int member, LLVMValueRef value);
/* Elements of a member that is an array, from its beginning on. */
void row_numbers(Row *row, int member, const int *numbers, int count);
void row_values(Row *row, int member, LLVMValueRef *values, int count);
LLVMValueRef row_constant(const Row *row);

/* A constant table of these rows in the program, of pointers, ...; a null pointer where there is none. */
LLVMValueRef table_constant(Unit *unit, const char *name, LLVMTypeRef type, LLVMValueRef *rows, int count);
LLVMValueRef text_constant(Unit *unit, const char *text);

#endif
