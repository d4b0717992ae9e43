/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types modulemd and modulemd_defaults: their file is a YAML document, which becomes the artifact. */

#include "base/text.h"
#include "migrations/pulp2to3/content-document.h"
#include "migrations/pulp2to3/modulemd.h"
#include "pulp2to3-sql.h"

static const char *text_of(const BatchUnit *u, const char *field) {
        return json_string_value(json_object_get(u->document, field)) ?: "";
}

static int take_file(ContentBatch *b, BatchUnit *u, char *relative_path) {
        const char *checksum = json_string_value(json_object_get(u->document, "checksum"));
        int r;

        if (!relative_path)
                return step_fail(b->step, -ENOMEM, "out of memory");
        r = content_batch_unit_file(b, u, relative_path, checksum ? DIGEST_SHA256 : -1, checksum, -1);
        free(relative_path);
        return r;
}

static int prepare_modulemd(ContentBatch *b, BatchUnit *u) {
        json_t *columns = NULL;
        char *reason = NULL, *path;
        int r = modulemd_columns(u->document, &columns, &reason);

        path = r < 0 ? NULL
                     : text_format("%s%s%s%s%ssnippet", text_of(u, "name"), text_of(u, "stream"),
                                   json_string_value(json_object_get(columns, "version")), text_of(u, "context"),
                                   text_of(u, "arch"));
        r = content_document_take(b, u, r, columns, reason);
        if (r < 0 || u->problem) {
                free(path);
                return r;
        }
        return take_file(b, u, path);
}

static int prepare_defaults(ContentBatch *b, BatchUnit *u) {
        json_t *columns = NULL;
        char *reason = NULL;
        int r = modulemd_defaults_columns(u->document, &columns, &reason);

        r = content_document_take(b, u, r, columns, reason);
        if (r < 0 || u->problem)
                return r;
        return take_file(b, u, text_format("%s%ssnippet", text_of(u, "name"), text_of(u, "stream")));
}

/* A module that was there before the migration is not changed: where it should be, is a problem. */
static int copy_modulemd(ContentBatch *b) {
        Step *s = b->step;
        int r;

        r = content_document_copy(b);
        if (r < 0)
                return r;
        r = database_query(&s->database, "modules that were there", sql_modulemd_other,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

const ContentType content_modulemd = {
        .name = "modulemd",
        .plugin = "rpm",
        .stage = 1,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "rpm.modulemd",
        .sql_table = sql_modulemd_table,
        .prepare = prepare_modulemd,
        .copy = copy_modulemd,
        .sql_write = sql_modulemd_write,
        .done = content_document_done,
};

const ContentType content_modulemd_defaults = {
        .name = "modulemd_defaults",
        .plugin = "rpm",
        .stage = 1,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "rpm.modulemd_defaults",
        .sql_table = sql_document_table,
        .prepare = prepare_defaults,
        .copy = content_document_copy,
        .sql_write = sql_modulemd_defaults_write,
        .done = content_document_done,
};
