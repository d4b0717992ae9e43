/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/dump-json.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/dump-field.h"

/* Doubles are exact integers up to here. */
#define DOUBLE_INTEGER_MAX 9007199254740992.0

static int take_container(const bson_iter_t *i, bool is_array, json_t **ret, const char **ret_reason);

static json_t *make_base64(const uint8_t *data, uint32_t size) {
        _cleanup_(freep) char *text = NULL;

        if (size > INT32_MAX / 2)
                return NULL;
        text = malloc((size_t) size / 3 * 4 + 5);
        if (!text)
                return NULL;
        (void) EVP_EncodeBlock((unsigned char *) text, data, (int) size);
        return json_string(text);
}

static json_t *make_double(double value) {
        if (floor(value) == value && fabs(value) <= DOUBLE_INTEGER_MAX)
                return json_integer((json_int_t) value);
        return json_real(value);
}

static int take_text(const bson_iter_t *i, json_t **ret, const char **ret_reason) {
        uint32_t length;
        const char *text = bson_iter_utf8(i, &length);

        if (strlen(text) != length) {
                /* The profiles of modulemd defaults are BSON in a text. */
                if (streq(bson_iter_key(i), "profiles")) {
                        *ret = make_base64((const uint8_t *) text, length);
                        return *ret ? 0 : -ENOMEM;
                }
                *ret_reason = "contains a zero byte";
                return -EBADMSG;
        }
        *ret = json_stringn(text, length);
        return *ret ? 0 : -ENOMEM;
}

static int take_date(const bson_iter_t *i, json_t **ret, const char **ret_reason) {
        char text[FIELD_BUFFER_SIZE];

        if (!field_format_time(bson_iter_date_time(i), text)) {
                *ret_reason = "is not a date of the years 1 to 9999";
                return -EBADMSG;
        }
        /* "2020-12-31 23:59:59.123+00" */
        text[10] = 'T';
        text[strlen(text) - 3] = 0;
        *ret = json_sprintf("%sZ", text);
        return *ret ? 0 : -ENOMEM;
}

static int take_element(const bson_iter_t *i, json_t **ret, const char **ret_reason) {
        bson_subtype_t subtype;
        const uint8_t *data;
        bson_oid_t oid;
        uint32_t size;
        char hex[25];

        switch (bson_iter_type(i)) {
        case BSON_TYPE_UTF8:
                return take_text(i, ret, ret_reason);
        case BSON_TYPE_DOCUMENT:
                return take_container(i, false, ret, ret_reason);
        case BSON_TYPE_ARRAY:
                return take_container(i, true, ret, ret_reason);
        case BSON_TYPE_DATE_TIME:
                return take_date(i, ret, ret_reason);
        case BSON_TYPE_DOUBLE:
                if (!isfinite(bson_iter_double(i))) {
                        *ret_reason = "is not a finite number";
                        return -EBADMSG;
                }
                *ret = make_double(bson_iter_double(i));
                break;
        case BSON_TYPE_INT32:
        case BSON_TYPE_INT64:
                *ret = json_integer(bson_iter_as_int64(i));
                break;
        case BSON_TYPE_BOOL:
                *ret = json_boolean(bson_iter_bool(i));
                break;
        case BSON_TYPE_NULL:
                *ret = json_null();
                break;
        case BSON_TYPE_OID:
                bson_oid_copy(bson_iter_oid(i), &oid);
                bson_oid_to_string(&oid, hex);
                *ret = json_string(hex);
                break;
        case BSON_TYPE_BINARY:
                bson_iter_binary(i, &subtype, &size, &data);
                *ret = make_base64(data, size);
                break;
        default:
                *ret_reason = "is of a type that is not expected";
                return -EBADMSG;
        }
        return *ret ? 0 : -ENOMEM;
}

/* The depth of nesting is bounded: archive.h checks each document. */
static int take_container(const bson_iter_t *i, bool is_array, json_t **ret, const char **ret_reason) {
        json_t *container = is_array ? json_array() : json_object();
        bson_iter_t child;
        int r = container && bson_iter_recurse(i, &child) ? 0 : -ENOMEM;

        while (r >= 0 && bson_iter_next(&child)) {
                json_t *value = NULL;

                r = take_element(&child, &value, ret_reason);
                if (r >= 0 && (is_array ? json_array_append_new(container, value)
                                        : json_object_set_new(container, bson_iter_key(&child), value)) < 0)
                        r = -ENOMEM;
        }
        if (r < 0)
                json_decref(container);
        else
                *ret = container;
        return r;
}

static bool is_listed(const char *const *list, const char *name) {
        for (; list && *list; list++)
                if (streq(*list, name))
                        return true;
        return false;
}

int dump_json(const bson_t *document, const char *const *omit, const char *const *keep, json_t **ret,
              char **ret_reason) {
        json_t *object = json_object();
        const char *reason = NULL;
        bson_iter_t i;
        int r = object && bson_iter_init(&i, document) ? 0 : -ENOMEM;

        while (r >= 0 && bson_iter_next(&i)) {
                json_t *value = NULL;

                if (is_listed(omit, bson_iter_key(&i)) || (keep && !is_listed(keep, bson_iter_key(&i))))
                        continue;
                r = take_element(&i, &value, &reason);
                if (r == -EBADMSG)
                        r = text_error(ret_reason, r, "field %s %s", bson_iter_key(&i), reason);
                else if (r >= 0 && json_object_set_new(object, bson_iter_key(&i), value) < 0)
                        r = -ENOMEM;
        }
        if (r < 0)
                json_decref(object);
        else
                *ret = object;
        return r;
}

int dump_json_text(const bson_t *document, const char *const *omit, const char *const *keep, char **ret,
                   char **ret_reason) {
        json_t *object;
        int r;

        r = dump_json(document, omit, keep, &object, ret_reason);
        if (r < 0)
                return r;
        *ret = json_dumps(object, JSON_COMPACT);
        json_decref(object);
        return *ret ? 0 : -ENOMEM;
}
