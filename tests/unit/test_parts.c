/* Which parts of the runtime a program consists of, and that every choice of them is a program without warnings. */
#include "parts.h"
#include "backend.h"
#include "embedded.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *parts_suite(void);

extern const Backend backend_c;

enum { ALL = (1 << NEED_COUNT) - 1, LEAST = 1 << NEED_MAIN | 1 << NEED_INFO | 1 << NEED_TEST };

static Arena *arena;

static void begin(void)
{
    arena = arena_new();
}

static void end(void)
{
    arena_free(arena);
}

/* A network without a layer, that sees nothing but labels. */
static Program *program_of(unsigned needs)
{
    Program *program = program_new(arena, "none");
    program->source = "none.snn";
    program->needs = needs;
    program->data_format = needs & 1u << NEED_IDX ? "idx" : NULL;
    program->optimizer = "sgd";
    program->label = 0;
    const Buffer label = {
        .name = "label", .type = TYPE_I32, .role = BUFFER_INPUT, .per_sample = true, .param = -1};
    vec_push(arena, &program->buffers, label);
    return program;
}

static bool has(const Parts *parts, const char *file)
{
    int found = runtime_file(file, strlen(file));
    ck_assert_msg(found >= 0, "%s", file);
    return parts->files[found];
}

static bool links(const Parts *parts, const char *library)
{
    for (int i = 0; parts->libraries[i]; i++)
        if (strcmp(parts->libraries[i], library) == 0)
            return true;
    return false;
}

START_TEST(each_source_is_part_of_something)
{
    Parts parts = parts_of(arena, program_of(ALL));
    for (int i = 0; i < embedded_count; i++) {
        const char *path = embedded_files[i].path;
        if (strncmp(path, "runtime/", 8) == 0 && path[strlen(path) - 1] == 'c')
            ck_assert_msg(parts.files[i], "%s", path);
    }
    ck_assert(links(&parts, "-lm") && links(&parts, "-lpthread") && links(&parts, "-lz"));
}
END_TEST

START_TEST(training_comes_with_train)
{
    Parts with = parts_of(arena, program_of(ALL)),
          without = parts_of(arena, program_of(ALL & ~(1u << NEED_TRAIN)));
    ck_assert(has(&with, "trainer.c") && has(&with, "safetensors_write.c"));
    ck_assert(!has(&without, "safetensors_write.c"));
    for (int i = 0; i < embedded_count; i++)
        if (strncmp(embedded_files[i].path, "runtime/train/", 14) == 0)
            ck_assert_msg(!without.files[i], "%s", embedded_files[i].path);
}
END_TEST

START_TEST(predictions_come_with_predict)
{
    Parts with = parts_of(arena, program_of(LEAST | 1 << NEED_PREDICT)),
          without = parts_of(arena, program_of(LEAST));
    ck_assert(has(&with, "predict.c") && has(&with, "output.c"));
    ck_assert(!has(&without, "predict.c"));
    ck_assert(has(&without, "predictor.c")); /* `test` begins with it, too */
    ck_assert(has(&without, "output.c"));    /* `test --rates` writes a file */
}
END_TEST

START_TEST(zlib_comes_with_idx)
{
    Parts with = parts_of(arena, program_of(LEAST | 1 << NEED_IDX)),
          without = parts_of(arena, program_of(LEAST | 1 << NEED_TRAIN | 1 << NEED_PREDICT));
    ck_assert(has(&with, "idx.c") && has(&with, "gzip.c") && links(&with, "-lz") && !has(&with, "hdf5.c"));
    ck_assert(!has(&without, "idx.c") && !has(&without, "gzip.c") && !links(&without, "-lz"));
    ck_assert(links(&without, "-lm") && links(&without, "-lpthread"));
}
END_TEST

START_TEST(readers_come_by_themselves)
{
    Parts shd = parts_of(arena, program_of(LEAST | 1 << NEED_SHD));
    ck_assert(has(&shd, "shd.c") && has(&shd, "hdf5.c") && !has(&shd, "idx.c") && !has(&shd, "gzip.c"));
    Parts npy = parts_of(arena, program_of(LEAST | 1 << NEED_NPY));
    ck_assert(has(&npy, "npy.c") && has(&npy, "zip.c") && links(&npy, "-lz") && !has(&npy, "hdf5.c"));
    Parts wav = parts_of(arena, program_of(LEAST | 1 << NEED_WAV));
    ck_assert(has(&wav, "mel.c") && has(&wav, "recordings.c") && !has(&wav, "csv.c") && !links(&wav, "-lz"));
    Parts csv = parts_of(arena, program_of(LEAST | 1 << NEED_CSV));
    ck_assert(has(&csv, "words.c") && links(&csv, "-lz") && !has(&csv, "recordings.c"));
}
END_TEST

START_TEST(headers_of_kernels_by_themselves)
{
    Parts none = parts_of(arena, program_of(LEAST));
    ck_assert(!has(&none, "snn_math.h") && !has(&none, "snn_list.h") && !has(&none, "snn_fma.h"));
    Parts lists = parts_of(arena, program_of(LEAST | 1 << NEED_LISTS));
    ck_assert(has(&lists, "snn_list.h") && !has(&lists, "snn_math.h") && !has(&lists, "snn_fma.h"));
    Parts fused = parts_of(arena, program_of(LEAST | 1 << NEED_FMA));
    ck_assert(has(&fused, "snn_fma.h") && !has(&fused, "snn_math.h"));
}
END_TEST

static void save(const Program *program, const char *path)
{
    const char *error = NULL;
    const BackendOptions options = {.version = "0", .command = "", .runtime = true};
    Out *out = out_new(arena);
    backend_c.emit(program, &options, out, &error);
    ck_assert_msg(out_save(out, arena, path, &error), "%s", error);
}

/* Exactly the libraries of these parts. */
static int build(const char *compiler, const char *folder, const Parts *parts)
{
    const char *libraries = "";
    for (int i = 0; parts->libraries[i]; i++)
        libraries = arena_printf(arena, "%s %s", libraries, parts->libraries[i]);
    return system(
        arena_printf(arena,
                     "%s -std=c11 -O0 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror "
                     "%s/none.c -o %s/none%s && %s/none --version > %s/said",
                     compiler, folder, folder, libraries, folder, folder));
}

static void check_program(const char *compiler, unsigned needs)
{
    char folder[] = "/tmp/snnc-test-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const Program *program = program_of(needs);
    const Parts parts = parts_of(arena, program);
    save(program, arena_printf(arena, "%s/none.c", folder));
    int status = build(compiler, folder, &parts);
    static const char *const files[] = {"none.c", "none", "said"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(arena_printf(arena, "%s/%s", folder, files[i]));
    rmdir(folder);
    ck_assert_msg(status == 0, "%s, needs %x", compiler, needs);
}

static const char *const compilers[] = {"gcc", "clang", "gcc -DSNN_NO_ZLIB"};
enum { COMPILERS = sizeof compilers / sizeof *compilers, CHOICES = 8 };

/* Train, predict and IDX data or not; what kernels need is inline, all of it or nothing. */
START_TEST(all_choices_are_programs)
{
    unsigned choice = (unsigned)_i / COMPILERS, kernels = (1u << NEED_MAIN) - 1;
    unsigned needs = LEAST | (choice & 1u) << NEED_TRAIN | (choice >> 1 & 1u) << NEED_PREDICT
                     | (choice >> 2 & 1u) << NEED_IDX;
    check_program(compilers[_i % COMPILERS], choice % 2 == 0 ? needs : needs | kernels);
}
END_TEST

Suite *parts_suite(void)
{
    Suite *suite = suite_create("parts");
    TCase *tests = tcase_create("parts");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, each_source_is_part_of_something);
    tcase_add_test(tests, training_comes_with_train);
    tcase_add_test(tests, predictions_come_with_predict);
    tcase_add_test(tests, zlib_comes_with_idx);
    tcase_add_test(tests, readers_come_by_themselves);
    tcase_add_test(tests, headers_of_kernels_by_themselves);
    tcase_add_loop_test(tests, all_choices_are_programs, 0, CHOICES * COMPILERS);
    suite_add_tcase(suite, tests);
    return suite;
}
