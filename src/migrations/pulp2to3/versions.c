/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step repository_versions: a new version for each of the plan's whose content is not there yet. A repository
 * is one transaction, with all its versions. */

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

static int find_due(Step *s, int64_t after, int64_t to);

/* Measured: some 10 ms for the statements of a repository, 50 µs for a content; halved, as machines differ. */
static const RangeRates rates = {
        .repositories = 50, .links = 10000, .sql_before = sql_version_analyze, .due = find_due
};

/* Columns of sql_version_plan. */
enum { NAME, REPOSITORY, NUMBER, PULP2_REPOSITORY, FORMER, PLUGIN };

typedef struct VersionPlan {
        const char *name; /* of the Pulp 3 repository; all are of a result of sql_version_plan */
        const char *repository;
        const char *number;
        const char *pulp2_repository;
        const char *former; /* NULL: none */
        const Plugin *plugin;
} VersionPlan;

/* Fills the table of wanted content, takes out what Pulp 3 does not allow in one version, and notes that. */
static int collect(Step *s, const VersionPlan *v) {
        int r;

        r = database_query(&s->database, "content of the version", sql_version_clear, DATABASE_NO_PARAMS, NULL);
        if (r >= 0)
                r = database_query(&s->database, "content of the version", sql_version_wanted,
                                   DATABASE_PARAMS(v->pulp2_repository, v->plugin->name), NULL);
        if (r >= 0)
                r = database_script(&s->database, "content of the version", "ANALYZE pg_temp.wanted");
        if (r >= 0)
                r = database_query(&s->database, "paths of the version", sql_version_duplicates, DATABASE_NO_PARAMS,
                                   NULL);
        if (r >= 0 && v->plugin->sql_version)
                r = database_query(&s->database, "keys of the version", v->plugin->sql_version, DATABASE_NO_PARAMS,
                                   NULL);
        if (r >= 0)
                r = database_query(&s->database, "paths of the version", sql_version_prefixes, DATABASE_NO_PARAMS,
                                   NULL);
        if (r >= 0)
                r = database_query(&s->database, "what is left out of the version", sql_version_dropped,
                                   DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                                   STEP_NUMBER(migrationd_task_id(s->task)), v->name),
                                   NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int is_same(Step *s, const char *version, bool *ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        *ret = false;
        if (!version)
                return 0;
        r = database_query(&s->database, "comparison of versions", sql_version_same, DATABASE_PARAMS(version), &res);
        if (r < 0)
                return step_fail_database(s, r);
        *ret = *PQgetvalue(res, 0, 0) == 't';
        return 0;
}

static int note_version(Step *s, const VersionPlan *v, const char *version) {
        int r;

        r = database_query(&s->database, "version", sql_version_note,
                           DATABASE_PARAMS(v->repository, v->number, version), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int make_version(Step *s, const VersionPlan *v) {
        _cleanup_(PQclearp) PGresult *made = NULL;
        const char *version;
        int r;

        r = database_query(&s->database, "version", sql_version_make, DATABASE_PARAMS(v->repository), &made);
        if (r < 0)
                return step_fail_database(s, r);
        version = PQgetvalue(made, 0, 0);
        r = database_query(&s->database, "content of the version", sql_version_content,
                           DATABASE_PARAMS(v->repository, version), NULL);
        if (r >= 0)
                r = database_query(&s->database, "counts of the version", sql_version_counts,
                                   DATABASE_PARAMS(v->repository, version), NULL);
        return r < 0 ? step_fail_database(s, r) : note_version(s, v, version);
}

/* The version of a former run stays as long as it has the content, whatever Pulp 3 has added after it; but
 * once one of the plan's versions is new, the later ones follow it, so that the last of the plan is the
 * latest again. */
static int settle_version(Step *s, const VersionPlan *v, bool *is_new) {
        _cleanup_(PQclearp) PGresult *latest = NULL;
        const char *version;
        bool same;
        int r;

        r = collect(s, v);
        if (r < 0)
                return r;
        r = is_same(s, *is_new ? NULL : v->former, &same);
        if (r < 0 || same)
                return r;
        r = database_query(&s->database, "latest version", sql_version_latest, DATABASE_PARAMS(v->repository),
                           &latest);
        if (r < 0)
                return step_fail_database(s, r);
        version = PQntuples(latest) > 0 ? PQgetvalue(latest, 0, 0) : NULL;
        r = is_same(s, version, &same);
        if (r < 0)
                return r;
        if (same)
                return note_version(s, v, version);
        *is_new = true;
        return make_version(s, v);
}

static int settle_repository(Step *s, void *userdata) {
        const Range *range = userdata;
        int64_t number = range->due[range->next];
        _cleanup_(PQclearp) PGresult *plan = NULL;
        bool is_new = false;
        int r;

        r = database_query(&s->database, "versions of the plan", sql_version_plan,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(number)), &plan);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(plan) == 0)
                return step_fail(s, -EBADMSG,
                                 "repository %s of the plan is not in Pulp 3 any more; run the plan again",
                                 STEP_NUMBER(number));
        for (int i = 0; i < PQntuples(plan) && r >= 0; i++) {
                const VersionPlan v = { PQgetvalue(plan, i, NAME),      PQgetvalue(plan, i, REPOSITORY),
                                        PQgetvalue(plan, i, NUMBER),    PQgetvalue(plan, i, PULP2_REPOSITORY),
                                        database_text(plan, i, FORMER), plugin_find(PQgetvalue(plan, i, PLUGIN)) };

                r = settle_version(s, &v, &is_new);
        }
        if (r >= 0)
                range_advance(s, range, number);
        return r;
}

static int prepare(Step *s, void *userdata) {
        int r;

        r = database_script(&s->database, "table of the version", sql_version_table);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int next_repository(Step *s, const Range *range, void *userdata) {
        return step_run_batch(s, settle_repository, (void *) range);
}

/* Without the table's statistics the server's plan reads all units for each version. */
static int find_due(Step *s, int64_t after, int64_t to) {
        int r;

        r = database_script(&s->database, "versions of the plan", sql_version_due_table);
        if (r < 0)
                return step_fail_database(s, r);
        r = range_due(s, sql_version_planned, after, to);
        if (r < 0)
                return r;
        r = database_script(&s->database, "versions of the plan", sql_version_due_analyze);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                if ((*p)->sql_yielding)
                        r = database_script(&s->database, "versions of the plan", (*p)->sql_yielding);
        if (r >= 0)
                r = database_script(&s->database, "versions of the plan", sql_version_due);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int versions_expand(Step *s) {
        return range_expand(s, &rates);
}

int versions_run(Step *s) {
        return range_run(s, &rates, prepare, next_repository, NULL);
}
