/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/page.h"
#include "daemon/report-step.h"
#include "lib/bus-message.h"

static sd_bus_message *last; /* a page borrows from its message */

static Page *page_of(sd_bus_message *m, PageOptions options) {
        Page *p = NULL;

        sd_bus_message_unref(last);
        last = m;
        assert_int_equal(page_read(m, options, &p, NULL), 0);
        return p;
}

static void assert_refused(sd_bus_message *m, PageOptions options, const char *text) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Page *p = NULL;

        assert_true(page_read(m, options, &p, &error) < 0);
        assert_null(p);
        assert_string_equal(error.message, text);
        sd_bus_message_unref(m);
}

static void a_page_without_options_is_the_first_thousand(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 0), PAGE_LIMIT | PAGE_OFFSET | PAGE_STATES | PAGE_PLAN);

        assert_int_equal(p->limit, 1000);
        assert_int_equal(p->skip, 0);
        assert_int_equal(p->plan, 0);
        assert_null(p->states);
        page_free(p);
}

static void states_become_an_array_of_the_database(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 1, "states", "as", 2, "running", "failed"), PAGE_STATES);

        assert_string_equal(p->states, "{running,failed}");
        page_free(p);
        p = page_of(bus_message_with(*state, "a{sv}", 1, "states", "as", 1, "waiting"), PAGE_STATES);
        assert_string_equal(p->states, "{waiting}");
        page_free(p);
}

static void the_id_of_the_last_one_seen_has_the_type_of_the_list(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 1, "after", "t", UINT64_C(5000000000)), PAGE_AFTER_U64);

        assert_int_equal(p->skip, 5000000000);
        page_free(p);
        p = page_of(bus_message_with(*state, "a{sv}", 1, "after", "u", 7), PAGE_AFTER_U32);
        assert_int_equal(p->skip, 7);
        page_free(p);
}

static void values_out_of_range_are_refused(void **state) {
        assert_refused(bus_message_with(*state, "a{sv}", 1, "limit", "u", 0), PAGE_LIMIT, "Option 'limit' is 0, not between 1 and 10000");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "limit", "u", 10001), PAGE_LIMIT,
                       "Option 'limit' is 10001, not between 1 and 10000");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "after", "t", UINT64_MAX), PAGE_AFTER_U64, "Option 'after' is out of range");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "states", "as", 2, "running", "x}'"), PAGE_STATES,
                       "Option 'states': unknown state 'x}''");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "step", "s", "a b"), PAGE_STEP, "Option 'step': 'a b' is not the code of a step");
}

static void options_of_another_list_are_unknown(void **state) {
        assert_refused(bus_message_with(*state, "a{sv}", 1, "offset", "u", 1), PAGE_AFTER_U32, "Unknown option 'offset'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "after", "u", 1), PAGE_OFFSET, "Unknown option 'after'");
}

static void ids_become_an_array_and_none_of_them_is_no_row(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 1, "ids", "au", 2, 7, UINT32_MAX), PAGE_IDS);

        assert_string_equal(p->ids, "{7,4294967295}");
        page_free(p);
        p = page_of(bus_message_with(*state, "a{sv}", 1, "ids", "au", 0), PAGE_IDS);
        assert_string_equal(p->ids, "{}");
        page_free(p);
        p = page_of(bus_message_with(*state, "a{sv}", 0), PAGE_IDS);
        assert_null(p->ids);
        page_free(p);
}

static void times_are_filters_when_given_even_the_epoch(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 2, "created_from_usec", "t", UINT64_C(0), "created_to_usec", "t", UINT64_MAX),
                          PAGE_CREATED);

        assert_string_equal(p->created_from, "0");
        assert_string_equal(p->created_to, "253402300799000000");
        page_free(p);
        p = page_of(bus_message_with(*state, "a{sv}", 0), PAGE_CREATED);
        assert_null(p->created_from);
        assert_null(p->created_to);
        page_free(p);
}

static void an_order_is_one_that_the_list_has(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 1, "order", "s", "-finished"), PAGE_ORDER | PAGE_ORDER_RUN);

        assert_string_equal(p->order, "-finished");
        page_free(p);
        p = page_of(bus_message_with(*state, "a{sv}", 0), PAGE_ORDER);
        assert_string_equal(p->order, "id");
        page_free(p);
        assert_refused(bus_message_with(*state, "a{sv}", 1, "order", "s", "finished"), PAGE_ORDER | PAGE_ORDER_NAME,
                       "Option 'order': this list has no order 'finished'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "order", "s", "name"), PAGE_ORDER | PAGE_ORDER_RUN,
                       "Option 'order': this list has no order 'name'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "order", "s", "--id"), PAGE_ORDER, "Option 'order': this list has no order '--id'");
        assert_refused(bus_message_with(*state, "a{sv}", 1, "order", "s", ""), PAGE_ORDER, "Option 'order': this list has no order ''");
}

static void every_list_takes_the_user_on_whose_behalf_it_is(void **state) {
        Page *p = page_of(bus_message_with(*state, "a{sv}", 1, "on-behalf-uid", "u", 0), 0);

        assert_true(p->on_behalf.given);
        assert_int_equal(p->on_behalf.uid, 0);
        page_free(p);
}

static void tasks_of_steps_are_appended_as_documented(void **state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_new(*state);
        const char *one, *two;
        uint32_t a, b;

        assert_true(report_step_tasks_append(m, "{\"one\": [3, 4], \"two\": []}") >= 0);
        bus_message_seal(m);
        assert_true(sd_bus_message_read(m, "a{sau}", 2, &one, 2, &a, &b, &two, 0) > 0);
        assert_string_equal(one, "one");
        assert_int_equal(a, 3);
        assert_int_equal(b, 4);
        assert_string_equal(two, "two");
}

static void the_running_step_is_found(void **state) {
        RunningStep step;

        assert_int_equal(report_step_running("[[\"a\",\"A\",\"completed\",5,5,1,2],[\"b\",\"B\",\"running\",3,9,7,0]]", &step), 0);
        assert_int_equal(step.ord, 1);
        assert_int_equal(step.done, 3);
        assert_int_equal(step.total, 9);
        assert_int_equal(step.started_usec, 7);
        assert_int_equal(report_step_running("[[\"a\",\"A\",\"waiting\",0,0,0,0]]", &step), -ENOENT);
        assert_int_equal(report_step_running("[]", &step), -ENOENT);
        assert_int_equal(report_step_running("{}", &step), -EBADMSG);
        assert_int_equal(report_step_running("[[\"a\"]]", &step), -EBADMSG);
}

static void steps_and_tasks_are_appended_as_documented(void **state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = bus_message_new(*state);
        const char *code, *message, *word, *key;
        uint64_t done, total, started, finished;
        uint32_t n;

        assert_true(report_steps_append(m, "[[\"a\",\"A b\",\"completed\",5000000000,5000000001,1,2]]") >= 0);
        assert_true(report_tasks_append(m, "{\"waiting\": 2, \"running\": 0}") >= 0);
        bus_message_seal(m);
        assert_true(sd_bus_message_enter_container(m, 'a', "(ssstttt)") > 0);
        assert_true(sd_bus_message_read(m, "(ssstttt)", &code, &message, &word, &done, &total, &started, &finished) > 0);
        assert_string_equal(code, "a");
        assert_string_equal(message, "A b");
        assert_string_equal(word, "completed");
        assert_int_equal(done, 5000000000);
        assert_int_equal(total, 5000000001);
        assert_int_equal(started, 1);
        assert_int_equal(finished, 2);
        assert_true(sd_bus_message_exit_container(m) >= 0);
        assert_true(sd_bus_message_read(m, "a{su}", 2, &key, &n, &word, &started) > 0);
        assert_string_equal(key, "waiting");
        assert_int_equal(n, 2);
}

#define with_bus(test) cmocka_unit_test_setup_teardown(test, bus_message_setup, bus_message_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                with_bus(a_page_without_options_is_the_first_thousand),
                with_bus(states_become_an_array_of_the_database),
                with_bus(the_id_of_the_last_one_seen_has_the_type_of_the_list),
                with_bus(values_out_of_range_are_refused),
                with_bus(options_of_another_list_are_unknown),
                cmocka_unit_test(the_running_step_is_found),
                with_bus(steps_and_tasks_are_appended_as_documented),
                with_bus(ids_become_an_array_and_none_of_them_is_no_row),
                with_bus(times_are_filters_when_given_even_the_epoch),
                with_bus(an_order_is_one_that_the_list_has),
                with_bus(every_list_takes_the_user_on_whose_behalf_it_is),
                with_bus(tasks_of_steps_are_appended_as_documented),
        };
        int r = cmocka_run_group_tests(tests, NULL, NULL);

        sd_bus_message_unref(last);
        return r;
}
