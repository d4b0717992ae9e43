/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a part of a sample writes with: documents of the archive, files of the content tree, and numbers of
 * expected.json. No function here returns an error: the first one is kept, the next calls do nothing, and the
 * frame returns it. */

#include <bson/bson.h>
#include <jansson.h>

#include "migrations/pulp2to3/archive-writer.h"
#include "migrations/pulp2to3/sample.h"

#define SAMPLE_CONTENT_ROOT "/var/lib/pulp/content/"

typedef struct SampleOutput {
        const Sample *sample;
        ArchiveWriter *writer;
        int content_fd;    /* of the content directory; negative: files are not written */
        json_t *expected;  /* of the part that writes: tables, problems, repositories; borrowed */
        size_t collection; /* of the block that is open; SIZE_MAX: none */
        bson_t document;   /* one for all, so that its memory is used again */
        char type[32];     /* of the unit that was begun */
        int error;
        char *error_text;
} SampleOutput;

/* Keeps an error, if none is kept; text may be NULL and is owned by the output from then on. */
void sample_output_fail(SampleOutput *o, int error, char *text);

/* An empty document for sample_output_add(). */
bson_t *sample_output_document(SampleOutput *o);

/* Adds that document to a collection of sample_collections. Writing many of one collection in a row makes one
 * block of them. */
void sample_output_add(SampleOutput *o, const char *collection);

/* A document of units_TYPE with the fields that come first in all: _id, pulp_user_metadata, _last_updated, and
 * _storage_path and downloaded where storage_path, which is absolute, is not NULL. */
bson_t *sample_output_unit(SampleOutput *o, const char *type, const char *id, int64_t updated,
                           const char *storage_path, bool downloaded);

/* Adds _ns and _content_type_id and writes it. */
void sample_output_unit_end(SampleOutput *o);

/* What SAMPLE_DAMAGE_FIELD and SAMPLE_DAMAGE_TYPE do to a field of a document; it is as it was with all others. */
void sample_output_damage(bson_t *document, SampleDamage damage, const char *field);

/* The same for a unit whose document is damaged: it lacks the field, or has a document of no fields in its place
 * (SAMPLE_DAMAGE_TYPE), or is as it is (all others: the part has damaged it already). Notes the problem. */
void sample_output_unit_end_damaged(SampleOutput *o, const char *id, SampleDamage damage, const char *field);

/* Links a unit to a repository. */
void sample_output_link(SampleOutput *o, const char *repository, const char *type, const char *unit_id, int64_t time);

/* An entry of the lazy catalog, of the repository's importer. path is absolute; checksum (SHA-256) may be NULL. */
void sample_output_lazy(SampleOutput *o, const char *repository, const char *type, const char *unit_id,
                        const char *path, const char *url, const char *checksum);

/* A repository with its importer and its distributors: the documents of repos, repo_importers, repo_distributors. */
typedef struct SampleOutputRepository {
        const char *id;
        const char *note;          /* "rpm-repo" */
        const char *importer_type; /* "yum_importer" */
        const bson_t *importer_config;
        const char *distributor_type; /* "yum_distributor", its id too */
        const bson_t *distributor_config;
        const char *other_distributor_type; /* with the same config, not auto_publish; NULL: none */
        const bson_t *counts;               /* content_unit_counts; NULL: empty repository */
        uint32_t changed;                   /* generation of its last change: makes the times */
        uint32_t config_changed;            /* ... of importer and distributor */
} SampleOutputRepository;
void sample_output_repository(SampleOutput *o, const SampleOutputRepository *r);

/* A file of the content tree; path is relative to the content directory ("units/rpm/ab/…/name") and its
 * directories are made. */
void sample_output_file(SampleOutput *o, const char *path, const void *data, size_t size);

/* Numbers of the part's object in expected.json: rows more of a table of Pulp 3. */
void sample_output_expect(SampleOutput *o, const char *table, int64_t rows);

/* A repository as expected: its links in Pulp 2, those to units that cannot be read, and the contents of its latest
 * version in Pulp 3, which it has if there are some. */
typedef struct SampleCount {
        uint64_t links, dangling, contents;
} SampleCount;
void sample_output_expect_repository(SampleOutput *o, const char *id, const SampleCount *count);

/* A problem as expected: an item of the report that begins with "COLLECTION ID". SAMPLE_DAMAGE_NONE: the unit is all
 * right, and depends on one that is not. */
void sample_output_expect_problem(SampleOutput *o, const char *collection, const char *id, SampleDamage damage);
