/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types rpm and srpm: packages, both of Pulp 3's type rpm.package. */

#include "base/text.h"
#include "migrations/pulp2to3/content-batch.h"
#include "migrations/pulp2to3/package-xml.h"
#include "pulp2to3-sql.h"

/* What a package of a batch becomes: an object of its columns as text. */
typedef struct PackageData {
        char *columns;
} PackageData;

/* A unit's XML takes so many times its size as JSON, with what PostgreSQL's client holds of it. */
#define BYTES_PER_XML_BYTE 4

/* Source: widths of rpm_package's columns. */
static const struct {
        const char *column;
        size_t characters;
} widths[] = { { "name", 255 }, { "epoch", 10 },  { "version", 255 },     { "release", 255 },
               { "arch", 20 },  { "pkgId", 128 }, { "checksum_type", 10 } };

static size_t count_characters(const char *s) {
        size_t n = 0;

        for (; *s; s++)
                n += ((unsigned char) *s & 0xc0) != 0x80;
        return n;
}

/* The package that the repodata is of, and what Pulp's columns can hold. */
static int check_package(ContentBatch *b, BatchUnit *u, const json_t *package) {
        static const char *const same[] = { "name", "version", "release" };
        const char *epoch = json_string_value(json_object_get(package, "epoch"));

        for (size_t i = 0; i < ELEMENTSOF(same); i++) {
                const char *unit = json_string_value(json_object_get(u->document, same[i])),
                           *xml = json_string_value(json_object_get(package, same[i]));

                if (!streq_ptr(unit, xml))
                        return content_batch_corrupted(
                                b, u,
                                text_format(
                                        "field repodata.primary is of another package: its %s is %s, the unit's %s",
                                        same[i], xml, unit ?: "(none)"));
        }
        for (size_t i = 0; i < ELEMENTSOF(widths); i++) {
                const char *text = json_string_value(json_object_get(package, widths[i].column));

                if (count_characters(text) > widths[i].characters)
                        return content_batch_corrupted(b, u,
                                                       text_format("field repodata.primary: %s has more than %zu "
                                                                   "characters",
                                                                   widths[i].column, widths[i].characters));
        }
        /* Pulp's trigger reads it as a number of 32 bits. */
        if (strspn(epoch, "0123456789") != strlen(epoch) || strtoull(epoch, NULL, 10) > INT32_MAX)
                return content_batch_corrupted(
                        b, u, text_format("field repodata.primary: the epoch %s is not a number", epoch));
        return 0;
}

static int take_package(ContentBatch *b, BatchUnit *u, json_t *package) {
        PackageData *data = u->data;
        bool is_modular = json_is_true(json_object_get(u->document, "is_modular"));
        int r;

        r = check_package(b, u, package);
        if (r < 0 || u->problem)
                return r;
        if (json_object_set_new(package, "is_modular", json_boolean(is_modular)) < 0)
                return step_fail(b->step, -ENOMEM, "out of memory");
        data->columns = json_dumps(package, JSON_COMPACT);
        return data->columns ? 0 : step_fail(b->step, -ENOMEM, "out of memory");
}

static int read_package(ContentBatch *b, BatchUnit *u, const char *checksum, const char *checksum_type) {
        const PackageXml xml = { { u->snippets[0], u->snippets[1], u->snippets[2] }, checksum, checksum_type };
        _cleanup_(freep) char *reason = NULL;
        json_t *package = NULL;
        size_t bytes;
        int r;

        r = package_xml_read(&xml, &package, &bytes, &reason);
        if (r == -EBADMSG)
                return content_batch_corrupted(b, u, TAKE_PTR(reason));
        if (r < 0)
                return step_fail(b->step, r, "out of memory");
        b->bytes += (int64_t) bytes * BYTES_PER_XML_BYTE;
        r = take_package(b, u, package);
        json_decref(package);
        return r;
}

static int prepare(ContentBatch *b, BatchUnit *u) {
        const char *checksum_type = NULL;
        BatchFile file = {};
        int r;

        u->data = calloc(1, sizeof(PackageData));
        if (!u->data)
                return step_fail(b->step, -ENOMEM, "out of memory");
        r = content_batch_package(b, u, &file, &checksum_type);
        if (r < 0 || u->problem)
                return r;
        r = read_package(b, u, file.checksum, checksum_type);
        return r < 0 || u->problem ? r : content_batch_file(b, u, &file, NULL);
}

static int copy_package(ContentBatch *b, BatchUnit *u) {
        return database_copy_row(&b->step->database, DATABASE_PARAMS(u->id, ((PackageData *) u->data)->columns));
}

static int copy(ContentBatch *b) {
        return content_batch_copy(b, "COPY pg_temp.batch_package (unit_id, package) FROM STDIN", copy_package);
}

static void done(BatchUnit *u) {
        PackageData *data = u->data;

        if (data)
                free(data->columns);
        free(data);
        u->data = NULL;
}

#define PACKAGE_TYPE(type)                                                                                           \
        {                                                                                                            \
                .name = type, .plugin = "rpm", .stage = 0, .expand = content_batch_expand, .run = content_batch_run, \
                .pulp_type = "rpm.package", .on_demand = true, .sql_table = sql_rpm_table, .prepare = prepare,       \
                .copy = copy, .sql_write = sql_rpm_write, .done = done                                               \
        }

const ContentType content_rpm = PACKAGE_TYPE("rpm");
const ContentType content_srpm = PACKAGE_TYPE("srpm");
