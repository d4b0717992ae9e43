/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/definition-fixture.h"
#include "model/limits.h"

static void a_full_definition_is_read(void **state) {
        _cleanup_(definition_freep) Definition *d = NULL;
        const DefinitionStep *s;

        d = load("{\"name\": \"x\", \"description\": \"Moves things\", \"user\": \"mover\", \"writable\": "
                 "[\"/var/lib/x\"],"
                 " \"fence\": [\"/bin/fence\", \"now\"], \"hook\": \"tell-them@.service\", \"environment\": {\"A\": \"1\", \"B_2\": \"\"}, "
                 "\"steps\": ["
                 "{\"code\": \"first\", \"message\": \"First\", \"exec\": [\"/bin/one\", \"\", \"$x %n\"]},"
                 "{\"code\": \"second\", \"message\": \"Second\", \"exec\": [\"/bin/two\"], \"expand\": "
                 "[\"/bin/two\", \"--expand\"],"
                 " \"parallel\": 3, \"retries\": {\"attempts\": 7, \"backoff\": \"2s\", \"backoff-max\": "
                 "\"5min\"},"
                 " \"timeout\": \"1h 30min\", \"on-failure\": \"stop\", \"contract\": \"exit-code\", "
                 "\"user\": \"other\","
                 " \"writable\": [], \"dry-run\": true, \"max-failures\": \"12%\", \"max-skipped\": \"0%\"},"
                 "{\"code\": \"last\", \"message\": \"Last\", \"exec\": [\"/bin/three\"], \"max-failures\": 4, \"max-skipped\": 3, "
                 "\"progress-timeout\": \"10min\"}]}");
        assert_string_equal(d->name, "x");
        assert_string_equal(d->description, "Moves things");
        assert_string_equal(d->user, "mover");
        assert_string_equal(d->writable[0], "/var/lib/x");
        assert_int_equal(strv_length(d->fence), 2);
        assert_string_equal(d->hook, "tell-them@.service");
        assert_string_equal(d->environment[0], "A=1");
        assert_string_equal(d->environment[1], "B_2=");
        assert_int_equal(d->n_steps, 3);

        s = definition_find_step(d, "first");
        assert_ptr_equal(s, &d->steps[0]);
        assert_string_equal(s->exec[2], "$x %n");
        assert_null(s->expand);
        assert_true(s->parallel == UINT32_MAX && s->attempts == 3 && s->backoff_usec == USEC_PER_SEC);
        assert_true(s->backoff_max_usec == 60 * USEC_PER_SEC && s->timeout_usec == USEC_INFINITY);
        assert_true(s->max_skipped == UINT32_MAX && s->max_skipped_percent == 0);
        assert_true(s->on_failure == ON_FAILURE_FINISH && s->contract == CONTRACT_CLAIM && !s->dry_run);
        assert_string_equal(s->user, "mover");
        assert_string_equal(s->writable[0], "/var/lib/x");

        s = definition_find_step(d, "second");
        assert_string_equal(s->expand[1], "--expand");
        assert_true(s->parallel == 3 && s->attempts == 7 && s->backoff_usec == 2 * USEC_PER_SEC);
        assert_true(s->backoff_max_usec == 300 * USEC_PER_SEC && s->timeout_usec == 5400 * USEC_PER_SEC);
        assert_true(s->on_failure == ON_FAILURE_STOP && s->contract == CONTRACT_EXIT_CODE && s->dry_run);
        assert_string_equal(s->user, "other");
        assert_int_equal(strv_length(s->writable), 0);
        assert_true(s->max_failures == 0 && s->max_failures_percent == 12);
        assert_true(s->max_skipped == 0 && s->max_skipped_percent == 0);
        s = definition_find_step(d, "last");
        assert_true(s->max_failures == 4 && s->max_failures_percent == 0);
        assert_true(s->max_skipped == 3 && s->max_skipped_percent == 0);
        assert_true(s->progress_timeout_usec == 600 * USEC_PER_SEC && s->timeout_usec == USEC_INFINITY);
        assert_null(definition_find_step(d, "third"));
}

static void the_digest_is_that_of_the_file(void **state) {
        /* From sha256sum(1). */
        static const char text[] = "{\"name\":\"x\",\"user\":\"u\",\"steps\":[{\"code\":\"a\",\"message\":"
                                   "\"m\",\"exec\":[\"/b\"]}]}";
        _cleanup_(definition_freep) Definition *d = load(text);

        assert_string_equal(d->digest, "bb8e7f69693ea3a71e8bfcb1a5fe79e9f5be62b012bf3ab8e01095c75f457f53");
}

static void numbers_booleans_and_time_spans_have_more_than_one_spelling(void **state) {
        static const struct {
                const char *members;
                uint32_t parallel;
                usec_t timeout_usec, backoff_usec, backoff_max_usec;
        } cases[] = {
                { "\"parallel\": true", UINT32_MAX, USEC_INFINITY, USEC_PER_SEC, 60 * USEC_PER_SEC },
                { "\"parallel\": false", 1, USEC_INFINITY, USEC_PER_SEC, 60 * USEC_PER_SEC },
                { "\"parallel\": 1024, \"timeout\": 90", 1024, 90 * USEC_PER_SEC, USEC_PER_SEC,
                  60 * USEC_PER_SEC },
                { "\"timeout\": \"infinity\"", UINT32_MAX, USEC_INFINITY, USEC_PER_SEC, 60 * USEC_PER_SEC },
                { "\"retries\": {\"backoff\": 0}", UINT32_MAX, USEC_INFINITY, 0, 60 * USEC_PER_SEC },
                { "\"retries\": {\"backoff\": \"2min\"}", UINT32_MAX, USEC_INFINITY, 120 * USEC_PER_SEC,
                  120 * USEC_PER_SEC },
                { "\"retries\": {\"backoff-max\": 5}", UINT32_MAX, USEC_INFINITY, USEC_PER_SEC,
                  5 * USEC_PER_SEC },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = with_step(cases[i].members);
                _cleanup_(definition_freep) Definition *d = load(text);

                assert_int_equal(d->steps[0].parallel, cases[i].parallel);
                assert_int_equal(d->steps[0].timeout_usec, cases[i].timeout_usec);
                assert_int_equal(d->steps[0].backoff_usec, cases[i].backoff_usec);
                assert_int_equal(d->steps[0].backoff_max_usec, cases[i].backoff_max_usec);
        }
}

static void text_that_is_no_json_is_refused_with_line_and_column(void **state) {
        static const struct {
                const char *text, *place, *reason;
        } cases[] = {
                { "", "1:0: ", "expected near end of file" },
                { "\n\n{", "3:1: ", "string or '}' expected" },
                { "{} x", "1:4: ", "end of file expected" },
                { "{\"a\": 1,}", "1:9: ", "string or '}' expected" },
                { "{\"a\": 1, \"a\": 2}", "1:12: ", "duplicate object key" },
                { "{\"name\": \"x\", \"steps\": [{\"code\": \"a\",\n\"code\": \"b\"}]}",
                  "2:6: ", "duplicate object key" },
                { "{\"a\": 'x'}", "1:", "invalid token" },
                { "{\"a\": \"\xff\"}", "1:", "0xff" },
                { "{\"a\": \"\\u0000\"}", "1:", "\\u0000" },
                { "{\"a\": \"b\nc\"}", "1:", "unexpected newline" },
                { "{\"a\": 1e999}", "1:", "overflow" },
                { "{\"a\": 99999999999999999999}", "1:", "too big" },
                { "{\"a\": 01}", "1:", "" },
                { "NaN", "1:", "" },
                { "/* c */ {}", "1:", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                expect_refused(cases[i].text, strlen(cases[i].text), false, -EBADMSG, cases[i].place,
                               cases[i].reason);
        expect_refused("{\"a\": \"b\0c\"}", 12, false, -EBADMSG, "1:", "");
}

static void nesting_without_end_is_refused(void **state) {
        char text[10000];

        memset(text, '[', sizeof(text));
        expect_refused(text, sizeof(text), false, -EBADMSG, "1:", "maximum parsing depth");
}

static void a_definition_of_the_wrong_shape_is_refused_with_its_pointer(void **state) {
        static const struct {
                const char *text, *pointer, *reason;
        } cases[] = {
                { "[]", "/: ", "must be an object, not an array" },
                { "{}", "/: ", "key \"name\" is missing" },
                { "{\"name\": \"x\", \"user\": \"u\"}", "/: ", "key \"steps\" is missing" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": []}", "/steps: ", "at least one step" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": {}}", "/steps: ", "array of objects" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": [1]}",
                  "/steps/0: ", "must be an object, not an integer" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": [{}]}",
                  "/steps/0: ", "key \"code\" is missing" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": [{\"code\": \"a\"}]}",
                  "/steps/0: ", "key \"message\" is missing" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": [{\"code\": \"a\", \"message\": \"m\"}]}",
                  "/steps/0: ", "key \"exec\" is missing" },
                { "{\"name\": \"x\", \"steps\": [{\"code\": \"a\", \"message\": \"m\", \"exec\": [\"/b\"]}]}",
                  "/steps/0: ", "neither the step nor the definition names a \"user\"" },
                { "{\"name\": \"x\", \"user\": \"u\", \"steps\": [{\"code\": \"a\", \"message\": \"m\", "
                  "\"exec\": [\"/b\"]}, "
                  "{\"code\": \"a\", \"message\": \"m\", \"exec\": [\"/b\"]}]}",
                  "/steps/1/code: ", "an earlier step" },
                { "{\"name\": \"y\", \"user\": \"u\", \"steps\": [{\"code\": \"a\", \"message\": \"m\", "
                  "\"exec\": [\"/b\"]}]}",
                  "/name: ", "must be in a file y.json" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                expect_refused(cases[i].text, strlen(cases[i].text), false, -EBADMSG, cases[i].pointer,
                               cases[i].reason);
}

static void bad_members_of_the_definition_are_refused_with_their_pointer(void **state) {
        static const struct {
                const char *members, *pointer, *reason;
        } cases[] = {
                { "\"unknown\": 1", "/unknown: ", "unknown key" },
                { "\"stepz\": []", "/stepz: ", "did you mean \"steps\"?" },
                { "\"Name\": \"x\"", "/Name: ", "did you mean \"name\"?" },
                { "\"writeable\": []", "/writeable: ", "did you mean \"writable\"?" },
                { "\"enviroment\": {}", "/enviroment: ", "did you mean \"environment\"?" },
                { "\"\": 1", "/: ", "unknown key" },
                { "\"a/b~c\": 1", "/a~1b~0c: ", "unknown key" },
                { "\"a\\nb\": 1", "/a?b: ", "unknown key" },
                { "\"description\": 1", "/description: ", "must be a string, not an integer" },
                { "\"description\": null", "/description: ", "must be a string, not null" },
                { "\"description\": \"a\\nb\"", "/description: ", "control character (0x0a)" },
                { "\"description\": \"\\u007f\"", "/description: ", "control character (0x7f)" },
                { "\"writable\": \"/a\"", "/writable: ", "must be an array of strings" },
                { "\"writable\": [1]", "/writable/0: ", "must be a string" },
                { "\"writable\": [\"/a\", \"b\"]", "/writable/1: ", "not an absolute path" },
                { "\"writable\": [\"\"]", "/writable/0: ", "must not be empty" },
                { "\"writable\": [\"/\"]", "/writable/0: ", "root directory" },
                { "\"writable\": [\"/a/../etc\"]", "/writable/0: ", "\"..\"" },
                { "\"writable\": [\"/a/..\"]", "/writable/0: ", "\"..\"" },
                { "\"writable\": [\"/a/./b\"]", "/writable/0: ", "\".\"" },
                { "\"writable\": [\"/a//b\"]", "/writable/0: ", "empty parts" },
                { "\"writable\": [\"/a/\"]", "/writable/0: ", "empty parts" },
                { "\"writable\": [\"/a%n\"]", "/writable/0: ", "may not have" },
                { "\"writable\": [\"/a\\\\b\"]", "/writable/0: ", "may not have" },
                { "\"writable\": [\"/a\\\"b\"]", "/writable/0: ", "may not have" },
                { "\"writable\": [\"/a\\nUser=root\"]", "/writable/0: ", "control character" },
                { "\"writable\": [[\"/a\"]]", "/writable/0: ", "must be a string, not an array" },
                { "\"hook\": \"tell.service\"", "/hook: ", "is no template of service units" },
                { "\"hook\": \"@.service\"", "/hook: ", "is no template of service units" },
                { "\"hook\": \"a b@.service\"", "/hook: ", "is no template of service units" },
                { "\"hook\": \"tell@.timer\"", "/hook: ", "is no template of service units" },
                { "\"fence\": []", "/fence: ", "must name a program" },
                { "\"fence\": [\"fence\"]", "/fence/0: ", "not an absolute path" },
                { "\"fence\": [\"/f\", \"a\\tb\"]", "/fence/1: ", "control character" },
                { "\"fence\": null", "/fence: ", "must be an array" },
                { "\"environment\": []", "/environment: ", "must be an object of strings" },
                { "\"environment\": {\"A\": 1}", "/environment/A: ", "must be a string" },
                { "\"environment\": {\"1A\": \"\"}",
                  "/environment/1A: ", "not the name of an environment variable" },
                { "\"environment\": {\"A=B\": \"\"}", "/environment/A=B: ", "not the name" },
                { "\"environment\": {\"\": \"\"}", "/environment/: ", "not the name" },
                { "\"environment\": {\"A\": \"x\\ny\"}", "/environment/A: ", "control character" },
                { "\"environment\": {\"MIGRATIOND_TOKEN\": \"x\"}",
                  "/environment/MIGRATIOND_TOKEN: ", "set by the launcher" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = with_members(cases[i].members);

                expect_refused(text, strlen(text), false, -EBADMSG, cases[i].pointer, cases[i].reason);
        }
}

static void bad_names_and_users_are_refused(void **state) {
        static const char *const names[] = { "", "X", "a-b", "a.b", "a b", "\u00e4", "../x", "a/b" };
        static const char *const users[] = { "",
                                             "0",
                                             "1000",
                                             "-a",
                                             "a b",
                                             "a:b",
                                             "a/b",
                                             ".a",
                                             "\u00e4",
                                             "u%n",
                                             "abcdefghijklmnopqrstuvwxyzabcdefg" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_(freep) char *text = text_format("{\"name\": \"%s\", \"steps\": []}", names[i]);
                _cleanup_(freep) char *step = NULL;

                expect_refused(text, strlen(text), false, -EBADMSG,
                               "/name: ", *names[i] ? "is not a name" : "empty");
                step = text_format("{\"name\": \"x\", \"user\": \"u\", \"steps\": [{\"code\": \"%s\", "
                                   "\"message\": \"m\", \"exec\": "
                                   "[\"/b\"]}]}",
                                   names[i]);
                expect_refused(step, strlen(step), false, -EBADMSG,
                               "/steps/0/code: ", *names[i] ? "is not a name" : "empty");
        }
        for (size_t i = 0; i < ELEMENTSOF(users); i++) {
                _cleanup_(freep) char *text = text_format(
                        "{\"name\": \"x\", \"user\": \"%s\", \"steps\": []}", users[i]);
                _cleanup_(freep) char *members = text_format("\"user\": \"%s\"", users[i]);
                _cleanup_(freep) char *step = with_step(members);

                expect_refused(text, strlen(text), false, -EBADMSG,
                               "/user: ", *users[i] ? "is not a user name" : "empty");
                expect_refused(step, strlen(step), false, -EBADMSG,
                               "/steps/0/user: ", *users[i] ? "is not a user name" : "empty");
        }
}

static void bad_members_of_a_step_are_refused_with_their_pointer(void **state) {
        static const struct {
                const char *members, *pointer, *reason;
        } cases[] = {
                { "\"onfailure\": \"stop\"", "/steps/0/onfailure: ", "did you mean \"on-failure\"?" },
                { "\"on_failure\": \"stop\"", "/steps/0/on_failure: ", "did you mean \"on-failure\"?" },
                { "\"dry_run\": true", "/steps/0/dry_run: ", "did you mean \"dry-run\"?" },
                { "\"expander\": []", "/steps/0/expander: ", "did you mean \"expand\"?" },
                { "\"memory\": 1", "/steps/0/memory: ", "unknown key" },
                { "\"expand\": []", "/steps/0/expand: ", "must name a program" },
                { "\"expand\": \"/b\"", "/steps/0/expand: ", "must be an array" },
                { "\"expand\": [\"b\"]", "/steps/0/expand/0: ", "not an absolute path" },
                { "\"expand\": [\"/b\", 1]", "/steps/0/expand/1: ", "must be a string" },
                { "\"parallel\": 0", "/steps/0/parallel: ", "from 1 to 1024" },
                { "\"parallel\": -1", "/steps/0/parallel: ", "from 1 to 1024" },
                { "\"parallel\": 1025", "/steps/0/parallel: ", "from 1 to 1024" },
                { "\"parallel\": 1.5", "/steps/0/parallel: ", "must be true, false or" },
                { "\"parallel\": \"2\"", "/steps/0/parallel: ", "must be true, false or" },
                { "\"parallel\": null", "/steps/0/parallel: ", "must be true, false or" },
                { "\"retries\": 3", "/steps/0/retries: ", "must be an object, not an integer" },
                { "\"retries\": {\"attempt\": 3}",
                  "/steps/0/retries/attempt: ", "did you mean \"attempts\"?" },
                { "\"retries\": {\"attempts\": 0}", "/steps/0/retries/attempts: ", "from 1 to 100" },
                { "\"retries\": {\"attempts\": 101}", "/steps/0/retries/attempts: ", "from 1 to 100" },
                { "\"retries\": {\"attempts\": \"3\"}",
                  "/steps/0/retries/attempts: ", "must be an integer, not a string" },
                { "\"retries\": {\"attempts\": 3.0}",
                  "/steps/0/retries/attempts: ", "must be an integer, not a number" },
                { "\"retries\": {\"backoff\": \"soon\"}", "/steps/0/retries/backoff: ", "not a time span" },
                { "\"retries\": {\"backoff\": -1}", "/steps/0/retries/backoff: ", "from 0 to 86400" },
                { "\"retries\": {\"backoff\": 86401}", "/steps/0/retries/backoff: ", "from 0 to 86400" },
                { "\"retries\": {\"backoff\": \"2d\"}", "/steps/0/retries/backoff: ", "longer than 1d" },
                { "\"retries\": {\"backoff\": \"infinity\"}",
                  "/steps/0/retries/backoff: ", "must not be infinity" },
                { "\"retries\": {\"backoff\": true}", "/steps/0/retries/backoff: ", "must be a time span" },
                { "\"retries\": {\"backoff\": \"10s\", \"backoff-max\": \"5s\"}",
                  "/steps/0/retries/backoff-max: ", "shorter than" },
                { "\"retries\": {\"backoff-max\": \"5s\", \"backoff\": \"10s\"}",
                  "/steps/0/retries/backoff-max: ", "shorter than" },
                { "\"retries\": {\"backoff-max\": \"10y\"}",
                  "/steps/0/retries/backoff-max: ", "not a time span" },
                { "\"timeout\": 0", "/steps/0/timeout: ", "longer than 0" },
                { "\"timeout\": \"0s\"", "/steps/0/timeout: ", "longer than 0" },
                { "\"timeout\": \"never\"", "/steps/0/timeout: ", "not a time span" },
                { "\"timeout\": \"\"", "/steps/0/timeout: ", "must not be empty" },
                { "\"timeout\": 1.5", "/steps/0/timeout: ", "must be a time span" },
                { "\"timeout\": 9223372036854775807", "/steps/0/timeout: ", "from 0 to" },
                { "\"timeout\": \"99999999999999999999s\"", "/steps/0/timeout: ", "not a time span" },
                { "\"timeout\": null", "/steps/0/timeout: ", "must be a time span" },
                { "\"on-failure\": \"retry\"",
                  "/steps/0/on-failure: ", "must be \"finish\" or \"stop\", not \"retry\"" },
                { "\"on-failure\": true", "/steps/0/on-failure: ", "must be a string" },
                { "\"progress-timeout\": 0", "/steps/0/progress-timeout: ", "longer than 0" },
                { "\"max-failures\": -1", "/steps/0/max-failures: ", "from 0 to" },
                { "\"max-failures\": \"5\"", "/steps/0/max-failures: ", "not \"5\"" },
                { "\"max-failures\": \"101%\"", "/steps/0/max-failures: ", "not \"101%\"" },
                { "\"max-failures\": \"5%%\"", "/steps/0/max-failures: ", "not \"5%%\"" },
                { "\"max-failures\": \"%\"", "/steps/0/max-failures: ", "not \"%\"" },
                { "\"max-failures\": true", "/steps/0/max-failures: ", "must be a number of tasks" },
                { "\"max-skipped\": -1", "/steps/0/max-skipped: ", "from 0 to" },
                { "\"max-skipped\": \"1000%\"", "/steps/0/max-skipped: ", "not \"1000%\"" },
                { "\"contract\": \"exit_code\"",
                  "/steps/0/contract: ", "must be \"claim\" or \"exit-code\"" },
                { "\"contract\": \"\"", "/steps/0/contract: ", "must be \"claim\" or \"exit-code\"" },
                { "\"user\": 0", "/steps/0/user: ", "must be a string" },
                { "\"writable\": {}", "/steps/0/writable: ", "must be an array" },
                { "\"writable\": [\"a\"]", "/steps/0/writable/0: ", "not an absolute path" },
                { "\"dry-run\": \"yes\"", "/steps/0/dry-run: ", "must be true or false" },
                { "\"dry-run\": 1", "/steps/0/dry-run: ", "must be true or false, not an integer" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = with_step(cases[i].members);

                expect_refused(text, strlen(text), false, -EBADMSG, cases[i].pointer, cases[i].reason);
        }
}

static void a_message_or_program_that_could_reach_a_unit_file_is_refused(void **state) {
        static const struct {
                const char *step, *pointer, *reason;
        } cases[] = {
                { "\"message\": \"a\\nUser=root\", \"exec\": [\"/b\"]",
                  "/steps/0/message: ", "control character" },
                { "\"message\": \"\", \"exec\": [\"/b\"]", "/steps/0/message: ", "must not be empty" },
                { "\"message\": 1, \"exec\": [\"/b\"]", "/steps/0/message: ", "must be a string" },
                { "\"message\": \"m\", \"exec\": []", "/steps/0/exec: ", "must name a program" },
                { "\"message\": \"m\", \"exec\": \"/b\"", "/steps/0/exec: ", "must be an array" },
                { "\"message\": \"m\", \"exec\": [\"b\"]", "/steps/0/exec/0: ", "not an absolute path" },
                { "\"message\": \"m\", \"exec\": [\"-/b\"]", "/steps/0/exec/0: ", "not an absolute path" },
                { "\"message\": \"m\", \"exec\": [\"/\"]", "/steps/0/exec/0: ", "root directory" },
                { "\"message\": \"m\", \"exec\": [\"/b\", \"x\\r\"]",
                  "/steps/0/exec/1: ", "control character" },
                { "\"message\": \"m\", \"exec\": [\"/b\", null]",
                  "/steps/0/exec/1: ", "must be a string, not null" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = text_format(
                        "{\"name\": \"x\", \"user\": \"u\", \"steps\": [{\"code\": \"a\", %s}]}",
                        cases[i].step);

                expect_refused(text, strlen(text), false, -EBADMSG, cases[i].pointer, cases[i].reason);
        }
}

/* Repeats a part with a separator. */
static char *repeat(const char *part, size_t n, const char *separator) {
        char *text = malloc(n * (strlen(part) + strlen(separator)) + 1), *end = text;

        for (size_t i = 0; i < n; i++)
                end = stpcpy(stpcpy(end, i > 0 ? separator : ""), part);
        return text;
}

static void what_is_too_much_is_refused(void **state) {
        _cleanup_(freep) char *steps = repeat("1", 101, ","), *arguments = repeat("\"/a\"", 257, ","),
                              *line = repeat("x", 1025, "");
        _cleanup_(freep) char *a = text_format("{\"name\": \"x\", \"user\": \"u\", \"steps\": [%s]}", steps);
        _cleanup_(freep) char *b = text_format("\"writable\": [%s]", arguments), *b_text = with_members(b);
        _cleanup_(freep) char *c = text_format("\"description\": \"%s\"", line), *c_text = with_members(c);
        _cleanup_(freep) char *d = text_format("\"%s\": 1", line), *d_text = with_members(d);
        _cleanup_(freep) char *large = calloc(1, DEFINITION_BYTES_MAX + 1);

        expect_refused(a, strlen(a), false, -EBADMSG, "/steps: ", "more than 100 steps");
        expect_refused(b_text, strlen(b_text), false, -EBADMSG, "/writable: ", "more than 256");
        expect_refused(c_text, strlen(c_text), false, -EBADMSG, "/description: ", "longer than 1024 bytes");
        /* The error stays a line that a person can read. */
        expect_refused(d_text, strlen(d_text), false, -EBADMSG, "/xxxx", "xxx...: unknown key");
        memset(large, ' ', DEFINITION_BYTES_MAX + 1);
        expect_refused(large, DEFINITION_BYTES_MAX + 1, false, -EFBIG, " ", "larger than 262144 bytes");
        memcpy(large, "{", 1);
        expect_refused(large, DEFINITION_BYTES_MAX, false, -EBADMSG, "1:", "expected");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_full_definition_is_read),
                cmocka_unit_test(the_digest_is_that_of_the_file),
                cmocka_unit_test(numbers_booleans_and_time_spans_have_more_than_one_spelling),
                cmocka_unit_test(text_that_is_no_json_is_refused_with_line_and_column),
                cmocka_unit_test(nesting_without_end_is_refused),
                cmocka_unit_test(a_definition_of_the_wrong_shape_is_refused_with_its_pointer),
                cmocka_unit_test(bad_members_of_the_definition_are_refused_with_their_pointer),
                cmocka_unit_test(bad_names_and_users_are_refused),
                cmocka_unit_test(bad_members_of_a_step_are_refused_with_their_pointer),
                cmocka_unit_test(a_message_or_program_that_could_reach_a_unit_file_is_refused),
                cmocka_unit_test(what_is_too_much_is_refused),
        };

        return cmocka_run_group_tests_name("definition", tests, definition_setup, definition_teardown);
}
