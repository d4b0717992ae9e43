/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How fast a counter moves, and how long it will take: a mean in which the last ten seconds or so weigh
 * most. */

#include "base/macro.h"

typedef struct Rate {
        bool started;
        uint64_t done;          /* at the last update */
        usec_t usec;            /* of the last update */
        double per_sec;
} Rate;

/* Takes a reading. since_usec: when counting began, 0: not known; the mean since then is where it starts.
 * Same clock as now. */
void rate_update(Rate *r, uint64_t done, usec_t since_usec, usec_t now_usec);

/* Forgets the time since the last reading: the counter was stopped on purpose. */
void rate_skip(Rate *r, usec_t now_usec);

/* Time for the rest at this rate; 0 when not known. */
usec_t rate_left(const Rate *r, uint64_t done, uint64_t total);
