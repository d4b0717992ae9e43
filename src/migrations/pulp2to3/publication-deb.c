/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Publications of Debian repositories: for each distribution an index for each component and architecture, and a file
 * Release with their checksums. */

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/text.h"
#include "migrations/pulp2to3/apt-index.h"
#include "migrations/pulp2to3/apt-release.h"
#include "migrations/pulp2to3/publication.h"
#include "pulp2to3-sql.h"

#define RELEASE "Release"

/* Columns of sql_publication_deb_releases. */
enum {
        IS_SIMPLE,
        FOLDER,
        CODENAME,
        SUITE,
        COMPONENTS,
        ARCHITECTURES,
        COMPONENT_LIST,
        ARCHITECTURE_LIST,
        DESCRIPTION,
        DATE
};

/* Columns of sql_publication_deb_packages. */
enum { PACKAGE, PATH, MD5, SHA1, SHA256, SIZE };

/* One of the distributions that a publication has. */
typedef struct Distribution {
        Publisher *publisher;
        Publication *publication;
        const PGresult *rows;
        int row;
        size_t first_file; /* of the publication's files, the first of this distribution */
} Distribution;

static const char *distribution_text(const Distribution *d, int column) {
        return database_text(d->rows, d->row, column);
}

/* A failure on the way: reason, or that of error, with the repository. */
static int fail(const Distribution *d, int error, const char *reason) {
        return step_fail(d->publisher->step, error, "repository %s: publication: %s", d->publication->due.repository,
                         reason ?: strerror(-error));
}

static int add_package(const Distribution *d, AptIndex *index, const PGresult *row) {
        json_auto_t *package = json_loads(PQgetvalue(row, 0, PACKAGE), 0, NULL);
        _cleanup_(freep) char *reason = NULL, *text = NULL;
        const AptFile file = { .path = PQgetvalue(row, 0, PATH),
                               .md5 = database_text(row, 0, MD5),
                               .sha1 = database_text(row, 0, SHA1),
                               .sha256 = database_text(row, 0, SHA256),
                               .size_bytes = database_text(row, 0, SIZE) };
        int r;

        if (!package)
                return fail(d, -ENOMEM, NULL);
        if (!file.sha256) {
                text = text_format(
                        "package %s has no file: its content was not made by this migration, and cannot be published",
                        file.path);
                return fail(d, -EBADMSG, text);
        }
        r = apt_index_add(index, package, &file, &reason);
        if (r >= 0)
                return 0;
        text = text_format("package %s: %s", file.path, reason ?: strerror(-r));
        return fail(d, r, text);
}

static int add_packages(const Distribution *d, AptIndex *index, const char *component, const char *architecture) {
        Database *db = &d->publisher->step->database;
        const char *folder = *distribution_text(d, IS_SIMPLE) == 't' ? NULL : distribution_text(d, FOLDER);
        int r, failed = 0;

        r = database_send_query(db, "packages", sql_publication_deb_packages,
                                DATABASE_PARAMS(d->publication->due.version_id, folder, component, architecture));
        if (r < 0)
                return step_fail_database(d->publisher->step, r);
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(db, "packages", &row);
                if (r <= 0)
                        return r < 0 ? step_fail_database(d->publisher->step, r) : failed;
                /* The rest of the rows has to be taken from the session all the same. */
                if (failed >= 0)
                        failed = add_package(d, index, row);
        }
}

/* Gives a finished file to the artifacts, below the distribution's folder. */
static int store(const Distribution *d, const char *folder, const char *name) {
        _cleanup_(freep) char *path = text_format("dists/%s/%s%s", distribution_text(d, FOLDER), folder, name);
        DigestSet digests;
        int r;

        if (!path)
                return fail(d, -ENOMEM, NULL);
        r = publisher_store(d->publisher, name, &digests);
        return r < 0 ? r : publication_add(d->publisher, d->publication, path, &digests);
}

static int write_index(const Distribution *d, const char *component, const char *architecture) {
        _cleanup_(freep) char *folder = text_format("%s/binary-%s/", component, architecture);
        AptIndex index;
        int r, k;

        if (!folder)
                return fail(d, -ENOMEM, NULL);
        if (step_is_stopping())
                return step_fail(d->publisher->step, -ECANCELED, "stopped by SIGTERM; what is committed stays");
        r = apt_index_open(&index, d->publisher->directory_fd);
        r = r < 0 ? fail(d, r, NULL) : add_packages(d, &index, component, architecture);
        k = apt_index_close(&index);
        if (k < 0 && r >= 0)
                r = fail(d, k, NULL);
        if (r >= 0)
                r = store(d, folder, APT_INDEX);
        return r < 0 ? r : store(d, folder, APT_INDEX_GZ);
}

static int write_release(const Distribution *d) {
        _cleanup_(freep) char *folder = text_format("dists/%s/", distribution_text(d, FOLDER));
        const AptRelease release = { .suite = distribution_text(d, SUITE),
                                     .codename = distribution_text(d, CODENAME),
                                     .date = (time_t) database_int(d->rows, d->row, DATE),
                                     .architectures = distribution_text(d, ARCHITECTURES),
                                     .components = distribution_text(d, COMPONENTS),
                                     .description = distribution_text(d, DESCRIPTION) };
        int fd, r;
        FILE *f;

        fd = openat(d->publisher->directory_fd, RELEASE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0)
                return fail(d, -errno, NULL);
        f = folder ? fdopen(fd, "w") : NULL;
        if (!f) {
                (void) close(fd);
                return fail(d, -ENOMEM, NULL);
        }
        apt_release_write(f, &release, folder, d->publication->files + d->first_file,
                          d->publication->n_files - d->first_file);
        r = ferror(f) ? -EIO : 0;
        if (fclose(f) != 0)
                r = -errno;
        return r < 0 ? fail(d, r, NULL) : store(d, "", RELEASE);
}

static int write_distribution(Distribution *d) {
        json_auto_t *components = json_loads(distribution_text(d, COMPONENT_LIST), 0, NULL),
                    *architectures = json_loads(distribution_text(d, ARCHITECTURE_LIST), 0, NULL);
        json_t *component, *architecture;
        size_t i, k;
        int r = components && architectures ? 0 : fail(d, -ENOMEM, NULL);

        d->first_file = d->publication->n_files;
        json_array_foreach(components, i, component) json_array_foreach(architectures, k, architecture) if (r >= 0)
                r = write_index(d, json_string_value(component), json_string_value(architecture));
        return r < 0 ? r : write_release(d);
}

static int publish_deb(Publisher *p, Publication *publication) {
        _cleanup_(PQclearp) PGresult *rows = NULL;
        int r;

        r = database_query(&p->step->database, "distributions", sql_publication_deb_releases,
                           DATABASE_PARAMS(publication->due.version_id), &rows);
        if (r < 0)
                return step_fail_database(p->step, r);
        for (int i = 0; i < PQntuples(rows) && r >= 0; i++)
                r = write_distribution(
                        &(Distribution){ .publisher = p, .publication = publication, .rows = rows, .row = i });
        return r;
}

const PublicationType publication_deb = { .plugin = "deb",
                                          .pulp_type = "deb.apt-publication",
                                          .has_directory = true,
                                          .publish = publish_deb,
                                          .sql_write = sql_publication_deb };
