/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pwd.h>
#include <stdio.h>

#include "base/text.h"
#include "config/definition-file.h"
#include "config/definition-parse.h"
#include "model/limits.h"

/* Runs shell programs. Source of the path: src/task/meson.build, prefix /usr. */
#define TASK_COMMAND "/usr/bin/migrationd-task"

/* In order of precedence: file-hierarchy(7), as systemd's own configuration. */
static const char *const directories[] = {
        "/etc/migrationd/migrations",
        "/run/migrationd/migrations",
        "/usr/lib/migrationd/migrations",
};

static void step_done(DefinitionStep *s) {
        free(s->code);
        free(s->message);
        strv_free(s->exec);
        strv_free(s->expand);
        free(s->user);
        strv_free(s->writable);
}

Definition *definition_free(Definition *d) {
        if (!d)
                return NULL;
        free(d->name);
        free(d->path);
        free(d->description);
        free(d->digest);
        free(d->user);
        free(d->hook);
        strv_free(d->writable);
        strv_free(d->fence);
        strv_free(d->environment);
        for (size_t i = 0; i < d->n_steps; i++)
                step_done(&d->steps[i]);
        free(d->steps);
        free(d);
        return NULL;
}

const DefinitionStep *definition_find_step(const Definition *d, const char *code) {
        for (size_t i = 0; i < d->n_steps; i++)
                if (streq_ptr(d->steps[i].code, code))
                        return &d->steps[i];
        return NULL;
}

/* SHA-256 as 64 hexadecimal digits. */
static int digest(const char *data, size_t size, char **ret) {
        unsigned char binary[EVP_MAX_MD_SIZE];
        unsigned length;
        char *hex;

        if (EVP_Digest(data, size, binary, &length, EVP_sha256(), NULL) != 1)
                return -EIO;
        hex = calloc(length * 2 + 1, 1);
        if (!hex)
                return -ENOMEM;
        for (unsigned i = 0; i < length; i++)
                sprintf(hex + i * 2, "%02x", binary[i]);
        *ret = hex;
        return 0;
}

/* User 0 by another name is refused: whoever wants root says so. */
static int check_user(const Definition *d, const char *pointer, const char *user, char **ret_error) {
        const struct passwd *p = getpwnam(user);

        if (!p)
                return text_error(ret_error, -EBADMSG, "%s: %s: there is no user \"%s\" on this system",
                                  d->path, pointer, user);
        if (p->pw_uid == 0 && !streq(user, "root"))
                return text_error(ret_error, -EPERM,
                                  "%s: %s: \"%s\" is user 0; name \"root\" if that is meant", d->path,
                                  pointer, user);
        return 0;
}

/* The program that `migrationd-task run` executes: as much the definition's as the first argument. 0: none. */
static size_t wrapped_program(char *const *argv) {
        size_t i = 2;

        if (!streq(argv[0], TASK_COMMAND) || !argv[1] || !streq(argv[1], "run"))
                return 0;
        while (argv[i] && startswith(argv[i], "-"))
                i++;
        return argv[i] ? i : 0;
}

static int check_program(const Definition *d, const char *pointer, const char *path, char **ret_error) {
        _cleanup_(freep) char *reason = NULL;
        int r;

        r = trusted_check_program(path, &reason);
        if (r < 0)
                return text_error(ret_error, r == -EPERM ? r : -EBADMSG, "%s: %s: %s", d->path, pointer,
                                  reason ? reason : strerror(-r));
        return 0;
}

/* pointer: of the list. */
static int check_programs(const Definition *d, const char *pointer, char *const *argv, char **ret_error) {
        char place[64];
        size_t wrapped;
        int r;

        snprintf(place, sizeof(place), "%s/0", pointer);
        r = check_program(d, place, argv[0], ret_error);
        wrapped = wrapped_program(argv);
        if (r < 0 || wrapped == 0)
                return r;
        snprintf(place, sizeof(place), "%s/%zu", pointer, wrapped);
        return check_program(d, place, argv[wrapped], ret_error);
}

/* What a definition names must be there, and be root's, before anything runs as its user. */
static int check_trusted(const Definition *d, char **ret_error) {
        int r = 0;

        if (d->fence)
                r = check_programs(d, "/fence", d->fence, ret_error);
        for (size_t i = 0; i < d->n_steps && r >= 0; i++) {
                const DefinitionStep *s = &d->steps[i];
                char pointer[48];

                snprintf(pointer, sizeof(pointer), "/steps/%zu/exec", i);
                r = check_programs(d, pointer, s->exec, ret_error);
                snprintf(pointer, sizeof(pointer), "/steps/%zu/expand", i);
                if (r >= 0 && s->expand)
                        r = check_programs(d, pointer, s->expand, ret_error);
                snprintf(pointer, sizeof(pointer), "/steps/%zu/user", i);
                if (r >= 0)
                        r = check_user(d, streq(s->user, d->user) ? "/user" : pointer, s->user, ret_error);
        }
        return r;
}

static int open_file(const char *path, bool trusted, int *ret_fd, char **ret_error) {
        /* O_NONBLOCK: to open a FIFO must not wait for its other end; it is refused afterwards. */
        int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

        if (trusted)
                return trusted_open(path, flags, ret_fd, ret_error);
        *ret_fd = open(path, flags | O_CLOEXEC);
        return *ret_fd < 0 ? text_error(ret_error, -errno, "%s: %s", path, strerror(errno)) : 0;
}

int definition_load_file(const char *path, bool trusted, Definition **ret, char **ret_error) {
        _cleanup_(definition_freep) Definition *d = NULL;
        _cleanup_(closep) int fd = -EBADF;
        _cleanup_(freep) char *data = NULL;
        size_t size;
        int r;

        r = open_file(path, trusted, &fd, ret_error);
        if (r < 0)
                return r;
        r = file_read(fd, path, DEFINITION_BYTES_MAX, &data, &size, ret_error);
        if (r < 0)
                return r;
        r = definition_parse(path, data, size, &d, ret_error);
        if (r < 0)
                return r;
        r = digest(data, size, &d->digest);
        if (r < 0)
                return r;
        d->path = strdup(path);
        if (!d->path)
                return -ENOMEM;
        r = trusted ? check_trusted(d, ret_error) : 0;
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

int definition_load(const char *root, const char *name, Definition **ret, char **ret_error) {
        int r;

        if (!text_is_name(name))
                return text_error(ret_error, -EINVAL,
                                  "\"%.64s\" is not a name of a migration; it takes 1 to %i of a-z, 0-9 "
                                  "and _",
                                  name, NAME_LENGTH_MAX);
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                _cleanup_(freep) char *path = NULL;

                path = text_format("%s%s/%s.json", root, directories[i], name);
                if (!path)
                        return -ENOMEM;
                /* A dangling link is there too: it is an error, not a reason to take another file. */
                if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
                    (errno == ENOENT || errno == ENOTDIR))
                        continue;
                r = definition_load_file(path, true, ret, ret_error);
                return r == -ENOENT ? -EBADMSG : r;
        }
        return text_error(ret_error, -ENOENT,
                          "no migration \"%s\" in %s, %s or %s; see: migrationctl definition list", name,
                          directories[0], directories[1], directories[2]);
}

static bool list_has(char *const *list, const char *s) {
        for (; list && *list; list++)
                if (streq(*list, s))
                        return true;
        return false;
}

static int list_directory(const char *path, char ***list) {
        struct dirent *e;
        DIR *dir;
        int r = 0;

        dir = opendir(path);
        if (!dir)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        while (r >= 0 && (errno = 0, e = readdir(dir))) {
                _cleanup_(freep) char *name = NULL;
                size_t n = strlen(e->d_name);

                if (n <= strlen(".json") || !streq(e->d_name + n - strlen(".json"), ".json"))
                        continue;
                name = strndup(e->d_name, n - strlen(".json"));
                if (!name)
                        r = -ENOMEM;
                else if (text_is_name(name) && !list_has(*list, name))
                        r = strv_append(list, name);
        }
        if (r >= 0 && errno != 0)
                r = -errno;
        (void) closedir(dir);
        return r;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(char *const*) a, *(char *const*) b);
}

int definition_list(const char *root, char ***ret) {
        _cleanup_(strv_freep) char **list = NULL;
        int r;

        list = calloc(1, sizeof(char*));
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                _cleanup_(freep) char *path = NULL;

                path = text_format("%s%s", root, directories[i]);
                if (!path)
                        return -ENOMEM;
                r = list_directory(path, &list);
                if (r < 0)
                        return r;
        }
        qsort(list, strv_length(list), sizeof(char*), compare);
        *ret = TAKE_PTR(list);
        return 0;
}
