/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What options make of a sample, before anything is written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-content.h"
#include "migrations/sample-rich.h"

/* Of 203 units 60.9 are on demand; of 142 downloaded ones 2.13, 0.71 and 1.42 are damaged; of 136 good
 * ones 5.44 are duplicates; 10.15 are shared. */
static void shares_are_rounded_up_to_whole_units(void **state) {
        _cleanup_(sample_freep) Sample *s = NULL;
        uint32_t n[UNIT_TRUNCATED + 1] = {}, duplicates = 0, shared = 0;

        assert_int_equal(sample_new(&rich, &s, NULL), 0);
        for (uint32_t i = 0; i < s->n_units; i++) {
                n[s->units[i].kind]++;
                duplicates += s->units[i].content != i;
                shared += s->units[i].n_repositories > 1;
        }
        assert_int_equal(n[UNIT_ON_DEMAND], 61);
        assert_int_equal(n[UNIT_CORRUPTED], 3);
        assert_int_equal(n[UNIT_MISSING], 1);
        assert_int_equal(n[UNIT_TRUNCATED], 2);
        assert_int_equal(n[UNIT_GOOD], 136);
        assert_int_equal(duplicates, 6);
        assert_int_equal(shared, 11);
}

/* All but the documents is as it is without: files, links, and what is on demand. */
static void damage_to_documents_changes_no_other_draw(void **state) {
        _cleanup_(sample_freep) Sample *plain = NULL, *damaged = NULL;
        SampleOptions options = rich;
        uint32_t n = 0;

        options.damaged_documents = 1;
        assert_int_equal(sample_new(&rich, &plain, NULL), 0);
        assert_int_equal(sample_new(&options, &damaged, NULL), 0);
        /* The first unit is damaged, however small the share. */
        assert_int_not_equal(damaged->units[0].damage, SAMPLE_DAMAGE_NONE);
        for (uint32_t i = 0; i < plain->n_units; i++) {
                assert_int_equal(plain->units[i].damage, SAMPLE_DAMAGE_NONE);
                n += damaged->units[i].damage != SAMPLE_DAMAGE_NONE;
                damaged->units[i].damage = SAMPLE_DAMAGE_NONE;
                assert_memory_equal(&plain->units[i], &damaged->units[i], sizeof(plain->units[i]));
        }
        assert_in_range(n, 1, 3);
}

static void every_repository_gets_a_unit(void **state) {
        SampleOptions o = { .n_units = 100, .n_repositories = 100, .size_min_bytes = 1, .size_max_bytes = 1 };
        _cleanup_(sample_freep) Sample *s = NULL;

        assert_int_equal(sample_new(&o, &s, NULL), 0);
        for (size_t i = 0; i < s->n_repositories; i++)
                assert_int_equal(s->repositories[i].n_units, 1);
}

/* A unit of a real server, whose directory on that server is known. */
static void directories_are_named_as_pulp_2_names_them(void **state) {
        static const char checksum[] = "166987992e69264c25a33864ecc63ad5f59254ca0f05e6cc2d8c4569ad5acffc";
        char path[SAMPLE_DIRECTORY_SIZE];

        assert_int_equal(sample_directory(checksum, "2.iso", 1024, path), 0);
        assert_string_equal(path,
                            "units/iso/fe/7b28acb93cc79f5faa1eb8b9a537354e1f4e551200f47d6c8a8ebc4592ce7f");
}

static void options_that_contradict_each_other_are_named(void **state) {
        static const struct {
                SampleOptions options;
                const char *text;
        } bad[] = {
                { { .n_units = 1, .size_min_bytes = 1, .size_max_bytes = 1 }, "--repositories" },
                { { .n_units = 1,
                    .n_repositories = 1,
                    .shared = 1,
                    .size_min_bytes = 1,
                    .size_max_bytes = 1 },
                  "--shared" },
                { { .n_units = 1, .n_repositories = 1, .size_min_bytes = 2, .size_max_bytes = 1 },
                  "--size-min" },
                { { .n_units = 1, .n_repositories = 1, .size_min_bytes = 0, .size_max_bytes = 1 },
                  "--size-min" },
                { { .n_units = 9,
                    .n_repositories = 1,
                    .corrupted = 9000,
                    .missing = 9000,
                    .size_min_bytes = 1,
                    .size_max_bytes = 1 },
                  "the 9 downloaded ones" },
                { { .n_units = 9,
                    .n_repositories = 1,
                    .corrupted = 10001,
                    .size_min_bytes = 1,
                    .size_max_bytes = 1 },
                  "100 percent" },
                { { .n_units = SAMPLE_UNITS_MAX + 1,
                    .n_repositories = 1,
                    .size_min_bytes = 1,
                    .size_max_bytes = 1 },
                  "--units" },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_(freep) char *error = NULL;
                Sample *s = NULL;

                assert_int_equal(sample_new(&bad[i].options, &s, &error), -EINVAL);
                assert_null(s);
                if (!strstr(error, bad[i].text))
                        fail_msg("\"%s\" is not in: %s", bad[i].text, error);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(shares_are_rounded_up_to_whole_units),
                cmocka_unit_test(damage_to_documents_changes_no_other_draw),
                cmocka_unit_test(every_repository_gets_a_unit),
                cmocka_unit_test(directories_are_named_as_pulp_2_names_them),
                cmocka_unit_test(options_that_contradict_each_other_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
