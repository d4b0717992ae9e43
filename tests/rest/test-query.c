/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "rest/query.h"

static int read_text(QueryKind kind, const char *text, Query *ret, const char **ret_name) {
        _cleanup_(freep) char *target = text_format("/x/?%s", text);
        _cleanup_(target_done) Target t = {};
        const char *reason = NULL, *name = NULL;
        int r;

        assert_int_equal(target_parse(target, &t, &reason), 0);
        r = query_read(kind, &t, ret, &name, &reason);
        if (r < 0) {
                static char copy[64];

                assert_non_null(reason);
                (void) strncpy(copy, name, sizeof(copy) - 1);
                *ret_name = copy;
        }
        return r;
}

static void assert_refused(QueryKind kind, const char *text, const char *name) {
        const char *found = NULL;
        Query q = {};

        if (read_text(kind, text, &q, &found) != -EINVAL)
                fail_msg("%s is taken", text);
        assert_string_equal(found, name);
}

static void a_query_without_parameters_is_the_first_page(void **state) {
        _cleanup_(query_done) Query q = {};
        ClientOption options[QUERY_FILTERS_MAX];
        const char *name;
        size_t n;

        assert_int_equal(read_text(QUERY_REPORTS, "", &q, &name), 0);
        assert_int_equal(q.limit, 100);
        assert_int_equal(q.offset, 0);
        query_filters(&q, options, &n);
        assert_int_equal(n, 0);
}

static void running_means_paused_too_where_there_is_such_a_state(void **state) {
        _cleanup_(query_done) Query reports = {}, tasks = {};
        const char *name;

        assert_int_equal(read_text(QUERY_REPORTS, "state=running", &reports, &name), 0);
        assert_int_equal(strv_length(reports.states), 2);
        assert_string_equal(reports.states[1], "paused");
        assert_int_equal(read_text(QUERY_TASKS, "state__in=running,canceling,skipped", &tasks, &name), 0);
        assert_int_equal(strv_length(tasks.states), 2);
        assert_string_equal(tasks.states[1], "skipped");
}

static void filters_that_exclude_each_other_leave_no_row(void **state) {
        _cleanup_(query_done) Query q = {}, none = {};
        ClientOption options[QUERY_FILTERS_MAX];
        const char *name;
        size_t n;

        assert_int_equal(read_text(QUERY_TASKS, "state=failed&state__in=completed,running", &q, &name), 0);
        assert_true(q.nothing);
        query_filters(&q, options, &n);
        assert_string_equal(options[0].key, "ids");
        assert_int_equal(options[0].number, 0);
        assert_int_equal(read_text(QUERY_REPORTS, "state=skipped", &none, &name), 0);
        assert_true(none.nothing);
}

static void all_filters_become_options(void **state) {
        _cleanup_(query_done) Query q = {};
        ClientOption options[QUERY_FILTERS_MAX];
        const char *name;
        size_t n;

        assert_int_equal(read_text(QUERY_TASKS,
                                   "limit=2&offset=4&ordering=-started_at&state=failed&pulp_created__gte=2026-01-02&"
                                   "pulp_created__lte=2026-01-02&migration_report=/pulp/api/v3/migrationreport/7/&code=content",
                                   &q, &name), 0);
        assert_int_equal(q.limit, 2);
        assert_int_equal(q.offset, 4);
        assert_string_equal(q.order, "-started");
        query_filters(&q, options, &n);
        assert_int_equal(n, 5);
        assert_int_equal(q.created_to_usec - q.created_from_usec, 24 * 3600 * USEC_PER_SEC - 1);
        assert_int_equal(q.report, 7);
}

static void a_bad_value_or_a_parameter_of_another_list_is_refused_by_name(void **state) {
        assert_refused(QUERY_REPORTS, "limit=0", "limit");
        assert_refused(QUERY_REPORTS, "limit=1001", "limit");
        assert_refused(QUERY_REPORTS, "limit=", "limit");
        assert_refused(QUERY_REPORTS, "offset=-1", "offset");
        assert_refused(QUERY_REPORTS, "offset=4294967296", "offset");
        assert_refused(QUERY_REPORTS, "ordering=name", "ordering");
        assert_refused(QUERY_TASKS, "ordering=pulp_created,name", "ordering");
        assert_refused(QUERY_PLANS, "ordering=state", "ordering");
        assert_refused(QUERY_PLANS, "ordering=--name", "ordering");
        assert_refused(QUERY_REPORTS, "state=paused", "state");
        assert_refused(QUERY_REPORTS, "state=lost", "state");
        assert_refused(QUERY_REPORTS, "state=running,failed", "state");
        assert_refused(QUERY_REPORTS, "state__in=running,", "state__in");
        assert_refused(QUERY_PLANS, "state=running", "state");
        assert_refused(QUERY_REPORTS, "migration_report=1", "migration_report");
        assert_refused(QUERY_TASKS, "migration_report=x", "migration_report");
        assert_refused(QUERY_TASKS, "code=a-b", "code");
        assert_refused(QUERY_REPORTS, "limit=1&nothing=1", "nothing");
        assert_refused(QUERY_REPORTS, "limit=1&limit=1", "limit");
}

static void assert_time(const char *text, bool end, uint64_t usec) {
        uint64_t found;

        if (query_parse_time(text, end, &found) < 0)
                fail_msg("%s is refused", text);
        assert_int_equal(found, usec);
}

static void times_are_read_as_iso_8601_writes_them(void **state) {
        assert_time("1970-01-02", false, UINT64_C(86400000000));
        assert_time("1970-01-02", true, UINT64_C(172799999999));
        assert_time("2026-11-24T12:00:00Z", true, UINT64_C(1795521600000000));
        assert_time("2026-11-24T13:30:00+01:30", false, UINT64_C(1795521600000000));
        assert_time("2026-11-24T13:30:00 0130", false, UINT64_C(1795521600000000));
        assert_time("2026-11-24T12:00:00.25Z", false, UINT64_C(1795521600250000));
        assert_time("2026-11-24 12:00Z", false, UINT64_C(1795521600000000));
        assert_time("2024-02-29", false, UINT64_C(1709164800000000));
}

static void what_is_no_time_is_refused(void **state) {
        static const char *const texts[] = { "", "yesterday", "2026", "2026-13-01", "2026-00-01", "2026-02-30", "2025-02-29", "2026-1-1",
                                             "2026-01-01T", "2026-01-01T12:00:00", "2026-01-01T25:00Z", "2026-01-01T12:00:00.Z",
                                             "2026-01-01T12:00:00+1", "2026-01-01x", "1969-12-31", "1970-01-01T00:00:00+01:00",
                                             "2026-01-01T12:00:00ZZ" };
        uint64_t usec;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (query_parse_time(texts[i], false, &usec) >= 0)
                        fail_msg("%s is taken", texts[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_query_without_parameters_is_the_first_page),
                cmocka_unit_test(running_means_paused_too_where_there_is_such_a_state),
                cmocka_unit_test(filters_that_exclude_each_other_leave_no_row),
                cmocka_unit_test(all_filters_become_options),
                cmocka_unit_test(a_bad_value_or_a_parameter_of_another_list_is_refused_by_name),
                cmocka_unit_test(times_are_read_as_iso_8601_writes_them),
                cmocka_unit_test(what_is_no_time_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
