/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/range.h"

#include <inttypes.h>

#include "base/text.h"
#include "pulp2to3-sql.h"

static int add_range(Step *s, const PGresult *row) {
        _cleanup_(freep) char *input = text_format("{\"first\": %" PRIi64 ", \"last\": %" PRIi64 "}",
                                                   database_int(row, 0, 0), database_int(row, 0, 1));
        int r;

        if (!input)
                return step_fail(s, -ENOMEM, "out of memory");
        r = migrationd_task_add(s->task, step_lane(s, PQgetvalue(row, 0, 3)), 0, input, database_int(row, 0, 2));
        return r < 0 ? step_fail_task(s, r) : 0;
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
        r = database_send_query(&s->database, "ranges of repositories", sql_range_chunks,
                                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                                STEP_NUMBER(repositories), STEP_NUMBER(links)));
        while (r >= 0) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&s->database, "ranges of repositories", &row);
                if (r == 0)
                        return 0;
                if (r > 0 && (!rates->published || *PQgetvalue(row, 0, 4) == 't'))
                        r = add_range(s, row);
                if (r < 0 && s->error)
                        return r;
        }
        return step_fail_database(s, r);
}

void range_advance(Step *s, int64_t number) {
        s->done += number - s->position;
        s->position = number;
}

int range_run(Step *s, int (*prepare)(Step *s, void *userdata), int (*next)(Step *s, int64_t last, void *userdata),
              void *userdata) {
        int64_t first, last;
        int r;

        r = step_input(s, "first", &first);
        if (r >= 0)
                r = step_input(s, "last", &last);
        if (r >= 0)
                r = step_attach(s);
        if (r < 0)
                return r;
        if (!s->resumed) {
                s->position = first - 1;
                s->total = last - first + 1;
                r = step_report(s);
        }
        if (r >= 0 && prepare)
                r = prepare(s, userdata);
        while (r >= 0 && s->position < last)
                r = next(s, last, userdata);
        return r;
}
