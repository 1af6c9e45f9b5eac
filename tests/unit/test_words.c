/* Words of other languages. */
#include "words.h"

#include <check.h>

Suite *words_suite(void);

START_TEST(words_are_known_in_any_spelling)
{
    ck_assert_ptr_nonnull(foreign_word("batch_norm"));
    ck_assert_str_eq(foreign_word("BatchNorm"), foreign_word("batch_norm"));
    ck_assert_str_eq(foreign_word("LEARNING_RATE"), foreign_word("learningRate"));
    ck_assert_ptr_null(foreign_word("lif"));
    ck_assert_ptr_null(foreign_word(""));
    ck_assert_ptr_null(foreign_word("_"));
}
END_TEST

START_TEST(same_words)
{
    ck_assert(same_word("cross_entropy", "CrossEntropy"));
    ck_assert(same_word("_a_", "A"));
    ck_assert(!same_word("a", "ab"));
    ck_assert(!same_word("ab", "a"));
}
END_TEST

Suite *words_suite(void)
{
    Suite *suite = suite_create("words");
    TCase *tcase = tcase_create("words");
    tcase_add_test(tcase, words_are_known_in_any_spelling);
    tcase_add_test(tcase, same_words);
    suite_add_tcase(suite, tcase);
    return suite;
}
