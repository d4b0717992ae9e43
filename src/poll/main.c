/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationd-poll REPORT: the engine of one report as a process. Started by migrationd-poll@REPORT.timer; killed at
 * any point, the timer starts it again and the first check repairs everything. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/text.h"
#include "config/settings.h"
#include "engine/engine.h"
#include "model/names.h"

typedef struct Poll {
        sd_event *event;
        Engine *engine;
        UnitHost *host; /* for stopping the own timer, after the engine's end */
        uint32_t report;
        int status;      /* the exit status */
        size_t stopping; /* units that were left here, whose stop was not answered yet */
        bool again;      /* not all of it has ended, as far as is known: the timer is left to start the next poll */
        char last_status[640];
} Poll;

/* stop_answered: one that PID 1 refused would be refused again; one without an answer is looked at by the next poll. */
static void stop_answered(Poll *p, const char *what, const UnitReply *reply) {
        if (reply->error >= 0 || reply->error == -ENOENT)
                return;
        if (reply->error == -ETIMEDOUT)
                p->again = true;
        log_warning_errno(reply->error, "Stopping %s of report %" PRIu32 ": %s", what, p->report, reply->message);
}

static void on_timer_stopped(const UnitReply *reply, void *userdata) {
        Poll *p = userdata;

        stop_answered(p, "the timer", reply);
        (void) sd_event_exit(p->event, p->status);
}

/* Also when that was refused the timer goes: with it a finished report would be looked at for ever. */
static void on_slice_stopped(const UnitReply *reply, void *userdata) {
        Poll *p = userdata;
        _cleanup_(freep) char *timer = poll_timer_name(p->report);
        int r = -ENOMEM;

        stop_answered(p, "the slice", reply);
        if (timer && !p->again)
                r = unit_host_stop(p->host, timer, on_timer_stopped, p);
        if (r < 0)
                (void) sd_event_exit(p->event, p->status);
}

static void slice_stop(Poll *p) {
        _cleanup_(freep) char *slice = report_slice_name(p->report);

        if (!slice || unit_host_thaw_and_stop(p->host, slice, on_slice_stopped, p) < 0)
                (void) sd_event_exit(p->event, p->status);
}

static void on_unit_stopped(const UnitReply *reply, void *userdata) {
        Poll *p = userdata;

        stop_answered(p, "a unit that was left here", reply);
        if (--p->stopping == 0)
                slice_stop(p);
}

/* To stop the slice is not enough: a unit in it may be frozen. One that is being stopped may fail, and stay loaded: the
 * next poll looks what became of it. */
static void on_units(const UnitReply *reply, void *userdata) {
        Poll *p = userdata;

        stop_answered(p, "what is left", reply);
        p->stopping = 1;
        for (size_t i = 0; i < reply->n_units; i++) {
                const UnitInfo *u = reply->units + i;

                if (!u->active) {
                        (void) unit_host_reset_failed(p->host, u->name, NULL, NULL);
                        continue;
                }
                p->again = true;
                if (unit_host_thaw_and_stop(p->host, u->name, on_unit_stopped, p) >= 0)
                        p->stopping++;
        }
        on_unit_stopped(&(UnitReply){ .message = "" }, p);
}

static void on_host_changed(_unused_ UnitHost *h, _unused_ void *userdata) {}

static void on_engine_end(Engine *e, EngineEnd end, void *userdata) {
        Poll *p = userdata;
        char tasks[64], fences[64], *patterns[] = { tasks, fences, NULL };
        LogContext context = { .report = p->report };

        if (end == ENGINE_UNKNOWN_REPORT)
                (void) log_full(LOG_ERR, 0, &context, "There is no report %" PRIu32, p->report);
        else if (end == ENGINE_ELSEWHERE) {
                p->status = EX_UNAVAILABLE;
                (void) log_full(LOG_NOTICE, 0, &context,
                                "Report %" PRIu32
                                " is run by host %s, not by this one; see: migrationctl why %" PRIu32,
                                p->report, engine_elsewhere(e), p->report);
        }
        /* Nothing is left by now, unless the report was moved away; an active slice would stay for ever. */
        snprintf(tasks, sizeof(tasks), "migration-*-*-%" PRIu32 "-*-*.service", p->report);
        snprintf(fences, sizeof(fences), "migrationd-fence-%" PRIu32 "-*.service", p->report);
        if (unit_host_list(p->host, patterns, on_units, p) < 0)
                slice_stop(p);
}

static int on_status(sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        Poll *p = userdata;
        const char *status = engine_status(p->engine);

        if (!streq(status, p->last_status)) {
                snprintf(p->last_status, sizeof(p->last_status), "%s", status);
                (void) sd_notifyf(false, "STATUS=%s", status);
        }
        (void) sd_event_source_set_time_relative(s, USEC_PER_SEC);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int poll_run(Poll *p, const Settings *settings) {
        EngineOptions options = { .report = p->report,
                                  .conninfo = settings->database,
                                  .worker_conninfo = settings->worker_database,
                                  .definition_root = "",
                                  .throttle = &settings->throttle };
        int r;

        r = sd_event_default(&p->event);
        if (r < 0)
                return log_error_errno(r, "Event loop: %m");
        (void) sd_event_set_watchdog(p->event, true);
        r = sd_event_add_signal(p->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
        if (r < 0)
                return log_error_errno(r, "Signals: %m");
        r = unit_host_new_local(p->event, on_host_changed, p, &p->host);
        if (r < 0)
                return log_error_errno(r, "System bus: %m");
        r = engine_new(p->event, &options, on_engine_end, p, &p->engine);
        if (r < 0)
                return log_error_errno(r, "Engine: %m");
        r = sd_event_add_time_relative(p->event, NULL, CLOCK_MONOTONIC, 0, 0, on_status, p);
        if (r < 0)
                return log_error_errno(r, "Status timer: %m");
        (void) sd_notify(false, "READY=1");
        r = sd_event_loop(p->event);
        (void) sd_notify(false, "STOPPING=1");
        return r < 0 ? log_error_errno(r, "Event loop ended: %m") : r;
}

/* ExecCondition= of migrationd-postgresql.service: 0 the embedded cluster is used, 1 a database is configured, 255 an
 * error; systemd.service(5). */
static int condition_embedded(void) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = settings_load("", &settings, &error);
        if (r < 0) {
                (void) log_error_errno(r, "Configuration: %s", error ?: strerror(-r));
                return 255;
        }
        return settings->embedded ? 0 : 1;
}

int main(int argc, char *argv[]) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_(freep) char *error = NULL;
        Poll p = {};
        int r;

        log_open("migrationd-poll");
        if (argc == 2 && streq(argv[1], "--embedded"))
                return condition_embedded();
        if (argc != 2 || text_parse_u32(argv[1], &p.report) < 0 || p.report == 0 || p.report > ID_MAX) {
                log_error("Usage: migrationd-poll REPORT (started by migrationd-poll@REPORT.timer)");
                return 2;
        }
        r = settings_load("", &settings, &error);
        if (r < 0)
                (void) log_error_errno(r, "Configuration: %s", error ?: strerror(-r));
        else
                r = poll_run(&p, settings);
        engine_free(p.engine);
        unit_host_free(p.host);
        sd_event_unref(p.event);
        return r < 0 ? EXIT_FAILURE : p.status;
}
