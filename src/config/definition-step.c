/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-step.h"

#include "base/text.h"
#include "config/definition-failure.h"
#include "config/definition-value.h"
#include "model/limits.h"

/* A timeout is USEC_INFINITY or below this: 100 years, far from where systemd's arithmetic ends. */
#define TIMEOUT_USEC_MAX (UINT64_C(36525) * 24 * 3600 * USEC_PER_SEC)

#define ATTEMPTS_DEFAULT 3
#define BACKOFF_USEC_DEFAULT USEC_PER_SEC
#define BACKOFF_MAX_USEC_DEFAULT (60 * USEC_PER_SEC)

/* Step under construction and the definition whose defaults it takes. */
typedef struct StepReader {
        const Definition *definition;
        DefinitionStep *step;
        bool backoff_max_given;
} StepReader;

static int step_read_code(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        StepReader *s = userdata;
        int q;

        q = definition_read_name(r, at, value, &s->step->code);
        if (q < 0)
                return q;
        if (definition_find_step(s->definition, s->step->code) != s->step)
                return json_refuse(r, at, "an earlier step has the code \"%s\" too", s->step->code);
        return 0;
}

static int step_read_message(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_line(r, at, value, false, &((StepReader*) userdata)->step->message);
}

static int step_read_exec(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_list(r, at, value, LIST_ARGUMENTS, &((StepReader*) userdata)->step->exec);
}

static int step_read_expand(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_list(r, at, value, LIST_ARGUMENTS, &((StepReader*) userdata)->step->expand);
}

static int step_read_parallel(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        DefinitionStep *step = ((StepReader*) userdata)->step;
        int64_t n;
        int q;

        if (json_is_boolean(value)) {
                step->parallel = json_is_true(value) ? UINT32_MAX : 1;
                return 0;
        }
        if (!json_is_integer(value))
                return json_refuse(r, at, "must be true, false or the number of tasks that may run at once");
        q = json_read_integer(r, at, value, 1, WORKERS_MAX, &n);
        if (q >= 0)
                step->parallel = (uint32_t) n;
        return q;
}

static int retries_read_attempts(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        int64_t n;
        int q;

        q = json_read_integer(r, at, value, 1, ATTEMPTS_MAX, &n);
        if (q >= 0)
                ((StepReader*) userdata)->step->attempts = (uint32_t) n;
        return q;
}

static int retries_read_backoff(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return json_read_usec(r, at, value, false, BACKOFF_USEC_MAX,
                              &((StepReader*) userdata)->step->backoff_usec);
}

static int retries_read_backoff_max(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        StepReader *s = userdata;
        int q;

        q = json_read_usec(r, at, value, false, BACKOFF_USEC_MAX, &s->step->backoff_max_usec);
        if (q < 0)
                return q;
        if (s->step->backoff_max_usec < s->step->backoff_usec)
                return json_refuse(r, at, "is shorter than \"backoff\"");
        s->backoff_max_given = true;
        return 0;
}

static int step_read_retries(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        static const JsonKey keys[] = {
                { "attempts", false, retries_read_attempts },
                { "backoff", false, retries_read_backoff },
                { "backoff-max", false, retries_read_backoff_max },
                {}
        };
        StepReader *s = userdata;
        int q;

        q = json_read_object(r, at, value, keys, s);
        if (q >= 0 && !s->backoff_max_given)
                s->step->backoff_max_usec = MAX(s->step->backoff_max_usec, s->step->backoff_usec);
        return q;
}

static int read_timeout(const JsonReader *r, const JsonPlace *at, json_t *value, usec_t *ret) {
        int q;

        q = json_read_usec(r, at, value, true, TIMEOUT_USEC_MAX, ret);
        if (q >= 0 && *ret == 0)
                return json_refuse(r, at, "must be longer than 0; \"infinity\" stands for no limit");
        return q;
}

static int step_read_timeout(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_timeout(r, at, value, &((StepReader*) userdata)->step->timeout_usec);
}

static int step_read_progress_timeout(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_timeout(r, at, value, &((StepReader*) userdata)->step->progress_timeout_usec);
}

static int step_read_on_failure(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        static const char *const words[] = {
                [ON_FAILURE_FINISH] = "finish", [ON_FAILURE_STOP] = "stop", NULL
        };
        unsigned word;
        int q;

        q = json_read_word(r, at, value, words, &word);
        if (q >= 0)
                ((StepReader*) userdata)->step->on_failure = (OnFailure) word;
        return q;
}

/* A number of tasks, or a percentage of the step's: the other one becomes 0. */
static int read_share(const JsonReader *r, const JsonPlace *at, json_t *value, uint32_t *number, uint32_t *percent) {
        const char *text = json_string_value(value);
        char digits[4] = {};
        size_t length;
        uint32_t share;
        int64_t n;
        int q;

        if (json_is_integer(value)) {
                q = json_read_integer(r, at, value, 0, INT32_MAX, &n);
                if (q < 0)
                        return q;
                *number = (uint32_t) n;
                *percent = 0;
                return 0;
        }
        if (!text)
                return json_refuse(r, at, "must be a number of tasks, or a text such as \"5%%\"");
        length = strspn(text, "0123456789");
        if (length >= 1 && length <= 3 && streq(text + length, "%"))
                memcpy(digits, text, length);
        if (text_parse_u32(digits, &share) < 0 || share > 100)
                return json_refuse(r, at, "must be a number of tasks, or a text such as \"5%%\", not \"%.64s\"",
                                   text);
        *number = 0;
        *percent = share;
        return 0;
}

static int step_read_max_failures(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        DefinitionStep *step = ((StepReader*) userdata)->step;

        return read_share(r, at, value, &step->max_failures, &step->max_failures_percent);
}

static int step_read_max_skipped(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        DefinitionStep *step = ((StepReader*) userdata)->step;

        return read_share(r, at, value, &step->max_skipped, &step->max_skipped_percent);
}

static int step_read_memory_max(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return json_read_bytes(r, at, value, &((StepReader *) userdata)->step->memory_max_bytes);
}

static int step_read_failures(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_failures(r, at, value, ((StepReader *) userdata)->step);
}

static int step_read_contract(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        static const char *const words[] = {
                [CONTRACT_CLAIM] = "claim", [CONTRACT_EXIT_CODE] = "exit-code", NULL
        };
        unsigned word;
        int q;

        q = json_read_word(r, at, value, words, &word);
        if (q >= 0)
                ((StepReader*) userdata)->step->contract = (Contract) word;
        return q;
}

static int step_read_user(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_user_name(r, at, value, &((StepReader*) userdata)->step->user);
}

static int step_read_writable(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_list(r, at, value, LIST_PATHS, &((StepReader*) userdata)->step->writable);
}

static int step_read_dry_run(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return json_read_bool(r, at, value, &((StepReader*) userdata)->step->dry_run);
}

static int step_take_defaults(const JsonReader *r, const JsonPlace *at, const Definition *d,
                              DefinitionStep *step) {
        if (!step->user && !*d->user)
                return json_refuse(r, at, "neither the step nor the definition names a \"user\"");
        if (!step->user && definition_set_text(&step->user, d->user) < 0)
                return -ENOMEM;
        if (!step->writable)
                step->writable = strv_copy(d->writable);
        return step->writable ? 0 : -ENOMEM;
}

int definition_read_step(const JsonReader *r, const JsonPlace *at, json_t *value, const Definition *d,
                     DefinitionStep *step) {
        static const JsonKey keys[] = {
                { "code", true, step_read_code },
                { "message", true, step_read_message },
                { "exec", true, step_read_exec },
                { "expand", false, step_read_expand },
                { "parallel", false, step_read_parallel },
                { "retries", false, step_read_retries },
                { "timeout", false, step_read_timeout },
                { "progress-timeout", false, step_read_progress_timeout },
                { "on-failure", false, step_read_on_failure },
                { "max-failures", false, step_read_max_failures },
                { "max-skipped", false, step_read_max_skipped },
                { "memory-max", false, step_read_memory_max },
                { "failures", false, step_read_failures },
                { "contract", false, step_read_contract },
                { "user", false, step_read_user },
                { "writable", false, step_read_writable },
                { "dry-run", false, step_read_dry_run },
                {}
        };
        StepReader s = { .definition = d, .step = step };
        int q;

        step->parallel = step->max_skipped = UINT32_MAX;
        step->attempts = ATTEMPTS_DEFAULT;
        step->backoff_usec = BACKOFF_USEC_DEFAULT;
        step->backoff_max_usec = BACKOFF_MAX_USEC_DEFAULT;
        step->timeout_usec = step->progress_timeout_usec = USEC_INFINITY;
        q = json_read_object(r, at, value, keys, &s);
        return q < 0 ? q : step_take_defaults(r, at, d, step);
}
