/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/report-request-bus.h"

#include <inttypes.h>
#include <jansson.h>
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
        const char *verb; /* as migrationd.api_report_request() knows it */
        char *argument;   /* a number of workers, a mode, a step, a JSON object; NULL: none */
        char *step;       /* that the argument names; NULL: none */
} ReportCall;

static void report_call_free(void *p) {
        ReportCall *call = p;

        free(call->argument);
        free(call->step);
        free(call);
}

/* What can be done about a report in that state. */
static const char *next_of(const char *state) {
        static const struct {
                const char *state, *next;
        } table[] = {
                { "running", "what it waits for is said by: migrationctl why" },
                { "paused", "it goes on with: migrationctl resume" },
                { "canceling", "wait for its end with: migrationctl wait" },
                { "failed", "what has failed is tried again with: migrationctl retry" },
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (streq(table[i].state, state))
                        return table[i].next;
        return "it has ended, how is said by: migrationctl status";
}

/* choice: the steps that a hold or a release can be about, NULL: none. */
static void fail_refused(Request *q, const char *state, const char *refused, const char *choice) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        const ReportCall *call = q->args;
        uint32_t report = q->about.report;

        if (streq(refused, "step"))
                (void) bus_error_set(&error, BUS_ERROR_BAD_OPTION, "Report %" PRIu32 " has no step '%.64s'%s%s", report,
                                     call->step, choice ? "; one of these can be meant: " : "", choice ?: "");
        else if (streq(refused, "begun") && choice)
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "Step %s of report %" PRIu32 " has begun; it can still be held before: %s",
                                     call->step, report, choice);
        else if (streq(refused, "begun"))
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "Step %s of report %" PRIu32
                                     " has begun, and no other is left to hold before; to start nothing "
                                     "more: migrationctl pause %" PRIu32,
                                     call->step, report, report);
        else if (streq(refused, "held") && choice)
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "Report %" PRIu32 " does not hold before step %s, but before: %s", report,
                                     call->step, choice);
        else if (streq(refused, "held"))
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "Report %" PRIu32 " does not hold%s%s; %s %" PRIu32, report,
                                     call->step ? " before step " : "", call->step ?: "", next_of(state), report);
        else if (streq(refused, "sessions"))
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "Report %" PRIu32 " is being run: its poll or a task of it has a session",
                                     report);
        else if (streq(refused, "tasks"))
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "No failed task of report %" PRIu32 " is of that step and class", report);
        else
                (void) bus_error_set(&error, BUS_ERROR_BAD_STATE,
                                     "Report %" PRIu32 " is %s: %s is not possible; %s %" PRIu32, report, state,
                                     call->verb, next_of(state), report);
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
        /* A second Cancel is no error, nor is a second Pause of the same mode (the other mode would have been taken):
         * it may come from somebody who did not get the first one's answer. */
        if (!after && !(streq(call->verb, "cancel") && streq(before, "canceling")) &&
            !(streq(call->verb, "pause") && streq(before, "paused"))) {
                fail_refused(q, before, pg_get_text(res, 0, "refused", ""), pg_get_text(res, 0, "choice", NULL));
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
        request_query(
                q, &sql_report_request,
                (const char *[]){ id, call->verb, call->argument, caller.uid, caller.pid, caller.unit, caller.via },
                on_done);
}

/* Starts the call, whose options were read; they end every one of these. argument and step: copied, may be NULL. */
static int start_read(sd_bus_message *message, Manager *m, const char *verb, const char *argument, const char *step,
                      const OnBehalf *on_behalf, sd_bus_error *error) {
        _cleanup_(request_freep) Request *q = NULL;
        ReportCall *call;
        uint32_t id;
        int r;

        r = objects_id(&report_kind, message, &id, error);
        if (r < 0)
                return r;
        r = request_new(m, message, POLKIT_ACTION_CONTROL, act_request, &q, error);
        if (r < 0)
                return r;
        call = calloc(1, sizeof(ReportCall));
        if (!call)
                return -ENOMEM;
        q->args = call;
        q->free_args = report_call_free;
        call->verb = verb;
        call->argument = argument ? strdup(argument) : NULL;
        call->step = step ? strdup(step) : NULL;
        if ((argument && !call->argument) || (step && !call->step))
                return -ENOMEM;
        q->about.report = id;
        q->on_behalf = *on_behalf;
        return request_start(TAKE_PTR(q));
}

static int start(sd_bus_message *message, Manager *m, const char *verb, const char *argument, const char *step,
                 sd_bus_error *error) {
        OnBehalf on_behalf = {};
        int r;

        r = bus_options_read(message, (const BusOption[]){ on_behalf_option(&on_behalf), {} }, error);
        return r < 0 ? r : start_read(message, m, verb, argument, step, &on_behalf, error);
}

int report_method_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, "cancel", NULL, NULL, error);
}

int report_method_resume(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, "resume", NULL, NULL, error);
}

int report_method_move(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start(message, userdata, "move", NULL, NULL, error);
}

int report_method_retry(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *step = NULL, *class = NULL;
        _cleanup_(freep) char *argument = NULL;
        json_auto_t *filter = NULL;
        OnBehalf on_behalf = {};
        int r;

        r = bus_options_read(
                message,
                (const BusOption[]){
                        { "step", "s", &step }, { "class", "s", &class }, on_behalf_option(&on_behalf), {} },
                error);
        if (r < 0)
                return r;
        if (step && !text_is_name(step))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Option 'step' is no name of a step: '%.64s'",
                                     step);
        filter = json_pack("{s:s*, s:s*}", "step", step, "class", class);
        argument = filter ? json_dumps(filter, JSON_COMPACT) : NULL;
        if (!argument)
                return -ENOMEM;
        return start_read(message, userdata, "retry", step || class ? argument : NULL, step, &on_behalf, error);
}

static int start_on_step(sd_bus_message *message, Manager *m, const char *verb, bool all, sd_bus_error *error) {
        const char *step;
        int r;

        r = sd_bus_message_read(message, "s", &step);
        if (r < 0)
                return r;
        if (!text_is_name(step) && !(all && *step == 0))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "No name of a step: '%.64s'", step);
        return start(message, m, verb, step, *step ? step : NULL, error);
}

int report_method_hold(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start_on_step(message, userdata, "hold", false, error);
}

int report_method_release(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        return start_on_step(message, userdata, "release", true, error);
}

int report_method_pause(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *mode;
        int r;

        r = sd_bus_message_read(message, "s", &mode);
        if (r < 0)
                return r;
        if (!streq(mode, "drain") && !streq(mode, "freeze"))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION, "Unknown mode '%.64s', not drain or freeze", mode);
        return start(message, userdata, "pause", mode, NULL, error);
}

int report_method_set_workers(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        char text[sizeof("4294967295")];
        uint32_t workers, report;
        int r;

        r = sd_bus_message_read(message, "u", &workers);
        if (r < 0)
                return r;
        r = objects_id(&report_kind, message, &report, error);
        if (r < 0)
                return r;
        if (workers == 0)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION,
                                     "The number of workers is 0, not between 1 and %u; to start no new task: "
                                     "migrationctl pause %" PRIu32,
                                     WORKERS_MAX, report);
        if (workers > WORKERS_MAX)
                return bus_error_set(error, BUS_ERROR_BAD_OPTION,
                                     "The number of workers is %" PRIu32 ", not between 1 and %u", workers,
                                     WORKERS_MAX);
        (void) snprintf(text, sizeof(text), "%" PRIu32, workers);
        return start(message, userdata, "set-workers", text, NULL, error);
}
