/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of units and objects made from ids: the only place that composes and parses them. */

#include "base/macro.h"

/* migration-NAME-STEP-REPORT-TASK-ATTEMPT.service: names first, since systemd applies drop-ins by dash-separated
 * prefix. */
typedef struct TaskUnitName {
        char migration[65]; /* NAME_LENGTH_MAX and the terminator */
        char step[65];
        uint32_t report;
        uint32_t task;
        uint32_t attempt;
} TaskUnitName;

/* Returns a new string owned by the caller; NULL when a name is not [a-z0-9_]+, an id is 0, or out of memory. */
char *task_unit_name(const char *migration, const char *step, uint32_t report, uint32_t task, uint32_t attempt);

/* Parses exactly what task_unit_name() makes. Returns 0 or -EINVAL. */
int task_unit_parse(const char *unit, TaskUnitName *ret);

/* migration-REPORT.slice, child of migration.slice. Owned by the caller, NULL when out of memory. */
char *report_slice_name(uint32_t report);

/* migrationd-poll@REPORT.timer and .service. Owned by the caller, NULL when out of memory. */
char *poll_timer_name(uint32_t report);
char *poll_service_name(uint32_t report);

/* The poll's report lock is the advisory lock (report, 0), a task's (report, task); ids are positive int4. */
#define ID_MAX UINT32_C(2147483647)
