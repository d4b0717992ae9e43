/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads the archives of real Pulp 2 servers, where there are some: $MIGRATIOND_PULP2_DUMPS names a directory
 * with NAME/mongodb.NAME.archive. Without it the tests are skipped; where CI=true they have to run. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-count.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/archive.h"
#include "migrations/pulp2to3/sample-collections.h"
#include "migrations/pulp2to3/sample-content.h"

static const char *const dumps[] = { "deb_base_4repos", "file_base_4repos", "rpm_base_4repos" };

/* Documents by collection in each of them. */
static const struct {
        const char *name;
        uint64_t n[ELEMENTSOF(dumps)];
} collections[] = {
        { "celery_beat_lock", { 1, 1, 1 } },
        { "content_types", { 24, 24, 24 } },
        { "deferred_download", { 0, 0, 0 } },
        { "erratum_pkglists", { 0, 0, 8 } },
        { "event_listeners", { 0, 0, 0 } },
        { "lazy_content_catalog", { 0, 253, 58 } },
        { "migration_trackers", { 7, 7, 7 } },
        { "permissions", { 4, 4, 4 } },
        { "repo_content_units", { 17, 266, 73 } },
        { "repo_distributors", { 4, 4, 10 } },
        { "repo_importers", { 4, 4, 5 } },
        { "repo_publish_results", { 3, 4, 3 } },
        { "repo_sync_results", { 3, 4, 3 } },
        { "repos", { 4, 4, 5 } },
        { "reserved_resources", { 0, 0, 0 } },
        { "resource_manager_lock", { 1, 1, 1 } },
        { "roles", { 1, 1, 1 } },
        { "scheduled_calls", { 0, 0, 0 } },
        { "task_status", { 6, 8, 6 } },
        { "units_deb", { 8, 0, 0 } },
        { "units_deb_component", { 6, 0, 0 } },
        { "units_deb_release", { 3, 0, 0 } },
        { "units_distribution", { 0, 0, 1 } },
        { "units_docker_blob", { 0, 0, 0 } },
        { "units_docker_image", { 0, 0, 0 } },
        { "units_docker_manifest", { 0, 0, 0 } },
        { "units_docker_manifest_list", { 0, 0, 0 } },
        { "units_docker_tag", { 0, 0, 0 } },
        { "units_drpm", { 0, 0, 0 } },
        { "units_erratum", { 0, 0, 8 } },
        { "units_iso", { 0, 266, 0 } },
        { "units_modulemd", { 0, 0, 10 } },
        { "units_modulemd_defaults", { 0, 0, 3 } },
        { "units_ostree", { 0, 0, 0 } },
        { "units_package_category", { 0, 0, 3 } },
        { "units_package_environment", { 0, 0, 1 } },
        { "units_package_group", { 0, 0, 5 } },
        { "units_package_langpacks", { 0, 0, 3 } },
        { "units_puppet_module", { 0, 0, 0 } },
        { "units_python_package", { 0, 0, 0 } },
        { "units_rpm", { 0, 0, 35 } },
        { "units_srpm", { 0, 0, 3 } },
        { "units_yum_repo_metadata_file", { 0, 0, 0 } },
        { "users", { 1, 1, 1 } },
        { "workers", { 6, 4, 6 } },
};

/* The path of a dump's archive; skips the test when there are no dumps. */
static char *archive_path(const char *dump) {
        const char *directory = getenv("MIGRATIOND_PULP2_DUMPS"), *ci = getenv("CI");
        char *path;

        if (!directory && ci && streq(ci, "true"))
                fail_msg("MIGRATIOND_PULP2_DUMPS is not set, and this is CI");
        if (!directory) {
                print_message("MIGRATIOND_PULP2_DUMPS is not set\n");
                skip();
        }
        path = text_format("%s/%s/mongodb.%s.archive", directory, dump, dump);
        assert_non_null(path);
        return path;
}

/* Counts by collection, in the order of the table. */
static int count(const ArchiveDocument *document, void *userdata) {
        uint64_t *n = userdata;

        for (size_t i = 0; i < ELEMENTSOF(collections); i++)
                if (streq(collections[i].name, document->collection)) {
                        n[i]++;
                        return 0;
                }
        fail_msg("collection %s is not in the table", document->collection);
        return -EINVAL;
}

/* archive_read() verifies each collection's CRC: 45 in each archive. */
static void every_collection_has_its_documents_and_its_crc(void **state) {
        for (size_t k = 0; k < ELEMENTSOF(dumps); k++) {
                _cleanup_(freep) char *path = archive_path(dumps[k]), *error = NULL;
                _cleanup_(archive_freep) Archive *archive = NULL;
                uint64_t n[ELEMENTSOF(collections)] = {};
                int r;

                r = archive_read(
                                &(ArchiveRequest) {
                                                .path = path,
                                                .database = ARCHIVE_DATABASE_PULP,
                                                .handler = count,
                                                .userdata = n,
                                },
                                &archive, &error);
                if (r < 0)
                        fail_msg("%s", error);
                assert_int_equal(archive->n_collections, ELEMENTSOF(collections));
                for (size_t i = 0; i < ELEMENTSOF(collections); i++) {
                        const ArchiveCollection *c =
                                        archive_find(archive, ARCHIVE_DATABASE_PULP, collections[i].name);

                        assert_non_null(c);
                        assert_true(c->ended);
                        assert_int_equal(c->n_documents, n[i]);
                        if (n[i] != collections[i].n[k])
                                fail_msg("%s.%s: %d documents", dumps[k], collections[i].name, (int) n[i]);
                }
        }
}

static void the_generator_knows_the_collections_of_a_real_server(void **state) {
        _cleanup_(freep) char *path = archive_path("file_base_4repos");
        _cleanup_(archive_freep) Archive *archive = NULL;

        assert_int_equal(archive_read(&(ArchiveRequest) { .path = path, .database = ARCHIVE_DATABASE_PULP },
                                      &archive, NULL),
                         0);
        assert_int_equal(archive->n_collections, n_sample_collections);
        for (size_t i = 0; i < n_sample_collections; i++)
                assert_non_null(archive_find(archive, ARCHIVE_DATABASE_PULP, sample_collections[i].name));
}

static int check_directory(const ArchiveDocument *document, void *userdata) {
        char directory[SAMPLE_DIRECTORY_SIZE];
        bson_iter_t path, checksum, name, size;

        assert_true(bson_iter_init_find(&path, document->bson, "_storage_path") &&
                    bson_iter_init_find(&checksum, document->bson, "checksum") &&
                    bson_iter_init_find(&name, document->bson, "name") &&
                    bson_iter_init_find(&size, document->bson, "size"));
        assert_int_equal(sample_directory(bson_iter_utf8(&checksum, NULL), bson_iter_utf8(&name, NULL),
                                          (uint32_t) bson_iter_as_int64(&size), directory),
                         0);
        assert_non_null(strstr(bson_iter_utf8(&path, NULL), directory));
        return 0;
}

static void the_generator_names_directories_as_a_real_server(void **state) {
        static char *const wanted[] = { "units_iso", NULL };
        _cleanup_(freep) char *path = archive_path("file_base_4repos");

        assert_int_equal(archive_read(&(ArchiveRequest) { .path = path,
                                                          .database = ARCHIVE_DATABASE_PULP,
                                                          .collections = wanted,
                                                          .handler = check_directory },
                                      NULL, NULL),
                         0);
}

static void iso_units_are_counted(void **state) {
        _cleanup_(freep) char *path = archive_path("file_base_4repos");
        json_t *counts = NULL, *expected;

        assert_int_equal(archive_count(path, ARCHIVE_DATABASE_PULP, &counts, NULL), 0);
        expected = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "repositories", 4, "units", 266,
                             "downloaded", 13, "on_demand", 253, "remotes", 4, "distributors", 4, "links",
                             266, "lazy_entries", 253);
        assert_true(json_equal(counts, expected));
        json_decref(counts);
        json_decref(expected);
}

static void another_database_is_refused(void **state) {
        _cleanup_(freep) char *path = archive_path("file_base_4repos"), *error = NULL;

        assert_int_equal(archive_read(&(ArchiveRequest) { .path = path, .database = "pulp" }, NULL, &error),
                         -ENODATA);
        assert_non_null(strstr(error, "is one of database pulp_database, not of pulp"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_collection_has_its_documents_and_its_crc),
                cmocka_unit_test(the_generator_knows_the_collections_of_a_real_server),
                cmocka_unit_test(the_generator_names_directories_as_a_real_server),
                cmocka_unit_test(iso_units_are_counted),
                cmocka_unit_test(another_database_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
