/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* migrationd.conf: /usr/lib, /run and /etc/migrationd/migrationd.conf and their .conf.d drop-ins, read with
 * libeconf. */

#include "base/macro.h"

/* Conninfo of the embedded cluster. Source of the path: units/migrationd-postgresql.service. */
#define SETTINGS_EMBEDDED_HOST "/run/migrationd-postgresql"

typedef enum Pressure {
        PRESSURE_CPU,
        PRESSURE_IO,
        PRESSURE_MEMORY,
        _PRESSURE_MAX,
} Pressure;

/* [Throttle]: limits; a report has fewer tasks at once, down to none, while one of them is not kept. All off by
 * default. */
typedef struct ThrottleSettings {
        uint32_t pressure_percent[_PRESSURE_MAX]; /* CPUPressureLimit= and so on: of 10 s, 0: none */
        char *pressure_unit;                      /* PressureUnit=: whose pressure, "": the host's */
        uint32_t connections;                     /* ActiveConnectionsLimit=: of the service's PostgreSQL, 0: none */
        char *check_unit;                         /* CheckUnit=: a unit that fails when it is too much, "": none */
        usec_t interval_usec;                     /* IntervalSec=: between two looks */
} ThrottleSettings;

typedef struct Settings {
        char *database;         /* [Store] Database=: a libpq conninfo without secrets; the embedded cluster's for
                                   the service when empty */
        char *worker_database;  /* [Store] WorkerDatabase=: what tasks get; derived from database with
                                   user=migrationd_worker when empty */
        bool embedded;          /* no Database= is set */
        uint32_t workers;       /* [Poll] Workers=: default window, 0: the number of CPUs */
        usec_t idle_usec;       /* [Service] IdleSec=: the daemon exits after that long without a call, default
                                   60 s */
        ThrottleSettings throttle;
} Settings;

Settings *settings_free(Settings *s);
DEFINE_CLEANUP(Settings *, settings_free);

/* root: "" or a prefix directory, for tests. Unknown sections and keys, and bad values, are errors that name
 * file and line. Returns 0 or a negative errno with *ret_error owned by the caller. */
int settings_load(const char *root, Settings **ret, char **ret_error);
