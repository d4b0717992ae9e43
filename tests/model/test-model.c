/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "model/names.h"
#include "model/state.h"

/* SCHEMA_DIR is set by meson. */
static char *read_schema(const char *name) {
        _cleanup_(freep) char *path = text_format("%s/%s", SCHEMA_DIR, name);
        FILE *f = fopen(path, "re");
        char *text = calloc(1, 256 * 1024);

        assert_non_null(f);
        assert_true(fread(text, 1, 256 * 1024 - 1, f) > 0);
        fclose(f);
        return text;
}

/* The CHECK (state IN (...)) of a table, from its first parenthesis to its last. */
static char *state_check(const char *schema, const char *table) {
        _cleanup_(freep) char *head = text_format("CREATE TABLE migrationd.%s (", table);
        const char *start = strstr(schema, head), *end;

        assert_non_null(start);
        start = strstr(start, "CHECK (state IN (");
        assert_non_null(start);
        end = strstr(start, "))");
        return strndup(start, (size_t) (end - start));
}

static void the_schema_allows_exactly_the_states_of_the_table(void **state) {
        static const char *const tables[] = { "report", "step", "task", "attempt" };
        _cleanup_(freep) char *schema = read_schema("0001-tables.sql");

        for (int object = 0; object < _STATE_OBJECT_MAX; object++) {
                _cleanup_(freep) char *check = state_check(schema, tables[object]);

                for (int s = 0; s < _STATE_MAX; s++) {
                        _cleanup_(freep) char *word = text_format("'%s'", state_to_string((State) s));
                        bool in_schema = strstr(check, word);

                        if (in_schema != state_is_of((StateObject) object, (State) s))
                                fail_msg("table %s, state %s: schema %i", tables[object], state_to_string((State) s), in_schema);
                }
        }
}

static void each_transition_is_made_by_a_function_of_the_schema(void **state) {
        _cleanup_(freep) char *tasks = read_schema("0002-task-functions.sql"), *service = read_schema("0003-service-functions.sql");
        size_t n;
        const StateTransition *t = state_transitions(&n);

        for (size_t i = 0; i < n; i++) {
                _cleanup_(freep) char *head = text_format("CREATE FUNCTION migrationd.%s(", t[i].by);

                if (!strstr(tasks, head) && !strstr(service, head))
                        fail_msg("no function %s", t[i].by);
        }
}

static void final_states_are_left_by_retry_only(void **state) {
        size_t n;
        const StateTransition *t = state_transitions(&n);

        for (size_t i = 0; i < n; i++)
                if (state_is_final(t[i].from))
                        assert_string_equal(t[i].by, "report_retry");
        assert_false(state_may_change(STATE_OF_REPORT, STATE_CANCELED, STATE_RUNNING));
        assert_true(state_may_change(STATE_OF_REPORT, STATE_FAILED, STATE_RUNNING));
}

static void state_words_round_trip_and_others_are_refused(void **state) {
        for (int s = 0; s < _STATE_MAX; s++)
                assert_int_equal(state_from_string(state_to_string((State) s)), s);
        assert_true(state_from_string("Running") < 0);
        assert_true(state_from_string("") < 0);
        assert_true(state_from_string(NULL) < 0);
        assert_null(state_to_string(_STATE_MAX));
}

static void task_unit_names_round_trip(void **state) {
        _cleanup_(freep) char *unit = task_unit_name("pulp2to3", "repository_versions", 1, 2147483647, 3);
        TaskUnitName name;

        assert_string_equal(unit, "migration-pulp2to3-repository_versions-1-2147483647-3.service");
        assert_int_equal(task_unit_parse(unit, &name), 0);
        assert_string_equal(name.migration, "pulp2to3");
        assert_string_equal(name.step, "repository_versions");
        assert_int_equal(name.report, 1);
        assert_int_equal(name.task, 2147483647);
        assert_int_equal(name.attempt, 3);
}

static void names_that_could_leave_their_place_make_no_unit(void **state) {
        static const char *const bad[] = { "", "a-b", "a.b", "A", "a/b", "a b", "a\n", "ä", "..", "a%b", "a@b" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_null(task_unit_name(bad[i], "x", 1, 1, 1));
                assert_null(task_unit_name("x", bad[i], 1, 1, 1));
        }
        assert_null(task_unit_name("x", "y", 0, 1, 1));
}

static void unit_names_of_others_are_not_parsed(void **state) {
        static const char *const bad[] = { "migration-1.slice", "migration-a-b-1-2.service", "migration-a-b-1-2-3.timer",
                                           "migration-a-b-01-2-3.service", "migration-a-b-1-2-3-4.service", "ssh.service",
                                           "migration-a-b-1-2-3.serviceX", "migration-a-b-1-2-99999999999.service",
                                           "migration-a-b--2-3.service", "migrationd-fence-1-2.service" };
        TaskUnitName name;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (task_unit_parse(bad[i], &name) >= 0)
                        fail_msg("%s was parsed", bad[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_schema_allows_exactly_the_states_of_the_table),
                cmocka_unit_test(each_transition_is_made_by_a_function_of_the_schema),
                cmocka_unit_test(final_states_are_left_by_retry_only),
                cmocka_unit_test(state_words_round_trip_and_others_are_refused),
                cmocka_unit_test(task_unit_names_round_trip),
                cmocka_unit_test(names_that_could_leave_their_place_make_no_unit),
                cmocka_unit_test(unit_names_of_others_are_not_parsed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
