/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/settings.h"

#include <inttypes.h>
#include <pwd.h>
#include <sys/stat.h>

#include "base/econf-cleanup.h"
#include "base/conf-files.h"
#include "base/text.h"

#define SECTION "Rest"
#define KEY "ProxyUsers"

RestSettings *settings_free(RestSettings *s) {
        if (!s)
                return NULL;
        free(s->proxies);
        free(s);
        return NULL;
}

bool settings_is_proxy(const RestSettings *s, uid_t uid) {
        for (size_t i = 0; i < s->n_proxies; i++)
                if (s->proxies[i] == uid)
                        return true;
        return false;
}

/* What is read later replaces what was read before. */
static int set_proxies(RestSettings *s, const char *value, char **ret_reason) {
        _cleanup_(freep) char *copy = strdup(value);
        char *save = NULL;

        if (!copy)
                return -ENOMEM;
        s->n_proxies = 0;
        for (char *name = strtok_r(copy, " \t", &save); name; name = strtok_r(NULL, " \t", &save)) {
                struct passwd *user = getpwnam(name);
                uid_t *grown;

                if (!user)
                        return text_error(ret_reason, -EINVAL, "there is no user \"%.64s\"", name);
                grown = reallocarray(s->proxies, s->n_proxies + 1, sizeof(uid_t));
                if (!grown)
                        return -ENOMEM;
                s->proxies = grown;
                grown[s->n_proxies++] = user->pw_uid;
        }
        return 0;
}

static int read_key(econf_file *file, const char *path, const char *name, RestSettings *s, char **ret_error) {
        _cleanup_(config_value_freep) econf_ext_value *value = NULL;
        _cleanup_(freep) char *reason = NULL;
        int r;

        if (econf_getExtValue(file, SECTION, name, &value) != ECONF_SUCCESS)
                return text_error(ret_error, -EINVAL, "%s: [%s] %s cannot be read", path, SECTION, name);
        if (!streq(name, KEY))
                return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": unknown key %s in section [%s]", path,
                                  value->line_number, name, SECTION);
        /* The library takes an indented line, and one without "=", as the rest of the value above it. */
        if (value->values && value->values[0] && value->values[1])
                return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": the value of %s goes over more than one line",
                                  path, value->line_number, name);
        r = set_proxies(s, value->values && value->values[0] ? value->values[0] : "", &reason);
        if (r < 0)
                return text_error(ret_error, r, "%s:%" PRIu64 ": %s: %s", path, value->line_number, name,
                                  reason ?: "out of memory");
        return 0;
}

static int read_keys(econf_file *file, const char *path, RestSettings *s, char **ret_error) {
        _cleanup_(config_names_freep) char **names = NULL;
        size_t n = 0;
        int r = 0;

        /* A section without keys is reported as not found. */
        if (econf_getKeys(file, SECTION, &n, &names) != ECONF_SUCCESS)
                return 0;
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = read_key(file, path, names[i], s, ret_error);
        return r;
}

static int read_file(const char *path, RestSettings *s, char **ret_error) {
        _cleanup_(config_file_freep) econf_file *file = NULL;
        _cleanup_(config_names_freep) char **sections = NULL, **stray = NULL;
        struct stat st;
        size_t n = 0;

        if (stat(path, &st) < 0)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return text_error(ret_error, -EINVAL, "%s: is not a regular file", path);
        if (econf_readFile(&file, path, "=", "#") != ECONF_SUCCESS) {
                _cleanup_(freep) char *where = NULL;
                uint64_t line = 0;

                econf_errLocation(&where, &line);
                return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": cannot be parsed", path, line);
        }
        if (econf_getKeys(file, NULL, &n, &stray) == ECONF_SUCCESS && n > 0)
                return text_error(ret_error, -EINVAL, "%s: key %s is in no section", path, stray[0]);
        n = 0;
        if (econf_getGroups(file, &n, &sections) != ECONF_SUCCESS)
                return 0;
        for (size_t i = 0; i < n; i++)
                if (!streq(sections[i], SECTION))
                        return text_error(ret_error, -EINVAL, "%s: unknown section [%s]", path, sections[i]);
        return read_keys(file, path, s, ret_error);
}

int settings_load(const char *root, RestSettings **ret, char **ret_error) {
        _cleanup_(settings_freep) RestSettings *s = calloc(1, sizeof(RestSettings));
        _cleanup_(strv_freep) char **files = NULL;
        int r;

        if (!s)
                return -ENOMEM;
        r = conf_files_list(root, "rest.conf", &files, ret_error);
        for (char **f = files; r >= 0 && f && *f; f++)
                r = read_file(*f, s, ret_error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}
