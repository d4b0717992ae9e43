/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/dump.h"

#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/dump-field.h"
#include "migrations/pulp2to3/dump-json.h"
#include "migrations/pulp2to3/dump-unit.h"
#include "migrations/pulp2to3/repodata.h"

/* Collections at most: those of the table below, and the kinds of units. */
#define COLLECTIONS_MAX 40

typedef struct Collection {
        const char *name;
        const char *plugin_field; /* names what belongs to a plugin: its documents are taken only */
        size_t n_fields;
        Field fields[DUMP_COLUMNS_MAX];
} Collection;

/* By DumpTable; the columns are those of dump.h. */
static const Collection collections[] = {
        [DUMP_REPOSITORY] = { "repos",
                              NULL,
                              5,
                              { { "_id", FIELD_OBJECT_ID, NULL, true },
                                { "repo_id", FIELD_NAME, NULL, true },
                                { "description", FIELD_TEXT, NULL, false },
                                { "last_unit_added", FIELD_TIME, NULL, false },
                                { "last_unit_removed", FIELD_TIME, NULL, false } } },
        [DUMP_IMPORTER] = { "repo_importers",
                            "importer_type_id",
                            3,
                            { { "_id", FIELD_OBJECT_ID, NULL, true },
                              { "repo_id", FIELD_NAME, NULL, true },
                              { "last_updated", FIELD_TIME, NULL, false } } },
        [DUMP_DISTRIBUTOR] = { "repo_distributors",
                               "distributor_type_id",
                               5,
                               { { "_id", FIELD_OBJECT_ID, NULL, true },
                                 { "repo_id", FIELD_NAME, NULL, true },
                                 { "distributor_id", FIELD_TEXT, NULL, false },
                                 { "last_updated", FIELD_TIME, NULL, false },
                                 { "relative_url", FIELD_CONFIG_TEXT, NULL, false } } },
        [DUMP_LINK] = { "repo_content_units",
                        "unit_type_id",
                        3,
                        { { "repo_id", FIELD_NAME, NULL, true },
                          { "unit_type_id", FIELD_TEXT, NULL, true },
                          { "unit_id", FIELD_NAME, NULL, true } } },
        [DUMP_LAZY] = { "lazy_content_catalog",
                        "unit_type_id",
                        6,
                        { { "unit_type_id", FIELD_TEXT, NULL, true },
                          { "unit_id", FIELD_NAME, NULL, true },
                          { "importer_id", FIELD_NAME, NULL, true },
                          { "path", FIELD_TEXT, NULL, true },
                          /* Pulp 2 took lines of a distribution's list of files with their newlines. */
                          { "url", FIELD_LINE, NULL, true },
                          { "revision", FIELD_INTEGER, "1", false } } },
        [DUMP_PKGLIST] = { "erratum_pkglists",
                           NULL,
                           3,
                           { { "_id", FIELD_OBJECT_ID, NULL, true },
                             { "errata_id", FIELD_NAME, NULL, true },
                             { "repo_id", FIELD_TEXT, NULL, false } } },
        [DUMP_ISO] = { "units_iso",
                       NULL,
                       7,
                       { { "_id", FIELD_NAME, NULL, true },
                         { "_last_updated", FIELD_INTEGER, NULL, true },
                         { "_storage_path", FIELD_TEXT, "", false },
                         /* Units from before Pulp 2 knew on-demand content were all downloaded. */
                         { "downloaded", FIELD_BOOL, "t", false },
                         { "name", FIELD_NAME, NULL, true },
                         { "checksum", FIELD_SHA256, NULL, true },
                         { "size", FIELD_INTEGER, NULL, true } } },
};

typedef struct Reader {
        const DumpRequest *request;
        char numbers[DUMP_COLUMNS_MAX][FIELD_BUFFER_SIZE]; /* what a field's text is when the document has none */
} Reader;

/* What a row points at while it is taken. */
typedef struct RowTexts {
        Remote remote;
        UnitTexts unit;
        bson_t config;  /* borrowed from the document */
        char *document; /* JSON */
} RowTexts;

/* The keys of a distributor's config that publications and distributions go by. */
static const char *const distributor_keys[] = { "relative_url", "checksum_type", "generate_sqlite",
                                                "repo-registry-id", NULL };

static const char *const pkglist_omitted[] = { "_id", "_ns", NULL };

static const Plugin *find_plugin(const DumpRequest *request, const char *name) {
        for (const Plugin *const *p = request->plugins; *p; p++)
                if (streq((*p)->name, name))
                        return *p;
        return NULL;
}

const char *dump_type(const Plugin *plugin, size_t i) {
        const UnitKind *kind;

        if (streq(plugin->name, "iso"))
                return i == 0 ? "iso" : NULL;
        for (size_t k = 0; (kind = unit_kind_get(k)); k++)
                if (streq(unit_kind_plugin(kind), plugin->name) && i-- == 0)
                        return unit_kind_type(kind);
        return NULL;
}

static bool has_type(const Plugin *plugin, const char *type) {
        const char *t;

        for (size_t i = 0; (t = dump_type(plugin, i)); i++)
                if (streq(t, type))
                        return true;
        return false;
}

/* The plugin that a document belongs to by its field; NULL: none of those that are asked for. */
static const Plugin *plugin_of(const DumpRequest *request, DumpTable table, const char *value) {
        for (const Plugin *const *p = request->plugins; *p; p++)
                if (table == DUMP_IMPORTER      ? streq((*p)->importer, value)
                    : table == DUMP_DISTRIBUTOR ? streq((*p)->distributor, value)
                                                : has_type(*p, value))
                        return *p;
        return NULL;
}

/* Whether links of that type are of units that nobody migrates. */
static bool is_foreign(DumpTable table, const char *type) {
        const UnitKind *kind;

        if (table != DUMP_LINK || streq(type, "iso"))
                return false;
        for (size_t k = 0; (kind = unit_kind_get(k)); k++)
                if (streq(unit_kind_type(kind), type))
                        return false;
        return true;
}

/* The document's id as it is named in texts. */
static void format_id(const bson_t *document, char *buffer, size_t size) {
        bson_iter_t i;
        char oid[25];

        (void) snprintf(buffer, size, "(without _id)");
        if (!bson_iter_init_find(&i, document, "_id"))
                return;
        if (BSON_ITER_HOLDS_OID(&i)) {
                bson_oid_to_string(bson_iter_oid(&i), oid);
                (void) snprintf(buffer, size, "%s", oid);
        } else if (BSON_ITER_HOLDS_UTF8(&i))
                (void) snprintf(buffer, size, "%s", bson_iter_utf8(&i, NULL));
}

static int take_config(const bson_t *document, bson_t *ret, char **ret_reason) {
        bson_iter_t i;
        const uint8_t *data;
        uint32_t size;

        if (!bson_iter_init_find(&i, document, "config") || BSON_ITER_HOLDS_NULL(&i)) {
                bson_init(ret);
                return 0;
        }
        if (!BSON_ITER_HOLDS_DOCUMENT(&i))
                return text_error(ret_reason, -EBADMSG, "field config is %s, not a document", field_type_name(&i));
        bson_iter_document(&i, &size, &data);
        return bson_init_static(ret, data, size) ? 0 : text_error(ret_reason, -EBADMSG, "field config is malformed");
}

/* The type with which an rpm repository is published. */
static int check_checksum_type(const bson_t *config, const Plugin *plugin, char **ret_reason) {
        _cleanup_(freep) char *type = NULL;
        int r;

        if (!streq(plugin->name, "rpm"))
                return 0;
        r = remote_get_text(config, "checksum_type", &type, ret_reason);
        if (r < 0 || !type || repodata_checksum_type(type))
                return r;
        return text_error(ret_reason, -EBADMSG,
                          "field config.checksum_type is \"%.32s\"; expected md5, sha1, sha224, sha256, sha384 or "
                          "sha512",
                          type);
}

/* What a row has beside the columns of its fields. */
static int take_rest(DumpRow *row, const bson_t *document, RowTexts *texts, char **ret_reason) {
        int r;

        switch (row->table) {
        case DUMP_IMPORTER:
                r = take_config(document, &texts->config, ret_reason);
                if (r >= 0)
                        r = remote_from_config(&texts->config, row->plugin, &texts->remote, ret_reason);
                row->remote = &texts->remote;
                row->config = &texts->config;
                return r;
        case DUMP_DISTRIBUTOR:
                r = take_config(document, &texts->config, ret_reason);
                if (r >= 0)
                        r = check_checksum_type(&texts->config, row->plugin, ret_reason);
                if (r >= 0)
                        r = dump_json_text(&texts->config, NULL, distributor_keys, &texts->document, ret_reason);
                row->config = &texts->config;
                row->columns[row->n_columns++] = row->plugin->name;
                row->columns[row->n_columns++] = texts->document;
                return r;
        case DUMP_PKGLIST:
                r = dump_json_text(document, pkglist_omitted, NULL, &texts->document, ret_reason);
                row->columns[row->n_columns++] = texts->document;
                return r;
        default:
                return 0;
        }
}

static int take_columns(Reader *reader, const UnitKind *kind, DumpRow *row, const bson_t *document, RowTexts *texts,
                        char **ret_reason) {
        const Collection *c;
        int r = 0;

        if (kind) {
                row->n_columns = UNIT_OTHER + 1;
                return unit_kind_take(kind, document, &texts->unit, row->columns, ret_reason);
        }
        c = &collections[row->table];
        row->n_columns = c->n_fields;
        for (size_t i = 0; i < c->n_fields && r >= 0; i++)
                r = field_take(document, &c->fields[i], reader->numbers[i], &row->columns[i], ret_reason);
        return r < 0 ? r : take_rest(row, document, texts, ret_reason);
}

static int take_document(Reader *reader, DumpTable table, const UnitKind *kind, const Plugin *plugin,
                         const ArchiveDocument *d) {
        _cleanup_(freep) char *reason = NULL, *item = NULL;
        RowTexts texts = {};
        char id[128];
        DumpRow row = { .table = table,
                        .collection = d->collection,
                        .id = id,
                        .plugin = plugin,
                        .offset = d->offset,
                        .archive_size_bytes = d->archive_size_bytes };
        int r;

        format_id(d->bson, id, sizeof(id));
        r = take_columns(reader, kind, &row, d->bson, &texts, &reason);
        if (r >= 0)
                r = reader->request->row(&row, reader->request->userdata);
        else if (r == -EBADMSG) {
                item = text_format("%s %s", d->collection, id);
                r = item && reason ? reader->request->bad(&row, item, reason, reader->request->userdata) : -ENOMEM;
        }
        remote_done(&texts.remote);
        unit_texts_done(&texts.unit);
        free(texts.document);
        return r;
}

/* A document that does not say whose it is cannot be passed over in silence. */
static int bad_plugin_field(Reader *reader, const char *field, const ArchiveDocument *d) {
        _cleanup_(freep) char *item = NULL, *reason = NULL;
        char id[128];

        format_id(d->bson, id, sizeof(id));
        item = text_format("%s %s", d->collection, id);
        reason = text_format("field %s is missing or not a text", field);
        return item && reason ? reader->request->bad(NULL, item, reason, reader->request->userdata) : -ENOMEM;
}

static int on_document(const ArchiveDocument *d, void *userdata) {
        Reader *reader = userdata;
        const UnitKind *kind = unit_kind_of_collection(d->collection);
        const Plugin *plugin = NULL;
        bson_iter_t i;

        if (kind)
                return take_document(reader, DUMP_UNIT, kind, NULL, d);
        for (DumpTable t = 0; t < ELEMENTSOF(collections); t++) {
                const char *field = collections[t].plugin_field;

                if (!streq(collections[t].name, d->collection))
                        continue;
                if (field && (!bson_iter_init_find(&i, d->bson, field) || !BSON_ITER_HOLDS_UTF8(&i)))
                        return bad_plugin_field(reader, field, d);
                if (field)
                        plugin = plugin_of(reader->request, t, bson_iter_utf8(&i, NULL));
                /* Those are counted: what is not migrated is told. */
                if (field && !plugin && !is_foreign(t, bson_iter_utf8(&i, NULL)))
                        return 0;
                return take_document(reader, t, NULL, plugin, d);
        }
        return 0;
}

/* Whether documents of a table are asked for at all. */
static bool is_wanted(const DumpRequest *request, DumpTable table) {
        return table == DUMP_ISO       ? find_plugin(request, "iso") != NULL
               : table == DUMP_PKGLIST ? find_plugin(request, "rpm") != NULL
                                       : true;
}

int dump_read(const DumpRequest *request, char **ret_error) {
        char *names[COLLECTIONS_MAX + 1] = {};
        Reader reader = { .request = request };
        const UnitKind *kind;
        size_t n = 0;

        for (DumpTable t = 0; t < ELEMENTSOF(collections); t++)
                if (is_wanted(request, t))
                        names[n++] = (char *) collections[t].name;
        for (size_t i = 0; (kind = unit_kind_get(i)) && n < COLLECTIONS_MAX; i++)
                if (find_plugin(request, unit_kind_plugin(kind)))
                        names[n++] = (char *) unit_kind_collection(kind);
        return archive_read(&(ArchiveRequest){ .path = request->path,
                                               .database = request->database,
                                               .collections = names,
                                               .handler = on_document,
                                               .userdata = &reader },
                            NULL, ret_error);
}
