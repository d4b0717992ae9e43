/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/modulemd.h"

#include <openssl/evp.h>

#include "base/text.h"
#include "migrations/pulp2to3/bson-check.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/dump-json.h"

/* Source: width of the columns of rpm_modulemd and rpm_modulemddefaults. */
#define NAME_MAX_CHARACTERS 255

static int set(json_t *object, const char *name, json_t *value) {
        return value && json_object_set_new(object, name, value) >= 0 ? 0 : -ENOMEM;
}

/* Pulp 2 has a number, Pulp 3 a text. */
static int take_version(json_t *columns, const json_t *document, char **ret_reason) {
        const json_t *version = json_object_get(document, "version");

        if (json_is_integer(version))
                return set(columns, "version", json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(version)));
        return column_text(columns, "version", document, "version", NAME_MAX_CHARACTERS, ret_reason);
}

static int take_array(json_t *columns, const json_t *document, const char *field, char **ret_reason) {
        json_t *array = json_object_get(document, field);

        if (array && !json_is_null(array) && !json_is_array(array))
                return text_error(ret_reason, -EBADMSG, "field %s is not an array", field);
        return set(columns, field, json_is_array(array) ? json_incref(array) : json_array());
}

/* "name-epoch:version-release.arch", from its end: a name may have dashes. */
static json_t *parse_nevra(char *text) {
        char *arch = strrchr(text, '.'), *release, *version, *epoch;

        if (!arch)
                return NULL;
        *arch++ = 0;
        release = strrchr(text, '-');
        if (!release)
                return NULL;
        *release++ = 0;
        version = strrchr(text, '-');
        if (!version)
                return NULL;
        *version++ = 0;
        epoch = strchr(version, ':');
        if (epoch)
                *epoch++ = 0;
        return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", text, "epoch", epoch ? version : "0", "version",
                         epoch ?: version, "release", release, "arch", arch);
}

static int take_packages(json_t *columns, char **ret_reason) {
        json_t *packages = json_array(), *item;
        size_t i;
        int r = set(columns, "packages", packages);

        json_array_foreach(json_object_get(columns, "artifacts"), i, item) {
                _cleanup_(freep) char *text = NULL;
                json_t *package;

                if (r < 0)
                        break;
                if (!json_is_string(item))
                        return text_error(ret_reason, -EBADMSG, "field artifacts.%zu is not a text", i);
                text = strdup(json_string_value(item));
                package = text ? parse_nevra(text) : NULL;
                if (!text || (package && json_array_append_new(packages, package) < 0))
                        r = -ENOMEM;
        }
        return r;
}

int modulemd_columns(const json_t *document, json_t **ret, char **ret_reason) {
        static const char *const names[] = { "name", "stream", "context", "arch" };
        json_auto_t *columns = json_object();
        int r = columns ? 0 : -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(names) && r >= 0; i++)
                r = column_text(columns, names[i], document, names[i], NAME_MAX_CHARACTERS, ret_reason);
        if (r >= 0)
                r = take_version(columns, document, ret_reason);
        if (r >= 0)
                r = take_array(columns, document, "dependencies", ret_reason);
        if (r >= 0)
                r = take_array(columns, document, "artifacts", ret_reason);
        if (r >= 0)
                r = take_packages(columns, ret_reason);
        if (r >= 0)
                *ret = TAKE_PTR(columns);
        return r;
}

/* The profiles by stream: a BSON document that Pulp 2 keeps as bytes, and the dump's reader as base64. */
static int parse_profiles(const char *base64, json_t **ret, char **ret_reason) {
        size_t n = strlen(base64), padding = 0;
        _cleanup_(freep) uint8_t *data = malloc(n + 1);
        _cleanup_(freep) char *reason = NULL;
        const char *wrong;
        bson_t document;
        size_t offset;
        int size, r;

        if (!data)
                return -ENOMEM;
        while (padding < 2 && padding < n && base64[n - 1 - padding] == '=')
                padding++;
        size = n <= INT32_MAX ? EVP_DecodeBlock(data, (const unsigned char *) base64, (int) n) : -1;
        if (size < 0 || bson_check(data, (size_t) size - padding, &document, &offset, &wrong) < 0)
                return text_error(ret_reason, -EBADMSG, "field profiles is not a BSON document");
        r = dump_json(&document, NULL, NULL, ret, &reason);
        return r == -EBADMSG ? text_error(ret_reason, r, "in profiles: %s", reason) : r;
}

static int take_profiles(json_t *columns, const json_t *document, char **ret_reason) {
        json_t *value = json_object_get(document, "profiles"), *profiles = NULL;
        int r;

        if (!value || json_is_null(value))
                return set(columns, "profiles", json_object());
        if (json_is_object(value))
                return set(columns, "profiles", json_incref(value));
        if (!json_is_string(value))
                return text_error(ret_reason, -EBADMSG, "field profiles is not a BSON document");
        r = parse_profiles(json_string_value(value), &profiles, ret_reason);
        return r < 0 ? r : set(columns, "profiles", profiles);
}

int modulemd_defaults_columns(const json_t *document, json_t **ret, char **ret_reason) {
        json_auto_t *columns = json_object();
        int r = columns ? 0 : -ENOMEM;

        if (r >= 0)
                r = column_text(columns, "module", document, "name", NAME_MAX_CHARACTERS, ret_reason);
        if (r >= 0)
                r = column_text(columns, "stream", document, "stream", NAME_MAX_CHARACTERS, ret_reason);
        if (r >= 0)
                r = column_text(columns, "digest", document, "checksum", 64, ret_reason);
        if (r >= 0)
                r = take_profiles(columns, document, ret_reason);
        if (r >= 0)
                *ret = TAKE_PTR(columns);
        return r;
}
