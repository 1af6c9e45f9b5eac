/* Runs every suite of suites.def. With CK_FORK=no all in one process, for a debugger. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.def"
#undef SUITE

int main(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "120", 0); /* seconds a test: machines may be loaded */
    SRunner *runner = srunner_create(NULL);
#define SUITE(name) srunner_add_suite(runner, name##_suite());
#include "suites.def"
#undef SUITE
    srunner_run_all(runner, CK_NORMAL);
    int run = srunner_ntests_run(runner), failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    if (run == 0)
        fprintf(stderr, "unit: no test ran\n");
    return run == 0 || failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
