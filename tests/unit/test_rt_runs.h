/* A fake model that the tests of a suite run, and what they say of its runs. */
#ifndef SNNC_TEST_RT_RUNS_H
#define SNNC_TEST_RT_RUNS_H

#include "test_rt_fake.h"
#include "snn_checkpoint.h"

extern Fake fake; /* of the running test: each has a process of its own */

/* A checked fixture. */
void fake_setup(void);
void fake_teardown(void);

bool exists(const char *name);
SnnState read_state(const char *name); /* of a checkpoint */

void assert_run(int status, const char *words);
void assert_says(const char *part); /* the last run, on stderr */
void assert_same(const char *one, const char *other);
void assert_no_temporary(void);

#endif
