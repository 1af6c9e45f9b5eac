/* Kernels that are equal up to the buffers they work on, and up to names, become one; its launches give the buffers.
 * Two kernels are equal if they are written down as the same words, with variables and buffers numbered in the order
 * in which they appear. So two buffers are one in either of the kernels or in none: what does not overlap in one
 * launch does not in another. */
#include "loop_look.h"
#include "passes.h"
#include "table.h"

typedef VEC(int) Words;

typedef struct Form {
    const Program *program;
    const Kernel *kernel;
    Words words;
    int *vars;    /* by variable of the kernel: its number, from 1 on; 0: not seen yet */
    int seen;     /* number of the last variable */
    int *numbers; /* by buffer: the same */
    VEC(BufferId) buffers;
} Form;

static void put(Form *form, int word)
{
    vec_push(form->program->arena, &form->words, word);
}

static void put_number(Form *form, double number)
{
    int words[sizeof number / sizeof(int)];
    memcpy(words, &number, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put(form, words[i]);
}

static void put_var(Form *form, VarId var)
{
    if (form->vars[var] == 0) {
        form->vars[var] = ++form->seen;
        put(form, (int)form->kernel->vars.at[var].type);
    }
    put(form, form->vars[var]);
}

/* All that a kernel's code depends on: not on how many rows there are, where it has the rows from elsewhere. */
static void put_buffer(Form *form, BufferId id)
{
    const Buffer *buffer = &form->program->buffers.at[id];
    if (form->numbers[id] == 0) {
        vec_push(form->program->arena, &form->buffers, id);
        form->numbers[id] = form->buffers.count;
        put(form, (int)buffer->type);
        put(form, buffer->role == BUFFER_LOCAL);
        put(form, buffer->small);
        put(form, buffer->per_sample);
        put(form, buffer->ndim);
        for (int d = buffer->role == BUFFER_LOCAL || buffer->per_sample ? 0 : 1; d < buffer->ndim; d++)
            put(form, buffer->dims[d]);
    }
    put(form, form->numbers[id]);
}

static void put_expr(Form *form, const LoopExpr *expr)
{
    put(form, expr ? (int)expr->kind : -1);
    if (!expr)
        return;
    put(form, (int)expr->type);
    put(form, expr->nargs);
    switch (expr->kind) {
    case LOOP_NUMBER: put_number(form, expr->number); break;
    case LOOP_VAR: put_var(form, expr->var); break;
    case LOOP_LOAD: put_buffer(form, expr->buffer); break;
    case LOOP_OP: put(form, (int)expr->op); break;
    case LOOP_SCALAR: put(form, (int)expr->scalar); break;
    case LOOP_CALL: put(form, expr->function); break;
    case LOOP_CAST:
    case LOOP_BITS:
    case LOOP_GIVEN:
    case LOOP_PLACE:
    case LOOP_LANES:
    case LOOP_KEY:
    case LOOP_RANDOM: break;
    }
    for (int i = 0; i < expr->nargs; i++)
        put_expr(form, expr->args[i]);
}

static bool has_var(LoopStmtKind kind)
{
    return kind == LOOP_FOR || kind == LOOP_LET || kind == LOOP_DECLARE || kind == LOOP_SET
           || kind == LOOP_LIST;
}

static void put_block(Form *form, const LoopBlock *block)
{
    put(form, block->count);
    for (int i = 0; i < block->count; i++) {
        const LoopStmt *stmt = block->at[i];
        put(form, (int)stmt->kind);
        put(form, stmt->down | stmt->independent << 1 | stmt->few << 2 | stmt->add << 3 | stmt->apart << 4);
        put(form, stmt->unroll);
        put(form, stmt->count);
        if (has_var(stmt->kind))
            put_var(form, stmt->var);
        if (loop_has_element(stmt))
            put_buffer(form, stmt->buffer);
        for (int k = 0; k < stmt->nindex; k++)
            put_expr(form, stmt->index[k]);
        put_expr(form, stmt->from);
        put_expr(form, stmt->to);
        put_expr(form, stmt->value);
        put_block(form, &stmt->body);
    }
}

static void put_kernel(Form *form, const Kernel *kernel)
{
    for (int i = 0; i < form->buffers.count; i++)
        form->numbers[form->buffers.at[i]] = 0;
    form->buffers.count = form->words.count = form->seen = 0;
    form->kernel = kernel;
    form->vars = NEW_ARRAY(form->program->arena, int, kernel->vars.count + 1);
    put_var(form, kernel->first);
    put_var(form, kernel->last);
    put_block(form, &kernel->body);
}

/* ---- kernels that are equal ---- */

typedef struct Member {
    int group;
    const BufferId *buffers; /* of the kernel, in the order of its words */
} Member;

typedef struct Group {
    int first, members; /* the first of the kernels, and how many there are */
    int buffers;        /* of each */
    bool *given; /* by place among the buffers: not the same in all members, or given to the first before */
    int *most;   /* by place: the largest outermost dimension */
    int kernel;  /* that all become */
} Group;

typedef struct Share {
    Arena *arena;
    Program *program;
    Table forms;     /* by words: groups */
    Member *members; /* by kernel */
    BufferId *gives; /* by buffer: what the launch gives for it; itself where it is not GIVEN */
    VEC(Group) groups;
} Share;

/* The group of kernel k, whose words were just written. */
static int group_of(Share *share, const Form *form, int k)
{
    size_t bytes = sizeof *form->words.at * (size_t)form->words.count;
    int found = table_find(&share->forms, form->words.at, bytes);
    if (found != TABLE_NONE)
        return found;
    Group group = {.first = k,
                   .buffers = form->buffers.count,
                   .given = NEW_ARRAY(share->arena, bool, form->buffers.count + 1),
                   .most = NEW_ARRAY(share->arena, int, form->buffers.count + 1)};
    vec_push(share->arena, &share->groups, group);
    table_put(share->arena, &share->forms, arena_copy(share->arena, form->words.at, bytes), bytes,
              share->groups.count - 1);
    return share->groups.count - 1;
}

static void join(Share *share, const Form *form, int k)
{
    Member *member = &share->members[k];
    member->group = group_of(share, form, k);
    member->buffers =
        arena_copy(share->arena, form->buffers.at, sizeof *form->buffers.at * (size_t)form->buffers.count);
    Group *group = &share->groups.at[member->group];
    const BufferId *first = share->members[group->first].buffers;
    group->members++;
    for (int i = 0; i < group->buffers; i++) {
        const Buffer *buffer = &share->program->buffers.at[member->buffers[i]];
        bool differs = buffer->role != BUFFER_LOCAL && member->buffers[i] != first[i];
        group->given[i] = group->given[i] || differs || buffer->role == BUFFER_GIVEN;
        group->most[i] = buffer->dims[0] > group->most[i] ? buffer->dims[0] : group->most[i];
    }
}

/* Before this pass each kernel has one launch. */
static void find_gifts(Share *share)
{
    Program *program = share->program;
    share->gives = NEW_ARRAY(share->arena, BufferId, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++)
        share->gives[b] = b;
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++) {
            Launch *launch = &program->phases[phase].at[i];
            const Kernel *kernel = &program->kernels.at[launch->kernel];
            for (int k = 0; k < launch->given.count; k++)
                share->gives[kernel->given.at[k]] = launch->given.at[k];
            launch->given.count = 0;
        }
}

static void find_groups(Share *share)
{
    Program *program = share->program;
    Form form = {.program = program, .numbers = NEW_ARRAY(share->arena, int, program->buffers.count + 1)};
    share->members = NEW_ARRAY(share->arena, Member, program->kernels.count + 1);
    for (int k = 0; k < program->kernels.count; k++) {
        put_kernel(&form, &program->kernels.at[k]);
        join(share, &form, k);
    }
}

/* ---- one kernel of a group ---- */

typedef struct Instead {
    int count;     /* buffers before any was added */
    BufferId *ids; /* by such a buffer: what stands in its place */
} Instead;

/* Expressions may stand in several places of a kernel: what was replaced stays. */
static void replace(void *context, BufferId *buffer, Access access)
{
    const Instead *instead = context;
    (void)access;
    if (*buffer < instead->count)
        *buffer = instead->ids[*buffer];
}

static const char *times_text(Arena *arena, int times)
{
    return times == 1 ? "once" : arena_printf(arena, "%d times", times);
}

/* The first member is given what differs; names are its own. */
static Kernel shared_kernel(Share *share, const Group *group, Instead *instead)
{
    Program *program = share->program;
    Kernel kernel = program->kernels.at[group->first];
    const BufferId *buffers = share->members[group->first].buffers;
    if (group->members > 1)
        kernel.about = arena_printf(share->arena, "%s; and %s more, with other buffers", kernel.about,
                                    times_text(share->arena, group->members - 1));
    kernel.given.count = 0;
    for (int i = 0; i < group->buffers; i++) {
        if (!group->given[i])
            continue;
        bool is_given = program->buffers.at[buffers[i]].role == BUFFER_GIVEN;
        BufferId given = is_given ? buffers[i] : loop_given_buffer(program, buffers[i]);
        program->buffers.at[given].dims[0] = group->most[i];
        instead->ids[buffers[i]] = given;
        vec_push(share->arena, &kernel.given, given);
    }
    loop_visit(&kernel.body, replace, instead);
    for (int i = 0; i < group->buffers; i++)
        instead->ids[buffers[i]] = buffers[i];
    return kernel;
}

static void keep_one_of_each(Share *share)
{
    Program *program = share->program;
    int kernels = program->kernels.count;
    Instead instead = {program->buffers.count, NEW_ARRAY(share->arena, BufferId, program->buffers.count + 1)};
    for (BufferId b = 0; b < instead.count; b++)
        instead.ids[b] = b;
    program->kernels.count = 0; /* groups are in the order of their first members */
    for (int k = 0; k < kernels; k++) {
        Group *group = &share->groups.at[share->members[k].group];
        if (group->first != k)
            continue;
        group->kernel = program->kernels.count;
        Kernel kernel = shared_kernel(share, group, &instead);
        program->kernels.at[program->kernels.count++] = kernel;
    }
}

static void give_buffers(Share *share, Launch *launch)
{
    const Member *member = &share->members[launch->kernel];
    const Group *group = &share->groups.at[member->group];
    launch->kernel = group->kernel;
    for (int i = 0; i < group->buffers; i++)
        if (group->given[i])
            vec_push(share->arena, &launch->given, share->gives[member->buffers[i]]);
}

void share_kernels(Program *program)
{
    Share share = {.arena = program->arena, .program = program};
    find_gifts(&share);
    find_groups(&share);
    keep_one_of_each(&share);
    for (Phase phase = 0; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            give_buffers(&share, &program->phases[phase].at[i]);
}
