/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the step publications gives to its plugins: artifacts of finished files, and the rows of a publication. */

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/artifact-sweep.h"
#include "migrations/pulp2to3/publication.h"
#include "pulp2to3-sql.h"

int publisher_open(Publisher *p, Step *s) {
        int r;

        *p = (Publisher){ .step = s, .store.fd = -EBADF, .directory_fd = -EBADF };
        r = digests_new(&p->digests, &s->error);
        if (r >= 0)
                r = artifact_store_open(s->configuration->media_root, migrationd_task_report(s->task),
                                        migrationd_task_id(s->task), &p->store, &s->error);
        return r;
}

void publisher_done(Publisher *p) {
        if (p->directory_fd >= 0) {
                (void) publisher_clear_directory(p);
                (void) rmdir(p->directory);
                (void) close(p->directory_fd);
        }
        free(p->directory);
        digests_free(p->digests);
        artifact_store_done(&p->store);
}

int publisher_clear_directory(Publisher *p) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = artifact_remove_entries(p->directory_fd, "", p->directory, &error);
        return r < 0 ? step_fail(p->step, r, "%s", error ?: strerror(-r)) : 0;
}

/* Its name is the task's, so that a former attempt's is found again. */
int publisher_prepare_directory(Publisher *p) {
        if (p->directory_fd >= 0)
                return publisher_clear_directory(p);
        p->directory = text_format("%s/%s.d", p->store.root, p->store.temporary);
        if (!p->directory)
                return step_fail(p->step, -ENOMEM, "out of memory");
        if (mkdir(p->directory, 0700) < 0 && errno != EEXIST)
                return step_fail(p->step, -errno, "%s: cannot create: %s", p->directory, strerror(errno));
        p->directory_fd = open(p->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (p->directory_fd < 0)
                return step_fail(p->step, -errno, "%s: %s", p->directory, strerror(errno));
        return publisher_clear_directory(p);
}

int publisher_store(Publisher *p, const char *name, DigestSet *ret) {
        _cleanup_(freep) char *error = NULL;
        _cleanup_(closep) int fd = -EBADF;
        int r;

        fd = openat(p->directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return step_fail(p->step, -errno, "%s/%s: %s", p->directory, name, strerror(errno));
        /* What gets its name is durable and readable for Pulp's other processes. */
        if (fchmod(fd, 0644) < 0 || fsync(fd) < 0)
                return step_fail(p->step, -errno, "%s/%s: %s", p->directory, name, strerror(errno));
        r = digests_of_file(p->digests, fd, step_is_stopping, ret);
        if (r < 0)
                return step_fail(p->step, r, "%s/%s: %s", p->directory, name, strerror(-r));
        r = artifact_store_add(&p->store, p->directory_fd, name, fd, ret, &error);
        if (r < 0)
                return step_fail(p->step, r, "%s/%s: %s", p->directory, name, error ?: strerror(-r));
        return unlinkat(p->directory_fd, name, 0) < 0
                       ? step_fail(p->step, -errno, "%s/%s: cannot remove: %s", p->directory, name, strerror(errno))
                       : 0;
}

int publication_add(Publisher *p, Publication *publication, const char *relative_path, const DigestSet *digests) {
        PublishedFile *larger =
                reallocarray(publication->files, publication->n_files + 1, sizeof(*publication->files));

        if (!larger)
                return step_fail(p->step, -ENOMEM, "out of memory");
        publication->files = larger;
        larger[publication->n_files] = (PublishedFile){ .relative_path = strdup(relative_path), .digests = *digests };
        return larger[publication->n_files++].relative_path ? 0 : step_fail(p->step, -ENOMEM, "out of memory");
}

static int write_file(Publisher *p, const char *publication, const PublishedFile *file) {
        const char(*digests)[DIGEST_TEXT_SIZE] = file->digests.text;
        Database *d = &p->step->database;
        int r;

        r = database_query(d, "metadata file", sql_publication_artifact,
                           DATABASE_PARAMS(STEP_NUMBER((int64_t) file->digests.size_bytes), digests[DIGEST_MD5],
                                           digests[DIGEST_SHA1], digests[DIGEST_SHA224], digests[DIGEST_SHA256],
                                           digests[DIGEST_SHA384], digests[DIGEST_SHA512]),
                           NULL);
        if (r >= 0)
                r = database_query(d, "metadata file", sql_publication_file,
                                   DATABASE_PARAMS(publication, file->relative_path, digests[DIGEST_SHA256]), NULL);
        return r < 0 ? step_fail_database(p->step, r) : 0;
}

int publication_write(Publisher *p, const PublicationType *type, const Publication *publication) {
        _cleanup_(PQclearp) PGresult *made = NULL;
        Database *d = &p->step->database;
        const char *id;
        int r;

        r = database_query(d, "publication", sql_publication_write,
                           DATABASE_PARAMS(publication->due.version_id, type->pulp_type,
                                           type->pass_through ? "t" : "f", publication->due.options),
                           &made);
        if (r < 0)
                return step_fail_database(p->step, r);
        id = PQgetvalue(made, 0, 0);
        for (size_t i = 0; i < publication->n_files && r >= 0; i++)
                r = write_file(p, id, &publication->files[i]);
        if (r < 0)
                return r;
        r = database_query(d, "publication", type->sql_write,
                           DATABASE_PARAMS(id, publication->due.version_id, publication->detail ?: "{}"), NULL);
        return r < 0 ? step_fail_database(p->step, r) : 0;
}

void publication_done(Publication *publication) {
        for (size_t i = 0; i < publication->n_files; i++)
                free(publication->files[i].relative_path);
        free(publication->files);
        free(publication->detail);
        *publication = (Publication){};
}
