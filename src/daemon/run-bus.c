/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/run-bus.h"

#include <inttypes.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/error.h"
#include "bus/object.h"
#include "bus/option.h"
#include "daemon/document.h"
#include "daemon/migration.h"
#include "daemon/poke.h"
#include "daemon/request.h"
#include "daemon/watch.h"
#include "model/limits.h"
#include "model/names.h"
#include "store-sql.h"

typedef struct RunCall {
        uint32_t plan;
        uint32_t report;  /* 0 until it exists */
        uint32_t workers; /* 0: the default */
        int validate;     /* of these, negative: not given */
        int dry_run;
        int skip_corrupted;
        int verify;
        char **hold; /* codes of steps, NULL: none */
} RunCall;

static void run_call_free(void *p) {
        RunCall *call = p;

        strv_free(call->hold);
        free(call);
}

static uint32_t default_workers(const Manager *m) {
        cpu_set_t cpus;

        if (m->settings->workers > 0)
                return MIN(m->settings->workers, (uint32_t) WORKERS_MAX);
        if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
                return 1;
        return MIN((uint32_t) CPU_COUNT(&cpus), (uint32_t) WORKERS_MAX);
}

static int options_set(json_t *object, const char *key, int value) {
        return value < 0 ? 0 : json_object_set_new(object, key, json_boolean(value));
}

/* The options that the programs get; only what was given, so that a program's own default is its own. */
static char *options_to_json(const RunCall *call) {
        json_t *object = json_object();
        char *text = NULL;

        if (object && options_set(object, "validate", call->validate) >= 0 &&
            options_set(object, "dry_run", call->dry_run) >= 0 &&
            options_set(object, "skip_corrupted", call->skip_corrupted) >= 0 &&
            options_set(object, "verify", call->verify) >= 0)
                text = json_dumps(object, JSON_COMPACT);
        json_decref(object);
        return text;
}

/* The report exists, whatever became of the poll's start: the answer is its path. What failed was logged and is tried
 * again. */
static void on_poked(Manager *m, void *userdata) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Request *q = userdata;
        const RunCall *call = q->args;

        reply = request_reply_new(q);
        if (reply)
                request_finish(
                        q, reply,
                        sd_bus_message_append(reply, "o", bus_object_path(BUS_PATH_REPORT, call->report).text));
}

static void on_created(Request *q, PGresult *res) {
        RunCall *call = q->args;
        Manager *m = q->manager;

        call->report = (uint32_t) pg_get_i64(res, 0, "id", 0);
        log_full(LOG_INFO, 0, &(const LogContext){ .report = call->report },
                 "Report %" PRIu32 " of plan %" PRIu32 " created by uid %" PRIu32 "%s%s, %" PRIu32 " workers.",
                 call->report, call->plan, q->caller.uid, *q->caller.unit ? " in " : "", q->caller.unit,
                 call->workers);
        watch_look(m);
        poke_poll(m, call->report, on_poked, q);
}

static int create_report(Request *q, const Definition *d) {
        RunCall *call = q->args;
        _cleanup_(freep) char *steps = document_steps(d, call->hold), *options = options_to_json(call);
        CallerText caller = caller_text(&q->caller);
        char plan[11], workers[11];

        if (!steps || !options)
                return -ENOMEM;
        if (call->workers == 0)
                call->workers = default_workers(q->manager);
        (void) snprintf(plan, sizeof(plan), "%" PRIu32, call->plan);
        (void) snprintf(workers, sizeof(workers), "%" PRIu32, call->workers);
        request_query(q, &sql_report_run,
                      (const char *[]){ plan, d->name, options, workers, d->digest, steps, d->hook, caller.uid,
                                        caller.pid, caller.unit, caller.via },
                      on_created);
        return 0;
}

static int check_hold(const RunCall *call, const Definition *d, sd_bus_error *error) {
        for (char *const *code = call->hold; code && *code; code++)
                if (!definition_find_step(d, *code))
                        return bus_error_set(error, BUS_ERROR_BAD_OPTION,
                                             "Migration %s has no step '%.64s' to hold before", d->name, *code);
        return 0;
}

static void on_plan(Request *q, PGresult *res) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(definition_freep) Definition *d = NULL;
        const RunCall *call = q->args;
        int r;

        if (PQntuples(res) == 0)
                r = bus_error_set(&error, BUS_ERROR_NO_SUCH_PLAN, "No such plan: %" PRIu32, call->plan);
        else
                r = migration_load(pg_get_text(res, 0, "migration", ""), &d, &error);
        if (r >= 0)
                r = check_hold(call, d, &error);
        if (r >= 0)
                r = create_report(q, d);
        if (r < 0 && sd_bus_error_is_set(&error))
                request_fail(q, &error);
        else if (r < 0)
                request_fail_errno(q, r);
}

static void act_run(Request *q) {
        const RunCall *call = q->args;
        char plan[11];

        (void) snprintf(plan, sizeof(plan), "%" PRIu32, call->plan);
        request_query(q, &sql_plan_find, (const char *[]){ plan, NULL }, on_plan);
}

int run_method(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        RunCall call = { .validate = -1, .dry_run = -1, .skip_corrupted = -1, .verify = -1 };
        _cleanup_(strv_freep) char **hold = NULL;
        uint32_t workers = UINT32_MAX;
        OnBehalf on_behalf = {};
        const BusOption options[] = {
                { "workers", "u", &workers },
                { "validate", "b", &call.validate },
                { "dry_run", "b", &call.dry_run },
                { "skip_corrupted", "b", &call.skip_corrupted },
                { "verify", "b", &call.verify },
                { "hold", "as", &hold },
                on_behalf_option(&on_behalf),
                {},
        };
        _cleanup_(request_freep) Request *q = NULL;
        int r;

        r = sd_bus_message_read(message, "u", &call.plan);
        if (r < 0)
                return r;
        r = bus_options_read(message, options, error);
        if (r < 0)
                return r;
        if (workers != UINT32_MAX && (workers < 1 || workers > WORKERS_MAX))
                return bus_error_set(error, BUS_ERROR_BAD_OPTION,
                                     "Option 'workers' is %" PRIu32 ", not between 1 and %u", workers, WORKERS_MAX);
        call.workers = workers == UINT32_MAX ? 0 : workers;
        if (call.plan == 0 || call.plan > ID_MAX)
                return bus_error_set(error, BUS_ERROR_NO_SUCH_PLAN, "No such plan: %" PRIu32, call.plan);
        r = request_new(userdata, message, POLKIT_ACTION_RUN, act_run, &q, error);
        if (r < 0)
                return r;
        q->args = malloc(sizeof(RunCall));
        if (!q->args)
                return -ENOMEM;
        q->free_args = run_call_free;
        call.hold = TAKE_PTR(hold);
        *(RunCall *) q->args = call;
        q->about.plan = call.plan;
        q->on_behalf = on_behalf;
        return request_start(TAKE_PTR(q));
}
