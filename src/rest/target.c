/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/target.h"

#include <ctype.h>
#include <stdio.h>

#include "base/text.h"

#define PATH_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"

void target_done(Target *t) {
        for (size_t i = 0; i < t->n; i++) {
                free(t->parameters[i].name);
                free(t->parameters[i].value);
        }
        free(t->parameters);
        free(t->repeated);
        free(t->path);
        *t = (Target){};
}

static bool has_dot_segment(const char *path) {
        for (const char *p = path; (p = strchr(p, '/'));) {
                size_t n = strcspn(++p, "/");

                if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
                        return true;
        }
        return false;
}

static int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The character of an escape "%XX" at s, which has n bytes; negative when it is none. */
static int unescape_one(const char *s, size_t n) {
        int high, low;

        if (n < 3)
                return -EINVAL;
        high = hex_value(s[1]);
        low = hex_value(s[2]);
        return high < 0 || low < 0 ? -EINVAL : high * 16 + low;
}

/* Returns 0, -EINVAL or -ENOMEM. */
static int unescape(const char *s, size_t n, char **ret) {
        _cleanup_(freep) char *text = malloc(n + 1);
        size_t length = 0;

        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                int c = s[i] == '+' ? ' ' : (unsigned char) s[i];

                if (c == '%') {
                        c = unescape_one(s + i, n - i);
                        i += 2;
                }
                if (c < ' ' || c > '~')
                        return -EINVAL;
                text[length++] = (char) c;
        }
        text[length] = 0;
        *ret = TAKE_PTR(text);
        return 0;
}

static int add_parameter(Target *t, const char *s, size_t n) {
        size_t name_length = MIN((size_t) (strchrnul(s, '=') - s), n);
        Parameter *grown, p = {};
        int r;

        grown = reallocarray(t->parameters, t->n + 1, sizeof(Parameter));
        if (!grown)
                return -ENOMEM;
        t->parameters = grown;
        r = unescape(s, name_length, &p.name);
        if (r >= 0)
                r = name_length < n ? unescape(s + name_length + 1, n - name_length - 1, &p.value)
                                    : unescape("", 0, &p.value);
        if (r < 0) {
                free(p.name);
                return r;
        }
        for (size_t i = 0; i < t->n && !t->repeated; i++)
                if (streq(t->parameters[i].name, p.name)) {
                        t->repeated = strdup(p.name);
                        r = t->repeated ? 0 : -ENOMEM;
                }
        grown[t->n++] = p;
        return r;
}

static int parse_query(Target *t, const char *query) {
        int r = 0;

        for (const char *p = query; r >= 0 && *p;) {
                size_t n = strcspn(p, "&");

                if (n > 0)
                        r = add_parameter(t, p, n);
                p += n;
                p += *p == '&';
        }
        return r;
}

int target_parse(const char *text, Target *ret, const char **ret_reason) {
        size_t length = strcspn(text, "?");
        Target t = {};
        int r = 0;

        if (text[0] != '/') {
                *ret_reason = "The request's target is not a path";
                return -EINVAL;
        }
        if (strspn(text, PATH_CHARACTERS) < length || strchr(text, ' ')) {
                *ret_reason = "The path has a character that no path here has, or the query a blank";
                return -EINVAL;
        }
        t.path = strndup(text, length);
        if (!t.path)
                return -ENOMEM;
        if (has_dot_segment(t.path)) {
                *ret_reason = "The path has a dot segment";
                r = -EINVAL;
        } else if (text[length] == '?') {
                r = parse_query(&t, text + length + 1);
                if (r == -EINVAL)
                        *ret_reason = "The query has a character or an escape that does not belong there";
        }
        if (r < 0) {
                target_done(&t);
                return r;
        }
        *ret = t;
        return 0;
}

static bool is_unreserved(char c) {
        return isalnum((unsigned char) c) || strchr("-._~/", c);
}

int target_append_query(char **text, const char *name, const char *value) {
        size_t length = strlen(*text);
        char *grown = realloc(*text, length + strlen(name) + 3 * strlen(value) + 3), *to;

        if (!grown)
                return -ENOMEM;
        to = grown + length;
        to += sprintf(to, "%c%s=", strchr(grown, '?') ? '&' : '?', name);
        for (const char *p = value; *p; p++)
                if (is_unreserved(*p))
                        *to++ = *p;
                else
                        to += sprintf(to, "%%%02X", (unsigned char) *p);
        *to = 0;
        *text = grown;
        return 0;
}
