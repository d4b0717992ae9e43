/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "rest/target.h"

static void assert_refused(const char *text) {
        const char *reason = NULL;
        Target t = {};

        if (target_parse(text, &t, &reason) != -EINVAL)
                fail_msg("%s is taken", text);
        assert_non_null(reason);
}

static void a_path_and_its_query_are_split(void **state) {
        _cleanup_(target_done) Target t = {};
        const char *reason = NULL;

        assert_int_equal(target_parse("/pulp/api/v3/tasks/?limit=1&&code=a%2Db+c&empty&last=", &t, &reason), 0);
        assert_string_equal(t.path, "/pulp/api/v3/tasks/");
        assert_int_equal(t.n, 4);
        assert_string_equal(t.parameters[0].name, "limit");
        assert_string_equal(t.parameters[0].value, "1");
        assert_string_equal(t.parameters[1].value, "a-b c");
        assert_string_equal(t.parameters[2].name, "empty");
        assert_string_equal(t.parameters[2].value, "");
        assert_string_equal(t.parameters[3].value, "");
        assert_null(t.repeated);
}

static void a_parameter_that_comes_twice_is_named(void **state) {
        _cleanup_(target_done) Target t = {};
        const char *reason = NULL;

        assert_int_equal(target_parse("/x/?a=1&b=2&%61=3", &t, &reason), 0);
        assert_string_equal(t.repeated, "a");
}

static void paths_that_can_be_read_in_two_ways_are_refused(void **state) {
        static const char *const paths[] = { "",         "x",          "http://h/x/", "*",        "/a/../b/",    "/a/./b/", "/a/..",
                                             "/a/.",     "/%2e%2e/a/", "/a%2fb/",     "/a%00/",   "/a\\b/",      "/a;b/",   "/a b/",
                                             "/\xc3\xa4/", "/a\x01/",  "/a:b/",       "/a#b/" };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                assert_refused(paths[i]);
}

static void queries_with_bad_escapes_or_control_characters_are_refused(void **state) {
        static const char *const queries[] = { "/x/?a=b c", "/x/?a=%",   "/x/?a=%4",  "/x/?a=%zz",   "/x/?a=%4z", "/x/?%00=1",
                                               "/x/?a=%0a", "/x/?a=%ff", "/x/?a=\x01", "/x/?a=%c3%a4" };

        for (size_t i = 0; i < ELEMENTSOF(queries); i++)
                assert_refused(queries[i]);
}

static void dots_within_a_name_are_no_dot_segments(void **state) {
        _cleanup_(target_done) Target t = {};
        const char *reason = NULL;

        assert_int_equal(target_parse("/docs/api.json/...x/.y", &t, &reason), 0);
}

static void a_link_has_the_escapes_that_its_values_need(void **state) {
        _cleanup_(freep) char *link = strdup("/x/");

        assert_int_equal(target_append_query(&link, "a", "1 & 2=+%"), 0);
        assert_int_equal(target_append_query(&link, "b", "x/y-_.~"), 0);
        assert_string_equal(link, "/x/?a=1%20%26%202%3D%2B%25&b=x/y-_.~");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_path_and_its_query_are_split),
                cmocka_unit_test(a_parameter_that_comes_twice_is_named),
                cmocka_unit_test(paths_that_can_be_read_in_two_ways_are_refused),
                cmocka_unit_test(queries_with_bad_escapes_or_control_characters_are_refused),
                cmocka_unit_test(dots_within_a_name_are_no_dot_segments),
                cmocka_unit_test(a_link_has_the_escapes_that_its_values_need),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
