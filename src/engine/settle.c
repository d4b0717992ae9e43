/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Acts on each open attempt: reads the result of one whose unit has ended, decides, stores, lets go; stops, freezes
 * and thaws. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

/* A program that has finished its task has this long to exit by itself. */
#define EXIT_GRACE_USEC (10 * (int64_t) USEC_PER_SEC)

/* Text form of a number that may be unknown, for a parameter. */
static const char *number_or_null(char buffer[21], uint64_t value) {
        if (value > INT64_MAX)
                return NULL;
        snprintf(buffer, 21, "%" PRIu64, value);
        return buffer;
}

static void on_recorded(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);

        if (operation_failed(o, "storing the result of", error))
                return;
        if (a)
                a->recorded = pg_get_bool(res, 0, "stored");
        o->engine->changed = true;
        operation_end(o, 0, NULL, NULL);
}

static void attempt_record_result(Engine *e, Attempt *a, const UnitResult *result) {
        char id[21], status[12], cpu[21], memory[21], in[21], out[21], started[21], exited[21];
        const char *params[11] = { id };

        snprintf(id, sizeof(id), "%" PRIi64, a->id);
        if (result) {
                params[1] = result->result;
                params[2] = *result->exit_code ? result->exit_code : NULL;
                if (result->exit_status >= 0) {
                        snprintf(status, sizeof(status), "%i", result->exit_status);
                        params[3] = status;
                }
                params[4] = number_or_null(cpu, result->cpu_usec);
                params[5] = number_or_null(memory, result->memory_peak_bytes);
                params[6] = number_or_null(in, result->io_read_bytes);
                params[7] = number_or_null(out, result->io_write_bytes);
                params[8] = number_or_null(started, result->started_usec);
                params[9] = number_or_null(exited, result->exited_usec);
                params[10] = *result->invocation_id ? result->invocation_id : NULL;
        }
        engine_query(e, a->id, &sql_poll_attempt_record, params, on_recorded);
}

static void on_ended(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);
        LogContext context = engine_log_context(e, a);
        const char *state;

        if (operation_failed(o, "ending the attempt of", error))
                return;
        state = pg_get_text(res, 0, "task_state", NULL);
        if (state && a) {
                if (streq(state, "failed"))
                        (void) log_full(LOG_ERR, 0, &context,
                                        "Task %" PRIu32 " of step %s failed in attempt %" PRIu32
                                        ", see: journalctl -u %s",
                                        a->task, a->step, a->number, a->unit);
                else if (streq(state, "split"))
                        (void) log_full(LOG_WARNING, 0, &context,
                                        "Attempt %" PRIu32 " of task %" PRIu32
                                        " of step %s failed, the task is split into smaller ones",
                                        a->number, a->task, a->step);
                else if (streq(state, "skipped"))
                        (void) log_full(LOG_WARNING, 0, &context,
                                        "Task %" PRIu32 " of step %s is skipped after attempt %" PRIu32
                                        ", see: journalctl -u %s",
                                        a->task, a->step, a->number, a->unit);
                else if (streq(state, "waiting"))
                        (void) log_full(LOG_WARNING, 0, &context,
                                        "Attempt %" PRIu32 " of task %" PRIu32
                                        " of step %s failed, it is tried again",
                                        a->number, a->task, a->step);
        }
        /* Only now: a stored result says that nothing is left to be done for the attempt. After a lost race, the
         * program claimed or finished since the rows were read, the next check sees what it is now, and its unit is
         * kept. */
        if (state && a)
                attempt_record_result(e, a, a->has_result ? &a->result : NULL);
        e->changed = true;
        operation_end(o, 0, NULL, NULL);
}

void attempt_end_with(Engine *e, Attempt *a, const Outcome *outcome, const UnitResult *result) {
        char id[21];

        a->has_result = result;
        if (result)
                a->result = *result;
        snprintf(id, sizeof(id), "%" PRIi64, a->id);
        engine_query(e, a->id, &sql_poll_attempt_end,
                     (const char *[]){ id, state_to_string(a->state), state_to_string(outcome->state), outcome->class,
                                       outcome->error, outcome->permanent ? "true" : "false" },
                     on_ended);
}

/* The unit has ended, or is gone (result NULL). The end comes before the record: a crash between them repeats the
 * record. */
static void attempt_close(Engine *e, Attempt *a, const UnitResult *result) {
        Outcome outcome;

        if (attempt_is_live(a) && e->snap.state != STATE_CANCELING) {
                outcome_from_result(result, &outcome);
                /* What a unit that is being stopped says of its end is not why it was. */
                if (*a->stop_class)
                        outcome_from_stop(a->stop_class, a->stop_msec, &outcome);
                attempt_end_with(e, a, &outcome, result);
        } else
                attempt_record_result(e, a, result);
}

/* PID 1 gives up on a process that survives its SIGKILL, as one does that sleeps uninterruptibly: the unit has failed
 * then, with the process still in its group. It may yet write, so the attempt is not over before it is gone. */
static void on_left(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);

        if (a && reply->error == 0 && reply->n_processes > 0) {
                LogContext context = engine_log_context(e, a);

                engine_set_reason(e, "task %" PRIu32 ": %zu process%s of %s cannot be killed", a->task,
                                  reply->n_processes, reply->n_processes == 1 ? "" : "es", a->unit);
                if (!a->unkillable)
                        (void) log_full(LOG_WARNING, 0, &context, "%s; waiting until it is gone", e->reason);
                a->unkillable = true;
        } else if (a && (reply->error == 0 || reply->error == -ENOENT))
                attempt_close(e, a, &a->result);
        operation_end(o, reply->error == -ENOENT ? 0 : reply->error, "counting the processes of", reply->message);
}

static void attempt_look_for_processes(Engine *e, Attempt *a, const UnitResult *result) {
        Operation *o = operation_new(e, a->id);

        a->result = *result;
        if (o)
                operation_sent(o, unit_host_count_processes(e->host, a->unit, on_left, o), "GetUnitProcesses");
}

static void on_result(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);

        if (a && reply->error == -ENOENT)
                attempt_close(e, a, NULL);
        else if (a && reply->error == 0) {
                if (reply->result->active)
                        e->dirty = true;
                /* PID 1 lets go of a unit's group when it is empty. */
                else if (*reply->result->control_group)
                        attempt_look_for_processes(e, a, reply->result);
                else
                        attempt_close(e, a, reply->result);
        }
        operation_end(o, reply->error == -ENOENT ? 0 : reply->error, "reading the result of", reply->message);
}

static void on_stop(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);

        if (a && reply->error == 0) {
                a->stopping = a->thawed = true;
                a->frozen = false;
        }
        operation_end(o, reply->error == -ENOENT ? 0 : reply->error, "stopping", reply->message);
}

void attempt_send_stop(Engine *e, Attempt *a) {
        Operation *o = operation_new(e, a->id);

        if (o)
                operation_sent(o, unit_host_thaw_and_stop(e->host, a->unit, on_stop, o), "ThawUnit");
}

static bool attempt_has_to_stop(Engine *e, const Attempt *a) {
        int64_t msec;

        return e->snap.state == STATE_CANCELING || (e->snap.any_failed && e->snap.stop_on_failure) ||
               *a->stop_class || attempt_over_limit(a, engine_now(e), &msec) ||
               (!attempt_is_live(a) && (a->age_usec > EXIT_GRACE_USEC || a->state != STATE_COMPLETED));
}

/* No later answer would be another one: the unit is gone, not active, or the host can't freeze at all. */
static bool freezer_is_settled(int error) {
        return error == -ENOENT || error == -EHOSTDOWN || error == -EOPNOTSUPP;
}

static void on_thawed(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);

        /* Anything else, a PID 1 that executed itself again, a job or a freeze in progress, leaves a frozen unit
         * frozen: it is asked for again, or the task would stay frozen in a running report for ever. */
        if (reply->error < 0 && !freezer_is_settled(reply->error)) {
                operation_end(o, reply->error, "thawing", reply->message);
                return;
        }
        if (a) {
                a->thawed = true;
                a->frozen = false;
                attempt_note_thaw(e, a);
                attempt_find_start(e, a);
        }
        operation_end(o, 0, NULL, NULL);
}

static void on_frozen(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);
        LogContext context = engine_log_context(o->engine, a);

        if (a && (reply->error == 0 || reply->error == -EOPNOTSUPP))
                a->frozen = true;
        if (reply->error == -EOPNOTSUPP)
                (void) log_full(LOG_WARNING, reply->error, &context,
                                "Freezing %s: %s, ignoring; it runs on, new ones do not start",
                                a ? a->unit : "a unit", reply->message);
        else if (reply->error < 0 && reply->error != -ENOENT) {
                /* It is just being started, or PID 1 was busy: it would run on in a frozen report. */
                operation_end(o, reply->error, "freezing", reply->message);
                return;
        }
        operation_end(o, 0, NULL, NULL);
}

void attempt_send_freeze(Engine *e, Attempt *a) {
        Operation *o = operation_new(e, a->id);

        if (o)
                operation_sent(o, unit_host_freeze(e->host, a->unit, on_frozen, o), "FreezeUnit");
}

static void on_pinned(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);
        LogContext context = engine_log_context(o->engine, a);

        /* systemd 252 can't load again what it wrote of a transient unit, and pins no such unit after a daemon-reload.
         * Without a pin a success leaves no numbers, which is no reason to let the report wait. */
        if (a && reply->error == 0)
                a->pinned = true;
        else if (a && reply->error != -ENOENT && !a->unpinned) {
                a->unpinned = true;
                (void) log_full(LOG_NOTICE, reply->error, &context, "Pinning %s: %s, ignoring", a->unit,
                                reply->message);
        }
        operation_end(o, 0, NULL, NULL);
}

static void attempt_settle_active(Engine *e, Attempt *a) {
        Operation *o;

        if (!a->pinned) {
                o = operation_new(e, a->id);
                if (o)
                        operation_sent(o, unit_host_ref(e->host, a->unit, on_pinned, o), "RefUnit");
        }
        if (e->snap.state == STATE_PAUSED && e->snap.freeze) {
                a->thawed = false;
                attempt_freeze(e, a);
        } else if (attempt_has_to_stop(e, a)) {
                if (!a->stopping)
                        attempt_stop(e, a);
        } else if (!a->thawed) {
                o = operation_new(e, a->id);
                if (o)
                        operation_sent(o, unit_host_thaw(e->host, a->unit, on_thawed, o), "ThawUnit");
        } else {
                attempt_note_thaw(e, a);
                attempt_find_start(e, a);
        }
}

static void on_slice_stop(const UnitReply *reply, void *userdata) {
        operation_end(userdata, reply->error == -ENOENT ? 0 : reply->error, "stopping the report's slice",
                      reply->message);
}

static void on_slice_thawed(const UnitReply *reply, void *userdata) {
        operation_end(userdata,
                      reply->error == -EBUSY || freezer_is_settled(reply->error) ? 0 : reply->error,
                      "thawing the report's slice", reply->message);
}

/* Whatever else got into the slice goes with it; not while a unit may be frozen, which systemd 257 would not stop.
 * Nor does it stop what lies in a frozen slice: an administrator may have frozen that. */
static void slice_stop(Engine *e) {
        bool thawed = true;
        Operation *o;

        if (e->slice_empty)
                return;
        for (size_t i = 0; i < e->n_attempts; i++)
                if (e->attempts[i].active && !e->attempts[i].thawed)
                        thawed = false;
        o = operation_new(e, 0);
        if (o && thawed)
                operation_sent(o, unit_host_thaw_and_stop(e->host, e->slice, on_slice_stop, o), "ThawUnit");
        else if (o)
                operation_sent(o, unit_host_thaw(e->host, e->slice, on_slice_thawed, o), "ThawUnit");
}

void engine_phase_settle(Engine *e) {
        if (e->snap.state == STATE_CANCELING)
                slice_stop(e);
        /* Answers never come while this loop runs, so the table does not move. */
        for (size_t i = 0; i < e->n_attempts; i++) {
                Attempt *a = e->attempts + i;
                Operation *o;

                if (a->active)
                        attempt_settle_active(e, a);
                else if (!a->settled) {
                        engine_set_reason(e, "waiting until the launcher %s of unit %s is gone", a->launcher,
                                          a->unit);
                        e->broken = true;
                } else if (!a->listed)
                        attempt_close(e, a, NULL);
                else {
                        o = operation_new(e, a->id);
                        if (o)
                                operation_sent(o, unit_host_get_result(e->host, a->unit, on_result, o), "GetAll");
                }
        }
}

static void on_released(_unused_ const UnitReply *reply, void *userdata) {
        operation_end(userdata, 0, NULL, NULL);
}

void engine_phase_release(Engine *e) {
        for (size_t i = 0; i < e->n_attempts; i++) {
                Attempt *a = e->attempts + i;
                Operation *o;

                if (!a->recorded || !a->listed)
                        continue;
                if (a->pinned && (o = operation_new(e, a->id))) {
                        a->pinned = false;
                        operation_sent(o, unit_host_unref(e->host, a->unit, on_released, o), "UnrefUnit");
                }
                /* A success is collected with the last pin; a failure stays until it is reset. */
                o = operation_new(e, a->id);
                if (o)
                        operation_sent(o, unit_host_reset_failed(e->host, a->unit, on_released, o),
                                       "ResetFailedUnit");
        }
}
