/* Kernels that go over the samples and follow each other become one, which takes each sample through all of them, where that
 * makes a large array between them small: what is made and read in this kernel alone needs no place for each sample, and
 * is still in a cache when it is read. Threads do different samples, so the first of a thread says whose place it is. */
#include "loop.h"
#include "passes.h"
#include "lower/tuned.h"

typedef struct Chain {
    Arena *arena;
    Program *program;
    int64_t least;      /* bytes of an array of a sample between two kernels */
    const Life *lives;  /* by buffer, as are the following */
    int *launches;      /* that touch it */
    bool *watched;      /* by the runtime */
    int64_t local;      /* bytes of the arrays of this chain's kernels */
    int *within;        /* launches of this chain that touch it */
    VEC(BufferId) seen; /* by this chain */
    bool *stays;        /* those that this chain alone has to do with */
    BufferSet touched;  /* by the loop that is looked at: one for all, as it has room for every buffer */
    bool *dropped;      /* by kernel: it is part of another one */
} Chain;

/* ---- what may be one kernel ---- */

/* The loop over the samples that is all of the launch's kernel, or NULL. */
static LoopStmt *loop_of(const Program *program, const Launch *launch)
{
    const Kernel *kernel = &program->kernels.at[launch->kernel];
    LoopStmt *loop = kernel->body.count == 1 ? kernel->body.at[0] : NULL;
    bool over = launch->over_rows && loop && loop->kind == LOOP_FOR && !loop->down && !loop->value
                && loop->from->kind == LOOP_VAR && loop->from->var == kernel->first
                && loop->to->kind == LOOP_VAR && loop->to->var == kernel->last;
    return over ? loop : NULL;
}

typedef struct Look {
    BufferId buffer;
    VarId sample;
    bool by_sample;
} Look;

static bool is_sample(const Look *look, LoopExpr *const *index)
{
    return index[0]->kind == LOOP_VAR && index[0]->var == look->sample;
}

static void look_at(void *context, LoopExpr *expr)
{
    Look *look = context;
    if (expr->kind == LOOP_LOAD && expr->buffer == look->buffer)
        look->by_sample = look->by_sample && is_sample(look, expr->args);
}

static void look_at_stores(Look *look, const LoopBlock *block)
{
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        if (loop_has_element(stmt) && stmt->buffer == look->buffer)
            look->by_sample = look->by_sample && is_sample(look, stmt->index);
        look_at_stores(look, &stmt->body);
    }
}

/* Whether the loop touches of the buffer what belongs to its sample, and nothing else. */
static bool goes_by_sample(const LoopStmt *loop, BufferId buffer)
{
    Look look = {buffer, loop->var, true};
    loop_visit_exprs(&loop->body, look_at, &look);
    look_at_stores(&look, &loop->body);
    return look.by_sample;
}

/* Whether it could have one place for all samples, if one kernel did all that is done with it. */
static bool may_stay(const Chain *chain, BufferId id)
{
    const Buffer *buffer = &chain->program->buffers.at[id];
    bool scratch = buffer->role == BUFFER_STREAM || buffer->role == BUFFER_SCRATCH;
    return scratch && buffer->per_sample && !buffer->keep && !chain->watched[id] && !chain->lives[id].always
           && buffer_bytes(buffer) >= chain->least;
}

/* Until the next call. */
static const BufferSet *buffers_of(Chain *chain, const LoopStmt *loop)
{
    buffer_set_clear(&chain->touched);
    buffer_set_add(&chain->touched, &loop->body);
    return &chain->touched;
}

/* Of those that the chain does not have yet. */
static int64_t local_bytes(const Chain *chain, const BufferSet *set)
{
    int64_t bytes = 0;
    for (int i = 0; i < set->list.count; i++) {
        const Buffer *buffer = &chain->program->buffers.at[set->list.at[i]];
        bytes +=
            buffer->role == BUFFER_LOCAL && chain->within[set->list.at[i]] == 0 ? buffer_bytes(buffer) : 0;
    }
    return bytes;
}

static void add_loop(Chain *chain, const LoopStmt *loop)
{
    const BufferSet *set = buffers_of(chain, loop);
    chain->local += local_bytes(chain, set);
    for (int i = 0; i < set->list.count; i++)
        if (chain->within[set->list.at[i]]++ == 0)
            vec_push(chain->arena, &chain->seen, set->list.at[i]);
}

/* Whether with the loop the chain does all that is done with an array that it shares with it. */
static bool gains(Chain *chain, const LoopStmt *const *loops, int count, const LoopStmt *next)
{
    const BufferSet *set = buffers_of(chain, next);
    if (chain->local + local_bytes(chain, set) > LOOP_MOST_LOCAL)
        return false;
    for (int i = 0; i < set->list.count; i++) {
        BufferId b = set->list.at[i];
        bool all = chain->within[b] > 0 && chain->within[b] + 1 == chain->launches[b] && may_stay(chain, b)
                   && goes_by_sample(next, b);
        for (int k = 0; k < count; k++)
            all = all && goes_by_sample(loops[k], b);
        if (all)
            return true;
    }
    return false;
}

/* ---- one kernel ---- */

typedef struct Copy {
    Chain *chain;
    Kernel *to;
    VarId *vars;       /* by variable of the kernel that is copied */
    const bool *stays; /* by buffer */
} Copy;

static LoopExpr *first_of(const Copy *copy)
{
    return loop_ref(copy->chain->arena, copy->to, copy->to->first);
}

static LoopExpr *copy_expr(const Copy *copy, const LoopExpr *expr)
{
    if (!expr)
        return NULL;
    LoopExpr *new = NEW(copy->chain->arena, LoopExpr);
    *new = *expr;
    for (int i = 0; i < expr->nargs; i++)
        new->args[i] = copy_expr(copy, expr->args[i]);
    if (expr->kind == LOOP_VAR)
        new->var = copy->vars[expr->var];
    if (expr->kind == LOOP_LOAD && copy->stays[expr->buffer])
        new->args[0] = first_of(copy);
    return new;
}

static void copy_block(const Copy *copy, LoopBlock *into, const LoopBlock *from)
{
    for (int i = 0; i < from->count; i++) {
        const LoopStmt *stmt = from->at[i];
        LoopStmt *new = NEW(copy->chain->arena, LoopStmt);
        *new = *stmt;
        new->var = copy->vars[stmt->var];
        new->from = copy_expr(copy, stmt->from);
        new->to = copy_expr(copy, stmt->to);
        new->value = copy_expr(copy, stmt->value);
        for (int k = 0; k < stmt->nindex; k++)
            new->index[k] = copy_expr(copy, stmt->index[k]);
        if (loop_has_element(stmt) && copy->stays[stmt->buffer])
            new->index[0] = first_of(copy);
        new->body = (LoopBlock){0};
        copy_block(copy, &new->body, &stmt->body);
        vec_push(copy->chain->arena, into, new);
    }
}

/* The variables of a kernel, as variables of the new one; what all kernels have are the same. */
static VarId *copy_vars(const Chain *chain, Kernel *to, const Kernel *from, const LoopStmt *loop,
                        VarId sample)
{
    VarId *vars = NEW_ARRAY(chain->arena, VarId, from->vars.count + 1);
    for (VarId v = 0; v < from->vars.count; v++) {
        const Var *var = &from->vars.at[v];
        vars[v] = v == from->first ? to->first : v == from->last ? to->last : v == loop->var ? sample : -1;
        if (vars[v] >= 0)
            continue;
        vars[v] = loop_var(chain->arena, to, var->base, var->type);
        to->vars.at[vars[v]].of_model = var->of_model;
    }
    return vars;
}

static const char *about_of(const Chain *chain, const Launch *launches, int count)
{
    const char *text = "sample by sample: ";
    for (int i = 0; i < count; i++)
        text = arena_printf(chain->arena, "%s%s%s", text, i ? ", then " : "",
                            chain->program->kernels.at[launches[i].kernel].name);
    return text;
}

static Kernel begin_kernel(const Chain *chain, const Launch *launches, int count)
{
    Program *program = chain->program;
    const Kernel *head = &program->kernels.at[launches[0].kernel],
                 *end = &program->kernels.at[launches[count - 1].kernel];
    Kernel kernel = {.name = loop_name(program, arena_printf(chain->arena, "chain_%s", end->name)),
                     .of_model = true,
                     .about = about_of(chain, launches, count),
                     .origin = head->origin,
                     .line = head->line};
    kernel.first = loop_var(chain->arena, &kernel, "first", TYPE_I32);
    kernel.last = loop_var(chain->arena, &kernel, "last", TYPE_I32);
    return kernel;
}

/* Nobody can look at it afterwards, as at the arrays of tiles. */
static void put_in_one_place(Program *program, BufferId b)
{
    program->buffers.at[b].sparse = true;
    for (int s = 0; s < program->streams.count; s++)
        if (program->streams.at[s].values == b)
            program->streams.at[s].values = -1;
}

/* By buffer: whether the chain does all that is done with it. */
static const bool *find_staying(const Chain *chain, const LoopStmt *const *loops, int count)
{
    bool *stays = chain->stays;
    for (int i = 0; i < chain->seen.count; i++) {
        BufferId b = chain->seen.at[i];
        stays[b] = chain->within[b] > 1 && chain->within[b] == chain->launches[b] && may_stay(chain, b);
        for (int k = 0; k < count; k++)
            stays[b] = stays[b] && goes_by_sample(loops[k], b);
        if (stays[b])
            put_in_one_place(chain->program, b);
    }
    return stays;
}

/* In the place of the first launch's kernel. */
static void make_one(Chain *chain, Launch *launches, const LoopStmt *const *loops, int count)
{
    Arena *arena = chain->arena;
    Kernel kernel = begin_kernel(chain, launches, count);
    VarId sample = loop_var(arena, &kernel, "b", TYPE_I32);
    LoopStmt *all = loop_for(arena, &kernel.body, sample, loop_ref(arena, &kernel, kernel.first),
                             loop_ref(arena, &kernel, kernel.last));
    const bool *stays = find_staying(chain, loops, count);
    for (int i = 0; i < count; i++) {
        const Kernel *member = &chain->program->kernels.at[launches[i].kernel];
        Copy copy = {chain, &kernel, copy_vars(chain, &kernel, member, loops[i], sample), stays};
        copy_block(&copy, &loop_block(arena, &all->body, member->about)->body, &loops[i]->body);
        chain->dropped[launches[i].kernel] = i > 0;
    }
    chain->program->kernels.at[launches[0].kernel] = kernel;
    launches[0].about = kernel.about;
}

/* ---- all launches ---- */

static int chain_from(Chain *chain, Launches *launches, int first)
{
    const LoopStmt *loops[CHAIN_MOST];
    int count = 0;
    for (int i = 0; i < chain->seen.count; i++) {
        chain->within[chain->seen.at[i]] = 0;
        chain->stays[chain->seen.at[i]] = false;
    }
    chain->seen.count = 0;
    chain->local = 0;
    while (count < CHAIN_MOST && first + count < launches->count) {
        loops[count] = loop_of(chain->program, &launches->at[first + count]);
        if (!loops[count] || (count > 0 && !gains(chain, loops, count, loops[count])))
            break;
        add_loop(chain, loops[count++]);
    }
    if (count > 1)
        make_one(chain, &launches->at[first], loops, count);
    return count > 1 ? count : 1;
}

static void chain_phase(Chain *chain, Launches *launches)
{
    int kept = 0;
    for (int i = 0; i < launches->count;) {
        int count = chain_from(chain, launches, i);
        launches->at[kept++] = launches->at[i];
        i += count;
    }
    launches->count = kept;
}

static void count_launches(Chain *chain)
{
    BufferSet set = buffer_set(chain->arena, chain->program);
    for (int k = 0; k < chain->program->kernels.count; k++) {
        buffer_set_clear(&set);
        buffer_set_add(&set, &chain->program->kernels.at[k].body);
        for (int i = 0; i < set.list.count; i++)
            chain->launches[set.list.at[i]]++;
    }
}

static void watch(Chain *chain, BufferId buffer)
{
    if (buffer >= 0)
        chain->watched[buffer] = true;
}

/* What the runtime reads after a batch. */
static void find_watched(Chain *chain)
{
    const Program *program = chain->program;
    for (int w = 0; w < program->watches.count; w++)
        watch(chain, program->watches.at[w].values);
    for (int i = 0; i < program->predictions.count; i++)
        watch(chain, program->predictions.at[i].values);
    for (int i = 0; i < program->metrics.count; i++)
        watch(chain, program->metrics.at[i].values);
}

static void drop_kernels(Chain *chain)
{
    Program *program = chain->program;
    int *numbers = NEW_ARRAY(chain->arena, int, program->kernels.count + 1), count = 0;
    for (int k = 0; k < program->kernels.count; k++) {
        numbers[k] = count;
        if (!chain->dropped[k])
            program->kernels.at[count++] = program->kernels.at[k];
    }
    program->kernels.count = count;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            program->phases[phase].at[i].kernel = numbers[program->phases[phase].at[i].kernel];
}

void chain_kernels(Program *program, bool small)
{
    Arena *arena = program->arena;
    int buffers = program->buffers.count + 1;
    Chain chain = {.arena = arena,
                   .program = program,
                   .least = small ? 0 : CHAIN_LEAST,
                   .lives = loop_lives(arena, program),
                   .launches = NEW_ARRAY(arena, int, buffers),
                   .watched = NEW_ARRAY(arena, bool, buffers),
                   .within = NEW_ARRAY(arena, int, buffers),
                   .stays = NEW_ARRAY(arena, bool, buffers),
                   .touched = buffer_set(arena, program),
                   .dropped = NEW_ARRAY(arena, bool, program->kernels.count + 1)};
    count_launches(&chain);
    find_watched(&chain);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        chain_phase(&chain, &program->phases[phase]);
    drop_kernels(&chain);
}
