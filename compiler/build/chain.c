/* Chains as they are written: what a name stands for, and `x -> f(y)` as f(x, y). */
#include "build.h"

const Expr *given_as(Scope **scope, const Expr *expr)
{
    for (int i = 0; i < MAX_NESTING && expr && expr->kind == EXPR_NAME; i++) {
        Entry *entry = scope_find(*scope, expr->name);
        if (!entry || entry->kind != ENTRY_FORMAL || !entry->expr)
            return expr;
        entry->used = true;
        expr = entry->expr;
        *scope = entry->scope;
    }
    return expr;
}

/* The left side of a chain, under a name that only this scope has. */
static Entry *add_left(Build *b, Scope *scope, Span span)
{
    Entry *entry = NEW(b->arena, Entry);
    *entry = (Entry){.kind = ENTRY_FORMAL, .name = name_arrow, .span = span, .state = NONE};
    entry->given = entry->used = entry->of_block = true;
    scope_add(b, scope, entry);
    return entry;
}

/* For where names mean something else. */
const Expr *name_left(Build *b, Scope *home, Scope *scope, const Expr *left, Scope **inner)
{
    *inner = scope_new(b, home);
    Entry *entry = add_left(b, *inner, left->span);
    entry->expr = left;
    entry->scope = scope;
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
    const Expr *stage = given_as(&where, chain->right), *left = chain->left;
    bool named = stage && (stage->kind == EXPR_NAME || stage->kind == EXPR_CALL);
    if (!named || !is_function(b, stage->name) || scope_definition(where, stage->name, STAGES, &home))
        return NULL;
    if (where != *scope)
        left = name_left(b, where, *scope, left, scope);
    return chained_call(b, left, stage);
}

/* `left -> stages`, from left to right. */
static Expr *send_left(Build *b, const Expr *left, const Expr *stages)
{
    Expr *first = stages->kind == EXPR_CHAIN ? send_left(b, left, stages->left) : (Expr *)left;
    const Expr *last = stages->kind == EXPR_CHAIN ? stages->right : stages;
    return expr_chain(b->arena, stages->span, first, (Expr *)last);
}

const Expr *chained_in(Build *b, Scope **scope, const Expr *left, Scope *home, const Expr *stage)
{
    return send_left(b, name_left(b, home, *scope, left, scope), stage);
}

const Expr *chained_stages(Build *b, Scope **scope, const Expr *chain)
{
    Scope *where = *scope;
    const Expr *stages = given_as(&where, chain->right), *left = chain->left;
    if (!stages || stages->kind != EXPR_CHAIN)
        return NULL;
    if (where != *scope)
        left = name_left(b, where, *scope, left, scope);
    return send_left(b, left, stages);
}

Value send_through(Build *b, Value in, Span in_span, Scope *scope, const Expr *stage, const char *name)
{
    Scope *inner = scope_new(b, scope);
    Entry *left = add_left(b, inner, in_span);
    left->value = in;
    left->progress = ENTRY_DONE;
    Expr *right = NEW(b->arena, Expr);
    *right = *stage;
    Span span = {in_span.lo, stage->span.hi};
    Expr *chain = expr_chain(b->arena, span, expr_name(b->arena, in_span, name_arrow), right);
    return b->language->build(b, inner, chain, name);
}

/* A block reads what it is given where its equations do; any other stage takes it as it comes. */
Value send_made(Build *b, const Made *made, Span in_span, Scope *scope, const Expr *stage)
{
    stage = given_as(&scope, stage);
    Scope *inner = scope_new(b, scope), *home;
    add_left(b, inner, in_span)->made = made;
    Expr *left = expr_name(b->arena, in_span, name_arrow), *right = NEW(b->arena, Expr);
    *right = *stage;
    bool named = stage->kind == EXPR_NAME || stage->kind == EXPR_CALL;
    if (named && scope_definition(scope, stage->name, BLOCKS, &home))
        return b->language->build(b, inner, chained_call(b, left, stage), NULL);
    Span span = {in_span.lo, stage->span.hi};
    return b->language->build(b, inner, expr_chain(b->arena, span, left, right), NULL);
}
