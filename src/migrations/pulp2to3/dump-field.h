/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The fields of a Pulp 2 document: what one must be, and its value as PostgreSQL reads it. */

#include <bson/bson.h>

#include "base/macro.h"

typedef enum FieldKind {
        FIELD_OBJECT_ID, /* as 24 hexadecimal digits */
        FIELD_TEXT,
        FIELD_NAME,    /* a text that is not empty, too long or with control characters */
        FIELD_LINE,    /* a name with blanks and newlines at its end, which remain in the value */
        FIELD_SHA256,  /* 64 hexadecimal digits */
        FIELD_HEX,     /* lower-case hexadecimal digits: a checksum of any type */
        FIELD_INTEGER, /* not negative */
        FIELD_SCALAR,  /* a name, or an integer */
        FIELD_BOOL,
        FIELD_TIME,        /* a date */
        FIELD_CONFIG_TEXT, /* a text within the document config */
} FieldKind;

typedef struct Field {
        const char *name;
        FieldKind kind;
        const char *otherwise; /* value when absent or null; NULL: none */
        bool required;
} Field;

/* Of the buffer that a value's text may need. */
#define FIELD_BUFFER_SIZE 40

/* Takes a field's value: *ret is NULL, static, of the document or in buffer. Returns 0, -ENOMEM, or -EBADMSG with
 * a reason that names the field: it is missing, or not as it must be. */
int field_take(const bson_t *document, const Field *field, char buffer[static FIELD_BUFFER_SIZE], const char **ret,
               char **ret_reason);

/* The type of an element, for texts: "a text", "an array", … */
const char *field_type_name(const bson_iter_t *i);

/* "2020-12-31 23:59:59.123+00" of milliseconds since 1970; false: not of the years 1 to 9999. */
bool field_format_time(int64_t msec, char buffer[static FIELD_BUFFER_SIZE]);
