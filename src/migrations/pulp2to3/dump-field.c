/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/dump-field.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"

/* A name becomes the path of a file within a repository, and part of an index, whose entries may have 2704
 * bytes. */
#define NAME_BYTES_MAX 1024

const char *field_type_name(const bson_iter_t *i) {
        switch (bson_iter_type(i)) {
        case BSON_TYPE_DOUBLE:
                return "a double";
        case BSON_TYPE_UTF8:
                return "a text";
        case BSON_TYPE_DOCUMENT:
                return "a document";
        case BSON_TYPE_ARRAY:
                return "an array";
        case BSON_TYPE_BINARY:
                return "binary";
        case BSON_TYPE_OID:
                return "an object id";
        case BSON_TYPE_BOOL:
                return "a boolean";
        case BSON_TYPE_DATE_TIME:
                return "a date";
        case BSON_TYPE_NULL:
                return "null";
        case BSON_TYPE_INT32:
        case BSON_TYPE_INT64:
                return "an integer";
        default:
                return "of a type that is not expected";
        }
}

static size_t trimmed_length(const char *s) {
        size_t n = strlen(s);

        while (n > 0 && strchr(" \t\r\n", s[n - 1]))
                n--;
        return n;
}

/* Returns what is wrong with a name; NULL: nothing. */
static const char *check_name(const char *s, size_t length) {
        if (length == 0)
                return "is empty";
        if (length > NAME_BYTES_MAX)
                return "is longer than 1024 bytes";
        for (const unsigned char *c = (const unsigned char *) s; c < (const unsigned char *) s + length; c++)
                if (*c < 0x20 || *c == 0x7f)
                        return "contains a control character";
        return NULL;
}

static int take_text(const bson_iter_t *i, FieldKind kind, const char **ret, const char **ret_reason) {
        uint32_t length;
        const char *s;

        if (!BSON_ITER_HOLDS_UTF8(i)) {
                *ret_reason = "a text";
                return -EBADMSG;
        }
        s = bson_iter_utf8(i, &length);
        *ret_reason = strlen(s) != length ? "contains a zero byte" : NULL;
        if (!*ret_reason && (kind == FIELD_NAME || kind == FIELD_LINE))
                *ret_reason = check_name(s, kind == FIELD_LINE ? trimmed_length(s) : length);
        if (kind == FIELD_HEX && !*ret_reason && (length == 0 || strspn(s, "0123456789abcdef") != length))
                *ret_reason = "is not a checksum of lower-case hexadecimal digits";
        if (kind == FIELD_SHA256 && !*ret_reason && (length != 64 || strspn(s, "0123456789abcdef") != 64))
                *ret_reason = "is not a SHA-256 checksum of 64 lower-case hexadecimal digits";
        *ret = s;
        return *ret_reason ? -EINVAL : 0;
}

/* A date has milliseconds; PostgreSQL reads such a text exactly. */
bool field_format_time(int64_t msec, char buffer[static FIELD_BUFFER_SIZE]) {
        struct tm tm;
        time_t t;
        char date[32];

        /* Years 1 to 9999, which both sides can tell. */
        if (msec < INT64_C(-62135596800000) || msec >= INT64_C(253402300800000))
                return false;
        t = (msec - (msec % 1000 + 1000) % 1000) / 1000;
        (void) strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &tm));
        (void) snprintf(buffer, FIELD_BUFFER_SIZE, "%s.%03i+00", date, (int) ((msec % 1000 + 1000) % 1000));
        return true;
}

static int take_integer(const bson_iter_t *i, char buffer[static FIELD_BUFFER_SIZE], const char **ret_reason) {
        /* Drivers of a dynamic language write whole numbers as doubles now and then. */
        if (!BSON_ITER_HOLDS_INT(i) &&
            !(BSON_ITER_HOLDS_DOUBLE(i) && bson_iter_double(i) >= 0 && bson_iter_double(i) < 9e15)) {
                *ret_reason = "an integer";
                return -EBADMSG;
        }
        (void) snprintf(buffer, FIELD_BUFFER_SIZE, "%" PRIi64, bson_iter_as_int64(i));
        *ret_reason = "is negative";
        return bson_iter_as_int64(i) < 0 ? -EINVAL : 0;
}

static int take_time(const bson_iter_t *i, char buffer[static FIELD_BUFFER_SIZE], const char **ret_reason) {
        if (!BSON_ITER_HOLDS_DATE_TIME(i)) {
                *ret_reason = "a date";
                return -EBADMSG;
        }
        *ret_reason = "is not a date of the years 1 to 9999";
        return field_format_time(bson_iter_date_time(i), buffer) ? 0 : -EINVAL;
}

/* Makes a value's text. Returns 0; -EBADMSG: of another type than *ret_reason; -EINVAL: *ret_reason says what
 * is wrong. */
static int take_value(const bson_iter_t *i, const Field *f, char buffer[static FIELD_BUFFER_SIZE], const char **ret,
                      const char **ret_reason) {
        bson_oid_t oid;

        *ret = buffer;
        switch (f->kind) {
        case FIELD_OBJECT_ID:
                if (!BSON_ITER_HOLDS_OID(i)) {
                        *ret_reason = "an object id";
                        return -EBADMSG;
                }
                bson_oid_copy(bson_iter_oid(i), &oid);
                bson_oid_to_string(&oid, buffer);
                return 0;
        case FIELD_INTEGER:
                return take_integer(i, buffer, ret_reason);
        case FIELD_SCALAR:
                return BSON_ITER_HOLDS_UTF8(i) ? take_text(i, FIELD_NAME, ret, ret_reason)
                                               : take_integer(i, buffer, ret_reason);
        case FIELD_BOOL:
                *ret = bson_iter_as_bool(i) ? "t" : "f";
                *ret_reason = "a boolean";
                return BSON_ITER_HOLDS_BOOL(i) ? 0 : -EBADMSG;
        case FIELD_TIME:
                return take_time(i, buffer, ret_reason);
        default:
                return take_text(i, f->kind, ret, ret_reason);
        }
}

int field_take(const bson_t *document, const Field *f, char buffer[static FIELD_BUFFER_SIZE], const char **ret,
               char **ret_reason) {
        const char *reason = NULL, *path = f->kind == FIELD_CONFIG_TEXT ? "config." : "";
        bson_iter_t i, child;
        bool found;
        int r;

        found = bson_iter_init_find(&i, document, f->kind == FIELD_CONFIG_TEXT ? "config" : f->name);
        if (found && f->kind == FIELD_CONFIG_TEXT) {
                found = BSON_ITER_HOLDS_DOCUMENT(&i) && bson_iter_recurse(&i, &child) &&
                        bson_iter_find(&child, f->name);
                i = child;
        }
        if (!found || BSON_ITER_HOLDS_NULL(&i)) {
                *ret = f->otherwise;
                return f->required ? text_error(ret_reason, -EBADMSG, "field %s%s is %s", path, f->name,
                                                found ? "null" : "missing")
                                   : 0;
        }
        r = take_value(&i, f, buffer, ret, &reason);
        if (r == -EBADMSG)
                return text_error(ret_reason, -EBADMSG, "field %s%s is %s, not %s", path, f->name,
                                  field_type_name(&i), reason);
        return r < 0 ? text_error(ret_reason, -EBADMSG, "field %s%s %s", path, f->name, reason) : 0;
}
