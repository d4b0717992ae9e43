/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step distributions: a distribution for each distributor of the plan, of the publication of its version. */

#include "migrations/pulp2to3/distributions.h"

#include "base/text.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

static int find_due(Step *s, int64_t after, int64_t to);
static int find_due_and_moves(Step *s, int64_t after, int64_t to);

/* Measured: a distribution takes less than a millisecond in a batch; the links do not matter. */
#define RATES(function) \
        { .repositories = 1000, .links = INT64_C(1) << 40, .due = (function), .stage = DISTRIBUTIONS_STAGE_RANGES }
static const RangeRates rates = RATES(find_due), expander_rates = RATES(find_due_and_moves);

#define BATCH_REPOSITORIES 250

/* Columns of sql_distributions_wrong. */
enum { NAME, REPOSITORY, REASON, OTHERS_CAN };

int distributions_collect(Step *s, int64_t after, int64_t to) {
        int r;

        r = database_query(
                &s->database, "distributions", sql_distributions_wanted,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(after), STEP_NUMBER(to)),
                NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int leave_out(Step *s, const PGresult *wrong, int row) {
        _cleanup_(freep) char *item = text_format("distribution %s", PQgetvalue(wrong, row, NAME)),
                              *reason = text_format("repository %s: %s", PQgetvalue(wrong, row, REPOSITORY),
                                                    PQgetvalue(wrong, row, REASON));

        return item && reason ? step_problem(s, item, reason) : step_fail(s, -ENOMEM, "out of memory");
}

int distributions_check(Step *s, bool only_moves) {
        _cleanup_(PQclearp) PGresult *wrong = NULL;
        int r;

        r = database_query(&s->database, "distributions", sql_distributions_wrong,
                           DATABASE_PARAMS(only_moves ? "t" : "f"), &wrong);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(wrong) == 0)
                return 0;
        if (!s->skip_corrupted || *PQgetvalue(wrong, 0, OTHERS_CAN) != 't')
                return step_fail(s, -EBADMSG, "distribution \"%s\" of repository \"%s\": %s",
                                 PQgetvalue(wrong, 0, NAME), PQgetvalue(wrong, 0, REPOSITORY),
                                 PQgetvalue(wrong, 0, REASON));
        for (int i = 0; i < PQntuples(wrong) && r >= 0; i++)
                r = leave_out(s, wrong, i);
        return r < 0 ? r : 1;
}

int distributions_write(Step *s) {
        int r;

        r = database_script(&s->database, "distributions", sql_distributions_write);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_script(&s->database, "distributions", (*p)->sql_distribution);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int write_batch(Step *s, void *userdata) {
        const Range *range = userdata;
        int64_t after = range->due[range->next] - 1, to = MIN(after + BATCH_REPOSITORIES, range->last);
        int r;

        r = distributions_collect(s, after, to);
        if (r >= 0)
                do
                        r = distributions_check(s, /* only_moves= */ false);
                while (r > 0);
        if (r >= 0)
                r = distributions_write(s);
        if (r < 0)
                return r;
        range_advance(s, range, to);
        return 0;
}

static int next_batch(Step *s, const Range *range, void *userdata) {
        return step_run_batch(s, write_batch, (void *) range);
}

/* The table of distributions is empty again after the transaction; what is due stays. */
static int look(Step *s, int64_t after, int64_t to, bool expander) {
        int r;

        r = database_script(&s->database, "table of distributions", sql_distributions_table);
        if (r >= 0)
                r = database_begin(&s->database);
        if (r < 0)
                return step_fail_database(s, r);
        r = distributions_collect(s, after, to);
        if (r >= 0 && expander)
                r = distributions_add_paths(s);
        if (r < 0)
                return r;
        r = database_script(&s->database, "distributions", sql_distributions_due);
        if (r >= 0)
                r = database_commit(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int find_due(Step *s, int64_t after, int64_t to) {
        return look(s, after, to, /* expander= */ false);
}

static int find_due_and_moves(Step *s, int64_t after, int64_t to) {
        return look(s, after, to, /* expander= */ true);
}

int distributions_expand(Step *s) {
        int r;

        r = range_expand(s, &expander_rates);
        return r < 0 ? r : outdated_add(s);
}

int distributions_run(Step *s) {
        const char *what = json_string_value(json_object_get(json_object_get(s->input, "input"), "what"));

        if (streq_ptr(what, "paths"))
                return distributions_run_paths(s);
        if (streq_ptr(what, "outdated"))
                return outdated_run(s);
        return range_run(s, &rates, NULL, next_batch, NULL);
}
