/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The syntax of .treeinfo, which is what Python's configparser reads and no library for C: keys end at the first
 * "=" or ":", comments are lines of their own, an indented line continues a value, and a "#" in a value is part
 * of it. */

#include "base/text.h"
#include "migrations/pulp2to3/treeinfo.h"

typedef struct Parser {
        json_t *sections;
        json_t *section; /* of sections; NULL: none yet */
        char *key;       /* of section: what a continuation belongs to; NULL: nothing; owned */
        unsigned line;
        char **ret_reason;
} Parser;

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void strip(const char **start, const char **end) {
        while (*start < *end && is_blank(**start))
                (*start)++;
        while (*end > *start && is_blank((*end)[-1]))
                (*end)--;
}

static int refuse(Parser *p, const char *what) {
        return text_error(p->ret_reason, -EBADMSG, "line %u: %s", p->line, what);
}

static int set_value(Parser *p, const char *start, const char *end) {
        json_t *value;

        strip(&start, &end);
        value = json_stringn(start, (size_t) (end - start));
        return value && json_object_set_new(p->section, p->key, value) >= 0 ? 0 : -ENOMEM;
}

static int begin_section(Parser *p, const char *start, const char *end) {
        const char *close = memchr(start, ']', (size_t) (end - start));
        _cleanup_(freep) char *name = NULL;

        if (!close || close == start + 1)
                return refuse(p, "a section's name has no end");
        name = strndup(start + 1, (size_t) (close - start - 1));
        if (!name)
                return -ENOMEM;
        free(p->key);
        p->key = NULL;
        p->section = json_object_get(p->sections, name);
        if (p->section)
                return 0;
        p->section = json_object();
        if (!p->section)
                return -ENOMEM;
        return json_object_set_new(p->sections, name, p->section) < 0 ? -ENOMEM : 0;
}

static int begin_value(Parser *p, const char *start, const char *end) {
        const char *separator = start, *key_end;

        while (separator < end && *separator != '=' && *separator != ':')
                separator++;
        if (separator == end || !p->section)
                return refuse(p, p->section ? "has no \"=\"" : "is in no section");
        key_end = separator;
        strip(&start, &key_end);
        free(p->key);
        p->key = strndup(start, (size_t) (key_end - start));
        if (!p->key)
                return -ENOMEM;
        return *p->key ? set_value(p, separator + 1, end) : refuse(p, "has no key");
}

static int continue_value(Parser *p, const char *start, const char *end) {
        const char *value = json_string_value(json_object_get(p->section, p->key));
        _cleanup_(freep) char *longer = NULL;

        strip(&start, &end);
        longer = text_format("%s\n%.*s", value, (int) (end - start), start);
        return longer ? set_value(p, longer, longer + strlen(longer)) : -ENOMEM;
}

static int take_line(Parser *p, const char *start, const char *end) {
        const char *first = start, *last = end;

        strip(&first, &last);
        if (first == last || *first == '#' || *first == ';')
                return 0;
        if (first > start && p->key)
                return continue_value(p, first, last);
        return *first == '[' ? begin_section(p, first, last) : begin_value(p, first, last);
}

static int check_text(const char *text, size_t size_bytes, char **ret_reason) {
        json_auto_t *utf8 = json_stringn(text, size_bytes);

        if (memchr(text, 0, size_bytes))
                return text_error(ret_reason, -EBADMSG, "has a zero byte");
        return utf8 ? 0 : text_error(ret_reason, -EBADMSG, "is not UTF-8");
}

int treeinfo_parse(const char *text, size_t size_bytes, json_t **ret, char **ret_reason) {
        Parser p = { .sections = json_object(), .ret_reason = ret_reason };
        int r = p.sections ? 0 : -ENOMEM;

        if (r >= 0)
                r = check_text(text, size_bytes, ret_reason);
        for (const char *start = text, *all = text + size_bytes; start < all && r >= 0;) {
                const char *end = memchr(start, '\n', (size_t) (all - start)) ?: all;

                p.line++;
                r = take_line(&p, start, end);
                start = end + 1;
        }
        free(p.key);
        if (r < 0)
                json_decref(p.sections);
        else
                *ret = p.sections;
        return r;
}
