/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/base-path.h"

#include <jansson.h>
#include <stdio.h>

#include "base/text.h"

#define DOCKER_FIELD "repo-registry-id"

static bool is_docker(const Plugin *plugin) {
        return plugin && streq(plugin->name, "docker");
}

/* Without slashes at both ends; owned. */
static char *trim(const char *path) {
        size_t length;

        path += strspn(path, "/");
        length = strlen(path);
        while (length > 0 && path[length - 1] == '/')
                length--;
        return strndup(path, length);
}

static int choose_text(const DumpRow *row, char **ret, char **ret_reason) {
        const char *url = row->columns[DISTRIBUTOR_URL];
        int r;

        if (is_docker(row->plugin)) {
                r = remote_get_text(row->config, DOCKER_FIELD, ret, ret_reason);
                if (r < 0 || *ret)
                        return r;
                url = NULL;
        }
        *ret = strdup(url && *url ? url : row->columns[DISTRIBUTOR_REPOSITORY]);
        return *ret ? 0 : -ENOMEM;
}

/* Makes room for one more. */
static int grow(BasePaths *b) {
        size_t n = MAX(b->n_allocated * 2, (size_t) 64);
        BasePath *larger;

        if (b->n < b->n_allocated)
                return 0;
        larger = reallocarray(b->paths, n, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        b->paths = larger;
        b->n_allocated = n;
        return 0;
}

int base_paths_add(BasePaths *b, const DumpRow *row, char **ret_reason) {
        BasePath path = { .plugin = row->plugin };
        int r;

        if (grow(b) < 0)
                return -ENOMEM;
        (void) snprintf(path.object_id, sizeof(path.object_id), "%s", row->columns[DISTRIBUTOR_OBJECT]);
        r = choose_text(row, &path.text, ret_reason);
        if (r < 0)
                return r;
        path.name = strdup(row->columns[DISTRIBUTOR_REPOSITORY]);
        b->paths[b->n++] = path;
        return path.name ? 0 : -ENOMEM;
}

int base_paths_add_distribution(BasePaths *b, const char *name, const char *base_path, bool docker) {
        BasePath *path;

        if (grow(b) < 0)
                return -ENOMEM;
        path = &b->paths[b->n++];
        *path = (BasePath){ .plugin = docker ? plugin_find("docker") : NULL,
                            .name = strdup(name),
                            .text = strdup(base_path) };
        return path->name && path->text ? 0 : -ENOMEM;
}

void base_paths_done(BasePaths *b) {
        for (size_t i = 0; i < b->n; i++) {
                free(b->paths[i].name);
                free(b->paths[i].text);
        }
        free(b->paths);
        *b = (BasePaths){};
}

static bool is_distribution(const BasePath *path) {
        return !*path->object_id;
}

/* Those that count: wanted distributors, and what Pulp 3 has unless it is the distribution of one of them. */
typedef struct Counted {
        const BasePaths *paths;
        bool (*is_wanted)(const BasePath *path, void *userdata);
        void *userdata;
        json_t *names; /* of the distributions that are wanted */
        json_t *index; /* paths without slashes at the ends: arrays of numbers */
} Counted;

static bool is_counted(const Counted *c, size_t i) {
        const BasePath *path = &c->paths->paths[i];

        return is_distribution(path) ? !json_object_get(c->names, path->name) : c->is_wanted(path, c->userdata);
}

static int collect_names(Counted *c) {
        c->names = json_object();
        for (size_t i = 0; c->names && i < c->paths->n; i++) {
                const BasePath *path = &c->paths->paths[i];
                _cleanup_(freep) char *name = NULL;

                if (is_distribution(path) || !is_counted(c, i))
                        continue;
                name = text_format("%s-%s", path->object_id, path->name);
                if (!name || json_object_set_new(c->names, name, json_true()) < 0)
                        return -ENOMEM;
        }
        return c->names ? 0 : -ENOMEM;
}

static int index_paths(Counted *c) {
        c->index = json_object();
        for (size_t i = 0; c->index && i < c->paths->n; i++) {
                _cleanup_(freep) char *key = trim(c->paths->paths[i].text);
                json_t *numbers = key ? json_object_get(c->index, key) : NULL;

                if (!is_counted(c, i))
                        continue;
                if (key && !numbers) {
                        numbers = json_array();
                        if (json_object_set_new(c->index, key, numbers) < 0)
                                numbers = NULL;
                }
                if (!numbers || json_array_append_new(numbers, json_integer((json_int_t) i)) < 0)
                        return -ENOMEM;
        }
        return c->index ? 0 : -ENOMEM;
}

/* The younger of two gives way, to the oldest of those that it meets; a distribution is older than all. */
static void note_pair(const BasePaths *b, const BasePath **others, size_t i, size_t k) {
        bool younger = strcmp(b->paths[i].object_id, b->paths[k].object_id) > 0;
        size_t later = younger ? i : k;
        const BasePath *other = &b->paths[younger ? k : i];

        if (!others[later] || strcmp(other->object_id, others[later]->object_id) < 0)
                others[later] = other;
}

/* Looks for others with the path of i, or with a path that it is below of. */
static int note_overlaps(const BasePaths *b, json_t *index, const BasePath **others, size_t i) {
        _cleanup_(freep) char *key = trim(b->paths[i].text);
        json_t *number;
        size_t k;

        if (!key)
                return -ENOMEM;
        for (bool whole = true; *key; whole = false) {
                char *slash;

                json_array_foreach(json_object_get(index, key), k, number) {
                        size_t other = (size_t) json_integer_value(number);

                        /* Container distributions are found by their whole path. */
                        if (other != i && (!is_distribution(&b->paths[i]) || !is_distribution(&b->paths[other])) &&
                            (whole || !is_docker(b->paths[i].plugin) || !is_docker(b->paths[other].plugin)))
                                note_pair(b, others, i, other);
                }
                slash = strrchr(key, '/');
                if (!slash)
                        break;
                *slash = 0;
        }
        return 0;
}

int base_paths_check(const BasePaths *b, bool (*is_wanted)(const BasePath *path, void *userdata),
                     int (*handler)(const BasePath *path, const BasePath *other, void *userdata), void *userdata) {
        Counted c = { .paths = b, .is_wanted = is_wanted, .userdata = userdata };
        const BasePath **others = calloc(b->n + 1, sizeof(*others));
        int r = others ? collect_names(&c) : -ENOMEM;

        if (r >= 0)
                r = index_paths(&c);
        for (size_t i = 0; i < b->n && r >= 0; i++)
                if (is_counted(&c, i))
                        r = note_overlaps(b, c.index, others, i);
        for (size_t i = 0; i < b->n && r >= 0; i++)
                if (others[i])
                        r = handler(&b->paths[i], others[i], userdata);
        json_decref(c.names);
        json_decref(c.index);
        free(others);
        return r;
}

char *base_path_item(const Plugin *plugin, const char *object_id) {
        return text_format("repo_distributors %s config.%s", object_id,
                           is_docker(plugin) ? DOCKER_FIELD : "relative_url");
}

char *base_path_reason(const char *repository, const char *path, const char *other, const char *other_repository,
                       const char *other_path) {
        return text_format("repository %s: its base path \"%s\" %s repo_distributors %s of repository %s%s%s%s; give "
                           "one of them another path in Pulp 2, or take it out of the plan",
                           repository, path, streq(path, other_path) ? "is that of" : "overlaps with that of", other,
                           other_repository, streq(path, other_path) ? "" : ", \"",
                           streq(path, other_path) ? "" : other_path, streq(path, other_path) ? "" : "\"");
}

char *base_path_reason_distribution(const BasePath *path, const BasePath *other) {
        _cleanup_(freep) char *how =
                streq(path->text, other->text) ? strdup("is that") : text_format("overlaps with \"%s\"", other->text);

        return how ? text_format("repository %s: its base path \"%s\" %s of distribution \"%s\", which Pulp 3 has; "
                                 "give one of them another, or take it out of the plan",
                                 path->name, path->text, how, other->name)
                   : NULL;
}
