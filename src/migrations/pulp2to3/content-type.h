/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a content type brings to the step content: how its units are cut into tasks, and how a task migrates a
 * range of them. All types but iso are run by content-batch.h, and give it what differs between them. */

#include "migrations/pulp2to3/step.h"

typedef struct ContentBatch ContentBatch;
typedef struct BatchUnit BatchUnit;
typedef struct ContentType ContentType;

/* What a task is sized for: how many units, and how many bytes to be read. */
typedef struct ContentLimits {
        int64_t units;
        int64_t bytes;
} ContentLimits;

struct ContentType {
        const char *name;   /* as in Pulp 2: units_NAME */
        const char *plugin; /* as in plans: the lane of its tasks */
        int32_t stage;      /* types of a later stage need content of the earlier ones */
        /* Calls add() for each range of units that are to be migrated. */
        int (*expand)(const ContentType *type, Step *s, const ContentLimits *limits,
                      int (*add)(Step *s, const ContentType *type, int64_t first, int64_t last, int64_t units));
        /* Migrates the units after s->position up to last. */
        int (*run)(const ContentType *type, Step *s, int64_t first, int64_t last);

        /* The rest is for types whose run is content_batch_run(); see content-batch.h. */
        const char *pulp_type; /* of its content; NULL: sql_write says it of each */
        bool on_demand;        /* its files may be absent: units may be not downloaded */
        bool several;          /* a unit gives several contents: they go to unit_content */
        const char *sql_table; /* script: makes the type's temporary tables, each ON COMMIT DELETE ROWS */
        /* Outside of the transaction: checks the document, reads files, makes what copy() will write. A unit
         * that is not as it must be: content_batch_corrupted(). */
        int (*prepare)(ContentBatch *b, BatchUnit *u);
        /* In the transaction: fills the type's temporary tables, with COPY. */
        int (*copy)(ContentBatch *b);
        const char *sql_write; /* script: from the temporary tables to Pulp's, and pg_temp.batch_content */
        /* Frees u->data, whatever of it there is; may be NULL. */
        void (*done)(BatchUnit *u);
};

extern const ContentType content_iso;
extern const ContentType content_rpm;
extern const ContentType content_srpm;
extern const ContentType content_modulemd;
extern const ContentType content_modulemd_defaults;
extern const ContentType content_yum_repo_metadata_file;
extern const ContentType content_package_langpacks;
extern const ContentType content_package_group;
extern const ContentType content_package_category;
extern const ContentType content_package_environment;
extern const ContentType content_erratum;
extern const ContentType content_distribution;
extern const ContentType content_deb;
extern const ContentType content_deb_release;
extern const ContentType content_deb_component;
extern const ContentType content_docker_blob;
extern const ContentType content_docker_manifest;
extern const ContentType content_docker_manifest_list;
extern const ContentType content_docker_tag;
