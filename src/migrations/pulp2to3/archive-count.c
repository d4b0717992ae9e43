/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/archive-count.h"

#include "base/text.h"
#include "migrations/pulp2to3/archive.h"

typedef struct Counts {
        json_int_t repositories, remotes, distributors;
        json_int_t units, downloaded, links, lazy_entries;
} Counts;

static bool field_is(const bson_t *document, const char *field, const char *value) {
        bson_iter_t i;

        return bson_iter_init_find(&i, document, field) && BSON_ITER_HOLDS_UTF8(&i) &&
               streq(bson_iter_utf8(&i, NULL), value);
}

static bool has_config(const bson_t *document) {
        bson_iter_t i, config;

        return bson_iter_init_find(&i, document, "config") && BSON_ITER_HOLDS_DOCUMENT(&i) &&
               bson_iter_recurse(&i, &config) && bson_iter_next(&config);
}

/* A unit without the field was made before Pulp 2 knew on-demand content: it was downloaded. */
static bool is_downloaded(const bson_t *document) {
        bson_iter_t i;

        return !bson_iter_init_find(&i, document, "downloaded") || bson_iter_as_bool(&i);
}

static int count_document(const ArchiveDocument *document, void *userdata) {
        Counts *c = userdata;

        if (streq(document->collection, "units_iso")) {
                c->units++;
                c->downloaded += is_downloaded(document->bson);
        } else if (streq(document->collection, "repo_importers")) {
                if (!field_is(document->bson, "importer_type_id", "iso_importer"))
                        return 0;
                c->repositories++;
                c->remotes += has_config(document->bson);
        } else if (streq(document->collection, "repo_distributors"))
                c->distributors += field_is(document->bson, "distributor_type_id", "iso_distributor");
        else if (streq(document->collection, "repo_content_units"))
                c->links += field_is(document->bson, "unit_type_id", "iso");
        else if (streq(document->collection, "lazy_content_catalog"))
                c->lazy_entries += field_is(document->bson, "unit_type_id", "iso");
        return 0;
}

int archive_count(const char *path, const char *database, json_t **ret, char **ret_error) {
        static char *const collections[] = {
                "units_iso",          "repo_importers",       "repo_distributors",
                "repo_content_units", "lazy_content_catalog", NULL
        };
        Counts c = {};
        int r;

        r = archive_read(&(ArchiveRequest) { .path = path,
                                             .database = database,
                                             .collections = collections,
                                             .handler = count_document,
                                             .userdata = &c },
                         NULL, ret_error);
        if (r < 0)
                return r;
        *ret = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "repositories", c.repositories, "units",
                         c.units, "downloaded", c.downloaded, "on_demand", c.units - c.downloaded, "remotes",
                         c.remotes, "distributors", c.distributors, "links", c.links, "lazy_entries",
                         c.lazy_entries);
        return *ret ? 0 : text_error(ret_error, -ENOMEM, "out of memory");
}
