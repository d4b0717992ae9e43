/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pulp's plugins as plans name them, and the statements that only one of them needs: a target has only the
 * tables of the plugins that it has. What is the same for all goes by the table migrationd_pulp2to3.plugin. */

#include "base/macro.h"

/* What compares what hangs on contents of a type. */
typedef struct PluginRelation {
        const char *type; /* of Pulp 2; NULL: no more */
        const char *sql;  /* script: compares the units of pg_temp.verify_made */
} PluginRelation;

typedef struct Plugin {
        const char *name;     /* in plans */
        const char *app;      /* of its migrations in the target */
        const char *version;  /* that is expected, for texts */
        const char *importer; /* type in Pulp 2 */
        const char *distributor;
        const char *manifest;         /* what a remote's URL ends with after the feed; NULL: the feed as it is */
        const char *sql_tables;       /* tables that the target must have, as rows */
        const char *sql_remote;       /* detail rows of remotes; $1 to $3: report, range */
        const char *sql_repository;   /* detail rows of repositories that lack them; $1 to $3: report, range */
        const char *sql_distribution; /* script: detail rows of pg_temp.distributions that lack them */
        const char *sql_reset;        /* script: deletes from the plugin's tables what pg_temp.gone has */
        const char *sql_outdated;     /* script: the same, of distributions, publications and remotes only */
        const char *sql_verify;       /* script: compares the units of pg_temp.verify_unit */
        const char *sql_version;      /* takes out of pg_temp.wanted what the plugin allows once; NULL: nothing */
        /* script: notes in pg_temp.yielding what of that is no loss, of all of pg_temp.planned; NULL: nothing */
        const char *sql_yielding;
        /* NULL: nothing hangs on its contents. */
        const PluginRelation *verify_relations;
} Plugin;

#define PLUGINS_MAX 4

/* NULL: not known. */
const Plugin *plugin_find(const char *name);
/* Those of plugin_find(), for texts. */
#define PLUGINS_TEXT "iso, rpm, deb and docker"
