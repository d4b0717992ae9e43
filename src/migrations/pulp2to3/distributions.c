/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step distributions: a distribution for each distributor of the plan, of the publication of its version. */

#include "base/text.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

static int find_due(Step *s, int64_t after, int64_t to);

/* Measured: a distribution takes less than a millisecond in a batch; the links do not matter. */
static const RangeRates rates = { .repositories = 1000, .links = INT64_C(1) << 40, .due = find_due };

#define BATCH_REPOSITORIES 250

static int collect(Step *s, int64_t after, int64_t to) {
        return database_query(
                &s->database, "distributions", sql_distributions_wanted,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(after), STEP_NUMBER(to)),
                NULL);
}

static int write_batch(Step *s, void *userdata) {
        const Range *range = userdata;
        int64_t after = range->due[range->next] - 1, to = MIN(after + BATCH_REPOSITORIES, range->last);
        _cleanup_(PQclearp) PGresult *wrong = NULL;
        int r;

        r = collect(s, after, to);
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
        range_advance(s, range, to);
        return 0;
}

static int next_batch(Step *s, const Range *range, void *userdata) {
        return step_run_batch(s, write_batch, (void *) range);
}

/* The table of distributions is empty again after the transaction; what is due stays. */
static int find_due(Step *s, int64_t after, int64_t to) {
        int r;

        r = database_script(&s->database, "table of distributions", sql_distributions_table);
        if (r >= 0)
                r = database_begin(&s->database);
        if (r >= 0)
                r = collect(s, after, to);
        if (r >= 0)
                r = database_script(&s->database, "distributions", sql_distributions_due);
        if (r >= 0)
                r = database_commit(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int distributions_expand(Step *s) {
        return range_expand(s, &rates);
}

int distributions_run(Step *s) {
        return range_run(s, &rates, NULL, next_batch, NULL);
}
