/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of docker units: blobs that are no real layers, as a migration takes them as they are, and manifests. */

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-docker.h"

#define BLOB_BYTES_MAX 1024

static const char *const platforms[DOCKER_LISTED] = {
        "\"architecture\": \"amd64\", \"os\": \"linux\", \"features\": [\"sse4\"]",
        "\"architecture\": \"arm\", \"os\": \"linux\", \"variant\": \"v7\"",
        "\"architecture\": \"amd64\", \"os\": \"windows\", \"os.version\": \"10.0.14393.1066\", "
        "\"os.features\": [\"win32k\"]",
};

bool docker_bundle_make(const Sample *s, uint32_t n, uint32_t number, DockerBundle *ret) {
        static const SampleDamage files[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE, SAMPLE_DAMAGE_TEXT },
                                  documents[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE };
        DockerBundle b = { .number = number, .bad_image = number % 2 == 0 ? 1 : DOCKER_SIGNED, .tagged = 2 };

        if (!sample_place(s, "docker/bundle", n, number, &b.place))
                return false;
        b.blob_damage = sample_damage(s, "docker/blob", number, files, ELEMENTSOF(files));
        b.manifest_damage = sample_damage(s, "docker/manifest", number, files, ELEMENTSOF(files));
        b.list_damage = sample_damage(s, "docker/list", number, files, ELEMENTSOF(files));
        b.tag_damage = sample_damage(s, "docker/tag", number, documents, ELEMENTSOF(documents));
        b.retagged = sample_changed(s, "docker/retag", number, b.place.born);
        if (b.retagged > b.place.born)
                b.tagged = b.retagged % 2;
        *ret = b;
        return true;
}

void docker_file_done(DockerFile *f) {
        free(f->text);
        f->text = NULL;
}

/* Takes the text over; signed_size: of what the digest is made of. */
static int make_file(char *text, size_t size, const char *digested, size_t digested_size, DockerFile *ret) {
        int r = text ? sample_sha256(digested ?: text, digested_size, ret->digest + strlen("sha256:")) : -ENOMEM;

        if (r < 0) {
                free(text);
                return r;
        }
        memcpy(ret->digest, "sha256:", strlen("sha256:"));
        ret->text = text;
        ret->size = size;
        return 0;
}

int docker_blob_make(const Sample *s, const DockerBundle *b, uint32_t blob, DockerFile *ret) {
        uint64_t index = (uint64_t) b->number * DOCKER_BLOBS + blob;
        size_t size = 128 + sample_draw(s, "docker/size", index) % (BLOB_BYTES_MAX - 128);
        char name[64], *text = malloc(size);

        if (!text)
                return -ENOMEM;
        (void) snprintf(name, sizeof(name), "blob %" PRIu32 " of bundle %" PRIu32 "\n", blob, b->number);
        sample_fill(s, "docker/bytes", index, name, (uint8_t *) text, size);
        return make_file(text, size, NULL, size, ret);
}

int docker_foreign_digest(const DockerBundle *b, char ret[static DOCKER_DIGEST_SIZE]) {
        char name[64];

        (void) snprintf(name, sizeof(name), "foreign layer of bundle %" PRIu32, b->number);
        memcpy(ret, "sha256:", strlen("sha256:"));
        return sample_sha256(name, strlen(name), ret + strlen("sha256:"));
}

/* Digests and sizes of an image's blobs. */
typedef struct Blobs {
        char digests[DOCKER_BLOBS][DOCKER_DIGEST_SIZE];
        size_t sizes[DOCKER_BLOBS];
        char foreign[DOCKER_DIGEST_SIZE];
} Blobs;

static int make_blobs(const Sample *s, const DockerBundle *b, Blobs *ret) {
        int r = docker_foreign_digest(b, ret->foreign);

        for (uint32_t i = 0; i < DOCKER_BLOBS && r >= 0; i++) {
                DockerFile file;

                r = docker_blob_make(s, b, i, &file);
                if (r < 0)
                        return r;
                memcpy(ret->digests[i], file.digest, DOCKER_DIGEST_SIZE);
                ret->sizes[i] = file.size;
                docker_file_done(&file);
        }
        return r;
}

static char *format_layer(const char *type, const char *digest, size_t size) {
        return text_format("      {\n         \"mediaType\": \"application/vnd.docker.%s\",\n"
                           "         \"size\": %zu,\n         \"digest\": \"%s\"\n      }",
                           type, size, digest);
}

static int make_schema_2(const Blobs *blobs, uint32_t image, DockerFile *ret) {
        _cleanup_(freep) char *common =
                                      format_layer("image.rootfs.diff.tar.gzip", blobs->digests[0], blobs->sizes[0]),
                              *own = format_layer("image.rootfs.diff.tar.gzip", blobs->digests[DOCKER_LAYER(image)],
                                                  blobs->sizes[DOCKER_LAYER(image)]),
                              *foreign = format_layer("image.rootfs.foreign.diff.tar.gzip", blobs->foreign, 4711);
        char *text;

        if (!common || !own || !foreign)
                return -ENOMEM;
        text = text_format(
                "{\n   \"schemaVersion\": 2,\n"
                "   \"mediaType\": \"application/vnd.docker.distribution.manifest.v2+json\",\n"
                "   \"config\": {\n      \"mediaType\": \"application/vnd.docker.container.image.v1+json\",\n"
                "      \"size\": %zu,\n      \"digest\": \"%s\"\n   },\n   \"layers\": [\n%s%s%s,\n%s\n   ]\n}",
                blobs->sizes[DOCKER_CONFIG(image)], blobs->digests[DOCKER_CONFIG(image)], image == 2 ? foreign : "",
                image == 2 ? ",\n" : "", common, own);
        return make_file(text, text ? strlen(text) : 0, NULL, text ? strlen(text) : 0, ret);
}

/* As the signatures have it: of the URL-safe alphabet, without padding. */
static int encode(const char *text, char *ret, size_t size) {
        size_t length = strlen(text);

        if ((length + 2) / 3 * 4 + 1 > size)
                return -E2BIG;
        (void) EVP_EncodeBlock((unsigned char *) ret, (const unsigned char *) text, (int) length);
        for (char *c = ret; *c; c++)
                *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? 0 : *c;
        return 0;
}

/* What is signed is the text without "signatures"; what is kept of it says how long it was and how it ended. */
static int make_schema_1(const DockerBundle *b, const Blobs *blobs, DockerFile *ret) {
        static const char tail[] = "\n}";
        char protected[128], encoded[256], encoded_tail[8];
        _cleanup_(freep) char *payload = NULL;
        char *text;
        int r;

        payload = text_format(
                "{\n   \"schemaVersion\": 1,\n   \"name\": \"bundle-%" PRIu32 "\",\n   \"tag\": \"latest\",\n"
                "   \"architecture\": \"amd64\",\n   \"fsLayers\": [\n"
                "      {\n         \"blobSum\": \"%s\"\n      },\n"
                "      {\n         \"blobSum\": \"%s\"\n      },\n"
                "      {\n         \"blobSum\": \"%s\"\n      }\n   ],\n"
                "   \"history\": []%s",
                b->number, blobs->digests[DOCKER_LAYER(DOCKER_SIGNED)], blobs->digests[0], blobs->digests[0], tail);
        if (!payload)
                return -ENOMEM;
        r = encode(tail, encoded_tail, sizeof(encoded_tail));
        (void) snprintf(protected, sizeof(protected), "{\"formatLength\":%zu,\"formatTail\":\"%s\"}",
                        strlen(payload) - strlen(tail), encoded_tail);
        if (r >= 0)
                r = encode(protected, encoded, sizeof(encoded));
        if (r < 0)
                return r;
        text = text_format(
                "%.*s,\n   \"signatures\": [\n      {\n         \"header\": {\n            \"alg\": \"ES256\"\n"
                "         },\n         \"signature\": \"c2FtcGxl\",\n         \"protected\": \"%s\"\n      }\n"
                "   ]\n}",
                (int) (strlen(payload) - strlen(tail)), payload, encoded);
        return make_file(text, text ? strlen(text) : 0, payload, strlen(payload), ret);
}

int docker_manifest_make(const Sample *s, const DockerBundle *b, uint32_t image, DockerFile *ret) {
        Blobs blobs;
        int r = make_blobs(s, b, &blobs);

        if (r < 0)
                return r;
        return image == DOCKER_SIGNED ? make_schema_1(b, &blobs, ret) : make_schema_2(&blobs, image, ret);
}

/* A list whose text is damaged is not what it must be, and its digest is right: other damage is found by that. */
int docker_list_make(const Sample *s, const DockerBundle *b, DockerFile *ret) {
        char *text =
                text_format("{\n   \"schemaVersion\": 2,\n   \"mediaType\": "
                            "\"application/vnd.docker.distribution.manifest.list.v2+json\",\n   \"manifests\": [");

        for (uint32_t i = 0; i < DOCKER_LISTED && text; i++) {
                char *longer = NULL;
                DockerFile manifest;
                int r;

                r = docker_manifest_make(s, b, i, &manifest);
                if (r < 0) {
                        free(text);
                        return r;
                }
                longer = text_format("%s%s\n      {\n         \"mediaType\": "
                                     "\"application/vnd.docker.distribution.manifest.v2+json\",\n"
                                     "         \"size\": %zu,\n         \"digest\": \"%s\",\n"
                                     "         \"platform\": {%s}\n      }",
                                     text, i > 0 ? "," : "", manifest.size, manifest.digest, platforms[i]);
                docker_file_done(&manifest);
                free(text);
                text = longer;
        }
        if (text) {
                char *whole = text_format("%s\n   ]%s", text, b->list_damage == SAMPLE_DAMAGE_TEXT ? "" : "\n}");

                free(text);
                text = whole;
        }
        return make_file(text, text ? strlen(text) : 0, NULL, text ? strlen(text) : 0, ret);
}
