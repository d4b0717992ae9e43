/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a content type brings to the step content: how its units are cut into tasks, and how a task migrates a
 * range of them. */

#include "migrations/pulp2to3/step.h"

/* What a task is sized for: how many units, and how many bytes to be read. */
typedef struct ContentLimits {
        int64_t units;
        int64_t bytes;
} ContentLimits;

typedef struct ContentType {
        const char *name; /* as in Pulp 2: units_NAME */
        int32_t stage;    /* types of a later stage need content of the earlier ones */
        /* Calls add() for each range of units that are to be migrated. */
        int (*expand)(Step *s, const ContentLimits *limits,
                      int (*add)(Step *s, const char *type, int32_t stage, int64_t first, int64_t last,
                                 int64_t units));
        /* Migrates the units after s->position up to last. */
        int (*run)(Step *s, int64_t first, int64_t last);
} ContentType;

extern const ContentType content_iso;
