/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/rate.h"

/* After this time a new rate has half the weight. */
#define HALF_SEC 10.0

void rate_update(Rate *r, uint64_t done, usec_t since_usec, usec_t now_usec) {
        double seconds, weight;

        if (!r->started) {
                *r = (Rate) { .started = true, .done = done, .usec = now_usec };
                if (since_usec > 0 && now_usec > since_usec)
                        r->per_sec = (double) done * USEC_PER_SEC / (double) (now_usec - since_usec);
                return;
        }
        if (now_usec <= r->usec)
                return;
        seconds = (double) (now_usec - r->usec) / USEC_PER_SEC;
        weight = seconds / (seconds + HALF_SEC);
        /* A retried task counts anew, so that a sum may fall: that is no negative speed. */
        r->per_sec = r->per_sec * (1 - weight) +
                     (done > r->done ? (double) (done - r->done) / seconds : 0) * weight;
        r->done = done;
        r->usec = now_usec;
}

void rate_skip(Rate *r, usec_t now_usec) {
        r->usec = now_usec;
}

usec_t rate_left(const Rate *r, uint64_t done, uint64_t total) {
        double seconds;

        if (!r->started || r->per_sec <= 0 || done >= total)
                return 0;
        seconds = (double) (total - done) / r->per_sec;
        /* A year is no forecast. */
        return seconds < 365 * 24 * 3600.0 ? (usec_t) (seconds * USEC_PER_SEC) : 0;
}
