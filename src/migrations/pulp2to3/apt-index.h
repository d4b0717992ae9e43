/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A file Packages and its compressed twin, written together. The twin has no time stamp: the same packages give the
 * same bytes. */

#include <zlib.h>

#include "migrations/pulp2to3/apt-stanza.h"

#define APT_INDEX "Packages"
#define APT_INDEX_GZ APT_INDEX ".gz"

typedef struct AptIndex {
        FILE *plain;
        gzFile compressed;
} AptIndex;

/* Creates both in a directory. Returns 0 or a negative errno; apt_index_close() also after a failure. */
int apt_index_open(AptIndex *i, int directory_fd);

/* Adds a package; as apt_stanza_new(), or the negative errno of a write. */
int apt_index_add(AptIndex *i, const json_t *package, const AptFile *file, char **ret_reason);

/* Ends both. Returns 0, or the negative errno of what could not be written. */
int apt_index_close(AptIndex *i);
