/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Base paths of distributions, and which cannot be beside each other. sql/plan-paths.sql has the same rules. */

#include "migrations/pulp2to3/dump.h"

typedef struct BasePath {
        char object_id[32];   /* of the distributor; empty: of a distribution that Pulp 3 has */
        const Plugin *plugin; /* NULL: of a distribution that is not of docker's kind */
        char *name;           /* of the repository, or of the distribution; owned */
        char *text;           /* owned */
} BasePath;

typedef struct BasePaths {
        BasePath *paths;
        size_t n, n_allocated;
} BasePaths;

/* Takes the path of a distributor's row. Returns 0, -ENOMEM, or -EBADMSG with a text. */
int base_paths_add(BasePaths *b, const DumpRow *row, char **ret_reason);
void base_paths_done(BasePaths *b);

/* Takes the path of a distribution that Pulp 3 has, and that does not go; it counts unless it is that of a
 * distributor that counts. Returns 0 or -ENOMEM. */
int base_paths_add_distribution(BasePaths *b, const char *name, const char *base_path, bool docker);

/* Calls handler() for each distributor that gets no distribution, as a distribution or an older distributor, other,
 * has its path or one that overlaps with it. A negative return ends the search. is_wanted() says which distributors
 * count. */
int base_paths_check(const BasePaths *b, bool (*is_wanted)(const BasePath *path, void *userdata),
                     int (*handler)(const BasePath *path, const BasePath *other, void *userdata), void *userdata);

/* What to say of it: the item of a problem, and the reason; both owned. NULL: out of memory. */
char *base_path_item(const Plugin *plugin, const char *object_id);
char *base_path_reason(const char *repository, const char *path, const char *other, const char *other_repository,
                       const char *other_path);
/* The same where other is a distribution that Pulp 3 has. */
char *base_path_reason_distribution(const BasePath *path, const BasePath *other);
