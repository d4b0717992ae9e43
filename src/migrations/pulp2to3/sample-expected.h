/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a migration of a sample has to lead to, computed from the sample alone. */

#include <jansson.h>

#include "migrations/pulp2to3/sample.h"

/* An object for programs to compare with, owned by the caller; NULL when out of memory. It describes a
 * migration that skips corrupted content, into an empty target:
 *
 *   dump           what archive_count() counts in the archive
 *   contents       units that Pulp 3 will have
 *   artifacts      different files of theirs; the manifests of publications are not among them
 *   tables         number of rows by Pulp 3 table, for a plan that names every repository, also the empty
 * ones tables_filled  the same without the empty ones, which a plan that names no repositories does not find
 *   problems       number of units that are skipped, by kind, and "units": id, name and kind of each
 *   repositories   name, units, migrated, versions (with version 0), empty
 *   plugins        for each part, by plugin: tables, problems (collection, id, kind), repositories (name, links,
 *                  dangling, contents)
 *
 * All but plugins is of ISO repositories. The archive has to be made before. */
json_t *sample_expect(const Sample *s);
