/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/archive.h"
#include "migrations/pulp2to3/sample-dump.h"
#include "migrations/pulp2to3/sample-expected.h"
#include "migrations/pulp2to3/sample-part.h"

static const SampleOptions rich = {
        .seed = 7,
        .size_min_bytes = 1,
        .size_max_bytes = 1,
        .n_rpm = 130,
        .n_deb = 70,
        .n_part_repositories = 3,
};

static char directory[] = "/tmp/test-sample-parts-XXXXXX"; /* removed at the end of each test */

static int begin(void **state) {
        strcpy(directory, "/tmp/test-sample-parts-XXXXXX");
        return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int end(void **state) {
        return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What an independent look at an archive finds. */
typedef struct Found {
        const char *content;
        json_t *units;     /* id -> document's digest as text, by collection */
        json_t *links;     /* number by repository */
        json_t *importers; /* set of object ids */
        json_t *counts;    /* documents by collection */
        json_t *wanted;    /* set of "collection id" that links name */
        json_t *catalog;   /* set of importers that the lazy catalog names */
        int64_t files;
} Found;

static void count(json_t *object, const char *key) {
        json_int_t n = json_integer_value(json_object_get(object, key));

        assert_int_equal(json_object_set_new(object, key, json_integer(n + 1)), 0);
}

static const char *text_field(const bson_t *document, const char *field) {
        bson_iter_t i;

        assert_true(bson_iter_init_find(&i, document, field) && BSON_ITER_HOLDS_UTF8(&i));
        return bson_iter_utf8(&i, NULL);
}

static bool bool_field(const bson_t *document, const char *field) {
        bson_iter_t i;

        assert_true(bson_iter_init_find(&i, document, field) && BSON_ITER_HOLDS_BOOL(&i));
        return bson_iter_bool(&i);
}

/* A file whose checksum the document says has it. */
static void look_at_file(Found *found, const bson_t *document) {
        const char *storage = text_field(document, "_storage_path");
        _cleanup_(freep) char *path = NULL;
        char checksum[65], data[4096];
        FILE *f;

        assert_true(startswith(storage, SAMPLE_CONTENT_ROOT));
        path = text_format("%s/%s", found->content, storage + strlen(SAMPLE_CONTENT_ROOT));
        assert_non_null(path);
        f = fopen(path, "re");
        if (!bool_field(document, "downloaded")) {
                assert_null(f);
                return;
        }
        assert_non_null(f);
        assert_int_equal(sample_sha256(data, fread(data, 1, sizeof(data), f), checksum), 0);
        (void) fclose(f);
        assert_string_equal(checksum, text_field(document, "checksum"));
        found->files++;
}

static void look_at_unit(Found *found, const ArchiveDocument *document) {
        _cleanup_(freep) char *key = text_format("%s %s", document->collection, text_field(document->bson, "_id"));
        char digest[65];

        assert_int_equal(sample_sha256(document->data, document->size_bytes, digest), 0);
        assert_null(json_object_get(found->units, key));
        assert_int_equal(json_object_set_new(found->units, key, json_string(digest)), 0);
        if (found->content && bson_has_field(document->bson, "_storage_path") &&
            !streq(document->collection, "units_distribution"))
                look_at_file(found, document->bson);
}

static void look_at_link(Found *found, const bson_t *document) {
        _cleanup_(freep) char *key =
                text_format("units_%s %s", text_field(document, "unit_type_id"), text_field(document, "unit_id"));

        assert_int_equal(json_object_set_new(found->wanted, key, json_true()), 0);
        count(found->links, text_field(document, "repo_id"));
}

static int look(const ArchiveDocument *document, void *userdata) {
        Found *found = userdata;
        char importer[25];
        bson_iter_t i;

        count(found->counts, document->collection);
        if (startswith(document->collection, "units_"))
                look_at_unit(found, document);
        else if (streq(document->collection, "repo_content_units"))
                look_at_link(found, document->bson);
        else if (streq(document->collection, "lazy_content_catalog"))
                (void) json_object_set_new(found->catalog, text_field(document->bson, "importer_id"), json_true());
        else if (streq(document->collection, "repo_importers")) {
                assert_true(bson_iter_init_find(&i, document->bson, "_id"));
                bson_oid_to_string(bson_iter_oid(&i), importer);
                (void) json_object_set_new(found->importers, importer, json_true());
        }
        return 0;
}

static void found_done(Found *found) {
        json_decref(found->units);
        json_decref(found->links);
        json_decref(found->importers);
        json_decref(found->counts);
        json_decref(found->wanted);
        json_decref(found->catalog);
}

/* Makes archive and content in directory/name and looks at them; content: whether at its files too. */
static Sample *make_sample(const SampleOptions *options, const char *name, bool content, Found *ret) {
        _cleanup_(freep) char *path = text_format("%s/%s", directory, name), *archive = text_format("%s/a", path),
                              *error = NULL;
        Sample *s = NULL;

        *ret = (Found){ content ? path : NULL, json_object(), json_object(), json_object(),
                        json_object(),         json_object(), json_object(), 0 };
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(sample_new(options, &s, &error), 0);
        assert_int_equal(sample_write_archive(s, archive, path, &error), 0);
        assert_int_equal(archive_read(&(ArchiveRequest){ .path = archive,
                                                         .database = ARCHIVE_DATABASE_PULP,
                                                         .handler = look,
                                                         .userdata = ret },
                                      NULL, &error),
                         0);
        return s;
}

static int64_t number_of(const json_t *object, const char *key) {
        return json_integer_value(json_object_get(object, key));
}

static const json_t *expected_of(const Sample *s, const char *plugin, const char *what) {
        return json_object_get(json_object_get(s->parts, plugin), what);
}

static void links_and_entries_lead_to_what_is_there_and_files_have_their_checksums(void **state) {
        _cleanup_(sample_freep) Sample *s = NULL;
        const char *key, *types[] = { "units_rpm",
                                      "units_srpm",
                                      "units_erratum",
                                      "units_modulemd",
                                      "units_modulemd_defaults",
                                      "units_package_group",
                                      "units_package_category",
                                      "units_package_environment",
                                      "units_package_langpacks",
                                      "units_yum_repo_metadata_file",
                                      "units_distribution",
                                      "units_deb",
                                      "units_deb_release",
                                      "units_deb_component",
                                      "erratum_pkglists",
                                      "lazy_content_catalog" };
        json_t *value;
        Found found;

        s = make_sample(&rich, "x", true, &found);
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                assert_true(number_of(found.counts, types[i]) > 0);
        assert_int_equal(number_of(found.counts, "units_rpm") + number_of(found.counts, "units_srpm"), 130);
        assert_int_equal(number_of(found.counts, "units_deb"), 70);
        json_object_foreach(found.wanted, key, value) assert_non_null(json_object_get(found.units, key));
        json_object_foreach(found.catalog, key, value) assert_non_null(json_object_get(found.importers, key));
        /* Two of three packages are downloaded. */
        assert_true(found.files > 130 * 2 / 3 + 70);
        found_done(&found);
}

static void what_is_expected_is_what_the_archive_holds(void **state) {
        static const char *const plugins[] = { "rpm", "deb" };
        SampleOptions later = rich;
        _cleanup_(sample_freep) Sample *s = NULL;
        const json_t *rpm, *deb;
        Found found;

        later.generation = 4;
        s = make_sample(&later, "x", true, &found);
        for (size_t k = 0; k < ELEMENTSOF(plugins); k++) {
                const json_t *repository;
                size_t i;

                json_array_foreach(expected_of(s, plugins[k], "repositories"), i, repository) {
                        const char *name = json_string_value(json_object_get(repository, "name"));

                        assert_int_equal(number_of(repository, "links"), number_of(found.links, name));
                        assert_int_equal(number_of(repository, "dangling"), 0);
                }
                /* Three, one more with each generation, less the oldest from the second on, and the empty one. */
                assert_int_equal(i, 3 + 4 - 3 + 1);
        }
        rpm = expected_of(s, "rpm", "tables");
        deb = expected_of(s, "deb", "tables");
        assert_int_equal(number_of(rpm, "rpm_package"),
                         number_of(found.counts, "units_rpm") + number_of(found.counts, "units_srpm"));
        assert_int_equal(number_of(rpm, "rpm_modulemd"), number_of(found.counts, "units_modulemd"));
        assert_int_equal(number_of(rpm, "rpm_distributiontree"), number_of(found.counts, "units_distribution"));
        assert_int_equal(number_of(deb, "deb_package"), number_of(found.counts, "units_deb"));
        assert_int_equal(number_of(deb, "deb_releasecomponent"), number_of(found.counts, "units_deb_component"));
        found_done(&found);
}

static int compare_with_other(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        _cleanup_(freep) char *other = strdup(path), *command = NULL;

        if (type != FTW_F)
                return 0;
        assert_non_null(other);
        other[strlen(directory) + 1] = 'y';
        command = text_format("cmp '%s' '%s'", path, other);
        assert_int_equal(system(command), 0);
        return 0;
}

static void equal_options_make_equal_bytes(void **state) {
        _cleanup_(freep) char *path = text_format("%s/x", directory);
        SampleOptions options = rich;
        Found x, y;

        options.n_rpm = 20;
        options.n_deb = 10;
        options.generation = 2;
        options.damaged_documents = 1000;
        sample_free(make_sample(&options, "x", false, &x));
        sample_free(make_sample(&options, "y", false, &y));
        assert_int_equal(nftw(path, compare_with_other, 16, FTW_PHYS), 0);
        found_done(&x);
        found_done(&y);
}

static void a_generation_keeps_units_adds_some_and_changes_some(void **state) {
        SampleOptions before = rich, later = rich;
        uint32_t same = 0, changed = 0, gone = 0;
        const char *key;
        json_t *digest;
        Found x, y;

        before.generation = 1;
        sample_free(make_sample(&before, "x", false, &x));
        later.generation = 2;
        sample_free(make_sample(&later, "y", false, &y));
        json_object_foreach(x.units, key, digest) {
                json_t *other = json_object_get(y.units, key);

                same += json_equal(other, digest);
                changed += other && !json_equal(other, digest);
                gone += !other;
                /* Packages, modules and trees never change. */
                if (startswith(key, "units_rpm ") || startswith(key, "units_deb ") ||
                    startswith(key, "units_modulemd ") || startswith(key, "units_distribution "))
                        assert_true(!other || json_equal(other, digest));
        }
        /* What was in the repositories that went only. */
        assert_true(gone > 0 && gone < same);
        assert_true(changed > 0 && changed < same);
        assert_true(json_object_size(y.units) + gone > json_object_size(x.units) + 13 + 7);
        found_done(&x);
        found_done(&y);
}

/* Expected problems by kind; the documents of damaged files and texts are as they were. */
static void damaged_documents_are_listed_by_kind(void **state) {
        SampleOptions damaged = rich;
        _cleanup_(sample_freep) Sample *s = NULL;
        json_t *kinds = json_object();
        const json_t *problem, *problems;
        Found sound, found;
        size_t i, n;

        sample_free(make_sample(&rich, "x", false, &sound));
        damaged.damaged_documents = 500;
        s = make_sample(&damaged, "y", false, &found);
        problems = expected_of(s, "rpm", "problems");
        json_array_foreach(problems, i, problem) {
                _cleanup_(freep) char *key =
                        text_format("%s %s", json_string_value(json_object_get(problem, "collection")),
                                    json_string_value(json_object_get(problem, "id")));
                json_t *is = json_object_get(found.units, key), *was = json_object_get(sound.units, key);

                count(kinds, json_string_value(json_object_get(problem, "kind")));
                assert_non_null(is);
                assert_true(streq(json_string_value(json_object_get(problem, "kind")), "damaged text") ||
                            !json_equal(is, was));
        }
        assert_int_equal(json_object_size(kinds), 4);
        n = json_array_size(problems);
        assert_true(n > 12 && n < 60);
        /* One link of each plugin leads nowhere. */
        assert_int_equal(json_object_size(found.wanted), json_object_size(sound.wanted) + 2);
        json_decref(kinds);
        found_done(&sound);
        found_done(&found);
}

static void options_of_parts_that_contradict_each_other_are_named(void **state) {
        static const struct {
                SampleOptions options;
                const char *text;
        } bad[] = {
                { { .n_rpm = 1, .size_min_bytes = 1, .size_max_bytes = 1 }, "--part-repositories" },
                { { .n_deb = SAMPLE_UNITS_MAX + 1,
                    .n_part_repositories = 1,
                    .size_min_bytes = 1,
                    .size_max_bytes = 1 },
                  "--deb" },
                { { .generation = SAMPLE_GENERATIONS_MAX, .size_min_bytes = 1, .size_max_bytes = 1 },
                  "--generation" },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_(freep) char *error = NULL;
                Sample *s = NULL;

                assert_int_equal(sample_new(&bad[i].options, &s, &error), -EINVAL);
                assert_non_null(strstr(error, bad[i].text));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        links_and_entries_lead_to_what_is_there_and_files_have_their_checksums, begin, end),
                cmocka_unit_test_setup_teardown(what_is_expected_is_what_the_archive_holds, begin, end),
                cmocka_unit_test_setup_teardown(equal_options_make_equal_bytes, begin, end),
                cmocka_unit_test_setup_teardown(a_generation_keeps_units_adds_some_and_changes_some, begin, end),
                cmocka_unit_test_setup_teardown(damaged_documents_are_listed_by_kind, begin, end),
                cmocka_unit_test(options_of_parts_that_contradict_each_other_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
