/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-docker.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

static const char *const types[] = { "docker_blob", "docker_manifest", "docker_manifest_list", "docker_tag", NULL };

/* The generation that a repository came with. */
static uint32_t born(const Sample *s, uint32_t repository) {
        return repository < s->options.n_part_repositories ? 0 : repository + 1 - s->options.n_part_repositories;
}

static void make_importer_config(const SampleTally *t, uint32_t repository, uint32_t changed, bson_t *ret) {
        char upstream[64];
        bson_t tags;

        (void) snprintf(upstream, sizeof(upstream), "library/image-%" PRIu32, repository);
        BCON_APPEND(ret, "feed", "https://registry.example.com", "upstream_name", BCON_UTF8(upstream));
        if (repository % 3 != 1 && changed == born(t->output->sample, repository))
                return;
        BSON_APPEND_ARRAY_BEGIN(ret, "tags", &tags);
        BSON_APPEND_UTF8(&tags, "0", "latest");
        BSON_APPEND_UTF8(&tags, "1", changed > 0 ? "stable" : "edge");
        bson_append_array_end(ret, &tags);
}

/* Two of three repositories have a name of their own in the registry; all of these but those that have moved are in
 * one namespace. Returns whether the namespace is the repository's alone. */
static bool make_distributor_config(const SampleTally *t, uint32_t repository, const char *name, uint32_t changed,
                                    bson_t *ret) {
        bool moved = changed > born(t->output->sample, repository);
        char path[64];

        BCON_APPEND(ret, "protected", BCON_BOOL(false));
        if (repository % 3 == 2 && !moved)
                return true;
        if (moved)
                (void) snprintf(path, sizeof(path), "moved-%" PRIu32 "/%s", repository, name);
        else
                (void) snprintf(path, sizeof(path), "library/%s", name);
        BCON_APPEND(ret, "repo-registry-id", BCON_UTF8(path));
        return moved;
}

/* Returns as above. */
static bool write_repository(SampleTally *t, uint32_t repository) {
        const Sample *s = t->output->sample;
        uint32_t feed = sample_changed(s, "docker/feed", repository, born(s, repository)),
                 place = sample_changed(s, "docker/registry-id", repository, born(s, repository));
        bson_t importer = BSON_INITIALIZER, distributor = BSON_INITIALIZER;
        char name[SAMPLE_REPOSITORY_SIZE];
        bool alone;

        sample_repository_name("docker", repository, name);
        make_importer_config(t, repository, feed, &importer);
        alone = make_distributor_config(t, repository, name, place, &distributor);
        sample_tally_repository(t, repository,
                                &(SampleOutputRepository){ .note = "docker-repo",
                                                           .importer_type = "docker_importer",
                                                           .importer_config = &importer,
                                                           .distributor_type = "docker_distributor_web",
                                                           .distributor_config = &distributor,
                                                           .other_distributor_type = "docker_distributor_export",
                                                           .config_changed = MAX(feed, place) });
        bson_destroy(&importer);
        bson_destroy(&distributor);
        return alone;
}

static void write_empty_repository(SampleTally *t) {
        bson_t none = BSON_INITIALIZER;

        sample_tally_empty_repository(t, &(SampleOutputRepository){ .id = "docker-empty",
                                                                    .note = "docker-repo",
                                                                    .importer_type = "docker_importer",
                                                                    .importer_config = &none,
                                                                    .distributor_type = "docker_distributor_web",
                                                                    .distributor_config = &none });
        bson_destroy(&none);
}

static void write_repositories(SampleTally *t) {
        int64_t n = t->end - t->first, n_namespaces = 0;
        bool has_common = false;

        for (uint32_t i = t->first; i < t->end; i++) {
                bool alone = write_repository(t, i);

                n_namespaces += alone || !has_common;
                has_common = has_common || !alone;
        }
        write_empty_repository(t);
        sample_output_expect(t->output, "container_containerrepository", n + 1);
        sample_output_expect(t->output, "container_containerremote", n);
        sample_output_expect(t->output, "container_containerdistribution", n + 1);
        sample_output_expect(t->output, "container_containernamespace", n_namespaces + 1);
}

/* n: images. */
static void write_part(SampleOutput *o, uint32_t n) {
        SampleTally t;
        int r = sample_tally_new(o, "docker", types, &t);

        if (r < 0) {
                sample_output_fail(o, r, NULL);
                return;
        }
        docker_write_units(&t, docker_bundles(n));
        docker_write_tags(&t, docker_bundles(n));
        write_repositories(&t);
        sample_tally_done(&t);
}

const SamplePart sample_part_docker = {
        .plugin = "docker",
        .units_offset = offsetof(SampleOptions, n_docker),
        .write = write_part,
};
