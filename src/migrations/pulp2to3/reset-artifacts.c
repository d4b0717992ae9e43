/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step reset_artifacts: artifacts that the migration made and no content has. Their rows go first, noting the files;
 * a file that is left by a kill has its note, and goes with the next attempt. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/artifact.h"
#include "migrations/pulp2to3/reset.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

static const ResetKind artifacts = { "artifacts", 1000, "1000", sql_reset_artifacts_count, NULL, NULL, NULL };

typedef struct ArtifactReset {
        ArtifactStore store;
        ResetSlice slice;
        int64_t taken;
} ArtifactReset;

static int take_artifacts(Step *s, void *userdata) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        ArtifactReset *a = userdata;
        int r;

        r = database_query(&s->database, "artifacts", sql_reset_artifacts,
                           DATABASE_PARAMS(a->slice.first, a->slice.last, artifacts.limit), &res);
        if (r < 0)
                return step_fail_database(s, r);
        a->taken = database_int(res, 0, 0);
        s->done += a->taken;
        s->total = MAX(s->total, s->done);
        return 0;
}

/* With its directory, when it was the last file there. */
static int remove_file(Step *s, ArtifactReset *a, const char *sha256) {
        char name[ARTIFACT_NAME_SIZE];

        artifact_name(sha256, name);
        if (unlinkat(a->store.fd, name, 0) < 0 && errno != ENOENT)
                return step_fail(s, -errno, "%s/%s: cannot remove: %s", a->store.root, name, strerror(errno));
        name[strlen("artifact/XX")] = 0;
        (void) unlinkat(a->store.fd, name, AT_REMOVEDIR);
        return 0;
}

static int remove_files(Step *s, ArtifactReset *a) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "files", sql_reset_files, DATABASE_PARAMS(a->slice.first, a->slice.last),
                           &res);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(res); i++) {
                r = remove_file(s, a, PQgetvalue(res, i, 0));
                if (r < 0)
                        return r;
        }
        /* The note goes when the file is gone for good. */
        if (PQntuples(res) > 0 && syncfs(a->store.fd) < 0)
                return step_fail(s, -errno, "%s: cannot synchronise: %s", a->store.root, strerror(errno));
        r = database_query(&s->database, "files", sql_reset_files_done,
                           DATABASE_PARAMS(a->slice.first, a->slice.last), NULL);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int run(Step *s, ArtifactReset *a) {
        _cleanup_(freep) char *plugins = reset_plugins(s, false);
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = artifact_store_open(s->configuration->media_root, migrationd_task_report(s->task),
                                migrationd_task_id(s->task), &a->store, &s->error);
        if (r < 0)
                return r == -ENOSPC || r == -EDQUOT || r == -ENOMEM ? r : -EINVAL;
        r = reset_begin(s, &artifacts, plugins, &a->slice);
        do {
                if (r >= 0)
                        r = remove_files(s, a);
                if (r >= 0)
                        r = step_run_batch(s, take_artifacts, a);
        } while (r >= 0 && a->taken > 0);
        (void) unlinkat(a->store.fd, "artifact", AT_REMOVEDIR);
        return r < 0 ? r : reset_end(s);
}

static int restore_contents(Step *s, void *userdata) {
        _cleanup_(freep) char *apps = reset_plugins(s, true);
        int r;

        if (!apps)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_query(&s->database, "files of contents", sql_reset_filled, DATABASE_PARAMS(apps), NULL);
        s->done = s->total = 1;
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* Before the tasks that remove artifacts: contents that stay give back what they had from the migration. */
int reset_artifacts_expand(Step *s) {
        _cleanup_(freep) char *plugins = reset_plugins(s, false);
        bool present;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = reset_open(s, &present);
        if (r < 0 || !present)
                return r;
        if (!s->resumed)
                r = step_run_batch(s, restore_contents, NULL);
        return r < 0 ? r : reset_expand(s, &artifacts, plugins, "", 0, "");
}

int reset_artifacts_run(Step *s) {
        ArtifactReset a = { .store.fd = -EBADF };
        bool present;
        int r;

        r = reset_open(s, &present);
        if (r >= 0 && present)
                r = run(s, &a);
        artifact_store_done(&a.store);
        return r;
}
