/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The plan document: which Pulp 2 repositories become which Pulp 3 repositories. Its form is that of Pulp's
 * own migration plans. */

#include <jansson.h>

#include "base/macro.h"
#include "migrations/pulp2to3/plugin.h"

/* Far above any server; both bound what a task holds in memory. */
#define PLAN_REPOSITORIES_MAX 100000
#define PLAN_NAME_BYTES_MAX 1024

/* One version of a Pulp 3 repository: the content of a Pulp 2 repository, published by distributors. */
typedef struct PlanVersion {
        const char *repository; /* Pulp 2 repository id */
        json_t *distributors;   /* array of Pulp 2 repository ids whose distributors are meant; NULL: none */
} PlanVersion;

typedef struct PlanRepository {
        const char *name;      /* in Pulp 3 */
        const char *importer;  /* Pulp 2 repository id whose importer becomes the remote; NULL: none */
        PlanVersion *versions; /* in order */
        size_t n_versions;
} PlanRepository;

typedef struct PlanPlugin {
        const Plugin *plugin;
        bool all; /* the plan names no repositories: all of the plugin are meant */
        PlanRepository *repositories;
        size_t n_repositories;
} PlanPlugin;

typedef struct Plan {
        PlanPlugin plugins[PLUGINS_MAX];
        size_t n_plugins;
        const Plugin *list[PLUGINS_MAX + 1]; /* the same, NULL-terminated */
} Plan;

/* Accepts NULL, returns NULL. */
Plan *plan_free(Plan *p);
DEFINE_CLEANUP(Plan *, plan_free);

/* Checks a document and makes a plan of it, whose texts are the document's: it must outlive the plan. Returns
 * 0, -ENOMEM, or -EINVAL with a text that names the place as a JSON pointer: unknown keys, types and plugins
 * are refused, names that are empty, too long or not printable, and what is named twice. */
int plan_parse(json_t *document, Plan **ret, char **ret_error);
