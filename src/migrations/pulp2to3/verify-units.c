/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each unit of the dump is content of Pulp 3, with the fields that tell it apart, and its file is on the disk. */

#include <inttypes.h>

#include "base/text.h"
#include "migrations/pulp2to3/verify.h"
#include "pulp2to3-sql.h"

/* Units of a batch, and bytes after which it ends early: both keep the time between two commits short. */
#define BATCH_UNITS_TEXT "250"
#define BATCH_BYTES (INT64_C(1024) * 1024 * 1024)

typedef struct UnitsBatch {
        Verification *verification;
        const char *type;
        int64_t next;
        const PGresult *files;
        char **differences; /* for each row of files, owned; NULL: none */
} UnitsBatch;

/* Reads the files of as many units as the bytes allow; the last of them is the batch's end. */
static int read_files(UnitsBatch *b) {
        Step *s = b->verification->step;
        int64_t bytes = 0;
        int r = 0;

        for (int i = 0; i < PQntuples(b->files) && r >= 0; i++) {
                int64_t number = database_int(b->files, i, VERIFY_FILE_NUMBER);

                if (number != b->next && bytes >= BATCH_BYTES)
                        break;
                b->next = number;
                if (!database_text(b->files, i, VERIFY_FILE_SHA256))
                        continue;
                bytes += database_int(b->files, i, VERIFY_FILE_SIZE);
                r = step_is_stopping()
                            ? step_fail(s, -ECANCELED, "stopped by SIGTERM; what is committed stays")
                            : verify_artifact(b->verification, PQgetvalue(b->files, i, VERIFY_FILE_SHA256),
                                              database_int(b->files, i, VERIFY_FILE_SIZE), &b->differences[i]);
        }
        return r;
}

static int note_files(UnitsBatch *b) {
        int r = 0;

        for (int i = 0; i < PQntuples(b->files) && r >= 0; i++) {
                _cleanup_(freep) char *item = NULL;

                if (!b->differences[i])
                        continue;
                item = text_format("unit %s %s %s", b->type, PQgetvalue(b->files, i, VERIFY_FILE_UNIT),
                                   PQgetvalue(b->files, i, VERIFY_FILE_KEY));
                r = item ? verify_difference(b->verification, item, b->differences[i])
                         : step_fail(b->verification->step, -ENOMEM, "out of memory");
        }
        return r;
}

/* What hangs on the contents. */
static int compare_relations(UnitsBatch *b, const PluginRelation *relation) {
        Step *s = b->verification->step;
        int r = 0;

        for (; relation && relation->type && r >= 0; relation++)
                if (streq(relation->type, b->type))
                        r = database_script(&s->database, relation->type, relation->sql);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int compare_contents(UnitsBatch *b) {
        Step *s = b->verification->step;
        int r;

        r = database_query(&s->database, "units", sql_verify_take,
                           DATABASE_PARAMS(b->type, STEP_NUMBER(s->position), STEP_NUMBER(b->next)), NULL);
        if (r >= 0)
                r = database_script(&s->database, "units", sql_verify_units);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = database_script(&s->database, "units", (*p)->sql_verify);
        if (r < 0)
                return step_fail_database(s, r);
        r = verify_stage(b->verification, b->type, b->files, b->next, b->differences);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = compare_relations(b, (*p)->verify_relations);
        return r;
}

static int compare_units(Step *s, void *userdata) {
        UnitsBatch *b = userdata;
        int r;

        r = compare_contents(b);
        if (r >= 0)
                r = note_files(b);
        if (r >= 0)
                r = verify_write(b->verification);
        if (r < 0)
                return r;
        for (int i = 0; i < PQntuples(b->files); i++)
                s->done += database_int(b->files, i, VERIFY_FILE_NUMBER) <= b->next &&
                           (i == 0 || database_int(b->files, i, VERIFY_FILE_NUMBER) !=
                                              database_int(b->files, i - 1, VERIFY_FILE_NUMBER));
        s->position = b->next;
        s->total = MAX(s->total, s->done);
        return 0;
}

/* 0: no unit was left. */
static int next_units(UnitsBatch *b, int64_t last) {
        Step *s = b->verification->step;
        _cleanup_(PQclearp) PGresult *files = NULL;
        int r;

        r = database_query(&s->database, "units", sql_verify_files,
                           DATABASE_PARAMS(STEP_NUMBER(s->position), STEP_NUMBER(last), BATCH_UNITS_TEXT, b->type),
                           &files);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(files) == 0)
                return 0;
        b->files = files;
        b->next = s->position;
        b->differences = calloc((size_t) PQntuples(files), sizeof(*b->differences));
        r = b->differences ? read_files(b) : step_fail(s, -ENOMEM, "out of memory");
        if (r >= 0)
                r = step_run_batch(s, compare_units, b);
        for (int i = 0; b->differences && i < PQntuples(files); i++)
                free(b->differences[i]);
        free(b->differences);
        b->differences = NULL;
        return r < 0 ? r : 1;
}

static int start(Step *s, const char *type, int64_t first, int64_t last) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "units", sql_verify_count,
                           DATABASE_PARAMS(STEP_NUMBER(first), STEP_NUMBER(last), type), &res);
        if (r < 0)
                return step_fail_database(s, r);
        s->position = first - 1;
        s->total = database_int(res, 0, 0);
        return step_report(s);
}

int verify_units(Verification *v, const char *type, int64_t first, int64_t last) {
        UnitsBatch b = { .verification = v, .type = type };
        int r = 0;

        if (!v->step->resumed)
                r = start(v->step, type, first, last);
        if (r < 0)
                return r;
        do
                r = next_units(&b, last);
        while (r > 0);
        return r;
}
