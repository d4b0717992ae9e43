/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of open attempts: as many entries as the window is wide, and those whose result is still to be stored. */

#include "base/text.h"
#include "engine/engine-internal.h"

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
        e->attempts[e->n_attempts] = (Attempt){ .id = id };
        return e->attempts + e->n_attempts++;
}

static void attempt_done(Attempt *a) {
        free(a->unit);
        free(a->step);
        free(a->launcher);
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

void attempts_free(Engine *e) {
        for (size_t i = 0; i < e->n_attempts; i++)
                attempt_done(e->attempts + i);
        free(e->attempts);
        e->attempts = NULL;
        e->n_attempts = 0;
}
