/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the steps of the reset are cut into tasks, and how a task removes its rows. */

#include "migrations/pulp2to3/reset.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "pulp2to3-sql.h"

/* Tasks of a kind: as many as the longest queue should have. */
#define TASKS_MAX 4096

static void make_slice(int64_t first, int64_t last, ResetSlice *ret) {
        (void) snprintf(ret->first, sizeof(ret->first), "%04x0000-0000-0000-0000-000000000000",
                        (unsigned) first & 0xffff);
        (void) snprintf(ret->last, sizeof(ret->last), "%04xffff-ffff-ffff-ffff-ffffffffffff",
                        (unsigned) last & 0xffff);
}

static int find_tables(Step *s, bool *ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "tables of the migration", sql_reset_find, DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        *ret = *PQgetvalue(res, 0, 0) == 't';
        if (!*ret)
                log_notice("Pulp's database has no rows of the migration");
        return 0;
}

int reset_open_expander(Step *s, bool *ret) {
        int r;

        r = step_connect(s);
        return r < 0 ? r : find_tables(s, ret);
}

int reset_open(Step *s, bool *ret) {
        int r;

        r = reset_open_expander(s, ret);
        if (r < 0 || !*ret)
                return r;
        r = step_resume(s);
        if (r < 0)
                return r;
        r = database_script(&s->database, "table of the batch", sql_reset_table);
        return r < 0 ? step_fail_database(s, r) : 0;
}

char *reset_plugins(const Step *s, bool app) {
        char *text = strdup("{"), *end;

        for (const Plugin *const *p = s->plan->list; text && *p; p++) {
                char *longer =
                        text_format("%s%s%s", text, p == s->plan->list ? "" : ",", app ? (*p)->app : (*p)->name);

                free(text);
                text = longer;
        }
        end = text ? text_format("%s}", text) : NULL;
        free(text);
        return end;
}

static int count_rows(Step *s, const ResetKind *kind, const char *subject, const ResetSlice *slice, int64_t *ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, kind->what, kind->sql_count,
                           DATABASE_PARAMS(subject, slice->first, slice->last), &res);
        if (r < 0)
                return step_fail_database(s, r);
        *ret = database_int(res, 0, 0);
        return 0;
}

static int add_task(Step *s, const char *lane, int32_t stage, const char *input, int64_t i, int64_t n, int64_t rows) {
        _cleanup_(freep) char *text = text_format("{%s\"first\": %" PRIi64 ", \"last\": %" PRIi64 "}", input,
                                                  i * RESET_SLICES / n, (i + 1) * RESET_SLICES / n - 1);
        int r;

        if (!text)
                return step_fail(s, -ENOMEM, "out of memory");
        r = migrationd_task_add(s->task, lane, stage, text, rows / n);
        return r < 0 ? step_fail_task(s, r) : 0;
}

int reset_expand(Step *s, const ResetKind *kind, const char *subject, const char *lane, int32_t stage,
                 const char *input) {
        double seconds = (double) s->configuration->target_usec / (double) USEC_PER_SEC;
        int64_t per_task = MAX((int64_t) ((double) kind->per_second * seconds), 1), rows, n;
        ResetSlice all;
        int r;

        make_slice(0, RESET_SLICES - 1, &all);
        r = count_rows(s, kind, subject, &all, &rows);
        if (r < 0 || rows == 0)
                return r;
        n = MIN((rows + per_task - 1) / per_task, TASKS_MAX);
        for (int64_t i = 0; i < n && r >= 0; i++)
                r = add_task(s, lane, stage, input, i, n, rows);
        return r;
}

int reset_begin(Step *s, const ResetKind *kind, const char *subject, ResetSlice *ret) {
        int64_t first, last;
        int r;

        r = step_input(s, "first", &first);
        if (r >= 0)
                r = step_input(s, "last", &last);
        if (r < 0)
                return r;
        make_slice(first, last, ret);
        if (s->resumed)
                return 0;
        r = count_rows(s, kind, subject, ret, &s->total);
        return r < 0 ? r : step_report(s);
}

int reset_take(Step *s, const ResetKind *kind, const char *subject, const ResetSlice *slice, int64_t *ret) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, kind->what, kind->sql_take,
                           DATABASE_PARAMS(subject, slice->first, slice->last, kind->limit), &res);
        if (r < 0)
                return step_fail_database(s, r);
        *ret = strtoll(PQcmdTuples(res), NULL, 10);
        s->done += *ret;
        s->total = MAX(s->total, s->done);
        return 0;
}

typedef struct ResetBatch {
        const ResetKind *kind;
        const char *subject;
        ResetSlice slice;
        int64_t taken;
} ResetBatch;

static int remove_batch(Step *s, void *userdata) {
        ResetBatch *b = userdata;
        int r;

        r = reset_take(s, b->kind, b->subject, &b->slice, &b->taken);
        if (r < 0 || b->taken == 0)
                return r;
        r = database_script(&s->database, b->kind->what, "ANALYZE pg_temp.gone");
        if (r >= 0)
                r = database_script(&s->database, b->kind->what, b->kind->sql_before);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_script(&s->database, b->kind->what, (*p)->sql_reset);
        if (r >= 0 && b->kind->sql_after)
                r = database_script(&s->database, b->kind->what, b->kind->sql_after);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int reset_end(Step *s) {
        if (s->done == s->total)
                return 0;
        s->total = s->done;
        return step_report(s);
}

int reset_run(Step *s, const ResetKind *kind, const char *subject) {
        ResetBatch b = { .kind = kind, .subject = subject };
        int r;

        r = reset_begin(s, kind, subject, &b.slice);
        if (r < 0)
                return r;
        do
                r = step_run_batch(s, remove_batch, &b);
        while (r >= 0 && b.taken > 0);
        return r < 0 ? r : reset_end(s);
}
