/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-collections.h"
#include "migrations/pulp2to3/sample-dump.h"
#include "migrations/pulp2to3/sample-part.h"

void sample_output_fail(SampleOutput *o, int error, char *text) {
        if (o->error < 0) {
                free(text);
                return;
        }
        o->error = error;
        o->error_text = text;
}

bson_t *sample_output_document(SampleOutput *o) {
        bson_reinit(&o->document);
        return &o->document;
}

void sample_output_add(SampleOutput *o, const char *collection) {
        size_t k = o->collection;

        if (o->error < 0)
                return;
        if (k == SIZE_MAX || !streq(sample_collections[k].name, collection)) {
                k = o->collection = sample_collection_index(collection);
                archive_writer_block(o->writer, k);
        }
        archive_writer_add(o->writer, &o->document);
}

bson_t *sample_output_unit(SampleOutput *o, const char *type, const char *id, int64_t updated,
                           const char *storage_path, bool downloaded) {
        bson_t *d = sample_output_document(o);

        (void) snprintf(o->type, sizeof(o->type), "%s", type);
        BCON_APPEND(d, "_id", BCON_UTF8(id), "pulp_user_metadata", "{", "}", "_last_updated",
                    BCON_INT32((int32_t) updated));
        if (storage_path)
                BCON_APPEND(d, "_storage_path", BCON_UTF8(storage_path), "downloaded", BCON_BOOL(downloaded));
        return d;
}

void sample_output_unit_end(SampleOutput *o) {
        char collection[48];

        (void) snprintf(collection, sizeof(collection), "units_%s", o->type);
        BCON_APPEND(&o->document, "_ns", BCON_UTF8(collection), "_content_type_id", BCON_UTF8(o->type));
        sample_output_add(o, collection);
}

void sample_output_damage(bson_t *document, SampleDamage damage, const char *field) {
        bson_t copy, empty;

        if (damage != SAMPLE_DAMAGE_FIELD && damage != SAMPLE_DAMAGE_TYPE)
                return;
        bson_init(&copy);
        bson_copy_to_excluding_noinit(document, &copy, field, NULL);
        if (damage == SAMPLE_DAMAGE_TYPE) {
                BSON_APPEND_DOCUMENT_BEGIN(&copy, field, &empty);
                bson_append_document_end(&copy, &empty);
        }
        bson_reinit(document);
        bson_concat(document, &copy);
        bson_destroy(&copy);
}

void sample_output_unit_end_damaged(SampleOutput *o, const char *id, SampleDamage damage, const char *field) {
        char collection[48];

        sample_output_damage(&o->document, damage, field);
        if (damage != SAMPLE_DAMAGE_NONE) {
                (void) snprintf(collection, sizeof(collection), "units_%s", o->type);
                sample_output_expect_problem(o, collection, id, damage);
        }
        sample_output_unit_end(o);
}

void sample_output_link(SampleOutput *o, const char *repository, const char *type, const char *unit_id,
                        int64_t time) {
        bson_t *d = sample_output_document(o);
        char name[160], text[SAMPLE_TIME_SIZE];
        bson_oid_t oid;

        (void) snprintf(name, sizeof(name), "%s/%s/%s", repository, type, unit_id);
        sample_object(o->sample, "repo_content_units", name, &oid);
        sample_format_time(time, text);
        BCON_APPEND(d, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(repository), "unit_id", BCON_UTF8(unit_id),
                    "unit_type_id", BCON_UTF8(type), "updated", BCON_UTF8(text), "created", BCON_UTF8(text));
        sample_output_add(o, "repo_content_units");
}

void sample_output_lazy(SampleOutput *o, const char *repository, const char *type, const char *unit_id,
                        const char *path, const char *url, const char *checksum) {
        bson_t *d = sample_output_document(o);
        _cleanup_(freep) char *name = text_format("%s %s", repository, path);
        bson_oid_t oid, importer;
        char importer_id[25];

        if (!name) {
                sample_output_fail(o, -ENOMEM, NULL);
                return;
        }
        sample_object(o->sample, "lazy_content_catalog", name, &oid);
        sample_object(o->sample, "repo_importers", repository, &importer);
        bson_oid_to_string(&importer, importer_id);
        BCON_APPEND(d, "_id", BCON_OID(&oid), "_ns", "lazy_content_catalog", "path", BCON_UTF8(path), "importer_id",
                    BCON_UTF8(importer_id), "unit_id", BCON_UTF8(unit_id), "unit_type_id", BCON_UTF8(type), "url",
                    BCON_UTF8(url));
        if (checksum)
                BCON_APPEND(d, "checksum", BCON_UTF8(checksum), "checksum_algorithm", "sha256");
        BCON_APPEND(d, "revision", BCON_INT32(1), "data", "{", "}");
        sample_output_add(o, "lazy_content_catalog");
}

static int64_t milliseconds(uint32_t generation) {
        return sample_generation_time(generation) * 1000;
}

static void add_repo(SampleOutput *o, const SampleOutputRepository *r) {
        bson_t *d = sample_output_document(o);
        bson_oid_t oid;

        sample_object(o->sample, "repos", r->id, &oid);
        BCON_APPEND(d, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(r->id), "notes", "{", "_repo-type",
                    BCON_UTF8(r->note), "}", "scratchpad", "{", "}", "_ns", "repos");
        if (r->counts) {
                BSON_APPEND_DOCUMENT(d, "content_unit_counts", r->counts);
                BCON_APPEND(d, "last_unit_added", BCON_DATE_TIME(milliseconds(r->changed)));
        } else
                BCON_APPEND(d, "content_unit_counts", "{", "}");
        sample_output_add(o, "repos");
}

static void add_importer(SampleOutput *o, const SampleOutputRepository *r) {
        bson_t *d = sample_output_document(o);
        char time[SAMPLE_TIME_SIZE];
        bson_oid_t oid;

        sample_object(o->sample, "repo_importers", r->id, &oid);
        BCON_APPEND(d, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(r->id), "importer_type_id",
                    BCON_UTF8(r->importer_type));
        BSON_APPEND_DOCUMENT(d, "config", r->importer_config);
        BCON_APPEND(d, "last_updated", BCON_DATE_TIME(milliseconds(r->config_changed)), "last_override_config", "{",
                    "}", "_ns", "repo_importers");
        if (r->counts) {
                sample_format_time(sample_generation_time(r->changed), time);
                BCON_APPEND(d, "last_sync", BCON_UTF8(time), "scratchpad", "{", "}");
        }
        sample_output_add(o, "repo_importers");
}

static void add_distributor(SampleOutput *o, const SampleOutputRepository *r, const char *type, bool auto_publish) {
        bson_t *d = sample_output_document(o);
        char name[160];
        bson_oid_t oid;

        (void) snprintf(name, sizeof(name), "%s/%s", r->id, type);
        sample_object(o->sample, "repo_distributors", name, &oid);
        BCON_APPEND(d, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(r->id), "distributor_id", BCON_UTF8(type),
                    "distributor_type_id", BCON_UTF8(type));
        BSON_APPEND_DOCUMENT(d, "config", r->distributor_config);
        BCON_APPEND(d, "auto_publish", BCON_BOOL(auto_publish), "last_updated",
                    BCON_DATE_TIME(milliseconds(r->config_changed)), "last_override_config", "{", "}", "scratchpad",
                    "{", "}", "_ns", "repo_distributors");
        if (r->counts && auto_publish)
                BCON_APPEND(d, "last_publish", BCON_DATE_TIME(milliseconds(r->changed)));
        sample_output_add(o, "repo_distributors");
}

void sample_output_repository(SampleOutput *o, const SampleOutputRepository *r) {
        add_repo(o, r);
        add_importer(o, r);
        add_distributor(o, r, r->distributor_type, true);
        if (r->other_distributor_type)
                add_distributor(o, r, r->other_distributor_type, false);
}

/* Makes the directories above a path; mostly only the last one is missing. */
static int make_directories(int fd, const char *path) {
        const char *slash = strrchr(path, '/');
        _cleanup_(freep) char *directory = slash ? strndup(path, (size_t) (slash - path)) : NULL;
        int r;

        if (!directory)
                return slash ? -ENOMEM : 0;
        if (mkdirat(fd, directory, 0755) >= 0 || errno == EEXIST)
                return 0;
        if (errno != ENOENT)
                return -errno;
        r = make_directories(fd, directory);
        return r >= 0 && mkdirat(fd, directory, 0755) < 0 ? -errno : r;
}

static int write_file(int directory, const char *path, const uint8_t *data, size_t size) {
        _cleanup_(closep) int fd = openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        if (fd < 0)
                return -errno;
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t) n;
        }
        return close(TAKE_FD(fd)) < 0 ? -errno : 0;
}

void sample_output_file(SampleOutput *o, const char *path, const void *data, size_t size) {
        int r;

        if (o->error < 0 || o->content_fd < 0)
                return;
        r = write_file(o->content_fd, path, data, size);
        if (r == -ENOENT) {
                r = make_directories(o->content_fd, path);
                if (r >= 0)
                        r = write_file(o->content_fd, path, data, size);
        }
        if (r < 0)
                sample_output_fail(o, r, text_format("%s: cannot write: %s", path, strerror(-r)));
}

/* A member of the part's object, made if it is not there. */
static json_t *member(SampleOutput *o, const char *name, json_t *(*make)(void) ) {
        json_t *value = json_object_get(o->expected, name);

        if (value)
                return value;
        if (json_object_set_new(o->expected, name, make()) < 0)
                sample_output_fail(o, -ENOMEM, NULL);
        return json_object_get(o->expected, name);
}

void sample_output_expect(SampleOutput *o, const char *table, int64_t rows) {
        json_t *tables = member(o, "tables", json_object), *value = json_object_get(tables, table);

        if (value)
                (void) json_integer_set(value, json_integer_value(value) + rows);
        else if (json_object_set_new(tables, table, json_integer(rows)) < 0)
                sample_output_fail(o, -ENOMEM, NULL);
}

static void append(SampleOutput *o, const char *name, json_t *item) {
        if (json_array_append_new(member(o, name, json_array), item) < 0)
                sample_output_fail(o, -ENOMEM, NULL);
}

void sample_output_expect_repository(SampleOutput *o, const char *id, const SampleCount *count) {
        append(o, "repositories",
               json_pack("{s:s, s:I, s:I, s:I}", "name", id, "links", (json_int_t) count->links, "contents",
                         (json_int_t) count->contents, "dangling", (json_int_t) count->dangling));
}

void sample_output_expect_problem(SampleOutput *o, const char *collection, const char *id, SampleDamage damage) {
        append(o, "problems",
               json_pack("{s:s, s:s, s:s}", "collection", collection, "id", id, "kind",
                         sample_damage_to_string(damage)));
}
