/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verification: compares what the dump says, as the premigration has read it, with what is in Pulp 3's tables and
 * artifact store. Every difference is a problem of the report; a task with differences fails, when it has looked at
 * all that it is for. It writes no row of Pulp's. */

#include <openssl/evp.h>

#include "migrations/pulp2to3/step.h"

typedef struct Verification {
        Step *step;
        int media_fd; /* of MediaRoot */
        EVP_MD *algorithm;
        EVP_MD_CTX *context;
        uint8_t *buffer; /* of VERIFY_READ_BYTES */
} Verification;

#define VERIFY_READ_BYTES ((size_t) 1024 * 1024)

/* Columns of sql_verify_files: a row for each file of a unit. */
enum {
        VERIFY_FILE_NUMBER,
        VERIFY_FILE_UNIT,
        VERIFY_FILE_KEY,
        VERIFY_FILE_PATH,
        VERIFY_FILE_SHA256,
        VERIFY_FILE_SIZE,
};

/* Units of a type in a range of their numbers. */
int verify_units(Verification *v, const char *type, int64_t first, int64_t last);

/* Versions, publications and distributions of a range of the plan's repositories. */
int verify_repositories(Verification *v, int64_t first, int64_t last);

/* Reads the artifact of that digest. *ret: how it differs, owned; NULL: it does not. Returns 0 or a negative errno
 * after step_fail(). */
int verify_artifact(Verification *v, const char *sha256, int64_t size_bytes, char **ret);

/* Opens it; -ENOENT: it is not there. */
int verify_artifact_open(Verification *v, const char *sha256);

/* Fills pg_temp.verify_staged, in the open transaction, with what only artifacts or fields of BSON say of a batch's
 * units: the sections of a .treeinfo, a manifest list, the profiles of a module's defaults. files: rows, of which
 * those up to the unit number last count; differences: one for each, of files that are not read; an artifact that
 * cannot be parsed becomes one, owned. Holds one file at a time. Returns 0 or a negative errno after step_fail(). */
int verify_stage(Verification *v, const char *type, const PGresult *files, int64_t last, char **differences);

/* Notes a difference in the open transaction. */
int verify_difference(Verification *v, const char *item, const char *reason);

/* Makes problems of the batch's differences, in the open transaction. */
int verify_write(Verification *v);
