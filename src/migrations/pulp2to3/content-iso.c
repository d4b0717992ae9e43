/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type iso: a file each, or an entry of the lazy catalog. A batch first reads and links its files,
 * then writes all its rows in one transaction: what was linked without rows is harmless and found again. The
 * names of files are made durable once, at the task's end; a task that was cut off, by a power failure too,
 * looks first whether the files of its rows are there. */

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/content-path.h"
#include "migrations/pulp2to3/content-type.h"
#include "pulp2to3-sql.h"

/* Units of a batch, and bytes after which a batch ends early: both keep the time between two commits short.
 */
#define BATCH_UNITS 250
#define BATCH_UNITS_TEXT "250"
#define BATCH_BYTES (INT64_C(256) * 1024 * 1024)

typedef struct Unit {
        const char *number, *id, *name, *checksum, *size, *path; /* of the result of sql_iso_batch */
        bool downloaded;
        DigestSet digests; /* downloaded */
        char *problem;     /* why it is skipped; NULL: it is not; owned */
} Unit;

typedef struct IsoTask {
        Step *step;
        Digests *digests;
        ArtifactStore store;
        int content_fd;
        Unit units[BATCH_UNITS];
        size_t n_units;
        int64_t linked, copied, present; /* of the batch */
} IsoTask;

static int expand_iso(const ContentType *type, Step *s, const ContentLimits *limits,
                      int (*add)(Step *s, const ContentType *type, int64_t first, int64_t last, int64_t units)) {
        int r;

        r = database_send_query(&s->database, "ranges of units", sql_iso_chunks,
                                DATABASE_PARAMS(STEP_NUMBER(limits->units), STEP_NUMBER(limits->bytes)));
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

/* The unit's file is not as it must be: a failure, or a problem. reason is taken over. */
static int corrupted(IsoTask *t, Unit *u, char *reason) {
        if (!reason)
                return step_fail(t->step, -ENOMEM, "out of memory");
        u->problem = reason;
        if (t->step->skip_corrupted)
                return 0;
        return step_fail(t->step, -EBADMSG, "units_iso %s %s: %s; the option skip_corrupted leaves such units out",
                         u->id, u->name, reason);
}

/* Why the file is not as it must be; reason is taken over. */
static int wrong(IsoTask *t, char **ret_reason, char *reason) {
        *ret_reason = reason;
        return reason ? 0 : step_fail(t->step, -ENOMEM, "out of memory");
}

static int check_digests(IsoTask *t, const Unit *u, const char *path, char **ret_reason) {
        const char *content = t->step->configuration->content;

        if (!streq(u->size, STEP_NUMBER((int64_t) u->digests.size_bytes)))
                return wrong(t, ret_reason,
                             text_format("%s/%s has %" PRIu64 " bytes, expected %s", content, path,
                                         u->digests.size_bytes, u->size));
        if (!streq(u->checksum, u->digests.text[DIGEST_SHA256]))
                return wrong(t, ret_reason,
                             text_format("%s/%s has the SHA-256 %s, expected %s", content, path,
                                         u->digests.text[DIGEST_SHA256], u->checksum));
        return 0;
}

static int store_file(IsoTask *t, Unit *u, const char *path, int fd) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = artifact_store_add(&t->store, t->content_fd, path, fd, &u->digests, &error);
        if (r < 0)
                return step_fail(t->step, r, "units_iso %s %s: %s", u->id, u->name, error ?: strerror(-r));
        t->linked += r == ARTIFACT_LINKED;
        t->copied += r == ARTIFACT_COPIED;
        t->present += r == ARTIFACT_PRESENT;
        return 0;
}

/* Opens the unit's file. Returns 0, with a reason when there is none, or after step_fail(). */
static int open_file(IsoTask *t, const Unit *u, const char *path, int *ret_fd, char **ret_reason) {
        const char *content = t->step->configuration->content;
        _cleanup_(closep) int fd = -EBADF;
        struct stat st;

        if (!path)
                return wrong(t, ret_reason,
                             text_format("its storage path %s is not below " PULP2_CONTENT_DIRECTORY, u->path));
        /* A pipe that lies there would wait for a writer for ever. */
        fd = openat(t->content_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG))
                return wrong(t, ret_reason, text_format("%s/%s is missing: %s", content, path, strerror(errno)));
        if (fd < 0 || fstat(fd, &st) < 0)
                return step_fail(t->step, errno == EACCES || errno == EPERM ? -EINVAL : -errno,
                                 "units_iso %s %s: %s/%s: %s", u->id, u->name, content, path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return wrong(t, ret_reason, text_format("%s/%s is not a regular file", content, path));
        *ret_fd = fd;
        fd = -EBADF;
        return 0;
}

/* Pulp 3 may have what Pulp 2 has lost. Returns 1: it is read. */
static int use_artifact(IsoTask *t, Unit *u, const char *reason) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = artifact_store_read(&t->store, t->digests, u->checksum, strtoll(u->size, NULL, 10), step_is_stopping,
                                &u->digests, &error);
        if (r == -ECANCELED)
                return step_fail(t->step, r, "stopped by SIGTERM; what is committed stays");
        if (r < 0)
                return step_fail(t->step, r, "units_iso %s %s: %s", u->id, u->name, error ?: strerror(-r));
        if (r > 0) {
                log_notice("units_iso %s %s: %s; Pulp 3 has the file, which stays", u->id, u->name, reason);
                t->present++;
        }
        return r;
}

static int read_unit(IsoTask *t, Unit *u) {
        const char *path = content_path_relative(u->path), *content = t->step->configuration->content;
        _cleanup_(freep) char *reason = NULL;
        _cleanup_(closep) int fd = -EBADF;
        int r;

        r = open_file(t, u, path, &fd, &reason);
        if (r >= 0 && !reason) {
                r = digests_of_file(t->digests, fd, step_is_stopping, &u->digests);
                if (r == -ECANCELED)
                        return step_fail(t->step, r, "stopped by SIGTERM; what is committed stays");
                if (r < 0)
                        return step_fail(t->step, r, "units_iso %s %s: cannot read %s/%s: %s", u->id, u->name, content,
                                         path, strerror(-r));
                r = check_digests(t, u, path, &reason);
        }
        if (r < 0)
                return r;
        if (!reason)
                return store_file(t, u, path, fd);
        r = use_artifact(t, u, reason);
        return r == 0 ? corrupted(t, u, TAKE_PTR(reason)) : MIN(r, 0);
}

static void clear_batch(IsoTask *t) {
        for (size_t i = 0; i < t->n_units; i++)
                free(t->units[i].problem);
        t->n_units = 0;
        t->linked = t->copied = t->present = 0;
}

static Unit take_row(const PGresult *rows, int i) {
        return (Unit){ .number = PQgetvalue(rows, i, 0),
                       .id = PQgetvalue(rows, i, 1),
                       .name = PQgetvalue(rows, i, 2),
                       .checksum = PQgetvalue(rows, i, 3),
                       .size = PQgetvalue(rows, i, 4),
                       .downloaded = *PQgetvalue(rows, i, 5) == 't',
                       .path = PQgetvalue(rows, i, 6) };
}

/* Takes the rows of the batch, as many as its bytes allow, and reads their files. */
static int read_batch(IsoTask *t, const PGresult *rows) {
        int64_t bytes = 0;
        int r = 0;

        clear_batch(t);
        for (int i = 0; i < PQntuples(rows) && bytes < BATCH_BYTES && r >= 0; i++) {
                Unit *u = &t->units[t->n_units++];

                *u = take_row(rows, i);
                if (!u->downloaded)
                        continue;
                bytes += database_int(rows, i, 4);
                r = read_unit(t, u);
        }
        return r;
}

static int copy_units(IsoTask *t) {
        int r;

        r = database_copy_begin(&t->step->database,
                                "COPY pg_temp.batch_iso (unit_id, name, checksum, size, downloaded, md5, sha1, "
                                "sha224, sha384, sha512) FROM STDIN");
        for (size_t i = 0; i < t->n_units && r >= 0; i++) {
                const Unit *u = &t->units[i];
                const char *digests[_DIGEST_MAX] = {};

                if (u->problem)
                        continue;
                for (size_t k = 0; k < _DIGEST_MAX && u->downloaded; k++)
                        digests[k] = u->digests.text[k];
                r = database_copy_row(&t->step->database,
                                      DATABASE_PARAMS(u->id, u->name, u->checksum, u->size, u->downloaded ? "t" : "f",
                                                      digests[DIGEST_MD5], digests[DIGEST_SHA1],
                                                      digests[DIGEST_SHA224], digests[DIGEST_SHA384],
                                                      digests[DIGEST_SHA512]));
        }
        if (r >= 0)
                r = database_copy_end(&t->step->database);
        return r < 0 ? step_fail_database(t->step, r) : 0;
}

static int write_problems(IsoTask *t) {
        int r = 0;

        for (size_t i = 0; i < t->n_units && r >= 0; i++) {
                const Unit *u = &t->units[i];
                _cleanup_(freep) char *item = NULL;

                if (!u->problem)
                        continue;
                item = text_format("units_iso %s %s", u->id, u->name);
                r = item ? step_problem(t->step, item, u->problem) : step_fail(t->step, -ENOMEM, "out of memory");
        }
        return r;
}

static int write_batch(Step *s, void *userdata) {
        IsoTask *t = userdata;
        int r;

        r = copy_units(t);
        if (r >= 0)
                r = write_problems(t);
        if (r < 0)
                return r;
        r = database_query(&s->database, "units without remote", sql_iso_skip,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)),
                                           STEP_NUMBER(migrationd_task_id(s->task))),
                           NULL);
        if (r >= 0)
                r = database_script(&s->database, "content", sql_iso_write);
        if (r < 0)
                return step_fail_database(s, r);
        s->position = strtoll(t->units[t->n_units - 1].number, NULL, 10);
        s->done += (int64_t) t->n_units;
        /* The expander's count was of its time: a former run of this task may have migrated some of them. */
        s->total = MAX(s->total, s->done);
        s->linked += t->linked;
        s->copied += t->copied;
        return 0;
}

static int run_batches(IsoTask *t, int64_t last) {
        Step *s = t->step;
        int r;

        for (;;) {
                _cleanup_(PQclearp) PGresult *rows = NULL;

                r = database_query(&s->database, "units", sql_iso_batch,
                                   DATABASE_PARAMS(STEP_NUMBER(s->position), STEP_NUMBER(last), BATCH_UNITS_TEXT),
                                   &rows);
                if (r < 0)
                        return step_fail_database(s, r);
                if (PQntuples(rows) == 0)
                        return 0;
                r = read_batch(t, rows);
                if (r < 0)
                        return r;
                r = step_run_batch(s, write_batch, t);
                if (r < 0)
                        return r;
        }
}

/* The first batch row: where the range begins, and how many units it has. */
static int start(Step *s, int64_t first, int64_t last) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "units", sql_iso_count,
                           DATABASE_PARAMS(STEP_NUMBER(first), STEP_NUMBER(last)), &res);
        if (r < 0)
                return step_fail_database(s, r);
        s->position = first - 1;
        s->total = database_int(res, 0, 0);
        return step_report(s);
}

/* The files of the units that a former attempt committed. One that is not there is read and linked again. */
static int restore_files(IsoTask *t, int64_t first) {
        Step *s = t->step;
        int r;

        for (int64_t position = first - 1; position < s->position;) {
                _cleanup_(PQclearp) PGresult *rows = NULL;

                r = database_query(&s->database, "units", sql_iso_files,
                                   DATABASE_PARAMS(STEP_NUMBER(position), STEP_NUMBER(s->position), BATCH_UNITS_TEXT),
                                   &rows);
                if (r < 0)
                        return step_fail_database(s, r);
                if (PQntuples(rows) == 0)
                        return 0;
                for (int i = 0; i < PQntuples(rows); i++) {
                        _cleanup_(freep) char *error = NULL;
                        Unit u = take_row(rows, i);

                        position = database_int(rows, i, 0);
                        r = artifact_store_look(&t->store, u.checksum, (uint64_t) database_int(rows, i, 4), &error);
                        if (r == -ENOENT)
                                r = read_unit(t, &u);
                        else if (r < 0)
                                r = step_fail(s, r, "%s", error);
                        free(u.problem);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int sync_files(IsoTask *t) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = artifact_store_sync(&t->store, &error);
        return r < 0 ? step_fail(t->step, r, "%s", error) : 0;
}

static int end(IsoTask *t) {
        Step *s = t->step;

        log_info("%" PRIi64 " units: %" PRIi64 " artifact files linked, %" PRIi64 " copied", s->done, s->linked,
                 s->copied);
        if (s->done == s->total)
                return 0;
        /* Units that became due no more since they were counted. */
        s->total = s->done;
        return step_report(s);
}

static int open_task(IsoTask *t) {
        Step *s = t->step;
        int r;

        r = digests_new(&t->digests, &s->error);
        if (r < 0)
                return r;
        t->content_fd = open(s->configuration->content, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (t->content_fd < 0)
                return step_fail(s, -ENODATA, "[Pulp2] Content=%s: %s", s->configuration->content, strerror(errno));
        r = artifact_store_open(s->configuration->media_root, migrationd_task_report(s->task),
                                migrationd_task_id(s->task), &t->store, &s->error);
        if (r < 0)
                return r == -ENOSPC || r == -EDQUOT || r == -ENOMEM ? r : -EINVAL;
        r = database_script(&s->database, "batch table", sql_iso_table);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int run_iso(const ContentType *type, Step *s, int64_t first, int64_t last) {
        IsoTask *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return step_fail(s, -ENOMEM, "out of memory");
        t->step = s;
        t->content_fd = t->store.fd = -EBADF;
        r = open_task(t);
        if (r >= 0)
                r = s->resumed ? restore_files(t, first) : start(s, first, last);
        if (r >= 0)
                r = run_batches(t, last);
        /* Also what was committed before a failure: nobody may come back. */
        if (t->store.fd >= 0) {
                int k = sync_files(t);

                r = r < 0 ? r : k;
        }
        if (r >= 0)
                r = end(t);
        clear_batch(t);
        artifact_store_done(&t->store);
        closep(&t->content_fd);
        digests_free(t->digests);
        free(t);
        return r;
}

const ContentType content_iso = { .name = "iso", .plugin = "iso", .stage = 0, .expand = expand_iso, .run = run_iso };
