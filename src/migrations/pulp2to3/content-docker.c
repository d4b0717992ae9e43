/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of docker repositories: blobs, manifests that are linked with their blobs, lists that are linked with their
 * manifests, and tags, of which each is of a manifest or a list. */

#include "base/text.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/content-document.h"
#include "migrations/pulp2to3/docker.h"
#include "pulp2to3-sql.h"

/* Source: width of container_tag.name. */
#define TAG_WIDTH 255

static int take_digest(ContentBatch *b, BatchUnit *u, const char **ret_digest, int *ret_algorithm,
                       const char **ret_hex) {
        int r;

        r = content_batch_text(b, u, "digest", ret_digest);
        if (r < 0 || u->problem || docker_digest_parse(*ret_digest, ret_algorithm, ret_hex) >= 0)
                return r;
        return content_batch_corrupted(
                b, u, text_format("field digest is \"%.140s\", which is no digest", *ret_digest ?: ""));
}

static int prepare_blob(ContentBatch *b, BatchUnit *u) {
        const char *digest, *hex;
        json_t *columns;
        int algorithm, r;

        r = take_digest(b, u, &digest, &algorithm, &hex);
        if (r >= 0 && !u->problem)
                r = content_batch_unit_file(b, u, digest, algorithm, hex, -1);
        if (r < 0 || u->problem)
                return r;
        columns = json_pack("{s:s}", "digest", digest);
        return content_document_take(b, u, columns ? 0 : -ENOMEM, columns, NULL);
}

/* A signature is no part of what the digest of a manifest of schema 1 is made of. */
static int take_signed_file(ContentBatch *b, BatchUnit *u, const char *digest, int algorithm, const char *hex) {
        _cleanup_(freep) char *text = NULL, *reason = NULL;
        DigestSet digests;
        size_t size;
        int r;

        r = content_batch_read(b, u, u->storage_path, DOCKER_MANIFEST_BYTES_MAX, &text, &size);
        if (r < 0 || u->problem)
                return r;
        r = docker_signed_digests(b->digests, text, size, &digests, &reason);
        if (r == -EBADMSG)
                return content_batch_corrupted(b, u, text_format("%s %s", u->storage_path, reason ?: ""));
        if (r < 0)
                return step_fail(b->step, r, "units_%s %s: %s", b->type->name, u->id, strerror(-r));
        if (r > 0 && !streq(digests.text[algorithm], hex))
                return content_batch_corrupted(
                        b, u,
                        text_format("%s has the checksum %s without its signatures, expected %s", u->storage_path,
                                    digests.text[algorithm], hex));
        return content_batch_unit_file(b, u, digest, r > 0 ? -1 : algorithm, hex, -1);
}

static int prepare_manifest(ContentBatch *b, BatchUnit *u) {
        const char *digest, *hex;
        json_t *columns = NULL;
        char *reason = NULL;
        int algorithm, r;

        r = docker_manifest_columns(u->document, &columns, &reason);
        if (r < 0)
                return content_document_take(b, u, r, columns, reason);
        r = take_digest(b, u, &digest, &algorithm, &hex);
        if (r >= 0 && !u->problem)
                r = json_integer_value(json_object_get(columns, "schema_version")) == 1
                            ? take_signed_file(b, u, digest, algorithm, hex)
                            : content_batch_unit_file(b, u, digest, algorithm, hex, -1);
        if (r < 0 || u->problem) {
                json_decref(columns);
                return r;
        }
        return content_document_take(b, u, 0, columns, NULL);
}

static int prepare_list(ContentBatch *b, BatchUnit *u) {
        _cleanup_(freep) char *text = NULL, *reason = NULL;
        const char *digest, *hex;
        json_t *columns = NULL;
        size_t size = 0;
        int algorithm, r;

        r = take_digest(b, u, &digest, &algorithm, &hex);
        if (r >= 0 && !u->problem)
                r = content_batch_read(b, u, u->storage_path, DOCKER_MANIFEST_BYTES_MAX, &text, &size);
        if (r < 0 || u->problem)
                return r;
        r = docker_list_columns(u->document, text, size, &columns, &reason);
        if (r == -EBADMSG)
                return content_batch_corrupted(b, u, text_format("%s: %s", u->storage_path, reason ?: ""));
        if (r >= 0)
                r = content_batch_unit_file(b, u, digest, algorithm, hex, -1);
        if (r < 0 || u->problem) {
                json_decref(columns);
                return r == -ENOMEM ? step_fail(b->step, r, "out of memory") : r;
        }
        return content_document_take(b, u, 0, columns, NULL);
}

static int prepare_tag(ContentBatch *b, BatchUnit *u) {
        json_t *columns = json_object();
        char *reason = NULL;
        int r = columns ? 0 : -ENOMEM;

        if (r >= 0)
                r = column_text(columns, "name", u->document, "name", TAG_WIDTH, &reason);
        if (r >= 0)
                r = column_text(columns, "manifest", u->document, "manifest_digest", 0, &reason);
        if (r < 0) {
                json_decref(columns);
                columns = NULL;
        }
        return content_document_take(b, u, r, columns, reason);
}

/* Manifests and lists are migrated without what Pulp 3 has not, a tag only with its manifest: each is a problem. */
static int copy_linked(ContentBatch *b, const char *sql) {
        Step *s = b->step;
        int r;

        r = content_document_copy(b);
        if (r < 0)
                return r;
        r = database_query(&s->database, "what is not there", sql,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int copy_manifests(ContentBatch *b) {
        return copy_linked(b, sql_docker_manifest_missing);
}

static int copy_tags(ContentBatch *b) {
        return copy_linked(b, sql_docker_tag_missing);
}

const ContentType content_docker_blob = {
        .name = "docker_blob",
        .plugin = "docker",
        .stage = 0,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "container.blob",
        .sql_table = sql_document_table,
        .prepare = prepare_blob,
        .copy = content_document_copy,
        .sql_write = sql_docker_blob_write,
        .done = content_document_done,
};

const ContentType content_docker_manifest = {
        .name = "docker_manifest",
        .plugin = "docker",
        .stage = 1,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "container.manifest",
        .sql_table = sql_document_table,
        .prepare = prepare_manifest,
        .copy = copy_manifests,
        .sql_write = sql_docker_manifest_write,
        .done = content_document_done,
};

const ContentType content_docker_manifest_list = {
        .name = "docker_manifest_list",
        .plugin = "docker",
        .stage = 2,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "container.manifest",
        .sql_table = sql_document_table,
        .prepare = prepare_list,
        .copy = copy_manifests,
        .sql_write = sql_docker_manifest_write,
        .done = content_document_done,
};

const ContentType content_docker_tag = {
        .name = "docker_tag",
        .plugin = "docker",
        .stage = 3,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "container.tag",
        .sql_table = sql_document_table,
        .prepare = prepare_tag,
        .copy = copy_tags,
        .sql_write = sql_docker_tag_write,
        .done = content_document_done,
};
