/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-failure.h"

#include "base/text.h"
#include "config/definition-value.h"

/* Of memory, when the policy does not say it. */
#define MEMORY_PERCENT_DEFAULT 200

/* Not "stopped": an administrator, or another task's failure, stopped it, which says nothing of the task. To skip it
 * for that would lose its work. */
const char *const failure_classes[] = { "oom-kill",  "timeout",   "watchdog",  "signal",      "core-dump",
                                        "exit-code", "resources", "exec",      "start",       "lost",
                                        "no-finish", "temporary", "permanent", "no-progress", NULL };

const char *const failure_actions[] = {
        [FAILURE_RETRY] = "retry", [FAILURE_SPLIT] = "split",    [FAILURE_SKIP] = "skip",
        [FAILURE_FAIL] = "fail",   [_FAILURE_ACTION_MAX] = NULL,
};

/* Policy under construction and its step. */
typedef struct PolicyReader {
        const DefinitionStep *step;
        FailurePolicy *policy;
} PolicyReader;

static int read_action(const JsonReader *r, const JsonPlace *at, json_t *value, const DefinitionStep *step,
                       FailureAction *ret) {
        unsigned word;
        int q;

        q = json_read_word(r, at, value, failure_actions, &word);
        if (q < 0)
                return q;
        if (word == FAILURE_SPLIT && !step->expand)
                return json_refuse(r, at, "\"split\" needs the step's \"expand\", which makes the smaller tasks");
        *ret = (FailureAction) word;
        return 0;
}

static int policy_read_action(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;

        return read_action(r, at, value, p->step, &p->policy->action);
}

/* The rest says how to try again; with another action it would be dead text. */
static int check_retry(const JsonReader *r, const JsonPlace *at, const PolicyReader *p) {
        if (p->policy->action == FAILURE_RETRY)
                return 0;
        return json_refuse(r, at, "goes with the action \"retry\" only");
}

static int policy_read_then(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;
        int q;

        q = check_retry(r, at, p);
        if (q >= 0)
                q = read_action(r, at, value, p->step, &p->policy->then);
        if (q >= 0 && p->policy->then == FAILURE_RETRY)
                return json_refuse(r, at, "must be \"split\", \"skip\" or \"fail\": no attempt is left then");
        return q;
}

static int policy_read_attempts(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;
        int64_t n;
        int q;

        q = check_retry(r, at, p);
        if (q >= 0)
                q = json_read_integer(r, at, value, 1, ATTEMPTS_MAX, &n);
        if (q >= 0)
                p->policy->attempts = (uint32_t) n;
        return q;
}

static int policy_read_backoff(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;
        int q;

        q = check_retry(r, at, p);
        if (q >= 0)
                q = json_read_usec(r, at, value, false, BACKOFF_USEC_MAX, &p->policy->backoff_usec);
        if (q >= 0)
                p->policy->backoff_max_usec = MAX(p->policy->backoff_usec, p->step->backoff_max_usec);
        return q;
}

static int policy_read_backoff_max(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;
        int q;

        q = check_retry(r, at, p);
        if (q >= 0)
                q = json_read_usec(r, at, value, false, BACKOFF_USEC_MAX, &p->policy->backoff_max_usec);
        if (q < 0)
                return q;
        if (p->policy->backoff_usec == USEC_INFINITY)
                p->policy->backoff_usec = p->step->backoff_usec;
        if (p->policy->backoff_max_usec < p->policy->backoff_usec)
                return json_refuse(r, at, "is shorter than \"backoff\"");
        return 0;
}

static int policy_read_memory_max(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;
        int q;

        q = check_retry(r, at, p);
        if (q >= 0)
                q = json_read_bytes(r, at, value, &p->policy->memory_ceiling_bytes);
        if (q < 0)
                return q;
        if (p->step->memory_max_bytes == 0)
                return json_refuse(r, at, "needs the step's \"memory-max\", which the first attempt has");
        if (p->policy->memory_ceiling_bytes <= p->step->memory_max_bytes)
                return json_refuse(r, at, "is not more than the step's \"memory-max\"");
        p->policy->memory_percent = MEMORY_PERCENT_DEFAULT;
        return 0;
}

static int policy_read_memory_factor(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        PolicyReader *p = userdata;
        double factor = json_number_value(value);

        if (!json_is_number(value) || factor < 1.1 || factor > 100)
                return json_refuse(r, at, "must be a number from 1.1 to 100");
        if (p->policy->memory_ceiling_bytes == 0)
                return json_refuse(r, at, "needs a \"memory-max\" beside it, where growth ends");
        p->policy->memory_percent = (uint32_t) (factor * 100 + 0.5);
        return 0;
}

static int read_policy(const JsonReader *r, const JsonPlace *at, json_t *value, PolicyReader *p) {
        /* The action first: the others look at it. */
        static const JsonKey keys[] = {
                { "action", true, policy_read_action },
                { "attempts", false, policy_read_attempts },
                { "backoff", false, policy_read_backoff },
                { "backoff-max", false, policy_read_backoff_max },
                { "memory-max", false, policy_read_memory_max },
                { "memory-factor", false, policy_read_memory_factor },
                { "then", false, policy_read_then },
                {}
        };

        if (json_is_string(value))
                return read_action(r, at, value, p->step, &p->policy->action);
        if (!json_is_object(value))
                return json_refuse(r, at, "must be an action, such as \"skip\", or an object with one");
        return json_read_object(r, at, value, keys, p);
}

static const char *class_from_text(const char *s) {
        for (const char *const *class = failure_classes; *class; class ++)
                if (streq(*class, s))
                        return *class;
        return NULL;
}

int definition_read_failures(const JsonReader *r, const JsonPlace *at, json_t *value, DefinitionStep *step) {
        const char *name;
        json_t *member;

        if (!json_is_object(value))
                return json_refuse(r, at, "must be an object, with classes of failure as keys");
        step->policies = calloc(MAX(json_object_size(value), (size_t) 1), sizeof(FailurePolicy));
        if (!step->policies)
                return -ENOMEM;
        json_object_foreach(value, name, member) {
                const JsonPlace below = { .parent = at, .key = name };
                FailurePolicy *policy = step->policies + step->n_policies;
                PolicyReader reader = { step, policy };
                int q;

                *policy = (FailurePolicy){ .class = class_from_text(name),
                                           .then = FAILURE_FAIL,
                                           .backoff_usec = USEC_INFINITY,
                                           .backoff_max_usec = USEC_INFINITY };
                if (!policy->class && streq(name, "stopped"))
                        return json_refuse(r, &below, "says nothing of the task, which is tried again");
                if (!policy->class)
                        return json_refuse(r, &below, "is no class of failure, such as \"oom-kill\" or \"timeout\"");
                q = read_policy(r, &below, member, &reader);
                if (q < 0)
                        return q;
                step->n_policies++;
        }
        return 0;
}
