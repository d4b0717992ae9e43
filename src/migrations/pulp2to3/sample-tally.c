/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-tally.h"

#include <stdio.h>

#include "base/text.h"

int sample_tally_new(SampleOutput *o, const char *plugin, const char *const *types, SampleTally *ret) {
        SampleTally t = {
                .output = o,
                .plugin = plugin,
                .types = types,
                .first = sample_first_repository(o->sample->options.generation),
                .end = sample_end_repository(o->sample, o->sample->options.generation),
        };

        while (types[t.n_types])
                t.n_types++;
        t.repositories = calloc(t.end, sizeof(*t.repositories));
        for (uint32_t i = 0; i < t.end && t.repositories; i++) {
                t.repositories[i].units = calloc(t.n_types, sizeof(*t.repositories[i].units));
                if (!t.repositories[i].units) {
                        sample_tally_done(&t);
                        return -ENOMEM;
                }
        }
        *ret = t;
        return t.repositories ? 0 : -ENOMEM;
}

void sample_tally_done(SampleTally *t) {
        for (uint32_t i = 0; i < t->end && t->repositories; i++)
                free(t->repositories[i].units);
        free(t->repositories);
        t->repositories = NULL;
}

static void write_link(SampleTally *t, uint32_t repository, const char *type, const char *id, uint32_t generation) {
        SampleTallyRepository *r = &t->repositories[repository];
        char name[SAMPLE_REPOSITORY_SIZE];

        sample_repository_name(t->plugin, repository, name);
        sample_output_link(t->output, name, type, id, sample_generation_time(generation));
        r->count.links++;
        r->changed = MAX(r->changed, generation);
        for (size_t k = 0; k < t->n_types; k++)
                r->units[k] += streq(t->types[k], type);
}

void sample_tally_link(SampleTally *t, const SamplePlace *place, const char *type, const char *id, bool readable,
                       uint64_t contents) {
        for (uint32_t k = 0; k < place->n; k++) {
                SampleTallyRepository *r = &t->repositories[place->repositories[k]];

                if (place->unlinked[k] > 0) {
                        r->changed = MAX(r->changed, place->unlinked[k]);
                        continue;
                }
                write_link(t, place->repositories[k], type, id, place->born);
                r->count.dangling += !readable;
                r->count.contents += contents;
        }
}

void sample_tally_dangling_link(SampleTally *t, uint32_t repository, const char *type, const char *id) {
        write_link(t, repository, type, id, 0);
        t->repositories[repository].count.dangling++;
}

static void expect_rows(SampleOutput *o, const char *id, const SampleCount *count, bool has_remote) {
        sample_output_expect_repository(o, id, count);
        sample_output_expect(o, "core_repository", 1);
        sample_output_expect(o, "core_repositoryversion", 1 + (count->contents > 0));
        sample_output_expect(o, "core_repositorycontent", (int64_t) count->contents);
        sample_output_expect(o, "core_distribution", 1);
        sample_output_expect(o, "core_remote", has_remote);
}

void sample_tally_repository(SampleTally *t, uint32_t repository, SampleOutputRepository *r) {
        const SampleTallyRepository *counted = &t->repositories[repository];
        char name[SAMPLE_REPOSITORY_SIZE];
        bson_t counts = BSON_INITIALIZER;

        sample_repository_name(t->plugin, repository, name);
        for (size_t k = 0; k < t->n_types; k++)
                if (counted->units[k] > 0)
                        BSON_APPEND_INT32(&counts, t->types[k], (int32_t) counted->units[k]);
        r->id = name;
        r->counts = &counts;
        r->changed = MAX(counted->changed, r->config_changed);
        sample_output_repository(t->output, r);
        expect_rows(t->output, name, &counted->count, true);
        bson_destroy(&counts);
}

void sample_tally_empty_repository(SampleTally *t, const SampleOutputRepository *r) {
        sample_output_repository(t->output, r);
        expect_rows(t->output, r->id, &(SampleCount){}, false);
}
