/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/range.h"

#include <inttypes.h>

#include "base/text.h"
#include "pulp2to3-sql.h"

static int add_range(Step *s, const RangeRates *rates, const PGresult *row) {
        _cleanup_(freep) char *input = text_format("{\"first\": %" PRIi64 ", \"last\": %" PRIi64 "}",
                                                   database_int(row, 0, 0), database_int(row, 0, 1));
        int r;

        if (!input)
                return step_fail(s, -ENOMEM, "out of memory");
        r = migrationd_task_add(s->task, rates->stage > 0 ? "" : step_lane(s, PQgetvalue(row, 0, 3)), rates->stage,
                                input, database_int(row, 0, 2));
        return r < 0 ? step_fail_task(s, r) : 0;
}

int range_due(Step *s, const char *sql, int64_t after, int64_t to) {
        int r;

        r = database_query(
                &s->database, "what is due", sql,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(after), STEP_NUMBER(to)),
                NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int find_due(Step *s, const RangeRates *rates, int64_t after, int64_t to) {
        int r;

        r = database_script(&s->database, "what is due", sql_range_table);
        if (r < 0)
                return step_fail_database(s, r);
        return rates->due(s, after, to);
}

int range_expand(Step *s, const RangeRates *rates) {
        double seconds = (double) s->configuration->target_usec / (double) USEC_PER_SEC;
        int64_t repositories = MAX((int64_t) ((double) rates->repositories * seconds), 1);
        int64_t links = MAX((int64_t) ((double) rates->links * seconds), 1);
        int r;

        r = step_attach_expander(s);
        if (r < 0)
                return r;
        if (rates->sql_before) {
                r = database_script(&s->database, "ranges of repositories", rates->sql_before);
                if (r < 0)
                        return step_fail_database(s, r);
        }
        r = find_due(s, rates, 0, INT64_MAX);
        if (r < 0)
                return r;
        r = database_send_query(&s->database, "ranges of repositories", sql_range_chunks,
                                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                                STEP_NUMBER(repositories), STEP_NUMBER(links)));
        while (r >= 0) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&s->database, "ranges of repositories", &row);
                if (r == 0)
                        return 0;
                if (r > 0)
                        r = add_range(s, rates, row);
                if (r < 0 && s->error)
                        return r;
        }
        return step_fail_database(s, r);
}

void range_advance(Step *s, const Range *range, int64_t number) {
        for (size_t i = range->next; i < range->n_due && range->due[i] <= number; i++)
                s->done++;
        s->position = number;
}

/* Where the task is resumed, what is done is not due any more. */
static int read_due(Step *s, Range *range) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "what is due", sql_range_due, DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        range->n_due = (size_t) PQntuples(res);
        range->due = calloc(range->n_due + 1, sizeof(*range->due));
        if (!range->due)
                return step_fail(s, -ENOMEM, "out of memory");
        for (size_t i = 0; i < range->n_due; i++)
                range->due[i] = database_int(res, (int) i, 0);
        s->total = s->done + (int64_t) range->n_due;
        return step_report(s);
}

static int run(Step *s, Range *range, int (*next)(Step *s, const Range *range, void *userdata), void *userdata) {
        int r;

        r = read_due(s, range);
        while (r >= 0 && range->next < range->n_due) {
                r = next(s, range, userdata);
                while (range->next < range->n_due && range->due[range->next] <= s->position)
                        range->next++;
        }
        return r;
}

int range_run(Step *s, const RangeRates *rates, int (*prepare)(Step *s, void *userdata),
              int (*next)(Step *s, const Range *range, void *userdata), void *userdata) {
        Range range = {};
        int64_t first;
        int r;

        r = step_input(s, "first", &first);
        if (r >= 0)
                r = step_input(s, "last", &range.last);
        if (r >= 0)
                r = step_attach(s);
        if (r < 0)
                return r;
        if (!s->resumed)
                s->position = first - 1;
        if (prepare)
                r = prepare(s, userdata);
        if (r >= 0)
                r = find_due(s, rates, s->position, range.last);
        if (r >= 0)
                r = run(s, &range, next, userdata);
        free(range.due);
        return r;
}
