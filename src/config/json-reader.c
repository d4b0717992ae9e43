/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config/json-reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

/* A key or value that is quoted in an error is cut there, so that an error stays one line that a person
 * reads. */
#define QUOTED_MAX 64

/* Appends one reference token: RFC 6901, section 3; control characters become '?', so that the error stays
 * one line. */
static void pointer_token(FILE *f, const char *key) {
        size_t n = 0;

        for (; *key && n < QUOTED_MAX; key++, n++)
                if (*key == '~')
                        fputs("~0", f);
                else if (*key == '/')
                        fputs("~1", f);
                else
                        fputc((unsigned char) *key < ' ' || *key == 0x7f ? '?' : *key, f);
        if (*key)
                fputs("...", f);
}

static void pointer_write(FILE *f, const JsonPlace *at) {
        if (at->parent)
                pointer_write(f, at->parent);
        if (!at->parent)
                return;
        fputc('/', f);
        if (at->key)
                pointer_token(f, at->key);
        else
                fprintf(f, "%zu", at->index);
}

int json_refuse(const JsonReader *r, const JsonPlace *at, const char *format, ...) {
        _cleanup_(freep) char *pointer = NULL;
        char reason[512];
        size_t size;
        va_list ap;
        FILE *f;

        va_start(ap, format);
        (void) vsnprintf(reason, sizeof(reason), format, ap);
        va_end(ap);
        f = open_memstream(&pointer, &size);
        if (!f)
                return -ENOMEM;
        pointer_write(f, at);
        if (fclose(f) != 0)
                return -ENOMEM;
        return text_error(r->ret_error, -EBADMSG, "%s: %s: %s", r->path, *pointer ? pointer : "/", reason);
}

static const char *type_name(const json_t *value) {
        switch (json_typeof(value)) {
        case JSON_OBJECT: return "an object";
        case JSON_ARRAY: return "an array";
        case JSON_STRING: return "a string";
        case JSON_INTEGER: return "an integer";
        case JSON_REAL: return "a number with a fraction";
        case JSON_TRUE:
        case JSON_FALSE: return "a boolean";
        case JSON_NULL:
        default: return "null";
        }
}

/* Number of insertions, removals and replacements from a to b, for texts of up to QUOTED_MAX bytes. */
static size_t edit_distance(const char *a, const char *b) {
        size_t row[QUOTED_MAX + 1], n = strlen(b);

        for (size_t j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= n; j++) {
                        size_t above = row[j], moved = MIN(row[j - 1], above) + 1;

                        row[j] = MIN(moved, diagonal + (a[i - 1] != b[j - 1]));
                        diagonal = above;
                }
        }
        return row[n];
}

static int refuse_unknown(const JsonReader *r, const JsonPlace *at, const JsonKey *keys) {
        const char *nearest = NULL;
        size_t least = SIZE_MAX;

        for (const JsonKey *k = keys; k->name && strlen(at->key) <= QUOTED_MAX; k++) {
                size_t distance = edit_distance(at->key, k->name);

                /* More than half of it wrong is another word, not a slip. */
                if (distance < least && distance <= MAX(strlen(k->name), strlen(at->key)) / 2) {
                        least = distance;
                        nearest = k->name;
                }
        }
        return nearest ? json_refuse(r, at, "unknown key, did you mean \"%s\"?", nearest)
                       : json_refuse(r, at, "unknown key");
}

int json_read_object(const JsonReader *r, const JsonPlace *at, json_t *value, const JsonKey *keys,
                     void *userdata) {
        const char *name;
        json_t *member;
        int q;

        if (!json_is_object(value))
                return json_refuse(r, at, "must be an object, not %s", type_name(value));
        json_object_foreach(value, name, member) {
                const JsonPlace below = { .parent = at, .key = name };
                const JsonKey *k = keys;

                while (k->name && !streq(k->name, name))
                        k++;
                if (!k->name)
                        return refuse_unknown(r, &below, keys);
        }
        /* In the order of the table, so that what a key's default rests on is read before it. */
        for (const JsonKey *k = keys; k->name; k++) {
                const JsonPlace below = { .parent = at, .key = k->name };

                member = json_object_get(value, k->name);
                if (!member && k->required)
                        return json_refuse(r, at, "key \"%s\" is missing", k->name);
                if (!member)
                        continue;
                q = k->read(r, &below, member, userdata);
                if (q < 0)
                        return q;
        }
        return 0;
}

int json_read_text(const JsonReader *r, const JsonPlace *at, json_t *value, bool empty, size_t length_max,
                   const char **ret) {
        const char *s = json_string_value(value);

        if (!s)
                return json_refuse(r, at, "must be a string, not %s", type_name(value));
        if (!*s && !empty)
                return json_refuse(r, at, "must not be empty");
        if (strlen(s) > length_max)
                return json_refuse(r, at, "is longer than %zu bytes", length_max);
        for (const char *c = s; *c; c++)
                if ((unsigned char) *c < ' ' || *c == 0x7f)
                        return json_refuse(r, at, "has a control character (0x%02x)", (unsigned) *c);
        *ret = s;
        return 0;
}

int json_read_integer(const JsonReader *r, const JsonPlace *at, json_t *value, int64_t min, int64_t max,
                      int64_t *ret) {
        if (!json_is_integer(value))
                return json_refuse(r, at, "must be an integer, not %s", type_name(value));
        if (json_integer_value(value) < min || json_integer_value(value) > max)
                return json_refuse(r, at, "must be from %" PRIi64 " to %" PRIi64 ", not %" PRIi64, min, max,
                                   (int64_t) json_integer_value(value));
        *ret = json_integer_value(value);
        return 0;
}

int json_read_bool(const JsonReader *r, const JsonPlace *at, json_t *value, bool *ret) {
        if (!json_is_boolean(value))
                return json_refuse(r, at, "must be true or false, not %s", type_name(value));
        *ret = json_is_true(value);
        return 0;
}

int json_read_usec(const JsonReader *r, const JsonPlace *at, json_t *value, bool infinity, usec_t max,
                   usec_t *ret) {
        _cleanup_(freep) char *limit = NULL;
        const char *s;
        int64_t seconds;
        usec_t usec;
        int q;

        if (json_is_integer(value)) {
                q = json_read_integer(r, at, value, 0, (int64_t) (max / USEC_PER_SEC), &seconds);
                if (q < 0)
                        return q;
                *ret = (usec_t) seconds * USEC_PER_SEC;
                return 0;
        }
        if (!json_is_string(value))
                return json_refuse(r, at, "must be a time span (\"30s\") or an integer of seconds, not %s",
                                   type_name(value));
        q = json_read_text(r, at, value, false, QUOTED_MAX, &s);
        if (q < 0)
                return q;
        if (text_parse_usec(s, &usec) < 0)
                return json_refuse(
                        r, at, "\"%s\" is not a time span; write it as \"30s\", \"5min\", \"1h 30min\"", s);
        if (usec == USEC_INFINITY && !infinity)
                return json_refuse(r, at, "must not be infinity");
        if (usec > max && usec != USEC_INFINITY) {
                limit = text_format_usec(max);
                return json_refuse(r, at, "\"%s\" is longer than %s", s, limit ? limit : "allowed");
        }
        *ret = usec;
        return 0;
}

int json_read_bytes(const JsonReader *r, const JsonPlace *at, json_t *value, uint64_t *ret) {
        const char *s;
        int64_t n;
        int q;

        if (json_is_integer(value)) {
                q = json_read_integer(r, at, value, 1, INT64_MAX, &n);
                if (q >= 0)
                        *ret = (uint64_t) n;
                return q;
        }
        if (!json_is_string(value))
                return json_refuse(r, at, "must be a size (\"512M\") or an integer of bytes, not %s",
                                   type_name(value));
        q = json_read_text(r, at, value, false, QUOTED_MAX, &s);
        if (q < 0)
                return q;
        if (text_parse_bytes(s, ret) < 0 || *ret < 1 || *ret > INT64_MAX)
                return json_refuse(r, at, "\"%s\" is not a size; write it as \"512M\", \"2G\"", s);
        return 0;
}

int json_read_word(const JsonReader *r, const JsonPlace *at, json_t *value, const char *const *words,
                   unsigned *ret) {
        char list[QUOTED_MAX * 2] = "";
        const char *s;
        int q;

        q = json_read_text(r, at, value, true, SIZE_MAX, &s);
        if (q < 0)
                return q;
        for (unsigned i = 0; words[i]; i++) {
                if (streq(words[i], s)) {
                        *ret = i;
                        return 0;
                }
                (void) snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s\"%s\"",
                                i > 0 ? " or " : "", words[i]);
        }
        return json_refuse(r, at, "must be %s, not \"%.64s\"", list, s);
}
