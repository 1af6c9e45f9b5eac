/* The verifier of the Loop IR accepts a small program and refuses it once a kernel of it is broken, each mistake with its
 * message. What is not a kernel's code: test_verify_program.c. */
#include "loop_example.h"

#include <check.h>

Suite *verify_loop_suite(void);

static Arena *arena;

static LoopExpr *op(Op name, LoopExpr *a, LoopExpr *b)
{
    return loop_op(arena, name, a, b, NULL);
}

static LoopStmt *last_of(const LoopBlock *block)
{
    return block->at[block->count - 1];
}

static void limit(Example *e)
{
    e->kernel->vars.at[e->kernel->last].type = TYPE_U32;
}
static void same_var_name(Example *e)
{
    e->kernel->vars.at[e->sum].name = "x";
}
static void var_type(Example *e)
{
    e->kernel->vars.at[e->x].type = TYPE_U8;
}
static void var_range(Example *e)
{
    e->set->var = 99;
}
static void out_of_scope(Example *e)
{
    vec_push(arena, &e->kernel->body, e->set);
}
static void before_declaration(Example *e)
{
    e->let->value = example_var(e, e->sum);
}
static void shadowed(Example *e)
{
    loop_let(arena, &e->branch->body, e->x, loop_float(arena, 1));
}
static void shadowed_loop(Example *e)
{
    loop_for(arena, &e->branch->body, e->n, loop_int(arena, 0), loop_int(arena, 2));
}
static void set_constant(Example *e)
{
    e->set->var = e->x;
}
static void set_type(Example *e)
{
    e->set->value = loop_int(arena, 1);
}
static void let_type(Example *e)
{
    e->let->value = loop_int(arena, 1);
}
static void wrong_ref(Example *e)
{
    e->set->value->args[1]->type = TYPE_I32;
}
static void loop_type(Example *e)
{
    e->items->to = loop_float(arena, 4);
}
static void loop_variable(Example *e)
{
    e->items->var = e->x;
}
static void loop_few(Example *e)
{
    e->items->few = true;
}
static void loop_unroll(Example *e)
{
    e->items->unroll = 0;
}
static void condition(Example *e)
{
    e->branch->value = example_var(e, e->n);
}
static void few_indices(Example *e)
{
    e->store->nindex = 2;
}
static void index_type(Example *e)
{
    e->store->index[2] = example_var(e, e->x);
}
static void index_range(Example *e)
{
    e->store->index[1] = loop_int(arena, 5);
}
static void index_negative(Example *e)
{
    e->store->index[1] = loop_int(arena, -1);
}
static void load_range(Example *e)
{
    e->let->value->args[0] = loop_int(arena, 4);
}
static void load_type(Example *e)
{
    e->let->value->type = TYPE_I32;
}
static void no_buffer(Example *e)
{
    e->store->buffer = 3;
}
static void store_type(Example *e)
{
    e->store->value = loop_float(arena, 1);
}
static void store_add(Example *e)
{
    e->store->add = true;
}
static void store_input(Example *e)
{
    LoopExpr *n = example_var(e, e->n);
    loop_store(e->program, &e->items->body, e->label, 1, &n, loop_int(arena, 1), false);
}
static void ahead_range(Example *e)
{
    LoopExpr *index[3] = {example_var(e, e->n), loop_int(arena, 4), loop_int(arena, 1)};
    loop_ahead(e->program, &e->items->body, e->spikes, 3, index, 3);
    ck_assert_ptr_null(loop_verify(e->program));
    loop_ahead(e->program, &e->items->body, e->spikes, 3, index, 4);
}
/* var count = 0; count += list l[from], of s[n, 0, 0], 4 */
static LoopStmt *listing(Example *e, Type type, int room)
{
    LoopBlock *block = &e->items->body;
    Buffer list = {.name = "l", .type = type, .role = BUFFER_SCRATCH, .ndim = 1, .dims = {room}, .param = -1};
    VarId count = loop_var(arena, e->kernel, "count", TYPE_I32);
    LoopExpr *zero = loop_int(arena, 0), *row[3] = {example_var(e, e->n), zero, zero};
    loop_declare(arena, block, count, zero);
    loop_list(e->program, block, count, loop_buffer(e->program, list), 1, &zero,
              loop_load(e->program, e->spikes, 3, row), 4);
    return last_of(block);
}
static LoopStmt *good_listing(Example *e)
{
    LoopStmt *list = listing(e, TYPE_U16, 4 + LOOP_LIST_SLACK);
    ck_assert_pstr_eq(loop_verify(e->program), NULL);
    return list;
}
static void list_room(Example *e)
{
    listing(e, TYPE_U16, 4 + LOOP_LIST_SLACK - 1);
}
static void list_row(Example *e)
{
    good_listing(e)->count = 5;
}
static void list_indices(Example *e)
{
    good_listing(e)->nindex = 0;
}
static void list_of_numbers(Example *e)
{
    good_listing(e)->value = e->let->value;
}
static void list_of_no_load(Example *e)
{
    good_listing(e)->value = loop_int(arena, 1);
}
static void list_type(Example *e)
{
    listing(e, TYPE_U8, 4 + LOOP_LIST_SLACK);
}
static void list_narrow(Example *e)
{
    LoopStmt *list = good_listing(e);
    e->program->buffers.at[e->spikes].dims[1] = list->count = 65537;
    e->program->buffers.at[list->buffer].dims[0] = 65537 + LOOP_LIST_SLACK;
}
static void list_input(Example *e)
{
    LoopStmt *list = listing(e, TYPE_U16, 4 + LOOP_LIST_SLACK);
    e->program->buffers.at[list->buffer].role = BUFFER_INPUT;
}
static void list_constant(Example *e)
{
    good_listing(e)->var = e->n;
}
static void list_count_type(Example *e)
{
    good_listing(e)->var = e->sum;
}
static void ahead_index(Example *e)
{
    loop_ahead(e->program, &e->items->body, e->weights, 1, (LoopExpr *[]){loop_int(arena, 4)}, 1);
}
/* for i in 0 .. 4 where s[n, 0, i] */
static LoopStmt *flagged(Example *e, BufferId flags)
{
    VarId i = loop_var(arena, e->kernel, "i", TYPE_I32);
    LoopExpr *index[3] = {example_var(e, e->n), loop_int(arena, 0), example_var(e, i)};
    LoopStmt *loop = loop_for(arena, &e->items->body, i, loop_int(arena, 0), loop_int(arena, 4));
    bool spikes = flags == e->spikes;
    loop->value = loop_load(e->program, flags, spikes ? 3 : 1, spikes ? index : index + 2);
    return loop;
}
static void where_indices(Example *e)
{
    LoopStmt *loop = flagged(e, e->spikes);
    ck_assert_ptr_null(loop_verify(e->program));
    loop->value->nargs = 2;
}
static void where_other(Example *e)
{
    LoopStmt *loop = flagged(e, e->spikes);
    loop->value->args[2] = loop_int(arena, 0);
}
static void where_type(Example *e)
{
    flagged(e, e->weights);
}
static void where_and_more(Example *e)
{
    flagged(e, e->spikes)->independent = true;
}
static void stack_bytes(Example *e)
{
    BufferId array = loop_buffer(
        e->program,
        (Buffer){
            .name = "a", .type = TYPE_F32, .role = BUFFER_LOCAL, .ndim = 2, .dims = {2, 8192}, .param = -1});
    LoopExpr *zeros[2] = {loop_int(arena, 0), loop_int(arena, 0)};
    loop_store(e->program, &e->items->body, array, 2, zeros, loop_float(arena, 0), false);
    ck_assert_ptr_null(loop_verify(e->program));
    e->program->buffers.at[array].dims[1]++;
}
static void operand_types(Example *e)
{
    e->set->value->args[0] = example_var(e, e->n);
}
static void operand_count(Example *e)
{
    e->set->value->nargs = 1;
}
static void missing(Example *e)
{
    e->set->value->args[1] = NULL;
}
static void body_operation(Example *e)
{
    e->set->value->op = OP_STEP;
}
static void op_result(Example *e)
{
    e->set->value->type = TYPE_I32;
}
static void whole_sqrt(Example *e)
{
    e->branch->value->args[0] = loop_op(arena, OP_SQRT, example_var(e, e->n), NULL, NULL);
}
static void whole_fma(Example *e)
{
    e->branch->value->args[0] =
        loop_op(arena, OP_FMA, example_var(e, e->n), example_var(e, e->n), example_var(e, e->n));
}
static void mixed_fma(Example *e)
{
    e->set->value = loop_op(arena, OP_FMA, example_var(e, e->x), example_var(e, e->x), example_var(e, e->n));
}
static void bool_sum(Example *e)
{
    LoopExpr *truth = e->branch->value;
    e->branch->value = op(OP_ADD, truth, truth);
}
static void logic_of_numbers(Example *e)
{
    e->branch->value = op(OP_AND, example_var(e, e->x), example_var(e, e->x));
}
static void select_condition(Example *e)
{
    e->set->value =
        loop_op(arena, OP_SELECT, example_var(e, e->x), example_var(e, e->x), example_var(e, e->x));
}
static void select_branches(Example *e)
{
    e->set->value = loop_op(arena, OP_SELECT, e->branch->value, example_var(e, e->x), example_var(e, e->n));
}
static void cast_to_bool(Example *e)
{
    e->branch->value = loop_cast(arena, TYPE_BOOL, example_var(e, e->n));
}
static void scalar_type(Example *e)
{
    e->set->value = loop_scalar(arena, SCALAR_ROWS);
    e->set->value->type = TYPE_F32;
}
static void key_types(Example *e)
{
    e->branch->value = op(OP_EQ, loop_key(arena, example_var(e, e->x), example_var(e, e->n)),
                          loop_key(arena, example_var(e, e->n), example_var(e, e->n)));
}
static void given_type(Example *e)
{
    LoopExpr *given = loop_given(arena);
    given->type = TYPE_F32;
    e->let->value = given;
}
static void random_types(Example *e)
{
    e->set->value = loop_random(arena, example_var(e, e->n), example_var(e, e->n));
}
static void half(Example *e)
{
    e->branch->value->args[1] = loop_int(arena, 0);
    e->branch->value->args[1]->number = 0.5;
}

static const BadExample bad_programs[] = {
    {limit, "kernel `k`: `last` is not i32"},
    {same_var_name, "kernel `k`: two variables in one scope are called `x`"},
    {var_type, "kernel `k`: the variable `x` is u8"},
    {var_range, "kernel `k`: there is no variable 99"},
    {out_of_scope, "kernel `k`: `sum` is used outside its scope"},
    {before_declaration, "kernel `k`: `sum` is used outside its scope"},
    {shadowed, "kernel `k`: `x` is declared within its own scope"},
    {shadowed_loop, "kernel `k`: `n` is declared within its own scope"},
    {set_constant, "kernel `k`: `x` is set but no variable of this scope"},
    {set_type, "kernel `k`: `sum` is f32 and gets a value of type i32"},
    {let_type, "kernel `k`: `x` is f32 and gets a value of type i32"},
    {wrong_ref, "kernel `k`: `x` is f32 and used as i32"},
    {loop_type, "kernel `k`: a bound of the loop over `n` is f32, not i32"},
    {loop_variable, "kernel `k`: the loop variable `x` is not i32"},
    {loop_few, "kernel `k`: the loop over `n` may have any number of turns"},
    {loop_unroll, "kernel `k`: the loop over `n` is unrolled 0 times"},
    {condition, "kernel `k`: the condition of `if` is i32, not bool"},
    {few_indices, "kernel `k`: `s` takes 3 indices, not 2"},
    {index_type, "kernel `k`: index 2 of `s` is f32, not i32"},
    {index_range, "kernel `k`: index 1 of `s` is 5, outside 0 .. 4"},
    {index_negative, "kernel `k`: index 1 of `s` is -1, outside 0 .. 4"},
    {load_range, "kernel `k`: index 0 of `w` is 4, outside 0 .. 3"},
    {load_type, "kernel `k`: a load of `w` gives f32, not i32"},
    {no_buffer, "kernel `k`: there is no buffer 3"},
    {store_type, "kernel `k`: `s` holds u8 and is stored a value of type f32"},
    {store_add, "kernel `k`: `s` holds u8, which cannot be added to"},
    {store_input, "kernel `k`: `label` is an input and is stored to"},
    {ahead_range, "kernel `k`: no row of `s` has 4 elements from 1 on"},
    {stack_bytes, "kernel `k`: its arrays take 65544 bytes of a stack"},
    {list_room, "kernel `k`: no row of `l` has 12 elements from 0 on"},
    {list_row, "kernel `k`: no row of `s` has 5 elements from 0 on"},
    {list_indices, "kernel `k`: `l` takes 1 indices, not 0"},
    {list_of_numbers, "kernel `k`: a list of what are no bytes"},
    {list_of_no_load, "kernel `k`: a list of what are no bytes"},
    {list_type, "kernel `k`: `l` holds u8 and gets positions of 4 flags"},
    {list_narrow, "kernel `k`: `l` holds u16 and gets positions of 65537 flags"},
    {list_input, "kernel `k`: `l` is an input and is stored to"},
    {list_constant, "kernel `k`: `n` counts a list but is no i32 variable of this scope"},
    {list_count_type, "kernel `k`: `sum` counts a list but is no i32 variable of this scope"},
    {where_indices, "kernel `k`: `s` takes 3 indices, not 2"},
    {where_other, "kernel `k`: the flags of the loop over `i` are no bytes, or not its own"},
    {where_type, "kernel `k`: the flags of the loop over `i` are no bytes, or not its own"},
    {where_and_more, "kernel `k`: the loop over `i` asks for flags and for more"},
    {ahead_index, "kernel `k`: index 0 of `w` is 4, outside 0 .. 3"},
    {operand_types, "kernel `k`: `add` has operands of types i32 and f32"},
    {operand_count, "kernel `k`: `add` takes 2 operands, not 1"},
    {missing, "kernel `k`: an expression is missing"},
    {body_operation, "is none of the Loop IR"},
    {op_result, "kernel `k`: `add` gives f32, not i32"},
    {whole_sqrt, "kernel `k`: `sqrt` of i32"},
    {whole_fma, "kernel `k`: `fma` of i32"},
    {mixed_fma, "kernel `k`: `fma` has operands of types f32 and i32"},
    {bool_sum, "kernel `k`: `add` of bool"},
    {logic_of_numbers, "kernel `k`: `and` of f32, not bool"},
    {select_condition, "kernel `k`: the condition of `select` is f32, not bool"},
    {select_branches, "kernel `k`: `select` has operands of types f32 and i32"},
    {cast_to_bool, "kernel `k`: a cast to bool"},
    {scalar_type, "kernel `k`: the scalar `rows` is i32, not f32"},
    {key_types, "kernel `k`: key takes i32 and i32 and gives u32"},
    {given_type, "kernel `k`: what is given is f32"},
    {random_types, "kernel `k`: random takes u32 and i32 and gives u32"},
    {half, "kernel `k`: 0.5 is no i32 number"},
};

START_TEST(bad_program)
{
    arena = arena_new();
    expect_bad_example(arena, &bad_programs[_i]);
    arena_free(arena);
}
END_TEST

/* A variable may be declared again once its scope has ended, as unrolled steps do. */
START_TEST(scopes_one_after_the_other)
{
    arena = arena_new();
    Example e = loop_example(arena);
    for (int i = 0; i < 2; i++) {
        VarId y = i ? e.kernel->vars.count - 1 : loop_var(arena, e.kernel, "y", TYPE_I32);
        loop_let(arena, &loop_block(arena, &e.items->body, NULL)->body, y, loop_int(arena, i));
    }
    ck_assert_pstr_eq(loop_verify(e.program), NULL);
    arena_free(arena);
}
END_TEST

Suite *verify_loop_suite(void)
{
    Suite *suite = suite_create("verify_loop");
    TCase *tcase = tcase_create("verify_loop");
    tcase_add_loop_test(tcase, bad_program, 0, sizeof bad_programs / sizeof *bad_programs);
    tcase_add_test(tcase, scopes_one_after_the_other);
    suite_add_tcase(suite, tcase);
    return suite;
}
