/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What changed between two readings of a report, as one line each: text with the time for a pipe, or an
 * object (NDJSON). */

#include "client/report.h"

typedef struct Events Events;

/* json: objects instead of text. NULL when out of memory. */
Events *events_new(bool json);
Events *events_free(Events *e);
DEFINE_CLEANUP(Events *, events_free);

/* Prints what changed since the last call, and keeps the new state. */
void events_report(Events *e, const Report *r);

/* The service is not reachable just now. */
void events_lost(Events *e, const char *reason);
