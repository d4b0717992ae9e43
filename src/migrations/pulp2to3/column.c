/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/column.h"

#include "base/text.h"

static int set(json_t *columns, const char *column, json_t *value) {
        return value && json_object_set_new(columns, column, value) >= 0 ? 0 : -ENOMEM;
}

/* Jansson has checked that texts are UTF-8. */
bool column_fits(const char *text, size_t longest) {
        size_t n = 0;

        for (const char *p = text; *p; p++)
                n += (*p & 0xc0) != 0x80;
        return n <= longest;
}

static int check_text(const json_t *value, const char *field, size_t longest, char **ret_reason) {
        if (!json_is_string(value))
                return text_error(ret_reason, -EBADMSG, "field %s is not a text", field);
        if (longest > 0 && !column_fits(json_string_value(value), longest))
                return text_error(ret_reason, -EBADMSG, "field %s has more than %zu characters", field, longest);
        return 0;
}

static int take_text(json_t *columns, const char *column, const json_t *document, const char *field, size_t longest,
                     const char *fallback, char **ret_reason) {
        json_t *value = json_object_get(document, field);
        int r;

        if (!value || json_is_null(value))
                return set(columns, column, fallback ? json_string(fallback) : json_null());
        r = check_text(value, field, longest, ret_reason);
        return r < 0 ? r : set(columns, column, json_incref(value));
}

int column_text(json_t *columns, const char *column, const json_t *document, const char *field, size_t longest,
                char **ret_reason) {
        return take_text(columns, column, document, field, longest, "", ret_reason);
}

int column_text_null(json_t *columns, const char *column, const json_t *document, const char *field, size_t longest,
                     char **ret_reason) {
        return take_text(columns, column, document, field, longest, NULL, ret_reason);
}

int column_integer(json_t *columns, const char *column, const json_t *document, const char *field,
                   char **ret_reason) {
        json_t *value = json_object_get(document, field);

        if (!value || json_is_null(value))
                return set(columns, column, json_null());
        if (!json_is_integer(value) || json_integer_value(value) != (int32_t) json_integer_value(value))
                return text_error(ret_reason, -EBADMSG, "field %s is not an integer of 32 bits", field);
        return set(columns, column, json_incref(value));
}

int column_flag(json_t *columns, const char *column, const json_t *document, const char *field, char **ret_reason) {
        const json_t *value = json_object_get(document, field);

        if (value && !json_is_null(value) && !json_is_boolean(value))
                return text_error(ret_reason, -EBADMSG, "field %s is not a boolean", field);
        return set(columns, column, json_boolean(json_is_true(value)));
}
