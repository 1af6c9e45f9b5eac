/* Lists of flags that are set, as runtime/kernels/snn_list.h makes them: eight flags that are far from each other make a
 * byte, and a table, if there is room for one, has the bits that are set in it. */
#include "llvm.h"

enum {
    BITS = 8,    /* of a byte */
    LEAST = 32,  /* flags; fewer are looked at one by one */
    BYTES = 256, /* that are packed in one go */
};

/* The list that is being made. */
typedef struct List {
    Unit *unit;
    LLVMValueRef flags, elements, end; /* end: where the number of those that are listed stands */
    LLVMTypeRef element;               /* i16 or i32 */
    LLVMValueRef positions;            /* of every byte, eight: of the bits that are set; NULL: no table */
    LLVMValueRef bytes, filled;        /* room for BYTES bytes, and for positions of those that are not 0 */
} List;

static LLVMValueRef at_index(const Unit *unit, LLVMTypeRef type, LLVMValueRef base, LLVMValueRef index)
{
    return LLVMBuildInBoundsGEP2(unit->builder, type, base, &index, 1, "");
}

static LLVMValueRef load_index(const Unit *unit, LLVMTypeRef type, LLVMValueRef base, LLVMValueRef index)
{
    return LLVMBuildLoad2(unit->builder, type, at_index(unit, type, base, index), "");
}

static LLVMValueRef add(const Unit *unit, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildNSWAdd(unit->builder, a, b, "");
}

static void advance(const List *list, LLVMValueRef by)
{
    LLVMBuilderRef builder = list->unit->builder;
    LLVMValueRef end = LLVMBuildLoad2(builder, list->unit->i32, list->end, "");
    LLVMBuildStore(builder, add(list->unit, end, by), list->end);
}

/* [256][BITS] bytes of the program. */
static LLVMValueRef position_table(Unit *unit)
{
    static const char name[] = "positions_of_bits";
    LLVMValueRef known = LLVMGetNamedGlobal(unit->module, name);
    if (known)
        return known;
    LLVMValueRef all[256 * BITS];
    for (int byte = 0; byte < 256; byte++) {
        int count = 0;
        for (int bit = 0; bit < BITS; bit++)
            if (byte >> bit & 1)
                all[byte * BITS + count++] = LLVMConstInt(unit->i16, (unsigned)bit, false);
        while (count < BITS)
            all[byte * BITS + count++] = LLVMConstNull(unit->i16);
    }
    LLVMValueRef values = LLVMConstArray2(unit->i16, all, sizeof all / sizeof *all);
    LLVMValueRef table = LLVMAddGlobal(unit->module, LLVMTypeOf(values), name);
    LLVMSetInitializer(table, values);
    LLVMSetGlobalConstant(table, true);
    LLVMSetLinkage(table, LLVMPrivateLinkage);
    LLVMSetAlignment(table, 16);
    return table;
}

/* Bit k of bytes[w] = flags[first + w + k * stride]. */
static void pack(const List *list, int first, int count, int stride, int bits)
{
    Unit *unit = list->unit;
    LLVMBuilderRef builder = unit->builder;
    Turns w = loop_begin(unit, int_constant(unit, 0), int_constant(unit, count), 1);
    LLVMValueRef byte = NULL;
    for (int k = bits - 1; k >= 0; k--) {
        LLVMValueRef at = add(unit, w.var, int_constant(unit, first + k * stride));
        LLVMValueRef flag = load_index(unit, unit->i8, list->flags, at);
        byte = byte ? LLVMBuildAdd(builder, LLVMBuildAdd(builder, byte, byte, ""), flag, "") : flag;
    }
    LLVMBuildStore(builder, byte, at_index(unit, unit->i8, list->bytes, w.var));
    loop_end(unit, &w);
}

/* filled[0 .. result - 1] = the bytes that are not 0. */
static LLVMValueRef find_filled(const List *list, int count)
{
    Unit *unit = list->unit;
    LLVMBuilderRef builder = unit->builder;
    LLVMValueRef some = stack_room(unit, unit->i32);
    LLVMBuildStore(builder, int_constant(unit, 0), some);
    Turns w = loop_begin(unit, int_constant(unit, 0), int_constant(unit, count), 1);
    LLVMValueRef now = LLVMBuildLoad2(builder, unit->i32, some, "");
    LLVMBuildStore(builder, LLVMBuildTrunc(builder, w.var, unit->i16, ""),
                   at_index(unit, unit->i16, list->filled, now));
    LLVMValueRef byte = load_index(unit, unit->i8, list->bytes, w.var);
    LLVMValueRef is = LLVMBuildICmp(builder, LLVMIntNE, byte, LLVMConstNull(unit->i8), "");
    LLVMBuildStore(builder, add(unit, now, LLVMBuildZExt(builder, is, unit->i32, "")), some);
    loop_end(unit, &w);
    return LLVMBuildLoad2(builder, unit->i32, some, "");
}

static LLVMValueRef in_all(const List *list, LLVMValueRef x)
{
    LLVMBuilderRef builder = list->unit->builder;
    LLVMTypeRef type = LLVMVectorType(list->element, BITS);
    LLVMValueRef one =
        LLVMBuildInsertElement(builder, LLVMGetPoison(type), x, int_constant(list->unit, 0), "");
    return LLVMBuildShuffleVector(builder, one, LLVMGetPoison(type),
                                  LLVMConstNull(LLVMVectorType(list->unit->i32, BITS)), "");
}

/* Appends first + positions * stride of the bits of a byte: all eight are written, those that are set count. */
static void append_byte(const List *list, LLVMValueRef byte, LLVMValueRef first, int stride)
{
    Unit *unit = list->unit;
    LLVMBuilderRef builder = unit->builder;
    LLVMTypeRef eight = LLVMVectorType(unit->i16, BITS), wide = LLVMVectorType(list->element, BITS);
    LLVMValueRef row =
        LLVMBuildShl(builder, LLVMBuildZExt(builder, byte, unit->i32, ""), int_constant(unit, 3), "");
    LLVMValueRef positions =
        LLVMBuildLoad2(builder, eight, at_index(unit, unit->i16, list->positions, row), "");
    LLVMSetAlignment(positions, 16);
    LLVMValueRef factor = in_all(list, LLVMConstInt(list->element, (unsigned)stride, false));
    LLVMValueRef begin = in_all(list, LLVMBuildIntCast2(builder, first, list->element, false, ""));
    LLVMValueRef places =
        LLVMBuildMul(builder, LLVMBuildIntCast2(builder, positions, wide, false, ""), factor, "");
    places = LLVMBuildAdd(builder, places, begin, "");
    LLVMValueRef end = LLVMBuildLoad2(builder, unit->i32, list->end, "");
    LLVMValueRef stored = LLVMBuildStore(builder, places, at_index(unit, list->element, list->elements, end));
    LLVMSetAlignment(stored, list->element == unit->i16 ? 2 : 4);
    advance(list,
            LLVMBuildZExt(builder, call_intrinsic(unit, "llvm.ctpop", unit->i8, &byte, 1), unit->i32, ""));
}

/* The same, bit by bit. */
static void append_bits(const List *list, LLVMValueRef byte, LLVMValueRef first, int stride)
{
    Unit *unit = list->unit;
    LLVMBuilderRef builder = unit->builder;
    LLVMValueRef bits = LLVMBuildZExt(builder, byte, unit->i32, ""), one = int_constant(unit, 1);
    for (int k = 0; k < BITS; k++) {
        LLVMValueRef place = add(unit, first, int_constant(unit, k * stride));
        LLVMValueRef end = LLVMBuildLoad2(builder, unit->i32, list->end, "");
        LLVMBuildStore(builder, LLVMBuildIntCast2(builder, place, list->element, false, ""),
                       at_index(unit, list->element, list->elements, end));
        LLVMValueRef shifted = LLVMBuildLShr(builder, bits, int_constant(unit, k), "");
        advance(list, LLVMBuildAnd(builder, shifted, one, ""));
    }
}

/* Of first + w + k * stride, w = 0 .. stride - 1, for each w k = 0 .. bits - 1, those whose flags are set. */
static void part(const List *list, int first, int stride, int bits)
{
    Unit *unit = list->unit;
    for (int begin = first; begin < first + stride; begin += BYTES) {
        int left = first + stride - begin, count = left < BYTES ? left : BYTES;
        pack(list, begin, count, stride, bits);
        Turns f = loop_begin(unit, int_constant(unit, 0), find_filled(list, count), 1);
        LLVMValueRef w = load_index(unit, unit->i16, list->filled, f.var);
        w = LLVMBuildZExt(unit->builder, w, unit->i32, "");
        LLVMValueRef byte = load_index(unit, unit->i8, list->bytes, w);
        (list->positions ? append_byte : append_bits)(list, byte, add(unit, w, int_constant(unit, begin)),
                                                      stride);
        loop_end(unit, &f);
    }
}

static void one_by_one(const List *list, int from, int to)
{
    Unit *unit = list->unit;
    LLVMBuilderRef builder = unit->builder;
    Turns n = loop_begin(unit, int_constant(unit, from), int_constant(unit, to), 1);
    LLVMValueRef end = LLVMBuildLoad2(builder, unit->i32, list->end, "");
    LLVMBuildStore(builder, LLVMBuildIntCast2(builder, n.var, list->element, false, ""),
                   at_index(unit, list->element, list->elements, end));
    advance(list, LLVMBuildZExt(builder, load_index(unit, unit->i8, list->flags, n.var), unit->i32, ""));
    loop_end(unit, &n);
}

/* In the order of loop_list_position(). */
static void all_parts(const List *list, int count)
{
    int done = 0;
    if (count >= LEAST) {
        int lanes = count >= 16 * BITS ? 16 : count >= 8 * BITS ? 8 : 4;
        int stride = count / (BITS * lanes) * lanes, left = count - stride * BITS;
        int last = left < 8 * (BITS + 1) ? 8 : 16, bits = left / last;
        part(list, 0, stride, BITS);
        done = stride * BITS;
        if (bits > 1) {
            part(list, done, last, bits);
            done += last * bits;
        }
    }
    if (done < count)
        one_by_one(list, done, count);
}

/* On a bare processor 4 KiB are much beside the weights, and the only constants are those that the header counts. */
static bool has_room_for_table(const Unit *unit)
{
    const TargetRow *target = unit->options->target;
    return !target || target->system != TARGET_NONE;
}

void list_statement(Code *code, const LoopStmt *stmt)
{
    Unit *unit = code->unit;
    LLVMBuilderRef builder = unit->builder;
    const LoopExpr *flags = stmt->value;
    List list = {.unit = unit,
                 .flags = element_pointer(code, flags->buffer, flags->nargs, flags->args),
                 .elements = element_pointer(code, stmt->buffer, stmt->nindex, stmt->index),
                 .end = stack_room(unit, unit->i32),
                 .element = element_type(unit, unit->program->buffers.at[stmt->buffer].type),
                 .positions = has_room_for_table(unit) ? position_table(unit) : NULL,
                 .bytes = stack_room(unit, LLVMArrayType2(unit->i8, BYTES)),
                 .filled = stack_room(unit, LLVMArrayType2(unit->i16, BYTES))};
    LLVMBuildStore(builder, int_constant(unit, 0), list.end);
    all_parts(&list, stmt->count);
    LLVMValueRef before = LLVMBuildLoad2(builder, unit->i32, code->vars[stmt->var], "");
    LLVMValueRef listed = LLVMBuildLoad2(builder, unit->i32, list.end, "");
    LLVMBuildStore(builder, add(unit, before, listed), code->vars[stmt->var]);
}
