/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-dump.h"

#include <endian.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/sample-collections.h"
#include "migrations/pulp2to3/sample-content.h"
#include "migrations/pulp2to3/sample-part.h"

/* Units of a block. mongodump writes one whenever a collection's buffer is full, between those of other
 * collections. */
#define BLOCK_UNITS 500

typedef struct Dump {
        const Sample *sample;
        ArchiveWriter *writer;
        size_t units, links, lazy_entries, repositories, importers, distributors; /* indexes of collections */
        uint32_t n_links, n_lazy_entries;                                         /* written so far */
        bson_t document; /* one for all, so that its memory is used again */
} Dump;

void sample_oid(const Sample *s, size_t collection, uint32_t number, bson_oid_t *ret) {
        /* Time, machine and process, counter; a counter that overflows carries into the time. */
        uint32_t time = htobe32((uint32_t) SAMPLE_TIME_BEGIN + (number >> 24)), counter = htobe32(number << 8);
        uint64_t machine = htole64(sample_random(s, SAMPLE_RANDOM_ID, UINT64_MAX - collection));

        memcpy(ret->bytes, &time, 4);
        memcpy(ret->bytes + 4, &machine, 5);
        memcpy(ret->bytes + 9, &counter, 3);
}

void sample_format_time(int64_t time, char ret[static SAMPLE_TIME_SIZE]) {
        struct tm tm;
        time_t t = time;

        (void) strftime(ret, SAMPLE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
}

static void dump_add(Dump *d) {
        archive_writer_add(d->writer, &d->document);
        bson_reinit(&d->document);
}

static int dump_unit(Dump *d, uint32_t unit, char **ret_error) {
        char id[SAMPLE_ID_SIZE], name[SAMPLE_NAME_SIZE], directory[SAMPLE_DIRECTORY_SIZE], checksum[65], path[160];
        const SampleUnit *u = &d->sample->units[unit];
        int r;

        r = sample_unit_directory(d->sample, unit, directory);
        if (r < 0)
                return text_error(ret_error, r, "libcrypto cannot compute SHA-256");
        sample_unit_id(d->sample, unit, id);
        sample_unit_name(d->sample, unit, name);
        hex_format(u->sha256, sizeof(u->sha256), checksum);
        /* Of a unit that was not downloaded Pulp 2 knows the directory only. */
        (void) snprintf(path, sizeof(path), "/var/lib/pulp/content/%s%s%s", directory,
                        u->kind == UNIT_ON_DEMAND ? "" : "/", u->kind == UNIT_ON_DEMAND ? "" : name);
        if (u->damage == SAMPLE_DAMAGE_TEXT)
                checksum[strlen(checksum) - 1] = '\0';
        BCON_APPEND(&d->document, "_id", BCON_UTF8(id), "pulp_user_metadata", "{", "}", "_last_updated",
                    BCON_INT32((int32_t) sample_unit_time(unit)), "_storage_path", BCON_UTF8(path), "downloaded",
                    BCON_BOOL(u->kind != UNIT_ON_DEMAND), "name", BCON_UTF8(name), "checksum", BCON_UTF8(checksum),
                    "size", BCON_INT32((int32_t) u->size_bytes), "_ns", "units_iso", "_content_type_id", "iso");
        sample_output_damage(&d->document, u->damage, sample_unit_damaged_field(u));
        dump_add(d);
        return 0;
}

static void dump_links(Dump *d, uint32_t unit) {
        char id[SAMPLE_ID_SIZE], time[SAMPLE_TIME_SIZE];
        const SampleUnit *u = &d->sample->units[unit];

        sample_unit_id(d->sample, unit, id);
        sample_format_time(sample_unit_time(unit), time);
        for (uint8_t i = 0; i < u->n_repositories; i++) {
                bson_oid_t oid;

                sample_oid(d->sample, d->links, d->n_links++, &oid);
                BCON_APPEND(&d->document, "_id", BCON_OID(&oid), "repo_id",
                            BCON_UTF8(d->sample->repositories[u->repositories[i]].name), "unit_id", BCON_UTF8(id),
                            "unit_type_id", "iso", "updated", BCON_UTF8(time), "created", BCON_UTF8(time));
                dump_add(d);
        }
}

static int dump_lazy_entries(Dump *d, uint32_t unit, char **ret_error) {
        char id[SAMPLE_ID_SIZE], name[SAMPLE_NAME_SIZE], directory[SAMPLE_DIRECTORY_SIZE], checksum[65], path[160],
                url[160], importer[25];
        const SampleUnit *u = &d->sample->units[unit];
        int r;

        r = sample_unit_directory(d->sample, unit, directory);
        if (r < 0)
                return text_error(ret_error, r, "libcrypto cannot compute SHA-256");
        sample_unit_id(d->sample, unit, id);
        sample_unit_name(d->sample, unit, name);
        hex_format(u->sha256, sizeof(u->sha256), checksum);
        (void) snprintf(path, sizeof(path), "/var/lib/pulp/content/%s", directory);
        for (uint8_t i = 0; i < u->n_repositories; i++) {
                const SampleRepository *repository = &d->sample->repositories[u->repositories[i]];
                bson_oid_t oid;

                if (!repository->on_demand)
                        continue;
                sample_oid(d->sample, d->importers, repository->number, &oid);
                bson_oid_to_string(&oid, importer);
                sample_oid(d->sample, d->lazy_entries, d->n_lazy_entries++, &oid);
                (void) snprintf(url, sizeof(url), "https://repos.example.com/%s/%s", repository->name, name);
                BCON_APPEND(&d->document, "_id", BCON_OID(&oid), "_ns", "lazy_content_catalog", "path",
                            BCON_UTF8(path), "importer_id", BCON_UTF8(importer), "unit_id", BCON_UTF8(id),
                            "unit_type_id", "iso", "url", BCON_UTF8(url), "checksum", BCON_UTF8(checksum),
                            "checksum_algorithm", "sha256", "revision", BCON_INT32(1), "data", "{", "}");
                dump_add(d);
        }
        return 0;
}

/* Units, their links to repositories and their lazy entries, a block of each in turn. */
static int dump_content(Dump *d, char **ret_error) {
        const Sample *s = d->sample;
        int r;

        for (uint32_t from = 0; from < s->n_units; from += BLOCK_UNITS) {
                uint32_t to = MIN(from + BLOCK_UNITS, (uint32_t) s->n_units);

                archive_writer_block(d->writer, d->links);
                for (uint32_t i = from; i < to; i++)
                        dump_links(d, i);
                archive_writer_block(d->writer, d->units);
                for (uint32_t i = from; i < to; i++) {
                        r = dump_unit(d, i, ret_error);
                        if (r < 0)
                                return r;
                }
                archive_writer_block(d->writer, d->lazy_entries);
                for (uint32_t i = from; i < to; i++) {
                        r = s->units[i].lazy ? dump_lazy_entries(d, i, ret_error) : 0;
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int64_t updated_msec(const SampleRepository *r, uint32_t changed) {
        return (changed > 0 ? sample_generation_time(changed) : SAMPLE_TIME_BEGIN) * 1000 + r->number;
}

/* Policies and settings vary over the repositories, so that a migration meets all that ISO importers have. */
static void dump_importer_config(Dump *d, uint32_t number, uint32_t changed) {
        const SampleRepository *r = &d->sample->repositories[number];
        char feed[80];
        bson_t config;

        BSON_APPEND_DOCUMENT_BEGIN(&d->document, "config", &config);
        if (!r->empty) {
                (void) snprintf(feed, sizeof(feed),
                                changed > 0 ? "https://mirror-%2$" PRIu32 ".example.com/%1$s/"
                                            : "https://repos.example.com/%s/",
                                r->name, changed);
                BCON_APPEND(&config, "feed", BCON_UTF8(feed));
                if (r->on_demand)
                        BCON_APPEND(&config, "download_policy",
                                    BCON_UTF8(number % 3 == 2 ? "background" : "on_demand"));
                else if (number % 3 == 1)
                        BCON_APPEND(&config, "download_policy", "immediate");
                if (number % 4 == 1)
                        BCON_APPEND(&config, "max_downloads", BCON_INT32(5), "ssl_validation", BCON_BOOL(false));
        }
        bson_append_document_end(&d->document, &config);
}

static void dump_importer(Dump *d, uint32_t number) {
        const SampleRepository *r = &d->sample->repositories[number];
        char time[SAMPLE_TIME_SIZE];
        uint32_t changed;
        bson_oid_t oid;

        changed = sample_changed(d->sample, "iso/feed", number, 0);
        sample_oid(d->sample, d->importers, r->number, &oid);
        sample_format_time(SAMPLE_TIME_BEGIN + 60, time);
        BCON_APPEND(&d->document, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(r->name), "importer_type_id",
                    "iso_importer");
        dump_importer_config(d, number, changed);
        BCON_APPEND(&d->document, "last_updated", BCON_DATE_TIME(updated_msec(r, changed)), "last_override_config",
                    "{", "}", "_ns", "repo_importers");
        if (!r->empty)
                BCON_APPEND(&d->document, "last_sync", BCON_UTF8(time));
        dump_add(d);
}

static void dump_distributor(Dump *d, uint32_t number) {
        const SampleRepository *r = &d->sample->repositories[number];
        uint32_t changed = sample_changed(d->sample, "iso/relative-url", number, 0);
        char url[80];
        bson_t config;
        bson_oid_t oid;

        sample_oid(d->sample, d->distributors, r->number, &oid);
        BCON_APPEND(&d->document, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(r->name), "distributor_id",
                    "iso_distributor", "distributor_type_id", "iso_distributor");
        BSON_APPEND_DOCUMENT_BEGIN(&d->document, "config", &config);
        BCON_APPEND(&config, "serve_https", BCON_BOOL(true), "serve_http", BCON_BOOL(false));
        if (number % 4 == 2 || changed > 0) {
                (void) snprintf(url, sizeof(url), changed > 0 ? "moved-%2$" PRIu32 "/%1$s" : "sample/%s", r->name,
                                changed);
                BCON_APPEND(&config, "relative_url", BCON_UTF8(url));
        }
        bson_append_document_end(&d->document, &config);
        BCON_APPEND(&d->document, "auto_publish", BCON_BOOL(true), "last_updated",
                    BCON_DATE_TIME(updated_msec(r, changed)), "last_override_config", "{", "}", "scratchpad", "{",
                    "}", "_ns", "repo_distributors");
        if (!r->empty)
                BCON_APPEND(&d->document, "last_publish", BCON_DATE_TIME(updated_msec(r, 0) + 120000));
        dump_add(d);
}

static void dump_repository(Dump *d, uint32_t number) {
        const SampleRepository *r = &d->sample->repositories[number];
        char text[80];
        bson_oid_t oid;

        sample_oid(d->sample, d->repositories, r->number, &oid);
        BCON_APPEND(&d->document, "_id", BCON_OID(&oid), "repo_id", BCON_UTF8(r->name), "notes", "{", "_repo-type",
                    "iso-repo", "}", "scratchpad", "{", "}", "_ns", "repos");
        if (number % 3 == 1) {
                (void) snprintf(text, sizeof(text), "Images of %s", r->name);
                BCON_APPEND(&d->document, "display_name", BCON_UTF8(r->name), "description", BCON_UTF8(text));
        }
        if (r->n_units > 0)
                BCON_APPEND(&d->document, "content_unit_counts", "{", "iso", BCON_INT32((int32_t) r->n_units), "}",
                            "last_unit_added", BCON_DATE_TIME(updated_msec(r, 0) + 120000));
        else
                BCON_APPEND(&d->document, "content_unit_counts", "{", "}");
        dump_add(d);
}

/* The repositories come last, as they may in a real archive. */
static void dump_repositories(Dump *d) {
        archive_writer_block(d->writer, d->importers);
        for (uint32_t i = 0; i < d->sample->n_repositories; i++)
                dump_importer(d, i);
        archive_writer_end(d->writer, d->units);
        archive_writer_block(d->writer, d->distributors);
        for (uint32_t i = 0; i < d->sample->n_repositories; i++)
                dump_distributor(d, i);
        archive_writer_end(d->writer, d->links);
        archive_writer_block(d->writer, d->repositories);
        for (uint32_t i = 0; i < d->sample->n_repositories; i++)
                dump_repository(d, i);
}

static int writer_create(const char *path, ArchiveWriter **ret, char **ret_error) {
        _cleanup_(freep) ArchiveWriterCollection *collections = NULL;
        _cleanup_(strv_freep) char **metadata = NULL;

        collections = calloc(n_sample_collections, sizeof(*collections));
        metadata = calloc(n_sample_collections + 1, sizeof(*metadata));
        if (!collections || !metadata)
                return text_error(ret_error, -ENOMEM, "out of memory");
        for (size_t i = 0; i < n_sample_collections; i++) {
                metadata[i] = sample_collection_metadata(&sample_collections[i], ARCHIVE_DATABASE_PULP);
                if (!metadata[i])
                        return text_error(ret_error, -ENOMEM, "out of memory");
                collections[i] = (ArchiveWriterCollection){ sample_collections[i].name, metadata[i] };
        }
        return archive_writer_new(path, ARCHIVE_DATABASE_PULP, collections, n_sample_collections, ret, ret_error);
}

/* A part's object is in the sample, empty, while it writes. */
static int write_part(Sample *s, SampleOutput *o, const SamplePart *part, char **ret_error) {
        uint32_t n = *(const uint32_t *) ((const uint8_t *) &s->options + part->units_offset);

        if (n == 0)
                return 0;
        o->expected = json_object();
        if (!o->expected || json_object_set_new(s->parts, part->plugin, o->expected) < 0)
                return text_error(ret_error, -ENOMEM, "out of memory");
        part->write(o, n);
        return o->error < 0 ? text_error(ret_error, o->error, "the sample of %s: %s", part->plugin,
                                         o->error_text ?: strerror(-o->error))
                            : 0;
}

static int write_parts(Sample *s, ArchiveWriter *writer, const char *content, char **ret_error) {
        _cleanup_(closep) int fd = open(content, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        SampleOutput o = { .sample = s, .writer = writer, .content_fd = fd, .collection = SIZE_MAX };
        int r = 0;

        if (fd < 0)
                return text_error(ret_error, -errno, "%s: cannot open: %s", content, strerror(errno));
        bson_init(&o.document);
        for (const SamplePart *const *part = sample_parts; *part && r >= 0; part++)
                r = write_part(s, &o, *part, ret_error);
        bson_destroy(&o.document);
        free(o.error_text);
        return r;
}

int sample_write_archive(Sample *s, const char *path, const char *content, char **ret_error) {
        _cleanup_(archive_writer_freep) ArchiveWriter *writer = NULL;
        Dump dump = {
                .sample = s,
                .units = sample_collection_index("units_iso"),
                .links = sample_collection_index("repo_content_units"),
                .lazy_entries = sample_collection_index("lazy_content_catalog"),
                .repositories = sample_collection_index("repos"),
                .importers = sample_collection_index("repo_importers"),
                .distributors = sample_collection_index("repo_distributors"),
                .document = BSON_INITIALIZER,
        };
        int r;

        r = writer_create(path, &writer, ret_error);
        if (r < 0)
                return r;
        dump.writer = writer;
        sample_write_server(s, writer);
        r = dump_content(&dump, ret_error);
        if (r >= 0)
                r = write_parts(s, writer, content, ret_error);
        if (r >= 0)
                dump_repositories(&dump);
        bson_destroy(&dump.document);
        return r < 0 ? r : archive_writer_finish(writer, ret_error);
}
