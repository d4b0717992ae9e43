/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/document.h"

#include <jansson.h>

#include "base/text.h"
#include "config/definition.h"
#include "model/limits.h"

/* Looks for nesting before the text is parsed into memory. Brackets in strings do not count; whether the rest is JSON
 * is the parser's to say. */
static int check_depth(const char *text, char **ret_error) {
        unsigned depth = 0, line = 1, column = 0;
        bool in_string = false;

        for (const char *s = text; *s; s++) {
                column++;
                if (*s == '\n') {
                        line++;
                        column = 0;
                } else if (in_string) {
                        if (*s == '\\' && s[1]) {
                                s++;
                                column++;
                        } else if (*s == '"')
                                in_string = false;
                } else if (*s == '"')
                        in_string = true;
                else if (*s == '{' || *s == '[') {
                        if (++depth > JSON_DEPTH_MAX)
                                return text_error(ret_error, -EBADMSG, "%u:%u: nested deeper than %u levels", line,
                                                  column, JSON_DEPTH_MAX);
                } else if ((*s == '}' || *s == ']') && depth > 0)
                        depth--;
        }
        return 0;
}

int document_check(const char *text, char **ret_error) {
        json_auto_t *document = NULL;
        size_t size = strlen(text);
        json_error_t e;
        int r;

        if (size > PLAN_DOCUMENT_BYTES_MAX)
                return text_error(ret_error, -EFBIG, "%zu bytes, more than %u", size, PLAN_DOCUMENT_BYTES_MAX);
        r = check_depth(text, ret_error);
        if (r < 0)
                return r;
        document = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
        if (!document && json_error_code(&e) == json_error_out_of_memory)
                return -ENOMEM;
        if (!document)
                return text_error(ret_error, -EBADMSG, "%i:%i: %s", MAX(e.line, 1), MAX(e.column, 0), e.text);
        if (!json_is_object(document))
                return text_error(ret_error, -EBADMSG, "1:1: not a JSON object");
        return 0;
}

/* Rounded up: a back-off is never shorter than the definition says. */
static json_int_t msec(usec_t usec) {
        return (json_int_t) (usec / USEC_PER_MSEC + (usec % USEC_PER_MSEC > 0));
}

static json_t *msec_or_null(usec_t usec) {
        return usec == USEC_INFINITY ? json_null() : json_integer(msec(usec));
}

static json_t *number_or_null(uint64_t n) {
        return n == 0 ? json_null() : json_integer((json_int_t) n);
}

static json_t *policies_to_json(const DefinitionStep *s) {
        json_t *policies = json_array();

        for (size_t i = 0; i < s->n_policies; i++) {
                const FailurePolicy *f = s->policies + i;

                if (json_array_append_new(policies,
                                          json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "class", f->class,
                                                    "action", failure_actions[f->action], "then_action",
                                                    failure_actions[f->then], "attempts", number_or_null(f->attempts),
                                                    "backoff_msec", msec_or_null(f->backoff_usec), "backoff_max_msec",
                                                    msec_or_null(f->backoff_max_usec), "memory_percent",
                                                    number_or_null(f->memory_percent), "memory_ceiling_bytes",
                                                    number_or_null(f->memory_ceiling_bytes))) < 0) {
                        json_decref(policies);
                        return NULL;
                }
        }
        return policies;
}

static json_t *limit_or_null(uint32_t n) {
        return n == UINT32_MAX ? json_null() : json_integer(n);
}

static json_t *step_to_json(const DefinitionStep *s, bool held) {
        return json_pack("{s:s, s:s, s:b, s:o, s:I, s:I, s:I, s:s, s:b, s:b, s:I, s:I, s:o, s:I, s:o, s:o, s:o}",
                         "code", s->code, "message", s->message, "expand", s->expand != NULL, "parallel",
                         limit_or_null(s->parallel), "attempts",
                         (json_int_t) s->attempts, "backoff_msec", msec(s->backoff_usec), "backoff_max_msec",
                         msec(s->backoff_max_usec), "on_failure",
                         s->on_failure == ON_FAILURE_STOP ? "stop" : "finish", "dry_run", s->dry_run, "held", held,
                         "max_failures", (json_int_t) s->max_failures, "max_failures_percent",
                         (json_int_t) s->max_failures_percent, "max_skipped", limit_or_null(s->max_skipped),
                         "max_skipped_percent", (json_int_t) s->max_skipped_percent, "progress_timeout_msec",
                         msec_or_null(s->progress_timeout_usec), "memory_max_bytes",
                         number_or_null(s->memory_max_bytes), "policies", policies_to_json(s));
}

static bool is_held(char *const *held, const char *code) {
        for (; held && *held; held++)
                if (streq(*held, code))
                        return true;
        return false;
}

char *document_steps(const Definition *d, char *const *held) {
        json_auto_t *steps = json_array();

        for (size_t i = 0; i < d->n_steps; i++)
                if (json_array_append_new(steps, step_to_json(&d->steps[i], is_held(held, d->steps[i].code))) < 0)
                        return NULL;
        return json_dumps(steps, JSON_COMPACT);
}
