/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/report-request-bus.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/error.h"
#include "bus/option.h"
#include "daemon/objects.h"
#include "daemon/poke.h"
#include "daemon/report-bus.h"
#include "daemon/request.h"
#include "daemon/watch.h"
#include "model/limits.h"
#include "store-sql.h"

typedef struct ReportCall {
        const char *verb;                /* as migrationd.api_report_request() knows it */
        const char *argument;            /* points to text, NULL: none */
        char text[sizeof("4294967295")]; /* a number of workers, or a mode */
} ReportCall;

static void fail_bad_state(Request *q, const char *state) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const ReportCall *call = q->args;

        (void) bus_error_set(&error, BUS_ERROR_BAD_STATE, "Report %" PRIu32 " is %s: %s is not possible",
                             q->about.report, state, call->verb);
        request_fail(q, &error);
}

static void on_done(Request *q, PGresult *res) {
        const ReportCall *call = q->args;
        uint32_t report = q->about.report;
        const char *before, *after;
        Manager *m = q->manager;

        if (PQntuples(res) == 0) {
                objects_unknown(q);
                return;
        }
        before = pg_get_text(res, 0, "before", "");
        after = pg_get_text(res, 0, "after", NULL);
        /* A second Cancel is no error: it may come from somebody who did not get the first one's answer. */
        if (!after && !(streq(call->verb, "cancel") && streq(before, "canceling"))) {
                fail_bad_state(q, before);
                return;
        }
        if (after)
                log_full(LOG_INFO, 0, &(const LogContext){ .report = report },
                         "Report %" PRIu32 ": %s%s%s asked for by uid %" PRIu32 ", it is %s now.", report, call->verb,
                         call->argument ? " " : "", call->argument ?: "", q->caller.uid, after);
        request_reply_empty(q);
        watch_look(m);
        poke_poll(m, report, NULL, NULL);
}

static void act_request(Request *q) {
        const ReportCall *call = q->args;
        CallerText caller = caller_text(&q->caller);
        char id[11];

        (void) snprintf(id, sizeof(id), "%" PRIu32, q->about.report);
        request_query(q, &sql_report_request,
                      (const char *[]){ id, call->verb, call->argument, caller.uid, caller.pid, caller.unit },
                      on_done);
}

/* Reads the options, which end every one of these calls, and starts. */
static int start(sd_bus_message *message, Manager *m, const char *verb, const char *argument, sd_bus_error *error) {
        _cleanup_(request_freep) Request *q = NULL;
        ReportCall *call;
        uint32_t id;
        int r;

        r = bus_options_read(message, (const BusOption[]){ {} }, error);
        if (r < 0)
                return r;
        r = objects_id(&report_kind, message, &id, error);
        if (r < 0)
                return r;
        r = request_new(m, message, POLKIT_ACTION_CONTROL, act_request, &q, error);
        if (r < 0)
                return r;
        call = calloc(1, sizeof(ReportCall));
        if (!call)
                return -ENOMEM;
        call->verb = verb;
        if (argument) {
                (void) snprintf(call->text, sizeof(call->text), "%s", argument);
                call->argument = call->text;
        }
        q->args = call;
        q->free_args = free;
        q->about.report = id;
        return request_start(TAKE_PTR(q));
}

int report_method_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, "cancel", NULL, error);
}

int report_method_resume(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, "resume", NULL, error);
}

int report_method_retry(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, "retry", NULL, error);
}

int report_method_pause(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *mode;
        int r;

        r = sd_bus_message_read(message, "s", &mode);
        if (r < 0)
                return r;
        if (!streq(mode, "drain") && !streq(mode, "freeze"))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Unknown mode '%.64s', not drain or freeze", mode);
        return start(message, userdata, "pause", mode, error);
}

int report_method_set_workers(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        char text[sizeof("4294967295")];
        uint32_t workers;
        int r;

        r = sd_bus_message_read(message, "u", &workers);
        if (r < 0)
                return r;
        if (workers < 1 || workers > WORKERS_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION,
                                     "The number of workers is %" PRIu32 ", not between 1 and %u", workers,
                                     WORKERS_MAX);
        (void) snprintf(text, sizeof(text), "%" PRIu32, workers);
        return start(message, userdata, "set-workers", text, error);
}
