/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What has to be done before distributions can be made: those that are of no distributor any more go, and those that
 * get another base path get it, all in one transaction. */

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/distributions.h"
#include "migrations/pulp2to3/reset.h"
#include "pulp2to3-sql.h"

int distributions_add_paths(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        _cleanup_(PQclearp) PGresult *count = NULL;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_script(&s->database, "base paths", sql_distributions_moves);
        if (r >= 0)
                r = database_query(&s->database, "base paths", sql_distributions_paths_count,
                                   DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), plugins), &count);
        if (r >= 0)
                r = database_script(&s->database, "base paths", sql_distributions_still);
        if (r < 0)
                return step_fail_database(s, r);
        if (database_int(count, 0, 0) == 0)
                return 0;
        r = migrationd_task_add(s->task, "", DISTRIBUTIONS_STAGE_PATHS, "{\"what\": \"paths\"}",
                                database_int(count, 0, 0));
        return r < 0 ? step_fail_task(s, r) : 0;
}

/* What was there before the migration is an administrator's. */
static int tell_of_stays(Step *s, const char *plugins) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "distributions", sql_distributions_stay, DATABASE_PARAMS(plugins), &res);
        if (r < 0)
                return step_fail_database(s, r);
        s->done += PQntuples(res);
        for (int i = 0; i < PQntuples(res) && r >= 0; i++) {
                _cleanup_(freep) char *item = text_format("distribution %s", PQgetvalue(res, i, 0)),
                                      *reason = text_format(
                                              "it is of no distributor of the plan any more, and stays with the base "
                                              "path \"%s\": Pulp 3 had it before the migration",
                                              PQgetvalue(res, i, 1));

                r = item && reason ? step_problem(s, item, reason) : step_fail(s, -ENOMEM, "out of memory");
        }
        return r;
}

static int remove_gone(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int64_t n;
        int r;

        r = database_query(&s->database, "outdated distributions", "SELECT count(*) FROM pg_temp.gone",
                           DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        n = database_int(res, 0, 0);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_script(&s->database, "outdated distributions", (*p)->sql_outdated);
        if (r >= 0)
                r = database_script(&s->database, "outdated distributions", sql_distributions_delete);
        if (r < 0)
                return step_fail_database(s, r);
        if (n > 0)
                log_info("removing %" PRIi64 " distributions that are of no distributor of the plan any more", n);
        s->done += n;
        return 0;
}

static int move(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_script(&s->database, "base paths", sql_distributions_park);
        if (r >= 0)
                r = database_query(&s->database, "base paths", "SELECT count(*) FROM pg_temp.distributions",
                                   DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        s->done += database_int(res, 0, 0);
        return distributions_write(s);
}

static int find_gone(Step *s, const char *plugins) {
        int r;

        r = database_query(&s->database, "outdated distributions", sql_distributions_gone, DATABASE_PARAMS(plugins),
                           NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int write_paths(Step *s, void *userdata) {
        const char *plugins = userdata;
        int r;

        r = distributions_collect(s, 0, INT64_MAX);
        if (r < 0)
                return r;
        r = database_script(&s->database, "base paths", sql_distributions_moves);
        if (r < 0)
                return step_fail_database(s, r);
        /* What cannot move goes too, and may make room for others. */
        do {
                r = find_gone(s, plugins);
                if (r >= 0)
                        r = distributions_check(s, /* only_moves= */ true);
        } while (r > 0);
        if (r >= 0)
                r = tell_of_stays(s, plugins);
        if (r >= 0)
                r = remove_gone(s);
        if (r >= 0)
                r = move(s);
        if (r >= 0)
                s->position = s->total = s->done;
        return r;
}

int distributions_run_paths(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = step_attach(s);
        if (r < 0 || s->resumed)
                return r;
        r = database_script(&s->database, "table of distributions", sql_distributions_table);
        return r < 0 ? step_fail_database(s, r) : step_run_batch(s, write_paths, plugins);
}
