/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How units of all types but iso are migrated: batches of due units of unit_document; each first reads and
 * links its files, then writes all its rows in one transaction. A type's part is in its ContentType.
 *
 * A batch's transaction, in this order; the temporary tables are empty at its begin:
 *   pg_temp.batch_unit     the units without those that are left out (corrupted, or on demand and without remote)
 *   pg_temp.batch_file     their files, and core_artifact rows of those that are there
 *   type->copy()           the type's own temporary tables; rows of units that are left out may be in them:
 *                          sql_write joins with batch_unit
 *   type->sql_write        inserts into the plugin's tables and core_content, in the order of natural keys and
 *                          with ON CONFLICT DO NOTHING, and one row of pg_temp.batch_content for each content
 *   core_contentartifact, core_remoteartifact of batch_file, lazy entries, content_id of the units. */

#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/content-type.h"

/* Units of a batch, and bytes after which a batch ends early: both keep the time between two commits short.
 */
#define BATCH_UNITS 250
#define BATCH_BYTES (INT64_C(256) * 1024 * 1024)

/* A file of a unit; what a type asks for. All is borrowed during the call. */
typedef struct BatchFile {
        const char *relative_path; /* in Pulp 3: core_contentartifact.relative_path */
        const char *storage_path;  /* as in the dump; not used on demand */
        bool absent;               /* there is no file: it is on demand */
        int algorithm;             /* DIGEST_*, or -1: no checksum is known */
        const char *checksum;      /* lower-case hexadecimal */
        int64_t size_bytes;        /* -1: not known */
        const char *lazy_path;     /* of units with several files: the path of its lazy entries; else NULL */
} BatchFile;

struct BatchUnit {
        const char *number, *id, *key; /* of unit_document, as all to document_text */
        bool downloaded;
        const char *storage_path; /* NULL: none */
        const char *repo_id;      /* NULL: none */
        const char *document_text;
        const char *snippets[3]; /* primary, filelists, other as bytea text (\x…); NULL: none */
        json_t *document;        /* parsed */
        void *data;              /* the type's own; done() frees it */
        char *problem;           /* why it is left out; NULL: it is not; owned */
};

/* A file that was taken: a row of pg_temp.batch_file. */
typedef struct BatchFileRow {
        const BatchUnit *unit;
        char *relative_path; /* owned */
        char part[33];       /* of the lazy entries: MD5 of their path, or empty */
        bool downloaded;
        DigestSet digests;  /* on demand: the known one only */
        int64_t size_bytes; /* -1: not known */
} BatchFileRow;

struct ContentBatch {
        const ContentType *type;
        Step *step;
        Digests *digests;
        ArtifactStore store;
        int content_fd;
        BatchUnit units[BATCH_UNITS];
        size_t n_units;
        BatchFileRow *files; /* what content_batch_file() has taken */
        size_t n_files, n_files_allocated;
        int64_t bytes;                   /* read by the batch so far */
        int64_t linked, copied, present; /* of the batch */
};

/* Members of a ContentType. */
int content_batch_expand(const ContentType *type, Step *s, const ContentLimits *limits,
                         int (*add)(Step *s, const ContentType *type, int64_t first, int64_t last, int64_t units));
int content_batch_run(const ContentType *type, Step *s, int64_t first, int64_t last);

/* Takes a file of the unit, and the unit's remotes where they have it: reads, checks and links it unless it is
 * absent. ret: its digests and size, zero when absent; may be NULL. Afterwards u->problem says whether it was
 * as it must be. Returns 0, or a negative errno after step_fail(). */
int content_batch_file(ContentBatch *b, BatchUnit *u, const BatchFile *file, DigestSet *ret);

/* The unit's own file, at its storage path, absent when it was not downloaded and the type allows it. */
int content_batch_unit_file(ContentBatch *b, BatchUnit *u, const char *relative_path, int algorithm,
                            const char *checksum, int64_t size_bytes);

/* The file of a package, by the fields checksum, checksumtype, filename and size; "sha" is "sha1". What is not as it
 * must be is the unit's problem, as there. Borrowed from the unit's document. */
int content_batch_package(ContentBatch *b, BatchUnit *u, BatchFile *ret, const char **ret_checksum_type);

/* Opens a file below Pulp 2's content directory, for types that read it themselves. Returns 0; *ret_fd is -EBADF
 * and u->problem set when it is not there or is no regular file. Or a negative errno after step_fail(). */
int content_batch_open(ContentBatch *b, BatchUnit *u, const char *storage_path, int *ret_fd);

/* Reads a file below Pulp 2's content directory. As above, *ret is owned by the caller and not set when u->problem
 * is: also a file of more than max bytes is one. */
int content_batch_read(ContentBatch *b, BatchUnit *u, const char *storage_path, size_t max, char **ret,
                       size_t *ret_size);

/* The unit is not as it must be: reason, taken over, becomes its problem, or fails the task without
 * skip_corrupted. Returns 0 or a negative errno. */
int content_batch_corrupted(ContentBatch *b, BatchUnit *u, char *reason);

/* A text, or a number of the document; the dump's reader has checked the fields that it lists as required.
 * ret_text NULL, ret_number as it was: absent or null. Another type is a corrupted unit, told as above. */
int content_batch_text(ContentBatch *b, BatchUnit *u, const char *field, const char **ret_text);
int content_batch_integer(ContentBatch *b, BatchUnit *u, const char *field, int64_t *ret_number);

/* The algorithm of a Pulp 2 checksum type ("sha", "sha1", "sha256", …): DIGEST_*, or -1. */
int content_batch_algorithm(const char *checksum_type);

/* A COPY in copy(): rows() writes the rows of a unit with database_copy_row(), and is not called for those with a
 * problem. Returns 0 or a negative errno after step_fail_database(). */
int content_batch_copy(ContentBatch *b, const char *sql, int (*rows)(ContentBatch *b, BatchUnit *u));

/* Rows of pg_temp.batch_unit and pg_temp.batch_file; for content-batch.c. */
int content_batch_copy_units(ContentBatch *b);
int content_batch_copy_files(ContentBatch *b);
