/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/base-path.h"

#include <jansson.h>
#include <stdio.h>

#include "base/text.h"

#define DOCKER_FIELD "repo-registry-id"

static bool is_docker(const Plugin *plugin) {
        return streq(plugin->name, "docker");
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

int base_paths_add(BasePaths *b, const DumpRow *row, char **ret_reason) {
        BasePath path = { .plugin = row->plugin };
        int r;

        if (b->n == b->n_allocated) {
                size_t n = MAX(b->n_allocated * 2, (size_t) 64);
                BasePath *larger = reallocarray(b->paths, n, sizeof(*larger));

                if (!larger)
                        return -ENOMEM;
                b->paths = larger;
                b->n_allocated = n;
        }
        (void) snprintf(path.object_id, sizeof(path.object_id), "%s", row->columns[DISTRIBUTOR_OBJECT]);
        r = choose_text(row, &path.text, ret_reason);
        if (r < 0)
                return r;
        path.repository = strdup(row->columns[DISTRIBUTOR_REPOSITORY]);
        b->paths[b->n++] = path;
        return path.repository ? 0 : -ENOMEM;
}

void base_paths_done(BasePaths *b) {
        for (size_t i = 0; i < b->n; i++) {
                free(b->paths[i].repository);
                free(b->paths[i].text);
        }
        free(b->paths);
        *b = (BasePaths){};
}

/* The distributors that count by their paths without slashes at the ends: arrays of numbers. */
static json_t *index_paths(const BasePaths *b, bool (*is_wanted)(const BasePath *path, void *userdata),
                           void *userdata) {
        json_t *index = json_object();

        for (size_t i = 0; index && i < b->n; i++) {
                _cleanup_(freep) char *key = trim(b->paths[i].text);
                json_t *numbers = key ? json_object_get(index, key) : NULL;

                if (!is_wanted(&b->paths[i], userdata))
                        continue;
                if (key && !numbers) {
                        numbers = json_array();
                        if (json_object_set_new(index, key, numbers) < 0)
                                numbers = NULL;
                }
                if (!numbers || json_array_append_new(numbers, json_integer((json_int_t) i)) < 0) {
                        json_decref(index);
                        index = NULL;
                }
        }
        return index;
}

/* The younger of two gives way, to the oldest of those that it meets. */
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
                        if (other != i &&
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
        const BasePath **others = calloc(b->n + 1, sizeof(*others));
        json_t *index = others ? index_paths(b, is_wanted, userdata) : NULL;
        int r = index ? 0 : -ENOMEM;

        for (size_t i = 0; i < b->n && r >= 0; i++)
                if (is_wanted(&b->paths[i], userdata))
                        r = note_overlaps(b, index, others, i);
        for (size_t i = 0; i < b->n && r >= 0; i++)
                if (others[i])
                        r = handler(&b->paths[i], others[i], userdata);
        json_decref(index);
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
