/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Plans, reports and tasks as Pulp would write them. All return a new object, NULL when out of memory. */

#include <jansson.h>

#include "client/report.h"
#include "client/task.h"

json_t *json_of_plan(const Plan *p);
json_t *json_of_report(const Report *r);

/* report: of the task; NULL: not known, then name and message are those that the task alone tells. */
json_t *json_of_task(const Task *t, const Report *report);

/* The address of an object, below the prefix: "migrationreport/", "migration-plans/", "tasks/". */
json_t *json_of_href(const char *list, uint32_t id);

/* As text, owned by the caller. */
char *href_of(const char *list, uint32_t id);
