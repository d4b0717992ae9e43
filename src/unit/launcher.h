/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one place that asks PID 1 for a transient unit. Nothing a caller of the API sent gets here: ids, names of
 * [a-z0-9_], and text of root-owned definitions only. */

#include "unit/host.h"

typedef struct LauncherSpec {
        const char *unit;        /* name of the unit; checked again here */
        const char *description; /* one line of plain ASCII without control characters */
        const char *slice;
        char *const *argv; /* absolute path first; no $ expansion is done on it */
        const char *user;
        char *const *writable;    /* absolute paths */
        char *const *environment; /* KEY=value */
        char *const *log_fields;  /* KEY=value, journal fields of the unit's lines */
        usec_t timeout_usec;      /* RuntimeMaxSec=, which also counts while it is frozen; USEC_INFINITY: none */
        uint64_t memory_max_bytes; /* MemoryMax=, 0: none */
        usec_t stop_timeout_usec; /* from SIGTERM to SIGKILL */
} LauncherSpec;

/* Group of the processes that may reach the service database; see units/migrationd.sysusers. */
#define LAUNCHER_GROUP "migrationd-worker"

/* StartTransientUnit, pinned (AddRef). -EINVAL: a field is not what it has to be, nothing was sent. reply->error
 * -EEXIST: a unit of that name is there. A lost reply (-ETIMEDOUT, -ECONNRESET) means unknown: look for the unit by
 * name. */
int launcher_start(UnitHost *h, const LauncherSpec *spec, UnitReplyHandler handler, void *userdata);
