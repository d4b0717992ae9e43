/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "task/task-fixture.h"

#include <glob.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "base/text.h"

#define PATIENCE_SEC 20

static char *value;

static const char *execute(Fixture *f, const char *statement) {
        _cleanup_(PQclearp) PGresult *res = NULL;

        res = PQexec(f->service, statement);
        if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
                fail_msg("%s: %s", statement, PQerrorMessage(f->service));
        free(value);
        value = strdup(PQntuples(res) > 0 && PQnfields(res) > 0 ? PQgetvalue(res, 0, 0) : "");
        assert_non_null(value);
        return value;
}

const char *sql(Fixture *f, const char *format, ...) {
        _cleanup_(freep) char *statement = NULL;
        va_list ap;

        va_start(ap, format);
        assert_true(vasprintf(&statement, format, ap) >= 0);
        va_end(ap);
        return execute(f, statement);
}

/* The files have more than one statement: they go as they are. */
static void apply_file(Fixture *f, const char *path) {
        char text[256 * 1024];
        FILE *file = fopen(path, "re");
        size_t n;

        assert_non_null(file);
        n = fread(text, 1, sizeof(text) - 1, file);
        assert_true(feof(file));
        fclose(file);
        text[n] = 0;
        (void) execute(f, text);
}

bool fixture_available(void) {
        glob_t found;
        bool there = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;

        globfree(&found);
        return there;
}

int fixture_setup(void **state) {
        Fixture *f = calloc(1, sizeof(Fixture));
        glob_t files;

        if (!f || pg_cluster_new(&f->cluster) < 0)
                return -1;
        f->service = pg_cluster_connect(f->cluster, "migrationd");
        if (!f->service || glob(SCHEMA_DIR "/*.sql", 0, NULL, &files) != 0)
                return -1;
        for (size_t i = 0; i < files.gl_pathc; i++)
                apply_file(f, files.gl_pathv[i]);
        globfree(&files);
        *state = f;
        return 0;
}

int fixture_teardown(void **state) {
        Fixture *f = *state;

        PQfinish(f->service);
        pg_cluster_free(f->cluster);
        free(f);
        free(value);
        return 0;
}

static void set_number(const char *name, int number) {
        char text[16];

        snprintf(text, sizeof(text), "%i", number);
        assert_int_equal(setenv(name, text, 1), 0);
}

/* The intent of a start, as the poll writes it, and what the launcher puts into the unit's environment. */
static void launch(Fixture *f) {
        _cleanup_(freep) char *conninfo = pg_cluster_conninfo(f->cluster, "migrationd_worker");

        assert_non_null(conninfo);
        f->task = atoi(sql(f, "SELECT task FROM migrationd.report_launch(%i, 1, ':1.1', gen_random_uuid())",
                           f->report));
        assert_true(f->task > 0);
        f->attempt = atoi(sql(f, "SELECT attempt FROM migrationd.task WHERE id = %i", f->task));
        set_number("MIGRATIOND_REPORT", f->report);
        set_number("MIGRATIOND_TASK", f->task);
        set_number("MIGRATIOND_ATTEMPT", f->attempt);
        assert_int_equal(setenv("MIGRATIOND_TOKEN",
                                sql(f,
                                    "SELECT token FROM migrationd.attempt WHERE task_id = %i AND "
                                    "number = %i",
                                    f->task, f->attempt),
                                1),
                         0);
        assert_int_equal(setenv("MIGRATIOND_DATABASE", conninfo, 1), 0);
        assert_int_equal(setenv("INVOCATION_ID", "0123456789abcdef0123456789abcdef", 1), 0);
}

void fixture_launch(Fixture *f, bool expand, const char *document, const char *options) {
        int plan;

        (void) sql(f,
                   "UPDATE migrationd.report SET state = 'canceled', pause_mode = NULL, finished_at = now() "
                   "WHERE finished_at IS NULL");
        plan = atoi(sql(f,
                        "INSERT INTO migrationd.plan (migration, document, uid) VALUES ('test', '%s', 0) "
                        "RETURNING id",
                        document));
        f->report = atoi(
                sql(f,
                    "SELECT migrationd.report_create(%i, 'test', '%s', 4, 'digest', '[{\"code\": \"work\", "
                    "\"message\": \"Work\", \"expand\": %s, \"attempts\": 5, \"backoff_msec\": 0, "
                    "\"backoff_max_msec\": 0, "
                    "\"on_failure\": \"finish\", \"dry_run\": false}]', 0)",
                    plan, options, expand ? "true" : "false"));
        (void) sql(f, "SELECT migrationd.report_advance(%i)", f->report);
        launch(f);
}

void fixture_launch_again(Fixture *f) {
        assert_string_equal(sql(f,
                                "SELECT migrationd.attempt_end(id, state, 'lost', 'lost', 'gone', false) "
                                "FROM migrationd.attempt "
                                "WHERE task_id = %i AND number = %i",
                                f->task, f->attempt),
                            "waiting");
        launch(f);
}

void fixture_disconnect_tasks(Fixture *f) {
        _cleanup_(PQfinishp) PGconn *superuser = pg_cluster_connect(f->cluster, "postgres");
        _cleanup_(PQclearp) PGresult *res = NULL;

        assert_non_null(superuser);
        res = PQexec(superuser,
                     "SELECT pg_terminate_backend(pid, 20000) FROM pg_locks WHERE locktype = 'advisory'");
        assert_int_equal(PQntuples(res), 1);
        assert_string_equal(PQgetvalue(res, 0, 0), "t");
}

void fixture_wait(Fixture *f, const char *query) {
        time_t deadline = time(NULL) + PATIENCE_SEC;

        while (!streq(sql(f, "%s", query), "t")) {
                if (time(NULL) > deadline)
                        fail_msg("not within %i s: %s", PATIENCE_SEC, query);
                (void) poll(NULL, 0, 20);
        }
}
