/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "bus/error.h"
#include "bus/object.h"
#include "bus/polkit.h"
#include "lib/bus-message.h"

static void an_object_path_is_parsed_to_the_id_it_was_made_of(void **state) {
        static const uint32_t ids[] = { 1, 42, 2147483647 };

        for (size_t i = 0; i < ELEMENTSOF(ids); i++) {
                BusObjectPath path = bus_object_path(BUS_PATH_REPORT, ids[i]);
                uint32_t id = 0;

                assert_int_equal(bus_object_parse(BUS_PATH_REPORT, path.text, &id), 0);
                assert_int_equal(id, ids[i]);
        }
}

static void other_paths_are_no_objects(void **state) {
        static const char *const paths[] = {
                "/org/migrationd1/report", "/org/migrationd1/report/", "/org/migrationd1/report/_", "/org/migrationd1/report/1",
                "/org/migrationd1/report/_0", "/org/migrationd1/report/_01", "/org/migrationd1/report/_2147483648",
                "/org/migrationd1/report/_99999999999", "/org/migrationd1/report/_1/x", "/org/migrationd1/report/_1x",
                "/org/migrationd1/plan/_1", "/org/migrationd1/reports/_1", "/",
        };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                uint32_t id;

                assert_int_equal(bus_object_parse(BUS_PATH_REPORT, paths[i], &id), -EINVAL);
        }
}

static void each_named_error_has_its_own_errno(void **state) {
        for (int i = 0; i < _BUS_ERROR_MAX; i++) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                int r = bus_error_set(&error, (BusError) i, NULL);

                assert_true(r < 0);
                assert_string_equal(error.name, bus_error_name((BusError) i));
                assert_int_equal(sd_bus_error_get_errno(&error), -r);
                for (int j = 0; j < i; j++)
                        assert_int_not_equal(bus_error_set(NULL, (BusError) j, NULL), r);
        }
}

static void texts_that_were_cut_are_made_fit_for_the_bus(void **state) {
        static const struct {
                const char *in, *out;
        } texts[] = {
                { "plain", "plain" },
                { "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" },
                { "cut \xc3", "cut ?" },
                { "cut \xe2\x82", "cut ??" },
                { "cut \xf0\x9f\x98", "cut ???" },
                { "\x80 \xc0\x80 \xed\xa0\x80 \xf5", "? ?? ??? ?" },
                { "\xe2\x82 x", "?? x" },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                char text[32];

                assert_string_equal(bus_text_make_valid(strcpy(text, texts[i].in)), texts[i].out);
        }
}

static void an_error_with_a_cut_character_is_still_a_message(void **state) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        (void) bus_error_set(&error, BUS_ERROR_BAD_OPTION, "Option '%.2s'", "x\xc3\xa4");
        assert_string_equal(error.message, "Option 'x?'");
}

/* What a failure of the store becomes on the bus. */
static void assert_store_error(const PgError *failure, const char *name, const char *part) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        assert_true(bus_error_set_store(&error, failure, "no such socket", "systemctl status migrationd-postgresql") < 0);
        assert_string_equal(error.name, name);
        assert_non_null(strstr(error.message, part));
}

static void a_violated_constraint_becomes_the_error_that_it_means(void **state) {
        assert_store_error(&(const PgError) { .error = -EIO, .sqlstate = "23505", .constraint = "report_unfinished", .message = "x" },
                           "org.migrationd1.Error.MigrationRunning", "unfinished");
        assert_store_error(&(const PgError) { .error = -EIO, .sqlstate = "23505", .constraint = "plan_name_key", .message = "x" },
                           "org.migrationd1.Error.PlanExists", "name");
        assert_store_error(&(const PgError) { .error = -EIO, .sqlstate = "23503", .constraint = "report_plan_id_fkey", .message = "x" },
                           "org.migrationd1.Error.NoSuchPlan", "plan");
}

static void a_store_that_is_away_is_told_with_the_reason_and_the_next_command(void **state) {
        const PgError failure = { .error = -ENOTCONN, .sqlstate = "", .constraint = "", .message = "x" };

        assert_store_error(&failure, "org.migrationd1.Error.StoreUnavailable", "no such socket");
        assert_store_error(&failure, "org.migrationd1.Error.StoreUnavailable", "systemctl status migrationd-postgresql");
}

static void a_statement_whose_outcome_is_unknown_is_told_as_such(void **state) {
        static const PgError failures[] = {
                { .error = -ECONNRESET, .sqlstate = "", .constraint = "", .message = "x" },
                { .error = -ETIMEDOUT, .sqlstate = "", .constraint = "", .message = "x" },
                { .error = -EIO, .sqlstate = "57P01", .constraint = "", .message = "x" },
        };

        for (size_t i = 0; i < ELEMENTSOF(failures); i++)
                assert_store_error(&failures[i], "org.migrationd1.Error.StoreUnavailable", "may or may not");
}

static void another_refusal_of_the_store_shows_its_sqlstate(void **state) {
        assert_store_error(&(const PgError) { .error = -EIO, .sqlstate = "42501", .constraint = "", .message = "permission denied" },
                           SD_BUS_ERROR_FAILED, "permission denied (SQLSTATE 42501)");
}

static void polkit_answers_are_read(void **state) {
        static const struct {
                int authorized, challenge;
                const char *name;       /* NULL: allowed */
        } answers[] = {
                { 1, 0, NULL },
                { 0, 1, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED },
                { 0, 0, SD_BUS_ERROR_ACCESS_DENIED },
        };

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
                int r;

                m = bus_message_with(*state, "(bba{ss})", answers[i].authorized, answers[i].challenge, 1, "polkit.result", "x");
                r = polkit_read(m, &error);
                if (answers[i].name)
                        assert_true(r < 0 && sd_bus_error_has_name(&error, answers[i].name));
                else
                        assert_int_equal(r, 0);
        }
}

static int setup(void **state) {
        return bus_error_register() < 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_object_path_is_parsed_to_the_id_it_was_made_of),
                cmocka_unit_test(other_paths_are_no_objects),
                cmocka_unit_test(each_named_error_has_its_own_errno),
                cmocka_unit_test(texts_that_were_cut_are_made_fit_for_the_bus),
                cmocka_unit_test(an_error_with_a_cut_character_is_still_a_message),
                cmocka_unit_test(a_violated_constraint_becomes_the_error_that_it_means),
                cmocka_unit_test(a_store_that_is_away_is_told_with_the_reason_and_the_next_command),
                cmocka_unit_test(a_statement_whose_outcome_is_unknown_is_told_as_such),
                cmocka_unit_test(another_refusal_of_the_store_shows_its_sqlstate),
                cmocka_unit_test_setup_teardown(polkit_answers_are_read, bus_message_setup, bus_message_teardown),
        };

        return cmocka_run_group_tests(tests, setup, NULL);
}
