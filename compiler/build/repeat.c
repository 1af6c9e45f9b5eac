/* repeat(times, stage): a stage after itself, so many times. */
#include "build.h"

const char *const repeat_formals[] = {name_times, NULL, name_stage, NULL, NULL};

/* What it is told by its own, no stage says before it is built. */
bool repeat_shape(Build *b, const Scope *frame, const Shape *in, Shape *shape)
{
    (void)b, (void)frame, (void)in, (void)shape;
    return false;
}

/* `in -> stage`, for a stage with names from where it was given. */
static Value build_once(Build *b, const StageUse *use, const Entry *stage, Value in, const char *name)
{
    Scope *scope = scope_new(b, stage->scope);
    Expr *left = expr_name(b->arena, use->in_span, name_arrow), *right = NEW(b->arena, Expr);
    *right = *stage->expr;
    Entry *entry = NEW(b->arena, Entry);
    *entry = (Entry){.kind = ENTRY_FORMAL, .name = name_arrow, .span = use->in_span, .state = NONE};
    entry->progress = ENTRY_DONE;
    entry->of_block = entry->used = true;
    entry->value = in;
    scope_add(b, scope, entry);
    Span span = {use->in_span.lo, use->expr->span.hi};
    return b->language->build(b, scope, expr_chain(b->arena, span, left, right), name);
}

Value build_repeat(Build *b, const StageUse *use)
{
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    const Entry *times = given_argument(frame, name_times), *stage = given_argument(frame, name_stage);
    int count;
    if (frame->wrong || !times || !stage)
        return value_poison();
    if (!constant_integer(b, times->scope, times->expr, "the number of repetitions", 1, MAX_BLOCKS, &count)) {
        resolve_names(b, stage->scope, stage->expr);
        return value_poison();
    }
    Value value = use->in;
    for (int k = 1; k <= count && value.kind != VALUE_POISON && !b->too_large; k++)
        value = build_once(b, use, stage, value, k == count ? use->name : NULL);
    return value;
}
