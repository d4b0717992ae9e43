/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Life of an engine: connections, the report's lock, and the phases of a check. */

#include "engine/engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

/* The poll's timer repairs everything after a crash; inside a living poll this is the longest time without a look. */
#define CHECK_INTERVAL_USEC (5 * USEC_PER_SEC)
/* After an operation failed, or while an end waits for something that sends no signal. */
#define RETRY_INTERVAL_USEC (500 * USEC_PER_MSEC)

static void (*const phases[_PHASE_MAX])(Engine *e) = {
        [PHASE_SNAPSHOT] = engine_phase_snapshot,
        [PHASE_LAUNCHERS] = engine_phase_launchers,
        [PHASE_UNITS] = engine_phase_units,
        [PHASE_SETTLE] = engine_phase_settle,
        [PHASE_RELEASE] = engine_phase_release,
        [PHASE_MEASURE] = engine_phase_measure,
        [PHASE_THROTTLE] = engine_phase_throttle,
        [PHASE_ADVANCE] = engine_phase_advance,
        [PHASE_LAUNCH] = engine_phase_launch,
        [PHASE_FREE] = engine_phase_free,
        [PHASE_END] = engine_phase_end,
        [PHASE_HOOK] = engine_phase_hook,
        [PHASE_REASON] = NULL,
};

usec_t engine_now(Engine *e) {
        uint64_t now = 0;

        (void) sd_event_now(e->event, CLOCK_MONOTONIC, &now);
        return now;
}

void engine_set_reason(Engine *e, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(e->reason, sizeof(e->reason), format, ap);
        va_end(ap);
}

LogContext engine_log_context(Engine *e, const Attempt *a) {
        return (LogContext){
                .report = e->report, .step = a ? a->step : NULL, .task = a ? a->task : 0, .attempt = a ? a->number : 0
        };
}

size_t engine_count_active(Engine *e) {
        size_t n = 0;

        for (size_t i = 0; i < e->n_attempts; i++)
                n += e->attempts[i].active;
        return n;
}

int engine_schedule(Engine *e, usec_t delay_usec) {
        int r;

        r = sd_event_source_set_time(e->timer, engine_now(e) + delay_usec);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(e->timer, SD_EVENT_ONESHOT);
}

static void engine_end(Engine *e, EngineEnd end) {
        e->ended = true;
        (void) sd_event_source_set_enabled(e->timer, SD_EVENT_OFF);
        e->on_end(e, end, e->userdata);
}

void engine_end_elsewhere(Engine *e, const char *host) {
        free(e->elsewhere);
        e->elsewhere = strdup(host);
        snprintf(e->status, sizeof(e->status), "run by host %s", host);
        engine_end(e, ENGINE_ELSEWHERE);
}

static void reason_stored(_unused_ PgClient *c, const PgError *error, _unused_ PGresult *res, void *userdata) {
        Operation *o = userdata;

        /* Of a check that failed before: said once is enough. */
        if (error && o->engine->broken)
                operation_end(o, -ECANCELED, NULL, NULL);
        else if (!operation_failed(o, "storing the wait reason", error))
                operation_end(o, 0, NULL, NULL);
}

static void engine_store_reason(Engine *e) {
        char report[12];

        if (!e->snap.wait_reason || streq(e->snap.wait_reason, e->reason) || state_is_final(e->snap.state))
                return;
        /* A check that failed and does not say why knows nothing; nor does one that the database has not answered. */
        if (e->ended || !e->locked || e->unanswered || (e->broken && !*e->reason))
                return;
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        engine_query(e, 0, &sql_poll_wait_reason,
                     (const char *[]){ report, e->reason, state_to_string(e->snap.state) }, reason_stored);
}

static void engine_check_done(Engine *e) {
        usec_t delay = CHECK_INTERVAL_USEC;

        e->phase = PHASE_IDLE;
        if (e->ended)
                return;
        /* Without the lock the connection is lost, which the status says. */
        if (e->locked)
                snprintf(e->status, sizeof(e->status), "%s: %zu units active%s%s",
                         state_to_string(e->snap.state) ?: "starting", engine_count_active(e), *e->reason ? ", " : "",
                         e->reason);
        /* A check that found no hook due comes after the end was written, and the hook's row with it. */
        if (state_is_final(e->snap.state) && e->n_hooks == 0 && !e->broken) {
                engine_end(e, ENGINE_FINISHED);
                return;
        }
        if (e->broken || e->snap.state == STATE_CANCELING || (e->no_step && !*e->snap.held) || e->n_hooks_asked > 0)
                delay = RETRY_INTERVAL_USEC;
        if (e->snap.next_usec >= 0)
                delay = MIN(delay, (usec_t) e->snap.next_usec + USEC_PER_MSEC);
        delay = MIN(delay, engine_throttle_delay(e));
        delay = MIN(delay, attempts_limit_delay(e, engine_now(e)));
        if ((e->dirty || e->changed) && !e->broken)
                delay = 0;
        (void) engine_schedule(e, delay);
}

/* Runs phases until one waits for an answer. */
static void engine_continue(Engine *e) {
        while (e->pending == 0 && e->phase != PHASE_IDLE) {
                if (e->phase == PHASE_REASON) {
                        engine_check_done(e);
                        return;
                }
                e->phase = e->broken ? PHASE_REASON : e->phase + 1;
                /* Held while the phase starts its operations, so that an answer that comes at once does not end it
                 * early. */
                e->pending++;
                if (e->phase == PHASE_REASON)
                        engine_store_reason(e);
                else
                        phases[e->phase](e);
                e->pending--;
        }
}

static void engine_check(Engine *e) {
        if (e->phase != PHASE_IDLE || !e->locked || e->ended)
                return;
        e->dirty = e->broken = e->changed = e->unanswered = false;
        *e->reason = 0;
        e->phase = PHASE_IDLE + 1;
        e->pending = 1;
        phases[PHASE_SNAPSHOT](e);
        e->pending--;
        engine_continue(e);
}

static int on_timer(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        engine_check(userdata);
        return 0;
}

void engine_poke(Engine *e) {
        e->dirty = true;
        if (e->phase == PHASE_IDLE && e->locked && !e->ended)
                (void) engine_schedule(e, 0);
}

Operation *operation_new(Engine *e, int64_t attempt) {
        Operation *o;

        o = calloc(1, sizeof(Operation));
        if (!o) {
                e->broken = true;
                return NULL;
        }
        *o = (Operation){ .engine = e, .attempt = attempt, .next = e->operations };
        if (o->next)
                o->next->previous = o;
        e->operations = o;
        e->pending++;
        return o;
}

static Engine *operation_free(Operation *o) {
        Engine *e = o->engine;

        if (o->previous)
                o->previous->next = o->next;
        else
                e->operations = o->next;
        if (o->next)
                o->next->previous = o->previous;
        free(o);
        return e;
}

/* The first error of a check is what the report waits for. */
static void operation_say(const Operation *o, int error, const char *what, const char *message) {
        const Attempt *a = attempt_find(o->engine, o->attempt);
        LogContext context = engine_log_context(o->engine, a);
        char text[sizeof(o->engine->reason)];

        snprintf(text, sizeof(text), "%s%s%s: %s, trying again", what, a ? " " : "", a ? a->unit : "",
                 message && *message ? message : strerror(-error));
        (void) log_full(LOG_WARNING, error, &context, "%s", text);
        if (!*o->engine->reason)
                engine_set_reason(o->engine, "%s", text);
}

void operation_end(Operation *o, int error, const char *what, const char *message) {
        Engine *e;

        if (error < 0 && error != -ECANCELED)
                operation_say(o, error, what, message);
        e = operation_free(o);
        if (error < 0)
                e->broken = true;
        e->pending--;
        if (e->pending == 0)
                engine_continue(e);
}

void operation_sent(Operation *o, int r, const char *what) {
        if (r < 0)
                operation_end(o, r, what, NULL);
}

bool operation_failed(Operation *o, const char *what, const PgError *error) {
        if (!error)
                return false;
        /* -EIO: the server refused it, and is there. */
        if (error->error != -EIO)
                o->engine->unanswered = true;
        operation_end(o, error->error, what, error->message);
        return true;
}

void engine_query(Engine *e, int64_t attempt, const SqlStatement *sql, const char *const *params,
                  PgCallback callback) {
        Operation *o;

        o = operation_new(e, attempt);
        if (o)
                operation_sent(o, pg_client_query(e->pg, sql, params, PG_CLIENT_TIMEOUT_USEC, callback, o),
                               sql->name);
}

static void on_units_changed(_unused_ UnitHost *h, void *userdata) {
        engine_poke(userdata);
}

static void lock_next_try(Engine *e);

static void on_lock(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Engine *e = userdata;
        LogContext context = engine_log_context(e, NULL);
        const char *elsewhere;

        if (error) {
                if (error->error != -ECANCELED)
                        (void) log_full(LOG_WARNING, error->error, &context, "Taking the report's lock: %s",
                                        error->message);
                /* The session is there, so nothing else would try again. */
                if (error->error == -EIO)
                        lock_next_try(e);
                return;
        }
        /* No other host sees the units of a report. */
        elsewhere = pg_get_text(res, 0, "elsewhere", NULL);
        if (elsewhere) {
                engine_end_elsewhere(e, elsewhere);
                return;
        }
        e->locked = pg_get_bool(res, 0, "locked");
        if (!e->locked) {
                /* The session of a poll that was killed may need a moment to end. */
                snprintf(e->status, sizeof(e->status), "waiting for the lock of report %" PRIu32, e->report);
                lock_next_try(e);
                return;
        }
        engine_poke(e);
}

static void lock_try(Engine *e) {
        char report[12];

        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        (void) pg_client_query_first(e->pg, &sql_poll_lock, (const char *[]){ report }, PG_CLIENT_TIMEOUT_USEC,
                                     on_lock, e);
}

static int on_lock_timer(sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        (void) sd_event_source_set_enabled(s, SD_EVENT_OFF);
        lock_try(userdata);
        return 0;
}

static void lock_next_try(Engine *e) {
        sd_event_source *s = NULL;

        if (sd_event_add_time_relative(e->event, &s, CLOCK_MONOTONIC, RETRY_INTERVAL_USEC, 0, on_lock_timer, e) < 0)
                return;
        (void) sd_event_source_set_floating(s, true);
        sd_event_source_unref(s);
}

static void on_store_state(PgClient *c, bool connected, const char *message, void *userdata) {
        Engine *e = userdata;
        LogContext context = engine_log_context(e, NULL);

        /* Without the connection the lock is gone: nothing is written until it is held again. */
        e->locked = false;
        if (!connected) {
                (void) log_full(LOG_WARNING, 0, &context, "Database: %s; units go on, trying again", message);
                snprintf(e->status, sizeof(e->status), "database unreachable: %s", message);
                return;
        }
        lock_try(e);
        (void) pg_client_query_first(c, &sql_poll_listen, NULL, PG_CLIENT_TIMEOUT_USEC, NULL, NULL);
}

static void on_notify(_unused_ PgClient *c, _unused_ const char *channel, const char *payload, bool own_session,
                      void *userdata) {
        Engine *e = userdata;
        uint32_t report;

        if (!own_session && text_parse_u32(payload, &report) >= 0 && report == e->report)
                engine_poke(e);
}

int engine_new(sd_event *event, const EngineOptions *options, EngineEndHandler on_end, void *userdata, Engine **ret) {
        _cleanup_(engine_freep) Engine *e = NULL;
        int r;

        e = calloc(1, sizeof(Engine));
        if (!e)
                return -ENOMEM;
        e->event = sd_event_ref(event);
        e->report = options->report;
        e->on_end = on_end;
        e->userdata = userdata;
        e->snap.state = _STATE_INVALID;
        e->throttle.settings = options->throttle;
        e->step = -1;
        e->worker_conninfo = strdup(options->worker_conninfo);
        e->definition_root = strdup(options->definition_root);
        e->slice = report_slice_name(options->report);
        if (!e->worker_conninfo || !e->definition_root || !e->slice)
                return -ENOMEM;
        snprintf(e->status, sizeof(e->status), "connecting");
        r = sd_event_add_time(event, &e->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_timer, e);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(e->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = unit_host_new_local(event, on_units_changed, e, &e->host);
        if (r < 0)
                return r;
        r = unit_host_bus_id(e->host, e->bus_id);
        if (r < 0)
                return r;
        r = pg_client_new(event, options->conninfo, "migrationd-poll", PG_CLIENT_FAIL_FAST, on_store_state, on_notify,
                          e, &e->pg);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(e);
        return 0;
}

Engine *engine_free(Engine *e) {
        if (!e)
                return NULL;
        e->ended = true;
        e->phase = PHASE_IDLE;
        pg_client_free(e->pg);
        unit_host_free(e->host);
        while (e->operations)
                operation_free(e->operations);
        sd_event_source_unref(e->timer);
        sd_event_unref(e->event);
        definition_free(e->definition);
        attempts_free(e);
        free(e->snap.wait_reason);
        free(e->snap.throttle_reason);
        free(e->snap.waits);
        free(e->migration);
        free(e->worker_conninfo);
        free(e->definition_root);
        free(e->slice);
        free(e->elsewhere);
        free(e->fence_unit);
        free(e);
        return NULL;
}

const char *engine_elsewhere(Engine *e) {
        return e->elsewhere ?: "";
}

const char *engine_status(Engine *e) {
        return e->status;
}
