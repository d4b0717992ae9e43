/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types docker_blob, docker_manifest, docker_manifest_list and docker_tag. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-docker.h"

static void make_id(const Sample *s, const char *type, const DockerBundle *b, uint32_t index,
                    char ret[static SAMPLE_ID_SIZE]) {
        char name[64];

        (void) snprintf(name, sizeof(name), "%s/%" PRIu32 "/%" PRIu32, type, b->number, index);
        sample_uuid(s, name, ret);
}

/* A file of the server's, which has all but its end when it is damaged, and the begin of its unit's document. */
static bson_t *begin_unit(SampleOutput *o, const char *type, const DockerBundle *b, const DockerFile *file,
                          const char *id, bool damaged) {
        char key[128], directory[SAMPLE_KEY_DIRECTORY_SIZE], path[256];
        int r;

        (void) snprintf(key, sizeof(key), "digest%s", file->digest);
        r = sample_key_directory(type, key, directory);
        if (r < 0)
                sample_output_fail(o, r, NULL);
        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s/%s", directory, file->digest);
        sample_output_file(o, path + strlen(SAMPLE_CONTENT_ROOT), file->text, file->size - (damaged ? 3 : 0));
        return sample_output_unit(o, type, id, sample_generation_time(b->place.born), path, true);
}

static void expect_content(SampleOutput *o, const char *table, bool has_file) {
        sample_output_expect(o, table, 1);
        sample_output_expect(o, "core_content", 1);
        if (!has_file)
                return;
        sample_output_expect(o, "core_contentartifact", 1);
        sample_output_expect(o, "core_artifact", 1);
}

static int write_blob(SampleTally *t, const DockerBundle *b, uint32_t blob) {
        SampleDamage damage = blob == DOCKER_LAYER(0) ? b->blob_damage : SAMPLE_DAMAGE_NONE;
        SampleOutput *o = t->output;
        char id[SAMPLE_ID_SIZE];
        DockerFile file;
        bson_t *d;
        int r;

        r = docker_blob_make(o->sample, b, blob, &file);
        if (r < 0)
                return r;
        make_id(o->sample, "docker_blob", b, blob, id);
        d = begin_unit(o, "docker_blob", b, &file, id, damage == SAMPLE_DAMAGE_TEXT);
        BCON_APPEND(d, "digest", BCON_UTF8(file.digest));
        sample_output_unit_end_damaged(o, id, damage, "digest");
        docker_file_done(&file);
        if (damage == SAMPLE_DAMAGE_NONE)
                expect_content(o, "container_blob", true);
        return 0;
}

/* The layers as Pulp 2 has them; those of schema 1 have an order of their own, and one of them twice. */
static int append_layers(const Sample *s, const DockerBundle *b, uint32_t image, bson_t *d) {
        const uint32_t blobs[] = { 0, DOCKER_LAYER(image), 0 };
        char index[12], foreign[DOCKER_DIGEST_SIZE];
        bson_t layers, layer;
        DockerFile file;
        uint32_t n = 0;
        int r;

        r = docker_foreign_digest(b, foreign);
        BSON_APPEND_ARRAY_BEGIN(d, "fs_layers", &layers);
        if (image == 2) {
                BSON_APPEND_DOCUMENT_BEGIN(&layers, "0", &layer);
                BCON_APPEND(&layer, "blob_sum", BCON_UTF8(foreign), "size", BCON_INT32(4711), "layer_type",
                            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
                bson_append_document_end(&layers, &layer);
                n++;
        }
        for (uint32_t i = image == DOCKER_SIGNED ? 1 : 0; i < (image == DOCKER_SIGNED ? 3 : 2) && r >= 0; i++) {
                r = docker_blob_make(s, b, blobs[i], &file);
                if (r < 0)
                        break;
                (void) snprintf(index, sizeof(index), "%" PRIu32, n++);
                BSON_APPEND_DOCUMENT_BEGIN(&layers, index, &layer);
                BCON_APPEND(&layer, "blob_sum", BCON_UTF8(file.digest));
                if (image != DOCKER_SIGNED)
                        BCON_APPEND(&layer, "size", BCON_INT32((int32_t) file.size), "layer_type",
                                    "application/vnd.docker.image.rootfs.diff.tar.gzip");
                bson_append_document_end(&layers, &layer);
                docker_file_done(&file);
        }
        bson_append_array_end(d, &layers);
        return r;
}

static int append_config(const Sample *s, const DockerBundle *b, uint32_t image, bson_t *d) {
        DockerFile file;
        int r;

        if (image == DOCKER_SIGNED)
                return 0;
        r = docker_blob_make(s, b, DOCKER_CONFIG(image), &file);
        if (r < 0)
                return r;
        BCON_APPEND(d, "config_layer", BCON_UTF8(file.digest));
        docker_file_done(&file);
        return 0;
}

/* What becomes of the manifest of a good document: of the bad layer there is no blob. */
static void expect_manifest(SampleOutput *o, const DockerBundle *b, uint32_t image, const char *id) {
        bool lacks_layer = image == 0 && b->blob_damage != SAMPLE_DAMAGE_NONE;

        expect_content(o, "container_manifest", true);
        sample_output_expect(o, "container_blobmanifest", lacks_layer ? 1 : 2);
        if (lacks_layer)
                sample_output_expect_problem(o, "units_docker_manifest", id, SAMPLE_DAMAGE_NONE);
}

static int write_manifest(SampleTally *t, const DockerBundle *b, uint32_t image) {
        SampleDamage damage = docker_manifest_is_migrated(b, image) ? SAMPLE_DAMAGE_NONE : b->manifest_damage;
        SampleOutput *o = t->output;
        char id[SAMPLE_ID_SIZE];
        DockerFile file;
        bson_t *d;
        int r;

        r = docker_manifest_make(o->sample, b, image, &file);
        if (r < 0)
                return r;
        make_id(o->sample, "docker_manifest", b, image, id);
        d = begin_unit(o, "docker_manifest", b, &file, id, damage == SAMPLE_DAMAGE_TEXT);
        BCON_APPEND(d, "digest", BCON_UTF8(file.digest), "schema_version",
                    BCON_INT32(image == DOCKER_SIGNED ? 1 : 2));
        r = append_layers(o->sample, b, image, d);
        if (r >= 0)
                r = append_config(o->sample, b, image, d);
        sample_output_unit_end_damaged(o, id, damage, damage == SAMPLE_DAMAGE_FIELD ? "fs_layers" : "schema_version");
        docker_file_done(&file);
        if (damage == SAMPLE_DAMAGE_NONE)
                expect_manifest(o, b, image, id);
        return r;
}

/* Without manifests, which the migration reads from the file. */
static int append_manifests(const Sample *s, const DockerBundle *b, bson_t *d) {
        static const char *const systems[DOCKER_LISTED] = { "linux", "linux", "windows" },
                                 *const architectures[DOCKER_LISTED] = { "amd64", "arm", "amd64" };
        bson_t manifests, manifest;
        char index[12], first[DOCKER_DIGEST_SIZE] = "";
        DockerFile file;
        int r = 0;

        BSON_APPEND_ARRAY_BEGIN(d, "manifests", &manifests);
        for (uint32_t i = 0; i < DOCKER_LISTED && r >= 0; i++) {
                r = docker_manifest_make(s, b, i, &file);
                if (r < 0)
                        break;
                if (i == 0)
                        memcpy(first, file.digest, sizeof(first));
                (void) snprintf(index, sizeof(index), "%" PRIu32, i);
                BSON_APPEND_DOCUMENT_BEGIN(&manifests, index, &manifest);
                BCON_APPEND(&manifest, "digest", BCON_UTF8(file.digest), "os", BCON_UTF8(systems[i]), "arch",
                            BCON_UTF8(architectures[i]));
                bson_append_document_end(&manifests, &manifest);
                docker_file_done(&file);
        }
        bson_append_array_end(d, &manifests);
        BCON_APPEND(d, "amd64_digest", BCON_UTF8(first), "amd64_schema_version", BCON_INT32(2));
        return r;
}

static int write_list(SampleTally *t, const DockerBundle *b) {
        bool lacks = !docker_manifest_is_migrated(b, 1);
        SampleOutput *o = t->output;
        char id[SAMPLE_ID_SIZE];
        DockerFile file;
        bson_t *d;
        int r;

        r = docker_list_make(o->sample, b, &file);
        if (r < 0)
                return r;
        make_id(o->sample, "docker_manifest_list", b, 0, id);
        d = begin_unit(o, "docker_manifest_list", b, &file, id, false);
        BCON_APPEND(d, "digest", BCON_UTF8(file.digest), "schema_version", BCON_INT32(2));
        r = append_manifests(o->sample, b, d);
        sample_output_unit_end_damaged(o, id, b->list_damage, "digest");
        docker_file_done(&file);
        if (b->list_damage != SAMPLE_DAMAGE_NONE)
                return r;
        expect_content(o, "container_manifest", true);
        sample_output_expect(o, "container_manifestlistmanifest", DOCKER_LISTED - lacks);
        if (lacks)
                sample_output_expect_problem(o, "units_docker_manifest_list", id, SAMPLE_DAMAGE_NONE);
        return r;
}

static void link_units(SampleTally *t, const DockerBundle *b) {
        const Sample *s = t->output->sample;
        char id[SAMPLE_ID_SIZE];

        for (uint32_t i = 0; i < DOCKER_BLOBS; i++) {
                SampleDamage damage = i == DOCKER_LAYER(0) ? b->blob_damage : SAMPLE_DAMAGE_NONE;

                make_id(s, "docker_blob", b, i, id);
                sample_tally_link(t, &b->place, "docker_blob", id, docker_is_readable(damage),
                                  damage == SAMPLE_DAMAGE_NONE);
        }
        for (uint32_t i = 0; i < DOCKER_IMAGES; i++) {
                bool migrated = docker_manifest_is_migrated(b, i);

                make_id(s, "docker_manifest", b, i, id);
                sample_tally_link(t, &b->place, "docker_manifest", id,
                                  migrated || b->manifest_damage != SAMPLE_DAMAGE_TYPE, migrated);
        }
        make_id(s, "docker_manifest_list", b, 0, id);
        sample_tally_link(t, &b->place, "docker_manifest_list", id, docker_is_readable(b->list_damage),
                          b->list_damage == SAMPLE_DAMAGE_NONE);
}

/* Writes what write() writes of each bundle. */
static void write_all(SampleTally *t, uint32_t n, uint32_t n_each,
                      int (*write)(SampleTally *t, const DockerBundle *b, uint32_t i)) {
        SampleOutput *o = t->output;
        uint32_t end = sample_grown(o->sample, n);
        DockerBundle b;

        for (uint32_t k = 0; k < end; k++) {
                if (!docker_bundle_make(o->sample, n, k, &b))
                        continue;
                for (uint32_t i = 0; i < n_each && o->error >= 0; i++) {
                        int r = write(t, &b, i);

                        if (r < 0)
                                sample_output_fail(o, r, NULL);
                }
        }
}

static int write_list_of(SampleTally *t, const DockerBundle *b, uint32_t i) {
        return write_list(t, b);
}

static int link_units_of(SampleTally *t, const DockerBundle *b, uint32_t i) {
        link_units(t, b);
        return 0;
}

void docker_write_units(SampleTally *t, uint32_t n) {
        write_all(t, n, DOCKER_BLOBS, write_blob);
        write_all(t, n, DOCKER_IMAGES, write_manifest);
        write_all(t, n, 1, write_list_of);
        write_all(t, n, 1, link_units_of);
}
