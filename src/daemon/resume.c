/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* migrationd-resume: at boot, arms the poll timer of the unfinished report, so that a reboot needs no operator. Waits
 * for the database, the bus and polkit within a deadline; what it can't do by then systemd starts again. */

#include <inttypes.h>
#include <sysexits.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/log.h"
#include "base/text.h"
#include "config/settings.h"
#include "model/names.h"
#include "store-sql.h"
#include "store/pg-client.h"

/* Of one run; RestartSec= of the unit comes between two. */
#define RESUME_TIMEOUT_USEC (300 * USEC_PER_SEC)
/* Between two StartUnit calls: polkit may come up after us. */
#define RESUME_RETRY_USEC (5 * USEC_PER_SEC)

typedef struct Resume {
        sd_event *event;
        sd_bus *bus;
        PgClient *store;
        uint32_t report;
        bool asked_for_hooks; /* no report is unfinished; one that has ended may have hooks to be told */
        uint64_t deadline_usec; /* CLOCK_MONOTONIC */
} Resume;

static usec_t time_left(const Resume *r) {
        uint64_t now;

        if (sd_event_now(r->event, CLOCK_MONOTONIC, &now) < 0 || now >= r->deadline_usec)
                return 0;
        return r->deadline_usec - now;
}

static void resume_start_timer(Resume *resume);

static int on_retry(sd_event_source *s, uint64_t usec, void *userdata) {
        resume_start_timer(userdata);
        return 0;
}

static int on_started(sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        Resume *resume = userdata;
        const LogContext context = { .report = resume->report };

        if (!sd_bus_message_is_method_error(reply, NULL)) {
                log_full(LOG_INFO, 0, &context, "Report %" PRIu32 " is unfinished, its poll is armed.",
                         resume->report);
                return sd_event_exit(resume->event, 0);
        }
        log_full(LOG_WARNING, 0, &context, "Failed to start migrationd-poll@%" PRIu32 ".timer: %s", resume->report,
                 sd_bus_message_get_error(reply)->message);
        if (time_left(resume) < RESUME_RETRY_USEC)
                return sd_event_exit(resume->event, EXIT_FAILURE);
        return sd_event_add_time_relative(resume->event, NULL, CLOCK_MONOTONIC, RESUME_RETRY_USEC, 0, on_retry,
                                          resume);
}

static void resume_start_timer(Resume *resume) {
        _cleanup_(freep) char *timer = poll_timer_name(resume->report);
        int r = -ENOMEM;

        if (timer)
                r = sd_bus_call_method_async(resume->bus, NULL, "org.freedesktop.systemd1",
                                             "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                                             "StartUnit", on_started, resume, "ss", timer, "replace");
        if (r < 0) {
                log_error_errno(r, "Failed to ask for the poll's timer: %m");
                (void) sd_event_exit(resume->event, EXIT_FAILURE);
        }
}

static int resume_ask(Resume *resume);

static void on_unfinished(PgClient *c, const PgError *failure, PGresult *res, void *userdata) {
        Resume *resume = userdata;

        /* 3F000, 42P01: there is no schema or no table yet, so there never was a report. PostgreSQL manual, appendix
         * A. */
        if (failure && (streq(failure->sqlstate, "3F000") || streq(failure->sqlstate, "42P01"))) {
                log_info("The database is new, nothing is to be resumed.");
                (void) sd_event_exit(resume->event, 0);
                return;
        }
        if (failure && failure->error == -ECONNRESET && resume_ask(resume) >= 0)
                return;
        if (failure) {
                if (failure->error != -ECANCELED)
                        log_error(
                                "Failed to look for an unfinished report: %s; see 'systemctl status "
                                "migrationd-postgresql'",
                                failure->message);
                (void) sd_event_exit(resume->event, EXIT_FAILURE);
                return;
        }
        if (PQntuples(res) == 0 && !resume->asked_for_hooks) {
                resume->asked_for_hooks = true;
                if (resume_ask(resume) >= 0)
                        return;
        }
        if (PQntuples(res) == 0) {
                log_info("No report is unfinished.");
                (void) sd_event_exit(resume->event, 0);
                return;
        }
        resume->report = (uint32_t) pg_get_i64(res, 0, "id", 0);
        resume_start_timer(resume);
}

static int resume_ask(Resume *resume) {
        usec_t left = time_left(resume);

        if (left == 0)
                return -ETIMEDOUT;
        return pg_client_query(resume->store,
                               resume->asked_for_hooks ? &sql_report_hooks : &sql_report_unfinished, NULL, left,
                               on_unfinished, resume);
}

static void resume_done(Resume *r) {
        r->store = pg_client_free(r->store);
        sd_bus_flush_close_unref(r->bus);
        sd_event_unref(r->event);
}

static int resume_open(Resume *resume, const char *database) {
        uint64_t now;
        int r;

        r = sd_event_default(&resume->event);
        if (r < 0)
                return log_error_errno(r, "Failed to get an event loop: %m");
        r = sd_event_now(resume->event, CLOCK_MONOTONIC, &now);
        if (r < 0)
                return log_error_errno(r, "Failed to read the clock: %m");
        resume->deadline_usec = now + RESUME_TIMEOUT_USEC;
        r = sd_bus_open_system(&resume->bus);
        if (r < 0)
                return log_error_errno(r, "Failed to connect to the system bus: %m");
        r = sd_bus_attach_event(resume->bus, resume->event, SD_EVENT_PRIORITY_NORMAL);
        if (r < 0)
                return log_error_errno(r, "Failed to attach the system bus to the event loop: %m");
        r = pg_client_new(resume->event, database, "migrationd-resume", 0, NULL, NULL, NULL, &resume->store);
        if (r < 0)
                return log_error_errno(r, "Failed to prepare the database connection: %m");
        return 0;
}

static int run(void) {
        _cleanup_(settings_freep) Settings *settings = NULL;
        _cleanup_(freep) char *problem = NULL;
        _cleanup_(resume_done) Resume resume = {};
        int r;

        r = settings_load("", &settings, &problem);
        if (r < 0) {
                (void) log_error_errno(r, "Failed to read the configuration: %s", problem ?: "out of memory");
                return EX_CONFIG;
        }
        r = resume_open(&resume, settings->database);
        if (r < 0)
                return r;
        r = resume_ask(&resume);
        if (r < 0)
                return log_error_errno(r, "Failed to look for an unfinished report: %m");
        r = sd_event_loop(resume.event);
        if (r < 0)
                return log_error_errno(r, "The event loop failed: %m");
        return r;
}

int main(int argc, char *argv[]) {
        int r;

        log_open("migrationd-resume");
        if (argc > 1) {
                log_error("migrationd-resume takes no arguments.");
                return EX_USAGE;
        }
        r = run();
        return r < 0 ? EXIT_FAILURE : r;
}
