/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/treeinfo-write.h"

#include <stdio.h>

#include "base/text.h"

static int compare(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The keys in order; NULL when out of memory. */
static const char **sorted_keys(const json_t *object) {
        const char **keys = calloc(json_object_size(object) + 1, sizeof(*keys)), *key;
        json_t *value;
        size_t n = 0;

        if (!keys)
                return NULL;
        json_object_foreach((json_t *) object, key, value) keys[n++] = key;
        qsort(keys, n, sizeof(*keys), compare);
        return keys;
}

static const char *value_of(const json_t *sections, const char *section, const char *key) {
        return json_string_value(json_object_get(json_object_get(sections, section), key));
}

/* Sets a value unless it is NULL: not known. */
static int set(json_t *section, const char *key, const char *value) {
        return !value || json_object_set_new(section, key, json_string(value)) >= 0 ? 0 : -ENOMEM;
}

/* A list with commas, in order. */
static char *sorted_list(const char *list) {
        _cleanup_(freep) char *copy = strdup(list);
        _cleanup_(freep) const char **items = calloc(strlen(list) + 1, sizeof(*items));
        char *sorted = calloc(strlen(list) + 1, 1), *to = sorted, *rest = copy, *item;
        size_t n = 0;

        if (!copy || !items || !sorted) {
                free(sorted);
                return NULL;
        }
        while ((item = strsep(&rest, ",")))
                items[n++] = item;
        qsort(items, n, sizeof(*items), compare);
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        *to++ = ',';
                to = stpcpy(to, items[i]);
        }
        return sorted;
}

/* Pulp 3 has the packages of the tree's own repository in Packages, and others' below a directory of their id. */
static int rewrite_variant(json_t *variant) {
        const char *repository = json_string_value(json_object_get(variant, "repository")),
                   *id = json_string_value(json_object_get(variant, "id"));
        _cleanup_(freep) char *packages = NULL;
        int r;

        if (!repository || !id)
                return 0;
        if (streq(repository, "."))
                return set(variant, "packages", "Packages");
        packages = text_format("%s/Packages", id);
        r = packages ? set(variant, "packages", packages) : -ENOMEM;
        return r < 0 ? r : set(variant, "repository", id);
}

static int rewrite_variants(json_t *sections) {
        const char *name;
        json_t *section;
        int r = 0;

        json_object_foreach(sections, name,
                            section) if (r >= 0 && (startswith(name, "variant-") || startswith(name, "addon-"))) r =
                rewrite_variant(section);
        return r;
}

static int rewrite_tree(json_t *sections) {
        static const char *const lists[] = { "variants", "platforms" };
        json_t *tree = json_object_get(sections, "tree");
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(lists) && r >= 0; i++) {
                const char *list = json_string_value(json_object_get(tree, lists[i]));
                _cleanup_(freep) char *sorted = list ? sorted_list(list) : NULL;

                if (list)
                        r = sorted ? set(tree, lists[i], sorted) : -ENOMEM;
        }
        return r;
}

/* The variant that the file says is the main one, else the first. */
static char *main_variant(const json_t *sections) {
        const char *variant = value_of(sections, "general", "variant"),
                   *variants = value_of(sections, "tree", "variants") ?: "";

        return variant ? strdup(variant) : strndup(variants, strcspn(variants, ","));
}

static int fill_general(const json_t *sections, json_t *general) {
        const char *name = value_of(sections, "release", "name"), *version = value_of(sections, "release", "version");
        _cleanup_(freep) char *variant = main_variant(sections), *section = NULL, *full_name = NULL;
        const struct {
                const char *key, *value;
        } values[] = {
                { "; WARNING.0", "This section provides compatibility with pre-productmd treeinfos." },
                { "; WARNING.1", "Read productmd documentation for details about new format." },
                { "family", name },
                { "version", version },
                { "arch", value_of(sections, "tree", "arch") },
                { "platforms", value_of(sections, "tree", "platforms") },
                { "timestamp", value_of(sections, "tree", "build_timestamp") },
                { "variants", value_of(sections, "tree", "variants") },
        };
        int r = 0;

        section = variant ? text_format("variant-%s", variant) : NULL;
        full_name = text_format("%s %s", name ?: "", version ?: "");
        if (!section || !full_name)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(values) && r >= 0; i++)
                r = set(general, values[i].key, values[i].value);
        if (r >= 0)
                r = set(general, "name", full_name);
        if (r >= 0)
                r = set(general, "variant", variant);
        if (r >= 0)
                r = set(general, "packagedir", value_of(sections, section, "packages"));
        return r < 0 ? r : set(general, "repository", value_of(sections, section, "repository"));
}

static int rewrite(json_t *sections) {
        json_t *general = json_object_get(sections, "general");
        int r;

        r = rewrite_variants(sections);
        if (r >= 0)
                r = rewrite_tree(sections);
        if (r < 0 || general)
                return r < 0 ? r : fill_general(sections, general);
        general = json_object();
        if (!general || json_object_set_new(sections, "general", general) < 0)
                return -ENOMEM;
        return fill_general(sections, general);
}

static int print_section(FILE *f, const char *name, const json_t *section) {
        _cleanup_(freep) const char **keys = sorted_keys(section);

        if (!keys)
                return -ENOMEM;
        (void) fprintf(f, "[%s]\n", name);
        for (size_t i = 0; keys[i]; i++)
                (void) fprintf(f, "%s = %s\n", keys[i], json_string_value(json_object_get(section, keys[i])));
        (void) fputc('\n', f);
        return 0;
}

static int print(const json_t *sections, char **ret_text) {
        _cleanup_(freep) const char **names = sorted_keys(sections);
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f = names ? open_memstream(&text, &size) : NULL;
        int r = f ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && names[i]; i++)
                r = print_section(f, names[i], json_object_get(sections, names[i]));
        if (f && fclose(f) != 0)
                r = -ENOMEM;
        if (r >= 0)
                *ret_text = TAKE_PTR(text);
        return r;
}

int treeinfo_write(const json_t *sections, char **ret_text) {
        json_auto_t *copy = NULL;
        int r;

        *ret_text = NULL;
        if (!json_object_get(sections, "header") || !json_object_get(sections, "tree"))
                return 0;
        copy = json_deep_copy(sections);
        r = copy ? rewrite(copy) : -ENOMEM;
        return r < 0 ? r : print(copy, ret_text);
}
