/* The runtime's structs, described once in layout.def: for LLVM, and compared with what C makes of them. */
#include "layout.h"

#include "snn.h"

/* ---- C's structs are these ---- */

typedef void *MirrorPOINTER;
typedef int32_t MirrorINT;
typedef int64_t MirrorLONG;
typedef size_t MirrorWORD;
typedef float MirrorFLOAT;
typedef bool MirrorTRUTH;

#define ELEMENTS(count) ((count) > 0 ? (count) : 1)

#define RECORD(record) typedef struct Mirror##record {
#define MEMBER(record, name, path, kind, count) Mirror##kind name[ELEMENTS(count)];
#define END(record) \
    }               \
    Mirror##record;
#include "layout.def"
#undef RECORD
#undef MEMBER
#undef END

#define RECORD(record)                                                                                   \
    _Static_assert(sizeof(Mirror##record) == sizeof(record), #record " has members that layout.def has " \
                                                                     "not");
#define MEMBER(record, name, path, kind, count)                                               \
    _Static_assert(offsetof(Mirror##record, name) == offsetof(record, path)                   \
                       && sizeof(((Mirror##record *)0)->name) == sizeof(((record *)0)->path), \
                   #record ": layout.def is wrong about " #path);
#define END(record)
#include "layout.def"
#undef RECORD
#undef MEMBER
#undef END

/* ---- and LLVM's ---- */

typedef enum Kind { KIND_POINTER, KIND_INT, KIND_LONG, KIND_WORD, KIND_FLOAT, KIND_TRUTH } Kind;

typedef struct Member {
    Record record;
    Kind kind;
    int count;
} Member;

/* Of all records, one behind the other. */
static const Member all_members[] = {
#define RECORD(record)
#define MEMBER(record, name, path, kind, count) {RECORD_##record, KIND_##kind, count},
#define END(record)
#include "layout.def"
#undef RECORD
#undef MEMBER
#undef END
};

static const int counts[RECORD_COUNT] = {
#define RECORD(record) [RECORD_##record] = record##_count,
#define MEMBER(record, name, path, kind, count)
#define END(record)
#include "layout.def"
#undef RECORD
#undef MEMBER
#undef END
};

static const Member *members_of(Record record)
{
    const Member *first = all_members;
    while (first->record != record)
        first++;
    return first;
}

static LLVMTypeRef kind_type(const Unit *unit, Kind kind)
{
    switch (kind) {
    case KIND_POINTER: return unit->pointer;
    case KIND_INT: return unit->i32;
    case KIND_LONG: return unit->i64;
    case KIND_WORD: return unit->word;
    case KIND_FLOAT: return unit->f32;
    case KIND_TRUTH: break;
    }
    return unit->i8;
}

/* The type of a member, or of its elements. */
static LLVMTypeRef member_type(const Unit *unit, Record record, int member)
{
    return kind_type(unit, members_of(record)[member].kind);
}

static LLVMTypeRef whole_type(const Unit *unit, Record record, int member)
{
    LLVMTypeRef type = member_type(unit, record, member);
    int count = members_of(record)[member].count;
    return count > 0 ? LLVMArrayType2(type, (uint64_t)count) : type;
}

void layout_types(Unit *unit)
{
    for (Record record = 0; record < RECORD_COUNT; record++) {
        LLVMTypeRef *types = NEW_ARRAY(unit->arena, LLVMTypeRef, counts[record]);
        for (int i = 0; i < counts[record]; i++)
            types[i] = whole_type(unit, record, i);
        unit->records[record] =
            LLVMStructTypeInContext(unit->context, types, (unsigned)counts[record], false);
    }
}

/* ---- rows ---- */

Row row_new(Unit *unit, Record record)
{
    Row row = {unit, record, NEW_ARRAY(unit->arena, LLVMValueRef, counts[record])};
    for (int i = 0; i < counts[record]; i++)
        row.members[i] = LLVMConstNull(whole_type(unit, record, i));
    return row;
}

void row_value(Row *row, int member, LLVMValueRef value)
{
    row->members[member] = value;
}

void row_number(Row *row, int member, long long number)
{
    LLVMTypeRef type = member_type(row->unit, row->record, member);
    row_value(row, member, LLVMConstInt(type, (unsigned long long)number, true));
}

void row_float(Row *row, int member, double number)
{
    row_value(row, member, LLVMConstReal(row->unit->f32, (double)(float)number));
}

void row_text(Row *row, int member, const char *text)
{
    row_value(row, member, text_constant(row->unit, text));
}

void row_values(Row *row, int member, LLVMValueRef *values, int count)
{
    LLVMTypeRef type = member_type(row->unit, row->record, member);
    int room = members_of(row->record)[member].count;
    LLVMValueRef *all = NEW_ARRAY(row->unit->arena, LLVMValueRef, room);
    for (int i = 0; i < room; i++)
        all[i] = i < count ? values[i] : LLVMConstNull(type);
    row_value(row, member, LLVMConstArray2(type, all, (uint64_t)room));
}

void row_numbers(Row *row, int member, const int *numbers, int count)
{
    LLVMTypeRef type = member_type(row->unit, row->record, member);
    LLVMValueRef *values = NEW_ARRAY(row->unit->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        values[i] = LLVMConstInt(type, (unsigned long long)numbers[i], true);
    row_values(row, member, values, count);
}

LLVMValueRef row_constant(const Row *row)
{
    return LLVMConstStructInContext(row->unit->context, row->members, (unsigned)counts[row->record], false);
}

/* ---- tables ---- */

static LLVMValueRef constant(Unit *unit, const char *name, LLVMValueRef value)
{
    LLVMValueRef global = LLVMAddGlobal(unit->module, LLVMTypeOf(value), name);
    LLVMSetInitializer(global, value);
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    return global;
}

LLVMValueRef table_constant(Unit *unit, const char *name, LLVMTypeRef type, LLVMValueRef *rows, int count)
{
    return count > 0 ? constant(unit, name, LLVMConstArray2(type, rows, (uint64_t)count))
                     : LLVMConstNull(unit->pointer);
}

LLVMValueRef text_constant(Unit *unit, const char *text)
{
    return text ? constant(unit, "text", LLVMConstStringInContext2(unit->context, text, strlen(text), false))
                : LLVMConstNull(unit->pointer);
}
