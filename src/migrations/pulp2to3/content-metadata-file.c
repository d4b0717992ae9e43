/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type yum_repo_metadata_file: files of a repository's metadata that Pulp only passes on. */

#include "base/text.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/content-document.h"
#include "pulp2to3-sql.h"

static bool endswith(const char *s, const char *suffix) {
        size_t n = strlen(s), m = strlen(suffix);

        return n >= m && streq(s + n - m, suffix);
}

/* Copies of Pulp's own metadata in another compression: they would not fit to what Pulp 3 publishes. */
static bool is_copy(const char *data_type) {
        return endswith(data_type, "_zck") || endswith(data_type, "_xz");
}

static int make_columns(const BatchUnit *u, int algorithm, json_t **ret, char **ret_reason) {
        const char *slash = u->storage_path ? strrchr(u->storage_path, '/') : NULL;
        json_auto_t *columns = json_object();
        json_t *path;
        int r = columns ? 0 : -ENOMEM;

        if (algorithm < 0)
                return text_error(ret_reason, -EBADMSG, "field checksum_type is not one that Pulp 3 knows");
        if (!slash || !slash[1])
                return text_error(ret_reason, -EBADMSG, "its storage path names no file");
        if (r >= 0)
                r = column_text(columns, "data_type", u->document, "data_type", 20, ret_reason);
        if (r >= 0)
                r = column_text(columns, "checksum", u->document, "checksum", 128, ret_reason);
        if (r >= 0)
                r = column_text(columns, "checksum_type", u->document, "checksum_type", 6, ret_reason);
        if (r < 0)
                return r;
        /* Older metadata says "sha". */
        if (algorithm == DIGEST_SHA1 && json_object_set_new(columns, "checksum_type", json_string("sha1")) < 0)
                return -ENOMEM;
        path = json_sprintf("repodata/%s", slash + 1);
        if (!path || json_object_set_new(columns, "relative_path", path) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(columns);
        return 0;
}

static int prepare(ContentBatch *b, BatchUnit *u) {
        const char *data_type = NULL, *checksum = NULL, *checksum_type = NULL, *slash;
        _cleanup_(freep) char *path = NULL;
        json_t *columns = NULL;
        char *reason = NULL;
        int r, algorithm;

        r = content_batch_text(b, u, "data_type", &data_type);
        if (r >= 0)
                r = content_batch_text(b, u, "checksum", &checksum);
        if (r >= 0)
                r = content_batch_text(b, u, "checksum_type", &checksum_type);
        if (r < 0 || u->problem || is_copy(data_type ?: ""))
                return r;
        algorithm = content_batch_algorithm(checksum_type);
        r = make_columns(u, algorithm, &columns, &reason);
        r = content_document_take(b, u, r, columns, reason);
        if (r < 0 || u->problem)
                return r;
        slash = strrchr(u->storage_path, '/');
        path = text_format("repodata/%s", slash + 1);
        return path ? content_batch_unit_file(b, u, path, algorithm, checksum, -1)
                    : step_fail(b->step, -ENOMEM, "out of memory");
}

/* Several: a unit that is left out has no content, and is done none the less. */
const ContentType content_yum_repo_metadata_file = {
        .name = "yum_repo_metadata_file",
        .plugin = "rpm",
        .stage = 1,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "rpm.repo_metadata_file",
        .several = true,
        .sql_table = sql_document_table,
        .prepare = prepare,
        .copy = content_document_copy,
        .sql_write = sql_metadata_file_write,
        .done = content_document_done,
};
