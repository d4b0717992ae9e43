/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Steps and starts. Intent before act: the attempt rows are committed before PID 1 hears of them. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"
#include "unit/launcher.h"

/* Starts in flight at once: well below the 128 unanswered calls that the bus allows a connection. */
#define LAUNCH_BATCH_MAX 64
/* From SIGTERM to SIGKILL. A task that needs longer to roll back its batch loses nothing by being killed: it is
 * idempotent. */
#define STOP_TIMEOUT_USEC (15 * USEC_PER_SEC)
/* The wrapper that claims and finishes for programs with contract exit-code. */
#define TASK_COMMAND "/usr/bin/migrationd-task"

static void on_advance(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        int64_t step;

        if (operation_failed(o, "advancing the steps", error))
                return;
        step = pg_get_i64(res, 0, "ord", -1);
        e->no_step = step < 0;
        if (step >= 0 && step != e->step) {
                LogContext context = { .report = e->report, .step = pg_get_text(res, 0, "code", "") };

                (void) log_full(LOG_INFO, 0, &context, "Step %s: %s", context.step,
                                pg_get_text(res, 0, "message", ""));
                e->step = step;
        }
        operation_end(o, 0, NULL, NULL);
}

void engine_phase_advance(Engine *e) {
        char report[12];

        if (e->snap.state != STATE_RUNNING)
                return;
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        engine_query(e, 0, &sql_poll_advance, (const char *[]){ report }, on_advance);
}

static void on_started(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);
        Outcome outcome;

        if (!a)
                ;
        else if (reply->error == 0) {
                a->pinned = true;
                a->active = true;
                a->started_usec = engine_now(e);
        } else if (reply->error != -ETIMEDOUT && reply->error != -ECONNRESET) {
                LogContext context = engine_log_context(e, a);

                /* Refused: nothing runs. A lost answer instead is looked up by name in the next check. */
                (void) log_full(LOG_ERR, reply->error, &context, "Starting %s: %s", a->unit, reply->message);
                outcome_from_start_error(reply->message, &outcome);
                attempt_end_with(e, a, &outcome, NULL);
        }
        e->changed = true;
        operation_end(o, 0, NULL, NULL);
}

/* The lists a unit's properties are made from; freed by launch_lists_done(). */
typedef struct LaunchLists {
        char **argv;
        char **environment;
        char **log_fields;
} LaunchLists;

static void launch_lists_done(LaunchLists *l) {
        strv_free(l->argv);
        strv_free(l->environment);
        strv_free(l->log_fields);
}

static int strv_append_format(char ***v, const char *format, ...) _printf_(2, 3);
static int strv_append_format(char ***v, const char *format, ...) {
        _cleanup_(freep) char *s = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&s, format, ap) < 0)
                s = NULL;
        va_end(ap);
        return s ? strv_append(v, s) : -ENOMEM;
}

static int strv_extend(char ***v, char *const *tail) {
        int r = 0;

        for (char *const *i = tail; i && *i && r >= 0; i++)
                r = strv_append(v, *i);
        return r;
}

static int launch_lists_fill(Engine *e, const Attempt *a, const DefinitionStep *step, const char *token,
                             LaunchLists *l) {
        int r = 0;

        if (step->contract == CONTRACT_EXIT_CODE && !a->expander)
                r = strv_extend(&l->argv, (char *[]){ (char *) TASK_COMMAND, (char *) "run", (char *) "--exit-code",
                                                      (char *) "--", NULL });
        if (r >= 0)
                r = strv_extend(&l->argv, a->expander ? step->expand : step->exec);
        if (r >= 0)
                r = strv_extend(&l->environment, e->definition->environment);
        if (r >= 0)
                r = strv_append_format(&l->environment, "MIGRATIOND_REPORT=%" PRIu32, e->report);
        if (r >= 0)
                r = strv_append_format(&l->environment, "MIGRATIOND_TASK=%" PRIu32, a->task);
        if (r >= 0)
                r = strv_append_format(&l->environment, "MIGRATIOND_ATTEMPT=%" PRIu32, a->number);
        if (r >= 0)
                r = strv_append_format(&l->environment, "MIGRATIOND_TOKEN=%s", token);
        if (r >= 0)
                r = strv_append_format(&l->environment, "MIGRATIOND_DATABASE=%s", e->worker_conninfo);
        if (r >= 0)
                r = strv_append_format(&l->log_fields, "MIGRATION_REPORT=%" PRIu32, e->report);
        if (r >= 0)
                r = strv_append_format(&l->log_fields, "MIGRATION_STEP=%s", a->step);
        if (r >= 0)
                r = strv_append_format(&l->log_fields, "MIGRATION_TASK=%" PRIu32, a->task);
        if (r >= 0)
                r = strv_append_format(&l->log_fields, "MIGRATION_ATTEMPT=%" PRIu32, a->number);
        return r;
}

/* The unit's name as the database made it has to be the one that the ids make here. */
static bool attempt_unit_is_right(Engine *e, const Attempt *a) {
        _cleanup_(freep) char *unit = NULL;

        unit = task_unit_name(e->migration, a->step, e->report, a->task, a->number);
        return unit && streq(unit, a->unit);
}

static int attempt_start(Engine *e, Attempt *a, const char *token) {
        _cleanup_(launch_lists_done) LaunchLists lists = {};
        const DefinitionStep *step = definition_find_step(e->definition, a->step);
        char description[256];
        LauncherSpec spec;
        Operation *o;
        int r;

        if (!step || (a->expander && !step->expand) || !attempt_unit_is_right(e, a))
                return -EINVAL;
        r = launch_lists_fill(e, a, step, token, &lists);
        if (r < 0)
                return r;
        snprintf(description, sizeof(description),
                 "Migration %s, report %" PRIu32 ", step %s, task %" PRIu32 ", attempt %" PRIu32, e->migration,
                 e->report, a->step, a->task, a->number);
        spec = (LauncherSpec){
                .unit = a->unit,
                .description = description,
                .slice = e->slice,
                .argv = lists.argv,
                .user = step->user,
                .writable = step->writable,
                .environment = lists.environment,
                .log_fields = lists.log_fields,
                /* The step's timeout is kept in limits.c: RuntimeMaxSec= would go on while the unit is frozen. */
                .timeout_usec = USEC_INFINITY,
                .memory_max_bytes = a->memory_max_bytes,
                .stop_timeout_usec = STOP_TIMEOUT_USEC,
        };
        o = operation_new(e, a->id);
        if (!o)
                return -ENOMEM;
        operation_sent(o, launcher_start(e->host, &spec, on_started, o), "StartTransientUnit");
        return 0;
}

static int launched_add(Engine *e, PGresult *res, int row) {
        Attempt *a = attempt_add(e, pg_get_i64(res, row, "attempt_id", 0));
        Outcome outcome;
        int r;

        if (!a)
                return -ENOMEM;
        a->task = (uint32_t) pg_get_i64(res, row, "task", 0);
        a->number = (uint32_t) pg_get_i64(res, row, "number", 0);
        a->state = STATE_LAUNCHING;
        a->expander = streq(pg_get_text(res, row, "kind", ""), "expand");
        a->age_usec = -1;
        a->memory_max_bytes = (uint64_t) pg_get_i64(res, row, "memory_max_bytes", 0);
        a->seen = a->settled = a->thawed = true;
        a->step = strdup(pg_get_text(res, row, "step", ""));
        a->launcher = strdup(unit_host_unique_name(e->host));
        a->unit = strdup(pg_get_text(res, row, "unit", ""));
        if (!a->step || !a->launcher || !a->unit)
                return -ENOMEM;
        r = attempt_start(e, a, pg_get_text(res, row, "token", ""));
        if (r < 0) {
                outcome_from_start_error("the definition does not have the step any more", &outcome);
                outcome.permanent = true;
                attempt_end_with(e, a, &outcome, NULL);
        }
        return 0;
}

static void on_launch(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        int r = 0;

        if (operation_failed(o, "writing the intents of starts", error))
                return;
        for (int row = 0; row < PQntuples(res) && r >= 0; row++)
                r = launched_add(e, res, row);
        operation_end(o, r, "starting units", NULL);
}

void engine_phase_launch(Engine *e) {
        char report[12], limit[12];
        size_t active = engine_count_active(e), window = MIN(e->snap.workers, e->snap.throttle_window);

        if (e->snap.state != STATE_RUNNING || e->snap.any_failed || e->no_step || !e->definition || active >= window)
                return;
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        snprintf(limit, sizeof(limit), "%zu", MIN((size_t) LAUNCH_BATCH_MAX, window - active));
        engine_query(e, 0, &sql_poll_launch,
                     (const char *[]){ report, limit, unit_host_unique_name(e->host), e->bus_id }, on_launch);
}

int fence_start(Engine *e) {
        _cleanup_(launch_lists_done) LaunchLists lists = {};
        char description[128];
        LauncherSpec spec;
        Operation *o;
        int r;

        free(e->fence_unit);
        e->fence_unit = text_format("migrationd-fence-%" PRIu32 "-%" PRIu64 ".service", e->report, engine_now(e));
        if (!e->fence_unit)
                return -ENOMEM;
        r = strv_append_format(&lists.environment, "MIGRATIOND_REPORT=%" PRIu32, e->report);
        if (r >= 0)
                r = strv_append_format(&lists.log_fields, "MIGRATION_REPORT=%" PRIu32, e->report);
        if (r < 0)
                return r;
        snprintf(description, sizeof(description), "Fence of migration %s, report %" PRIu32, e->migration, e->report);
        spec = (LauncherSpec){
                .unit = e->fence_unit,
                .description = description,
                .slice = "system.slice",
                .argv = e->definition->fence,
                .user = *e->definition->user ? e->definition->user : e->definition->steps[0].user,
                .environment = lists.environment,
                .log_fields = lists.log_fields,
                .timeout_usec = 60 * USEC_PER_SEC,
                .stop_timeout_usec = STOP_TIMEOUT_USEC,
        };
        o = operation_new(e, 0);
        if (!o)
                return -ENOMEM;
        return launcher_start(e->host, &spec, fence_on_started, o);
}
