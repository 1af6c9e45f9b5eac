/* The table of targets. */
#include "target.h"

#include <check.h>
#include <string.h>

Suite *target_suite(void);

START_TEST(names_are_unique_and_found)
{
    for (int i = 0; i < target_count; i++)
        ck_assert_msg(find_target(targets[i].name) == &targets[i], "%s", targets[i].name);
    ck_assert_ptr_null(find_target("vax"));
    ck_assert_str_eq(targets[0].name, "native");
}
END_TEST

START_TEST(closest_is_named)
{
    ck_assert_str_eq(closest_target("riscv64"), "riscv64gc");
    ck_assert_str_eq(closest_target("x86-64"), "x86-64-v1");
    ck_assert_ptr_null(closest_target("vax"));
}
END_TEST

START_TEST(other_machines_programs_stand_alone)
{
    Arena *arena = arena_new();
    for (int i = 0; i < target_count; i++) {
        const TargetRow *target = &targets[i];
        bool alone = strstr(target_program_options(target), "-static") != NULL;
        ck_assert_msg(alone == (target->system == TARGET_OTHER), "%s", target->name);
        ck_assert(target_has_library(target, "-lm"));
        ck_assert_msg(target_has_library(target, "-lz") == (target->system == TARGET_OWN), "%s",
                      target->name);
    }
    arena_free(arena);
}
END_TEST

START_TEST(memory_is_what_addresses_reach)
{
    Arena *arena = arena_new();
    for (int i = 0; i < target_count; i++)
        ck_assert_msg(targets[i].memory <= targets[i].bits, "%s", targets[i].name);
    ck_assert_str_eq(target_memory_text(arena, find_target("avr")), "64 KiB");
    ck_assert_str_eq(target_memory_text(arena, find_target("cortex-m4")), "512 MiB");
    ck_assert_str_eq(target_memory_text(arena, find_target("armv7")), "4 GiB");
    ck_assert_str_eq(target_memory_text(arena, find_target("aarch64")), "");
    arena_free(arena);
}
END_TEST

Suite *target_suite(void)
{
    Suite *suite = suite_create("target");
    TCase *tcase = tcase_create("target");
    tcase_add_test(tcase, names_are_unique_and_found);
    tcase_add_test(tcase, closest_is_named);
    tcase_add_test(tcase, other_machines_programs_stand_alone);
    tcase_add_test(tcase, memory_is_what_addresses_reach);
    suite_add_tcase(suite, tcase);
    return suite;
}
