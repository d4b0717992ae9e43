/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long an attempt may run and stand still. Times are those of CLOCK_MONOTONIC, on which PID 1 has a unit's start
 * too: it does not jump, and no unit outlives the boot that it counts from. RuntimeMaxSec= would do but for a frozen
 * unit, whose time goes on there. What another poll has to know is in rows of attempt_watch. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

static bool attempt_is_frozen(const Attempt *a) {
        return a->frozen_since_usec >= 0;
}

static usec_t attempt_ran_usec(const Attempt *a, usec_t now_usec) {
        usec_t until = attempt_is_frozen(a) ? MIN((usec_t) a->frozen_since_usec, now_usec) : now_usec;
        usec_t not_run = a->started_usec + a->frozen_usec;

        return a->started_usec > 0 && until > not_run ? until - not_run : 0;
}

const char *attempt_over_limit(const Attempt *a, usec_t now_usec, int64_t *ret_msec) {
        usec_t ran = attempt_ran_usec(a, now_usec);

        *ret_msec = 0;
        if (!attempt_is_live(a))
                return NULL;
        if (a->timeout_usec != USEC_INFINITY && ran >= a->timeout_usec) {
                *ret_msec = (int64_t) (ran / USEC_PER_MSEC);
                return "timeout";
        }
        if (a->stalled_msec >= 0) {
                *ret_msec = a->stalled_msec;
                return "no-progress";
        }
        return NULL;
}

usec_t attempts_limit_delay(const Engine *e, usec_t now_usec) {
        usec_t delay = USEC_INFINITY;

        for (size_t i = 0; i < e->n_attempts; i++) {
                const Attempt *a = e->attempts + i;
                usec_t still = now_usec - a->still_since_usec, ran = attempt_ran_usec(a, now_usec);

                if (a->progress_timeout_usec != USEC_INFINITY && still < a->progress_timeout_usec)
                        delay = MIN(delay, a->progress_timeout_usec - still);
                if (a->timeout_usec != USEC_INFINITY && a->active && a->started_usec > 0 && !attempt_is_frozen(a) &&
                    ran < a->timeout_usec)
                        delay = MIN(delay, a->timeout_usec - ran);
        }
        return delay;
}

static void on_start(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);

        if (a && reply->error == 0) {
                a->started_usec = reply->result->started_monotonic_usec;
                /* Its time may be over. */
                if (a->started_usec > 0)
                        o->engine->changed = true;
        }
        operation_end(o, reply->error == -ENOENT ? 0 : reply->error, "reading a unit's start", reply->message);
}

void attempt_find_start(Engine *e, Attempt *a) {
        Operation *o;

        if (a->started_usec > 0 || a->timeout_usec == USEC_INFINITY)
                return;
        o = operation_new(e, a->id);
        if (o)
                operation_sent(o, unit_host_get_result(e->host, a->unit, on_start, o), "GetAll");
}

/* A statement about one attempt, and at what time: $1, $2. */
static void query_at(Engine *e, const Attempt *a, const SqlStatement *sql, PgCallback callback) {
        char id[21], now[21];

        snprintf(id, sizeof(id), "%" PRIi64, a->id);
        snprintf(now, sizeof(now), "%" PRIu64, engine_now(e));
        engine_query(e, a->id, sql, (const char *[]){ id, now }, callback);
}

static void on_freeze_noted(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);

        /* Without the note too: that it goes by the pause matters more than its time. The note is made in a later
         * check. */
        if (a && !a->frozen && !e->ended)
                attempt_send_freeze(e, a);
        if (operation_failed(o, "noting a freeze", error))
                return;
        if (a && PQntuples(res) > 0)
                a->frozen_since_usec = pg_get_i64(res, 0, "frozen_since_usec", -1);
        operation_end(o, 0, NULL, NULL);
}

void attempt_freeze(Engine *e, Attempt *a) {
        if (!attempt_is_frozen(a) && attempt_is_live(a))
                query_at(e, a, &sql_poll_attempt_frozen, on_freeze_noted);
        else if (!a->frozen)
                attempt_send_freeze(e, a);
}

static void on_thaw_noted(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Attempt *a = attempt_find(o->engine, o->attempt);

        if (operation_failed(o, "noting a thaw", error))
                return;
        if (a && PQntuples(res) > 0) {
                a->frozen_usec = (usec_t) pg_get_i64(res, 0, "frozen_usec", 0);
                a->frozen_since_usec = -1;
        }
        operation_end(o, 0, NULL, NULL);
}

void attempt_note_thaw(Engine *e, Attempt *a) {
        if (attempt_is_frozen(a))
                query_at(e, a, &sql_poll_attempt_thawed, on_thaw_noted);
}

static void on_stop_noted(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        Attempt *a = attempt_find(e, o->attempt);
        LogContext context = engine_log_context(e, a);
        Outcome outcome;

        if (operation_failed(o, "noting why a unit is stopped", error))
                return;
        if (PQntuples(res) == 0)
                /* It has finished, or its report is being canceled: the next check sees it. */
                e->changed = true;
        else if (a) {
                snprintf(a->stop_class, sizeof(a->stop_class), "%s", pg_get_text(res, 0, "stop_class", ""));
                a->stop_msec = pg_get_i64(res, 0, "stop_msec", 0);
                outcome_from_stop(a->stop_class, a->stop_msec, &outcome);
                (void) log_full(LOG_WARNING, 0, &context, "Stopping %s: %s", a->unit, outcome.error);
                attempt_send_stop(e, a);
        }
        operation_end(o, 0, NULL, NULL);
}

void attempt_stop(Engine *e, Attempt *a) {
        char id[21], text[21];
        const char *class;
        int64_t msec;

        class = attempt_over_limit(a, engine_now(e), &msec);
        if (!class && attempt_is_live(a) && e->snap.any_failed && e->snap.stop_on_failure)
                class = "stopped";
        if (!class || *a->stop_class || e->snap.state == STATE_CANCELING) {
                attempt_send_stop(e, a);
                return;
        }
        snprintf(id, sizeof(id), "%" PRIi64, a->id);
        snprintf(text, sizeof(text), "%" PRIi64, msec);
        engine_query(e, a->id, &sql_poll_attempt_stop, (const char *[]){ id, class, text }, on_stop_noted);
}
