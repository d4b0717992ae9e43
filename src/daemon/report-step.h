/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The column steps of migrationd.report_overview: a JSON array of [code, message, state, done, total, started,
 * finished]. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

typedef struct RunningStep {
        uint32_t ord;
        uint64_t done;
        uint64_t total;
        usec_t started_usec;
} RunningStep;

/* Finds the running step. Returns 0, -ENOENT when none is running, -EBADMSG when the text is not what the view makes.
 */
int report_step_running(const char *steps, RunningStep *ret);

/* Appends a(ssstttt). */
int report_steps_append(sd_bus_message *m, const char *steps);

/* Appends as of the column held: a JSON array of texts. */
int report_codes_append(sd_bus_message *m, const char *codes);

/* Appends a{su} of a JSON object of numbers. */
int report_tasks_append(sd_bus_message *m, const char *tasks);

/* Appends a{sau}: the column step_tasks of report-list.sql, a JSON object of arrays of ids. */
int report_step_tasks_append(sd_bus_message *m, const char *step_tasks);
