/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of the reset, but for contents and artifacts. */

#include "base/text.h"
#include "migrations/pulp2to3/artifact-sweep.h"
#include "migrations/pulp2to3/reset.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

/* A publication or a repository has as many rows below it as its content; the rates are of some thousand. */
static const ResetKind distributions = {
        "distributions",         1000, "250", sql_reset_distributions_count, sql_reset_distributions_take,
        sql_reset_distributions, NULL
};
static const ResetKind publications = {
        "publications",         20,  "10", sql_reset_publications_count, sql_reset_publications_take,
        sql_reset_publications, NULL
};
static const ResetKind repositories = {
        "repositories",         20,  "10", sql_reset_repositories_count, sql_reset_repositories_take,
        sql_reset_repositories, NULL
};
static const ResetKind remotes = { "remotes",         200, "50", sql_reset_remotes_count, sql_reset_remotes_take,
                                   sql_reset_remotes, NULL };

static int expand(Step *s, const ResetKind *kind) {
        _cleanup_(freep) char *plugins = reset_plugins(s, false);
        bool present;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = reset_open_expander(s, &present);
        return r < 0 || !present ? r : reset_expand(s, kind, plugins, "", 0, "");
}

static int run(Step *s, const ResetKind *kind) {
        _cleanup_(freep) char *plugins = reset_plugins(s, false);
        bool present;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = reset_open(s, &present);
        return r < 0 || !present ? r : reset_run(s, kind, plugins);
}

int reset_distributions_expand(Step *s) {
        return expand(s, &distributions);
}

int reset_distributions_run(Step *s) {
        return run(s, &distributions);
}

int reset_publications_expand(Step *s) {
        return expand(s, &publications);
}

int reset_publications_run(Step *s) {
        return run(s, &publications);
}

int reset_repositories_expand(Step *s) {
        return expand(s, &repositories);
}

int reset_repositories_run(Step *s) {
        return run(s, &repositories);
}

int reset_remotes_expand(Step *s) {
        return expand(s, &remotes);
}

int reset_remotes_run(Step *s) {
        return run(s, &remotes);
}

static int keep(Step *s, void *userdata) {
        const char *plugins = userdata;
        int r;

        r = database_query(&s->database, "repositories that stay", sql_reset_keep,
                           DATABASE_PARAMS(plugins, STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        s->done = s->total = 1;
        return r < 0 ? step_fail_database(s, r) : 0;
}

int reset_prepare_run(Step *s) {
        _cleanup_(freep) char *error = NULL;
        _cleanup_(freep) char *plugins = reset_plugins(s, false);
        bool present;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = reset_open(s, &present);
        if (r < 0 || !present || s->resumed)
                return r;
        r = artifact_sweep(s->configuration->media_root, &error);
        return r < 0 ? step_fail(s, r, "%s", error ?: strerror(-r)) : step_run_batch(s, keep, plugins);
}

static int forget(Step *s, const char *plugins) {
        int r;

        r = database_begin(&s->database);
        if (r >= 0)
                r = database_query(&s->database, "bookkeeping", sql_reset_bookkeeping, DATABASE_PARAMS(plugins),
                                   NULL);
        if (r >= 0)
                r = database_script(&s->database, "bookkeeping", sql_reset_bookkeeping_end);
        if (r >= 0)
                r = database_commit(&s->database);
        if (r < 0)
                database_rollback(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* Without a batch row: it would be the only row that is left. Done twice it is done once. */
int reset_bookkeeping_run(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, false);
        bool present;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = reset_open_expander(s, &present);
        return r < 0 || !present ? r : forget(s, plugins);
}
