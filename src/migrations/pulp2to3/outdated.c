/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The end of the step distributions: publications that nothing serves any more, as their version or their options
 * have changed or their distributor is gone, and remotes whose importer is gone or has no feed any more. Repositories
 * with their versions and contents stay. */

#include "base/text.h"
#include "migrations/pulp2to3/distributions.h"
#include "migrations/pulp2to3/reset.h"
#include "pulp2to3-sql.h"

/* A publication of a large repository has some 100 000 rows: a second. */
#define BATCH_PUBLICATIONS "10"

typedef struct Outdated {
        const char *plugins;
        int64_t taken; /* by the last batch */
} Outdated;

static int count_rows(Step *s, const char *plugins, int64_t *ret) {
        _cleanup_(PQclearp) PGresult *count = NULL;
        int r;

        r = database_query(&s->database, "what is outdated", sql_outdated_count,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), plugins), &count);
        if (r < 0)
                return step_fail_database(s, r);
        *ret = database_int(count, 0, 0);
        return 0;
}

int outdated_add(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        int64_t n;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = count_rows(s, plugins, &n);
        if (r < 0 || n == 0)
                return r;
        r = migrationd_task_add(s->task, "", DISTRIBUTIONS_STAGE_OUTDATED, "{\"what\": \"outdated\"}", n);
        return r < 0 ? step_fail_task(s, r) : 0;
}

/* Deletes what is in gone: first what plugins have of it. */
static int remove_gone(Step *s, const char *what, const char *sql) {
        int r = 0;

        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_script(&s->database, what, (*p)->sql_outdated);
        if (r >= 0)
                r = database_script(&s->database, what, sql);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int remove_publications(Step *s, void *userdata) {
        _cleanup_(PQclearp) PGresult *taken = NULL;
        Outdated *o = userdata;
        int r;

        r = database_query(
                &s->database, "outdated publications", sql_outdated_publications,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), o->plugins, BATCH_PUBLICATIONS),
                &taken);
        if (r < 0)
                return step_fail_database(s, r);
        o->taken = strtoll(PQcmdTuples(taken), NULL, 10);
        s->done += o->taken;
        s->total = MAX(s->total, s->done);
        return o->taken > 0 ? remove_gone(s, "outdated publications", sql_reset_publications) : 0;
}

/* On-demand files would be lost with them. */
static int tell_of_needed(Step *s, const Outdated *o) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "outdated remotes", sql_outdated_remotes_stay, DATABASE_PARAMS(o->plugins),
                           &res);
        if (r < 0)
                return step_fail_database(s, r);
        s->done += PQntuples(res);
        for (int i = 0; i < PQntuples(res) && r >= 0; i++) {
                _cleanup_(freep) char *item = text_format("remote %s", PQgetvalue(res, i, 0));

                r = item ? step_problem(s, item,
                                        "Pulp 2 has no importer with a feed for it any more; it stays, with its "
                                        "credentials, as files that are on demand can be had from nowhere else")
                         : step_fail(s, -ENOMEM, "out of memory");
        }
        return r;
}

static int remove_remotes(Step *s, void *userdata) {
        _cleanup_(PQclearp) PGresult *taken = NULL;
        const Outdated *o = userdata;
        int r;

        r = tell_of_needed(s, o);
        if (r < 0)
                return r;
        r = database_query(&s->database, "outdated remotes", sql_outdated_remotes, DATABASE_PARAMS(o->plugins),
                           &taken);
        if (r < 0)
                return step_fail_database(s, r);
        r = remove_gone(s, "outdated remotes", sql_outdated_remotes_delete);
        if (r < 0)
                return r;
        s->done += strtoll(PQcmdTuples(taken), NULL, 10);
        s->total = s->position = s->done;
        return 0;
}

int outdated_run(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        Outdated o = { .plugins = plugins };
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = step_attach(s);
        if (r < 0 || s->position > 0)
                return r;
        r = database_script(&s->database, "what is gone", sql_reset_table);
        if (r < 0)
                return step_fail_database(s, r);
        if (!s->resumed)
                r = count_rows(s, plugins, &s->total);
        do
                r = r < 0 ? r : step_run_batch(s, remove_publications, &o);
        while (r >= 0 && o.taken > 0);
        return r < 0 ? r : step_run_batch(s, remove_remotes, &o);
}
