/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/store.h"

#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/error.h"
#include "daemon/request.h"
#include "daemon/watch.h"
#include "store-sql.h"
#include "store/schema.h"

static void set_problem(Manager *m, const char *problem) {
        free(m->store_problem);
        m->store_problem = problem ? strdup(problem) : NULL;
}

static usec_t now_realtime_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_REALTIME, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

static void on_listening(PgClient *c, const PgError *failure, PGresult *res, void *userdata) {
        Manager *m = userdata;

        /* A lost connection comes back through on_state(), and so does this. */
        if (failure) {
                log_warning("Failed to listen for changes: %s", failure->message);
                return;
        }
        /* Whatever happened while nobody listened. */
        watch_look(m);
}

static void store_listen(Manager *m) {
        int r;

        r = pg_client_query_first(m->store, &sql_poll_listen, NULL, MANAGER_STORE_TIMEOUT_USEC, on_listening, m);
        if (r < 0)
                log_warning_errno(r, "Failed to listen for changes: %m");
}

static void on_schema(int error, const char *message, void *userdata) {
        Manager *m = userdata;

        if (error < 0) {
                m->phase = STORE_REFUSED;
                set_problem(m, message);
                log_error_errno(error, "The schema of the database could not be applied: %s", message);
                (void) manager_announce(m);
        } else {
                m->phase = STORE_READY;
                set_problem(m, NULL);
                store_listen(m);
        }
        request_store_settled(m);
}

static void store_prepare(Manager *m) {
        int r;

        m->phase = STORE_PREPARING;
        r = schema_apply(m->store, on_schema, m);
        if (r < 0)
                on_schema(r, "Out of memory or resources", m);
}

static void on_state(PgClient *c, bool connected, const char *message, void *userdata) {
        Manager *m = userdata;

        if (!connected) {
                if (m->store_lost_usec == 0)
                        m->store_lost_usec = now_realtime_usec();
                if (!streq_ptr(m->store_problem, message))
                        log_warning("The database is not reachable: %s", message);
                set_problem(m, message);
                watch_store_lost(m);
                (void) manager_announce(m);
                return;
        }
        m->store_lost_usec = 0;
        if (m->store_problem && m->phase != STORE_REFUSED)
                log_info("The database is reachable again.");
        set_problem(m, NULL);
        if (m->phase == STORE_READY)
                store_listen(m);
        else if (m->phase != STORE_PREPARING)
                store_prepare(m);
}

static void on_notify(PgClient *c, const char *channel, const char *payload, bool own_session, void *userdata) {
        /* The payload is a report's id; one look finds what changed in all of them. */
        watch_changed(userdata);
}

int store_open(Manager *m) {
        int r;

        r = pg_client_new(m->event, m->settings->database, "migrationd", 0, on_state, on_notify, m, &m->store);
        if (r < 0)
                return log_error_errno(r, "Failed to prepare the database connection: %m");
        return 0;
}

void store_retry(Manager *m) {
        if (m->phase == STORE_REFUSED && pg_client_is_connected(m->store))
                store_prepare(m);
}

const char *store_status(const Manager *m) {
        if (m->store_problem)
                return m->store_problem;
        return m->phase == STORE_READY ? "connected" : "connecting";
}

char *store_wait_reason(const Manager *m) {
        time_t since = (time_t) (m->store_lost_usec / USEC_PER_SEC);
        char when[32], *reason;
        struct tm tm;

        /* As the database writes times in its own answers to the same question. */
        if (!gmtime_r(&since, &tm) || strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S+00", &tm) == 0)
                return NULL;
        reason = text_format("database unreachable since %s: %s; see '%s'", when, m->store_problem ?: "no answer yet",
                             manager_store_hint(m));
        return reason ? bus_text_make_valid(reason) : NULL;
}
