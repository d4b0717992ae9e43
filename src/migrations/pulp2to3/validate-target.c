/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/validate-target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "migrations/pulp2to3/reset.h"
#include "migrations/pulp2to3/schema.h"
#include "pulp2to3-sql.h"

int validate_target(Step *s) {
        int r;

        r = database_open(&s->database, s->configuration->pulp3_database, "migration validate");
        if (r >= 0)
                r = database_query(&s->database, "read only", "SET default_transaction_read_only = on",
                                   DATABASE_NO_PARAMS, NULL);
        return r < 0 ? step_fail_database(s, r) : schema_check_target(s);
}

int validate_media_root(Step *s) {
        const char *root = s->configuration->media_root;
        _cleanup_(freep) char *artifacts = text_format("%s/artifact", root);
        struct stat st;

        if (!artifacts)
                return step_fail(s, -ENOMEM, "out of memory");
        if (stat(root, &st) < 0)
                return step_fail(s, -EINVAL, "[Pulp3] MediaRoot=%s: %s", root, strerror(errno));
        if (faccessat(AT_FDCWD, access(artifacts, F_OK) == 0 ? artifacts : root, W_OK | X_OK, AT_EACCESS) < 0)
                return step_fail(s, -EINVAL,
                                 "[Pulp3] MediaRoot=%s: uid %u cannot write there: %s; the definition's user must "
                                 "be Pulp's, and its writable must have the directory",
                                 root, geteuid(), strerror(errno));
        return 0;
}

int validate_add_distributions(Step *s, BasePaths *paths) {
        _cleanup_(freep) char *plugins = reset_plugins(s, /* app= */ false);
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        if (!plugins)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_query(&s->database, "distributions", sql_validate_distributions_stay, DATABASE_PARAMS(plugins),
                           &res);
        /* The migration has not been there. */
        if (r == -ENOENT)
                r = database_query(&s->database, "distributions", sql_validate_distributions, DATABASE_NO_PARAMS,
                                   &res);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(res); i++)
                if (base_paths_add_distribution(paths, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1),
                                                *PQgetvalue(res, i, 2) == 't') < 0)
                        return step_fail(s, -ENOMEM, "out of memory");
        return 0;
}
