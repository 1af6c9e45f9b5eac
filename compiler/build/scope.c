/* Names and definitions: who sees whom, and reporting a mistake once. */
#include "build.h"

#include "words.h"

/* Constants of every formula; nothing else may have these names. */
static const char *const reserved_names[] = {name_true, name_false, name_pi, name_dt, name_steps};
enum { RESERVED_COUNT = sizeof reserved_names / sizeof reserved_names[0] };

static bool is_in_library(const Build *b, Span span)
{
    return source_is_library(b->net->sources, span);
}

Span blamed(const Build *b, Span span)
{
    return b->use && is_in_library(b, span) ? b->use->span : span;
}

bool report_wanted(Build *b, Rule rule, Span span)
{
    if (b->mute > 0 || diag_is_full(b->diag))
        return b->mute == 0;
    if (b->use && is_in_library(b, span) && b->reports.count > b->before_use)
        return false;
    span = blamed(b, span);
    for (int i = 0; i < b->reports.count; i++)
        if (b->reports.at[i].rule == rule && b->reports.at[i].place == span.lo)
            return false;
    Reported reported = {rule, span.lo};
    vec_push(b->arena, &b->reports, reported);
    return true;
}

void note_moved(Build *b, Span span, bool mistake)
{
    if (!b->use || !is_in_library(b, span))
        return;
    b->moved += mistake;
    diag_note(b->diag, span, "in the equations of `%s`", b->use->name);
}

Use use_begin(Build *b, const Call *call)
{
    Use use = {call, b->use, b->diag->errors, b->moved};
    if (call->span.hi > 0 && !is_in_library(b, call->span)) {
        b->use = call;
        b->before_use = b->reports.count;
    }
    return use;
}

void use_end(Build *b, const Use *use)
{
    b->use = use->outer;
    bool inside = b->diag->errors - use->errors > b->moved - use->moved;
    if (b->mute == 0 && inside && use->call->span.hi > 0)
        diag_note(b->diag, use->call->span, "in this use of `%s`", use->call->name);
}

bool hint_wanted(const Build *b)
{
    return b->reported && !diag_is_full(b->diag);
}

/* A word of another language may be close to a name by chance: its row comes first. */
bool hint_closest(Build *b, const char *name, const Names *candidates)
{
    if (!hint_wanted(b))
        return true;
    const char *advice = foreign_word(name), *closest = closest_name(name, candidates->at, candidates->count);
    if (closest && (!advice || same_word(name, closest)))
        report_hint(b, "did you mean `%s`?", closest);
    else if (advice)
        report_hint(b, "%s", advice);
    return closest || advice;
}

void hint_known(Build *b, const char *what, const char *name, const Names *candidates)
{
    enum { LISTED = 32 };
    if (hint_closest(b, name, candidates) || candidates->count == 0 || candidates->count > LISTED)
        return;
    const char *list = "";
    for (int i = 0; i < candidates->count; i++)
        list = arena_printf(b->arena, "%s%s`%s`", list, i ? ", " : "", candidates->at[i]);
    report_hint(b, "%s: %s", what, list);
}

Scope *scope_new(Build *b, Scope *parent)
{
    Scope *scope = NEW(b->arena, Scope);
    scope->parent = parent;
    return scope;
}

Entry *scope_own(const Scope *scope, const char *name)
{
    int index = table_find(&scope->names, &name, sizeof name);
    return index == TABLE_NONE ? NULL : scope->entries.at[index];
}

/* Of two entries with one name, the first is found. */
void scope_add(Build *b, Scope *scope, Entry *entry)
{
    if (!scope_own(scope, entry->name))
        table_put(b->arena, &scope->names, &entry->name, sizeof entry->name, scope->entries.count);
    vec_push(b->arena, &scope->entries, entry);
}

Entry *scope_find(const Scope *scope, const char *name)
{
    for (; scope; scope = scope->parent) {
        Entry *entry = scope_own(scope, name);
        if (!entry)
            continue;
        entry->named = true;
        return entry;
    }
    return NULL;
}

bool is_constant_name(const char *name)
{
    for (int i = 0; i < RESERVED_COUNT; i++)
        if (reserved_names[i] == name)
            return true;
    return false;
}

static bool check_new_name(Build *b, const Scope *scope, const char *name, Span span)
{
    if (is_constant_name(name)) {
        report(b, RULE_DUPLICATE_NAME, span, "`%s` is a constant of the language", name);
        report_hint(b, "choose another name");
        return false;
    }
    const Entry *first = scope_own(scope, name);
    if (!first)
        return true;
    report(b, RULE_DUPLICATE_NAME, span, "`%s` is defined already", name);
    report_note(b, first->span, "the first `%s` is here", name);
    return false;
}

Entry *scope_define(Build *b, Scope *scope, EntryKind kind, const char *name, Span span)
{
    bool fine = check_new_name(b, scope, name, span);
    Entry *first = scope_own(scope, name);
    if (first) {
        first->twice = true;
        return NULL;
    }
    Entry *entry = NEW(b->arena, Entry);
    *entry = (Entry){.kind = kind, .name = name, .span = span, .state = NONE};
    if (!fine) { /* so that its uses are not mistakes as well */
        entry->progress = ENTRY_DONE;
        entry->value = value_poison();
    }
    scope_add(b, scope, entry);
    return fine ? entry : NULL;
}

/* Neurons and blocks are both stages, so they share names; a surrogate may be called like a neuron. */
static int kinds_beside(DefKind kind)
{
    int set = 1 << kind;
    return set & STAGES ? STAGES : set;
}

static const Def *own_definition(const Scope *scope, const char *name, int kinds)
{
    for (int i = 0; i < scope->defs.count; i++) {
        const Def *def = scope->defs.at[i];
        if ((kinds & 1 << def->kind) && def->name == name)
            return def;
    }
    return NULL;
}

const Def *scope_definition(Scope *scope, const char *name, int kinds, Scope **home)
{
    for (; scope; scope = scope->parent) {
        const Def *def = own_definition(scope, name, kinds);
        if (def) {
            *home = scope;
            return def;
        }
    }
    return NULL;
}

static void check_formals(Build *b, const Def *def)
{
    Scope *names = scope_new(b, NULL);
    for (int i = 0; i < def->formals.count; i++)
        scope_define(b, names, ENTRY_FORMAL, def->formals.at[i].name, def->formals.at[i].span);
}

bool scope_add_definition(Build *b, Scope *scope, const Def *def)
{
    check_formals(b, def);
    const Def *first = own_definition(scope, def->name, kinds_beside(def->kind));
    if (first) {
        report(b, RULE_DUPLICATE_NAME, def->name_span, "`%s` is defined already", def->name);
        report_note(b, first->name_span, "the first `%s` is here", def->name);
        return false;
    }
    vec_push(b->arena, &scope->defs, def);
    return true;
}

bool is_definition_used(const Build *b, const Def *def)
{
    for (int i = 0; i < b->seen.count; i++)
        if (b->seen.at[i] == def)
            return true;
    return false;
}

bool scope_is_inside(const Scope *scope, const Def *def)
{
    while (scope) {
        if (scope->block == def)
            return true;
        scope = scope->block ? scope->caller : scope->parent;
    }
    return false;
}

void scope_names(Build *b, const Scope *scope, Names *names)
{
    for (; scope; scope = scope->parent)
        for (int i = 0; i < scope->entries.count; i++)
            vec_push(b->arena, names, scope->entries.at[i]->name);
    for (int i = 0; i < RESERVED_COUNT; i++)
        vec_push(b->arena, names, reserved_names[i]);
}

void definition_names(Build *b, const Scope *scope, int kinds, Names *names)
{
    for (; scope; scope = scope->parent)
        for (int i = 0; i < scope->defs.count; i++)
            if (kinds & 1 << scope->defs.at[i]->kind)
                vec_push(b->arena, names, scope->defs.at[i]->name);
}
