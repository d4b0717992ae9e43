/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-deb.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const types[] = { "deb", "deb_release", "deb_component", NULL };

static void make_importer_config(uint32_t repository, const char *name, uint32_t changed, bson_t *ret) {
        char feed[96];

        (void) snprintf(feed, sizeof(feed), "https://mirror-%" PRIu32 ".example.com/%s", changed, name);
        BCON_APPEND(ret, "feed", BCON_UTF8(feed), "releases", "stable,testing/updates", "require_signature",
                    BCON_BOOL(false));
        if (repository % 2 == 0)
                BCON_APPEND(ret, "components", "main,contrib", "architectures", "amd64,arm64");
        if (repository % 3 == 1)
                BCON_APPEND(ret, "gpg_keys",
                            "-----BEGIN PGP PUBLIC KEY BLOCK-----\nsample\n"
                            "-----END PGP PUBLIC KEY BLOCK-----\n");
}

/* Slashes around a relative URL mean nothing. */
static void make_distributor_config(const char *name, uint32_t changed, bson_t *ret) {
        char url[64];

        if (changed > 0)
                (void) snprintf(url, sizeof(url), "/moved-%" PRIu32 "/%s/", changed, name);
        else
                (void) snprintf(url, sizeof(url), "/%s/", name);
        BCON_APPEND(ret, "http", BCON_BOOL(false), "https", BCON_BOOL(true), "relative_url", BCON_UTF8(url),
                    "publish_default_release", BCON_BOOL(true));
}

static void write_repository(SampleTally *t, uint32_t repository) {
        const Sample *s = t->output->sample;
        uint32_t born = sample_repository_born(s, repository), feed = sample_changed(s, "deb/feed", repository, born),
                 place = sample_changed(s, "deb/relative-url", repository, born);
        bson_t importer = BSON_INITIALIZER, distributor = BSON_INITIALIZER;
        char name[SAMPLE_REPOSITORY_SIZE];

        sample_repository_name("deb", repository, name);
        make_importer_config(repository, name, feed, &importer);
        make_distributor_config(name, place, &distributor);
        sample_tally_repository(t, repository,
                                &(SampleOutputRepository){ .note = "deb-repo",
                                                           .importer_type = "deb_importer",
                                                           .importer_config = &importer,
                                                           .distributor_type = "deb_distributor",
                                                           .distributor_config = &distributor,
                                                           .config_changed = MAX(feed, place) });
        bson_destroy(&importer);
        bson_destroy(&distributor);
}

static void write_empty_repository(SampleTally *t) {
        bson_t none = BSON_INITIALIZER, config = BSON_INITIALIZER;

        make_distributor_config("deb-empty", 0, &config);
        sample_tally_empty_repository(t, &(SampleOutputRepository){ .id = "deb-empty",
                                                                    .note = "deb-repo",
                                                                    .importer_type = "deb_importer",
                                                                    .importer_config = &none,
                                                                    .distributor_type = "deb_distributor",
                                                                    .distributor_config = &config });
        bson_destroy(&none);
        bson_destroy(&config);
}

static void expect_repositories(SampleOutput *o, int64_t n) {
        sample_output_expect(o, "deb_aptrepository", n + 1);
        sample_output_expect(o, "deb_aptremote", n);
        sample_output_expect(o, "deb_aptdistribution", n + 1);
        sample_output_expect(o, "deb_aptpublication", n + 1);
        sample_output_expect(o, "core_publication", n + 1);
}

static void write_part(SampleOutput *o, uint32_t n) {
        SampleTally t;
        int r = sample_tally_new(o, "deb", types, &t);

        if (r < 0) {
                sample_output_fail(o, r, NULL);
                return;
        }
        deb_write_packages(&t, n);
        deb_write_releases(&t, n);
        if (o->sample->options.damaged_documents > 0)
                sample_tally_dangling_link(&t, t.first, "deb", "00000000-0000-4000-8000-000000000001");
        for (uint32_t i = t.first; i < t.end; i++)
                write_repository(&t, i);
        write_empty_repository(&t);
        expect_repositories(o, t.end - t.first);
        sample_tally_done(&t);
}

const SamplePart sample_part_deb = {
        .plugin = "deb",
        .units_offset = offsetof(SampleOptions, n_deb),
        .write = write_part,
};
