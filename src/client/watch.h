/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Waits for a report's end and shows what happens on the way. Signals of the bus are hints that make it
 * quick; what decides is the report as it is read, at every hint and at least every second. So a lost signal,
 * a restart of the service, of its database or of the bus only delays it, and it ends by the report's end,
 * the caller's deadline or a signal, by nothing else. */

#include "client/report.h"

typedef enum WatchEnd {
        WATCH_FINISHED,         /* completed, failed or canceled */
        WATCH_TIMEOUT,          /* the deadline is over */
        WATCH_DETACHED,         /* SIGINT */
} WatchEnd;

typedef struct WatchHandler {
        /* Called with the report whenever it was read; valid during the call only. */
        void (*on_report)(const Report *report, void *userdata);
        /* The service is not reachable just now, once per outage; the wait goes on. last: as read last, NULL:
         * never. */
        void (*on_lost)(const Report *last, const char *reason, void *userdata);
        /* The terminal has another size. */
        void (*on_resize)(const Report *last, void *userdata);
        void *userdata;
} WatchHandler;

/* timeout_usec: USEC_INFINITY for none. Needs a connected client, and reconnects it when the connection is
 * lost. Handlers may be NULL. Blocks SIGINT and SIGWINCH while it runs. Returns 0 with *ret_end, and
 * *ret_state when it is WATCH_FINISHED; or a negative errno with *ret_error set when waiting can't help: no
 * such report, not allowed, no such service on this bus. */
int watch_report(Client *c, uint32_t id, usec_t timeout_usec, const WatchHandler *handler, WatchEnd *ret_end,
                 State *ret_state, sd_bus_error *ret_error);
