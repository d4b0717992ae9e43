/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The engine of one report: looks at rows and at units and does what follows. It is level-triggered: each check reads
 * both anew and acts on what it sees; signals and notifications only say that a check is due. */

#include <systemd/sd-event.h>

#include "config/definition.h"
#include "config/settings.h"
#include "store/pg-client.h"
#include "unit/host.h"

typedef struct Engine Engine;

typedef enum EngineEnd {
        ENGINE_FINISHED,       /* the report is completed, failed or canceled: the timer is to be stopped */
        ENGINE_UNKNOWN_REPORT, /* there is no such report: the timer is to be stopped */
        ENGINE_ELSEWHERE,      /* another host runs the report: whatever it left here is to be stopped */
} EngineEnd;

/* Called once, when there is nothing left to do here. */
typedef void (*EngineEndHandler)(Engine *e, EngineEnd end, void *userdata);

typedef struct EngineOptions {
        uint32_t report;
        const char *conninfo;        /* of the service database; borrowed during engine_new() */
        const char *worker_conninfo; /* what tasks get as MIGRATIOND_DATABASE; borrowed during engine_new() */
        const char *definition_root; /* "" or a prefix directory; borrowed during engine_new() */
        const ThrottleSettings *throttle; /* NULL: off; borrowed until engine_free() */
} EngineOptions;

/* Connects and starts the first check as soon as the report's lock is held. Returns 0 or a negative errno. */
int engine_new(sd_event *event, const EngineOptions *options, EngineEndHandler on_end, void *userdata, Engine **ret);

/* Drops all pending calls. Units go on. Accepts NULL, returns NULL. */
Engine *engine_free(Engine *e);
DEFINE_CLEANUP(Engine *, engine_free);

/* After ENGINE_ELSEWHERE the name of the host that runs the report; borrowed. */
const char *engine_elsewhere(Engine *e);

/* One line for systemctl status: what the last check saw; borrowed. */
const char *engine_status(Engine *e);
