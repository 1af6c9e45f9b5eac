/* Random numbers by counter: runtime/base/snn_random.h. */
#include "layout.h"

static LLVMValueRef word(const Unit *unit, uint32_t number)
{
    return LLVMConstInt(unit->i32, number, false);
}

static LLVMValueRef fold(const Unit *unit, LLVMValueRef x, uint32_t shift)
{
    return LLVMBuildXor(unit->builder, x, LLVMBuildLShr(unit->builder, x, word(unit, shift), ""), "");
}

static LLVMValueRef mix(const Unit *unit, LLVMValueRef x)
{
    x = LLVMBuildMul(unit->builder, fold(unit, x, 16), word(unit, 0x7feb352du), "");
    x = LLVMBuildMul(unit->builder, fold(unit, x, 15), word(unit, 0x846ca68bu), "");
    return fold(unit, x, 16);
}

static LLVMValueRef mix_sum(const Unit *unit, LLVMValueRef x, uint32_t number)
{
    return mix(unit, LLVMBuildAdd(unit->builder, x, word(unit, number), ""));
}

LLVMValueRef random_key(Unit *unit, LLVMValueRef net, LLVMValueRef sample, LLVMValueRef step)
{
    bool known = unit->program->predicts; /* the seed, and where its numbers are used */
    LLVMValueRef seed =
        known ? word(unit, unit->program->seed) : load_member(unit, net, RECORD_SnnRun, SnnRun_seed);
    LLVMValueRef epoch =
        known ? word(unit, 0xffffffffu) : load_member(unit, net, RECORD_SnnRun, SnnRun_epoch);
    const struct {
        LLVMValueRef value;
        uint32_t offset;
    } parts[] = {{epoch, 0x85ebca6bu}, {sample, 0xc2b2ae35u}, {step, 0x27d4eb2fu}};
    LLVMValueRef key = mix_sum(unit, seed, 0x9e3779b9u);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        key = mix(unit, LLVMBuildXor(unit->builder, key, mix_sum(unit, parts[i].value, parts[i].offset), ""));
    return key;
}

LLVMValueRef random_bits(const Unit *unit, LLVMValueRef key, LLVMValueRef number)
{
    LLVMValueRef place = LLVMBuildMul(unit->builder, number, word(unit, 0x9e3779b9u), "");
    return mix(unit, LLVMBuildXor(unit->builder, key, place, ""));
}
