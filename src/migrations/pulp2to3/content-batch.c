/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a task of a content type: its batches, and what is left over from a former attempt. */

#include "migrations/pulp2to3/content-batch.h"

#include <fcntl.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "pulp2to3-sql.h"

#define BATCH_UNITS_TEXT "250"

/* Columns of sql_batch_due. */
enum { NUMBER, ID, KEY, DOWNLOADED, STORAGE_PATH, REPOSITORY, DOCUMENT, SNIPPETS };

int content_batch_expand(const ContentType *type, Step *s, const ContentLimits *limits,
                         int (*add)(Step *s, const ContentType *type, int64_t first, int64_t last, int64_t units)) {
        int r;

        r = database_send_query(&s->database, "ranges of units", sql_batch_chunks,
                                DATABASE_PARAMS(STEP_NUMBER(limits->units), STEP_NUMBER(limits->bytes), type->name));
        if (r < 0)
                return step_fail_database(s, r);
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&s->database, "ranges of units", &row);
                if (r <= 0)
                        return r < 0 ? step_fail_database(s, r) : 0;
                r = add(s, type, database_int(row, 0, 0), database_int(row, 0, 1), database_int(row, 0, 2));
                if (r < 0)
                        return r;
        }
}

static void clear_batch(ContentBatch *b) {
        for (size_t i = 0; i < b->n_units; i++) {
                if (b->type->done)
                        b->type->done(&b->units[i]);
                json_decref(b->units[i].document);
                free(b->units[i].problem);
        }
        for (size_t i = 0; i < b->n_files; i++)
                free(b->files[i].relative_path);
        b->n_units = b->n_files = 0;
        b->bytes = b->linked = b->copied = b->present = 0;
}

static BatchUnit take_row(const PGresult *rows, int i) {
        return (BatchUnit){ .number = PQgetvalue(rows, i, NUMBER),
                            .id = PQgetvalue(rows, i, ID),
                            .key = PQgetvalue(rows, i, KEY),
                            .downloaded = *PQgetvalue(rows, i, DOWNLOADED) == 't',
                            .storage_path = database_text(rows, i, STORAGE_PATH),
                            .repo_id = database_text(rows, i, REPOSITORY),
                            .document_text = PQgetvalue(rows, i, DOCUMENT),
                            .snippets = { database_text(rows, i, SNIPPETS), database_text(rows, i, SNIPPETS + 1),
                                          database_text(rows, i, SNIPPETS + 2) } };
}

/* Takes the rows of the batch, as many as its bytes allow, and reads their files. */
static int read_batch(ContentBatch *b, const PGresult *rows) {
        int r = 0;

        clear_batch(b);
        for (int i = 0; i < PQntuples(rows) && b->bytes < BATCH_BYTES && r >= 0; i++) {
                BatchUnit *u = &b->units[b->n_units++];

                if (step_is_stopping())
                        return step_fail(b->step, -ECANCELED, "stopped by SIGTERM; what is committed stays");
                *u = take_row(rows, i);
                u->document = json_loads(u->document_text, 0, NULL);
                r = u->document ? b->type->prepare(b, u) : step_fail(b->step, -ENOMEM, "out of memory");
        }
        return r;
}

static int write_problems(ContentBatch *b) {
        int r = 0;

        for (size_t i = 0; i < b->n_units && r >= 0; i++) {
                const BatchUnit *u = &b->units[i];
                _cleanup_(freep) char *item = NULL;

                if (!u->problem)
                        continue;
                item = text_format("units_%s %s %s", b->type->name, u->id, u->key);
                if (!item)
                        return step_fail(b->step, -ENOMEM, "out of memory");
                /* As the service takes it: the separator of the key's fields is a control character. */
                for (char *c = item; *c; c++)
                        if (*c == '\x1f')
                                *c = ' ';
                r = step_problem(b->step, item, u->problem);
        }
        return r;
}

static int write_rows(ContentBatch *b) {
        Step *s = b->step;
        int r;

        r = content_batch_copy_units(b);
        if (r >= 0)
                r = content_batch_copy_files(b);
        if (r < 0)
                return r;
        r = database_query(&s->database, "units without remote", sql_batch_skip,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        if (r >= 0)
                r = database_script(&s->database, "artifacts", sql_batch_artifacts);
        if (r < 0)
                return step_fail_database(s, r);
        r = b->type->copy(b);
        if (r < 0)
                return r;
        r = database_script(&s->database, "content", b->type->sql_write);
        if (r >= 0)
                r = database_script(&s->database, "content", sql_batch_contents);
        if (r >= 0)
                r = database_script(&s->database, "content", b->type->several ? sql_batch_several : sql_batch_single);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int write_batch(Step *s, void *userdata) {
        ContentBatch *b = userdata;
        int r;

        r = write_problems(b);
        if (r >= 0)
                r = write_rows(b);
        if (r < 0)
                return r;
        s->position = strtoll(b->units[b->n_units - 1].number, NULL, 10);
        s->done += (int64_t) b->n_units;
        /* The expander's count was of its time: a former run of this task may have migrated some of them. */
        s->total = MAX(s->total, s->done);
        s->linked += b->linked;
        s->copied += b->copied;
        return 0;
}

static int run_batches(ContentBatch *b, int64_t last) {
        Step *s = b->step;
        int r;

        for (;;) {
                _cleanup_(PQclearp) PGresult *rows = NULL;

                r = database_query(
                        &s->database, "units", sql_batch_due,
                        DATABASE_PARAMS(STEP_NUMBER(s->position), STEP_NUMBER(last), BATCH_UNITS_TEXT, b->type->name),
                        &rows);
                if (r < 0)
                        return step_fail_database(s, r);
                if (PQntuples(rows) == 0)
                        return 0;
                r = read_batch(b, rows);
                if (r >= 0)
                        r = step_run_batch(s, write_batch, b);
                /* The units point into the rows. */
                clear_batch(b);
                if (r < 0)
                        return r;
        }
}

/* The first batch row: where the range begins, and how many units it has. */
static int start(ContentBatch *b, int64_t first, int64_t last) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        Step *s = b->step;
        int r;

        r = database_query(&s->database, "units", sql_batch_count,
                           DATABASE_PARAMS(STEP_NUMBER(first), STEP_NUMBER(last), b->type->name), &res);
        if (r < 0)
                return step_fail_database(s, r);
        s->position = first - 1;
        s->total = database_int(res, 0, 0);
        return step_report(s);
}

/* Whether the file of an artifact is there; one that is not makes its unit due again. */
static int look_for_file(ContentBatch *b, const PGresult *rows, int i, bool *ret_lost) {
        _cleanup_(freep) char *error = NULL;
        int r;

        if (!database_text(rows, i, 2))
                return 0;
        r = artifact_store_look(&b->store, PQgetvalue(rows, i, 2), (uint64_t) database_int(rows, i, 3), &error);
        if (r >= 0)
                return 0;
        if (r != -ENOENT)
                return step_fail(b->step, r, "%s", error);
        *ret_lost = true;
        r = database_query(&b->step->database, "lost file", sql_batch_again,
                           DATABASE_PARAMS(b->type->name, PQgetvalue(rows, i, 1)), NULL);
        return r < 0 ? step_fail_database(b->step, r) : 0;
}

/* The files of the units that a former attempt committed: a power failure may have taken them. */
static int restore_files(ContentBatch *b, int64_t first) {
        Step *s = b->step;
        bool lost = false;
        int r;

        for (int64_t position = first - 1; position < s->position;) {
                _cleanup_(PQclearp) PGresult *rows = NULL;

                r = database_query(&s->database, "units", sql_batch_files,
                                   DATABASE_PARAMS(STEP_NUMBER(position), STEP_NUMBER(s->position), BATCH_UNITS_TEXT,
                                                   b->type->name),
                                   &rows);
                if (r < 0)
                        return step_fail_database(s, r);
                if (PQntuples(rows) == 0)
                        break;
                for (int i = 0; i < PQntuples(rows); i++) {
                        position = database_int(rows, i, 0);
                        r = look_for_file(b, rows, i, &lost);
                        if (r < 0)
                                return r;
                }
        }
        if (lost)
                s->position = first - 1;
        return 0;
}

static int open_task(ContentBatch *b) {
        Step *s = b->step;
        int r;

        r = digests_new(&b->digests, &s->error);
        if (r < 0)
                return r;
        b->content_fd = open(s->configuration->content, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (b->content_fd < 0)
                return step_fail(s, -ENODATA, "[Pulp2] Content=%s: %s", s->configuration->content, strerror(errno));
        r = artifact_store_open(s->configuration->media_root, migrationd_task_report(s->task),
                                migrationd_task_id(s->task), &b->store, &s->error);
        if (r < 0)
                return r == -ENOSPC || r == -EDQUOT || r == -ENOMEM ? r : -EINVAL;
        r = database_script(&s->database, "table of the batch", sql_batch_table);
        if (r >= 0)
                r = database_script(&s->database, "table of the batch", b->type->sql_table);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int end(ContentBatch *b) {
        Step *s = b->step;

        log_info("%" PRIi64 " units: %" PRIi64 " artifact files linked, %" PRIi64 " copied", s->done, s->linked,
                 s->copied);
        if (s->done == s->total)
                return 0;
        /* Units that became due no more since they were counted. */
        s->total = s->done;
        return step_report(s);
}

static int run(ContentBatch *b, int64_t first, int64_t last) {
        _cleanup_(freep) char *error = NULL;
        int r, k;

        r = open_task(b);
        if (r >= 0)
                r = b->step->resumed ? restore_files(b, first) : start(b, first, last);
        if (r >= 0)
                r = run_batches(b, last);
        if (b->store.fd < 0)
                return r;
        /* Also what was committed before a failure: nobody may come back. */
        k = artifact_store_sync(&b->store, &error);
        if (k < 0 && r >= 0)
                r = step_fail(b->step, k, "%s", error);
        return r < 0 ? r : end(b);
}

int content_batch_run(const ContentType *type, Step *s, int64_t first, int64_t last) {
        ContentBatch *b = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return step_fail(s, -ENOMEM, "out of memory");
        *b = (ContentBatch){ .type = type, .step = s, .content_fd = -EBADF, .store.fd = -EBADF };
        r = run(b, first, last);
        clear_batch(b);
        free(b->files);
        artifact_store_done(&b->store);
        closep(&b->content_fd);
        digests_free(b->digests);
        free(b);
        return r;
}
