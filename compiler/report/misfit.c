/* What does not fit into a device, who is to blame, and what would fit. */
#include "report/report.h"

#include "inference.h"

typedef struct Room {
    const char *option, *what; /* "--flash", "constants" */
    int64_t needed, given;
    double (*of)(const LayerAccount *row);
} Room;

static double flash_of(const LayerAccount *row)
{
    return (double)row->flash;
}

static double ram_of(const LayerAccount *row)
{
    return (double)row->ram;
}

/* "`hidden` takes 627200 bytes of them, `digit` 8000" */
static const char *blame(Arena *arena, const Account *account, const Room *room)
{
    enum { NAMED = 3 };
    const char *text = "";
    bool *named = NEW_ARRAY(arena, bool, account->layers.count + 1);
    for (int k = 0; k < NAMED && k < account->layers.count; k++) {
        int most = -1;
        for (int l = 0; l < account->layers.count; l++)
            if (!named[l]
                && (most < 0 || room->of(&account->layers.at[l]) > room->of(&account->layers.at[most])))
                most = l;
        const LayerAccount *row = &account->layers.at[most];
        named[most] = true;
        if (room->of(row) > 0)
            text = arena_printf(arena, k ? "%s, `%s` %.0f" : "%s`%s` takes %.0f bytes of them", text,
                                report_layer_name(row), room->of(row));
    }
    return text;
}

/* Floats, of which there would be fewer bits. */
static int64_t float_bytes(const Account *account)
{
    const Program *program = account->program;
    const bool *constants = inference_of(program->arena, program)->constants;
    int64_t bytes = 0;
    for (BufferId b = 0; b < program->buffers.count; b++)
        if (constants[b] && program->buffers.at[b].type == TYPE_F32)
            bytes += buffer_bytes(&program->buffers.at[b]);
    return bytes;
}

static const char *advice(Arena *arena, const Account *account, const Room *room)
{
    int64_t floats = float_bytes(account), eight = room->needed - floats + floats / 4;
    if (room->of == flash_of && eight < room->needed)
        return arena_printf(arena,
                            "8 bits a weight would take about %lld bytes (--quantize int8), which %s; or let "
                            "the largest layer have fewer units",
                            (long long)eight, eight <= room->given ? "fits" : "does not fit, either");
    if (room->of == flash_of || account->delays.synapses == 0)
        return "let the largest layers have fewer units";
    return arena_printf(arena, "let the largest layers have fewer units, or shorter delays%s",
                        account->program->whole_numbers
                            ? ""
                            : "; what waits for them are bytes in whole numbers (--quantize int8)");
}

static const char *misfit(const Account *account, const Room *room)
{
    Arena *arena = account->program->arena;
    if (room->given < 0 || room->needed <= room->given)
        return NULL;
    return arena_printf(arena, "`%s` takes %lld bytes of %s, and %s allows %lld: %s; %s",
                        account->program->name, (long long)room->needed, room->what, room->option,
                        (long long)room->given, blame(arena, account, room), advice(arena, account, room));
}

const char *report_misfit(const Account *account, int64_t flash, int64_t ram)
{
    const Room rooms[] = {
        {"--flash", "constants", account->flash, flash, flash_of},
        {"--ram", "memory", account->ram + account->stack, ram, ram_of},
    };
    const char *first = misfit(account, &rooms[0]);
    return first ? first : misfit(account, &rooms[1]);
}
