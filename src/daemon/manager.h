/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The service: one bus connection, one database connection, the calls in flight, and the report that is watched.
 * Domain and life cycle are here; what callers see is in *-bus.c. */

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "config/settings.h"
#include "daemon/eta.h"
#include "store/pg-client.h"

typedef struct Request Request;

/* A call waits that long for the database, and so long for its statement; together below sd-bus's usual 25 s. */
#define MANAGER_STORE_TIMEOUT_USEC (10 * USEC_PER_SEC)

/* Where the database connection is. */
typedef enum StorePhase {
        STORE_CONNECTING, /* no connection was made yet */
        STORE_PREPARING,  /* the schema is being applied */
        STORE_REFUSED,    /* the schema could not be applied; tried again with the next call */
        STORE_READY,      /* the schema was applied once; the client reconnects by itself from now on */
} StorePhase;

typedef struct Manager {
        sd_event *event;
        sd_bus *bus;
        Settings *settings;

        uint32_t gateway_uid; /* of ON_BEHALF_USER; 0: not known yet */

        PgClient *store;
        StorePhase phase;
        char *store_problem;    /* why the store can't be used, NULL when it can */
        usec_t store_lost_usec; /* CLOCK_REALTIME since when it is not reachable; 0: it is, or nobody knows yet */
        bool announced;         /* the bus name was asked for */

        Request *requests; /* all calls in flight */
        unsigned n_requests;
        size_t n_bytes;   /* of the plans in them */
        unsigned n_pokes; /* StartUnit calls without a reply */

        bool watching;        /* last_report is valid */
        uint32_t last_report; /* highest id seen */
        uint32_t unfinished;  /* id of the unfinished report, 0: none */
        PGresult *seen;       /* what was last told of it, one row of report-watch; NULL: nothing */
        bool looking;         /* report-watch is in flight */
        bool look_again;      /* something changed while it was */
        usec_t look_started_usec;
        sd_event_source *look_timer;
        usec_t poke_retry_usec; /* CLOCK_MONOTONIC; 0: the last poke worked */
        Eta eta;

        sd_event_source *idle_timer;
        sd_event_source *stop_timer;
        sd_event_source *announce_timer;
        bool stopping;
        bool name_released;

        sd_bus_vtable *plan_vtable; /* must outlive their slots */
        sd_bus_vtable *report_vtable;
        sd_bus_slot *plan_slot;
        sd_bus_slot *report_slot;
} Manager;

/* Connects to the store and registers the objects on the bus, which must be attached to the event loop by the caller.
 * The name is taken when the first attempt to reach the store has an outcome, so that a caller who activated the
 * service meets one that knows. Takes the settings. Returns 0 or a negative errno; logs. */
int manager_new(sd_event *event, sd_bus *bus, Settings *settings, Manager **ret);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager *, manager_free);

/* Registers the vtables and callbacks of all interfaces: manager_new() and introspection share it. */
int manager_register(Manager *m);

/* Asks for the bus name, once. */
int manager_announce(Manager *m);

/* Releases the name, lets the calls in flight finish, then leaves the event loop with 0. Idempotent. */
void manager_stop(Manager *m);

/* To be called when something ended that keeps the service up: restarts the idle clock, or ends a stop. */
void manager_settle(Manager *m);

/* The command that says more when the store is away. */
const char *manager_store_hint(const Manager *m);
