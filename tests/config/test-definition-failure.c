/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a step does about each class of failure. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/definition-fixture.h"

static const FailurePolicy *policy_of(const DefinitionStep *s, const char *class) {
        for (size_t i = 0; i < s->n_policies; i++)
                if (streq(s->policies[i].class, class))
                        return s->policies + i;
        fail_msg("no policy for %s", class);
        return NULL;
}

static void policies_are_read(void **state) {
        _cleanup_(freep) char *text = with_step(
                "\"expand\": [\"/bin/e\"], \"memory-max\": \"512M\", \"retries\": {\"backoff\": \"3s\"}, \"failures\": {"
                "\"oom-kill\": {\"action\": \"retry\", \"memory-max\": \"4G\", \"memory-factor\": 1.5, \"then\": \"split\"},"
                "\"timeout\": \"split\", \"watchdog\": {\"action\": \"skip\"}, \"exit-code\": \"fail\","
                "\"lost\": {\"action\": \"retry\", \"attempts\": 20, \"backoff\": \"10s\", \"backoff-max\": \"1min\"},"
                "\"signal\": {\"action\": \"retry\", \"backoff-max\": 5}}");
        _cleanup_(definition_freep) Definition *d = load(text);
        const DefinitionStep *s = &d->steps[0];
        const FailurePolicy *p;

        assert_int_equal(s->n_policies, 6);
        assert_true(s->memory_max_bytes == UINT64_C(512) << 20);
        p = policy_of(s, "oom-kill");
        assert_true(p->action == FAILURE_RETRY && p->then == FAILURE_SPLIT && p->attempts == 0);
        assert_true(p->memory_ceiling_bytes == UINT64_C(4) << 30 && p->memory_percent == 150);
        assert_true(p->backoff_usec == USEC_INFINITY && p->backoff_max_usec == USEC_INFINITY);
        assert_int_equal(policy_of(s, "timeout")->action, FAILURE_SPLIT);
        assert_int_equal(policy_of(s, "watchdog")->action, FAILURE_SKIP);
        assert_int_equal(policy_of(s, "exit-code")->action, FAILURE_FAIL);
        p = policy_of(s, "lost");
        assert_true(p->attempts == 20 && p->then == FAILURE_FAIL && p->memory_percent == 0);
        assert_true(p->backoff_usec == 10 * USEC_PER_SEC && p->backoff_max_usec == 60 * USEC_PER_SEC);
        p = policy_of(s, "signal");
        assert_true(p->backoff_usec == 3 * USEC_PER_SEC && p->backoff_max_usec == 5 * USEC_PER_SEC);
}

static void each_class_that_says_something_of_a_task_may_have_a_policy(void **state) {
        static const char *const classes[] = { "oom-kill",  "timeout",     "watchdog", "signal",    "core-dump",
                                               "exit-code", "resources",   "exec",     "start",     "lost",
                                               "no-finish", "no-progress", "temporary", "permanent" };

        for (size_t i = 0; i < ELEMENTSOF(classes); i++) {
                _cleanup_(freep) char *members = text_format("\"failures\": {\"%s\": \"skip\"}", classes[i]);
                _cleanup_(freep) char *text = with_step(members);
                _cleanup_(definition_freep) Definition *d = load(text);

                assert_int_equal(policy_of(&d->steps[0], classes[i])->action, FAILURE_SKIP);
        }
}

static void without_a_factor_memory_doubles(void **state) {
        _cleanup_(freep) char *text = with_step("\"memory-max\": 1048576, \"failures\": {"
                                                "\"oom-kill\": {\"action\": \"retry\", \"memory-max\": \"4M\"}}");
        _cleanup_(definition_freep) Definition *d = load(text);

        assert_int_equal(d->steps[0].policies[0].memory_percent, 200);
        assert_int_equal(d->steps[0].policies[0].memory_ceiling_bytes, 4 << 20);
}

static void bad_policies_are_refused_with_their_pointer(void **state) {
#define POLICY(members) "\"failures\": {\"oom-kill\": {" members "}}"
#define RETRY "\"action\": \"retry\", "
        static const struct {
                const char *members, *pointer, *reason;
        } cases[] = {
                { "\"failures\": []", "/steps/0/failures: ", "must be an object" },
                { "\"failures\": {\"oom\": \"skip\"}", "/steps/0/failures/oom: ", "is no class of failure" },
                { "\"failures\": {\"stopped\": \"skip\"}", "/steps/0/failures/stopped: ", "says nothing of the task" },
                { "\"failures\": {\"oom-kill\": 1}", "/steps/0/failures/oom-kill: ", "must be an action" },
                { "\"failures\": {\"oom-kill\": \"ignore\"}", "/steps/0/failures/oom-kill: ", "not \"ignore\"" },
                { "\"failures\": {\"oom-kill\": \"split\"}", "/steps/0/failures/oom-kill: ", "needs the step's \"expand\"" },
                { POLICY(""), "/steps/0/failures/oom-kill: ", "key \"action\" is missing" },
                { POLICY(RETRY "\"atempts\": 1"), "/steps/0/failures/oom-kill/atempts: ", "did you mean \"attempts\"?" },
                { POLICY(RETRY "\"attempts\": 0"), "/steps/0/failures/oom-kill/attempts: ", "from 1 to 100" },
                { POLICY("\"action\": \"skip\", \"attempts\": 1"), "/steps/0/failures/oom-kill/attempts: ", "\"retry\" only" },
                { POLICY("\"action\": \"fail\", \"then\": \"skip\""), "/steps/0/failures/oom-kill/then: ", "\"retry\" only" },
                { POLICY(RETRY "\"then\": \"retry\""), "/steps/0/failures/oom-kill/then: ", "no attempt is left" },
                { POLICY(RETRY "\"then\": \"split\""), "/steps/0/failures/oom-kill/then: ", "needs the step's \"expand\"" },
                { POLICY(RETRY "\"backoff\": \"9s\", \"backoff-max\": \"8s\""),
                  "/steps/0/failures/oom-kill/backoff-max: ", "shorter than" },
                { POLICY(RETRY "\"memory-max\": \"4G\""), "/steps/0/failures/oom-kill/memory-max: ", "needs the step's" },
                { "\"memory-max\": \"4G\", " POLICY(RETRY "\"memory-max\": \"4G\""),
                  "/steps/0/failures/oom-kill/memory-max: ", "is not more than" },
                { "\"memory-max\": \"1G\", " POLICY(RETRY "\"memory-factor\": 2"),
                  "/steps/0/failures/oom-kill/memory-factor: ", "needs a \"memory-max\"" },
                { "\"memory-max\": \"1G\", " POLICY(RETRY "\"memory-max\": \"2G\", \"memory-factor\": 1"),
                  "/steps/0/failures/oom-kill/memory-factor: ", "from 1.1 to 100" },
                { "\"memory-max\": \"1G\", " POLICY(RETRY "\"memory-max\": \"2G\", \"memory-factor\": \"2\""),
                  "/steps/0/failures/oom-kill/memory-factor: ", "from 1.1 to 100" },
                { "\"memory-max\": 0", "/steps/0/memory-max: ", "from 1 to" },
                { "\"memory-max\": \"0\"", "/steps/0/memory-max: ", "not a size" },
                { "\"memory-max\": \"much\"", "/steps/0/memory-max: ", "not a size" },
                { "\"memory-max\": \"9000000000G\"", "/steps/0/memory-max: ", "not a size" },
                { "\"memory-max\": 1.5", "/steps/0/memory-max: ", "must be a size" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = with_step(cases[i].members);

                expect_refused(text, strlen(text), false, -EBADMSG, cases[i].pointer, cases[i].reason);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(policies_are_read),
                cmocka_unit_test(each_class_that_says_something_of_a_task_may_have_a_policy),
                cmocka_unit_test(without_a_factor_memory_doubles),
                cmocka_unit_test(bad_policies_are_refused_with_their_pointer),
        };

        return cmocka_run_group_tests_name("failures", tests, definition_setup, definition_teardown);
}
