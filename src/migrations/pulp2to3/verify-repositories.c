/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each version of the plan has exactly the content that Pulp 2 has in the repository, what its publication has is
 * there and of that content, and its distributions are as the distributors say. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/reset.h"
#include "migrations/pulp2to3/verify.h"
#include "pulp2to3-sql.h"

#define MANIFEST "PULP_MANIFEST"

/* Columns of sql_verify_versions. */
enum { NAME, PLUGIN, REPOSITORY, PULP2_REPOSITORY, VERSION, NUMBER, PUBLISHED, PUBLICATION };

/* One version, and what the items of its differences begin with. */
typedef struct VersionCheck {
        Verification *verification;
        const Plugin *plugin;
        const char *pulp2_repository;
        const char *version;
        bool published;
        const char *publication; /* NULL: none */
        char *item;
} VersionCheck;

/* What the database can take; a line that is no UTF-8 is of no content, whatever its bytes are. */
static void make_readable(char *line) {
        json_t *text = json_string(line);

        for (char *c = line; !text && *c; c++)
                if ((unsigned char) *c >= 0x80)
                        *c = '?';
        json_decref(text);
}

static int copy_lines(Database *d, FILE *f) {
        _cleanup_(freep) char *line = NULL;
        size_t allocated = 0;
        ssize_t n;
        int r;

        r = database_copy_begin(d, "COPY pg_temp.manifest_line FROM STDIN");
        while (r >= 0 && (n = getline(&line, &allocated, f)) >= 0) {
                if (n > 0 && line[n - 1] == '\n')
                        line[n - 1] = 0;
                make_readable(line);
                r = database_copy_row(d, DATABASE_PARAMS(line));
        }
        return r < 0 ? r : database_copy_end(d);
}

static int compare_manifest(const VersionCheck *c, const char *sha256) {
        Step *s = c->verification->step;
        int fd = verify_artifact_open(c->verification, sha256), r;
        FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

        if (!f) {
                if (fd >= 0)
                        (void) close(fd);
                return step_fail(s, fd < 0 ? fd : -errno, "%s of %s cannot be read", MANIFEST, c->item);
        }
        r = copy_lines(&s->database, f);
        (void) fclose(f);
        if (r >= 0)
                r = database_query(&s->database, "manifest", sql_verify_manifest, DATABASE_PARAMS(c->item), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int check_metadata(const VersionCheck *c, const PGresult *files, int i) {
        const char *path = PQgetvalue(files, i, 0), *sha256 = database_text(files, i, 1);
        _cleanup_(freep) char *item = text_format("%s file %s", c->item, path), *reason = NULL;
        int r;

        if (!item)
                return step_fail(c->verification->step, -ENOMEM, "out of memory");
        if (!sha256)
                return verify_difference(c->verification, item, "it has no artifact");
        r = verify_artifact(c->verification, sha256, database_int(files, i, 2), &reason);
        if (r < 0)
                return r;
        if (reason)
                return verify_difference(c->verification, item, reason);
        return streq(c->plugin->name, "iso") && streq(path, MANIFEST) ? compare_manifest(c, sha256) : 0;
}

static int check_publication(const VersionCheck *c) {
        _cleanup_(PQclearp) PGresult *files = NULL;
        Step *s = c->verification->step;
        int r;

        r = database_query(&s->database, "metadata", sql_verify_metadata, DATABASE_PARAMS(c->publication), &files);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(files) == 0)
                return verify_difference(c->verification, c->item, "its publication has no metadata");
        for (int i = 0; i < PQntuples(files) && r >= 0; i++)
                r = check_metadata(c, files, i);
        /* The files of ISO repositories are passed through. */
        if (r < 0 || streq(c->plugin->name, "iso"))
                return r;
        r = database_query(&s->database, "publication", sql_verify_published,
                           DATABASE_PARAMS(c->publication, c->item), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* The content that the version should have, by the rules of the step that made it. */
static int collect(const VersionCheck *c) {
        Step *s = c->verification->step;
        int r;

        r = database_script(&s->database, "content", "DELETE FROM pg_temp.manifest_line");
        if (r >= 0)
                r = database_query(&s->database, "content", sql_version_clear, DATABASE_NO_PARAMS, NULL);
        if (r >= 0)
                r = database_query(&s->database, "content", sql_version_wanted,
                                   DATABASE_PARAMS(c->pulp2_repository, c->plugin->name), NULL);
        if (r >= 0)
                r = database_script(&s->database, "content", "ANALYZE pg_temp.wanted");
        if (r >= 0)
                r = database_query(&s->database, "paths", sql_version_duplicates, DATABASE_NO_PARAMS, NULL);
        if (r >= 0 && c->plugin->sql_version)
                r = database_query(&s->database, "keys", c->plugin->sql_version, DATABASE_NO_PARAMS, NULL);
        if (r >= 0)
                r = database_query(&s->database, "paths", sql_version_prefixes, DATABASE_NO_PARAMS, NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int check_content(const VersionCheck *c) {
        Step *s = c->verification->step;
        int r;

        r = collect(c);
        if (r < 0)
                return r;
        r = database_query(&s->database, "version", sql_verify_version, DATABASE_PARAMS(c->version, c->item), NULL);
        if (r < 0)
                return step_fail_database(s, r);
        if (!c->published)
                return 0;
        return c->publication ? check_publication(c)
                              : verify_difference(c->verification, c->item, "it has no publication");
}

static int check_version(Verification *v, const PGresult *versions, int i) {
        VersionCheck c = { .verification = v,
                           .plugin = plugin_find(PQgetvalue(versions, i, PLUGIN)),
                           .pulp2_repository = PQgetvalue(versions, i, PULP2_REPOSITORY),
                           .version = database_text(versions, i, VERSION),
                           .published = *PQgetvalue(versions, i, PUBLISHED) == 't',
                           .publication = database_text(versions, i, PUBLICATION) };
        const char *name = PQgetvalue(versions, i, NAME);
        int r;

        c.item = c.version ? text_format("repository %s version %s", name, PQgetvalue(versions, i, NUMBER))
                           : text_format("repository %s", name);
        if (!c.item || !c.plugin)
                r = step_fail(v->step, -ENOMEM, "out of memory");
        else if (!database_text(versions, i, REPOSITORY))
                r = verify_difference(v, c.item, "it is not in Pulp 3");
        else if (!c.version)
                r = verify_difference(v, c.item, "a version that the migration made of it is not in Pulp 3");
        else
                r = check_content(&c);
        free(c.item);
        return r;
}

static int check_distributions(Step *s) {
        int r;

        r = database_query(&s->database, "distributions", sql_distributions_wanted,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(s->position),
                                           STEP_NUMBER(s->position + 1)),
                           NULL);
        if (r >= 0)
                r = database_script(&s->database, "distributions", sql_verify_distributions);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* The columns of the repository and of its remote. */
static int check_remote(Step *s) {
        int r;

        r = database_query(
                &s->database, "repository", sql_verify_remotes,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(s->position + 1)), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int check_outdated(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_query(&s->database, "distributions", sql_verify_outdated,
                           DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), plugins), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int check_repository(Step *s, void *userdata) {
        _cleanup_(PQclearp) PGresult *versions = NULL;
        Verification *v = userdata;
        int r;

        r = database_query(
                &s->database, "versions", sql_verify_versions,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(s->position + 1)),
                &versions);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(versions) && r >= 0; i++)
                r = check_version(v, versions, i);
        if (r >= 0)
                r = check_remote(s);
        if (r >= 0)
                r = check_distributions(s);
        /* What is of none of the plan's repositories is looked for with the first. */
        if (r >= 0 && s->position == 0)
                r = check_outdated(s);
        if (r >= 0)
                r = verify_write(v);
        if (r >= 0) {
                s->position++;
                s->done++;
        }
        return r;
}

int verify_repositories(Verification *v, int64_t first, int64_t last) {
        Step *s = v->step;
        int r = 0;

        if (!s->resumed) {
                s->position = first - 1;
                s->total = last - first + 1;
                r = step_report(s);
        }
        while (r >= 0 && s->position < last)
                r = step_run_batch(s, check_repository, v);
        return r;
}
