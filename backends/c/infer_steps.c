/* One time step, of its data or of a list of its events. This sets flags, makes the step of these and clears them; or, where nothing
 * but a list is made of the flags, processors that make lists by vectors bring the given one into order. */
#include "infer.h"

/* A kernel that does nothing but list the units that spike: the first of a step, and the only one that reads the data. */
typedef struct Lister {
    const Kernel *kernel;                /* NULL: there is none */
    const LoopStmt *list, *first, *last; /* the list, and the stores of its ends */
} Lister;

enum { GIVEN_MOST = INT16_MAX }; /* units that snn_given16() orders */

static bool is_number(const LoopExpr *expr, double number)
{
    return expr->kind == LOOP_NUMBER && expr->number == number;
}

static bool is_store_at(const LoopStmt *stmt, int place)
{
    return stmt->kind == LOOP_STORE && !stmt->add && stmt->nindex == 1 && is_number(stmt->index[0], place);
}

/* All of them, from the first one on. */
static bool are_data(const Infer *infer, const LoopExpr *flags, int count)
{
    bool are = flags->buffer == infer->source->input && count == infer->layout->units;
    for (int i = 0; i < flags->nargs; i++)
        are = are && is_number(flags->args[i], 0);
    return are;
}

/* The list begins at 0: its end there is what was stored. */
static bool lists_data(const Infer *infer, const Kernel *kernel, Lister *lister)
{
    LoopStmt *const *at = kernel->body.at;
    if (kernel->body.count != 4 || !is_store_at(at[0], 0) || !is_number(at[0]->value, 0)
        || at[1]->kind != LOOP_DECLARE || at[1]->value->kind != LOOP_LOAD || at[2]->kind != LOOP_LIST
        || !is_store_at(at[3], 1))
        return false;
    const LoopExpr *began = at[1]->value, *flags = at[2]->value, *end = at[3]->value;
    *lister = (Lister){kernel, at[2], at[0], at[3]};
    return began->buffer == at[0]->buffer && began->nargs == 1 && is_number(began->args[0], 0)
           && at[3]->buffer == at[0]->buffer && end->kind == LOOP_VAR && end->var == at[2]->var
           && at[1]->var == at[2]->var && are_data(infer, flags, at[2]->count)
           && infer->source->buffers.at[at[2]->buffer].type == TYPE_U16 && at[2]->count <= GIVEN_MOST;
}

/* Whether the data are read by no kernel but the first one of a step. */
static bool has_one_reader(const Program *program)
{
    bool read = false;
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = phase == PHASE_STEP ? 1 : 0; i < program->phases[phase].count; i++)
            read = read
                   || loop_touches(&program->kernels.at[program->phases[phase].at[i].kernel].body,
                                   program->input);
    return !read;
}

static Lister lister_of(const Infer *infer)
{
    Lister lister = {0};
    const Program *program = infer->source;
    const Launches *steps = &program->phases[PHASE_STEP];
    bool may_be = program_takes_spikes(program) && program->phases[PHASE_BEGIN].count == 0 && steps->count > 0
                  && has_one_reader(program);
    if (!may_be || !lists_data(infer, &program->kernels.at[steps->at[0].kernel], &lister))
        lister.kernel = NULL;
    return lister;
}

/* ---- a step of data ---- */

void infer_refuse_if(const Infer *infer, const char *condition, const char *status, Out *out)
{
    out_line(out, "if (%s)", condition);
    out_indent(out, 1);
    out_line(out, "return %s_%s;", infer->upper, status);
    out_indent(out, -1);
}

/* What a step does from its kernel number `first` on. */
static void write_rest(const Infer *infer, int first, Out *out)
{
    infer_calls_from(infer, PHASE_STEP, first, out);
    out_open(out, "if (out != NULL)");
    infer_calls(infer, PHASE_RESULT, out);
    out_close(out, "");
}

static void write_listed_step(const Infer *infer, Out *out)
{
    out_blank(out);
    out_line(out, "/* A step whose events are listed. */");
    out_line(out, "static void listed_step(%s_state *state, %s_output *out)", infer->name, infer->name);
    out_open(out, "%s", "");
    write_rest(infer, 1, out);
    out_close(out, "");
}

void infer_step(const Infer *infer, const char *head, Out *out)
{
    const Lister lister = lister_of(infer);
    if (lister.kernel)
        write_listed_step(infer, out);
    out_blank(out);
    out_line(out, "%s", head);
    out_open(out, "%s", "");
    infer_refuse_if(infer, "state == NULL || in == NULL", "BAD_ARGUMENT", out);
    infer_refuse_if(infer,
                    arena_printf(infer->arena, "state->step < 0 || state->step >= %s_STEPS", infer->upper),
                    "OVER", out);
    if (infer->program->phases[PHASE_BEGIN].count > 0) {
        out_open(out, "if (state->step == 0)");
        infer_calls(infer, PHASE_BEGIN, out);
        out_close(out, "");
    }
    if (lister.kernel) {
        infer_call(infer, lister.kernel, out);
        out_line(out, "listed_step(state, out);");
    } else {
        write_rest(infer, 0, out);
    }
    out_line(out, "return %s_OK;", infer->upper);
    out_close(out, "");
}

/* ---- a step of events ---- */

static void set_events(int flag, Out *out)
{
    out_line(out, "for (int32_t e = 0; e < count; e++)");
    out_indent(out, 1);
    out_line(out, "state->events[events[e]] = %d;", flag);
    out_indent(out, -1);
}

/* How the list that the kernel makes is made of the caller's. */
static void write_given(const Infer *infer, const Lister *lister, Out *out)
{
    const Buffer *list = &infer->program->buffers.at[lister->list->buffer],
                 *ends = &infer->program->buffers.at[lister->first->buffer];
    const char *rows = c_rows(infer->arena, infer->program, NULL, lister->list->buffer);
    out_line(
        out,
        "if (state->step >= 0 && state->step < %s_STEPS && snn_given16(%s, events, count, %s_INPUTS, %s))",
        infer->upper, list->name, infer->upper, rows ? rows : "NULL, 0");
    out_open(out, "%s", "");
    out_line(out, "%s[0] = 0;", ends->name);
    out_line(out, "%s[1] = count;", ends->name);
    out_line(out, "listed_step(state, out);");
    out_line(out, "return %s_OK;", infer->upper);
    out_close(out, "");
}

void infer_step_events(const Infer *infer, const char *head, Out *out)
{
    const Lister lister = lister_of(infer);
    out_blank(out);
    out_line(out, "%s", head);
    out_open(out, "%s", "");
    infer_refuse_if(infer, "state == NULL || count < 0 || (events == NULL && count > 0)", "BAD_ARGUMENT",
                    out);
    if (lister.kernel) {
        out_line(out, "#ifdef SNN_LIST_BYTES");
        write_given(infer, &lister, out);
        out_line(out, "#endif");
    }
    out_open(out, "for (int32_t e = 0; e < count; e++)");
    infer_refuse_if(infer, arena_printf(infer->arena, "events[e] >= %s_INPUTS", infer->upper), "BAD_ARGUMENT",
                    out);
    out_close(out, "");
    set_events(1, out);
    out_line(out, "const %s_status status = %s_step(state, state->events, out);", infer->name, infer->name);
    set_events(0, out);
    out_line(out, "return status;");
    out_close(out, "");
}

bool infer_takes_lists(const Infer *infer)
{
    return !infer->program->whole_why && lister_of(infer).kernel;
}
