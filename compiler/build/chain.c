/* Chains as they are written: which stage a name stands for, and `x -> f(y)` as f(x, y). */
#include "build.h"

const Expr *stage_of(Scope **scope, const Expr *stage)
{
    for (int i = 0; i < MAX_NESTING && stage && stage->kind == EXPR_NAME; i++) {
        Entry *entry = scope_find(*scope, stage->name);
        if (!entry || entry->kind != ENTRY_FORMAL || !entry->expr)
            return stage;
        entry->used = true;
        stage = entry->expr;
        *scope = entry->scope;
    }
    return stage;
}

/* The left side of a chain under a name, for where names mean something else. */
static const Expr *name_left(Build *b, Scope *home, Scope *scope, const Expr *left, Scope **inner)
{
    *inner = scope_new(b, home);
    Entry *entry = NEW(b->arena, Entry);
    *entry = (Entry){.kind = ENTRY_FORMAL, .name = name_arrow, .span = left->span, .state = NONE};
    entry->expr = left;
    entry->scope = scope;
    entry->given = entry->used = entry->of_block = true;
    scope_add(b, *inner, entry);
    return expr_name(b->arena, left->span, name_arrow);
}

const Expr *chained_call(Build *b, const Expr *left, const Expr *stage)
{
    Args args = {0};
    Arg first = {.value = (Expr *)left, .span = left->span};
    vec_push(b->arena, &args, first);
    for (int i = 0; i < stage->args.count; i++)
        vec_push(b->arena, &args, stage->args.at[i]);
    return expr_call(b->arena, stage->span, stage->name, name_span(stage), args);
}

const Expr *chained_function(Build *b, Scope **scope, const Expr *chain)
{
    Scope *where = *scope, *home;
    const Expr *stage = stage_of(&where, chain->right), *left = chain->left;
    bool named = stage && (stage->kind == EXPR_NAME || stage->kind == EXPR_CALL);
    if (!named || !is_function(b, stage->name) || scope_definition(where, stage->name, STAGES, &home))
        return NULL;
    if (where != *scope)
        left = name_left(b, where, *scope, left, scope);
    return chained_call(b, left, stage);
}
