/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/plan.h"

#include <stdio.h>

#include "base/text.h"

/* A place in the document, for texts: a JSON pointer that is extended and cut back. */
typedef struct Pointer {
        char text[160];
        size_t length;
} Pointer;

typedef struct Parser {
        Plan *plan;
        Pointer at;
        json_t *names;        /* set of Pulp 3 names seen */
        json_t *distributors; /* set of repositories whose distributors were named */
        char **ret_error;
} Parser;

Plan *plan_free(Plan *p) {
        if (!p)
                return NULL;
        for (size_t i = 0; i < p->n_plugins; i++) {
                for (size_t k = 0; k < p->plugins[i].n_repositories; k++)
                        free(p->plugins[i].repositories[k].versions);
                free(p->plugins[i].repositories);
        }
        free(p);
        return NULL;
}

static size_t pointer_push(Pointer *p, const char *key, size_t index) {
        size_t before = p->length, room = sizeof(p->text) - p->length;
        int n;

        n = key ? snprintf(p->text + p->length, room, "/%s", key)
                : snprintf(p->text + p->length, room, "/%zu", index);
        p->length += MIN((size_t) n, room - 1);
        return before;
}

static void pointer_pop(Pointer *p, size_t before) {
        p->length = before;
        p->text[before] = 0;
}

static int refuse(Parser *p, const char *format, const char *argument) {
        _cleanup_(freep) char *what = text_format(format, argument);

        return text_error(p->ret_error, what ? -EINVAL : -ENOMEM, "plan: %s: %s", p->at.length > 0 ? p->at.text : "/",
                          what ?: "out of memory");
}

/* Whether all keys of an object are among the NULL-terminated ones. */
static int check_keys(Parser *p, json_t *object, const char *const *known) {
        const char *key;
        json_t *value;

        if (!json_is_object(object))
                return refuse(p, "is not an object%s", "");
        json_object_foreach(object, key, value) {
                bool found = false;

                for (const char *const *k = known; *k; k++)
                        found = found || streq(key, *k);
                if (!found)
                        return refuse(p, "unknown key \"%.64s\"", key);
        }
        return 0;
}

static int check_name(Parser *p, json_t *value, const char **ret) {
        const char *s = json_string_value(value);

        if (!s)
                return refuse(p, "%s", value ? "is not a text" : "is missing");
        if (!*s)
                return refuse(p, "is empty%s", "");
        if (json_string_length(value) > PLAN_NAME_BYTES_MAX)
                return refuse(p, "is longer than 1024 bytes%s", "");
        for (const unsigned char *c = (const unsigned char *) s; *c; c++)
                if (*c < 0x20 || *c == 0x7f)
                        return refuse(p, "contains a control character%s", "");
        if (json_string_length(value) != strlen(s))
                return refuse(p, "contains a control character%s", "");
        *ret = s;
        return 0;
}

static int get_name(Parser *p, json_t *object, const char *key, const char **ret) {
        size_t before = pointer_push(&p->at, key, 0);
        int r = check_name(p, json_object_get(object, key), ret);

        if (r >= 0)
                pointer_pop(&p->at, before);
        return r;
}

/* Notes a name in a set; -EINVAL when it is there already. */
static int note_name(Parser *p, json_t *set, const char *name, const char *format) {
        if (json_object_get(set, name))
                return refuse(p, format, name);
        return json_object_set_new(set, name, json_true()) < 0 ? -ENOMEM : 0;
}

static int parse_distributors(Parser *p, json_t *array) {
        const char *name;
        json_t *value;
        size_t i;
        int r;

        if (!json_is_array(array))
                return refuse(p, "is not an array%s", "");
        json_array_foreach(array, i, value) {
                size_t before = pointer_push(&p->at, NULL, i);

                r = check_name(p, value, &name);
                if (r >= 0)
                        r = note_name(p, p->distributors, name,
                                      "the distributors of repository \"%s\" are named twice");
                if (r < 0)
                        return r;
                pointer_pop(&p->at, before);
        }
        return 0;
}

static int parse_version(Parser *p, json_t *object, PlanVersion *v) {
        static const char *const known[] = { "pulp2_repository_id", "pulp2_distributor_repository_ids", NULL };
        json_t *distributors;
        size_t before;
        int r;

        r = check_keys(p, object, known);
        if (r >= 0)
                r = get_name(p, object, "pulp2_repository_id", &v->repository);
        if (r < 0)
                return r;
        distributors = json_object_get(object, "pulp2_distributor_repository_ids");
        if (!distributors)
                return 0;
        before = pointer_push(&p->at, "pulp2_distributor_repository_ids", 0);
        r = parse_distributors(p, distributors);
        if (r < 0)
                return r;
        pointer_pop(&p->at, before);
        v->distributors = distributors;
        return 0;
}

static int parse_versions(Parser *p, json_t *array, PlanRepository *repository) {
        json_t *value;
        size_t i;
        int r;

        if (!json_is_array(array) || json_array_size(array) == 0)
                return refuse(p, "%s", array ? "is not an array with at least one element" : "is missing");
        repository->versions = calloc(json_array_size(array), sizeof(*repository->versions));
        if (!repository->versions)
                return -ENOMEM;
        json_array_foreach(array, i, value) {
                size_t before = pointer_push(&p->at, NULL, i);

                r = parse_version(p, value, &repository->versions[i]);
                if (r < 0)
                        return r;
                repository->n_versions++;
                pointer_pop(&p->at, before);
        }
        return 0;
}

static int parse_repository(Parser *p, json_t *object, PlanRepository *repository) {
        static const char *const known[] = { "name", "pulp2_importer_repository_id", "repository_versions", NULL };
        size_t before;
        int r;

        r = check_keys(p, object, known);
        if (r >= 0)
                r = get_name(p, object, "name", &repository->name);
        if (r >= 0)
                r = note_name(p, p->names, repository->name, "the repository \"%s\" is named twice");
        /* null is how some plans say: no importer. */
        if (r >= 0 && !json_is_null(json_object_get(object, "pulp2_importer_repository_id")) &&
            json_object_get(object, "pulp2_importer_repository_id"))
                r = get_name(p, object, "pulp2_importer_repository_id", &repository->importer);
        if (r < 0)
                return r;
        before = pointer_push(&p->at, "repository_versions", 0);
        r = parse_versions(p, json_object_get(object, "repository_versions"), repository);
        if (r >= 0)
                pointer_pop(&p->at, before);
        return r;
}

static int parse_repositories(Parser *p, json_t *array, PlanPlugin *plugin) {
        json_t *value;
        size_t i;
        int r;

        if (!json_is_array(array))
                return refuse(p, "is not an array%s", "");
        if (json_array_size(array) == 0)
                return refuse(p, "names no repository; leave the key out to migrate all%s", "");
        if (json_array_size(array) > PLAN_REPOSITORIES_MAX)
                return refuse(p, "has more than 100000 repositories%s", "");
        plugin->repositories = calloc(json_array_size(array), sizeof(*plugin->repositories));
        if (!plugin->repositories)
                return -ENOMEM;
        json_array_foreach(array, i, value) {
                size_t before = pointer_push(&p->at, NULL, i);

                plugin->n_repositories = i + 1;
                r = parse_repository(p, value, &plugin->repositories[i]);
                if (r < 0)
                        return r;
                pointer_pop(&p->at, before);
        }
        return 0;
}

static int take_plugin(Parser *p, json_t *object, const Plugin **ret) {
        size_t before = pointer_push(&p->at, "type", 0);
        const char *type;
        int r;

        r = check_name(p, json_object_get(object, "type"), &type);
        if (r < 0)
                return r;
        *ret = plugin_find(type);
        if (!*ret)
                return refuse(p, "unknown plugin \"%.64s\"; " PLUGINS_TEXT " are known", type);
        pointer_pop(&p->at, before);
        return 0;
}

static int parse_plugin(Parser *p, json_t *object) {
        static const char *const known[] = { "type", "repositories", NULL };
        PlanPlugin *plugin = &p->plan->plugins[p->plan->n_plugins];
        json_t *repositories;
        size_t before;
        int r;

        r = check_keys(p, object, known);
        if (r < 0)
                return r;
        r = take_plugin(p, object, &plugin->plugin);
        if (r < 0)
                return r;
        for (const Plugin **other = p->plan->list; *other; other++)
                if (*other == plugin->plugin)
                        return refuse(p, "plugin %s is named twice", plugin->plugin->name);
        p->plan->list[p->plan->n_plugins++] = plugin->plugin;
        repositories = json_object_get(object, "repositories");
        plugin->all = !repositories;
        if (!repositories)
                return 0;
        before = pointer_push(&p->at, "repositories", 0);
        r = parse_repositories(p, repositories, plugin);
        if (r >= 0)
                pointer_pop(&p->at, before);
        return r;
}

static int parse_plugins(Parser *p, json_t *document) {
        static const char *const known[] = { "plugins", NULL };
        json_t *array, *value;
        size_t i;
        int r;

        r = check_keys(p, document, known);
        if (r < 0)
                return r;
        array = json_object_get(document, "plugins");
        (void) pointer_push(&p->at, "plugins", 0);
        if (!json_is_array(array) || json_array_size(array) == 0)
                return refuse(p, "%s", array ? "is not an array with at least one element" : "is missing");
        json_array_foreach(array, i, value) {
                size_t before = pointer_push(&p->at, NULL, i);

                r = parse_plugin(p, value);
                if (r < 0)
                        return r;
                pointer_pop(&p->at, before);
        }
        return 0;
}

int plan_parse(json_t *document, Plan **ret, char **ret_error) {
        _cleanup_(plan_freep) Plan *plan = NULL;
        Parser p = { .ret_error = ret_error };
        int r;

        plan = p.plan = calloc(1, sizeof(*plan));
        p.names = json_object();
        p.distributors = json_object();
        r = plan && p.names && p.distributors ? parse_plugins(&p, document) : -ENOMEM;
        json_decref(p.names);
        json_decref(p.distributors);
        if (r < 0)
                return r == -ENOMEM ? text_error(ret_error, r, "out of memory") : r;
        *ret = TAKE_PTR(plan);
        return 0;
}
