/* The items of a model: time, constants, bindings; and the walk over them. */
#include "build.h"

#include "words.h"

/* ---- time --------------------------------------------------------------------------------------------- */

static bool build_dt(Build *b, const Expr *extra)
{
    Value dt = constant_number(b, b->model, extra, "the length of a step");
    if (dt.kind == VALUE_POISON)
        return false;
    bool time = unit_equal(dt.unit, unit_time);
    if (time && dt.number > 0) {
        b->net->dt = dt.number;
        return true;
    }
    const char *found = time ? arena_printf(b->arena, "%.15g ms", dt.number) : unit_text(b->arena, dt.unit);
    report(b, RULE_TIME, extra->span, "the length of a step must be a positive time, found %s", found);
    report_hint(b, "as in `of 1 ms`");
    return false;
}

static void build_time(Build *b, const Item *item)
{
    int steps = 0;
    bool fine = constant_integer(b, b->model, item->value, "the number of steps", 1, MAX_STEPS, &steps);
    if (item->extra)
        fine &= build_dt(b, item->extra);
    b->net->steps = fine ? steps : 1; /* 1 stands for what was reported */
    b->time_known = fine;
}

/* ---- bindings ---------------------------------------------------------------------------------------- */

/* Whether the text, as it is, could stand behind `let`. */
static bool is_constant_text(Build *b, const Expr *expr)
{
    Context c = context_constant(b);
    b->mute++;
    Value value = eval(&c, b->model, expr);
    b->mute--;
    return value.kind != VALUE_POISON;
}

static void report_constant(Build *b, const Item *item, ValueKind kind)
{
    bool constant = is_constant_text(b, item->value), scalar = kind == VALUE_SCALAR;
    report(b, RULE_STREAM, item->value->span, "`%s` is %s, not a stream", item->name,
           scalar ? "the same for all samples" : "a constant");
    if (scalar)
        report_hint(b, "write `schedule %s = ...`", item->name);
    else if (is_setting(item->name))
        report_hint(b, "%s", foreign_word(item->name));
    else if (constant)
        report_hint(b, "write `let %s = ...`", item->name);
    else if (is_count(item->value))
        report_hint(b, "write it where the number is used, or as an equation of a block");
    else
        report_hint(b, "a stream is made of another one, as in `%s = step(image - 0.5, atan(2))`",
                    item->name);
}

static void build_binding(Build *b, const Item *item)
{
    Entry *entry = scope_own(b->model, item->name);
    if (!entry || entry->expr != item->value) /* a second definition: reported */
        return;
    b->binding = item->name;
    entry->progress = ENTRY_BUSY;
    enter_phrase(b, item->value->span);
    Value value = build_value(b, b->model, item->value, item->name);
    b->phrase = NONE;
    if (value.kind == VALUE_NUMBER || value.kind == VALUE_FLAG || value.kind == VALUE_SCALAR) {
        report_constant(b, item, value.kind);
        value = value_poison();
    }
    entry->value = entry->twice ? value_poison() : value; /* who knows which of them was meant */
    entry->progress = ENTRY_DONE;
}

/* ---- names ------------------------------------------------------------------------------------------- */

static void declare(Build *b, Scope *scope, EntryKind kind, const Item *item)
{
    Entry *entry = scope_define(b, scope, kind, item->name, item->name_span);
    if (!entry)
        return;
    entry->expr = item->value;
    entry->scope = scope;
}

static void declare_item(Build *b, const Item *item)
{
    switch (item->kind) {
    case ITEM_LET: declare(b, b->model, ENTRY_LET, item); break;
    case ITEM_BIND:
        declare(b, b->model, ENTRY_STREAM, item);
        unique_name(b->arena, &b->names, item->name);
        break;
    case ITEM_DEF: declare_definition(b, b->model, item->def); break;
    case ITEM_DATA:
    case ITEM_TIME:
    case ITEM_PREDICT:
    case ITEM_METRIC:
    case ITEM_TRAIN: break;
    }
}

static void declare_file(Build *b, Scope *scope, const File *file)
{
    for (int i = 0; i < file->lets.count; i++)
        declare(b, scope, ENTRY_LET, file->lets.at[i]);
    for (int i = 0; i < file->defs.count; i++)
        declare_definition(b, scope, file->defs.at[i]);
}

static void force_lets(Build *b, Scope *scope)
{
    for (int i = 0; i < scope->entries.count; i++)
        if (scope->entries.at[i]->kind == ENTRY_LET)
            let_value(b, scope->entries.at[i]);
}

/* ---- the model --------------------------------------------------------------------------------------- */

/* An earlier item of the same kind and name, if it has one; or NULL. */
static const Item *same_before(const Model *model, int index)
{
    const Item *item = model->items.at[index];
    for (int i = 0; i < index; i++)
        if (model->items.at[i]->kind == item->kind && model->items.at[i]->name == item->name)
            return model->items.at[i];
    return NULL;
}

/* The first item of this kind; a second one is reported, unless they have names, a missing one too if `hint` says how
 * to add it. */
static const Item *only_item(Build *b, const Model *model, ItemKind kind, const char *what, const char *hint)
{
    const Item *found = NULL;
    for (int i = 0; i < model->items.count; i++) {
        const Item *item = model->items.at[i], *first = same_before(model, i);
        if (item->kind != kind)
            continue;
        found = found ? found : item;
        if (!first)
            continue;
        report(b, RULE_DUPLICATE_ITEM, item->span, "a second `%s%s%s`", what, item->name ? " " : "",
               item->name ? item->name : "");
        report_note(b, first->span, "the first is here");
        if (kind == ITEM_PREDICT && !item->name)
            report_hint(b, "several have names, as in `predict digit = argmax(rate(out))`");
    }
    if (!found && hint) {
        /* not through report(): several may be missing at this one place */
        diag_error(b->diag, RULE_MISSING_ITEM, model->name_span, "the model `%s` has no `%s`", model->name,
                   what);
        diag_hint(b->diag, "%s", hint);
    }
    return found;
}

/* A neuron, or a formula of which the spikes are, as of `psn`: not one that only chooses among those of others. */
static bool may_fire(Build *b, const Node *scan)
{
    const Stream *out = stream_at(b, scan->outs.at[0].stream);
    bool steps = !scan->formula;
    for (int i = 0; i < scan->body.code.count; i++)
        steps = steps || scan->body.code.at[i].op == OP_STEP;
    return steps && out->kind == STREAM_SPIKES && out->steps && out->batched && !scan->of_loss;
}

static void add_activities(Build *b)
{
    int count = b->net->nodes.count;
    for (int i = 0; i < count; i++) {
        const Node *scan = &b->net->nodes.at[i];
        if (scan->kind != NODE_SCAN || !may_fire(b, scan))
            continue;
        Node node = node_new(NODE_ACTIVITY, scan->span);
        node.in = scan->outs.at[0].stream;
        add_node(b, node);
    }
}

static void build_ends(Build *b, const Model *model, const Item *train)
{
    for (int i = 0; i < model->items.count; i++) {
        const Item *item = model->items.at[i];
        if ((item->kind != ITEM_PREDICT && item->kind != ITEM_METRIC) || same_before(model, i))
            continue;
        (item->kind == ITEM_PREDICT ? build_predict : build_metric)(b, item);
    }
    if (train)
        build_train(b, train);
    check_metrics(b);
    check_columns(b);
}

static void build_items(Build *b, const Model *model)
{
    const Item *data = only_item(b, model, ITEM_DATA, "data", "add a line like `data idx`");
    const Item *time = only_item(b, model, ITEM_TIME, "time", "add a line like `time 25 steps`");
    const Item *train = only_item(b, model, ITEM_TRAIN, "train", NULL);
    const char *hint = train ? NULL : "add a line like `predict argmax(rate(out))`";
    only_item(b, model, ITEM_PREDICT, "predict", hint);
    only_item(b, model, ITEM_METRIC, "metric", NULL);
    declare_data(b, data, data ? data->span : model->name_span);
    for (int i = 0; i < model->items.count; i++)
        declare_item(b, model->items.at[i]);
    if (time)
        build_time(b, time);
    b->net->steps = b->net->steps ? b->net->steps : 1;
    if (data)
        build_data(b, data);
    force_lets(b, b->file); /* so that a mistake in one is not told of in the middle of another */
    force_lets(b, b->model);
    for (int i = 0; i < model->items.count; i++)
        if (model->items.at[i]->kind == ITEM_BIND)
            build_binding(b, model->items.at[i]);
    build_ends(b, model, train);
    add_activities(b);
}

static void check_unused_definitions(Build *b, const File *file)
{
    for (int i = 0; i < file->defs.count; i++)
        check_definition(b, b->file, file->defs.at[i]);
}

static void build_model(Build *b, const Model *model)
{
    b->model = scope_new(b, b->file);
    b->binding = model->name;
    b->net->name = model->name;
    build_items(b, model);
    finish_pasts(b);
    check_counts(b);
    check_spikes(b);
    check_sizes(b);
    check_body(b, &b->net->schedule.body);
}

/* The place is the start of the user's file, which may be empty. */
static void no_model(Build *b, const Sources *sources)
{
    uint32_t start = 0;
    for (int i = 0; i < sources->files.count && start == 0; i++)
        if (!sources->files.at[i]->library)
            start = sources->files.at[i]->base;
    report(b, RULE_MISSING_ITEM, ((Span){start, start + 1}), "the file has no model");
    report_hint(b, "add one, as in `model my_net { ... }`");
}

/* -D of a constant that the model does not have is a mistake, not a wish. */
static void check_defines(Build *b)
{
    for (int i = 0; i < b->define_count; i++) {
        const Define *define = &b->defines[i];
        if (define->used)
            continue;
        report(b, RULE_UNKNOWN_NAME, define->item->name_span, "the model has no `let %s`",
               define->item->name);
        Names names = {0};
        for (const Scope *scope = b->model ? b->model : b->file; scope; scope = scope->parent)
            for (int k = 0; k < scope->entries.count; k++)
                if (scope->entries.at[k]->kind == ENTRY_LET)
                    vec_push(b->arena, &names, scope->entries.at[k]->name);
        hint_closest(b, define->item->name, &names);
    }
}

Net *build_net(Arena *arena, const Sources *sources, Diag *diag, const File *library, const File *model,
               Define *defines, int define_count)
{
    Build b = {.arena = arena,
               .label = NONE,
               .target = NONE,
               .present = NONE,
               .phrase = NONE,
               .diag = diag,
               .language = &language,
               .defines = defines,
               .define_count = define_count};
    b.net = NEW(arena, Net);
    b.net->arena = arena;
    b.net->sources = sources;
    b.net->training = (Training){.batch = 128, .epochs = 10, .least_batch = 1, .rate = NONE};
    b.net->optimizer = b.net->schedule = node_new(NODE_UPDATE, (Span){0, 0});
    b.library = scope_new(&b, NULL);
    b.file = scope_new(&b, b.library);
    declare_file(&b, b.library, library);
    declare_file(&b, b.file, model);
    if (model->model)
        build_model(&b, model->model);
    else
        no_model(&b, sources);
    force_lets(&b, b.file);
    check_unused_definitions(&b, model);
    check_defines(&b);
    if (diag->errors == 0) {
        warn_schedules(&b);
        warn_unused(&b);
        warn_no_gradient(&b);
    }
    b.net->backward = b.net->updates = b.net->nodes.count;
    return diag->errors > 0 ? NULL : b.net;
}
