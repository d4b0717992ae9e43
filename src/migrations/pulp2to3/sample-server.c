/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-dump.h"

#include "migrations/pulp2to3/sample-collections.h"

#define HOST "pulp2.example.com"

/* Writes a document into the open block, and frees it. */
static void take_document(ArchiveWriter *w, bson_t *document) {
        archive_writer_add(w, document);
        bson_destroy(document);
}

/* Begins a block of a collection. Returns its index; ret_oid is an id for its first document. */
static size_t begin(const Sample *s, ArchiveWriter *w, const char *collection, bson_oid_t *ret_oid) {
        size_t i = sample_collection_index(collection);

        archive_writer_block(w, i);
        sample_oid(s, i, 0, ret_oid);
        return i;
}

static void write_lock(const Sample *s, ArchiveWriter *w, const char *collection, const char *holder) {
        bson_oid_t id;
        size_t i = begin(s, w, collection, &id);

        take_document(w, BCON_NEW("_id", BCON_OID(&id), "name", BCON_UTF8(holder), "timestamp",
                                  BCON_DATE_TIME(SAMPLE_TIME_BEGIN * 1000), "lock", "locked", "_ns",
                                  BCON_UTF8(collection)));
        archive_writer_end(w, i);
}

static void write_users(const Sample *s, ArchiveWriter *w) {
        bson_oid_t id;

        (void) begin(s, w, "users", &id);
        /* "!": no password fits. */
        take_document(w, BCON_NEW("_id", BCON_OID(&id), "login", "admin", "name", "admin", "password", "!",
                                  "roles", "[", "super-users", "]", "_ns", "users"));
        (void) begin(s, w, "roles", &id);
        take_document(w, BCON_NEW("_id", BCON_OID(&id), "display_name", "Super Users", "description",
                                  "Users who may do everything", "_ns", "roles", "id", "super-users",
                                  "permissions", "[", "{", "resource", "/", "permission", "[", BCON_INT32(0),
                                  BCON_INT32(1), BCON_INT32(2), BCON_INT32(3), BCON_INT32(4), "]", "}", "]"));
        (void) begin(s, w, "permissions", &id);
        take_document(w, BCON_NEW("_id", BCON_OID(&id), "_ns", "permissions", "resource", "/", "users", "[",
                                  "{", "username", "admin", "permissions", "[", BCON_INT32(0), BCON_INT32(1),
                                  BCON_INT32(2), BCON_INT32(3), BCON_INT32(4), "]", "}", "]"));
}

static void write_server(const Sample *s, ArchiveWriter *w) {
        bson_oid_t id;
        size_t i;

        i = begin(s, w, "content_types", &id);
        take_document(w,
                      BCON_NEW("_id", BCON_OID(&id), "id", "iso", "display_name", "ISO", "description", "ISO",
                               "search_indexes", "[", "downloaded", "]", "referenced_types", "[", "]",
                               "unit_key", "[", "name", "checksum", "size", "]", "_ns", "content_types"));
        archive_writer_end(w, i);
        (void) begin(s, w, "migration_trackers", &id);
        take_document(w, BCON_NEW("_id", BCON_OID(&id), "name", "pulp.server.db.migrations", "version",
                                  BCON_INT32(29), "_ns", "migration_trackers"));
        i = begin(s, w, "workers", &id);
        take_document(w, BCON_NEW("_id", "resource_manager@" HOST, "last_heartbeat",
                                  BCON_DATE_TIME(SAMPLE_TIME_BEGIN * 1000)));
        archive_writer_end(w, sample_collection_index("migration_trackers"));
        archive_writer_end(w, i);
}

/* What synchronising and publishing a repository left behind. */
static void write_history(const Sample *s, ArchiveWriter *w, uint32_t repository, size_t tasks, size_t syncs,
                          size_t publishes) {
        const SampleRepository *r = &s->repositories[repository];
        char time[SAMPLE_TIME_SIZE], text[25];
        bson_oid_t task, sync, publish;

        sample_format_time(SAMPLE_TIME_BEGIN, time);
        sample_oid(s, tasks, r->number, &task);
        sample_oid(s, syncs, r->number, &sync);
        sample_oid(s, publishes, r->number, &publish);

        archive_writer_block(w, tasks);
        bson_oid_to_string(&task, text);
        take_document(w, BCON_NEW("_id", BCON_OID(&task), "task_id", BCON_UTF8(text), "task_type",
                                  "pulp.server.managers.repo.sync.sync", "state", "finished", "exception",
                                  BCON_NULL, "progress_report", "{", "iso_importer", "{", "state", "complete",
                                  "num_isos", BCON_INT32((int32_t) r->n_units), "iso_error_messages", "[",
                                  "]", "}", "}", "tags", "[", BCON_UTF8(r->name), "pulp:action:sync", "]",
                                  "finish_time", BCON_UTF8(time)));
        archive_writer_block(w, syncs);
        bson_oid_to_string(&sync, text);
        take_document(w, BCON_NEW("_id", BCON_OID(&sync), "id", BCON_UTF8(text), "repo_id",
                                  BCON_UTF8(r->name), "importer_id", "iso_importer", "importer_type_id",
                                  "iso_importer", "added_count", BCON_INT32((int32_t) r->n_units),
                                  "removed_count", BCON_INT32(0), "started", BCON_UTF8(time), "completed",
                                  BCON_UTF8(time), "result", "success", "_ns", "repo_sync_results"));
        archive_writer_block(w, publishes);
        bson_oid_to_string(&publish, text);
        take_document(w, BCON_NEW("_id", BCON_OID(&publish), "id", BCON_UTF8(text), "repo_id",
                                  BCON_UTF8(r->name), "distributor_id", "iso_distributor",
                                  "distributor_type_id", "iso_distributor", "started", BCON_UTF8(time),
                                  "completed", BCON_DATE_TIME(SAMPLE_TIME_BEGIN * 1000), "result", "success",
                                  "_ns", "repo_publish_results"));
}

void sample_write_server(const Sample *s, ArchiveWriter *w) {
        size_t tasks = sample_collection_index("task_status"),
               syncs = sample_collection_index("repo_sync_results"),
               publishes = sample_collection_index("repo_publish_results");

        write_server(s, w);
        write_users(s, w);
        write_lock(s, w, "celery_beat_lock", "scheduler@" HOST);
        write_lock(s, w, "resource_manager_lock", "resource_manager@" HOST);
        for (uint32_t i = 0; i < s->n_filled; i++)
                write_history(s, w, i, tasks, syncs, publishes);
}
