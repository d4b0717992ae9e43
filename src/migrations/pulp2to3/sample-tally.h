/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the repositories of a part have, counted while its links are written. */

#include "migrations/pulp2to3/sample-part.h"

typedef struct SampleTallyRepository {
        SampleCount count;
        uint32_t changed; /* generation of the last change of its links */
        uint32_t *units;  /* by type */
} SampleTallyRepository;

typedef struct SampleTally {
        SampleOutput *output;
        const char *plugin;
        const char *const *types; /* NULL-terminated */
        size_t n_types;
        uint32_t first, end; /* numbers of repositories */
        SampleTallyRepository *repositories;
} SampleTally;

/* Returns 0 or -ENOMEM. */
int sample_tally_new(SampleOutput *o, const char *plugin, const char *const *types, SampleTally *ret);
void sample_tally_done(SampleTally *t);

/* Writes the links of a unit to the repositories that it is in, and counts them. readable: whether its document is
 * one that the migration can read at all; contents: how many contents it gives to a version, 0 when it is not
 * migrated. */
void sample_tally_link(SampleTally *t, const SamplePlace *place, const char *type, const char *id, bool readable,
                       uint64_t contents);

/* A link to a unit that is not in the dump. */
void sample_tally_dangling_link(SampleTally *t, uint32_t repository, const char *type, const char *id);

/* Writes a repository as the tally has counted it, notes it as expected, with the rows that each plugin has in
 * common: r's id, counts and changed are set here. */
void sample_tally_repository(SampleTally *t, uint32_t repository, SampleOutputRepository *r);

/* The same for a repository that never had a unit, and whose importer has no config. */
void sample_tally_empty_repository(SampleTally *t, const SampleOutputRepository *r);
