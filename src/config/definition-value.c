/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/definition-value.h"

#include "base/text.h"

#define TEXT_BYTES_MAX 1024                     /* description and message */

int definition_set_text(char **p, const char *s) {
        free(*p);
        *p = strdup(s);
        return *p ? 0 : -ENOMEM;
}

int definition_read_name(const JsonReader *r, const JsonPlace *at, json_t *value, char **ret) {
        const char *s;
        int q;

        q = json_read_text(r, at, value, false, WORD_BYTES_MAX, &s);
        if (q < 0)
                return q;
        if (!text_is_name(s))
                return json_refuse(r, at, "\"%.64s\" is not a name; it takes 1 to %i of a-z, 0-9 and _", s,
                                   NAME_LENGTH_MAX);
        return definition_set_text(ret, s);
}

int definition_read_line(const JsonReader *r, const JsonPlace *at, json_t *value, bool empty, char **ret) {
        const char *s;
        int q;

        q = json_read_text(r, at, value, empty, TEXT_BYTES_MAX, &s);
        return q < 0 ? q : definition_set_text(ret, s);
}

/* As useradd(8) allows them: no number, since it would be taken for a UID. */
int definition_read_user_name(const JsonReader *r, const JsonPlace *at, json_t *value, char **ret) {
        const char *s;
        size_t n;
        int q;

        q = json_read_text(r, at, value, false, WORD_BYTES_MAX, &s);
        if (q < 0)
                return q;
        n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
        if (s[n] || n > 31 || *s == '-' || *s == '.' || (*s >= '0' && *s <= '9'))
                return json_refuse(r, at, "\"%.64s\" is not a user name", s);
        return definition_set_text(ret, s);
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

int definition_read_list(const JsonReader *r, const JsonPlace *at, json_t *value, ListKind kind, char ***ret) {
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
