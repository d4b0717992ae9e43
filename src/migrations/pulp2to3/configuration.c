/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/configuration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/conf-files.h"
#include "base/econf-cleanup.h"
#include "base/text.h"

#define TARGET_USEC_DEFAULT (5 * USEC_PER_SEC)
/* Tasks shorter than that would cost more to start than they do; source: harness measurements of a unit's
 * start. */
#define TARGET_USEC_MIN (100 * USEC_PER_MSEC)
#define TARGET_USEC_MAX (3600 * USEC_PER_SEC)

typedef enum KeyKind { KEY_PATH, KEY_TEXT, KEY_DURATION } KeyKind;

typedef struct Key {
        const char *section;
        const char *name;
        KeyKind kind;
        size_t offset;         /* of the member of Configuration */
        const char *otherwise; /* default; NULL: has to be set */
} Key;

#define MEMBER(m) offsetof(Configuration, m)
static const Key keys[] = {
        { "Pulp2", "Archive", KEY_PATH, MEMBER(archive), NULL },
        { "Pulp2", "Content", KEY_PATH, MEMBER(content), NULL },
        /* No name stands in two sections: libeconf 0.5 loses a key that is the first of its section when the last
         * of the section before has the same name. */
        { "Pulp2", "ArchiveDatabase", KEY_TEXT, MEMBER(pulp2_database), "pulp_database" },
        { "Pulp3", "Database", KEY_TEXT, MEMBER(pulp3_database), NULL },
        { "Pulp3", "MediaRoot", KEY_PATH, MEMBER(media_root), "/var/lib/pulp/media" },
        { "Pulp3", "KeyFile", KEY_PATH, MEMBER(key_file), "/etc/pulp/certs/database_fields.symmetric.key" },
        { "Tasks", "TargetDuration", KEY_DURATION, MEMBER(target_usec), "5s" },
};

Configuration *configuration_free(Configuration *c) {
        if (!c)
                return NULL;
        free(c->archive);
        free(c->content);
        free(c->pulp2_database);
        free(c->pulp3_database);
        free(c->media_root);
        free(c->key_file);
        free(c);
        return NULL;
}

static int set_duration(usec_t *p, const char *value, char **ret_reason) {
        usec_t usec;

        if (text_parse_usec(value, &usec) < 0 || usec < TARGET_USEC_MIN || usec > TARGET_USEC_MAX)
                return text_error(ret_reason, -EINVAL, "\"%.64s\" is not a time span from 100ms to 1h",
                                  value);
        *p = usec;
        return 0;
}

/* An empty value takes back what a file of lower precedence set. */
static int set_text(char **p, const char *value, KeyKind kind, char **ret_reason) {
        char *copy = NULL;

        if (kind == KEY_PATH && *value && *value != '/')
                return text_error(ret_reason, -EINVAL, "\"%.128s\" is not an absolute path", value);
        if (*value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*p);
        *p = copy;
        return 0;
}

static int set_key(Configuration *c, const Key *key, const char *value, char **ret_reason) {
        void *member = (char *) c + key->offset;

        return key->kind == KEY_DURATION ? set_duration(member, *value ? value : key->otherwise, ret_reason)
                                         : set_text(member, value, key->kind, ret_reason);
}

static int read_key(econf_file *file, const char *path, const char *section, const char *name,
                    Configuration *c, char **ret_error) {
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
                /* The library takes an indented line as the rest of the value above it. */
                if (value->values && value->values[0] && value->values[1])
                        return text_error(ret_error, -EINVAL,
                                          "%s:%" PRIu64 ": [%s] %s: the value goes over more than one "
                                          "line",
                                          path, value->line_number, section, name);
                r = set_key(c, &keys[i], value->values && value->values[0] ? value->values[0] : "", &reason);
                if (r < 0)
                        return text_error(ret_error, r, "%s:%" PRIu64 ": [%s] %s: %s", path,
                                          value->line_number, section, name, reason ?: strerror(-r));
                return 0;
        }
        return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": unknown key %s in section [%s]", path,
                          value->line_number, name, section);
}

static bool is_section(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (streq(keys[i].section, name))
                        return true;
        return false;
}

static int read_section(econf_file *file, const char *path, const char *section, Configuration *c,
                        char **ret_error) {
        _cleanup_(config_names_freep) char **names = NULL;
        size_t n = 0;
        int r = 0;

        if (!is_section(section))
                return text_error(ret_error, -EINVAL, "%s: unknown section [%s]", path, section);
        /* A section without keys is reported as not found. */
        if (econf_getKeys(file, section, &n, &names) != ECONF_SUCCESS)
                return 0;
        for (size_t i = 0; i < n && r >= 0; i++) {
                for (size_t k = 0; k < i; k++)
                        if (streq(names[i], names[k]))
                                return text_error(ret_error, -EINVAL, "%s: [%s] %s is set twice", path,
                                                  section, names[i]);
                r = read_key(file, path, section, names[i], c, ret_error);
        }
        return r;
}

static int read_file(const char *path, Configuration *c, char **ret_error) {
        _cleanup_(config_file_freep) econf_file *file = NULL;
        _cleanup_(config_names_freep) char **sections = NULL, **stray = NULL;
        size_t n = 0;
        econf_err e;
        int r = 0;

        e = econf_readFile(&file, path, "=", "#");
        if (e != ECONF_SUCCESS) {
                _cleanup_(freep) char *where = NULL;
                uint64_t line = 0;

                econf_errLocation(&where, &line);
                return text_error(ret_error, -EINVAL, "%s:%" PRIu64 ": %s", path, line, econf_errString(e));
        }
        if (econf_getKeys(file, NULL, &n, &stray) == ECONF_SUCCESS && n > 0)
                return text_error(ret_error, -EINVAL, "%s: key %s is in no section", path, stray[0]);
        n = 0;
        if (econf_getGroups(file, &n, &sections) != ECONF_SUCCESS)
                return 0;
        for (size_t i = 0; i < n && r >= 0; i++)
                r = read_section(file, path, sections[i], c, ret_error);
        return r;
}

static int read_all(const char *root, Configuration *c, char **ret_error) {
        _cleanup_(strv_freep) char **files = NULL;
        int r;

        r = conf_files_list(root, CONFIGURATION_NAME, &files, ret_error);
        for (char **f = files; r >= 0 && f && *f; f++)
                r = read_file(*f, c, ret_error);
        return r;
}

static int take_defaults(const char *root, Configuration *c, char **ret_error) {
        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                char **member = (char **) ((char *) c + keys[i].offset);

                if (keys[i].kind == KEY_DURATION || *member)
                        continue;
                if (!keys[i].otherwise)
                        return text_error(ret_error, -EINVAL,
                                          "%s%s/" CONFIGURATION_NAME ": [%s] %s= is not set", root,
                                          CONF_FILES_ADMIN_DIRECTORY, keys[i].section, keys[i].name);
                *member = strdup(keys[i].otherwise);
                if (!*member)
                        return -ENOMEM;
        }
        return 0;
}

int configuration_load(const char *root, Configuration **ret, char **ret_error) {
        _cleanup_(configuration_freep) Configuration *c = NULL;
        int r;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->target_usec = TARGET_USEC_DEFAULT;
        r = read_all(root, c, ret_error);
        if (r >= 0)
                r = take_defaults(root, c, ret_error);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}
