/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Publications of rpm repositories: their repodata, made from Pulp 3's rows as Pulp 3 makes it. */

#include "migrations/pulp2to3/publication-rpm.h"

#include <inttypes.h>

#include "base/text.h"
#include "migrations/pulp2to3/repodata-package.h"
#include "pulp2to3-sql.h"

/* What a version is published by. Columns of sql_publication_rpm_summary. */
enum { SUMMARY_TIME, SUMMARY_CONTENTS, SUMMARY_PACKAGES, SUMMARY_CHECKSUM_TYPE };

int rpm_publication_fail(RpmPublication *m, int error, const char *text) {
        return step_fail(m->publisher->step, error, "repository %s: publication: %s", m->publication->due.repository,
                         text ?: strerror(-error));
}

int rpm_publication_rows(RpmPublication *m, const char *what, const char *sql, const char *second,
                         int (*take)(RpmPublication *m, const PGresult *row, void *userdata), void *userdata) {
        const char *params[] = { m->publication->due.version_id, second };
        Step *s = m->publisher->step;
        int r, failed = 0;

        r = database_send_query(&s->database, what, sql, second ? 2 : 1, params);
        if (r < 0)
                return step_fail_database(s, r);
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&s->database, what, &row);
                if (r < 0)
                        return step_fail_database(s, r);
                if (r == 0)
                        return failed;
                if (failed >= 0 && step_is_stopping())
                        failed = step_fail(s, -ECANCELED, "stopping");
                /* The rest of the rows has to be taken from the session all the same. */
                if (failed >= 0)
                        failed = take(m, row, userdata);
        }
}

static void read_columns(const PGresult *row, size_t n, const char **columns) {
        for (size_t i = 0; i < n; i++)
                columns[i] = database_text(row, 0, (int) i);
}

static int take_package(RpmPublication *m, const PGresult *row, void *userdata) {
        _cleanup_(package_freep) cr_Package *package = NULL;
        _cleanup_(freep) char *error = NULL, *text = NULL;
        const char *columns[_PACKAGE_MAX];
        int64_t *n = userdata;
        int r;

        (*n)++;
        read_columns(row, _PACKAGE_MAX, columns);
        r = package_new(columns, &package, &error);
        if (r >= 0)
                r = repodata_add_package(m->repodata, package, &error);
        if (r >= 0)
                return 0;
        text = text_format("package %s: %s", columns[PACKAGE_LOCATION_HREF], error ?: strerror(-r));
        return rpm_publication_fail(m, r, text);
}

static int take_update(RpmPublication *m, const PGresult *row, void *userdata) {
        _cleanup_(update_freep) cr_UpdateRecord *update = NULL;
        _cleanup_(freep) char *error = NULL, *text = NULL;
        const char *columns[_UPDATE_MAX];
        int r;

        read_columns(row, _UPDATE_MAX, columns);
        r = update_new(columns, &update, &error);
        if (r >= 0)
                r = repodata_add_update(m->repodata, update, &error);
        if (r >= 0)
                return 0;
        text = text_format("advisory %s: %s", columns[UPDATE_ID], error ?: strerror(-r));
        return rpm_publication_fail(m, r, text);
}

static int write_packages(RpmPublication *m) {
        int64_t n = 0;
        int r;

        r = rpm_publication_rows(m, "packages", sql_publication_rpm_packages, m->checksum_type ?: "", take_package,
                                 &n);
        if (r >= 0 && n != m->n_packages)
                r = step_fail(m->publisher->step, -EBADMSG,
                              "repository %s: publication: the version has %" PRId64 " packages with %" PRId64
                              " files: each must have one",
                              m->publication->due.repository, m->n_packages, n);
        return r;
}

static int store_file(const char *name, void *userdata) {
        RpmPublication *m = userdata;
        _cleanup_(freep) char *path = text_format("repodata/%s", name);
        DigestSet digests;
        int r;

        if (!path)
                return rpm_publication_fail(m, -ENOMEM, NULL);
        r = publisher_store(m->publisher, name, &digests);
        return r < 0 ? r : publication_add(m->publisher, m->publication, path, &digests);
}

static int write_repodata(RpmPublication *m) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = write_packages(m);
        if (r >= 0)
                r = rpm_publication_rows(m, "advisories", sql_publication_rpm_updates, NULL, take_update, NULL);
        if (r < 0)
                return r;
        r = repodata_close(m->repodata, &error);
        if (r < 0)
                return rpm_publication_fail(m, r, error);
        r = rpm_publication_modules(m);
        if (r >= 0)
                r = rpm_publication_comps(m);
        if (r >= 0)
                r = rpm_publication_metadata_files(m);
        if (r < 0)
                return r;
        r = repodata_finish(m->repodata, &error);
        return r < 0 ? rpm_publication_fail(m, r, error) : repodata_each(m->repodata, store_file, m);
}

/* What the distributor says. */
static int read_config(RpmPublication *m) {
        json_auto_t *config = json_loads(m->publication->due.config ?: "{}", 0, NULL);
        const char *type = json_string_value(json_object_get(config, "checksum_type"));
        _cleanup_(freep) char *text = NULL;

        m->sqlite = json_is_true(json_object_get(config, "generate_sqlite"));
        if (!type || !*type)
                return 0;
        m->checksum_type = repodata_checksum_type(type);
        if (m->checksum_type)
                return 0;
        text = text_format(
                "its distributor's checksum_type is \"%s\"; expected md5, sha1, sha224, sha256, sha384 or sha512",
                type);
        return rpm_publication_fail(m, -EBADMSG, text);
}

/* The columns of rpm_rpmpublication. */
static int set_detail(RpmPublication *m) {
        m->publication->detail = text_format(
                "{\"metadata_checksum_type\": \"%s\", \"package_checksum_type\": \"%s\", \"sqlite_metadata\": %s}",
                m->metadata_checksum_type, m->checksum_type ?: m->metadata_checksum_type,
                m->sqlite ? "true" : "false");
        return m->publication->detail ? 0 : rpm_publication_fail(m, -ENOMEM, NULL);
}

/* The distributor's type, else that of the first package, else Pulp 3's default. */
static void choose_metadata_type(RpmPublication *m, const PGresult *summary) {
        const char *first = database_text(summary, 0, SUMMARY_CHECKSUM_TYPE);

        m->metadata_checksum_type = m->checksum_type ?: (first ? repodata_checksum_type(first) : NULL) ?: "sha256";
}

static int begin(RpmPublication *m) {
        _cleanup_(PQclearp) PGresult *summary = NULL;
        _cleanup_(freep) char *error = NULL;
        Step *s = m->publisher->step;
        int r;

        r = database_query(&s->database, "version to publish", sql_publication_rpm_summary,
                           DATABASE_PARAMS(m->publication->due.version_id), &summary);
        if (r < 0)
                return step_fail_database(s, r);
        choose_metadata_type(m, summary);
        m->n_packages = database_int(summary, 0, SUMMARY_PACKAGES);
        r = repodata_new(m->publisher->directory, m->metadata_checksum_type, m->sqlite, m->n_packages,
                         database_int(summary, 0, SUMMARY_TIME), database_int(summary, 0, SUMMARY_CONTENTS) == 0,
                         &m->repodata, &error);
        return r < 0 ? rpm_publication_fail(m, r, error) : set_detail(m);
}

static int publish_rpm(Publisher *p, Publication *publication) {
        RpmPublication m = { .publisher = p, .publication = publication };
        int r;

        r = read_config(&m);
        if (r >= 0)
                r = begin(&m);
        if (r >= 0)
                r = write_repodata(&m);
        repodata_free(m.repodata);
        return r < 0 ? r : rpm_publication_trees(&m);
}

const PublicationType publication_rpm = { .plugin = "rpm",
                                          .pulp_type = "rpm.rpm",
                                          .has_directory = true,
                                          .publish = publish_rpm,
                                          .sql_write = sql_publication_rpm };
