/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/schema.h"

#include <stdio.h>

#include "base/text.h"
#include "pulp2to3-sql.h"

/* So many names are listed in a text. */
#define NAMES_MAX 5

/* Joins a column of the rows for which column `flag` is `value` (flag < 0: of all). */
static char *join_names(const PGresult *res, int column, int flag, bool value) {
        char *names = NULL;
        int n = 0;

        for (int i = 0; i < PQntuples(res); i++) {
                char *longer;

                if (flag >= 0 && (*PQgetvalue(res, i, flag) == 't') != value)
                        continue;
                if (++n > NAMES_MAX)
                        break;
                longer = text_format("%s%s%s%s%s", names ?: "", names ? ", " : "",
                                     column > 0 ? PQgetvalue(res, i, 0) : "", column > 0 ? "." : "",
                                     PQgetvalue(res, i, column));
                free(names);
                names = longer;
        }
        if (n > NAMES_MAX && names) {
                char *longer = text_format("%s, …", names);

                free(names);
                names = longer;
        }
        return names;
}

/* "{core,file,rpm}" of the plan's plugins, and "pulpcore 3.18, pulp_file 1.10" for texts. */
static int list_apps(const Step *s, char **ret_apps, char **ret_expected) {
        char *apps = strdup("{core"), *expected = strdup("pulpcore 3.18"), *end;

        for (const Plugin *const *p = s->plan->list; *p; p++) {
                char *more = text_format("%s,%s", apps ?: "", (*p)->app),
                     *longer = text_format("%s%s%s", expected ?: "", p[1] ? ", " : " and ", (*p)->version);

                free(apps);
                free(expected);
                apps = more;
                expected = longer;
        }
        end = text_format("%s}", apps ?: "");
        free(apps);
        *ret_apps = end;
        *ret_expected = expected;
        return end && expected ? 0 : -ENOMEM;
}

static int check_version(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        _cleanup_(freep) char *unknown = NULL, *missing = NULL, *apps = NULL, *expected = NULL;
        int r;

        r = list_apps(s, &apps, &expected);
        if (r < 0)
                return step_fail(s, r, "out of memory");
        r = database_query(&s->database, "version of the target", sql_target_version, DATABASE_PARAMS(apps), &res);
        if (r == -ENOENT)
                return step_fail(s, -EBADMSG,
                                 "database %s is not one of Pulp 3: it has no table "
                                 "public.django_migrations; %s are expected",
                                 PQdb(s->database.pg), expected);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(res) == 0)
                return 0;
        unknown = join_names(res, 1, 2, true);
        missing = join_names(res, 1, 2, false);
        return step_fail(s, -EBADMSG,
                         "database %s is of another Pulp version: the latest migration of app %s is %s, expected %s "
                         "(%s)%s%s%s%s",
                         PQdb(s->database.pg), PQgetvalue(res, 0, 0), database_text(res, 0, 3) ?: "none",
                         PQgetvalue(res, 0, 4), expected, unknown ? "; unknown: " : "", unknown ?: "",
                         missing ? "; not applied: " : "", missing ?: "");
}

static int check_tables(Step *s, const Plugin *plugin) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        _cleanup_(freep) char *missing = NULL, *forbidden = NULL;
        int r;

        r = database_query(&s->database, "tables of the target", plugin->sql_tables, DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        if (PQntuples(res) == 0)
                return 0;
        missing = join_names(res, 0, 1, false);
        if (missing)
                return step_fail(s, -EBADMSG, "database %s lacks tables of Pulp 3: %s", PQdb(s->database.pg),
                                 missing);
        forbidden = join_names(res, 0, 1, true);
        return step_fail(s, -EBADMSG,
                         "role %s may not write these tables of database %s: %s; let [Pulp3] Database= "
                         "name Pulp's own role",
                         PQuser(s->database.pg), PQdb(s->database.pg), forbidden ?: "");
}

static int check_rights(Step *s) {
        static const char *const wants[] = { "make or use the schema migrationd_pulp2to3", "make temporary tables" };
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_query(&s->database, "rights", sql_target_rights, DATABASE_NO_PARAMS, &res);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < (int) ELEMENTSOF(wants); i++)
                if (*PQgetvalue(res, 0, i + 1) != 't')
                        return step_fail(s, -EBADMSG,
                                         "role %s may not %s in database %s; let [Pulp3] Database= name Pulp's own "
                                         "role",
                                         PQgetvalue(res, 0, 0), wants[i], PQdb(s->database.pg));
        if (!streq(PQgetvalue(res, 0, 3), "UTF8"))
                return step_fail(s, -EBADMSG, "database %s has the encoding %s, not UTF8", PQdb(s->database.pg),
                                 PQgetvalue(res, 0, 3));
        return 0;
}

int schema_check_target(Step *s) {
        int r;

        r = check_version(s);
        for (const Plugin *const *p = s->plan->list; *p && r >= 0; p++)
                r = check_tables(s, *p);
        return r < 0 ? r : check_rights(s);
}

int schema_make(Step *s) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        int r;

        r = database_begin(&s->database);
        if (r >= 0)
                r = database_query(&s->database, "schema", sql_schema_find, DATABASE_NO_PARAMS, &res);
        if (r >= 0 && database_int(res, 0, 0) == 0)
                r = database_script(&s->database, "schema", sql_own_schema);
        if (r >= 0)
                r = database_commit(&s->database);
        if (r < 0)
                database_rollback(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}
