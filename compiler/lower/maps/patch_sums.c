/* Gradients of the weights of convolutions of few channels. What a step reads is copied into a box, with zeros around it, so
 * that all positions are alike: each multiplies its outputs' gradients by all that its window reads, and the sums of some
 * of these rows of weights stay in registers meanwhile. */
#include "lower/base/code.h"
#include "lower/base/streams.h"
#include "lower/maps/blanks.h"
#include "lower/maps/box.h"
#include "lower/maps/rows.h"
#include "lower/maps/view.h"
#include "lower/tuned.h"

static bool serves(const Linear *linear)
{
    return linear->plan->patches;
}

static void prepare(Lower *lower, Linear *linear)
{
    blanks_prepare(lower, linear->node->aux);
}

typedef struct Patches {
    const Linear *gradient;
    Site site;
    int outs; /* channels */
    Box box;
} Patches;

static Patches patches_of(Lower *lower, const Linear *gradient)
{
    const Node *node = gradient->node;
    return (Patches){
        .gradient = gradient, .outs = map_mixed(node->map)->out, .box = box_of(lower, node, TYPE_F32)};
}

/* ---- sums ---- */

/* Rows first .. first + count - 1 of the weights, outputs j0 .. j0 + width - 1. */
typedef struct Block {
    const Patches *patches;
    LoopExpr *j0;
    int first, count, width;
    BufferId sums; /* [count][width] */
} Block;

/* The sums += what the window at `place` contributes. */
static void emit_window(Lower *lower, const Block *block, LoopBlock *into, LoopExpr *place, LoopExpr *output)
{
    const Patches *patches = block->patches;
    LoopExpr *x[PATCH_ROWS];
    for (int r = 0; r < block->count; r++) {
        LoopExpr *at = op2(lower, OP_ADD, place, num(lower, box_offset(&patches->box, block->first + r)));
        x[r] = loop_local(lower, into, arena_printf(lower->arena, "x%d", r),
                          load1(lower, patches->box.buffer, at));
    }
    LoopStmt *loop = for_units(lower, into, "j", block->width);
    LoopExpr *j = loop_variable(lower, loop);
    Site site = patches->site;
    site.into = &loop->body;
    LoopExpr *value = load_stream(lower, patches->gradient->node->aux, site, op2(lower, OP_ADD, output, j));
    LoopExpr *g = loop_local(lower, &loop->body, "g", loop_cast(lower->arena, TYPE_F32, value));
    for (int r = 0; r < block->count; r++)
        store_product(lower, &loop->body, block->sums, 2, (LoopExpr *[]){num(lower, r), j}, x[r], g);
}

static void emit_windows(Lower *lower, const Block *block, LoopBlock *into)
{
    const Patches *patches = block->patches;
    LoopExpr *output = num(lower, 0), *place = num(lower, 0);
    for (int a = 0; a < patches->box.axes; a++) {
        const MapAxis *axis = &patches->box.axis[a];
        LoopStmt *loop = for_range(lower, into, axis->name, axis->out);
        LoopExpr *o = loop_variable(lower, loop);
        output = scaled_plus(lower, output, axis->out, o);
        place = scaled_plus(lower, place, patches->box.extent[a],
                            op2(lower, OP_MUL, o, num(lower, axis->stride)));
        into = &loop->body;
    }
    into = if_met(lower, patches->gradient->node->aux, patches->site.b, into, output);
    output = loop_local(lower, into, "out", scaled_plus(lower, output, patches->outs, block->j0));
    place = loop_local(lower, into, "place", op2(lower, OP_MUL, place, num(lower, patches->box.ins)));
    emit_window(lower, block, into, place, output);
}

static void emit_block(Lower *lower, const Block *block, LoopBlock *into)
{
    zero_sums(lower, into, block->sums, block->count, block->width);
    emit_windows(lower, block, into);
    for (int r = 0; r < block->count; r++) {
        LoopStmt *loop = for_units(lower, into, "j", block->width);
        LoopExpr *j = loop_variable(lower, loop);
        matrix_store(lower, &loop->body, &block->patches->gradient->matrix, num(lower, block->first + r),
                     op2(lower, OP_ADD, block->j0, j), load2(lower, block->sums, num(lower, r), j), true);
    }
}

/* All rows of the weights, up to so many at a time. */
static void emit_blocks(Lower *lower, const Patches *patches, LoopBlock *into, LoopExpr *j0, int width,
                        int most)
{
    const Node *node = patches->gradient->node;
    int all = map_rows(node->map);
    Parts parts = even_parts(all, most);
    Block block = {.patches = patches,
                   .j0 = j0,
                   .width = width,
                   .sums = sums_buffer(lower, weight_name(lower->net, node), parts.size, width)};
    for (; block.first < all; block.first += block.count) {
        block.count = block.first < parts.large * parts.size ? parts.size : parts.size - 1;
        emit_block(lower, &block, into);
    }
}

/* All outputs, `width` at a time. */
static void emit_outputs(Lower *lower, const Patches *patches, LoopBlock *into, int width, int most)
{
    int blocks = patches->outs / width, rest = patches->outs % width;
    if (blocks > 0) {
        LoopStmt *loop = for_range(lower, into, "outputs", blocks);
        LoopExpr *j0 = op2(lower, OP_MUL, loop_variable(lower, loop), num(lower, width));
        emit_blocks(lower, patches, &loop->body, loop_local(lower, &loop->body, "j0", j0), width, most);
    }
    if (rest > 0)
        emit_blocks(lower, patches, into, num(lower, blocks * width), rest, most);
}

static void gradient(Lower *lower, const Linear *linear, Site site, Walk walk)
{
    site.tile = NULL;
    note_gradient(lower, linear, site.into, ", window by window");
    Patches patches = patches_of(lower, linear);
    patches.site = walk_samples(lower, walk, site);
    box_zeros(lower, &patches.box, patches.site.into);
    patches.site = walk_steps(lower, walk, patches.site);
    box_fill(lower, &patches.box, patches.site);
    LoopBlock *into = patches.site.into;
    if (patches.outs < WINDOW_NARROW_WIDTH) {
        emit_outputs(lower, &patches, into, WINDOW_WIDTH, PATCH_NARROW_ROWS);
        return;
    }
    emit_outputs(lower, &patches, if_wide(lower, into, true), WINDOW_WIDTH, PATCH_ROWS);
    emit_outputs(lower, &patches, if_wide(lower, into, false), WINDOW_NARROW_WIDTH, PATCH_NARROW_ROWS);
}

const MapKernel by_patch_sums = {.serves = serves, .prepare = prepare, .gradient = gradient};
