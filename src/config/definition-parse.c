/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-parse.h"

#include "base/text.h"
#include "config/definition-step.h"
#include "config/definition-value.h"
#include "model/limits.h"

#define STEPS_MAX 100
/* Unit names have 255 bytes; the instance, REPORT:STEP, has its part: systemd.unit(5). */
#define UNIT_TEMPLATE_BYTES_MAX 160

static int read_definition_name(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        Definition *d = userdata;
        const char *base = strrchr(r->path, '/');
        size_t n;
        int q;

        q = definition_read_name(r, at, value, &d->name);
        if (q < 0)
                return q;
        base = base ? base + 1 : r->path;
        n = strlen(d->name);
        if (strncmp(base, d->name, n) != 0 || !streq(base + n, ".json"))
                return json_refuse(r, at, "\"%s\" must be in a file %s.json", d->name, d->name);
        return 0;
}

static int read_description(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_line(r, at, value, true, &((Definition*) userdata)->description);
}

static int read_definition_user(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_user_name(r, at, value, &((Definition*) userdata)->user);
}

static int read_writable(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_list(r, at, value, LIST_PATHS, &((Definition*) userdata)->writable);
}

static int read_fence(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        return definition_read_list(r, at, value, LIST_ARGUMENTS, &((Definition*) userdata)->fence);
}

/* A template that may be instantiated: systemd.unit(5), "String Escaping for Inclusion in Unit Names" and above it. */
static int read_hook(const JsonReader *r, const JsonPlace *at, json_t *value, void *userdata) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.\\-";
        Definition *d = userdata;
        const char *s;
        size_t n;
        int q;

        q = json_read_text(r, at, value, false, UNIT_TEMPLATE_BYTES_MAX, &s);
        if (q < 0)
                return q;
        n = strspn(s, allowed);
        if (n == 0 || !streq(s + n, "@.service"))
                return json_refuse(r, at, "\"%.64s\" is no template of service units, such as \"notify@.service\"", s);
        return definition_set_text(&d->hook, s);
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
                q = definition_read_step(r, &below, element, d, &d->steps[i]);
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
                { "hook", false, read_hook },
                { "environment", false, read_environment },
                { "steps", true, read_steps },
                {}
        };
        const JsonPlace root = {};
        int q;

        d->description = strdup("");
        d->user = strdup("");
        d->hook = strdup("");
        if (!d->description || !d->user || !d->hook)
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
