/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The file Release of a distribution of an apt repository. */

#include <stdio.h>
#include <time.h>

#include "migrations/pulp2to3/digests.h"
#include "migrations/pulp2to3/publication.h"

typedef struct AptRelease {
        const char *suite;    /* NULL or empty: none */
        const char *codename; /* never empty */
        time_t date;
        const char *architectures, *components; /* separated by blanks */
        const char *description;                /* NULL or empty: none */
} AptRelease;

/* Writes it with the checksums of files, whose paths begin with folder. Errors of the stream are its own. Source of
 * the fields, their order, and which digests there are: pulp_deb 2.18, with the settings it comes with. */
void apt_release_write(FILE *f, const AptRelease *r, const char *folder, const PublishedFile *files, size_t n_files);
