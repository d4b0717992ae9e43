/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/treeinfo.h"

#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/column.h"

/* How a value of the file becomes a column. */
typedef enum Kind { KIND_TEXT, KIND_INTEGER, KIND_FLAG } Kind;

/* Where a column's value is: the first that the file has counts, the second is that of files from before there was
 * a section [header]. longest: the column's width. */
typedef struct Source {
        const char *column;
        Kind kind;
        size_t longest;
        bool required;
        const char *section, *key;
        const char *old_section, *old_key;
} Source;

static const Source sources[] = {
        { "release_name", KIND_TEXT, 50, true, "release", "name", "general", "family" },
        { "release_short", KIND_TEXT, 50, false, "release", "short", NULL, NULL },
        { "release_version", KIND_TEXT, 10, true, "release", "version", "general", "version" },
        { "release_is_layered", KIND_FLAG, 0, false, "release", "is_layered", NULL, NULL },
        { "base_product_name", KIND_TEXT, 50, false, "base_product", "name", NULL, NULL },
        { "base_product_short", KIND_TEXT, 50, false, "base_product", "short", NULL, NULL },
        { "base_product_version", KIND_TEXT, 10, false, "base_product", "version", NULL, NULL },
        { "arch", KIND_TEXT, 30, true, "tree", "arch", "general", "arch" },
        { "instimage", KIND_TEXT, 50, false, "stage2", "instimage", NULL, NULL },
        { "mainimage", KIND_TEXT, 50, false, "stage2", "mainimage", NULL, NULL },
        { "discnum", KIND_INTEGER, 0, false, "media", "discnum", "general", "discnum" },
        { "totaldiscs", KIND_INTEGER, 0, false, "media", "totaldiscs", "general", "totaldiscs" },
};

static const char *value_of(const json_t *sections, const char *section, const char *key) {
        return section ? json_string_value(json_object_get(json_object_get(sections, section), key)) : NULL;
}

static int set(json_t *object, const char *name, json_t *value) {
        return value && json_object_set_new(object, name, value) >= 0 ? 0 : -ENOMEM;
}

static int check_width(const char *section, const char *key, const char *value, size_t longest, char **ret_reason) {
        return column_fits(value, longest) ? 0
                                           : text_error(ret_reason, -EBADMSG, "[%s] %s has more than %zu characters",
                                                        section, key, longest);
}

static int parse_number(const char *section, const char *key, const char *value, double *ret, char **ret_reason) {
        char *end;

        *ret = strtod(value, &end);
        if (end == value || *end || !(*ret >= 0 && *ret <= INT64_C(1) << 40))
                return text_error(ret_reason, -EBADMSG, "[%s] %s is \"%.40s\", not a number", section, key, value);
        return 0;
}

static int take_source(json_t *tree, const json_t *sections, const Source *s, char **ret_reason) {
        const char *value = value_of(sections, s->section, s->key);
        double number;
        int r;

        value = value ?: value_of(sections, s->old_section, s->old_key);
        if (!value && s->required)
                return text_error(ret_reason, -EBADMSG, "[%s] %s is missing", s->section, s->key);
        if (s->kind == KIND_FLAG)
                return set(tree, s->column,
                           json_boolean(value && (strcasecmp(value, "true") == 0 || streq(value, "1") ||
                                                  strcasecmp(value, "yes") == 0)));
        if (!value || (!*value && s->kind == KIND_INTEGER))
                return set(tree, s->column, json_null());
        if (s->kind == KIND_INTEGER) {
                r = parse_number(s->section, s->key, value, &number, ret_reason);
                if (r >= 0 && number > INT32_MAX)
                        return text_error(ret_reason, -EBADMSG, "[%s] %s is too large", s->section, s->key);
                return r < 0 ? r : set(tree, s->column, json_integer((json_int_t) number));
        }
        r = check_width(s->section, s->key, value, s->longest, ret_reason);
        return r < 0 ? r : set(tree, s->column, json_string(value));
}

/* Files without [header] are from before its format had versions. */
static int take_version(json_t *tree, const json_t *sections, char **ret_reason) {
        const char *version = value_of(sections, "header", "version") ?: "0.0";
        int r = check_width("header", "version", version, 10, ret_reason);

        return r < 0 ? r : set(tree, "header_version", json_string(version));
}

/* What an old file does not have: the capital letters of the family's name. */
static int take_short(json_t *tree) {
        const char *name = json_string_value(json_object_get(tree, "release_name"));
        char letters[51];
        size_t n = 0;

        if (json_is_string(json_object_get(tree, "release_short")))
                return 0;
        for (; *name; name++)
                if (*name >= 'A' && *name <= 'Z' && n + 1 < sizeof(letters))
                        letters[n++] = *name;
        letters[n] = 0;
        return set(tree, "release_short", json_string(letters));
}

/* A second earlier than the file says: the addons and variants in repositories of their own are not migrated, and
 * Pulp 3's next synchronization fetches the whole tree only if it sees another one. */
static int take_timestamp(json_t *tree, const json_t *sections, char **ret_reason) {
        const char *value =
                value_of(sections, "tree", "build_timestamp") ?: value_of(sections, "general", "timestamp");
        double seconds;
        int r;

        if (!value || !*value)
                return text_error(ret_reason, -EBADMSG, "[tree] build_timestamp is missing");
        r = parse_number("tree", "build_timestamp", value, &seconds, ret_reason);
        return r < 0 ? r : set(tree, "build_timestamp", json_integer((json_int_t) seconds - 1));
}

static int take_tree(json_t *ret, const json_t *sections, char **ret_reason) {
        json_t *tree = json_object();
        int r = set(ret, "tree", tree);

        for (size_t i = 0; i < ELEMENTSOF(sources) && r >= 0; i++)
                r = take_source(tree, sections, &sources[i], ret_reason);
        if (r >= 0)
                r = take_version(tree, sections, ret_reason);
        if (r >= 0)
                r = take_short(tree);
        return r < 0 ? r : take_timestamp(tree, sections, ret_reason);
}

static int take_checksums(json_t *ret, const json_t *sections, char **ret_reason) {
        json_t *section = json_object_get(sections, "checksums"), *checksums = json_array(), *value;
        const char *path;
        int r = set(ret, "checksums", checksums);

        json_object_foreach(section, path, value) {
                if (r >= 0)
                        r = check_width("checksums", path, path, 128, ret_reason);
                if (r >= 0)
                        r = check_width("checksums", path, json_string_value(value), 128, ret_reason);
                if (r >= 0 &&
                    json_array_append_new(checksums, json_pack("{s:s, s:O}", "path", path, "checksum", value)) < 0)
                        r = -ENOMEM;
        }
        return r;
}

/* Whether path stays below the tree: it becomes part of a file's name. */
static bool is_safe_path(const char *path) {
        if (!*path || *path == '/')
                return false;
        for (const char *p = path; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
                if (startswith(p, "..") && (p[2] == '/' || !p[2]))
                        return false;
        return true;
}

/* Notes a file of the tree, once. */
static int add_file(json_t *files, const json_t *sections, const char *path, char **ret_reason) {
        json_t *checksum = json_object_get(json_object_get(sections, "checksums"), path);

        if (!is_safe_path(path))
                return text_error(ret_reason, -EBADMSG, "the path \"%.80s\" is not below the tree", path);
        return json_object_set(files, path, checksum ?: json_null()) < 0 ? -ENOMEM : 0;
}

/* The same image is of several platforms: one row, with their names in order. */
static int add_image(json_t *images, const char *platform, const char *name, const char *path, char **ret_reason) {
        _cleanup_(freep) char *key = text_format("%s\n%s", name, path), *platforms = NULL;
        const char *others;

        if (!key)
                return -ENOMEM;
        others = json_string_value(json_object_get(json_object_get(images, key), "platforms"));
        platforms = others ? text_format("%s, %s", others, platform) : strdup(platform);
        if (!platforms)
                return -ENOMEM;
        if (!column_fits(name, 50) || !column_fits(path, 128) || !column_fits(platforms, 20))
                return text_error(
                        ret_reason, -EBADMSG,
                        "[images-%s] %s: Pulp 3 takes 50 characters of the name, 128 of the path and 20 of all "
                        "its platforms, which are %s",
                        platform, name, platforms);
        return set(images, key, json_pack("{s:s, s:s, s:s}", "name", name, "path", path, "platforms", platforms));
}

static int take_platform(json_t *images, json_t *files, const json_t *sections, const char *section,
                         char **ret_reason) {
        const char *name;
        json_t *path;
        int r = 0;

        json_object_foreach(json_object_get(sections, section), name, path) {
                if (r >= 0)
                        r = add_image(images, section + strlen("images-"), name, json_string_value(path), ret_reason);
                if (r >= 0)
                        r = add_file(files, sections, json_string_value(path), ret_reason);
        }
        return r;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* In the order of their names, so that platforms are. */
static int take_platforms(json_t *images, json_t *files, const json_t *sections, char **ret_reason) {
        _cleanup_(freep) const char **names = calloc(json_object_size(sections) + 1, sizeof(*names));
        const char *name;
        json_t *section;
        size_t n = 0;
        int r = names ? 0 : -ENOMEM;

        if (r < 0)
                return r;
        json_object_foreach((json_t *) sections, name, section) if (startswith(name, "images-")) names[n++] = name;
        qsort(names, n, sizeof(*names), compare);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = take_platform(images, files, sections, names[i], ret_reason);
        return r;
}

static bool is_repomd(const char *path) {
        size_t n = strlen(path), m = strlen("repomd.xml");

        return n >= m && streq(path + n - m, "repomd.xml");
}

static int take_other_files(json_t *files, const json_t *sections, char **ret_reason) {
        const char *const stage2[] = { value_of(sections, "stage2", "mainimage"),
                                       value_of(sections, "stage2", "instimage") };
        const char *path;
        json_t *value;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(stage2) && r >= 0; i++)
                if (stage2[i] && *stage2[i])
                        r = add_file(files, sections, stage2[i], ret_reason);
        json_object_foreach(json_object_get(sections, "checksums"), path, value) if (r >= 0 && !is_repomd(path)) r =
                add_file(files, sections, path, ret_reason);
        return r;
}

/* The members' values, or pairs of key and value, as an array. */
static int take_images(json_t *ret, const json_t *sections, char **ret_reason) {
        json_auto_t *images = json_object(), *files = json_object();
        json_t *image_rows = json_array(), *file_rows = json_array(), *value;
        const char *key;
        int r = set(ret, "images", image_rows);

        if (r >= 0)
                r = set(ret, "files", file_rows);
        if (r >= 0)
                r = take_platforms(images, files, sections, ret_reason);
        if (r >= 0)
                r = take_other_files(files, sections, ret_reason);
        json_object_foreach(images, key, value) if (r >= 0 && json_array_append(image_rows, value) < 0) r = -ENOMEM;
        json_object_foreach(files, key,
                            value) if (r >= 0 && json_array_append_new(file_rows, json_pack("{s:s, s:O}", "path", key,
                                                                                            "checksum", value)) < 0)
                r = -ENOMEM;
        return r;
}

/* A variant in the repository that the tree itself is; others have repositories of their own. */
static int take_variant(json_t *variants, const json_t *sections, const char *section, char **ret_reason) {
        static const struct {
                const char *column, *key;
                bool required;
                size_t longest;
        } columns[] = {
                { "variant_id", "id", true, 50 },
                { "uid", "uid", true, 50 },
                { "name", "name", true, 50 },
                { "type", "type", true, 20 },
                { "packages", "packages", true, 50 },
                { "source_packages", "source_packages", false, 50 },
                { "source_repository", "source_repository", false, 50 },
                { "debug_packages", "debug_packages", false, 50 },
                { "debug_repository", "debug_repository", false, 50 },
                { "identity", "identity", false, 50 },
        };
        json_t *variant = json_object();
        int r = variant && json_array_append_new(variants, variant) >= 0 ? 0 : -ENOMEM;

        for (size_t i = 0; i < ELEMENTSOF(columns) && r >= 0; i++) {
                const char *value = value_of(sections, section, columns[i].key);

                if (!value && columns[i].required)
                        return text_error(ret_reason, -EBADMSG, "[%s] %s is missing", section, columns[i].key);
                if (value)
                        r = check_width(section, columns[i].key, value, columns[i].longest, ret_reason);
                if (r >= 0)
                        r = set(variant, columns[i].column, value ? json_string(value) : json_null());
        }
        return r;
}

/* A file from before there were sections of variants names its only one. */
static int take_old_variant(json_t *variants, const json_t *sections, char **ret_reason) {
        const char *name = value_of(sections, "general", "variant"),
                   *packages = value_of(sections, "general", "packagedir");
        json_t *variant;

        if (!name || !*name)
                return 0;
        if (!column_fits(name, 50) || (packages && !column_fits(packages, 50)))
                return text_error(ret_reason, -EBADMSG,
                                  "[general] variant or packagedir has more than 50 characters");
        variant = json_pack("{s:s, s:s, s:s, s:s, s:s, s:n, s:n, s:n, s:n, s:n}", "variant_id", name, "uid", name,
                            "name", name, "type", "variant", "packages", packages ?: "", "source_packages",
                            "source_repository", "debug_packages", "debug_repository", "identity");
        return variant && json_array_append_new(variants, variant) >= 0 ? 0 : -ENOMEM;
}

static int take_variants(json_t *ret, const json_t *sections, char **ret_reason) {
        json_t *variants = json_array(), *section;
        const char *name;
        int r = set(ret, "variants", variants);

        if (r >= 0 && !json_object_get(sections, "header"))
                return take_old_variant(variants, sections, ret_reason);
        json_object_foreach((json_t *) sections, name,
                            section) if (r >= 0 && startswith(name, "variant-") &&
                                         streq(value_of(sections, name, "repository") ?: "", ".")) r =
                take_variant(variants, sections, name, ret_reason);
        return r;
}

int treeinfo_read(const char *text, size_t size_bytes, json_t **ret, char **ret_reason) {
        json_auto_t *sections = NULL, *rows = json_object();
        int r = rows ? 0 : -ENOMEM;

        if (r >= 0)
                r = treeinfo_parse(text, size_bytes, &sections, ret_reason);
        if (r >= 0)
                r = take_tree(rows, sections, ret_reason);
        if (r >= 0)
                r = take_checksums(rows, sections, ret_reason);
        if (r >= 0)
                r = take_images(rows, sections, ret_reason);
        if (r >= 0)
                r = take_variants(rows, sections, ret_reason);
        if (r >= 0)
                *ret = TAKE_PTR(rows);
        return r;
}
