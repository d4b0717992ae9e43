/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ends of a report. QUIET: no unit is active, no start can come any more. FREE: then, no session of a former
 * attempt holds its lock, in any database the migration writes: a killed process's last statement may commit after
 * its cgroup is empty. Units first, locks second. In the service database this process looks itself; in others the
 * definition's fence program does. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

#define FENCE_RETRY_USEC (2 * USEC_PER_SEC)

typedef enum End {
        END_NONE,
        END_COMPLETED,
        END_FAILED,
        END_CANCELED,
} End;

/* Which end is due, as far as units are concerned. */
static End engine_end_due(Engine *e) {
        if (e->n_attempts > 0 || e->broken)
                return END_NONE;
        switch (e->snap.state) {
        case STATE_CANCELING:
                return e->slice_empty ? END_CANCELED : END_NONE;
        case STATE_RUNNING:
                if (e->snap.any_failed)
                        return END_FAILED;
                return e->no_step && !*e->snap.held ? END_COMPLETED : END_NONE;
        default:
                return END_NONE;
        }
}

static void on_locks(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;

        if (operation_failed(o, "looking for sessions of former attempts", error))
                return;
        o->engine->sessions = pg_get_i64(res, 0, "sessions", 0);
        operation_end(o, 0, NULL, NULL);
}

static void fence_again(Engine *e, const char *why) {
        e->fence = FENCE_NONE;
        e->fence_next_usec = engine_now(e) + FENCE_RETRY_USEC;
        (void) snprintf(e->fence_reason, sizeof(e->fence_reason),
                        "the fence of %s has not passed: %s, see: journalctl -u %s", e->migration, why, e->fence_unit);
        engine_set_reason(e, "%s", e->fence_reason);
}

void fence_on_started(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;

        if (reply->error == 0)
                e->fence = FENCE_RUNNING;
        else
                fence_again(e, reply->message);
        operation_end(o, 0, NULL, NULL);
}

static void on_fence_result(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        const UnitResult *result = reply->result;

        if (reply->error < 0)
                fence_again(e, reply->message);
        else if (result->active)
                e->dirty = true;
        else if (streq(result->result, "success") && streq(result->exit_code, "exited") && result->exit_status == 0) {
                e->fence = FENCE_PASSED;
                e->changed = true;
        } else
                fence_again(e, result->result);
        if (e->fence != FENCE_RUNNING) {
                (void) unit_host_unref(e->host, e->fence_unit, NULL, NULL);
                (void) unit_host_reset_failed(e->host, e->fence_unit, NULL, NULL);
        }
        operation_end(o, 0, NULL, NULL);
}

static void fence_check(Engine *e) {
        Operation *o;
        int r;

        if (!e->definition || !e->definition->fence) {
                /* Without a readable definition nobody knows what the migration writes to: rather wait than say
                 * canceled. */
                if (e->definition)
                        e->fence = FENCE_PASSED;
                return;
        }
        if (e->fence == FENCE_RUNNING && !e->fence_listed)
                fence_again(e, "its unit is gone");
        if (e->fence == FENCE_RUNNING && !e->fence_active) {
                o = operation_new(e, 0);
                if (o)
                        operation_sent(o, unit_host_get_result(e->host, e->fence_unit, on_fence_result, o), "GetAll");
        } else if (e->fence == FENCE_NONE && engine_now(e) >= e->fence_next_usec) {
                r = fence_start(e);
                if (r < 0)
                        fence_again(e, strerror(-r));
        }
}

void engine_phase_free(Engine *e) {
        char report[12];
        End end = engine_end_due(e);

        if (end != END_CANCELED && end != END_FAILED) {
                e->fence = FENCE_NONE;
                *e->fence_reason = 0;
                return;
        }
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        engine_query(e, 0, &sql_poll_locks, (const char *[]){ report }, on_locks);
        if (e->fence != FENCE_PASSED)
                fence_check(e);
}

static void on_end_written(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        LogContext context = engine_log_context(o->engine, NULL);

        if (operation_failed(o, "writing the report's end", error))
                return;
        if (pg_get_bool(res, 0, "written"))
                (void) log_full(LOG_NOTICE, 0, &context, "Report %" PRIu32 " %s", o->engine->report,
                                o->engine->ending);
        /* Not written: a request came first. Either way the rows say what is next. */
        o->engine->changed = true;
        operation_end(o, 0, NULL, NULL);
}

/* No unit is active any more, and the end can not be written yet. */
static void engine_explain_end(Engine *e, const char *end) {
        if (e->sessions > 0)
                engine_set_reason(e, "%s: %" PRIi64 " database session%s of former attempts %s not ended", end,
                                  e->sessions, e->sessions == 1 ? "" : "s", e->sessions == 1 ? "has" : "have");
        /* Between two of them, and while the next one runs. */
        else if (e->fence != FENCE_PASSED && *e->fence_reason)
                engine_set_reason(e, "%s", e->fence_reason);
        else if (e->fence == FENCE_RUNNING)
                engine_set_reason(e, "%s: waiting for %s", end, e->fence_unit);
}

static void engine_explain(Engine *e) {
        size_t active = engine_count_active(e);

        if (*e->reason)
                return;
        if (e->snap.state == STATE_CANCELING) {
                if (active > 0)
                        engine_set_reason(e, "canceling: %zu unit%s being stopped", active,
                                          active == 1 ? " is" : "s are");
                else if (!e->slice_empty)
                        engine_set_reason(e, "canceling: %s is being stopped", e->slice);
                else
                        engine_explain_end(e, "canceling");
        } else if (engine_end_due(e) == END_FAILED)
                engine_explain_end(e, "a task has failed");
        else if (e->snap.state == STATE_PAUSED)
                engine_set_reason(e, "%s", e->snap.waits ?: "paused");
        else if (*e->snap.held)
                engine_set_reason(e,
                                  "held before step %s by uid %" PRIi64
                                  ", release it with: migrationctl release %" PRIu32 " %s",
                                  e->snap.held, e->snap.held_uid, e->report, e->snap.held);
        else if (e->snap.throttle_window < e->snap.workers && !e->snap.any_failed)
                engine_set_reason(e, "throttled to %" PRIu32 " of %" PRIu32 " tasks at once: %s",
                                  e->snap.throttle_window, e->snap.workers, e->snap.throttle_reason ?: "");
        else if (active == 0 && e->snap.next_usec >= 0)
                engine_set_reason(e, "%s", e->snap.waits ?: "back-off of a failed task");
        else if (e->snap.any_failed && active > 0)
                engine_set_reason(e, "a task has failed: waiting for the tasks in flight to end");
}

void engine_phase_end(Engine *e) {
        char report[12];
        const SqlStatement *sql = NULL;

        switch (engine_end_due(e)) {
        case END_COMPLETED:
                e->ending = state_to_string(STATE_COMPLETED);
                sql = &sql_poll_completed;
                break;
        case END_CANCELED:
                e->ending = state_to_string(STATE_CANCELED);
                sql = e->sessions == 0 && e->fence == FENCE_PASSED ? &sql_poll_canceled : NULL;
                break;
        case END_FAILED:
                e->ending = state_to_string(STATE_FAILED);
                sql = e->sessions == 0 && e->fence == FENCE_PASSED ? &sql_poll_failed : NULL;
                break;
        case END_NONE:
                break;
        }
        if (!sql) {
                engine_explain(e);
                return;
        }
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        engine_query(e, 0, sql, (const char *[]){ report }, on_end_written);
}
