/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A publication of an rpm repository in the making, for the files that make one. */

#include "migrations/pulp2to3/publication.h"
#include "migrations/pulp2to3/repodata.h"

typedef struct RpmPublication {
        Publisher *publisher;
        Publication *publication;
        const char *checksum_type;          /* of the distributor, as the library has it; NULL: not given */
        const char *metadata_checksum_type; /* likewise; of the metadata's names and of repomd.xml */
        bool sqlite;
        int64_t n_packages;
        Repodata *repodata;
} RpmPublication;

/* Calls take() for each row of a statement whose only parameters are the version and second (NULL: it has one
 * only), in constant memory. Returns 0, or a negative errno after step_fail(). */
int rpm_publication_rows(RpmPublication *m, const char *what, const char *sql, const char *second,
                         int (*take)(RpmPublication *m, const PGresult *row, void *userdata), void *userdata);

/* The files that are made of others: modules.yaml, comps.xml, and metadata files of the version's own, each if it
 * has any. Between repodata_close() and repodata_finish(). Return as above. */
int rpm_publication_modules(RpmPublication *m);
int rpm_publication_comps(RpmPublication *m);
int rpm_publication_metadata_files(RpmPublication *m);

/* Stores and notes the .treeinfo of the version's trees. */
int rpm_publication_trees(RpmPublication *m);

/* Sets the text of a failure of repodata.h, comps.h or of memory. */
int rpm_publication_fail(RpmPublication *m, int error, const char *text);
