/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A made-up Pulp 2 server with ISO repositories: which units there are, of what kind, and in which
 * repositories. All of it follows from the options; the same options give the same bytes on every machine. */

#include <jansson.h>

#include "base/macro.h"

/* Shares are in hundredths of a percent. A share of n things is rounded up, so that a small sample has at
 * least one of each kind that was asked for. */
#define SAMPLE_SHARE_MAX 10000

#define SAMPLE_UNITS_MAX UINT32_C(10000000)
#define SAMPLE_REPOSITORIES_MAX UINT32_C(100000)
#define SAMPLE_GENERATIONS_MAX UINT32_C(64)
#define SAMPLE_SIZE_MAX (UINT32_C(256) * 1024 * 1024)

typedef struct SampleOptions {
        uint64_t seed;
        uint32_t n_units;
        uint32_t n_repositories;       /* that hold units; one gets none only if there are too few of them */
        uint32_t n_empty_repositories; /* more of them, never synchronised: without units, feed, and times */
        uint32_t on_demand;            /* share of the units that were never downloaded */
        uint32_t corrupted;            /* share of the downloaded units whose file has another checksum */
        uint32_t missing;              /* ... whose file is absent */
        uint32_t truncated;            /* ... whose file is shorter than the unit says */
        uint32_t shared;               /* share of the units that are in two or three repositories */
        uint32_t duplicate; /* share of the good units that have the bytes of another under another name */
        uint32_t size_min_bytes; /* at least 1 */
        uint32_t size_max_bytes;

        /* The parts of the other plugins (sample-part.h). */
        uint32_t n_rpm, n_deb;        /* packages; 0: the part is left out */
        uint32_t n_docker;            /* images; as above */
        uint32_t n_part_repositories; /* of each part, with units */
        uint32_t damaged_documents;   /* share of the documents of units that are not as they must be */
        uint32_t generation;          /* the same server so many times later */
} SampleOptions;

typedef enum UnitKind {
        UNIT_GOOD,
        UNIT_ON_DEMAND,
        UNIT_CORRUPTED,
        UNIT_MISSING,
        UNIT_TRUNCATED,
} UnitKind;

/* What is wrong with the document of a unit. */
typedef enum SampleDamage {
        SAMPLE_DAMAGE_NONE,
        SAMPLE_DAMAGE_FIELD,    /* a required field is missing */
        SAMPLE_DAMAGE_TYPE,     /* a field of the wrong type */
        SAMPLE_DAMAGE_CHECKSUM, /* an unknown checksum type */
        SAMPLE_DAMAGE_TEXT,     /* what is in a field or file is not what it must be: zlib, INI, JSON */
        _SAMPLE_DAMAGE_MAX,
} SampleDamage;

#define SAMPLE_UNIT_REPOSITORIES_MAX 3

typedef struct SampleUnit {
        UnitKind kind;        /* of its file */
        SampleDamage damage;  /* of its document: the file is not looked at then */
        bool lazy; /* has an entry in the lazy catalog for each of its on-demand repositories */
        uint8_t n_repositories;
        uint32_t repositories[SAMPLE_UNIT_REPOSITORIES_MAX];
        uint32_t name;    /* of which unit it has the name: its own, unless it takes the place of another */
        uint32_t content; /* index of the unit whose bytes it has: its own, unless it is a duplicate */
        uint32_t size_bytes;
        uint8_t sha256[32]; /* what the unit says of itself; known once the content was made */
} SampleUnit;

typedef struct SampleRepository {
        char name[24];
        uint32_t number; /* in the order in which they came: at first the empty ones are the last */
        bool empty;     /* one of n_empty_repositories */
        bool on_demand; /* its importer's policy; then it has units in the lazy catalog */
        uint32_t n_units;
        uint32_t n_migrated; /* units that Pulp 3 will have: the good and the on-demand ones */
        uint32_t n_dangling; /* units whose document cannot be read */
} SampleRepository;

typedef struct Sample {
        SampleOptions options;
        SampleUnit *units;
        size_t n_units;
        SampleRepository *repositories; /* the empty ones come last */
        size_t n_repositories;
        uint32_t n_filled; /* the others */
        json_t *parts; /* what is expected of the parts, by plugin; made with the archive */
} Sample;

/* Accepts NULL, returns NULL. */
Sample *sample_free(Sample *s);
DEFINE_CLEANUP(Sample *, sample_free);

/* Returns 0, -EINVAL when the options contradict each other, with a text that names them, or -ENOMEM. */
int sample_new(const SampleOptions *options, Sample **ret, char **ret_error);

/* Whether a migration that skips corrupted content gives this unit to Pulp 3. */
static inline bool sample_unit_is_migrated(const SampleUnit *u) {
        return u->damage == SAMPLE_DAMAGE_NONE && (u->kind == UNIT_GOOD || u->kind == UNIT_ON_DEMAND);
}

/* How many entries of the lazy catalog a unit has. */
uint32_t sample_unit_lazy_entries(const Sample *s, const SampleUnit *u);

/* "good", "on-demand", … */
const char *unit_kind_to_string(UnitKind kind);

/* "missing field", …; "dependent" of SAMPLE_DAMAGE_NONE: a unit that is all right, and depends on one that is not. */
const char *sample_damage_to_string(SampleDamage damage);

/* The field that is damaged in the document of an ISO unit; NULL: none is. */
const char *sample_unit_damaged_field(const SampleUnit *u);

/* The name of a unit: unique over all that are linked to a repository, so that no two content files of a repository
 * have one path. */
#define SAMPLE_NAME_SIZE 24
void sample_unit_name(const Sample *s, uint32_t unit, char ret[static SAMPLE_NAME_SIZE]);

/* The id of a unit, a UUID as text. */
#define SAMPLE_ID_SIZE 37
void sample_unit_id(const Sample *s, uint32_t unit, char ret[static SAMPLE_ID_SIZE]);

/* What random numbers are drawn for: draws of different purpose are independent of each other. */
typedef enum SampleRandom {
        SAMPLE_RANDOM_KIND,
        SAMPLE_RANDOM_SHARED,
        SAMPLE_RANDOM_REPOSITORY,
        SAMPLE_RANDOM_SECOND_REPOSITORY,
        SAMPLE_RANDOM_LAZY,
        SAMPLE_RANDOM_DUPLICATE,
        SAMPLE_RANDOM_SIZE,
        SAMPLE_RANDOM_BYTES,
        SAMPLE_RANDOM_DAMAGE,
        SAMPLE_RANDOM_ID,
} SampleRandom;

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64-bit numbers that looks random. */
static inline uint64_t sample_mix(uint64_t x) {
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        return x ^ (x >> 31);
}

/* A random number that depends on nothing but the arguments: no state, so any unit can be made on its own. */
static inline uint64_t sample_random(const Sample *s, SampleRandom purpose, uint64_t index) {
        return sample_mix(sample_mix(sample_mix(s->options.seed) + (uint64_t) purpose) + index);
}
