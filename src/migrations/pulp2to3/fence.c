/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The fence: a program that was killed leaves a server process in Pulp's database, which may still commit its
 * last statement. It has ended when its lock is free. */

#include <poll.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

#define FENCE_SECONDS 30
/* Between two looks: the server notices within a second that a client is gone
 * (client_connection_check_interval). */
#define FENCE_LOOK_MSEC 200

/* The locks of all databases are seen from any of them. */
static int count_sessions(Database *d, const char *database, const char *report) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(d, "fence", sql_fence, DATABASE_PARAMS(report, database), &res);
        return r < 0 ? r : (int) database_int(res, 0, 0);
}

static int wait_for_sessions(Database *d, const char *database, const char *report) {
        int n = 0;

        for (int i = 0; i < FENCE_SECONDS * 1000 / FENCE_LOOK_MSEC; i++) {
                n = count_sessions(d, database, report);
                if (n <= 0)
                        break;
                (void) poll(NULL, 0, FENCE_LOOK_MSEC);
        }
        if (n < 0)
                log_error("fence: %s", d->error ?: strerror(-n));
        else if (n > 0)
                log_error(
                        "fence: %i sessions in database %s still hold locks of report %s; see pg_locks there",
                        n, database, report);
        return n == 0 ? MIGRATIOND_EXIT_COMPLETED : MIGRATIOND_EXIT_TEMPFAIL;
}

/* Whether the server is on this machine and not running: its processes, and so all sessions, are gone. */
static bool server_is_down(const Database *d, const char *conninfo) {
        const char *host = PQhost(d->pg);

        if (!host || *host != '/')
                return false;
        for (int i = 0; i < FENCE_SECONDS * 1000 / FENCE_LOOK_MSEC; i++) {
                if (PQping(conninfo) != PQPING_NO_RESPONSE)
                        return false;
                (void) poll(NULL, 0, FENCE_LOOK_MSEC);
        }
        return true;
}

/* The database cannot be entered. It may not exist, or the configuration may be wrong: no task has a session
 * then, and the server can tell from another database; a report must be able to end on such a machine too. */
static int look_from_outside(const Database *d, const char *conninfo, const char *report) {
        static const char *const keywords[] = { "dbname", "dbname", "connect_timeout", "application_name",
                                                NULL };
        const char *const values[] = { conninfo, "postgres", "10", "migration fence", NULL };
        Database other = {};
        int r;

        if (server_is_down(d, conninfo)) {
                log_warning("fence: the server of Pulp's database is down: no session is left");
                return MIGRATIOND_EXIT_COMPLETED;
        }
        other.pg = PQconnectdbParams(keywords, values, /* expand_dbname= */ 1);
        r = other.pg && PQstatus(other.pg) == CONNECTION_OK ? wait_for_sessions(&other, PQdb(d->pg), report)
                                                            : MIGRATIOND_EXIT_TEMPFAIL;
        database_done(&other);
        return r;
}

static int look(const char *conninfo, const char *report) {
        Database d = {};
        int r;

        r = database_open(&d, conninfo, "migration fence");
        if (r >= 0)
                r = wait_for_sessions(&d, PQdb(d.pg), report);
        else {
                log_error("fence: %s", d.error ?: strerror(-r));
                r = d.pg ? look_from_outside(&d, conninfo, report) : MIGRATIOND_EXIT_TEMPFAIL;
        }
        database_done(&d);
        return r;
}

int fence_main(void) {
        _cleanup_(configuration_freep) Configuration *c = NULL;
        const char *report = getenv("MIGRATIOND_REPORT");
        _cleanup_(freep) char *error = NULL;
        uint32_t id;
        int r;

        if (!report || text_parse_u32(report, &id) < 0 || id == 0) {
                log_error("fence: $MIGRATIOND_REPORT is not an id; is this started by migrationd?");
                return MIGRATIOND_EXIT_CONFIG;
        }
        r = configuration_load(getenv("PULP2TO3_ROOT") ?: "", &c, &error);
        if (r == -EINVAL) {
                /* No task can have connected with it either. */
                log_warning("fence: %s; so no task has a session", error);
                return MIGRATIOND_EXIT_COMPLETED;
        }
        if (r < 0) {
                log_error("fence: %s", error ?: strerror(-r));
                return MIGRATIOND_EXIT_TEMPFAIL;
        }
        return look(c->pulp3_database, report);
}
