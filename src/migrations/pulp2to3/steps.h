/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps of the migration, one file each. A run function does a task; an expand function adds the tasks of
 * its step. Both are called with an opened Step and return 0 or a negative errno (step.h); main.c finishes
 * the task. */

#include "migrations/pulp2to3/step.h"

int validate_run(Step *s);
int premigration_run(Step *s);
int repositories_run(Step *s);
int content_expand(Step *s);
int content_run(Step *s);
int versions_expand(Step *s);
int versions_run(Step *s);
int publications_expand(Step *s);
int publications_run(Step *s);
int distributions_expand(Step *s);
int distributions_run(Step *s);
int verify_expand(Step *s);
int verify_run(Step *s);

/* Writes the report's plan as rows in the open transaction, for step_run_batch(); sets s->total. */
int repositories_resolve(Step *s, void *userdata);

/* Of the migration pulp2to3_verify; see verify.h. */
int verify_prepare_run(Step *s);
int verify_target_expand(Step *s);

/* Of the migration pulp2to3_reset; see reset.h. */
int reset_prepare_run(Step *s);
int reset_distributions_expand(Step *s);
int reset_distributions_run(Step *s);
int reset_publications_expand(Step *s);
int reset_publications_run(Step *s);
int reset_repositories_expand(Step *s);
int reset_repositories_run(Step *s);
int reset_content_expand(Step *s);
int reset_content_run(Step *s);
int reset_artifacts_expand(Step *s);
int reset_artifacts_run(Step *s);
int reset_remotes_expand(Step *s);
int reset_remotes_run(Step *s);
int reset_bookkeeping_run(Step *s);

/* The program of the definition's fence: waits until no session holds, or waits for, a lock of the report.
 * Claims nothing; returns an exit status. */
int fence_main(void);
