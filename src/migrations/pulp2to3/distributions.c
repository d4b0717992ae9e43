/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step distributions: a distribution for each distributor of the plan, of the publication of its version. */

#include "base/text.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

/* Measured: a distribution takes less than a millisecond in a batch; the links do not matter. */
static const RangeRates rates = { .repositories = 1000, .links = INT64_C(1) << 40 };

#define BATCH_REPOSITORIES 250

static int write_batch(Step *s, void *userdata) {
        const int64_t *to = userdata;
        _cleanup_(PQclearp) PGresult *wrong = NULL;
        int r;

        r = database_query(&s->database, "distributions", sql_distributions_wanted,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(s->position),
                                           STEP_NUMBER(*to)),
                           NULL);
        if (r >= 0)
                r = database_query(&s->database, "distributions", sql_distributions_wrong, DATABASE_NO_PARAMS,
                                   &wrong);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(wrong) > 0)
                return step_fail(s, -EBADMSG, "distribution \"%s\" of repository \"%s\": %s", PQgetvalue(wrong, 0, 0),
                                 PQgetvalue(wrong, 0, 1), PQgetvalue(wrong, 0, 2));
        r = database_script(&s->database, "distributions", sql_distributions_write);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_script(&s->database, "distributions", (*p)->sql_distribution);
        if (r < 0)
                return step_fail_database(s, r);
        range_advance(s, *to);
        return 0;
}

static int next_batch(Step *s, int64_t last, void *userdata) {
        int64_t to = MIN(s->position + BATCH_REPOSITORIES, last);

        return step_run_batch(s, write_batch, &to);
}

static int prepare(Step *s, void *userdata) {
        int r;

        r = database_script(&s->database, "table of distributions", sql_distributions_table);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int distributions_expand(Step *s) {
        return range_expand(s, &rates);
}

int distributions_run(Step *s) {
        return range_run(s, prepare, next_batch, NULL);
}
