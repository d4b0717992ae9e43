/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of open attempts: as many entries as the window is wide, and those whose result is still to be stored. */

#include "base/text.h"
#include "engine/engine-internal.h"

/* Three intervals of a check. After so long without a look the database was away, and a task could not count either.
 */
#define LOOK_GAP_USEC (15 * USEC_PER_SEC)

Attempt *attempt_find(Engine *e, int64_t id) {
        for (size_t i = 0; i < e->n_attempts; i++)
                if (e->attempts[i].id == id)
                        return e->attempts + i;
        return NULL;
}

Attempt *attempt_find_unit(Engine *e, const char *unit) {
        for (size_t i = 0; i < e->n_attempts; i++)
                if (streq(e->attempts[i].unit, unit))
                        return e->attempts + i;
        return NULL;
}

Attempt *attempt_add(Engine *e, int64_t id) {
        Attempt *grown;

        grown = reallocarray(e->attempts, e->n_attempts + 1, sizeof(Attempt));
        if (!grown)
                return NULL;
        e->attempts = grown;
        e->attempts[e->n_attempts] = (Attempt){
                .id = id,
                .stalled_msec = -1,
                .progress_timeout_usec = USEC_INFINITY,
                .timeout_usec = USEC_INFINITY,
                .frozen_since_usec = -1,
        };
        return e->attempts + e->n_attempts++;
}

static void attempt_done(Attempt *a) {
        free(a->unit);
        free(a->step);
        free(a->launcher);
}

bool attempt_is_live(const Attempt *a) {
        return a->state == STATE_LAUNCHING || a->state == STATE_RUNNING;
}

void attempts_drop_unseen(Engine *e) {
        size_t kept = 0;

        for (size_t i = 0; i < e->n_attempts; i++) {
                if (e->attempts[i].seen)
                        e->attempts[kept++] = e->attempts[i];
                else
                        attempt_done(e->attempts + i);
        }
        e->n_attempts = kept;
}

void attempt_watch(Attempt *a, usec_t progress_timeout_usec, int64_t moved_usec, usec_t now_usec) {
        usec_t still;

        if (progress_timeout_usec == USEC_INFINITY || moved_usec != a->moved_usec ||
            now_usec - a->looked_usec > LOOK_GAP_USEC)
                a->still_since_usec = now_usec;
        a->moved_usec = moved_usec;
        a->looked_usec = now_usec;
        a->progress_timeout_usec = progress_timeout_usec;
        still = now_usec - a->still_since_usec;
        a->stalled_msec = progress_timeout_usec != USEC_INFINITY && still >= progress_timeout_usec
                                  ? (int64_t) (still / USEC_PER_MSEC)
                                  : -1;
}

void attempts_free(Engine *e) {
        for (size_t i = 0; i < e->n_attempts; i++)
                attempt_done(e->attempts + i);
        free(e->attempts);
        e->attempts = NULL;
        e->n_attempts = 0;
}
