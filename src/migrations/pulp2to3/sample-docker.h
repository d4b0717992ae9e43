/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The docker part of a sample: what its files share. Images come in bundles of four: three of schema 2 for different
 * platforms, with a manifest list, and one of schema 1. All have one layer in common. */

#include "migrations/pulp2to3/sample-tally.h"

#define DOCKER_IMAGES 4
#define DOCKER_SIGNED (DOCKER_IMAGES - 1) /* the image of schema 1 */
#define DOCKER_LISTED DOCKER_SIGNED       /* so many are in the list */

/* Blobs of a bundle: the common layer, each image's own, the configurations of those of schema 2. */
#define DOCKER_LAYER(image) (1 + (image))
#define DOCKER_CONFIG(image) (1 + DOCKER_IMAGES + (image))
#define DOCKER_BLOBS (1 + DOCKER_IMAGES + DOCKER_LISTED)

#define DOCKER_DIGEST_SIZE 72 /* "sha256:…" */

typedef struct DockerBundle {
        uint32_t number;
        SamplePlace place;
        SampleDamage blob_damage;     /* of the layer of image 0 */
        SampleDamage manifest_damage; /* of the manifest of bad_image */
        SampleDamage list_damage;
        SampleDamage tag_damage; /* of the tag of image 0 in the first of the repositories */
        uint32_t bad_image;
        uint32_t retagged; /* generation in which the tag of image 2 was last moved; place.born: never */
        uint32_t tagged;   /* the image that it is of */
} DockerBundle;

/* Bundles of n images. */
static inline uint32_t docker_bundles(uint32_t n) {
        return (n + DOCKER_IMAGES - 1) / DOCKER_IMAGES;
}

/* The bundle of a number; n: of bundles at first. Returns false when it went with its repositories. */
bool docker_bundle_make(const Sample *s, uint32_t n, uint32_t number, DockerBundle *ret);

/* Whether units become contents. */
static inline bool docker_manifest_is_migrated(const DockerBundle *b, uint32_t image) {
        return b->manifest_damage == SAMPLE_DAMAGE_NONE || image != b->bad_image;
}

/* Whether the migration can read a document at all. */
static inline bool docker_is_readable(SampleDamage damage) {
        return damage != SAMPLE_DAMAGE_FIELD && damage != SAMPLE_DAMAGE_TYPE;
}

/* A file, and its digest. */
typedef struct DockerFile {
        char *text; /* owned */
        size_t size;
        char digest[DOCKER_DIGEST_SIZE];
} DockerFile;
void docker_file_done(DockerFile *f);

/* What each returns: 0, -ENOMEM or -EIO. *ret needs docker_file_done() after success. */
int docker_blob_make(const Sample *s, const DockerBundle *b, uint32_t blob, DockerFile *ret);
int docker_manifest_make(const Sample *s, const DockerBundle *b, uint32_t image, DockerFile *ret);
int docker_list_make(const Sample *s, const DockerBundle *b, DockerFile *ret);

/* The digest of a layer that is not to be distributed, and so is no blob of the server's. */
int docker_foreign_digest(const DockerBundle *b, char ret[static DOCKER_DIGEST_SIZE]);

/* The units' documents, files, links, and what is expected of them. n: bundles at first. */
void docker_write_units(SampleTally *t, uint32_t n);
void docker_write_tags(SampleTally *t, uint32_t n);
