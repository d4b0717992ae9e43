/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of Debian repositories: packages, releases, and components, of which each becomes a component of a release,
 * the architectures of its packages, and links to these. */

#include "base/text.h"
#include "migrations/pulp2to3/column.h"
#include "migrations/pulp2to3/content-document.h"
#include "migrations/pulp2to3/deb-control.h"
#include "pulp2to3-sql.h"

/* Source: width of the columns of deb_release, deb_releasecomponent and deb_releasearchitecture. */
#define WIDTH 255

static int out_of_memory(ContentBatch *b) {
        return step_fail(b->step, -ENOMEM, "out of memory");
}

/* The package's key has the SHA-256 of its file, whatever checksum Pulp 2 knew it by. */
static int take_package_file(ContentBatch *b, BatchUnit *u, json_t *columns) {
        const char *checksum_type;
        DigestSet digests = {};
        BatchFile file = {};
        int r;

        r = content_batch_package(b, u, &file, &checksum_type);
        if (r >= 0 && !u->problem)
                r = content_batch_file(b, u, &file, &digests);
        if (r < 0 || u->problem)
                return r;
        if (json_object_set_new(columns, "relative_path", json_string(file.relative_path)) < 0 ||
            json_object_set_new(columns, "sha256", json_string(digests.text[DIGEST_SHA256])) < 0)
                return out_of_memory(b);
        return 0;
}

static int prepare_package(ContentBatch *b, BatchUnit *u) {
        json_t *columns = NULL;
        char *reason = NULL;
        int r;

        r = deb_control_columns(u->document, &columns, &reason);
        if (r >= 0 && !column_fits(json_string_value(json_object_get(columns, "architecture")), WIDTH)) {
                json_decref(columns);
                return content_batch_corrupted(
                        b, u, text_format("field control_fields.Architecture has more than %d characters", WIDTH));
        }
        if (r >= 0) {
                r = take_package_file(b, u, columns);
                if (r < 0 || u->problem) {
                        json_decref(columns);
                        return r;
                }
        }
        return content_document_take(b, u, r, columns, reason);
}

/* "/" is a flat repository's; else the slashes around it mean nothing. Owned by the caller. */
static char *trim_distribution(const char *distribution) {
        size_t length;

        distribution += strspn(distribution, "/");
        length = strlen(distribution);
        while (length > 0 && distribution[length - 1] == '/')
                length--;
        return length > 0 ? strndup(distribution, length) : strdup("/");
}

static int prepare_release(ContentBatch *b, BatchUnit *u) {
        _cleanup_(freep) char *distribution = NULL;
        json_t *columns = json_object();
        char *reason = NULL;
        int r = columns ? 0 : -ENOMEM;

        if (r >= 0)
                r = column_text(columns, "codename", u->document, "codename", WIDTH, &reason);
        if (r >= 0)
                r = column_text(columns, "suite", u->document, "suite", WIDTH, &reason);
        if (r >= 0)
                r = column_text(columns, "distribution", u->document, "distribution", WIDTH, &reason);
        if (r >= 0) {
                distribution = trim_distribution(json_string_value(json_object_get(columns, "distribution")));
                if (!distribution || json_object_set_new(columns, "distribution", json_string(distribution)) < 0)
                        r = -ENOMEM;
        }
        if (r < 0) {
                json_decref(columns);
                columns = NULL;
        }
        return content_document_take(b, u, r, columns, reason);
}

/* The release content that a component is of. */
static int find_release(ContentBatch *b, BatchUnit *u, PGresult **ret) {
        const char *distribution = NULL, *codename = NULL;
        int r;

        r = content_batch_text(b, u, "distribution", &distribution);
        if (r >= 0)
                r = content_batch_text(b, u, "release", &codename);
        if (r < 0 || u->problem)
                return r;
        r = database_query(&b->step->database, "release of a component", sql_deb_component_release,
                           DATABASE_PARAMS(u->repo_id, distribution, codename), ret);
        if (r < 0)
                return step_fail_database(b->step, r);
        if (PQntuples(*ret) == 0)
                return content_batch_corrupted(
                        b, u,
                        text_format(
                                "field distribution: no units_deb_release of repository %s has the distribution \"%s\"",
                                u->repo_id ?: "(none)", distribution ?: ""));
        if (!database_text(*ret, 0, 1))
                return content_batch_corrupted(
                        b, u,
                        text_format("its release, units_deb_release %s, is not migrated", PQgetvalue(*ret, 0, 0)));
        return 0;
}

static int check_packages(const json_t *packages, char **ret_reason) {
        const json_t *package;
        size_t i;

        if (packages && !json_is_null(packages) && !json_is_array(packages))
                return text_error(ret_reason, -EBADMSG, "field packages is not a list");
        json_array_foreach(packages, i, package) if (!json_is_string(package)) return text_error(
                ret_reason, -EBADMSG, "field packages.%zu is not a text", i);
        return 0;
}

static int prepare_component(ContentBatch *b, BatchUnit *u) {
        json_t *packages = json_object_get(u->document, "packages"), *columns;
        _cleanup_(PQclearp) PGresult *release = NULL;
        char *reason = NULL;
        int r;

        r = find_release(b, u, &release);
        if (r < 0 || u->problem)
                return r;
        columns = json_object();
        r = columns ? check_packages(packages, &reason) : -ENOMEM;
        if (r >= 0)
                r = column_text(columns, "component", u->document, "name", WIDTH, &reason);
        if (r >= 0 && (json_object_set_new(columns, "release_id", json_string(database_text(release, 0, 1))) < 0 ||
                       json_object_set_new(columns, "packages",
                                           json_is_array(packages) ? json_incref(packages) : json_array()) < 0))
                r = -ENOMEM;
        if (r < 0) {
                json_decref(columns);
                columns = NULL;
        }
        return content_document_take(b, u, r, columns, reason);
}

const ContentType content_deb = {
        .name = "deb",
        .plugin = "deb",
        .stage = 0,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "deb.package",
        .sql_table = sql_document_table,
        .prepare = prepare_package,
        .copy = content_document_copy,
        .sql_write = sql_deb_write,
        .done = content_document_done,
};

const ContentType content_deb_release = {
        .name = "deb_release",
        .plugin = "deb",
        .stage = 0,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "deb.release",
        .sql_table = sql_document_table,
        .prepare = prepare_release,
        .copy = content_document_copy,
        .sql_write = sql_deb_release_write,
        .done = content_document_done,
};

const ContentType content_deb_component = {
        .name = "deb_component",
        .plugin = "deb",
        .stage = 1,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .several = true,
        .sql_table = sql_deb_component_table,
        .prepare = prepare_component,
        .copy = content_document_copy,
        .sql_write = sql_deb_component_write,
        .done = content_document_done,
};
