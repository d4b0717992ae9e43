/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/comps-columns.h"

#include "base/text.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/comps-digest.h"

/* How a package belongs to a group. Source: libcomps. */
enum { PACKAGE_DEFAULT, PACKAGE_OPTIONAL, PACKAGE_CONDITIONAL, PACKAGE_MANDATORY };

/* The widths of Pulp 3's columns that are less than any text; the same in all three tables. */
static int take_names(json_t *columns, const json_t *document, const char *id, char **ret_reason) {
        int r;

        r = column_text(columns, "id", document, id, 255, ret_reason);
        if (r >= 0)
                r = column_text(columns, "name", document, "name", 255, ret_reason);
        if (r >= 0)
                r = column_text(columns, "description", document, "description", 0, ret_reason);
        return r < 0 ? r : column_integer(columns, "display_order", document, "display_order", ret_reason);
}

/* Languages, in their order by name, as libcomps keeps them. */
static int take_languages(json_t *columns, const char *column, const json_t *document, const char *field,
                          char **ret_reason) {
        const json_t *value = json_object_get(document, field);
        json_auto_t *texts = json_object();
        _cleanup_(freep) char *sorted = NULL;
        const char *key;
        json_t *text;

        if (!texts)
                return -ENOMEM;
        if (value && !json_is_null(value) && !json_is_object(value))
                return text_error(ret_reason, -EBADMSG, "field %s is not a document", field);
        json_object_foreach((json_t *) value, key, text) if (!json_is_string(text)) return text_error(
                ret_reason, -EBADMSG, "field %s.%s is not a text", field, key);
        /* Jansson keeps members in the order of their insertion. */
        sorted = json_is_object(value) ? json_dumps(value, JSON_SORT_KEYS) : NULL;
        if (json_is_object(value)) {
                json_decref(texts);
                texts = sorted ? json_loads(sorted, 0, NULL) : NULL;
        }
        return texts && json_object_set(columns, column, texts) >= 0 ? 0 : -ENOMEM;
}

static int take_all_languages(json_t *columns, const json_t *document, char **ret_reason) {
        int r;

        r = take_languages(columns, "desc_by_lang", document, "translated_description", ret_reason);
        return r < 0 ? r : take_languages(columns, "name_by_lang", document, "translated_name", ret_reason);
}

/* A field that is an array, or absent. */
static int find_array(const json_t *document, const char *field, const json_t **ret, char **ret_reason) {
        *ret = json_object_get(document, field);
        if (*ret && !json_is_null(*ret) && !json_is_array(*ret))
                return text_error(ret_reason, -EBADMSG, "field %s is not an array", field);
        return 0;
}

static int add_package(json_t *packages, const json_t *item, int type, const char *field, char **ret_reason) {
        const json_t *name = item, *requires = NULL;
        json_t *package;

        /* Conditional packages are pairs: the package, and the one that it needs to be there. */
        if (type == PACKAGE_CONDITIONAL && json_is_array(item)) {
                name = json_array_get(item, 0);
                requires = json_array_get(item, 1);
        }
        if (!json_is_string(name) || (requires && !json_is_string(requires) && !json_is_null(requires)))
                return text_error(ret_reason, -EBADMSG, "field %s has an item that names no package", field);
        package = json_pack("{s:s, s:i, s:n, s:s?}", "name", json_string_value(name), "type", type, "basearchonly",
                            "requires", json_string_value(requires));
        return package && json_array_append_new(packages, package) >= 0 ? 0 : -ENOMEM;
}

static int take_packages(json_t *columns, const json_t *document, char **ret_reason) {
        static const struct {
                const char *field;
                int type;
        } lists[] = {
                { "mandatory_package_names", PACKAGE_MANDATORY },
                { "default_package_names", PACKAGE_DEFAULT },
                { "optional_package_names", PACKAGE_OPTIONAL },
                { "conditional_package_names", PACKAGE_CONDITIONAL },
        };
        json_t *packages = json_array();
        int r = packages && json_object_set_new(columns, "packages", packages) >= 0 ? 0 : -ENOMEM;

        for (size_t k = 0; k < ELEMENTSOF(lists) && r >= 0; k++) {
                const json_t *names, *item;
                size_t i;

                r = find_array(document, lists[k].field, &names, ret_reason);
                json_array_foreach(names, i, item) if (r >= 0) r =
                        add_package(packages, item, lists[k].type, lists[k].field, ret_reason);
        }
        return r;
}

/* Groups by their ids; an environment's options are documents that also say whether one is a default. */
static int take_groups(json_t *columns, const char *column, const json_t *document, const char *field,
                       char **ret_reason) {
        json_t *groups = json_array();
        const json_t *ids, *item;
        size_t i;
        int r = groups && json_object_set_new(columns, column, groups) >= 0 ? 0 : -ENOMEM;

        if (r >= 0)
                r = find_array(document, field, &ids, ret_reason);
        if (r < 0)
                return r;
        json_array_foreach(ids, i, item) {
                const json_t *name = json_is_object(item) ? json_object_get(item, "group") : item;
                json_t *group;

                if (!json_is_string(name))
                        return text_error(ret_reason, -EBADMSG, "field %s has an item that names no group", field);
                group = json_pack("{s:s, s:b}", "name", json_string_value(name), "default",
                                  json_is_true(json_object_get(item, "default")));
                if (!group || json_array_append_new(groups, group) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int take_group(json_t *columns, const json_t *document, char **ret_reason) {
        int r;

        r = take_names(columns, document, "package_group_id", ret_reason);
        if (r >= 0)
                r = column_flag(columns, "default", document, "default", ret_reason);
        if (r >= 0)
                r = column_flag(columns, "user_visible", document, "user_visible", ret_reason);
        if (r >= 0)
                r = column_flag(columns, "biarch_only", document, "biarch_only", ret_reason);
        if (r >= 0)
                r = take_packages(columns, document, ret_reason);
        return r < 0 ? r : take_all_languages(columns, document, ret_reason);
}

static int take_category(json_t *columns, const json_t *document, char **ret_reason) {
        int r;

        r = take_names(columns, document, "package_category_id", ret_reason);
        if (r >= 0)
                r = take_groups(columns, "group_ids", document, "packagegroupids", ret_reason);
        return r < 0 ? r : take_all_languages(columns, document, ret_reason);
}

static int take_environment(json_t *columns, const json_t *document, char **ret_reason) {
        int r;

        r = take_names(columns, document, "package_environment_id", ret_reason);
        if (r >= 0)
                r = take_groups(columns, "group_ids", document, "group_ids", ret_reason);
        if (r >= 0)
                r = take_groups(columns, "option_ids", document, "options", ret_reason);
        return r < 0 ? r : take_all_languages(columns, document, ret_reason);
}

static int take_langpacks(json_t *columns, const json_t *document, char **ret_reason) {
        json_auto_t *found = json_object();
        const json_t *matches, *item;
        size_t i;
        int r;

        r = found ? find_array(document, "matches", &matches, ret_reason) : -ENOMEM;
        if (r < 0)
                return r;
        json_array_foreach(matches, i, item) {
                json_t *name = json_object_get(item, "name"), *install = json_object_get(item, "install");

                if (!json_is_string(name) || !json_is_string(install))
                        return text_error(ret_reason, -EBADMSG, "field matches.%zu has no name or no install", i);
                if (json_object_set(found, json_string_value(name), install) < 0)
                        return -ENOMEM;
        }
        return json_object_set(columns, "matches", found) < 0 ? -ENOMEM : 0;
}

int comps_columns(const char *type, const json_t *document, json_t **ret, char **ret_reason) {
        static const struct {
                const char *type;
                int (*take)(json_t *columns, const json_t *document, char **ret_reason);
        } kinds[] = {
                { "package_group", take_group },
                { "package_category", take_category },
                { "package_environment", take_environment },
                { "package_langpacks", take_langpacks },
        };
        json_auto_t *columns = json_object();
        char digest[COMPS_DIGEST_SIZE];
        int r = columns ? -EINVAL : -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(kinds) && columns; i++)
                if (streq(kinds[i].type, type))
                        r = kinds[i].take(columns, document, ret_reason);
        if (r >= 0)
                r = comps_digest(columns, digest);
        if (r < 0)
                return r;
        if (json_object_set_new(columns, "digest", json_string(digest)) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(columns);
        return 0;
}
