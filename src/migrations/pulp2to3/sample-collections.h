/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The collections that the database of a Pulp 2 server has, with their indexes. */

#include "base/macro.h"

typedef struct SampleCollection {
        const char *name;
        const char *indexes; /* beside that on _id: "field,-field !field", - descending, ! unique */
} SampleCollection;

extern const SampleCollection sample_collections[];
extern const size_t n_sample_collections;

/* Index of a collection in the table; name has to be one of it. */
size_t sample_collection_index(const char *name);

/* The metadata that mongodump writes for a collection: JSON text, owned by the caller. NULL: out of memory.
 */
char *sample_collection_metadata(const SampleCollection *collection, const char *database);
