/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of the verification: which tasks there are, and how one ends. */

#include "migrations/pulp2to3/verify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

/* What a task of a second is good for: a unit costs some statements, its file is read once. */
#define UNITS_PER_SECOND 500
#define BYTES_PER_SECOND (INT64_C(150) * 1024 * 1024)
#define REPOSITORIES_PER_SECOND 20
#define LINKS_PER_SECOND 20000

static int check_age(Step *s, int64_t read_at) {
        struct stat st;

        if (stat(s->configuration->archive, &st) == 0 && st.st_mtim.tv_sec > read_at)
                return step_fail(s, -EBADMSG,
                                 "%s has changed since it was read; run the migration pulp2to3 with it first: "
                                 "migrationctl run PLAN",
                                 s->configuration->archive);
        return 0;
}

/* The tables must be those of the configured archive. */
static int check_dump(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        const char *archive = s->configuration->archive;
        int r;

        r = database_query(&s->database, "dump", sql_verify_dump, DATABASE_NO_PARAMS, &res);
        if (r < 0 && r != -ENOENT)
                return step_fail_database(s, r);
        if (r < 0 || PQntuples(res) == 0)
                return step_fail(s, -EBADMSG,
                                 "Pulp's database holds no dump; run the migration pulp2to3 first: migrationctl run "
                                 "PLAN");
        if (!streq(PQgetvalue(res, 0, 0), archive))
                return step_fail(s, -EBADMSG,
                                 "the tables in Pulp's database are those of %s, and the configuration names %s; run "
                                 "the migration pulp2to3 with it first: migrationctl run PLAN",
                                 PQgetvalue(res, 0, 0), archive);
        return check_age(s, database_int(res, 0, 1));
}

static int attach(Step *s) {
        int r;

        r = step_connect(s);
        return r < 0 ? r : check_dump(s);
}

/* Of the migration pulp2to3_verify, whose plan is rows too: the report that migrated had its own. */
int verify_prepare_run(Step *s) {
        int r;

        r = attach(s);
        if (r >= 0)
                r = step_resume(s);
        if (r >= 0 && !s->resumed)
                r = step_run_batch(s, repositories_resolve, NULL);
        if (r < 0)
                return r;
        s->done = s->total;
        return step_report(s);
}

static int add_range(Step *s, const char *lane, const char *what, const PGresult *row) {
        _cleanup_(freep) char *input = text_format("{%s\"first\": %" PRIi64 ", \"last\": %" PRIi64 "}", what,
                                                   database_int(row, 0, 0), database_int(row, 0, 1));
        int r;

        if (!input)
                return step_fail(s, -ENOMEM, "out of memory");
        r = migrationd_task_add(s->task, lane, 0, input, database_int(row, 0, 2));
        return r < 0 ? step_fail_task(s, r) : 0;
}

/* A task for each row of a query. */
static int add_ranges(Step *s, const char *lane, const char *what) {
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;
                int r;

                r = database_next_row(&s->database, "ranges", &row);
                if (r <= 0)
                        return r < 0 ? step_fail_database(s, r) : 0;
                r = add_range(s, lane, what, row);
                if (r < 0)
                        return r;
        }
}

static int expand_type(Step *s, const Plugin *plugin, const char *type, double seconds) {
        _cleanup_(freep) char *what = text_format("\"type\": \"%s\", ", type);
        int r;

        if (!what)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_send_query(&s->database, "ranges of units", sql_verify_chunks,
                                DATABASE_PARAMS(STEP_NUMBER(MAX((int64_t) (UNITS_PER_SECOND * seconds), 1)),
                                                STEP_NUMBER(MAX((int64_t) (BYTES_PER_SECOND * seconds), 1)), type));
        return r < 0 ? step_fail_database(s, r) : add_ranges(s, step_lane(s, plugin->name), what);
}

static int expand_plugin(Step *s, const Plugin *plugin, double seconds) {
        _cleanup_(PQclearp) PGresult *types = NULL;
        int r;

        r = database_query(&s->database, "types", sql_verify_types, DATABASE_PARAMS(plugin->name), &types);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(types) && r >= 0; i++)
                r = expand_type(s, plugin, PQgetvalue(types, i, 0), seconds);
        return r;
}

int verify_target_expand(Step *s) {
        double seconds = (double) s->configuration->target_usec / (double) USEC_PER_SEC;
        int r;

        r = attach(s);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = expand_plugin(s, *p, seconds);
        if (r < 0)
                return r;
        r = database_script(&s->database, "ranges of repositories", sql_range_table);
        if (r < 0)
                return step_fail_database(s, r);
        r = range_due(s, sql_range_all, 0, INT64_MAX);
        if (r < 0)
                return r;
        r = database_send_query(&s->database, "ranges of repositories", sql_range_chunks,
                                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                                STEP_NUMBER(MAX((int64_t) (REPOSITORIES_PER_SECOND * seconds), 1)),
                                                STEP_NUMBER(MAX((int64_t) (LINKS_PER_SECOND * seconds), 1))));
        return r < 0 ? step_fail_database(s, r) : add_ranges(s, "", "");
}

/* The last step of pulp2to3, with the option of that name. */
int verify_expand(Step *s) {
        return s->verify ? verify_target_expand(s) : 0;
}

static int open_verification(Verification *v) {
        Step *s = v->step;
        int r;

        v->media_fd = open(s->configuration->media_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (v->media_fd < 0)
                return step_fail(s, -EINVAL, "[Pulp3] MediaRoot=%s: %s", s->configuration->media_root,
                                 strerror(errno));
        v->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        v->context = EVP_MD_CTX_new();
        v->buffer = malloc(VERIFY_READ_BYTES);
        if (!v->algorithm || !v->context || !v->buffer)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_script(&s->database, "tables of the verification", sql_verify_table);
        if (r >= 0)
                r = database_script(&s->database, "tables of the verification", sql_version_table);
        if (r >= 0)
                r = database_script(&s->database, "tables of the verification", sql_distributions_table);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* Whoever tries the task again finds what is committed, and the same verdict. */
static int judge(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        const char *report = STEP_NUMBER(migrationd_task_report(s->task));
        int r;

        r = database_query(&s->database, "differences", sql_verify_problems,
                           DATABASE_PARAMS(report, STEP_NUMBER(migrationd_task_id(s->task))), &res);
        if (r < 0)
                return step_fail_database(s, r);
        return database_int(res, 0, 0) == 0
                       ? 0
                       : step_fail(s, -EBADMSG,
                                   "%s differences between the dump and Pulp 3: migrationctl problems %s",
                                   PQgetvalue(res, 0, 0), report);
}

static int run(Verification *v) {
        Step *s = v->step;
        const char *type = json_string_value(json_object_get(json_object_get(s->input, "input"), "type"));
        int64_t first, last;
        int r;

        r = step_input(s, "first", &first);
        if (r >= 0)
                r = step_input(s, "last", &last);
        if (r >= 0)
                r = attach(s);
        if (r >= 0)
                r = step_resume(s);
        if (r >= 0)
                r = open_verification(v);
        if (r >= 0)
                r = type ? verify_units(v, type, first, last) : verify_repositories(v, first, last);
        return r < 0 ? r : judge(s);
}

int verify_run(Step *s) {
        Verification v = { .step = s, .media_fd = -EBADF };
        int r;

        r = run(&v);
        closep(&v.media_fd);
        EVP_MD_CTX_free(v.context);
        EVP_MD_free(v.algorithm);
        free(v.buffer);
        return r;
}

int verify_difference(Verification *v, const char *item, const char *reason) {
        Step *s = v->step;
        int r;

        r = database_query(&s->database, "difference", sql_verify_difference, DATABASE_PARAMS(item, reason), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int verify_write(Verification *v) {
        Step *s = v->step;
        int r;

        r = database_query(&s->database, "differences", sql_verify_write,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}
