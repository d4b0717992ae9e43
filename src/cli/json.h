/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Objects of the service as JSON: the keys are the properties' names in small letters with underscores, times
 * are microseconds since the epoch, null stands for what is not known or not yet. New references, NULL when
 * out of memory. */

#include <jansson.h>

#include "client/report.h"
#include "client/task.h"

/* document: also the plan's document, parsed. */
json_t *json_from_plan(const Plan *p, bool document);
json_t *json_from_report(const Report *r);
json_t *json_from_step(const ReportStep *s);
json_t *json_from_task(const Task *t);
json_t *json_from_problem(const Problem *p);
