/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/conf-files.h"
#include "base/econf-cleanup.h"
#include "base/text.h"
#include "config/conninfo.h"
#include "config/settings-throttle.h"
#include "model/limits.h"

#define EMBEDDED_DATABASE "host=" SETTINGS_EMBEDDED_HOST " dbname=migrationd user=migrationd"
#define WORKER_ROLE "migrationd_worker"
#define IDLE_USEC_DEFAULT (60 * USEC_PER_SEC)

/* One key. set() returns 0, or -EINVAL with the reason, or -ENOMEM. */
typedef struct Key {
        const char *section;
        const char *name;
        int (*set)(Settings *s, const char *value, char **ret_reason);
} Key;

Settings *settings_free(Settings *s) {
        if (!s)
                return NULL;
        free(s->database);
        free(s->worker_database);
        throttle_done(&s->throttle);
        free(s);
        return NULL;
}

/* An empty value takes back what a file of lower precedence set. */
static int set_conninfo(char **p, const char *value, char **ret_reason) {
        int r;

        r = *value ? conninfo_check(value, ret_reason) : 0;
        if (r < 0)
                return r;
        free(*p);
        *p = NULL;
        if (!*value)
                return 0;
        *p = strdup(value);
        return *p ? 0 : -ENOMEM;
}

static int set_database(Settings *s, const char *value, char **ret_reason) {
        return set_conninfo(&s->database, value, ret_reason);
}

static int set_worker_database(Settings *s, const char *value, char **ret_reason) {
        return set_conninfo(&s->worker_database, value, ret_reason);
}

static int set_workers(Settings *s, const char *value, char **ret_reason) {
        uint32_t n;

        if (text_parse_u32(value, &n) < 0 || n > WORKERS_MAX)
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not a number from 0 to %i", value,
                                  WORKERS_MAX);
        s->workers = n;
        return 0;
}

static int set_idle(Settings *s, const char *value, char **ret_reason) {
        usec_t usec;

        if (text_parse_usec(value, &usec) < 0 || usec < USEC_PER_SEC)
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not a time span of at least 1s", value);
        s->idle_usec = usec;
        return 0;
}

static const Key keys[] = {
        { "Store", "Database", set_database },
        { "Store", "WorkerDatabase", set_worker_database },
        { "Poll", "Workers", set_workers },
        { "Service", "IdleSec", set_idle },
        { "Throttle", "CPUPressureLimit", throttle_set_cpu },
        { "Throttle", "IOPressureLimit", throttle_set_io },
        { "Throttle", "MemoryPressureLimit", throttle_set_memory },
        { "Throttle", "PressureUnit", throttle_set_pressure_unit },
        { "Throttle", "ActiveConnectionsLimit", throttle_set_connections },
        { "Throttle", "CheckUnit", throttle_set_check_unit },
        { "Throttle", "IntervalSec", throttle_set_interval },
};

static bool is_section(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (streq(keys[i].section, name))
                        return true;
        return false;
}

static int read_key(econf_file *file, const char *path, const char *section, const char *name, Settings *s,
                    char **ret_error) {
        _cleanup_(config_value_freep) econf_ext_value *value = NULL;
        _cleanup_(freep) char *reason = NULL;
        econf_err e;
        int r;

        e = econf_getExtValue(file, section, name, &value);
        if (e != ECONF_SUCCESS)
                return text_error(ret_error, -EINVAL, "%s: [%s] %s: %s", path, section, name,
                                  econf_errString(e));
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                if (!streq(keys[i].section, section) || !streq(keys[i].name, name))
                        continue;
                /* The library takes an indented line, and one without "=", as the rest of the value above it. */
                if (value->values && value->values[0] && value->values[1])
                        return text_error(ret_error, -EINVAL,
                                          "%s:%" PRIu64 ": [%s] %s: the value goes over more than one line",
                                          path, value->line_number, section, name);
                r = keys[i].set(s, value->values && value->values[0] ? value->values[0] : "", &reason);
                if (r < 0)
                        return text_error(ret_error, r, "%s:%" PRIu64 ": [%s] %s: %s", path,
                                          value->line_number, section, name, reason ? reason : strerror(-r));
                return 0;
        }
        return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": unknown key %s in section [%s]", path,
                          value->line_number, name, section);
}

static int read_section(econf_file *file, const char *path, const char *section, Settings *s,
                        char **ret_error) {
        _cleanup_(config_names_freep) char **names = NULL;
        size_t n = 0;
        int r;

        /* A section without keys is reported as not found. */
        if (econf_getKeys(file, section, &n, &names) != ECONF_SUCCESS)
                return 0;
        for (size_t i = 0; i < n; i++) {
                r = read_key(file, path, section, names[i], s, ret_error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* libeconf takes the first of two assignments and keeps silent, systemd's own files the last: neither may be
 * what was meant. A key's name is in one section only. */
static int refuse_repeated(const char *path, char **ret_error) {
        unsigned seen[ELEMENTSOF(keys)] = {}, number = 0;
        _cleanup_(freep) char *line = NULL;
        size_t size = 0;
        FILE *f;
        int r = 0;

        f = fopen(path, "re");
        if (!f)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        while (r >= 0 && getline(&line, &size, f) > 0) {
                const char *start = line + strspn(line, " \t");
                size_t length = strcspn(start, " \t=");

                number++;
                for (size_t i = 0; i < ELEMENTSOF(keys) && strchr(start, '='); i++)
                        if (strlen(keys[i].name) == length && strncmp(keys[i].name, start, length) == 0 &&
                            seen[i]++ > 0)
                                r = text_error(ret_error, -EINVAL, "%s:%u: %s is set twice", path, number,
                                               keys[i].name);
        }
        (void) fclose(f);
        return r;
}

static int read_file(const char *path, Settings *s, char **ret_error) {
        _cleanup_(config_file_freep) econf_file *file = NULL;
        _cleanup_(config_names_freep) char **sections = NULL, **stray = NULL;
        struct stat st;
        size_t n = 0;
        econf_err e;
        int r;

        if (stat(path, &st) < 0)
                return text_error(ret_error, -errno, "%s: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return text_error(ret_error, -EINVAL, "%s: is not a regular file", path);
        e = econf_readFile(&file, path, "=", "#");
        if (e != ECONF_SUCCESS) {
                _cleanup_(freep) char *where = NULL;
                uint64_t line = 0;

                econf_errLocation(&where, &line);
                return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": %s", path, line, econf_errString(e));
        }
        r = refuse_repeated(path, ret_error);
        if (r < 0)
                return r;
        if (econf_getKeys(file, NULL, &n, &stray) == ECONF_SUCCESS && n > 0)
                return text_error(ret_error, -EINVAL, "%s: key %s is in no section", path, stray[0]);
        n = 0;
        if (econf_getGroups(file, &n, &sections) != ECONF_SUCCESS)
                return 0;
        for (size_t i = 0; i < n; i++) {
                if (!is_section(sections[i]))
                        return text_error(ret_error, -EINVAL, "%s: unknown section [%s]", path, sections[i]);
                r = read_section(file, path, sections[i], s, ret_error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_all(const char *root, Settings *s, char **ret_error) {
        _cleanup_(strv_freep) char **files = NULL;
        int r;

        r = conf_files_list(root, "migrationd.conf", &files, ret_error);
        for (char **f = files; r >= 0 && f && *f; f++)
                r = read_file(*f, s, ret_error);
        return r;
}

static int take_defaults(Settings *s) {
        s->embedded = !s->database;
        if (!s->database)
                s->database = strdup(EMBEDDED_DATABASE);
        if (!s->database)
                return -ENOMEM;
        return s->worker_database ? 0 : conninfo_with_user(s->database, WORKER_ROLE, &s->worker_database);
}

int settings_load(const char *root, Settings **ret, char **ret_error) {
        _cleanup_(settings_freep) Settings *s = NULL;
        int r;

        s = calloc(1, sizeof(Settings));
        if (!s)
                return -ENOMEM;
        s->idle_usec = IDLE_USEC_DEFAULT;
        r = throttle_take_defaults(&s->throttle);
        if (r >= 0)
                r = read_all(root, s, ret_error);
        if (r >= 0)
                r = take_defaults(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}
