/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Later days of the ISO repositories: units that come, that take the place of others, and that are removed. */

#include "migrations/pulp2to3/sample-later.h"

#include "migrations/pulp2to3/sample-part.h"

/* A unit that is removed stays in Pulp 2, without a link: its orphans are removed by hand. Units on demand stay
 * where they are, as the last link's end would be the end of their entries in the lazy catalog. */
static void remove_links(Sample *s, uint32_t generation) {
        for (uint32_t i = 0; i < s->options.n_units; i++) {
                SampleUnit *u = &s->units[i];

                if (u->kind == UNIT_GOOD && sample_unlinked_in(s, "iso/link", i, generation))
                        u->n_repositories = 0;
        }
}

/* Takes the place of a unit that the server had at first: another file of its name. */
static bool replace(Sample *s, uint32_t unit) {
        uint32_t old = (uint32_t) (sample_draw(s, "iso/replaced", unit) % s->options.n_units);
        SampleUnit *o = &s->units[old], *u = &s->units[unit];

        if (o->kind != UNIT_GOOD || o->n_repositories != 1)
                return false;
        u->name = o->name;
        u->repositories[u->n_repositories++] = o->repositories[0];
        o->n_repositories = 0;
        return true;
}

/* The first one is in the repository that came with the generation. */
static void add_units(Sample *s, uint32_t from, uint32_t to, uint32_t repository) {
        for (uint32_t i = from; i < to; i++) {
                SampleUnit *u = &s->units[i];

                if (i > from && i % 2 == 0 && replace(s, i))
                        continue;
                u->repositories[u->n_repositories++] =
                        i == from ? repository : (uint32_t) (sample_draw(s, "iso/repository", i) % (repository + 1));
        }
}

void sample_advance(Sample *s) {
        uint32_t n = s->options.n_units, step = n > 0 ? (sample_grown(s, n) - n) / MAX(s->options.generation, 1U) : 0;

        for (uint32_t g = 1; g <= s->options.generation && n > 0; g++) {
                remove_links(s, g);
                add_units(s, n + (g - 1) * step, n + g * step, s->options.n_repositories + g - 1);
        }
}
