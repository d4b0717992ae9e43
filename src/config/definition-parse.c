/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-parse.h"

#include "base/text.h"
#include "config/json-reader.h"
#include "model/limits.h"

/* Limits that a sane definition stays far below; above them something is wrong with the file. */
#define STEPS_MAX 100
#define LIST_MAX 256                            /* arguments, paths, variables */
#define TEXT_BYTES_MAX 1024                     /* description and message */
#define WORD_BYTES_MAX 4096                     /* one argument, path or value; also PATH_MAX */
#define BACKOFF_USEC_MAX (24 * 3600 * USEC_PER_SEC)
/* A timeout is USEC_INFINITY or below this: 100 years, far from where systemd's arithmetic ends. */
#define TIMEOUT_USEC_MAX (UINT64_C(36525) * 24 * 3600 * USEC_PER_SEC)

#define ATTEMPTS_MAX 100
#define ATTEMPTS_DEFAULT 3
#define BACKOFF_USEC_DEFAULT USEC_PER_SEC
#define BACKOFF_MAX_USEC_DEFAULT (60 * USEC_PER_SEC)

/* Step under construction and the definition whose defaults it takes. */
typedef struct StepReader {
        const Definition *definition;
        DefinitionStep *step;
        bool backoff_max_given;
} StepReader;

static int set_text(char **p, const char *s) {
        free(*p);
        *p = strdup(s);
        return *p ? 0 : -ENOMEM;
}

static int read_name(const JsonReader *r, const JsonPlace *at, json_t *value, char **ret) {
        const char *s;
        int q;

        q = json_read_text(r, at, value, false, WORD_BYTES_MAX, &s);
        if (q < 0)
                return q;
        if (!text_is_name(s))
                return json_refuse(r, at, "\"%.64s\" is not a name; it takes 1 to %i of a-z, 0-9 and _", s,
                                   NAME_LENGTH_MAX);
        return set_text(ret, s);
}

static int read_line(const JsonReader *r, const JsonPlace *at, json_t *value, bool empty, char **ret) {
        const char *s;
        int q;

        q = json_read_text(r, at, value, empty, TEXT_BYTES_MAX, &s);
        return q < 0 ? q : set_text(ret, s);
}

/* As useradd(8) allows them: no number, since it would be taken for a UID. */
static int read_user(const JsonReader *r, const JsonPlace *at, json_t *value, char **ret) {
        const char *s;
        size_t n;
        int q;

        q = json_read_text(r, at, value, false, WORD_BYTES_MAX, &s);
        if (q < 0)
                return q;
        n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
        if (s[n] || n > 31 || *s == '-' || *s == '.' || (*s >= '0' && *s <= '9'))
                return json_refuse(r, at, "\"%.64s\" is not a user name", s);
        return set_text(ret, s);
}

/* Absolute, in one spelling, and nothing that means something to a unit file. */
static int check_path(const JsonReader *r, const JsonPlace *at, const char *s) {
        if (*s != '/')
                return json_refuse(r, at, "\"%.64s\" is not an absolute path", s);
        if (strpbrk(s, "\"\\%"))
                return json_refuse(r, at, "a path may not have any of \" \\ %% in it");
        if (streq(s, "/"))
                return json_refuse(r, at,
                                   "the root directory is too much; name the directories that are needed");
        for (const char *p = s; *p;) {
                size_t n = strcspn(p + 1, "/");

                if (n == 0 || (n == 1 && p[1] == '.') || (n == 2 && p[1] == '.' && p[2] == '.'))
                        return json_refuse(
                                r, at, "\"%.64s\" must be written without empty parts, \".\" and \"..\"", s);
                p += n + 1;
        }
        return 0;
}

typedef enum ListKind {
        LIST_ARGUMENTS, /* the first is a path, at least that */
        LIST_PATHS,
} ListKind;

static int read_list(const JsonReader *r, const JsonPlace *at, json_t *value, ListKind kind, char ***ret) {
        _cleanup_(strv_freep) char **list = NULL;
        json_t *element;
        size_t i;
        int q;

        if (!json_is_array(value))
                return json_refuse(r, at, "must be an array of strings");
        if (kind == LIST_ARGUMENTS && json_array_size(value) == 0)
                return json_refuse(r, at, "must name a program");
        if (json_array_size(value) > LIST_MAX)
                return json_refuse(r, at, "has more than %i elements", LIST_MAX);
        list = calloc(1, sizeof(char*));
        if (!list)
                return -ENOMEM;
        json_array_foreach(value, i, element) {
                const JsonPlace below = { .parent = at, .index = i };
                bool path = kind == LIST_PATHS || i == 0;
                const char *s;

                q = json_read_text(r, &below, element, !path, WORD_BYTES_MAX - 1, &s);
                if (q >= 0 && path)
                        q = check_path(r, &below, s);
                if (q >= 0)
                        q = strv_append(&list, s);
                if (q < 0)
                        return q;
        }
        *ret = TAKE_PTR(list);
        return 0;
}

static int step_read_code(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        StepReader *s = userdata;
        int q;

        q = read_name(r, at, value, &s->step->code);
        if (q < 0)
                return q;
        if (definition_find_step(s->definition, s->step->code) != s->step)
                return json_refuse(r, at, "an earlier step has the code \"%s\" too", s->step->code);
        return 0;
}

static int step_read_message(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_line(r, at, value, false, &((StepReader*) userdata)->step->message);
}

static int step_read_exec(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_list(r, at, value, LIST_ARGUMENTS, &((StepReader*) userdata)->step->exec);
}

static int step_read_expand(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_list(r, at, value, LIST_ARGUMENTS, &((StepReader*) userdata)->step->expand);
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

static int step_read_max_failures(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        DefinitionStep *step = ((StepReader*) userdata)->step;
        char digits[4];
        const char *s;
        size_t length;
        int64_t n;
        int q;

        if (json_is_integer(value)) {
                q = json_read_integer(r, at, value, 0, INT32_MAX, &n);
                if (q >= 0)
                        step->max_failures = (uint32_t) n;
                return q;
        }
        if (!json_is_string(value))
                return json_refuse(r, at, "must be a number of tasks, or a text such as \"5%%\"");
        s = json_string_value(value);
        length = strspn(s, "0123456789");
        if (length < 1 || length > 3 || !streq(s + length, "%"))
                return json_refuse(r, at, "must be a number of tasks, or a text such as \"5%%\", not \"%.64s\"", s);
        memcpy(digits, s, length);
        digits[length] = 0;
        if (text_parse_u32(digits, &step->max_failures_percent) < 0 || step->max_failures_percent > 100)
                return json_refuse(r, at, "must be a number of tasks, or a text such as \"5%%\", not \"%.64s\"", s);
        return 0;
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
        return read_user(r, at, value, &((StepReader*) userdata)->step->user);
}

static int step_read_writable(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_list(r, at, value, LIST_PATHS, &((StepReader*) userdata)->step->writable);
}

static int step_read_dry_run(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return json_read_bool(r, at, value, &((StepReader*) userdata)->step->dry_run);
}

static int step_take_defaults(const JsonReader *r, const JsonPlace *at, const Definition *d,
                              DefinitionStep *step) {
        if (!step->user && !*d->user)
                return json_refuse(r, at, "neither the step nor the definition names a \"user\"");
        if (!step->user && set_text(&step->user, d->user) < 0)
                return -ENOMEM;
        if (!step->writable)
                step->writable = strv_copy(d->writable);
        return step->writable ? 0 : -ENOMEM;
}

static int step_read(const JsonReader *r, const JsonPlace *at, json_t *value, const Definition *d,
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
                { "contract", false, step_read_contract },
                { "user", false, step_read_user },
                { "writable", false, step_read_writable },
                { "dry-run", false, step_read_dry_run },
                {}
        };
        StepReader s = { .definition = d, .step = step };
        int q;

        step->parallel = UINT32_MAX;
        step->attempts = ATTEMPTS_DEFAULT;
        step->backoff_usec = BACKOFF_USEC_DEFAULT;
        step->backoff_max_usec = BACKOFF_MAX_USEC_DEFAULT;
        step->timeout_usec = step->progress_timeout_usec = USEC_INFINITY;
        q = json_read_object(r, at, value, keys, &s);
        return q < 0 ? q : step_take_defaults(r, at, d, step);
}

static int read_definition_name(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        Definition *d = userdata;
        const char *base = strrchr(r->path, '/');
        size_t n;
        int q;

        q = read_name(r, at, value, &d->name);
        if (q < 0)
                return q;
        base = base ? base + 1 : r->path;
        n = strlen(d->name);
        if (strncmp(base, d->name, n) != 0 || !streq(base + n, ".json"))
                return json_refuse(r, at, "\"%s\" must be in a file %s.json", d->name, d->name);
        return 0;
}

static int read_description(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_line(r, at, value, true, &((Definition*) userdata)->description);
}

static int read_definition_user(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_user(r, at, value, &((Definition*) userdata)->user);
}

static int read_writable(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_list(r, at, value, LIST_PATHS, &((Definition*) userdata)->writable);
}

static int read_fence(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return read_list(r, at, value, LIST_ARGUMENTS, &((Definition*) userdata)->fence);
}

static bool is_variable_name(const char *s) {
        size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

        return n > 0 && n <= 255 && s[n] == 0 && !(*s >= '0' && *s <= '9');
}

static int read_environment(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        Definition *d = userdata;
        const char *name, *s;
        json_t *member;

        if (!json_is_object(value))
                return json_refuse(r, at, "must be an object of strings");
        if (json_object_size(value) > LIST_MAX)
                return json_refuse(r, at, "has more than %i elements", LIST_MAX);
        json_object_foreach(value, name, member) {
                const JsonPlace below = { .parent = at, .key = name };
                _cleanup_(freep) char *assignment = NULL;
                int q;

                if (!is_variable_name(name))
                        return json_refuse(r, &below, "is not the name of an environment variable");
                if (startswith(name, "MIGRATIOND_"))
                        return json_refuse(r, &below, "MIGRATIOND_* are set by the launcher");
                q = json_read_text(r, &below, member, true, WORD_BYTES_MAX, &s);
                if (q < 0)
                        return q;
                assignment = text_format("%s=%s", name, s);
                if (!assignment || strv_append(&d->environment, assignment) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int read_steps(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        Definition *d = userdata;
        json_t *element;
        size_t i;
        int q;

        if (!json_is_array(value))
                return json_refuse(r, at, "must be an array of objects");
        if (json_array_size(value) == 0)
                return json_refuse(r, at, "must have at least one step");
        if (json_array_size(value) > STEPS_MAX)
                return json_refuse(r, at, "has more than %i steps", STEPS_MAX);
        d->steps = calloc(json_array_size(value), sizeof(DefinitionStep));
        if (!d->steps)
                return -ENOMEM;
        json_array_foreach(value, i, element) {
                const JsonPlace below = { .parent = at, .index = i };

                d->n_steps = i + 1;
                q = step_read(r, &below, element, d, &d->steps[i]);
                if (q < 0)
                        return q;
        }
        return 0;
}

static int read_document(const JsonReader *r, json_t *document, Definition *d) {
        static const JsonKey keys[] = {
                { "name", true, read_definition_name },
                { "description", false, read_description },
                { "user", false, read_definition_user },
                { "writable", false, read_writable },
                { "fence", false, read_fence },
                { "environment", false, read_environment },
                { "steps", true, read_steps },
                {}
        };
        const JsonPlace root = {};
        int q;

        d->description = strdup("");
        d->user = strdup("");
        if (!d->description || !d->user)
                return -ENOMEM;
        q = json_read_object(r, &root, document, keys, d);
        if (q < 0)
                return q;
        if (!d->writable)
                d->writable = strv_copy(NULL);
        if (!d->environment)
                d->environment = strv_copy(NULL);
        return d->writable && d->environment ? 0 : -ENOMEM;
}

int definition_parse(const char *path, const char *text, size_t size, Definition **ret, char **ret_error) {
        _cleanup_(definition_freep) Definition *d = NULL;
        const JsonReader reader = { path, ret_error };
        json_error_t e;
        json_t *document;
        int r;

        document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &e);
        if (!document) {
                /* The text quotes the document; an error is one line. */
                for (char *c = e.text; *c; c++)
                        if ((unsigned char) *c < ' ' || *c == 0x7f)
                                *c = '?';
                return text_error(ret_error, -EBADMSG, "%s:%i:%i: %s", path, e.line, e.column, e.text);
        }
        d = calloc(1, sizeof(Definition));
        r = d ? read_document(&reader, document, d) : -ENOMEM;
        json_decref(document);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}
