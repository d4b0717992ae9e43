/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-id128.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-later.h"
#include "migrations/pulp2to3/sample-part.h"

Sample *sample_free(Sample *s) {
        if (!s)
                return NULL;
        free(s->units);
        free(s->repositories);
        json_decref(s->parts);
        free(s);
        return NULL;
}

const char *unit_kind_to_string(UnitKind kind) {
        static const char *const names[] = {
                [UNIT_GOOD] = "good",       [UNIT_ON_DEMAND] = "on-demand", [UNIT_CORRUPTED] = "corrupted",
                [UNIT_MISSING] = "missing", [UNIT_TRUNCATED] = "short",
        };

        return names[kind];
}

const char *sample_damage_to_string(SampleDamage damage) {
        static const char *const names[_SAMPLE_DAMAGE_MAX] = {
                "dependent", "missing field", "wrong type", "unknown checksum type", "damaged text",
        };

        return names[damage];
}

const char *sample_unit_damaged_field(const SampleUnit *u) {
        static const char *const fields[_SAMPLE_DAMAGE_MAX] = {
                [SAMPLE_DAMAGE_FIELD] = "name",
                [SAMPLE_DAMAGE_TYPE] = "size",
                [SAMPLE_DAMAGE_TEXT] = "checksum",
        };

        return fields[u->damage];
}

void sample_unit_name(const Sample *s, uint32_t unit, char ret[static SAMPLE_NAME_SIZE]) {
        (void) snprintf(ret, SAMPLE_NAME_SIZE, "unit-%07" PRIu32 ".iso", s->units[unit].name + 1);
}

void sample_unit_id(const Sample *s, uint32_t unit, char ret[static SAMPLE_ID_SIZE]) {
        sd_id128_t id = {
                .qwords[0] = htole64(sample_random(s, SAMPLE_RANDOM_ID, 2 * (uint64_t) unit)),
                .qwords[1] = htole64(sample_random(s, SAMPLE_RANDOM_ID, 2 * (uint64_t) unit + 1)),
        };

        /* Version 4, variant 1: Pulp 2 used random UUIDs (RFC 4122, 4.4). */
        id.bytes[6] = (uint8_t) ((id.bytes[6] & 0x0f) | 0x40);
        id.bytes[8] = (uint8_t) ((id.bytes[8] & 0x3f) | 0x80);
        (void) sd_id128_to_uuid_string(id, ret);
}

uint32_t sample_unit_lazy_entries(const Sample *s, const SampleUnit *u) {
        uint32_t n = 0;

        if (!u->lazy)
                return 0;
        for (uint8_t i = 0; i < u->n_repositories; i++)
                n += s->repositories[u->repositories[i]].on_demand;
        return n;
}

static uint32_t share_of(uint32_t n, uint32_t share) {
        return (uint32_t) (((uint64_t) n * share + SAMPLE_SHARE_MAX - 1) / SAMPLE_SHARE_MAX);
}

/* The numbers 0 to n - 1 in random order (Fisher and Yates). NULL: out of memory. */
static uint32_t *sample_shuffle(const Sample *s, SampleRandom purpose, uint32_t n) {
        uint32_t *order;

        order = calloc(MAX(n, UINT32_C(1)), sizeof(*order));
        if (!order)
                return NULL;
        for (uint32_t i = 0; i < n; i++) {
                uint32_t k = (uint32_t) (sample_random(s, purpose, i) % (i + 1));

                order[i] = order[k];
                order[k] = i;
        }
        return order;
}

static void sample_name_repositories(Sample *s) {
        for (size_t i = 0; i < s->n_repositories; i++) {
                SampleRepository *r = &s->repositories[i];

                r->empty = i >= s->n_filled;
                r->number = (uint32_t) i;
                if (r->empty)
                        r->number -= s->n_filled - s->options.n_repositories;
                else if (i >= s->options.n_repositories)
                        r->number += s->options.n_empty_repositories;
                (void) snprintf(r->name, sizeof(r->name), r->empty ? "iso-empty-%05zu" : "iso-%05zu",
                                r->empty ? i - s->n_filled + 1 : i + 1);
        }
}

/* Some good units get the bytes of another good one. Both are good, so that the expected number of artifacts
 * does not depend on the order in which they are migrated. */
static void sample_choose_duplicates(Sample *s, const uint32_t *good, uint32_t n_good) {
        uint32_t n = share_of(n_good, s->options.duplicate);

        if (n_good == 0)
                return;
        n = MIN(n, n_good - 1);
        for (uint32_t i = 0; i < n; i++)
                s->units[good[i]].content =
                                good[n + sample_random(s, SAMPLE_RANDOM_DUPLICATE, good[i]) % (n_good - n)];
}

static int sample_choose_kinds(Sample *s, char **ret_error) {
        _cleanup_(freep) uint32_t *order = NULL;
        const SampleOptions *o = &s->options;
        uint32_t n_on_demand = share_of(o->n_units, o->on_demand), n_downloaded = o->n_units - n_on_demand;
        const struct {
                UnitKind kind;
                uint32_t n;
        } kinds[] = {
                { UNIT_ON_DEMAND, n_on_demand },
                { UNIT_CORRUPTED, share_of(n_downloaded, o->corrupted) },
                { UNIT_MISSING, share_of(n_downloaded, o->missing) },
                { UNIT_TRUNCATED, share_of(n_downloaded, o->truncated) },
        };
        uint32_t at = 0;

        order = sample_shuffle(s, SAMPLE_RANDOM_KIND, o->n_units);
        if (!order)
                return text_error(ret_error, -ENOMEM, "out of memory");
        for (size_t k = 0; k < ELEMENTSOF(kinds); k++) {
                if (kinds[k].n > o->n_units - at)
                        return text_error(ret_error, -EINVAL,
                                          "--corrupted, --missing and --short ask for more units than the "
                                          "%" PRIu32 " downloaded ones",
                                          n_downloaded);
                for (uint32_t i = 0; i < kinds[k].n; i++)
                        s->units[order[at++]].kind = kinds[k].kind;
        }
        sample_choose_duplicates(s, order + at, o->n_units - at);
        return 0;
}

static void sample_choose_sizes(Sample *s) {
        const SampleOptions *o = &s->options;
        uint64_t range = (uint64_t) o->size_max_bytes - o->size_min_bytes + 1;

        for (uint32_t i = 0; i < s->n_units; i++)
                s->units[i].size_bytes = o->size_min_bytes + (uint32_t) (sample_random(s, SAMPLE_RANDOM_SIZE,
                                                                                       s->units[i].content) %
                                                                         range);
}

static void unit_add_repository(SampleUnit *u, uint32_t repository) {
        for (uint8_t i = 0; i < u->n_repositories; i++)
                if (u->repositories[i] == repository)
                        return;
        u->repositories[u->n_repositories++] = repository;
}

/* Every repository gets a unit, then the first ones get more than the last: the smaller of two random
 * numbers. */
static void sample_place_units(Sample *s) {
        uint32_t n = s->options.n_repositories;

        for (uint32_t i = 0; i < s->options.n_units; i++) {
                uint64_t x = sample_random(s, SAMPLE_RANDOM_REPOSITORY, i);

                unit_add_repository(&s->units[i],
                                    i < n ? i : (uint32_t) MIN((x & UINT32_MAX) % n, (x >> 32) % n));
        }
}

static int sample_share_units(Sample *s, char **ret_error) {
        _cleanup_(freep) uint32_t *order = NULL;
        uint32_t n = s->options.n_repositories;

        order = sample_shuffle(s, SAMPLE_RANDOM_SHARED, s->options.n_units);
        if (!order)
                return text_error(ret_error, -ENOMEM, "out of memory");
        for (uint32_t i = 0; i < share_of(s->options.n_units, s->options.shared); i++) {
                SampleUnit *u = &s->units[order[i]];
                uint64_t x = sample_random(s, SAMPLE_RANDOM_SECOND_REPOSITORY, order[i]);

                /* A step of 1 to n - 1 never leads back; the third one may be one that it has. */
                unit_add_repository(u, (uint32_t) ((u->repositories[0] + 1 + (x & 0xffffff) % (n - 1)) % n));
                if (x >> 63)
                        unit_add_repository(u, (uint32_t) ((x >> 24 & 0xffffff) % n));
        }
        return 0;
}

/* Importers fetch lazily where a unit was not downloaded; some downloaded units of such repositories are
 * still in the catalog, as after an administrator's download of what was on demand. */
static void sample_choose_lazy(Sample *s) {
        for (uint32_t i = 0; i < s->n_units; i++)
                for (uint8_t k = 0; s->units[i].kind == UNIT_ON_DEMAND && k < s->units[i].n_repositories; k++)
                        s->repositories[s->units[i].repositories[k]].on_demand = true;
        for (uint32_t i = 0; i < s->n_units; i++) {
                SampleUnit *u = &s->units[i];

                u->lazy = u->kind == UNIT_ON_DEMAND ||
                          (u->kind == UNIT_GOOD && sample_random(s, SAMPLE_RANDOM_LAZY, i) % 5 == 0);
        }
}

/* The checksum of an ISO unit is always SHA-256: no document says of which type it is. */
static void sample_choose_damage(Sample *s) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE, SAMPLE_DAMAGE_TEXT };

        for (uint32_t i = 0; i < s->n_units; i++)
                s->units[i].damage = sample_damage(s, "iso/unit", i, kinds, ELEMENTSOF(kinds));
}

static void sample_count_units(Sample *s) {
        for (uint32_t i = 0; i < s->n_units; i++)
                for (uint8_t k = 0; k < s->units[i].n_repositories; k++) {
                        SampleRepository *r = &s->repositories[s->units[i].repositories[k]];

                        r->n_units++;
                        r->n_migrated += sample_unit_is_migrated(&s->units[i]);
                        r->n_dangling += s->units[i].damage != SAMPLE_DAMAGE_NONE;
                }
}

static int options_check(const SampleOptions *o, char **ret_error) {
        const uint32_t shares[] = { o->on_demand, o->corrupted, o->missing,
                                    o->truncated, o->shared,    o->duplicate, o->damaged_documents };

        if (o->n_units > SAMPLE_UNITS_MAX)
                return text_error(ret_error, -EINVAL, "--units is %" PRIu32 ", more than %" PRIu32,
                                  o->n_units, SAMPLE_UNITS_MAX);
        if (o->n_repositories > SAMPLE_REPOSITORIES_MAX || o->n_empty_repositories > SAMPLE_REPOSITORIES_MAX)
                return text_error(ret_error, -EINVAL,
                                  "--repositories and --empty-repositories go up to %" PRIu32,
                                  SAMPLE_REPOSITORIES_MAX);
        if (o->n_rpm > SAMPLE_UNITS_MAX || o->n_deb > SAMPLE_UNITS_MAX || o->n_docker > SAMPLE_UNITS_MAX)
                return text_error(ret_error, -EINVAL, "--rpm, --deb and --docker go up to %" PRIu32, SAMPLE_UNITS_MAX);
        if (o->n_part_repositories > SAMPLE_REPOSITORIES_MAX ||
            (o->n_part_repositories == 0 && (o->n_rpm > 0 || o->n_deb > 0 || o->n_docker > 0)))
                return text_error(ret_error, -EINVAL, "--part-repositories goes from 1 to %" PRIu32,
                                  SAMPLE_REPOSITORIES_MAX);
        if (o->generation >= SAMPLE_GENERATIONS_MAX)
                return text_error(ret_error, -EINVAL, "--generation goes up to %" PRIu32, SAMPLE_GENERATIONS_MAX - 1);
        if (o->n_units > 0 && o->n_repositories == 0)
                return text_error(ret_error, -EINVAL, "--units needs --repositories of at least 1");
        if (o->shared > 0 && o->n_repositories < 2)
                return text_error(ret_error, -EINVAL, "--shared needs --repositories of at least 2");
        if (o->size_min_bytes < 1 || o->size_min_bytes > o->size_max_bytes ||
            o->size_max_bytes > SAMPLE_SIZE_MAX)
                return text_error(ret_error, -EINVAL,
                                  "--size-min and --size-max have to be in order, and from 1 to %" PRIu32,
                                  SAMPLE_SIZE_MAX);
        for (size_t i = 0; i < ELEMENTSOF(shares); i++)
                if (shares[i] > SAMPLE_SHARE_MAX)
                        return text_error(ret_error, -EINVAL, "a share is more than 100 percent");
        return 0;
}

int sample_new(const SampleOptions *options, Sample **ret, char **ret_error) {
        _cleanup_(sample_freep) Sample *s = NULL;
        int r;

        r = options_check(options, ret_error);
        if (r < 0)
                return r;
        s = calloc(1, sizeof(*s));
        if (!s)
                return text_error(ret_error, -ENOMEM, "out of memory");
        s->options = *options;
        s->n_units = sample_grown(s, options->n_units);
        s->n_filled = options->n_repositories + (options->n_units > 0 ? options->generation : 0);
        s->n_repositories = (size_t) s->n_filled + options->n_empty_repositories;
        s->units = calloc(MAX(s->n_units, (size_t) 1), sizeof(*s->units));
        s->repositories = calloc(MAX(s->n_repositories, (size_t) 1), sizeof(*s->repositories));
        s->parts = json_object();
        if (!s->units || !s->repositories || !s->parts)
                return text_error(ret_error, -ENOMEM, "out of memory");
        for (uint32_t i = 0; i < s->n_units; i++)
                s->units[i].content = s->units[i].name = i;
        sample_name_repositories(s);
        r = sample_choose_kinds(s, ret_error);
        if (r < 0)
                return r;
        sample_choose_sizes(s);
        sample_place_units(s);
        r = sample_share_units(s, ret_error);
        if (r < 0)
                return r;
        sample_choose_lazy(s);
        sample_choose_damage(s);
        sample_advance(s);
        sample_count_units(s);
        *ret = TAKE_PTR(s);
        return 0;
}
