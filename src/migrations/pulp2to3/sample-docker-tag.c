/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type docker_tag: each repository has its own. Image I of bundle K has the tag "K.I", but the one of schema
 * 1 has that of image 0, as Pulp 2 had a tag for each schema; the list has "K", and for every third bundle "K.1". */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-docker.h"

/* The tags of a bundle in a repository. */
enum { TAG_0, TAG_1, TAG_2, TAG_SIGNED, TAG_LIST, TAG_LIST_1, TAGS };

typedef struct Tag {
        char id[SAMPLE_ID_SIZE];
        char name[32];
        bool of_list;
        uint32_t image;
        SampleDamage damage;
        bool migrated; /* its manifest is */
        bool in_version;
} Tag;

static bool has_tag(const DockerBundle *b, int tag) {
        return tag != TAG_LIST_1 || b->number % 3 == 0;
}

static Tag make_tag(const Sample *s, const DockerBundle *b, uint32_t k, int tag) {
        static const int numbers[TAGS] = { 0, 1, 2, 0, -1, 1 };
        Tag t = { .of_list = tag >= TAG_LIST,
                  .image = tag == TAG_2 ? b->tagged : (uint32_t) tag,
                  .damage = tag == TAG_0 && k == 0 ? b->tag_damage : SAMPLE_DAMAGE_NONE };
        char name[96];

        (void) snprintf(name, sizeof(name), "docker_tag/%" PRIu32 "/%" PRIu32 "/%d", b->place.repositories[k],
                        b->number, tag);
        sample_uuid(s, name, t.id);
        if (numbers[tag] < 0)
                (void) snprintf(t.name, sizeof(t.name), "%" PRIu32, b->number);
        else
                (void) snprintf(t.name, sizeof(t.name), "%" PRIu32 ".%d", b->number, numbers[tag]);
        t.migrated = t.damage == SAMPLE_DAMAGE_NONE &&
                     (t.of_list ? b->list_damage == SAMPLE_DAMAGE_NONE : docker_manifest_is_migrated(b, t.image));
        return t;
}

/* Whether a tag gives way to another one of its name. */
static bool is_hidden(const Sample *s, const DockerBundle *b, uint32_t k, int tag) {
        if (tag == TAG_SIGNED)
                return make_tag(s, b, k, TAG_0).migrated;
        return tag == TAG_1 && has_tag(b, TAG_LIST_1) && make_tag(s, b, k, TAG_LIST_1).migrated;
}

static int write_tag(SampleTally *t, const DockerBundle *b, uint32_t k, int tag, DockerFile *manifests) {
        SampleOutput *o = t->output;
        Tag g = make_tag(o->sample, b, k, tag);
        char repository[SAMPLE_REPOSITORY_SIZE];
        uint32_t updated = tag == TAG_2 ? b->retagged : b->place.born;
        bson_t *d;

        sample_repository_name("docker", b->place.repositories[k], repository);
        d = sample_output_unit(o, "docker_tag", g.id, sample_generation_time(updated), NULL, true);
        BCON_APPEND(d, "name", BCON_UTF8(g.name), "manifest_digest",
                    BCON_UTF8(manifests[g.of_list ? DOCKER_IMAGES : g.image].digest), "repo_id",
                    BCON_UTF8(repository), "schema_version",
                    BCON_INT32(!g.of_list && g.image == DOCKER_SIGNED ? 1 : 2), "manifest_type",
                    BCON_UTF8(g.of_list ? "list" : "image"));
        sample_output_unit_end_damaged(o, g.id, g.damage,
                                       g.damage == SAMPLE_DAMAGE_FIELD ? "manifest_digest" : "name");
        if (g.damage == SAMPLE_DAMAGE_NONE && !g.migrated)
                sample_output_expect_problem(o, "units_docker_tag", g.id, SAMPLE_DAMAGE_NONE);
        return 0;
}

/* Tags of several repositories are one content. */
static void expect_tag(SampleOutput *o, const DockerBundle *b, int tag) {
        bool migrated = false;

        for (uint32_t k = 0; k < b->place.n; k++)
                migrated = migrated || make_tag(o->sample, b, k, tag).migrated;
        sample_output_expect(o, "container_tag", migrated);
        sample_output_expect(o, "core_content", migrated);
}

static int write_bundle(SampleTally *t, const DockerBundle *b) {
        DockerFile manifests[DOCKER_IMAGES + 1] = {};
        int r = 0;

        for (uint32_t i = 0; i < DOCKER_IMAGES && r >= 0; i++)
                r = docker_manifest_make(t->output->sample, b, i, &manifests[i]);
        if (r >= 0)
                r = docker_list_make(t->output->sample, b, &manifests[DOCKER_IMAGES]);
        for (int tag = 0; tag < TAGS && r >= 0; tag++) {
                if (!has_tag(b, tag))
                        continue;
                for (uint32_t k = 0; k < b->place.n && r >= 0; k++)
                        r = write_tag(t, b, k, tag, manifests);
                expect_tag(t->output, b, tag);
        }
        for (size_t i = 0; i < ELEMENTSOF(manifests); i++)
                docker_file_done(&manifests[i]);
        return r;
}

static void link_tags(SampleTally *t, const DockerBundle *b) {
        const Sample *s = t->output->sample;

        for (int tag = 0; tag < TAGS; tag++)
                for (uint32_t k = 0; k < b->place.n && has_tag(b, tag); k++) {
                        const SamplePlace place = { .born = b->place.born,
                                                    .n = 1,
                                                    .repositories = { b->place.repositories[k] },
                                                    .unlinked = { b->place.unlinked[k] } };
                        Tag g = make_tag(s, b, k, tag);

                        sample_tally_link(t, &place, "docker_tag", g.id, g.damage == SAMPLE_DAMAGE_NONE,
                                          g.migrated && !is_hidden(s, b, k, tag));
                        /* A tag that is moved is a change of its repository. */
                        if (tag == TAG_2 && b->place.unlinked[k] == 0)
                                t->repositories[b->place.repositories[k]].changed =
                                        MAX(t->repositories[b->place.repositories[k]].changed, b->retagged);
                }
}

void docker_write_tags(SampleTally *t, uint32_t n) {
        SampleOutput *o = t->output;
        uint32_t end = sample_grown(o->sample, n);
        DockerBundle b;

        for (uint32_t k = 0; k < end && o->error >= 0; k++)
                if (docker_bundle_make(o->sample, n, k, &b)) {
                        int r = write_bundle(t, &b);

                        if (r < 0)
                                sample_output_fail(o, r, NULL);
                }
        for (uint32_t k = 0; k < end && o->error >= 0; k++)
                if (docker_bundle_make(o->sample, n, k, &b))
                        link_tags(t, &b);
}
