/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"

/* A name becomes the path of a file within a repository, and part of an index, whose entries may have 2704
 * bytes. */
#define NAME_BYTES_MAX 1024

typedef enum FieldKind {
        FIELD_OBJECT_ID, /* as 24 hexadecimal digits */
        FIELD_TEXT,
        FIELD_NAME,    /* a text that is not empty, too long or with control characters */
        FIELD_SHA256,  /* 64 hexadecimal digits */
        FIELD_INTEGER, /* not negative */
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

typedef struct Collection {
        const char *name;
        const char *type_field; /* only documents of a type are taken ... */
        const char *type;
        size_t n_fields;
        Field fields[DUMP_COLUMNS_MAX];
} Collection;

/* By DumpTable; the columns are those of dump.h. */
static const Collection collections[_DUMP_TABLE_MAX] = {
        [DUMP_REPOSITORY] = { "repos",
                              NULL,
                              NULL,
                              5,
                              { { "_id", FIELD_OBJECT_ID, NULL, true },
                                { "repo_id", FIELD_NAME, NULL, true },
                                { "description", FIELD_TEXT, NULL, false },
                                { "last_unit_added", FIELD_TIME, NULL, false },
                                { "last_unit_removed", FIELD_TIME, NULL, false } } },
        [DUMP_IMPORTER] = { "repo_importers",
                            "importer_type_id",
                            "iso_importer",
                            3,
                            { { "_id", FIELD_OBJECT_ID, NULL, true },
                              { "repo_id", FIELD_NAME, NULL, true },
                              { "last_updated", FIELD_TIME, NULL, false } } },
        [DUMP_DISTRIBUTOR] = { "repo_distributors",
                               "distributor_type_id",
                               "iso_distributor",
                               5,
                               { { "_id", FIELD_OBJECT_ID, NULL, true },
                                 { "repo_id", FIELD_NAME, NULL, true },
                                 { "distributor_id", FIELD_TEXT, NULL, false },
                                 { "last_updated", FIELD_TIME, NULL, false },
                                 { "relative_url", FIELD_CONFIG_TEXT, NULL, false } } },
        [DUMP_LINK] = { "repo_content_units",
                        "unit_type_id",
                        "iso",
                        3,
                        { { "repo_id", FIELD_NAME, NULL, true },
                          { "unit_type_id", FIELD_TEXT, NULL, true },
                          { "unit_id", FIELD_NAME, NULL, true } } },
        [DUMP_LAZY] = { "lazy_content_catalog",
                        "unit_type_id",
                        "iso",
                        6,
                        { { "unit_type_id", FIELD_TEXT, NULL, true },
                          { "unit_id", FIELD_NAME, NULL, true },
                          { "importer_id", FIELD_NAME, NULL, true },
                          { "path", FIELD_TEXT, NULL, true },
                          { "url", FIELD_NAME, NULL, true },
                          { "revision", FIELD_INTEGER, "1", false } } },
        [DUMP_ISO] = { "units_iso",
                       NULL,
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
        char numbers[DUMP_COLUMNS_MAX][40]; /* what a field's text is when the document has none */
} Reader;

static const char *type_name(const bson_iter_t *i) {
        switch (bson_iter_type(i)) {
        case BSON_TYPE_DOUBLE:
                return "a double";
        case BSON_TYPE_UTF8:
                return "a text";
        case BSON_TYPE_DOCUMENT:
                return "a document";
        case BSON_TYPE_ARRAY:
                return "an array";
        case BSON_TYPE_BINARY:
                return "binary";
        case BSON_TYPE_OID:
                return "an object id";
        case BSON_TYPE_BOOL:
                return "a boolean";
        case BSON_TYPE_DATE_TIME:
                return "a date";
        case BSON_TYPE_NULL:
                return "null";
        case BSON_TYPE_INT32:
        case BSON_TYPE_INT64:
                return "an integer";
        default:
                return "of a type that is not expected";
        }
}

static int take_text(const bson_iter_t *i, FieldKind kind, const char **ret, const char **ret_reason) {
        uint32_t length;
        const char *s;

        if (!BSON_ITER_HOLDS_UTF8(i)) {
                *ret_reason = "a text";
                return -EBADMSG;
        }
        s = bson_iter_utf8(i, &length);
        *ret_reason = strlen(s) != length                             ? "contains a zero byte"
                      : kind == FIELD_NAME && length == 0             ? "is empty"
                      : kind == FIELD_NAME && length > NAME_BYTES_MAX ? "is longer than 1024 bytes"
                                                                      : NULL;
        for (const unsigned char *c = (const unsigned char *) s; kind == FIELD_NAME && *c && !*ret_reason;
             c++)
                if (*c < 0x20 || *c == 0x7f)
                        *ret_reason = "contains a control character";
        if (kind == FIELD_SHA256 && !*ret_reason && (length != 64 || strspn(s, "0123456789abcdef") != 64))
                *ret_reason = "is not a SHA-256 checksum of 64 lower-case hexadecimal digits";
        *ret = s;
        return *ret_reason ? -EINVAL : 0;
}

/* A date has milliseconds; PostgreSQL reads such a text exactly. */
static int take_time(const bson_iter_t *i, char *buffer, size_t size, const char **ret_reason) {
        int64_t msec;
        struct tm tm;
        time_t t;
        char date[32];

        if (!BSON_ITER_HOLDS_DATE_TIME(i)) {
                *ret_reason = "a date";
                return -EBADMSG;
        }
        msec = bson_iter_date_time(i);
        /* Years 1 to 9999, which both sides can tell. */
        if (msec < INT64_C(-62135596800000) || msec >= INT64_C(253402300800000)) {
                *ret_reason = "is not a date of the years 1 to 9999";
                return -EINVAL;
        }
        t = (msec - (msec % 1000 + 1000) % 1000) / 1000;
        (void) strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &tm));
        (void) snprintf(buffer, size, "%s.%03i+00", date, (int) ((msec % 1000 + 1000) % 1000));
        return 0;
}

/* Makes a value's text. Returns 0; -EBADMSG: of another type than *ret_reason; -EINVAL: *ret_reason says what
 * is wrong. */
static int take_value(const bson_iter_t *i, const Field *f, char buffer[static 40], const char **ret,
                      const char **ret_reason) {
        bson_oid_t oid;

        *ret = buffer;
        switch (f->kind) {
        case FIELD_OBJECT_ID:
                if (!BSON_ITER_HOLDS_OID(i)) {
                        *ret_reason = "an object id";
                        return -EBADMSG;
                }
                bson_oid_copy(bson_iter_oid(i), &oid);
                bson_oid_to_string(&oid, buffer);
                return 0;
        case FIELD_INTEGER:
                /* Drivers of a dynamic language write whole numbers as doubles now and then. */
                if (!BSON_ITER_HOLDS_INT(i) &&
                    !(BSON_ITER_HOLDS_DOUBLE(i) && bson_iter_double(i) >= 0 && bson_iter_double(i) < 9e15)) {
                        *ret_reason = "an integer";
                        return -EBADMSG;
                }
                (void) snprintf(buffer, 40, "%" PRIi64, bson_iter_as_int64(i));
                *ret_reason = "is negative";
                return bson_iter_as_int64(i) < 0 ? -EINVAL : 0;
        case FIELD_BOOL:
                *ret = bson_iter_as_bool(i) ? "t" : "f";
                *ret_reason = "a boolean";
                return BSON_ITER_HOLDS_BOOL(i) ? 0 : -EBADMSG;
        case FIELD_TIME:
                return take_time(i, buffer, 40, ret_reason);
        default:
                return take_text(i, f->kind, ret, ret_reason);
        }
}

static int take_field(Reader *reader, const bson_t *document, const Field *f, size_t column, const char **ret,
                      char **ret_reason) {
        const char *reason = NULL, *path = f->kind == FIELD_CONFIG_TEXT ? "config." : "";
        bson_iter_t i, child;
        bool found;
        int r;

        found = bson_iter_init_find(&i, document, f->kind == FIELD_CONFIG_TEXT ? "config" : f->name);
        if (found && f->kind == FIELD_CONFIG_TEXT) {
                found = BSON_ITER_HOLDS_DOCUMENT(&i) && bson_iter_recurse(&i, &child) &&
                        bson_iter_find(&child, f->name);
                i = child;
        }
        if (!found || BSON_ITER_HOLDS_NULL(&i)) {
                *ret = f->otherwise;
                return f->required ? text_error(ret_reason, -EBADMSG, "field %s%s is %s", path, f->name,
                                                found ? "null" : "missing")
                                   : 0;
        }
        r = take_value(&i, f, reader->numbers[column], ret, &reason);
        if (r == -EBADMSG)
                return text_error(ret_reason, -EBADMSG, "field %s%s is %s, not %s", path, f->name,
                                  type_name(&i), reason);
        return r < 0 ? text_error(ret_reason, -EBADMSG, "field %s%s %s", path, f->name, reason) : 0;
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

/* A document without the field is taken, so that what it lacks is said. */
static bool is_other_type(const bson_t *document, const Collection *c) {
        bson_iter_t i;

        return c->type_field && bson_iter_init_find(&i, document, c->type_field) &&
               BSON_ITER_HOLDS_UTF8(&i) && !streq(bson_iter_utf8(&i, NULL), c->type);
}

static int take_remote(const bson_t *document, Remote *ret, char **ret_reason) {
        bson_iter_t i;
        const uint8_t *data;
        uint32_t size;
        bson_t config;

        if (!bson_iter_init_find(&i, document, "config") || BSON_ITER_HOLDS_NULL(&i))
                return remote_from_config(&(bson_t) BSON_INITIALIZER, ret, ret_reason);
        if (!BSON_ITER_HOLDS_DOCUMENT(&i))
                return text_error(ret_reason, -EBADMSG, "field config is %s, not a document", type_name(&i));
        bson_iter_document(&i, &size, &data);
        if (!bson_init_static(&config, data, size))
                return text_error(ret_reason, -EBADMSG, "field config is malformed");
        return remote_from_config(&config, ret, ret_reason);
}

static int take_document(Reader *reader, DumpTable table, const ArchiveDocument *d) {
        const Collection *c = &collections[table];
        _cleanup_(freep) char *reason = NULL, *item = NULL;
        Remote remote = {};
        char id[128];
        DumpRow row = { .table = table,
                        .collection = c->name,
                        .id = id,
                        .n_columns = c->n_fields,
                        .offset = d->offset,
                        .archive_size_bytes = d->archive_size_bytes };
        int r = 0;

        format_id(d->bson, id, sizeof(id));
        for (size_t i = 0; i < c->n_fields && r >= 0; i++)
                r = take_field(reader, d->bson, &c->fields[i], i, &row.columns[i], &reason);
        if (r >= 0 && table == DUMP_IMPORTER) {
                r = take_remote(d->bson, &remote, &reason);
                row.remote = &remote;
        }
        if (r >= 0)
                r = reader->request->row(&row, reader->request->userdata);
        else if (r == -EBADMSG) {
                item = text_format("%s %s", c->name, id);
                r = item && reason ? reader->request->bad(item, reason, reader->request->userdata) : -ENOMEM;
        }
        remote_done(&remote);
        return r;
}

static int on_document(const ArchiveDocument *d, void *userdata) {
        for (DumpTable t = 0; t < _DUMP_TABLE_MAX; t++)
                if (streq(collections[t].name, d->collection))
                        return is_other_type(d->bson, &collections[t]) ? 0 : take_document(userdata, t, d);
        return 0;
}

int dump_read(const DumpRequest *request, char **ret_error) {
        char *names[_DUMP_TABLE_MAX + 1] = {};
        Reader reader = { .request = request };

        for (size_t i = 0; i < _DUMP_TABLE_MAX; i++)
                names[i] = (char *) collections[i].name;
        return archive_read(&(ArchiveRequest){ .path = request->path,
                                               .database = request->database,
                                               .collections = names,
                                               .handler = on_document,
                                               .userdata = &reader },
                            NULL, ret_error);
}
