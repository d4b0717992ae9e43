/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-part.h"

#include <endian.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <systemd/sd-id128.h>

#include "base/text.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/sample-dump.h"

#define DAY INT64_C(86400)

/* Of changes and removals from one generation to the next: one of so many. */
#define CHANGED_OF 20

const SamplePart *const sample_parts[] = { &sample_part_rpm, &sample_part_deb, &sample_part_docker, NULL };

/* FNV-1a (Fowler, Noll, Vo) of 64 bits. */
static uint64_t hash_text(const char *text) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (; *text; text++)
                hash = (hash ^ (uint8_t) *text) * UINT64_C(0x100000001b3);
        return hash;
}

uint64_t sample_draw(const Sample *s, const char *purpose, uint64_t index) {
        return sample_mix(sample_mix(sample_mix(s->options.seed) + hash_text(purpose)) + index);
}

void sample_uuid(const Sample *s, const char *name, char ret[static SAMPLE_ID_SIZE]) {
        sd_id128_t id = {
                .qwords[0] = htole64(sample_draw(s, name, 0)),
                .qwords[1] = htole64(sample_draw(s, name, 1)),
        };

        /* Version 4, variant 1: Pulp 2 used random UUIDs (RFC 4122, 4.4). */
        id.bytes[6] = (uint8_t) ((id.bytes[6] & 0x0f) | 0x40);
        id.bytes[8] = (uint8_t) ((id.bytes[8] & 0x3f) | 0x80);
        (void) sd_id128_to_uuid_string(id, ret);
}

void sample_object(const Sample *s, const char *collection, const char *name, bson_oid_t *ret) {
        uint64_t high = htole64(sample_draw(s, name, hash_text(collection)));
        uint32_t low = htole32((uint32_t) sample_draw(s, name, ~hash_text(collection)));

        memcpy(ret->bytes, &high, sizeof(high));
        memcpy(ret->bytes + sizeof(high), &low, sizeof(low));
}

int sample_sha256(const void *data, size_t size, char ret[static 65]) {
        /* Fetched once, as in sample-content.c. */
        static EVP_MD *sha256;
        uint8_t digest[32];

        if (!sha256)
                sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        if (!sha256 || EVP_Digest(data, size, digest, NULL, sha256, NULL) != 1)
                return -EIO;
        hex_format(digest, sizeof(digest), ret);
        return 0;
}

int sample_key_directory(const char *type, const char *key, char ret[static SAMPLE_KEY_DIRECTORY_SIZE]) {
        char digest[65];
        int r = sample_sha256(key, strlen(key), digest);

        if (r >= 0)
                (void) snprintf(ret, SAMPLE_KEY_DIRECTORY_SIZE, "units/%s/%.2s/%s", type, digest, digest + 2);
        return r;
}

void sample_fill(const Sample *s, const char *purpose, uint64_t index, const char *text, uint8_t *ret, size_t n) {
        size_t length = MIN(strlen(text), n);
        uint64_t state = sample_draw(s, purpose, index);

        memcpy(ret, text, length);
        for (size_t at = length; at < n; at += sizeof(state)) {
                uint64_t word = htole64(sample_mix(state++));

                memcpy(ret + at, &word, MIN(sizeof(word), n - at));
        }
}

static uint32_t growth(uint32_t n) {
        return MAX(n / 10, UINT32_C(1));
}

uint32_t sample_grown(const Sample *s, uint32_t n) {
        return n == 0 ? 0 : n + s->options.generation * growth(n);
}

uint32_t sample_born(uint32_t n, uint32_t number) {
        return number < n ? 0 : 1 + (number - n) / growth(n);
}

bool sample_unlinked_in(const Sample *s, const char *purpose, uint64_t index, uint32_t generation) {
        return sample_draw(s, purpose, index * SAMPLE_GENERATIONS_MAX + generation) % CHANGED_OF == 0;
}

uint32_t sample_changed(const Sample *s, const char *purpose, uint64_t index, uint32_t born) {
        for (uint32_t g = s->options.generation; g > born; g--)
                if (sample_unlinked_in(s, purpose, index, g))
                        return g;
        return born;
}

uint32_t sample_unlinked(const Sample *s, const char *purpose, uint64_t index, uint32_t born) {
        for (uint32_t g = born + 1; g <= s->options.generation; g++)
                if (sample_unlinked_in(s, purpose, index, g))
                        return g;
        return 0;
}

int64_t sample_generation_time(uint32_t generation) {
        return SAMPLE_TIME_BEGIN + 3600 + generation * DAY;
}

uint32_t sample_first_repository(uint32_t generation) {
        return generation > 1 ? generation - 1 : 0;
}

uint32_t sample_end_repository(const Sample *s, uint32_t generation) {
        return s->options.n_part_repositories + generation;
}

uint32_t sample_repository_born(const Sample *s, uint32_t repository) {
        uint32_t n = s->options.n_part_repositories;

        return repository < n ? 0 : repository + 1 - n;
}

void sample_repository_name(const char *plugin, uint32_t repository, char ret[static SAMPLE_REPOSITORY_SIZE]) {
        (void) snprintf(ret, SAMPLE_REPOSITORY_SIZE, "%.12s-%05" PRIu32, plugin, repository + 1);
}

static void place_add(const Sample *s, SamplePlace *p, const char *purpose, uint32_t number, uint32_t repository) {
        uint32_t k = p->n;

        if (repository < sample_first_repository(s->options.generation))
                return;
        p->repositories[k] = repository;
        p->unlinked[k] = sample_unlinked(s, purpose, (uint64_t) number << 20 | repository, p->born);
        p->n++;
}

/* At first the things go round the repositories, so that those of a repository are found without looking at all.
 * The first thing that comes with a generation is in the repository that came with it. */
bool sample_place(const Sample *s, const char *purpose, uint32_t n, uint32_t number, SamplePlace *ret) {
        SamplePlace p = { .born = sample_born(n, number) };
        uint32_t first = sample_first_repository(p.born), end = sample_end_repository(s, p.born), home;

        if (p.born == 0)
                home = number % end;
        else if ((number - n) % growth(n) == 0)
                home = end - 1;
        else
                home = first + (uint32_t) (sample_draw(s, purpose, number) % (end - first));
        place_add(s, &p, purpose, number, home);
        if (number % 5 == 0 && end - first > 1)
                place_add(s, &p, purpose, number, home + 1 < end ? home + 1 : first);
        *ret = p;
        return p.n > 0;
}

bool sample_place_has(const SamplePlace *p, uint32_t repository) {
        for (uint32_t k = 0; k < p->n; k++)
                if (p->repositories[k] == repository)
                        return p->unlinked[k] == 0;
        return false;
}

SampleDamage sample_damage(const Sample *s, const char *purpose, uint64_t index, const SampleDamage kinds[],
                           size_t n) {
        uint64_t x = sample_draw(s, purpose, ~index);

        /* The first of each type that may be damaged is, so that small samples have all types. */
        if (s->options.damaged_documents == 0 || (index > 0 && x % SAMPLE_SHARE_MAX >= s->options.damaged_documents))
                return SAMPLE_DAMAGE_NONE;
        return kinds[(x >> 32) % n];
}
