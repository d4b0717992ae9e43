/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/conf-files.h"

#include <dirent.h>

#include "base/text.h"

/* Highest precedence first. */
static const char *const directories[] = { CONF_FILES_ADMIN_DIRECTORY, "/run/migrationd", "/usr/lib/migrationd" };

static int add_main(const char *root, const char *name, char ***files) {
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                _cleanup_(freep) char *path = text_format("%s%s/%s", root, directories[i], name);

                if (!path)
                        return -ENOMEM;
                /* One that is there and cannot be read is for the reader to refuse: nothing of lower precedence is
                 * taken instead. */
                if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
                        continue;
                return strv_append(files, path);
        }
        return 0;
}

static int is_drop_in(const struct dirent *e) {
        size_t n = strlen(e->d_name);

        return n > strlen(".conf") && e->d_name[0] != '.' && streq(e->d_name + n - strlen(".conf"), ".conf");
}

static bool has_name(char *const *paths, const char *name) {
        for (; paths && *paths; paths++)
                if (streq(strrchr(*paths, '/') + 1, name))
                        return true;
        return false;
}

static int add_directory(const char *path, char ***files) {
        struct dirent **entries;
        int n, r = 0;

        n = scandir(path, &entries, is_drop_in, NULL);
        if (n < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        for (int i = 0; i < n; i++) {
                _cleanup_(freep) char *file = NULL;

                if (r >= 0 && !has_name(*files, entries[i]->d_name)) {
                        file = text_format("%s/%s", path, entries[i]->d_name);
                        r = file ? strv_append(files, file) : -ENOMEM;
                }
                free(entries[i]);
        }
        free(entries);
        return r;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(strrchr(*(char *const *) a, '/'), strrchr(*(char *const *) b, '/'));
}

static int add_drop_ins(const char *root, const char *name, char ***files, char **ret_error) {
        _cleanup_(strv_freep) char **found = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                _cleanup_(freep) char *path = text_format("%s%s/%s.d", root, directories[i], name);

                r = path ? add_directory(path, &found) : -ENOMEM;
                if (r < 0)
                        return text_error(ret_error, r, "%s: %s", path ?: name, strerror(-r));
        }
        if (found)
                qsort(found, strv_length(found), sizeof(char *), compare_names);
        for (char **f = found; f && *f; f++) {
                r = strv_append(files, *f);
                if (r < 0)
                        return r;
        }
        return 0;
}

int conf_files_list(const char *root, const char *name, char ***ret, char **ret_error) {
        _cleanup_(strv_freep) char **files = NULL;
        int r;

        r = add_main(root, name, &files);
        if (r >= 0)
                r = add_drop_ins(root, name, &files, ret_error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(files);
        return 0;
}
