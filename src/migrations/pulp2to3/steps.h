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

/* The program of the definition's fence: waits until no session holds, or waits for, a lock of the report.
 * Claims nothing; returns an exit status. */
int fence_main(void);
