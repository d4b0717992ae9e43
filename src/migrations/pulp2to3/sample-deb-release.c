/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types deb_release and deb_component. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-deb.h"

#define COMPONENTS 2
#define ARCHITECTURES 4

/* A repository has two releases; the second has half of the packages. */
typedef struct Release {
        SamplePlace place;
        uint32_t repository;
        bool second;
        SampleDamage damage;
        char repo_id[SAMPLE_REPOSITORY_SIZE], id[SAMPLE_ID_SIZE], distribution[64], codename[32];
} Release;

static void release_make(const Sample *s, uint32_t repository, bool second, Release *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE };
        Release r = { .repository = repository, .second = second };
        char name[64];

        r.place = (SamplePlace){ .born = sample_repository_born(s, repository),
                                 .n = 1,
                                 .repositories = { repository } };
        /* The second one of the first repository is damaged if any is: its components depend on it. */
        r.damage = sample_damage(s, "deb/release", 2 * (uint64_t) repository + !second, kinds, ELEMENTSOF(kinds));
        sample_repository_name("deb", repository, r.repo_id);
        (void) snprintf(name, sizeof(name), "deb_release/%s/%d", r.repo_id, second);
        sample_uuid(s, name, r.id);
        (void) snprintf(r.codename, sizeof(r.codename), "%s-%05" PRIu32, second ? "testing" : "stable",
                        repository + 1);
        (void) snprintf(r.distribution, sizeof(r.distribution), "%s%s", r.codename, second ? "/updates" : "");
        *ret = r;
}

static void write_release(SampleOutput *o, const Release *r) {
        bson_t *d = sample_output_unit(o, "deb_release", r->id, sample_generation_time(r->place.born), NULL, false);

        BCON_APPEND(d, "repoid", BCON_UTF8(r->repo_id), "distribution", BCON_UTF8(r->distribution), "codename",
                    BCON_UTF8(r->codename), "suite", BCON_UTF8(r->second ? "testing" : "stable"));
        sample_output_unit_end_damaged(o, r->id, r->damage,
                                       r->damage == SAMPLE_DAMAGE_FIELD ? "distribution" : "codename");
        sample_output_expect(o, "deb_release", r->damage == SAMPLE_DAMAGE_NONE);
}

/* What of the packages is found by going through those that can be in the repository. */
typedef struct Component {
        const Release *release;
        uint32_t number;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE];
        uint32_t updated;                  /* generation */
        uint64_t n_migrated;               /* packages that Pulp 3 has */
        bool architectures[ARCHITECTURES]; /* of these, without "all" */
        bson_t packages;                   /* array */
        uint32_t n_packages;
} Component;

static void component_take(Component *c, const DebPackage *p) {
        static const char *const names[ARCHITECTURES] = { "amd64", "arm64", "i386", "armhf" };
        char key[12];

        if (p->component != c->number || (c->release->second && !p->in_second_release))
                return;
        for (uint32_t k = 0; k < p->place.n; k++) {
                if (p->place.repositories[k] != c->release->repository)
                        continue;
                c->updated = MAX(c->updated, p->place.born);
                c->updated = MAX(c->updated, p->place.unlinked[k]);
                if (p->place.unlinked[k] > 0)
                        return;
                (void) snprintf(key, sizeof(key), "%" PRIu32, c->n_packages++);
                BSON_APPEND_UTF8(&c->packages, key, p->id);
                if (p->damage != SAMPLE_DAMAGE_NONE)
                        return;
                c->n_migrated++;
                for (size_t i = 0; i < ARCHITECTURES; i++)
                        c->architectures[i] = c->architectures[i] || streq(names[i], p->architecture);
        }
}

/* At first packages go round the repositories, and some are in the next one too; later ones are anywhere. */
static void component_fill(const Sample *s, Component *c, uint32_t n) {
        uint32_t first = s->options.n_part_repositories, repository = c->release->repository;
        uint32_t before = (repository + first - 1) % first;
        DebPackage p;

        for (uint32_t i = 0; i < n && repository < first; i += first)
                for (int k = 0; k < (before == repository ? 1 : 2); k++) {
                        uint32_t number = i + (k == 0 ? repository : before);

                        if (number < n && deb_package_make(s, n, number, &p))
                                component_take(c, &p);
                }
        for (uint32_t i = n; i < sample_grown(s, n); i++)
                if (deb_package_make(s, n, i, &p))
                        component_take(c, &p);
}

static void component_make(const Sample *s, const Release *r, uint32_t number, uint32_t n, Component *c) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE };
        uint64_t index = (2 * (uint64_t) r->repository + r->second) * COMPONENTS + number;
        char name[64];

        *c = (Component){ .release = r, .number = number, .updated = r->place.born };
        bson_init(&c->packages);
        c->damage = sample_damage(s, "deb/component", index, kinds, ELEMENTSOF(kinds));
        (void) snprintf(name, sizeof(name), "deb_component/%s/%d/%" PRIu32, r->repo_id, r->second, number);
        sample_uuid(s, name, c->id);
        component_fill(s, c, n);
}

/* A component whose release is damaged is a problem too. */
static bool component_is_migrated(const Component *c) {
        return c->damage == SAMPLE_DAMAGE_NONE && c->release->damage == SAMPLE_DAMAGE_NONE;
}

static void write_component(SampleOutput *o, const Component *c) {
        const Release *r = c->release;
        bson_t *d = sample_output_unit(o, "deb_component", c->id, sample_generation_time(c->updated), NULL, false);

        BCON_APPEND(d, "name", BCON_UTF8(c->number == 0 ? "main" : "contrib"), "distribution",
                    BCON_UTF8(r->distribution), "release", BCON_UTF8(r->codename), "repoid", BCON_UTF8(r->repo_id));
        if (c->damage == SAMPLE_DAMAGE_TYPE)
                BSON_APPEND_INT32(d, "packages", (int32_t) c->n_packages);
        else
                BSON_APPEND_ARRAY(d, "packages", &c->packages);
        sample_output_unit_end_damaged(o, c->id, c->damage, c->damage == SAMPLE_DAMAGE_FIELD ? "name" : "");
        if (c->damage == SAMPLE_DAMAGE_NONE && r->damage != SAMPLE_DAMAGE_NONE)
                sample_output_expect_problem(o, "units_deb_component", c->id, SAMPLE_DAMAGE_NONE);
        if (!component_is_migrated(c))
                return;
        sample_output_expect(o, "deb_releasecomponent", 1);
        sample_output_expect(o, "deb_packagereleasecomponent", (int64_t) c->n_migrated);
}

/* The architectures of a release are those of its components. */
static void write_components(SampleTally *t, const Release *r, uint32_t n) {
        bool architectures[ARCHITECTURES] = {};

        for (uint32_t number = 0; number < COMPONENTS; number++) {
                uint64_t more = 0;
                Component c;

                component_make(t->output->sample, r, number, n, &c);
                write_component(t->output, &c);
                for (size_t i = 0; i < ARCHITECTURES && component_is_migrated(&c); i++) {
                        more += c.architectures[i] && !architectures[i];
                        architectures[i] = architectures[i] || c.architectures[i];
                }
                sample_output_expect(t->output, "deb_releasearchitecture", (int64_t) more);
                sample_tally_link(t, &r->place, "deb_component", c.id, c.damage != SAMPLE_DAMAGE_FIELD,
                                  component_is_migrated(&c) ? 1 + more + c.n_migrated : 0);
                bson_destroy(&c.packages);
        }
}

void deb_write_releases(SampleTally *t, uint32_t n) {
        SampleOutput *o = t->output;
        Release r;

        for (uint32_t i = t->first; i < t->end && o->error >= 0; i++)
                for (int second = 0; second <= 1; second++) {
                        release_make(o->sample, i, second > 0, &r);
                        write_release(o, &r);
                        sample_tally_link(t, &r.place, "deb_release", r.id, r.damage == SAMPLE_DAMAGE_NONE,
                                          r.damage == SAMPLE_DAMAGE_NONE);
                }
        for (uint32_t i = t->first; i < t->end && o->error >= 0; i++)
                for (int second = 0; second <= 1; second++) {
                        release_make(o->sample, i, second > 0, &r);
                        write_components(t, &r, n);
                }
}
