/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A report's steps as bars on a terminal, drawn again in place. */

#include "client/report.h"

typedef struct Progress Progress;

/* NULL when out of memory. */
Progress *progress_new(void);

/* Leaves the last picture on the screen. */
Progress *progress_free(Progress *p);
DEFINE_CLEANUP(Progress *, progress_free);

void progress_report(Progress *p, const Report *r);

/* The service is not reachable just now: the last picture with a note. r: as it was read last, NULL:
 * never. */
void progress_lost(Progress *p, const Report *r, const char *reason);

/* The terminal has another size: draws the last picture anew. */
void progress_resize(Progress *p, const Report *r);
