/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/text.h"
#include "config/definition.h"
#include "daemon/document.h"
#include "model/limits.h"

static void assert_refused(const char *text, int error, const char *part) {
        _cleanup_(freep) char *problem = NULL;

        assert_int_equal(document_check(text, &problem), error);
        assert_non_null(problem);
        if (!strstr(problem, part))
                fail_msg("'%s' does not say '%s'", problem, part);
}

static void an_object_is_a_document(void **state) {
        static const char *const texts[] = { "{}", " {\"a\": [1, 2.5, null, true, \"\\u00e4 [[[ {{{ \\\" \"]} \n" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(freep) char *problem = NULL;

                assert_int_equal(document_check(texts[i], &problem), 0);
                assert_null(problem);
        }
}

static void what_is_no_json_is_refused_with_line_and_column(void **state) {
        assert_refused("", -EBADMSG, "1:");
        assert_refused("{\n  \"a\": 1,\n  \"b\" 2\n}", -EBADMSG, "3:7: ");
        assert_refused("{\"a\": 1} x", -EBADMSG, "1:10: ");
        assert_refused("{'a': 1}", -EBADMSG, "1:2: ");
        assert_refused("{\"a\": \"\\u0000\"}", -EBADMSG, "1:");
}

static void json_that_is_no_object_is_refused(void **state) {
        static const char *const texts[] = { "[]", "1", "\"{}\"", "null" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                assert_refused(texts[i], -EBADMSG, "not a JSON object");
}

static void a_duplicate_key_is_refused_at_any_depth(void **state) {
        assert_refused("{\"a\": 1, \"a\": 1}", -EBADMSG, "duplicate");
        assert_refused("{\"x\": [{\"a\": 1, \"b\": 2, \"a\": 1}]}", -EBADMSG, "duplicate");
}

/* {"a":[[[...]]]} with n levels in all. */
static char *nested(unsigned n) {
        char *text = calloc(2 * n + 16, 1), *end = text;

        assert_non_null(text);
        end = stpcpy(end, "{\"a\":");
        memset(end, '[', n - 1);
        end += n - 1;
        memset(end, ']', n - 1);
        strcpy(end + n - 1, "}");
        return text;
}

static void nesting_is_limited(void **state) {
        _cleanup_(freep) char *allowed = nested(JSON_DEPTH_MAX), *deeper = nested(JSON_DEPTH_MAX + 1), *bomb = nested(1000000);
        _cleanup_(freep) char *problem = NULL;

        assert_int_equal(document_check(allowed, &problem), 0);
        assert_refused(deeper, -EBADMSG, "1:69: nested deeper than 64 levels");
        assert_refused(bomb, -EBADMSG, "nested deeper");
}

static void size_is_limited(void **state) {
        _cleanup_(freep) char *text = malloc(PLAN_DOCUMENT_BYTES_MAX + 2), *problem = NULL;

        assert_non_null(text);
        memset(text, ' ', PLAN_DOCUMENT_BYTES_MAX + 1);
        text[0] = '{';
        text[PLAN_DOCUMENT_BYTES_MAX - 1] = '}';
        text[PLAN_DOCUMENT_BYTES_MAX] = 0;
        assert_int_equal(document_check(text, &problem), 0);
        text[PLAN_DOCUMENT_BYTES_MAX] = ' ';
        text[PLAN_DOCUMENT_BYTES_MAX + 1] = 0;
        assert_refused(text, -EFBIG, "4194305 bytes");
}

static void steps_become_what_the_store_takes(void **state) {
        char program[] = "/bin/true", *exec[] = { program, NULL }, one[] = "one", two[] = "two", message[] = "\"M\"";
        FailurePolicy policies[] = {
                { .class = "oom-kill", .action = FAILURE_RETRY, .then = FAILURE_SKIP, .attempts = 4, .backoff_usec = 1500,
                  .backoff_max_usec = USEC_PER_SEC, .memory_percent = 150, .memory_ceiling_bytes = UINT64_C(1) << 32 },
                { .class = "timeout", .action = FAILURE_SPLIT, .then = FAILURE_FAIL, .backoff_usec = USEC_INFINITY,
                  .backoff_max_usec = USEC_INFINITY },
        };
        DefinitionStep steps[] = {
                { .code = one, .message = message, .exec = exec, .parallel = UINT32_MAX, .attempts = 3, .backoff_usec = 1500,
                  .backoff_max_usec = 60 * USEC_PER_SEC, .on_failure = ON_FAILURE_FINISH, .max_skipped = UINT32_MAX,
                  .progress_timeout_usec = USEC_PER_SEC },
                { .code = two, .message = message, .exec = exec, .expand = exec, .parallel = 4, .attempts = 1,
                  .on_failure = ON_FAILURE_STOP, .dry_run = true, .memory_max_bytes = 4096, .policies = policies, .n_policies = 2, .max_failures = 7, .max_failures_percent = 5,
                  .max_skipped = 6, .max_skipped_percent = 2, .progress_timeout_usec = USEC_INFINITY },
        };
        const Definition d = { .steps = steps, .n_steps = 2 };
        char *held[] = { two, NULL };
        _cleanup_(freep) char *text = document_steps(&d, held);
        json_auto_t *got = NULL, *wanted = NULL;

        assert_non_null(text);
        got = json_loads(text, 0, NULL);
        wanted = json_loads("[{\"code\": \"one\", \"message\": \"\\\"M\\\"\", \"expand\": false, \"parallel\": null, \"attempts\": 3,"
                            " \"backoff_msec\": 2, \"backoff_max_msec\": 60000, \"on_failure\": \"finish\", \"dry_run\": false,"
                            " \"held\": false, \"max_failures\": 0, \"max_failures_percent\": 0, \"max_skipped\": null,"
                            " \"max_skipped_percent\": 0, \"progress_timeout_msec\": 1000,"
                            " \"memory_max_bytes\": null, \"policies\": []},"
                            " {\"code\": \"two\", \"message\": \"\\\"M\\\"\", \"expand\": true, \"parallel\": 4, \"attempts\": 1,"
                            " \"backoff_msec\": 0, \"backoff_max_msec\": 0, \"on_failure\": \"stop\", \"dry_run\": true,"
                            " \"held\": true, \"max_failures\": 7, \"max_failures_percent\": 5, \"max_skipped\": 6,"
                            " \"max_skipped_percent\": 2, \"progress_timeout_msec\": null,"
                            " \"memory_max_bytes\": 4096, \"policies\": ["
                            "{\"class\": \"oom-kill\", \"action\": \"retry\", \"then_action\": \"skip\", \"attempts\": 4,"
                            " \"backoff_msec\": 2, \"backoff_max_msec\": 1000, \"memory_percent\": 150,"
                            " \"memory_ceiling_bytes\": 4294967296},"
                            "{\"class\": \"timeout\", \"action\": \"split\", \"then_action\": \"fail\", \"attempts\": null,"
                            " \"backoff_msec\": null, \"backoff_max_msec\": null, \"memory_percent\": null,"
                            " \"memory_ceiling_bytes\": null}]}]", 0, NULL);
        assert_non_null(wanted);
        assert_true(json_equal(got, wanted));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_object_is_a_document),
                cmocka_unit_test(what_is_no_json_is_refused_with_line_and_column),
                cmocka_unit_test(json_that_is_no_object_is_refused),
                cmocka_unit_test(a_duplicate_key_is_refused_at_any_depth),
                cmocka_unit_test(nesting_is_limited),
                cmocka_unit_test(size_is_limited),
                cmocka_unit_test(steps_become_what_the_store_takes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
