/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of a sample: one for each plugin but iso, which is the sample's own. A part makes any of its units
 * from nothing but the options and the unit's number. */

#include "migrations/pulp2to3/sample-output.h"

typedef struct SamplePart {
        const char *plugin;  /* as a plan names it */
        size_t units_offset; /* of its number of units in SampleOptions */
        /* Writes all documents and files of the generation that the options name, and what is expected of them.
         * n is the number of units at first, above 0. */
        void (*write)(SampleOutput *o, uint32_t n);
} SamplePart;

extern const SamplePart sample_part_rpm;
extern const SamplePart sample_part_deb;
extern const SamplePart sample_part_docker;

/* NULL-terminated. */
extern const SamplePart *const sample_parts[];

/* A random number for a purpose that has a name, such as "rpm/size": draws of other names are independent. */
uint64_t sample_draw(const Sample *s, const char *purpose, uint64_t index);

/* A UUID that belongs to a name, such as "rpm/17". */
void sample_uuid(const Sample *s, const char *name, char ret[static SAMPLE_ID_SIZE]);

/* The object id of a document of a collection that belongs to a name, such as a repository's id. */
void sample_object(const Sample *s, const char *collection, const char *name, bson_oid_t *ret);

/* SHA-256 as text; -EIO when libcrypto fails. */
int sample_sha256(const void *data, size_t size, char ret[static 65]);

/* "units/TYPE/XX/REST": where Pulp 2 puts a unit, by the SHA-256 of the names and values of its key's fields, which
 * key has in alphabetical order, such as "nameXversionY". Returns 0 or -EIO. */
#define SAMPLE_KEY_DIRECTORY_SIZE 112
int sample_key_directory(const char *type, const char *key, char ret[static SAMPLE_KEY_DIRECTORY_SIZE]);

/* n bytes that look random and belong to a purpose and an index, after a text that tells what they are. */
void sample_fill(const Sample *s, const char *purpose, uint64_t index, const char *text, uint8_t *ret, size_t n);

/* The server's later days. A tenth more things come with each generation, at least one: so many there are at the
 * options' generation, of n at first, and this is the generation with which one of them came. */
uint32_t sample_grown(const Sample *s, uint32_t n);
uint32_t sample_born(uint32_t n, uint32_t number);

/* The last generation, up to that of the options, in which a thing that is there since the generation born was
 * changed: one of twenty is in each. It is born if it never was. */
uint32_t sample_changed(const Sample *s, const char *purpose, uint64_t index, uint32_t born);

/* The generation in which a link that is there since the generation born was removed: one of twenty is in each.
 * 0: it is there. */
uint32_t sample_unlinked(const Sample *s, const char *purpose, uint64_t index, uint32_t born);

/* Whether that happens in a generation. */
bool sample_unlinked_in(const Sample *s, const char *purpose, uint64_t index, uint32_t generation);

/* The moment of a generation, in seconds since 1970: a day apart. */
int64_t sample_generation_time(uint32_t generation);

/* Repositories of a part, by number: with each generation one comes, and from the second on the oldest goes. Those
 * from the first number up to, and without, the end are there at a generation. */
uint32_t sample_first_repository(uint32_t generation);
uint32_t sample_end_repository(const Sample *s, uint32_t generation);

/* The generation that a repository came with. */
uint32_t sample_repository_born(const Sample *s, uint32_t repository);

/* "rpm-00001". */
#define SAMPLE_REPOSITORY_SIZE 24
void sample_repository_name(const char *plugin, uint32_t repository, char ret[static SAMPLE_REPOSITORY_SIZE]);

/* The repositories that a thing is in, of those that are there: one of five things is in two. */
typedef struct SamplePlace {
        uint32_t born;
        uint32_t n;
        uint32_t repositories[2];
        uint32_t unlinked[2]; /* generation, 0: it is linked */
} SamplePlace;

/* n: of such things at first. Returns false when all of its repositories are gone, and it with them. */
bool sample_place(const Sample *s, const char *purpose, uint32_t n, uint32_t number, SamplePlace *ret);

/* Whether it is linked to a repository. */
bool sample_place_has(const SamplePlace *p, uint32_t repository);

/* What is wrong with the document of a unit: SAMPLE_DAMAGE_NONE but for a share of --damaged-documents, which are
 * of the n kinds that the type can have. */
SampleDamage sample_damage(const Sample *s, const char *purpose, uint64_t index, const SampleDamage kinds[],
                           size_t n);
