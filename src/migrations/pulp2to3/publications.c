/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step publications: a publication for each version that a distributor publishes, unless it has one. Its
 * manifest is written as an artifact first, row by row; then its rows in one transaction. */

#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

/* Measured: some 10 ms for a publication, 20 µs for a line of its manifest; halved, as machines differ. */
static const RangeRates rates = { .repositories = 50, .links = 25000 };

typedef struct Publications {
        Digests *digests;
        ArtifactStore store;
        const PGresult *due;  /* of the repository: versions without publication */
        DigestSet *manifests; /* of each of them */
} Publications;

static int write_line(Step *s, Publications *p, const PGresult *row, FILE *f) {
        const char *path = database_text(row, 0, 0), *sha256 = database_text(row, 0, 1),
                   *size = database_text(row, 0, 2);
        char *line;
        int n, r;

        if (!path || !sha256 || !size)
                return step_fail(
                        s, -EBADMSG,
                        "path %s of a repository version has no checksum or no size: its content was not "
                        "made by this migration, and cannot be published",
                        path ?: "(none)");
        n = asprintf(&line, "%s,%s,%s\n", path, sha256, size);
        if (n < 0)
                return step_fail(s, -ENOMEM, "out of memory");
        r = digests_update(p->digests, line, (size_t) n);
        if (r >= 0 && fwrite(line, 1, (size_t) n, f) != (size_t) n)
                r = -errno;
        free(line);
        return r < 0 ? step_fail(s, r, "%s/%s: cannot write: %s", p->store.root, p->store.temporary,
                                 strerror(-r))
                     : 0;
}

static int write_lines(Step *s, Publications *p, const char *version, FILE *f) {
        int r, failed = 0;

        r = database_send_query(&s->database, "manifest", sql_publication_manifest, DATABASE_PARAMS(version));
        if (r < 0)
                return step_fail_database(s, r);
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&s->database, "manifest", &row);
                if (r < 0)
                        return step_fail_database(s, r);
                if (r == 0)
                        return failed;
                /* The rest of the rows has to be taken from the session all the same. */
                if (failed >= 0)
                        failed = write_line(s, p, row, f);
        }
}

static int write_manifest(Step *s, Publications *p, const char *version, DigestSet *ret) {
        _cleanup_(freep) char *error = NULL;
        FILE *f;
        int fd, copy, r;

        r = artifact_store_begin(&p->store, &fd, &error);
        if (r < 0)
                return step_fail(s, r, "%s", error);
        copy = dup(fd);
        f = copy >= 0 ? fdopen(copy, "w") : NULL;
        r = f ? digests_begin(p->digests) : -errno;
        if (r >= 0)
                r = write_lines(s, p, version, f);
        if (f ? fclose(f) != 0 && r >= 0 : false)
                r = step_fail(s, -errno, "%s/%s: cannot write: %s", p->store.root, p->store.temporary,
                              strerror(errno));
        if (r >= 0)
                r = digests_end(p->digests, ret);
        if (r < 0) {
                (void) close(fd);
                return step_fail(s, r, "manifest: %s", strerror(-r));
        }
        r = artifact_store_end(&p->store, fd, ret, &error);
        return r < 0 ? step_fail(s, r, "manifest: %s", error ?: strerror(-r)) : 0;
}

static int write_publication(Step *s, const char *version, const DigestSet *manifest) {
        int r;

        r = database_query(&s->database, "manifest", sql_publication_artifact,
                           DATABASE_PARAMS(STEP_NUMBER((int64_t) manifest->size_bytes),
                                           manifest->text[DIGEST_MD5], manifest->text[DIGEST_SHA1],
                                           manifest->text[DIGEST_SHA224], manifest->text[DIGEST_SHA256],
                                           manifest->text[DIGEST_SHA384], manifest->text[DIGEST_SHA512]),
                           NULL);
        if (r >= 0)
                r = database_query(&s->database, "publication", sql_publication_write,
                                   DATABASE_PARAMS(version, manifest->text[DIGEST_SHA256]), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int write_repository(Step *s, void *userdata) {
        const Publications *p = userdata;
        int r = 0;

        for (int i = 0; i < PQntuples(p->due) && r >= 0; i++)
                r = write_publication(s, PQgetvalue(p->due, i, 0), &p->manifests[i]);
        if (r >= 0)
                range_advance(s, s->position + 1);
        return r;
}

static int next_repository(Step *s, int64_t last, void *userdata) {
        _cleanup_(PQclearp) PGresult *due = NULL;
        _cleanup_(freep) DigestSet *manifests = NULL;
        _cleanup_(freep) char *error = NULL;
        Publications *p = userdata;
        int r;

        r = database_query(
                &s->database, "versions to publish", sql_publication_due,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(s->position + 1)),
                &due);
        if (r < 0)
                return step_fail_database(s, r);
        p->due = due;
        p->manifests = manifests = calloc((size_t) PQntuples(due) + 1, sizeof(*manifests));
        if (!manifests)
                return step_fail(s, -ENOMEM, "out of memory");
        for (int i = 0; i < PQntuples(due); i++) {
                r = write_manifest(s, p, PQgetvalue(due, i, 0), &manifests[i]);
                if (r < 0)
                        return r;
        }
        r = artifact_store_sync(&p->store, &error);
        return r < 0 ? step_fail(s, r, "%s", error) : step_run_batch(s, write_repository, p);
}

static int prepare(Step *s, void *userdata) {
        Publications *p = userdata;
        int r;

        r = digests_new(&p->digests, &s->error);
        if (r >= 0)
                r = artifact_store_open(s->configuration->media_root, migrationd_task_report(s->task),
                                        migrationd_task_id(s->task), &p->store, &s->error);
        return r;
}

int publications_expand(Step *s) {
        return range_expand(s, &rates);
}

int publications_run(Step *s) {
        Publications p = { .store.fd = -EBADF };
        int r;

        r = range_run(s, prepare, next_repository, &p);
        digests_free(p.digests);
        artifact_store_done(&p.store);
        return r;
}
