/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step premigration: reads the archive once, a document at a time, into the migration's own tables in Pulp's
 * database, in one transaction: killed at any point, nothing has changed. */

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/archive-digest.h"
#include "migrations/pulp2to3/artifact-sweep.h"
#include "migrations/pulp2to3/dump.h"
#include "migrations/pulp2to3/reset.h"
#include "migrations/pulp2to3/schema.h"
#include "migrations/pulp2to3/secrets.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

/* How often the service hears of the counters, and with them whether the attempt is still the task's. */
#define REPORT_USEC (USEC_PER_SEC / 2)

/* By DumpTable. */
static const char *const copies[_DUMP_TABLE_MAX] = {
        [DUMP_REPOSITORY] = "COPY pg_temp.stage_repository FROM STDIN",
        [DUMP_IMPORTER] = "COPY pg_temp.stage_importer FROM STDIN",
        [DUMP_DISTRIBUTOR] = "COPY pg_temp.stage_distributor FROM STDIN",
        [DUMP_LINK] = "COPY pg_temp.stage_link FROM STDIN",
        [DUMP_LAZY] = "COPY pg_temp.stage_lazy FROM STDIN",
        [DUMP_PKGLIST] = "COPY pg_temp.stage_pkglist FROM STDIN",
        [DUMP_ISO] = "COPY pg_temp.stage_iso FROM STDIN",
        [DUMP_UNIT] = "COPY pg_temp.stage_unit FROM STDIN",
};

typedef struct Premigration {
        Step *step;
        Secrets secrets;
        bool copying; /* a COPY into the table of copied is open */
        DumpTable copied;
        usec_t reported_usec;
        uint64_t n_rows[_DUMP_TABLE_MAX];
} Premigration;

static usec_t now_usec(void) {
        struct timespec ts;

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t) ts.tv_sec * USEC_PER_SEC + (usec_t) ts.tv_nsec / 1000;
}

static int end_copy(Premigration *p) {
        int r;

        if (!p->copying)
                return 0;
        p->copying = false;
        r = database_copy_end(&p->step->database);
        return r < 0 ? step_fail_database(p->step, r) : 0;
}

/* One COPY can run at a time; mongodump's blocks are long enough for that. */
static int begin_copy(Premigration *p, DumpTable table) {
        int r;

        if (p->copying && p->copied == table)
                return 0;
        r = end_copy(p);
        if (r < 0)
                return r;
        r = database_copy_begin(&p->step->database, copies[table]);
        if (r < 0)
                return step_fail_database(p->step, r);
        p->copying = true;
        p->copied = table;
        return 0;
}

static int copy_row(Premigration *p, const DumpRow *row, size_t n, const char *const *columns) {
        int r;

        r = begin_copy(p, row->table);
        if (r < 0)
                return r;
        p->n_rows[row->table]++;
        r = database_copy_row(&p->step->database, n, columns);
        return r < 0 ? step_fail_database(p->step, r) : 0;
}

static int copy_importer(Premigration *p, const DumpRow *row) {
        _cleanup_(freep) char *token = NULL;
        const Remote *remote = row->remote;
        char concurrency[12];
        int r;

        if (remote->url) {
                r = secrets_seal(&p->secrets, remote, &token, &p->step->error);
                if (r < 0)
                        return r;
        }
        (void) snprintf(concurrency, sizeof(concurrency), "%" PRIi32, remote->download_concurrency);
        return copy_row(p, row,
                        DATABASE_PARAMS(row->columns[IMPORTER_OBJECT], row->plugin->name,
                                        row->columns[IMPORTER_REPOSITORY], row->columns[IMPORTER_UPDATED],
                                        remote->url, remote->ca_cert, remote->client_cert,
                                        remote->tls_validation ? "t" : "f", remote->proxy_url, concurrency,
                                        remote->policy, remote->detail, token, remote->retain));
}

static int report_offset(Premigration *p, const DumpRow *row) {
        usec_t now = now_usec();
        int r;

        if (now - p->reported_usec < REPORT_USEC)
                return 0;
        p->reported_usec = now;
        if (step_is_stopping())
                return step_fail(p->step, -ECANCELED, "stopped by SIGTERM; nothing was written");
        r = migrationd_task_progress(p->step->task, (int64_t) row->offset, (int64_t) row->archive_size_bytes);
        return r < 0 ? step_fail_task(p->step, r) : 0;
}

static int on_row(const DumpRow *row, void *userdata) {
        Premigration *p = userdata;
        int r;

        if (row->archive_size_bytes > 0)
                p->step->total = (int64_t) row->archive_size_bytes;
        r = row->table == DUMP_IMPORTER ? copy_importer(p, row) : copy_row(p, row, row->n_columns, row->columns);
        return r < 0 ? r : report_offset(p, row);
}

/* What is named in a plan and left out is not missing. */
static int note_left_out(Premigration *p, const DumpRow *row) {
        const char *repository = row->table == DUMP_IMPORTER ? row->columns[IMPORTER_REPOSITORY]
                                                             : row->columns[DISTRIBUTOR_REPOSITORY];
        int r;

        if (row->table != DUMP_IMPORTER && row->table != DUMP_DISTRIBUTOR)
                return 0;
        r = end_copy(p);
        if (r < 0)
                return r;
        r = database_query(&p->step->database, "documents left out", sql_premigration_left_out,
                           DATABASE_PARAMS(row->collection, row->id, row->plugin->name, repository), NULL);
        return r < 0 ? step_fail_database(p->step, r) : 0;
}

static int on_bad(const DumpRow *row, const char *item, const char *reason, void *userdata) {
        Premigration *p = userdata;
        int r = 0;

        if (!p->step->skip_corrupted)
                return step_fail(p->step, -EBADMSG, "%s: %s: %s; the option skip_corrupted leaves such documents out",
                                 p->step->configuration->archive, item, reason);
        if (problem_list_is_full(&p->step->problems))
                r = end_copy(p);
        if (r >= 0 && row)
                r = note_left_out(p, row);
        return r < 0 ? r : step_problem(p->step, item, reason);
}

static int read_archive(Premigration *p) {
        const Configuration *c = p->step->configuration;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = dump_read(&(DumpRequest){ .path = c->archive,
                                      .database = c->pulp2_database,
                                      .plugins = p->step->plan->list,
                                      .row = on_row,
                                      .bad = on_bad,
                                      .userdata = p },
                      &error);
        if (r >= 0)
                r = end_copy(p);
        if (r >= 0 || p->step->error)
                return r;
        return step_fail(p->step, r == -ENOENT ? -ENODATA : r, "%s", error ?: strerror(-r));
}

/* Links to units that are not in the dump: it was made while the server was at work. */
static int note_dangling(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "links", sql_premigration_dangling, DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(res) && r >= 0; i++) {
                _cleanup_(freep) char *item = text_format("repository %s", PQgetvalue(res, i, 0)),
                                      *reason = text_format("%s of its units are not in the dump, such as %s",
                                                            PQgetvalue(res, i, 1), PQgetvalue(res, i, 2));

                r = item && reason ? step_problem(s, item, reason) : -ENOMEM;
        }
        return r;
}

static int copy_types(Step *s) {
        const char *type;
        int r;

        r = database_copy_begin(&s->database, "COPY pg_temp.stage_type FROM STDIN");
        for (const Plugin *const *p = s->plan->list; *p; p++)
                for (size_t i = 0; r >= 0 && (type = dump_type(*p, i)); i++)
                        r = database_copy_row(&s->database, DATABASE_PARAMS(type, (*p)->name));
        if (r >= 0)
                r = database_copy_end(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* What has changed in Pulp 3 since the last run. */
static int look_at_target(Step *s) {
        int r;

        r = database_script(&s->database, "what Pulp 3 lost", sql_premigration_forget);
        if (r >= 0)
                r = database_script(&s->database, "what Pulp 3 lost", sql_premigration_docker);
        /* The target of another plan may not have the plugin's tables. */
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                if (streq((*p)->name, "rpm"))
                        r = database_script(&s->database, "what Pulp 3 lost", sql_premigration_modules);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* Makes the migration's tables of what was staged. */
static int merge(Step *s) {
        int r;

        r = database_script(&s->database, "merge of the dump", sql_premigration_merge);
        if (r >= 0)
                r = database_script(&s->database, "merge of the dump", sql_premigration_units);
        if (r < 0)
                return step_fail_database(s, r);
        r = look_at_target(s);
        return r < 0 ? r : note_dangling(s);
}

static int read_dump(Premigration *p) {
        Step *s = p->step;
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        p->reported_usec = now_usec();
        r = database_script(&s->database, "staging tables", sql_premigration_stage);
        if (r >= 0)
                r = database_query(&s->database, "documents left out", sql_premigration_left_in,
                                   DATABASE_PARAMS(plugins), NULL);
        if (r < 0)
                return step_fail_database(s, r);
        r = copy_types(s);
        if (r >= 0)
                r = read_archive(p);
        if (r >= 0)
                r = merge(s);
        if (r < 0)
                return r;
        log_info("read %" PRIu64 " repositories, %" PRIu64 " importers, %" PRIu64 " distributors, %" PRIu64
                 " units, %" PRIu64 " links, %" PRIu64 " lazy entries from %s",
                 p->n_rows[DUMP_REPOSITORY], p->n_rows[DUMP_IMPORTER], p->n_rows[DUMP_DISTRIBUTOR],
                 p->n_rows[DUMP_ISO] + p->n_rows[DUMP_UNIT], p->n_rows[DUMP_LINK], p->n_rows[DUMP_LAZY],
                 s->configuration->archive);
        return 0;
}

/* The text that the tables follow from: this program, the plugins of the plan, the archive and the database in it. */
static int make_source(Step *s, char **ret) {
        const Configuration *c = s->configuration;
        _cleanup_(freep) char *plugins = NULL;
        char digest[ARCHIVE_DIGEST_SIZE];
        int r;

        for (const Plugin *const *p = s->plan->list; *p; p++) {
                char *longer = text_format("%s%s%s", plugins ?: "", plugins ? "," : "", (*p)->name);

                free(plugins);
                plugins = longer;
                if (!plugins)
                        return step_fail(s, -ENOMEM, "out of memory");
        }
        r = archive_digest(c->archive, step_is_stopping, digest, &s->error);
        if (r == -ECANCELED)
                return step_fail(s, r, "stopped by SIGTERM; nothing was written");
        if (r < 0)
                return r == -ENOENT ? -ENODATA : r;
        *ret = text_format(MIGRATIOND_VERSION " %s %s %s", plugins, digest, c->pulp2_database);
        return *ret ? 0 : step_fail(s, -ENOMEM, "out of memory");
}

/* 1: the tables are of that source. */
static int is_known(Step *s, const char *source) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "dump", sql_premigration_known, DATABASE_PARAMS(source), &res);
        return r < 0 ? step_fail_database(s, r) : PQntuples(res) > 0;
}

/* Identity of the archive, for a replacement while it is read. */
static bool is_same_file(const struct stat *a, const struct stat *b) {
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
               a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int premigrate(Step *s, void *userdata) {
        Premigration p = { .step = s, .secrets = { .key_file = s->configuration->key_file } };
        const char *report = STEP_NUMBER(migrationd_task_report(s->task));
        const char *archive = s->configuration->archive;
        _cleanup_(freep) char *source = NULL;
        struct stat before = {}, after = {};
        int r;

        (void) stat(archive, &before);
        r = make_source(s, &source);
        if (r >= 0)
                r = is_known(s, source);
        if (r < 0)
                return r;
        if (r > 0) {
                log_info("%s has not changed since it was read", archive);
                s->total = (int64_t) before.st_size;
                r = look_at_target(s);
        } else
                r = read_dump(&p);
        if (r >= 0)
                r = step_write_problems(s);
        if (r < 0)
                return r;
        (void) stat(archive, &after);
        r = database_query(&s->database, "dump", sql_premigration_dump,
                           DATABASE_PARAMS(report, STEP_NUMBER(migrationd_task_id(s->task)), archive,
                                           is_same_file(&before, &after) ? source : ""),
                           NULL);
        if (r < 0)
                return step_fail_database(s, r);
        s->done = s->position = s->total;
        return 0;
}

int premigration_run(Step *s) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = step_connect(s);
        if (r >= 0)
                r = schema_check_target(s);
        if (r >= 0)
                r = schema_make(s);
        if (r >= 0)
                r = step_resume(s);
        if (r < 0 || s->resumed)
                return r;
        r = artifact_sweep(s->configuration->media_root, &error);
        return r < 0 ? step_fail(s, r, "%s", error ?: strerror(-r)) : step_run_batch(s, premigrate, NULL);
}
