/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The schema runner: a transaction for each missing file, one statement after the other, each sent by the
 * callback of the one before it. They are put before all other statements of the client, so that none
 * comes into the transaction, and they fail with their session, so that none runs outside of it. */

#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "store-schema.h"
#include "store-sql.h"
#include "store/pg-client-internal.h"

/* More than the session's statement_timeout and lock_timeout: their message says more than this client's. */
#define STEP_TIMEOUT_USEC (2 * PG_CLIENT_TIMEOUT_USEC)

typedef enum SchemaStep {
        STEP_BEGIN,
        STEP_LOCK,
        STEP_FIND, /* is there the table of versions? */
        STEP_VERSION,
        STEP_APPLY, /* file number version + 1 */
        STEP_RECORD,
        STEP_COMMIT,
        STEP_ROLLBACK,
} SchemaStep;

typedef struct SchemaRun {
        PgClient *client;
        SchemaCallback callback;
        void *userdata;
        SchemaStep step;  /* in flight */
        uint32_t version; /* of the database, as known in this transaction */
        int error;        /* why it is rolled back */
        char *message;    /* NULL: no memory for it */
} SchemaRun;

static SchemaRun *schema_run_free(SchemaRun *run) {
        if (run)
                free(run->message);
        free(run);
        return NULL;
}
DEFINE_CLEANUP(SchemaRun *, schema_run_free);

uint32_t schema_version_latest(void) {
        return N_SCHEMA_FILES;
}

static void on_step(PgClient *c, const PgError *error, PGresult *res, void *userdata);

static int step_send(SchemaRun *run, SchemaStep step) {
        static const SqlStatement *const statements[] = {
                [STEP_BEGIN] = &sql_schema_begin,       [STEP_LOCK] = &sql_schema_lock,
                [STEP_FIND] = &sql_schema_find,         [STEP_VERSION] = &sql_schema_version,
                [STEP_RECORD] = &sql_schema_record,     [STEP_COMMIT] = &sql_schema_commit,
                [STEP_ROLLBACK] = &sql_schema_rollback,
        };
        SqlStatement file;
        const SqlStatement *sql;
        char version[12];

        if (step == STEP_APPLY) {
                file = (SqlStatement){ schema_files[run->version].name, schema_files[run->version].text, 0 };
                sql = &file;
        } else
                sql = statements[step];

        run->step = step;
        snprintf(version, sizeof(version), "%" PRIu32, run->version + 1);
        return pg_client_query_next(run->client, sql, (const char *[]){ version },
                                    /* script= */ step == STEP_APPLY, STEP_TIMEOUT_USEC, on_step, run);
}

static void run_end(SchemaRun *run, int error, const char *message) {
        run->callback(error, message, run->userdata);
        schema_run_free(run);
}

/* Remembers the first error and rolls back; without a session there is nothing to roll back. */
static void run_fail(SchemaRun *run, int error, const char *message) {
        if (run->error == 0) {
                run->error = error;
                run->message = text_format("Cannot bring the database's schema up to date: %s", message);
                if (run->step != STEP_BEGIN && pg_client_is_connected(run->client) &&
                    step_send(run, STEP_ROLLBACK) >= 0)
                        return;
        }
        run_end(run, run->error, run->message ?: message);
}

static int run_on_version(SchemaRun *run, int64_t version) {
        if (version > schema_version_latest())
                return -EPROTONOSUPPORT;
        run->version = (uint32_t) version;
        return step_send(run, run->version == schema_version_latest() ? STEP_COMMIT : STEP_APPLY);
}

/* A statement has succeeded: sends what follows. Returns 0, a negative errno, or 1 at the end. */
static int run_continue(SchemaRun *run, PGresult *res) {
        switch (run->step) {
        case STEP_BEGIN:
                return step_send(run, STEP_LOCK);
        case STEP_LOCK:
                return step_send(run, STEP_FIND);
        case STEP_FIND:
                return pg_get_bool(res, 0, "found") ? step_send(run, STEP_VERSION) : run_on_version(run, 0);
        case STEP_VERSION:
                return run_on_version(run, pg_get_i64(res, 0, "version", 0));
        case STEP_APPLY:
                return step_send(run, STEP_RECORD);
        case STEP_RECORD:
                run->version++;
                return step_send(run, STEP_COMMIT);
        case STEP_COMMIT:
                return run->version < schema_version_latest() ? step_send(run, STEP_BEGIN) : 1;
        default:
                return 1;
        }
}

static void on_step(_unused_ PgClient *c, const PgError *error, PGresult *res, void *userdata) {
        _cleanup_(freep) char *message = NULL;
        SchemaRun *run = userdata;
        int r;

        if (error) {
                run_fail(run, error->error, error->message);
                return;
        }
        r = run_continue(run, res);
        if (r == -EPROTONOSUPPORT) {
                message = text_format("it is newer than version %" PRIu32 ", the latest that this build "
                                      "knows; install the newer migrationd",
                                      schema_version_latest());
                run_fail(run, r, message ?: "it is newer than this build");
        } else if (r < 0)
                run_fail(run, r, strerror(-r));
        else if (r > 0)
                run_end(run, run->error, run->message ?: "");
}

int schema_apply(PgClient *c, SchemaCallback callback, void *userdata) {
        _cleanup_(schema_run_freep) SchemaRun *run = NULL;
        int r;

        run = calloc(1, sizeof(SchemaRun));
        if (!run)
                return -ENOMEM;
        run->client = c;
        run->callback = callback;
        run->userdata = userdata;
        r = step_send(run, STEP_BEGIN);
        if (r < 0)
                return r;
        (void) TAKE_PTR(run);
        return 0;
}
