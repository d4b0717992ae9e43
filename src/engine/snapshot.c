/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first half of a check: rows, then launchers, then units. The order matters: a unit list that is asked for after
 * a launcher's bus name has gone comes after all of that launcher's calls, so what is not in it will not come. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

static void load_definition(Engine *e, const char *digest) {
        _cleanup_(freep) char *error = NULL;
        LogContext context = engine_log_context(e, NULL);
        int r;

        if (e->definition)
                return;
        r = definition_load(e->definition_root, e->migration, &e->definition, &error);
        if (r < 0) {
                engine_set_reason(e, "definition not usable: %s", error ?: strerror(-r));
                /* Said once, not in each check: the report's wait reason keeps it. */
                if (!streq_ptr(e->snap.wait_reason, e->reason))
                        (void) log_full(LOG_ERR, r, &context,
                                        "Definition of migration %s: %s; nothing is started until it is mended",
                                        e->migration, error ?: strerror(-r));
        } else if (!streq(e->definition->digest, digest))
                (void) log_full(LOG_NOTICE, 0, &context,
                                "Definition %s has changed since the report was made; using it as it is now",
                                e->definition->path);
}

static void on_report(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        const char *text;

        if (operation_failed(o, "reading the report", error))
                return;
        if (PQntuples(res) == 0) {
                e->ended = true;
                operation_end(o, -ESRCH, "reading the report", "there is no such report");
                e->on_end(e, ENGINE_UNKNOWN_REPORT, e->userdata);
                return;
        }
        /* A retry or a move since the lock was taken. */
        text = pg_get_text(res, 0, "elsewhere", NULL);
        if (text) {
                engine_end_elsewhere(e, text);
                operation_end(o, -ECANCELED, NULL, NULL);
                return;
        }
        free(e->snap.wait_reason);
        free(e->snap.throttle_reason);
        free(e->snap.waits);
        e->snap = (Snapshot){
                .state = state_from_string(pg_get_text(res, 0, "state", "")),
                .freeze = streq(pg_get_text(res, 0, "pause_mode", ""), "freeze"),
                .workers = (uint32_t) pg_get_i64(res, 0, "workers", 1),
                .any_failed = pg_get_bool(res, 0, "any_failed"),
                .stop_on_failure = pg_get_bool(res, 0, "stop_on_failure"),
                .next_usec = pg_get_i64(res, 0, "next_usec", -1),
                .wait_reason = strdup(pg_get_text(res, 0, "wait_reason", "")),
                .throttle_window = (uint32_t) pg_get_i64(res, 0, "throttle_window", UINT32_MAX),
                .throttle_reason = strdup(pg_get_text(res, 0, "throttle_reason", "")),
                .waits = strdup(pg_get_text(res, 0, "waits", "")),
                .held_uid = pg_get_i64(res, 0, "held_uid", 0),
        };
        (void) snprintf(e->snap.held, sizeof(e->snap.held), "%s", pg_get_text(res, 0, "held", ""));
        text = pg_get_text(res, 0, "migration", "");
        if (!e->migration)
                e->migration = strdup(text);
        if (e->migration)
                load_definition(e, pg_get_text(res, 0, "definition_digest", ""));
        operation_end(o, e->migration && e->snap.wait_reason ? 0 : -ENOMEM, "reading the report", NULL);
}

/* The definition says it, not the report's rows: a limit that turns out too short is mended there while tasks run. */
static usec_t timeout_of_step(Engine *e, const char *code) {
        const DefinitionStep *step = e->definition ? definition_find_step(e->definition, code) : NULL;

        return step ? step->timeout_usec : USEC_INFINITY;
}

static int attempt_fill(Engine *e, Attempt *a, PGresult *res, int row) {
        int64_t timeout = pg_get_i64(res, row, "progress_timeout_msec", -1);

        a->seen = true;
        a->settled = a->listed = a->active = a->recorded = false;
        a->state = state_from_string(pg_get_text(res, row, "state", ""));
        a->age_usec = pg_get_i64(res, row, "age_usec", -1);
        attempt_watch(a, timeout < 0 ? USEC_INFINITY : (usec_t) timeout * USEC_PER_MSEC,
                      pg_get_i64(res, row, "moved_usec", 0), engine_now(e));
        a->timeout_usec = timeout_of_step(e, pg_get_text(res, row, "step", ""));
        a->frozen_usec = (usec_t) pg_get_i64(res, row, "frozen_usec", 0);
        a->frozen_since_usec = pg_get_i64(res, row, "frozen_since_usec", -1);
        snprintf(a->stop_class, sizeof(a->stop_class), "%s", pg_get_text(res, row, "stop_class", ""));
        a->stop_msec = pg_get_i64(res, row, "stop_msec", 0);
        if (a->unit)
                return 0;
        a->task = (uint32_t) pg_get_i64(res, row, "task_id", 0);
        a->number = (uint32_t) pg_get_i64(res, row, "number", 0);
        a->expander = streq(pg_get_text(res, row, "kind", ""), "expand");
        a->other_bus = !streq(pg_get_text(res, row, "bus_id", ""), e->bus_id);
        a->step = strdup(pg_get_text(res, row, "step", ""));
        a->launcher = strdup(pg_get_text(res, row, "launcher", ""));
        a->unit = strdup(pg_get_text(res, row, "unit", ""));
        return a->step && a->launcher && a->unit ? 0 : -ENOMEM;
}

static void on_attempts(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        int r = 0;

        if (operation_failed(o, "reading the open attempts", error))
                return;
        for (size_t i = 0; i < e->n_attempts; i++)
                e->attempts[i].seen = false;
        for (int row = 0; row < PQntuples(res) && r >= 0; row++) {
                int64_t id = pg_get_i64(res, row, "id", 0);
                Attempt *a = attempt_find(e, id) ?: attempt_add(e, id);

                r = a ? attempt_fill(e, a, res, row) : -ENOMEM;
        }
        attempts_drop_unseen(e);
        operation_end(o, r, "reading the open attempts", NULL);
}

void engine_phase_snapshot(Engine *e) {
        char report[12];

        e->no_step = false;
        e->sessions = -1;
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        engine_query(e, 0, &sql_poll_report, (const char *[]){ report }, on_report);
        engine_query(e, 0, &sql_poll_attempts, (const char *[]){ report }, on_attempts);
}

static void on_launcher(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);

        if (a)
                a->settled = reply->error == 0 && !reply->owned;
        operation_end(o, reply->error, "asking for the launcher of", reply->message);
}

void engine_phase_launchers(Engine *e) {
        for (size_t i = 0; i < e->n_attempts; i++) {
                Attempt *a = e->attempts + i;
                Operation *o;

                /* Our own calls have all been answered before this check began. A unique name is given once only by
                 * an instance of the bus, and all connections to one that has ended are gone: a boot id would not
                 * tell a restarted bus, and in a container a sandboxed process may read the host's. */
                if (streq(a->launcher, unit_host_unique_name(e->host)) || a->other_bus) {
                        a->settled = true;
                        continue;
                }
                o = operation_new(e, a->id);
                if (o)
                        operation_sent(o, unit_host_name_has_owner(e->host, a->launcher, on_launcher, o),
                                       "NameHasOwner");
        }
}

static void on_stray_stopped(const UnitReply *reply, void *userdata) {
        operation_end(userdata, reply->error == -ENOENT ? 0 : reply->error, "stopping a unit of an ended attempt",
                      reply->message);
}

/* Its row says ended: a start that was executed late. The fence refuses its claim; it has to go. */
static void stray_stop(Engine *e, const char *unit, const TaskUnitName *name) {
        LogContext context = {
                .report = e->report, .step = name->step, .task = name->task, .attempt = name->attempt
        };
        Operation *o = operation_new(e, 0);

        (void) log_full(LOG_WARNING, 0, &context, "Unit %s runs for an attempt that has ended; stopping it", unit);
        if (!*e->reason)
                engine_set_reason(e, "%s runs for an attempt that has ended, and is being stopped", unit);
        if (o)
                operation_sent(o, unit_host_thaw_and_stop(e->host, unit, on_stray_stopped, o), "ThawUnit");
        e->slice_empty = false;
        e->broken = true;
}

/* One that did not pass and was not let go of, or that a former poll has left, is nothing to wait for. */
static void fence_listed(Engine *e, const UnitInfo *u) {
        bool ours = e->fence_unit && streq(e->fence_unit, u->name);

        if (ours) {
                e->fence_listed = true;
                e->fence_active = u->active;
        }
        if (ours && e->fence == FENCE_RUNNING)
                return;
        if (u->active)
                (void) unit_host_thaw_and_stop(e->host, u->name, NULL, NULL);
        else
                (void) unit_host_reset_failed(e->host, u->name, NULL, NULL);
}

/* The list decides what is active: units of open attempts, the fence, and strays of this report that no open row
 * names. */
static void on_units(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;

        for (size_t i = 0; reply->error == 0 && i < reply->n_units; i++) {
                const UnitInfo *u = reply->units + i;
                Attempt *a = attempt_find_unit(e, u->name);
                TaskUnitName name;

                if (startswith(u->name, "migrationd-fence-"))
                        fence_listed(e, u);
                else if (a) {
                        a->listed = true;
                        a->active = u->active;
                } else if (task_unit_parse(u->name, &name) < 0 || name.report != e->report)
                        continue;
                else if (!u->active)
                        /* Its result is stored, but the poll that did it died before it let go of the unit. */
                        (void) unit_host_reset_failed(e->host, u->name, NULL, NULL);
                else
                        stray_stop(e, u->name, &name);
        }
        operation_end(o, reply->error, "listing the units", reply->message);
}

static void on_slice_processes(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;

        /* No slice, no processes. */
        o->engine->slice_empty = reply->error == -ENOENT || (reply->error == 0 && reply->n_processes == 0);
        operation_end(o, reply->error == -ENOENT ? 0 : reply->error, "counting the slice's processes",
                      reply->message);
}

void engine_phase_units(Engine *e) {
        char tasks[64], fence[64];
        char *patterns[] = { tasks, fence, NULL };
        Operation *o;

        snprintf(tasks, sizeof(tasks), "migration-*-*-%" PRIu32 "-*-*.service", e->report);
        snprintf(fence, sizeof(fence), "migrationd-fence-%" PRIu32 "-*.service", e->report);
        e->fence_listed = e->fence_active = false;
        e->slice_empty = true;
        o = operation_new(e, 0);
        if (o)
                operation_sent(o, unit_host_list(e->host, patterns, on_units, o), "ListUnitsByPatterns");
        if (e->snap.state == STATE_CANCELING) {
                o = operation_new(e, 0);
                if (o)
                        operation_sent(o, unit_host_count_processes(e->host, e->slice, on_slice_processes, o),
                                       "GetUnitProcesses");
        }
}
