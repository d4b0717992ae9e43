/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step repositories: resolves the plan into rows, which the later steps work by, and makes repositories and
 * remotes of them. */

#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/base-path.h"
#include "migrations/pulp2to3/secrets.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

/* Repositories of a transaction: some tenths of a second of work, so that SIGTERM is soon obeyed. */
#define BATCH_REPOSITORIES 250

static int write_repositories(Step *s, const PlanPlugin *plugin, const char *report, int64_t first) {
        int r = 0;

        for (size_t i = 0; i < plugin->n_repositories && r >= 0; i++)
                r = database_copy_row(&s->database,
                                      DATABASE_PARAMS(report, STEP_NUMBER(first + (int64_t) i), plugin->plugin->name,
                                                      plugin->repositories[i].name,
                                                      plugin->repositories[i].importer));
        return r;
}

static int write_versions(Step *s, const PlanPlugin *plugin, const char *report, int64_t first) {
        int r = 0;

        for (size_t i = 0; i < plugin->n_repositories; i++)
                for (size_t j = 0; j < plugin->repositories[i].n_versions && r >= 0; j++)
                        r = database_copy_row(&s->database,
                                              DATABASE_PARAMS(report, STEP_NUMBER(first + (int64_t) i),
                                                              STEP_NUMBER((int64_t) j),
                                                              plugin->repositories[i].versions[j].repository));
        return r;
}

static int write_distributors(Step *s, const PlanPlugin *plugin, const char *report, int64_t first) {
        json_t *name;
        size_t k;
        int r = 0;

        for (size_t i = 0; i < plugin->n_repositories; i++)
                for (size_t j = 0; j < plugin->repositories[i].n_versions; j++)
                        json_array_foreach(plugin->repositories[i].versions[j].distributors, k, name) {
                                r = database_copy_row(&s->database,
                                                      DATABASE_PARAMS(report, STEP_NUMBER(first + (int64_t) i),
                                                                      STEP_NUMBER((int64_t) j),
                                                                      json_string_value(name)));
                                if (r < 0)
                                        return r;
                        }
        return r;
}

/* Writes a plugin's repositories, numbered from first on. */
static int copy_plugin(Step *s, const PlanPlugin *plugin, int64_t first) {
        static const struct {
                const char *sql;
                int (*write)(Step *s, const PlanPlugin *plugin, const char *report, int64_t first);
        } tables[] = {
                { "COPY migrationd_pulp2to3.plan_repository FROM STDIN", write_repositories },
                { "COPY migrationd_pulp2to3.plan_version FROM STDIN", write_versions },
                { "COPY migrationd_pulp2to3.plan_distributor FROM STDIN", write_distributors },
        };
        const char *report = STEP_NUMBER(migrationd_task_report(s->task));
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(tables) && r >= 0; i++) {
                r = database_copy_begin(&s->database, tables[i].sql);
                if (r >= 0)
                        r = tables[i].write(s, plugin, report, first);
                if (r >= 0)
                        r = database_copy_end(&s->database);
        }
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int count_repositories(Step *s, int64_t *ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "plan", sql_plan_count,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task))), &res);
        if (r < 0)
                return step_fail_database(s, r);
        *ret = database_int(res, 0, 0);
        return 0;
}

static int resolve_plugin(Step *s, const PlanPlugin *plugin) {
        const char *report = STEP_NUMBER(migrationd_task_report(s->task));
        int64_t n;
        int r;

        if (plugin->all) {
                r = database_query(&s->database, "plan", sql_plan_all, DATABASE_PARAMS(report, plugin->plugin->name),
                                   NULL);
                return r < 0 ? step_fail_database(s, r) : 0;
        }
        r = count_repositories(s, &n);
        return r < 0 ? r : copy_plugin(s, plugin, n + 1);
}

/* The dump may have been replaced since the step validate. */
static int check_missing(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "plan", sql_plan_missing,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task))), &res);
        if (r < 0)
                return step_fail_database(s, r);
        return PQntuples(res) == 0 ? 0
                                   : step_fail(s, -EBADMSG, "the plan names what the dump lacks: %s%s",
                                               PQgetvalue(res, 0, 0), PQntuples(res) > 1 ? " and others" : "");
}

int repositories_resolve(Step *s, void *userdata) {
        const char *report = STEP_NUMBER(migrationd_task_report(s->task));
        int r;

        r = database_query(&s->database, "plan", sql_plan_forget, DATABASE_PARAMS(report), NULL);
        if (r < 0)
                return step_fail_database(s, r);
        for (size_t i = 0; i < s->plan->n_plugins && r >= 0; i++)
                r = resolve_plugin(s, &s->plan->plugins[i]);
        if (r >= 0)
                r = check_missing(s);
        if (r < 0)
                return r;
        r = database_query(&s->database, "base paths", sql_plan_paths, DATABASE_PARAMS(report), NULL);
        return r < 0 ? step_fail_database(s, r) : count_repositories(s, &s->total);
}

/* With skip_corrupted a distributor without a path of its own is left out by the views of the plan. */
static int check_paths(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "base paths", sql_plan_collisions,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task))), &res);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(res) && r >= 0; i++) {
                _cleanup_(freep) char *item = base_path_item(plugin_find(PQgetvalue(res, i, 1)),
                                                             PQgetvalue(res, i, 0)),
                                      *reason = base_path_reason(PQgetvalue(res, i, 2), PQgetvalue(res, i, 3),
                                                                 PQgetvalue(res, i, 4), PQgetvalue(res, i, 5),
                                                                 PQgetvalue(res, i, 6));

                r = !item || !reason    ? step_fail(s, -ENOMEM, "out of memory")
                    : s->skip_corrupted ? step_problem(s, item, reason)
                                        : step_fail(s, -EBADMSG, "%s: %s", item, reason);
        }
        return r;
}

/* Columns of sql_remotes. */
enum {
        OBJECT,
        NAME,
        URL,
        CA_CERT,
        CLIENT_CERT,
        TLS_VALIDATION,
        PROXY_URL,
        CONCURRENCY,
        POLICY,
        SECRETS,
        TYPE,
        EXPECTED_TYPE,
        SAME,
        CLIENT_KEY
};

/* Into the open COPY, if it is another than what is there. */
static int copy_remote(Step *s, Secrets *secrets, const PGresult *res, int row) {
        const char *present[_SECRET_MAX];
        char *values[_SECRET_MAX] = {};
        bool changed;
        int r;

        for (int i = 0; i < _SECRET_MAX; i++)
                present[i] = database_text(res, row, CLIENT_KEY + i);
        r = secrets_unseal(secrets, database_text(res, row, SECRETS), present, values, &changed, &s->error);
        if (r >= 0 && (changed || *PQgetvalue(res, row, SAME) != 't')) {
                r = database_copy_row(
                        &s->database,
                        DATABASE_PARAMS(database_text(res, row, NAME), database_text(res, row, URL),
                                        database_text(res, row, CA_CERT), database_text(res, row, CLIENT_CERT),
                                        database_text(res, row, TLS_VALIDATION), database_text(res, row, PROXY_URL),
                                        database_text(res, row, CONCURRENCY), database_text(res, row, POLICY),
                                        values[SECRET_CLIENT_KEY], values[SECRET_USERNAME], values[SECRET_PASSWORD],
                                        values[SECRET_PROXY_USERNAME], values[SECRET_PROXY_PASSWORD],
                                        PQgetvalue(res, row, EXPECTED_TYPE)));
                if (r < 0)
                        r = step_fail_database(s, r);
        }
        for (int i = 0; i < _SECRET_MAX; i++)
                free(values[i]);
        return r;
}

static int check_types(Step *s, const PGresult *res) {
        for (int i = 0; i < PQntuples(res); i++) {
                const char *type = database_text(res, i, TYPE);

                if (type && !streq(type, PQgetvalue(res, i, EXPECTED_TYPE)))
                        return step_fail(s, -EBADMSG, "Pulp 3 has a remote \"%s\" of type %s already; rename it",
                                         PQgetvalue(res, i, NAME), type);
        }
        return 0;
}

static int copy_remotes(Step *s, Secrets *secrets, const PGresult *res) {
        int r;

        if (PQntuples(res) == 0)
                return 0;
        r = check_types(s, res);
        if (r < 0)
                return r;
        r = database_copy_begin(&s->database, "COPY pg_temp.remotes FROM STDIN");
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(res); i++) {
                r = copy_remote(s, secrets, res, i);
                if (r < 0)
                        return r;
        }
        r = database_copy_end(&s->database);
        if (r >= 0)
                r = database_script(&s->database, "remotes", sql_remotes_write);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* What has changed, by few statements for all remotes of the range. */
static int write_remotes(Step *s, Secrets *secrets, size_t n, const char *const *range) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "remotes", sql_remotes, n, range, &res);
        if (r < 0)
                return step_fail_database(s, r);
        r = copy_remotes(s, secrets, res);
        if (r < 0)
                return r;
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_query(&s->database, "remotes", (*p)->sql_remote, n, range, NULL);
        if (r >= 0)
                r = database_query(&s->database, "remotes", sql_remotes_note, n, range, NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int write_batch(Step *s, void *userdata) {
        int64_t to = MIN(s->position + BATCH_REPOSITORIES, s->total);
        const char *const range[] = { STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(s->position),
                                      STEP_NUMBER(to) };
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "repositories", sql_repositories_foreign, ELEMENTSOF(range), range, &res);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(res) > 0)
                return step_fail(s, -EBADMSG,
                                 "Pulp 3 has a repository \"%s\" of type %s already; give it another name in the "
                                 "plan",
                                 PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1));
        r = write_remotes(s, userdata, ELEMENTSOF(range), range);
        if (r < 0)
                return r;
        r = database_query(&s->database, "repositories", sql_repositories_write, ELEMENTSOF(range), range, NULL);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_query(&s->database, "repositories", (*p)->sql_repository, ELEMENTSOF(range), range,
                                   NULL);
        if (r < 0)
                return step_fail_database(s, r);
        s->position = s->done = to;
        return 0;
}

/* The plan as rows, and what of it is not migrated. */
static int resolve(Step *s, void *userdata) {
        int r;

        r = repositories_resolve(s, userdata);
        if (r >= 0)
                r = check_paths(s);
        if (r < 0)
                return r;
        r = database_query(&s->database, "types without counterpart", sql_repositories_passed_over,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int repositories_run(Step *s) {
        Secrets secrets = { .key_file = s->configuration->key_file };
        int r;

        r = step_attach(s);
        if (r >= 0 && !s->resumed)
                r = step_run_batch(s, resolve, NULL);
        if (r >= 0) {
                r = database_script(&s->database, "table of remotes", sql_remotes_table);
                if (r < 0)
                        r = step_fail_database(s, r);
        }
        while (r >= 0 && s->position < s->total)
                r = step_run_batch(s, write_batch, &secrets);
        return r;
}
