#include "inference.h"

#include "loop_look.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct Touched {
    bool *read, *made; /* by buffer */
} Touched;

static void touch(void *context, BufferId *buffer, Access access)
{
    Touched *touched = context;
    (access == ACCESS_LOAD ? touched->read : touched->made)[*buffer] = true;
}

static Touched touched_by(Arena *arena, const Program *program)
{
    int count = program->buffers.count + 1;
    Touched touched = {NEW_ARRAY(arena, bool, count), NEW_ARRAY(arena, bool, count)};
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            loop_visit(&program->kernels.at[program->phases[phase].at[i].kernel].body, touch, &touched);
    return touched;
}

/* What is handed over lies elsewhere, but for the number of the sample and which steps it has. */
static bool is_of_state(const Program *program, const Touched *touched, BufferId b)
{
    const Buffer *buffer = &program->buffers.at[b];
    if (b == program->sample || b == program->present)
        return touched->read[b];
    return touched->made[b] && buffer->role != BUFFER_LOCAL && buffer->role != BUFFER_OUTPUT
           && buffer->role != BUFFER_INPUT;
}

static void put(Inference *layout, Arena *arena, InferencePlaces *places, BufferId buffer, int64_t *end)
{
    vec_push(arena, places, ((InferencePlace){.buffer = buffer, .offset = *end}));
    *end += buffer_bytes(&layout->program->buffers.at[buffer]);
}

/* What the state holds, buffers of one room linked in their order. */
typedef struct Rooms {
    BufferId *first; /* by the buffer that names a room: the first of the state that stands there, or -1 */
    BufferId *next;  /* by buffer: the next one there, or -1 */
} Rooms;

static Rooms rooms_of(Arena *arena, const Program *program, const Touched *touched)
{
    int count = program->buffers.count;
    Rooms rooms = {NEW_ARRAY(arena, BufferId, count + 1), NEW_ARRAY(arena, BufferId, count + 1)};
    for (BufferId b = 0; b < count; b++)
        rooms.first[b] = -1;
    for (BufferId b = count - 1; b >= 0; b--) {
        if (!is_of_state(program, touched, b))
            continue;
        BufferId *first = &rooms.first[program->buffers.at[b].place];
        rooms.next[b] = *first;
        *first = b;
    }
    return rooms;
}

/* All that stand where `first` does, which come after it; of one type. */
static void put_room(Inference *layout, Arena *arena, const Rooms *rooms, BufferId first, int64_t *end)
{
    const Program *program = layout->program;
    int64_t start = *end, largest = 0;
    int from = layout->state.count;
    for (BufferId b = first; b >= 0; b = rooms->next[b]) {
        int64_t bytes = buffer_bytes(&program->buffers.at[b]);
        layout->in_state[b] = layout->state.count;
        vec_push(arena, &layout->state, ((InferencePlace){.buffer = b, .offset = start}));
        largest = bytes > largest ? bytes : largest;
    }
    *end += largest;
    if (layout->state.count == from + 1)
        return;
    layout->shared_count++;
    layout->shared_bytes += largest;
    for (int i = from; i < layout->state.count; i++)
        layout->state.at[i].shared = layout->shared_count;
}

static bool has_whole_lines(const Program *program, const Rooms *rooms, BufferId first)
{
    int64_t largest = 0;
    for (BufferId b = first; b >= 0; b = rooms->next[b]) {
        int64_t bytes = buffer_bytes(&program->buffers.at[b]);
        largest = bytes > largest ? bytes : largest;
    }
    return largest % LINE_BYTES == 0;
}

/* Those of types of so many bytes that take whole lines of a cache, or the others. */
static void put_rooms(Inference *layout, Arena *arena, const Rooms *rooms, int bytes, bool lines,
                      int64_t *end)
{
    const Program *program = layout->program;
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (rooms->first[program->buffers.at[b].place] == b
            && type_bytes(program->buffers.at[b].type) == bytes
            && has_whole_lines(program, rooms, b) == lines)
            put_room(layout, arena, rooms, b, end);
}

/* Whole lines stand first: where a state begins with a line, no vector of theirs lies across two, which processors need two
 * accesses for. */
static void place_state(Inference *layout, Arena *arena, const Touched *touched)
{
    const Program *program = layout->program;
    const Rooms rooms = rooms_of(arena, program, touched);
    int64_t end = 0;
    layout->in_state = NEW_ARRAY(arena, int, program->buffers.count + 1);
    for (BufferId b = 0; b < program->buffers.count; b++)
        layout->in_state[b] = -1;
    for (int bytes = 4; bytes > 0; bytes /= 2)
        put_rooms(layout, arena, &rooms, bytes, true, &end);
    for (int bytes = 4; bytes > 0; bytes /= 2)
        put_rooms(layout, arena, &rooms, bytes, false, &end);
    layout->events = end;
    if (!program->whole_why && program_takes_spikes(program))
        layout->event_count = (int)buffer_elements(&program->buffers.at[program->input]);
    end += layout->event_count;
    layout->state_bytes = end > 0 ? (end + 3) / 4 * 4 : 4;
}

static void place_output(Inference *layout, Arena *arena)
{
    const Program *program = layout->program;
    int64_t end = 0;
    for (int p = 0; p < program->predictions.count; p++) {
        const LoopPrediction *prediction = &program->predictions.at[p];
        if (prediction->predicted >= 0)
            put(layout, arena, &layout->output, prediction->predicted, &end);
        put(layout, arena, &layout->output, prediction->values, &end);
    }
}

static void find_key(void *context, LoopExpr *expr)
{
    bool *found = context;
    *found = *found || expr->kind == LOOP_KEY;
}

/* Whether an expression of what runs is found by `visit`. */
static bool has_expr(const Program *program, LoopExprVisit *visit)
{
    bool found = false;
    for (Phase phase = PHASE_RESET; phase < PHASE_COUNT; phase++)
        for (int i = 0; i < program->phases[phase].count; i++)
            loop_visit_exprs(&program->kernels.at[program->phases[phase].at[i].kernel].body, visit, &found);
    return found;
}

static int64_t data_values(const Program *program)
{
    int64_t values = 1;
    for (int d = 0; d < program->data_ndim; d++)
        values *= program->data_dims[d];
    return values;
}

const Inference *inference_of(Arena *arena, const Program *program)
{
    Inference *layout = NEW(arena, Inference);
    Touched touched = touched_by(arena, program);
    const Buffer *input = &program->buffers.at[program->input];
    layout->program = program;
    place_state(layout, arena, &touched);
    place_output(layout, arena);
    for (BufferId b = 0; b < program->buffers.count; b++) {
        touched.read[b] = touched.read[b] && !touched.made[b] && program->buffers.at[b].values;
        if (touched.read[b])
            layout->flash_bytes += buffer_bytes(&program->buffers.at[b]);
    }
    layout->constants = touched.read;
    layout->units = input->dims[input->ndim - 1];
    layout->event = layout->units <= 65536 ? TYPE_U16 : TYPE_U32;
    layout->temporal = data_values(program) > layout->units;
    layout->draws = has_expr(program, find_key);
    layout->lengths = program->present >= 0 && layout->in_state[program->present] >= 0;
    return layout;
}

const InferencePlace *inference_place(const Inference *layout, BufferId buffer)
{
    int place = layout->in_state[buffer];
    return place >= 0 ? &layout->state.at[place] : NULL;
}

bool inference_has_lines(const Buffer *constant)
{
    return constant->ndim > 0
           && constant->dims[constant->ndim - 1] * type_bytes(constant->type) % LINE_BYTES == 0;
}

int64_t inference_output(const Inference *layout, BufferId buffer)
{
    for (int i = 0; i < layout->output.count; i++)
        if (layout->output.at[i].buffer == buffer)
            return layout->output.at[i].offset;
    return -1;
}

const char *inference_c_options(const Program *program)
{
    return program->whole_numbers
               ? "-std=c99 -O2 -ffreestanding"
               : "-std=c99 -O2 -ffreestanding -ffp-contract=off -fno-math-errno -fno-trapping-math";
}

static bool is_c_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return *name && !isdigit((unsigned char)*name) && name[length] == '\0';
}

/* A header of that name would stand before the one that it is, which every program may include. Some systems do not tell
 * capitals from others. */
static bool is_c_header(const char *name)
{
    static const char *const headers[] = {
        "assert", "complex", "ctype",     "errno",  "fenv",   "float",    "inttypes", "iso646",
        "limits", "locale",  "math",      "setjmp", "signal", "stdalign", "stdarg",   "stdatomic",
        "stdbit", "stdbool", "stdckdint", "stddef", "stdint", "stdio",    "stdlib",   "stdnoreturn",
        "string", "tgmath",  "threads",   "time",   "uchar",  "wchar",    "wctype"};
    for (size_t k = 0; k < sizeof headers / sizeof *headers; k++)
        if (strcasecmp(name, headers[k]) == 0)
            return true;
    return false;
}

static const char *name_refusal(Arena *arena, const char *name)
{
    const char *why = NULL;
    if (!is_c_name(name))
        why = arena_printf(arena, "`%s` is no name in C, and all that is written begins with it", name);
    else if (*name == '_')
        why =
            arena_printf(arena,
                         "all that is written begins with `%s`, and names with an underscore in front belong "
                         "to compilers",
                         name);
    else if (is_c_header(name))
        why = arena_printf(arena, "`%s.h` is a header of C, which this one would hide", name);
    return why ? arena_printf(arena, "%s: call the file otherwise, as `-o kws.c`", why) : NULL;
}

const char *inference_refusal(Arena *arena, const Program *program, const char *name)
{
    const char *why = name ? name_refusal(arena, name) : NULL;
    if (why)
        return why;
    if (program->input < 0)
        return arena_printf(arena, "what `%s` predicts does not depend on its data: it is the same for all",
                            program->name);
    return NULL;
}
