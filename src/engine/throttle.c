/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The throttle: measures what the configuration has limits for, and sets the window of the report. Off while there
 * are none. The first limit that is not kept is the reason that is shown. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "engine/engine-internal.h"
#include "store-sql.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static bool throttle_is_on(const ThrottleSettings *s) {
        for (unsigned i = 0; s && i < _PRESSURE_MAX; i++)
                if (s->pressure_percent[i] > 0)
                        return true;
        return s && (s->connections > 0 || *s->check_unit);
}

static bool throttle_has_pressure(const ThrottleSettings *s) {
        for (unsigned i = 0; i < _PRESSURE_MAX; i++)
                if (s->pressure_percent[i] > 0)
                        return true;
        return false;
}

static void throttle_exceeded(Engine *e, const char *format, ...) _printf_(2, 3);
static void throttle_exceeded(Engine *e, const char *format, ...) {
        va_list ap;

        if (*e->throttle.exceeded)
                return;
        va_start(ap, format);
        (void) vsnprintf(e->throttle.exceeded, sizeof(e->throttle.exceeded), format, ap);
        va_end(ap);
}

/* What can't be measured does not throttle; said once, not every few seconds. */
static void throttle_blind(Engine *e, int error, const char *what, const char *message) {
        LogContext context = engine_log_context(e, NULL);

        if (!e->throttle.blind)
                (void) log_full(LOG_WARNING, error, &context, "Throttle: %s: %s; going on without it", what, message);
        e->throttle.blind = true;
}

/* directory: with the files of that group; suffix: of their names. */
static void throttle_read_pressure(Engine *e, const char *directory, const char *suffix, const char *whose) {
        static const char *const names[_PRESSURE_MAX] = {
                [PRESSURE_CPU] = "cpu", [PRESSURE_IO] = "io", [PRESSURE_MEMORY] = "memory"
        };
        const ThrottleSettings *s = e->throttle.settings;

        for (unsigned i = 0; i < _PRESSURE_MAX; i++) {
                _cleanup_(freep) char *path = NULL;
                uint32_t value;
                int r;

                if (s->pressure_percent[i] == 0)
                        continue;
                path = text_format("%s/%s%s", directory, names[i], suffix);
                r = path ? pressure_read(path, &value) : -ENOMEM;
                if (r < 0)
                        throttle_blind(e, r, path ?: directory, strerror(-r));
                else if (value > s->pressure_percent[i] * 100)
                        throttle_exceeded(e,
                                          "%s pressure of %s is %" PRIu32 ".%02" PRIu32 " %%, limit %" PRIu32 " %%",
                                          names[i], whose, value / 100, value % 100, s->pressure_percent[i]);
        }
}

static void on_pressure_unit(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        const char *unit = e->throttle.settings->pressure_unit;
        _cleanup_(freep) char *directory = NULL;

        if (reply->error < 0)
                throttle_blind(e, reply->error, unit, reply->message);
        else if (!*reply->result->control_group)
                throttle_blind(e, 0, unit, "it does not run");
        else {
                directory = text_format(CGROUP_ROOT "%s", reply->result->control_group);
                if (directory)
                        throttle_read_pressure(e, directory, ".pressure", unit);
        }
        operation_end(o, 0, NULL, NULL);
}

static void on_connections(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;
        int64_t n;

        if (operation_failed(o, "counting the active connections", error))
                return;
        n = pg_get_i64(res, 0, "active", 0);
        if (n > (int64_t) e->throttle.settings->connections)
                throttle_exceeded(e, "%" PRIi64 " active connections of PostgreSQL, limit %" PRIu32, n,
                                  e->throttle.settings->connections);
        operation_end(o, 0, NULL, NULL);
}

static void on_check_started(const UnitReply *reply, void *userdata) {
        Operation *o = userdata;
        Engine *e = o->engine;

        if (reply->error < 0)
                throttle_blind(e, reply->error, e->throttle.settings->check_unit, reply->message);
        e->throttle.check.started = true;
        operation_end(o, 0, NULL, NULL);
}

/* A unit that has exited 0 may have been forgotten by PID 1, which reads as success; a failed one stays. */
static void on_check_result(const UnitReply *reply, void *userdata) {
        Operation *o = userdata, *start;
        Engine *e = o->engine;
        const char *unit = e->throttle.settings->check_unit;
        ThrottleVerdict verdict = THROTTLE_WELL;

        if (reply->error == 0)
                verdict = throttle_check_look(&e->throttle.check, reply->result->active,
                                              streq(reply->result->result, "success"), reply->result->exit_status);
        else
                throttle_blind(e, reply->error, unit, reply->message);
        e->throttle.unknown = verdict == THROTTLE_UNKNOWN;
        e->throttle.hangs = verdict == THROTTLE_HANGS;
        if (verdict == THROTTLE_UNWELL)
                throttle_exceeded(e, "%s says no, exit status %i", unit, e->throttle.check.status);
        else if (verdict == THROTTLE_HANGS)
                throttle_blind(e, 0, unit, "it does not end");
        if (reply->error == 0 && !reply->result->active) {
                start = operation_new(e, 0);
                if (start)
                        operation_sent(start, unit_host_start(e->host, unit, on_check_started, start), "StartUnit");
        }
        operation_end(o, 0, NULL, NULL);
}

void engine_phase_measure(Engine *e) {
        const ThrottleSettings *s = e->throttle.settings;
        Operation *o;

        e->throttle.measured = false;
        if (e->snap.state != STATE_RUNNING || !throttle_is_on(s) || engine_now(e) < e->throttle.next_usec)
                return;
        e->throttle.next_usec = engine_now(e) + s->interval_usec;
        e->throttle.measured = true;
        e->throttle.unknown = e->throttle.hangs = false;
        *e->throttle.exceeded = 0;
        if (throttle_has_pressure(s) && !*s->pressure_unit)
                throttle_read_pressure(e, "/proc/pressure", "", "the host");
        else if (throttle_has_pressure(s)) {
                o = operation_new(e, 0);
                if (o)
                        operation_sent(o, unit_host_get_result(e->host, s->pressure_unit, on_pressure_unit, o),
                                       "GetAll");
        }
        if (s->connections > 0)
                engine_query(e, 0, &sql_poll_connections, NULL, on_connections);
        if (*s->check_unit) {
                o = operation_new(e, 0);
                if (o)
                        operation_sent(o, unit_host_get_result(e->host, s->check_unit, on_check_result, o), "GetAll");
        }
}

static void on_throttled(_unused_ PgClient *c, const PgError *error, _unused_ PGresult *res, void *userdata) {
        Operation *o = userdata;

        if (operation_failed(o, "storing the throttle's window", error))
                return;
        operation_end(o, 0, NULL, NULL);
}

static void throttle_set(Engine *e, uint32_t window, const char *reason) {
        LogContext context = engine_log_context(e, NULL);
        uint32_t before = e->snap.throttle_window;
        char report[12], number[12];

        if (before == window && streq_ptr(e->snap.throttle_reason, reason))
                return;
        if (window != before && (before == UINT32_MAX || window == UINT32_MAX || window == 0))
                (void) log_full(LOG_NOTICE, 0, &context, "Throttle: %s%s%s",
                                window == UINT32_MAX ? "ended"
                                : window == 0        ? "no new task starts"
                                                     : "fewer tasks at once",
                                *reason ? ": " : "", reason);
        e->snap.throttle_window = window;
        free(e->snap.throttle_reason);
        e->snap.throttle_reason = strdup(reason);
        snprintf(report, sizeof(report), "%" PRIu32, e->report);
        snprintf(number, sizeof(number), "%" PRIu32, window);
        engine_query(e, 0, &sql_poll_throttle,
                     (const char *[]){ report, window == UINT32_MAX ? NULL : number, reason }, on_throttled);
}

void engine_phase_throttle(Engine *e) {
        const char *reason = "recovering, all limits are kept again";
        _cleanup_(freep) char *hangs = NULL;
        bool exceeded = *e->throttle.exceeded;
        uint32_t window;

        if (e->snap.state != STATE_RUNNING)
                return;
        if (!throttle_is_on(e->throttle.settings)) {
                /* The configuration had limits when an earlier poll ran. */
                throttle_set(e, UINT32_MAX, "");
                return;
        }
        if (!e->throttle.measured || (e->throttle.unknown && !exceeded))
                return;
        window = throttle_window_next(e->snap.throttle_window, e->snap.workers, (uint32_t) engine_count_active(e),
                                      exceeded);
        if (e->throttle.hangs) {
                hangs = text_format("recovering without %s, which does not end", e->throttle.settings->check_unit);
                reason = hangs ?: reason;
        }
        throttle_set(e, window, window == UINT32_MAX ? "" : exceeded ? e->throttle.exceeded : reason);
}

usec_t engine_throttle_delay(Engine *e) {
        usec_t now = engine_now(e);

        if (e->snap.state != STATE_RUNNING || !throttle_is_on(e->throttle.settings))
                return USEC_INFINITY;
        return e->throttle.next_usec > now ? e->throttle.next_usec - now : 0;
}
