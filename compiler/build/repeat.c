/* repeat(times, stage): a stage after itself, so many times. */
#include "build.h"

const char *const repeat_formals[] = {name_times, NULL, name_stage, NULL, NULL};

static bool check_order(Build *b, const Entry *times, const Entry *stage)
{
    if (stage->expr->kind != EXPR_NUMBER || times->expr->kind == EXPR_NUMBER)
        return true;
    report(b, RULE_STREAM, times->expr->span, "the number of repetitions stands first");
    report_hint(b, "`repeat(%s, %s)`", ast_expr_text(b->arena, stage->expr),
                ast_expr_text(b->arena, times->expr));
    return false;
}

Value build_repeat(Build *b, const StageUse *use)
{
    const Scope *frame = bind_stage(b, use->stage, use->expr, use->scope);
    const Entry *times = given_argument(frame, name_times), *stage = given_argument(frame, name_stage);
    int count;
    if (frame->wrong || !times || !stage || !check_order(b, times, stage))
        return value_poison();
    if (!constant_integer(b, times->scope, times->expr, "the number of repetitions", 1, MAX_BLOCKS, &count)) {
        resolve_names(b, stage->scope, stage->expr);
        return value_poison();
    }
    Value value = use->in;
    for (int k = 1; k <= count && value.kind != VALUE_POISON && !b->too_large; k++)
        value =
            send_through(b, value, use->in_span, stage->scope, stage->expr, k == count ? use->name : NULL);
    return value;
}
