/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Publications of ISO files: a manifest, written row by row. */

#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/publication.h"
#include "pulp2to3-sql.h"

#define MANIFEST "PULP_MANIFEST"

static int write_line(Publisher *p, const PGresult *row, FILE *f) {
        const char *path = database_text(row, 0, 0), *sha256 = database_text(row, 0, 1),
                   *size = database_text(row, 0, 2);
        char *line;
        int n, r;

        if (!path || !sha256 || !size)
                return step_fail(p->step, -EBADMSG,
                                 "path %s of a repository version has no checksum or no size: its content was not "
                                 "made by this migration, and cannot be published",
                                 path ?: "(none)");
        n = asprintf(&line, "%s,%s,%s\n", path, sha256, size);
        if (n < 0)
                return step_fail(p->step, -ENOMEM, "out of memory");
        r = digests_update(p->digests, line, (size_t) n);
        if (r >= 0 && fwrite(line, 1, (size_t) n, f) != (size_t) n)
                r = -errno;
        free(line);
        return r < 0 ? step_fail(p->step, r, "%s/%s: cannot write: %s", p->store.root, p->store.temporary,
                                 strerror(-r))
                     : 0;
}

static int write_lines(Publisher *p, const char *version, FILE *f) {
        int r, failed = 0;

        r = database_send_query(&p->step->database, "manifest", sql_publication_manifest, DATABASE_PARAMS(version));
        if (r < 0)
                return step_fail_database(p->step, r);
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&p->step->database, "manifest", &row);
                if (r < 0)
                        return step_fail_database(p->step, r);
                if (r == 0)
                        return failed;
                /* The rest of the rows has to be taken from the session all the same. */
                if (failed >= 0)
                        failed = write_line(p, row, f);
        }
}

static int write_manifest(Publisher *p, const char *version, DigestSet *ret) {
        _cleanup_(freep) char *error = NULL;
        FILE *f;
        int fd, copy, r;

        r = artifact_store_begin(&p->store, &fd, &error);
        if (r < 0)
                return step_fail(p->step, r, "%s", error);
        copy = dup(fd);
        f = copy >= 0 ? fdopen(copy, "w") : NULL;
        r = f ? digests_begin(p->digests) : -errno;
        if (r >= 0)
                r = write_lines(p, version, f);
        if (f ? fclose(f) != 0 && r >= 0 : false)
                r = step_fail(p->step, -errno, "%s/%s: cannot write: %s", p->store.root, p->store.temporary,
                              strerror(errno));
        if (r >= 0)
                r = digests_end(p->digests, ret);
        if (r < 0) {
                (void) close(fd);
                return step_fail(p->step, r, "manifest: %s", strerror(-r));
        }
        r = artifact_store_end(&p->store, fd, ret, &error);
        return r < 0 ? step_fail(p->step, r, "manifest: %s", error ?: strerror(-r)) : 0;
}

static int publish_iso(Publisher *p, Publication *publication) {
        DigestSet manifest;
        int r;

        r = write_manifest(p, publication->due.version_id, &manifest);
        if (r >= 0)
                r = publication_add(p, publication, MANIFEST, &manifest);
        if (r < 0)
                return r;
        publication->detail = strdup("{\"manifest\": \"" MANIFEST "\"}");
        return publication->detail ? 0 : step_fail(p->step, -ENOMEM, "out of memory");
}

const PublicationType publication_iso = { .plugin = "iso",
                                          .pulp_type = "file.file",
                                          .pass_through = true,
                                          .publish = publish_iso,
                                          .sql_write = sql_publication_iso };
