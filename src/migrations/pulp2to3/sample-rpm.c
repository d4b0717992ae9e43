/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-rpm.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

static const char *const types[] = { "rpm",
                                     "srpm",
                                     "erratum",
                                     "modulemd",
                                     "modulemd_defaults",
                                     "package_group",
                                     "package_category",
                                     "package_environment",
                                     "package_langpacks",
                                     "yum_repo_metadata_file",
                                     "distribution",
                                     NULL };

void rpm_feed(const char *repository, uint32_t changed, char ret[static RPM_FEED_SIZE]) {
        (void) snprintf(ret, RPM_FEED_SIZE, "https://mirror-%" PRIu32 ".example.com/%s/", changed, repository);
}

SamplePlace rpm_repository_place(const Sample *s, uint32_t repository) {
        return (SamplePlace){ .born = sample_repository_born(s, repository), .n = 1, .repositories = { repository } };
}

static void make_importer_config(uint32_t repository, const char *name, uint32_t changed, bson_t *ret) {
        static const char *const policies[] = { "on_demand", "background", "immediate" };
        char feed[RPM_FEED_SIZE];

        rpm_feed(name, changed, feed);
        BCON_APPEND(ret, "feed", BCON_UTF8(feed), "download_policy", BCON_UTF8(policies[repository % 3]));
        if (repository % 4 == 1)
                BCON_APPEND(ret, "retain_old_count", BCON_INT32(2), "ssl_validation", BCON_BOOL(true),
                            "max_downloads", BCON_INT32(8));
        if (repository % 4 == 2)
                BCON_APPEND(ret, "proxy_host", "http://proxy.example.com", "proxy_port", BCON_INT32(3128));
        if (repository % 4 == 3)
                BCON_APPEND(ret, "query_auth_token", "sample-token");
}

static void make_distributor_config(uint32_t repository, const char *name, uint32_t changed, bson_t *ret) {
        char url[64];

        if (changed > 0)
                (void) snprintf(url, sizeof(url), "moved-%" PRIu32 "/%s/", changed, name);
        else
                (void) snprintf(url, sizeof(url), "%s/", name);
        BCON_APPEND(ret, "http", BCON_BOOL(false), "https", BCON_BOOL(true), "relative_url", BCON_UTF8(url));
        if (repository % 3 == 1)
                BCON_APPEND(ret, "checksum_type", "sha1");
        if (repository % 3 == 2)
                BCON_APPEND(ret, "generate_sqlite", BCON_BOOL(true));
}

static void write_repository(SampleTally *t, uint32_t repository) {
        const Sample *s = t->output->sample;
        uint32_t born = sample_repository_born(s, repository);
        /* The feed of the newest but one, and the place of the newest but two, change with each generation. */
        uint32_t feed = s->options.generation > born && repository + 2 == t->end ? s->options.generation : born,
                 place = sample_changed(s, "rpm/relative-url", repository, born);
        bson_t importer = BSON_INITIALIZER, distributor = BSON_INITIALIZER;
        char name[SAMPLE_REPOSITORY_SIZE];

        sample_repository_name("rpm", repository, name);
        make_importer_config(repository, name, feed, &importer);
        make_distributor_config(repository, name, place, &distributor);
        sample_tally_repository(t, repository,
                                &(SampleOutputRepository){ .note = "rpm-repo",
                                                           .importer_type = "yum_importer",
                                                           .importer_config = &importer,
                                                           .distributor_type = "yum_distributor",
                                                           .distributor_config = &distributor,
                                                           .other_distributor_type = "export_distributor",
                                                           .config_changed = MAX(feed, place) });
        bson_destroy(&importer);
        bson_destroy(&distributor);
}

static void write_empty_repository(SampleTally *t) {
        bson_t none = BSON_INITIALIZER, config = BSON_INITIALIZER;

        make_distributor_config(0, "rpm-empty", 0, &config);
        sample_tally_empty_repository(t, &(SampleOutputRepository){ .id = "rpm-empty",
                                                                    .note = "rpm-repo",
                                                                    .importer_type = "yum_importer",
                                                                    .importer_config = &none,
                                                                    .distributor_type = "yum_distributor",
                                                                    .distributor_config = &config,
                                                                    .other_distributor_type = "export_distributor" });
        bson_destroy(&none);
        bson_destroy(&config);
}

static void expect_repositories(SampleOutput *o, int64_t n) {
        sample_output_expect(o, "rpm_rpmrepository", n + 1);
        sample_output_expect(o, "rpm_rpmremote", n);
        sample_output_expect(o, "rpm_rpmdistribution", n + 1);
        sample_output_expect(o, "rpm_rpmpublication", n + 1);
        sample_output_expect(o, "core_publication", n + 1);
}

static void write_part(SampleOutput *o, uint32_t n) {
        SampleTally t;
        int r = sample_tally_new(o, "rpm", types, &t);

        if (r < 0) {
                sample_output_fail(o, r, NULL);
                return;
        }
        rpm_write_packages(&t, n);
        rpm_write_modules(&t, n);
        rpm_write_errata(&t, n);
        rpm_write_comps(&t);
        rpm_write_metadata_files(&t);
        rpm_write_trees(&t);
        if (o->sample->options.damaged_documents > 0)
                sample_tally_dangling_link(&t, t.first, "rpm", "00000000-0000-4000-8000-000000000000");
        for (uint32_t i = t.first; i < t.end; i++)
                write_repository(&t, i);
        write_empty_repository(&t);
        expect_repositories(o, t.end - t.first);
        sample_tally_done(&t);
}

const SamplePart sample_part_rpm = {
        .plugin = "rpm",
        .units_offset = offsetof(SampleOptions, n_rpm),
        .write = write_part,
};
