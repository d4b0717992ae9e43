/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "migrations/pulp2to3/repodata-package.h"

#include <jansson.h>

#include "base/text.h"
#include "migrations/pulp2to3/xml-text.h"

char *repodata_text(GStringChunk *chunk, const char *text) {
        char *copy = text ? g_string_chunk_insert(chunk, text) : NULL;

        if (copy)
                xml_drop_control(copy);
        return copy;
}

static char *item_text(cr_Package *p, const json_t *item, size_t i) {
        return repodata_text(p->chunk, json_string_value(json_array_get(item, i)));
}

static bool is_text_or_null(const json_t *value) {
        return json_is_string(value) || json_is_null(value);
}

/* Each makes an element of a list; NULL: item is not as it must be. */
static void *make_dependency(cr_Package *p, const json_t *item) {
        cr_Dependency *d;

        if (json_array_size(item) != 6 || !json_is_string(json_array_get(item, 0)))
                return NULL;
        for (size_t i = 1; i < 5; i++)
                if (!is_text_or_null(json_array_get(item, i)))
                        return NULL;
        d = cr_dependency_new();
        d->name = item_text(p, item, 0);
        d->flags = item_text(p, item, 1);
        d->epoch = item_text(p, item, 2);
        d->version = item_text(p, item, 3);
        d->release = item_text(p, item, 4);
        d->pre = json_is_true(json_array_get(item, 5));
        return d;
}

static void *make_file(cr_Package *p, const json_t *item) {
        cr_PackageFile *f;

        if (json_array_size(item) != 3 || !is_text_or_null(json_array_get(item, 0)) ||
            !json_is_string(json_array_get(item, 1)) || !json_is_string(json_array_get(item, 2)))
                return NULL;
        f = cr_package_file_new();
        f->type = item_text(p, item, 0);
        f->path = item_text(p, item, 1);
        f->name = item_text(p, item, 2);
        return f;
}

static void *make_changelog(cr_Package *p, const json_t *item) {
        cr_ChangelogEntry *e;

        if (json_array_size(item) != 3 || !is_text_or_null(json_array_get(item, 0)) ||
            !json_is_integer(json_array_get(item, 1)) || !is_text_or_null(json_array_get(item, 2)))
                return NULL;
        e = cr_changelog_entry_new();
        e->author = item_text(p, item, 0);
        e->date = json_integer_value(json_array_get(item, 1));
        e->changelog = item_text(p, item, 2);
        return e;
}

/* From the end, as Pulp 3 writes them: its binding of the library puts each element in front of the others. */
static int make_list(cr_Package *p, const char *text, const char *name,
                     void *(*make)(cr_Package *p, const json_t *item), GSList **ret, char **ret_error) {
        json_auto_t *array = json_loads(text ?: "[]", 0, NULL);
        const json_t *item;
        size_t i;

        if (!json_is_array(array))
                return text_error(ret_error, -EBADMSG, "%s is not a JSON array", name);
        json_array_foreach(array, i, item) {
                void *element = make(p, item);

                if (!element)
                        return text_error(ret_error, -EBADMSG, "%s/%zu is not as Pulp writes it", name, i);
                *ret = g_slist_prepend(*ret, element);
        }
        return 0;
}

static int64_t number(const char *text) {
        return text ? strtoll(text, NULL, 10) : 0;
}

static void fill_numbers(cr_Package *p, const char *const columns[static _PACKAGE_MAX]) {
        p->rpm_header_start = number(columns[PACKAGE_HEADER_START]);
        p->rpm_header_end = number(columns[PACKAGE_HEADER_END]);
        p->size_archive = number(columns[PACKAGE_SIZE_ARCHIVE]);
        p->size_installed = number(columns[PACKAGE_SIZE_INSTALLED]);
        p->size_package = number(columns[PACKAGE_SIZE_PACKAGE]);
        p->time_build = number(columns[PACKAGE_TIME_BUILD]);
        p->time_file = number(columns[PACKAGE_TIME_FILE]);
}

static void fill_texts(cr_Package *p, const char *const columns[static _PACKAGE_MAX]) {
        const struct {
                int column;
                char **to;
        } texts[] = {
                { PACKAGE_NAME, &p->name },
                { PACKAGE_EPOCH, &p->epoch },
                { PACKAGE_VERSION, &p->version },
                { PACKAGE_RELEASE, &p->release },
                { PACKAGE_ARCH, &p->arch },
                { PACKAGE_CHECKSUM, &p->pkgId },
                { PACKAGE_CHECKSUM_TYPE, &p->checksum_type },
                { PACKAGE_SUMMARY, &p->summary },
                { PACKAGE_DESCRIPTION, &p->description },
                { PACKAGE_URL, &p->url },
                { PACKAGE_LOCATION_BASE, &p->location_base },
                { PACKAGE_LOCATION_HREF, &p->location_href },
                { PACKAGE_BUILDHOST, &p->rpm_buildhost },
                { PACKAGE_GROUP, &p->rpm_group },
                { PACKAGE_LICENSE, &p->rpm_license },
                { PACKAGE_PACKAGER, &p->rpm_packager },
                { PACKAGE_SOURCERPM, &p->rpm_sourcerpm },
                { PACKAGE_VENDOR, &p->rpm_vendor },
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                *texts[i].to = repodata_text(p->chunk, columns[texts[i].column]);
}

int package_new(const char *const columns[static _PACKAGE_MAX], cr_Package **ret, char **ret_error) {
        _cleanup_(package_freep) cr_Package *p = cr_package_new();
        const struct {
                int column;
                const char *name;
                GSList **to;
                void *(*make)(cr_Package *p, const json_t *item);
        } lists[] = {
                { PACKAGE_REQUIRES, "requires", &p->requires, make_dependency },
                { PACKAGE_PROVIDES, "provides", &p->provides, make_dependency },
                { PACKAGE_CONFLICTS, "conflicts", &p->conflicts, make_dependency },
                { PACKAGE_OBSOLETES, "obsoletes", &p->obsoletes, make_dependency },
                { PACKAGE_SUGGESTS, "suggests", &p->suggests, make_dependency },
                { PACKAGE_ENHANCES, "enhances", &p->enhances, make_dependency },
                { PACKAGE_RECOMMENDS, "recommends", &p->recommends, make_dependency },
                { PACKAGE_SUPPLEMENTS, "supplements", &p->supplements, make_dependency },
                { PACKAGE_FILES, "files", &p->files, make_file },
                { PACKAGE_CHANGELOGS, "changelogs", &p->changelogs, make_changelog },
        };

        fill_texts(p, columns);
        fill_numbers(p, columns);
        for (size_t i = 0; i < ELEMENTSOF(lists); i++) {
                int r = make_list(p, columns[lists[i].column], lists[i].name, lists[i].make, lists[i].to, ret_error);

                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(p);
        return 0;
}
