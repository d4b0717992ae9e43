/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-count.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/archive.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/sample-content.h"
#include "migrations/pulp2to3/sample-dump.h"
#include "migrations/pulp2to3/sample-expected.h"
#include "migrations/sample-rich.h"

static char directory[] = "/tmp/test-sample-XXXXXX"; /* removed at the end of each test */

static int begin(void **state) {
        strcpy(directory, "/tmp/test-sample-XXXXXX");
        return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int end(void **state) {
        return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const char *name) {
        char *path = text_format("%s/%s", directory, name);

        assert_non_null(path);
        return path;
}

/* Makes content and archive in directory/name. */
static Sample *make_sample(const SampleOptions *options, const char *name) {
        _cleanup_(freep) char *path = path_of(name), *content = text_format("%s/content", path),
                              *archive = text_format("%s/a", path), *error = NULL;
        Sample *s = NULL;

        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(mkdir(content, 0755), 0);
        assert_int_equal(sample_new(options, &s, &error), 0);
        assert_int_equal(sample_write_content(s, content, &error), 0);
        assert_int_equal(sample_write_archive(s, archive, content, &error), 0);
        return s;
}

/* The whole of a file; an absent one gives NULL. */
static uint8_t *read_whole(const char *path, size_t *ret_size) {
        FILE *f = fopen(path, "re");
        struct stat st;
        uint8_t *data;

        if (!f)
                return NULL;
        assert_int_equal(fstat(fileno(f), &st), 0);
        data = malloc((size_t) st.st_size + 1);
        assert_non_null(data);
        *ret_size = fread(data, 1, (size_t) st.st_size, f);
        assert_int_equal(*ret_size, st.st_size);
        (void) fclose(f);
        return data;
}

/* What an independent look at archive and content tree finds. */
typedef struct Found {
        const char *content;
        int64_t units, on_demand, readable_on_demand, good, corrupted, missing, truncated;
        int64_t links, lazy_entries, empty_configs;
        char digests[300][65]; /* of good files */
        int64_t damaged, dangling, lost_entries; /* documents, links and entries of the lazy catalog to them */
        char damaged_ids[300][SAMPLE_ID_SIZE];
} Found;

static const char *text_field(const bson_t *document, const char *field) {
        bson_iter_t i;

        assert_true(bson_iter_init_find(&i, document, field) && BSON_ITER_HOLDS_UTF8(&i));
        return bson_iter_utf8(&i, NULL);
}

static int64_t number_field(const bson_t *document, const char *field) {
        bson_iter_t i;

        assert_true(bson_iter_init_find(&i, document, field));
        return bson_iter_as_int64(&i);
}

/* What the migration says of a unit of the archive; NULL: its document is as it must be. */
static const char *damaged_field(const bson_t *document) {
        bson_iter_t i;

        if (!bson_iter_init_find(&i, document, "name") || !BSON_ITER_HOLDS_UTF8(&i))
                return "name";
        if (!bson_iter_init_find(&i, document, "size") || !BSON_ITER_HOLDS_INT(&i))
                return "size";
        return strlen(text_field(document, "checksum")) == 64 ? NULL : "checksum";
}

static bool is_damaged(const Found *found, const char *id) {
        for (int64_t i = 0; i < found->damaged; i++)
                if (streq(found->damaged_ids[i], id))
                        return true;
        return false;
}

static int look_for_damage(const ArchiveDocument *document, void *userdata) {
        Found *found = userdata;

        if (streq(document->collection, "units_iso") && damaged_field(document->bson))
                strcpy(found->damaged_ids[found->damaged++], text_field(document->bson, "_id"));
        return 0;
}

static void look_at_unit(Found *found, const bson_t *document) {
        static const char root[] = "/var/lib/pulp/content/";
        _cleanup_(freep) char *path = NULL;
        _cleanup_(freep) uint8_t *data = NULL;
        const char *storage = text_field(document, "_storage_path");
        uint8_t digest[32];
        char text[65];
        size_t size;

        found->units++;
        if (number_field(document, "downloaded") == 0)
                found->on_demand++;
        if (damaged_field(document))
                return;
        assert_true(startswith(storage, root));
        path = text_format("%s/%s", found->content, storage + strlen(root));
        assert_non_null(path);
        data = read_whole(path, &size);
        if (number_field(document, "downloaded") == 0) {
                /* Only the directory is known, and it is not there. */
                assert_null(strstr(storage, ".iso"));
                assert_null(data);
                found->readable_on_demand++;
                return;
        }
        if (!data) {
                found->missing++;
                return;
        }
        if ((int64_t) size < number_field(document, "size")) {
                found->truncated++;
                return;
        }
        assert_int_equal(size, number_field(document, "size"));
        assert_int_equal(EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL), 1);
        hex_format(digest, sizeof(digest), text);
        if (!streq(text, text_field(document, "checksum")))
                found->corrupted++;
        else
                strcpy(found->digests[found->good++], text);
}

static int look(const ArchiveDocument *document, void *userdata) {
        Found *found = userdata;
        bson_iter_t i, config;

        if (streq(document->collection, "units_iso"))
                look_at_unit(found, document->bson);
        else if (streq(document->collection, "repo_content_units")) {
                found->links++;
                found->dangling += is_damaged(found, text_field(document->bson, "unit_id"));
        } else if (streq(document->collection, "lazy_content_catalog")) {
                found->lazy_entries++;
                found->lost_entries += is_damaged(found, text_field(document->bson, "unit_id"));
        } else if (streq(document->collection, "repo_importers")) {
                assert_true(bson_iter_init_find(&i, document->bson, "config"));
                assert_true(bson_iter_recurse(&i, &config));
                found->empty_configs += !bson_iter_next(&config);
        }
        return 0;
}

static int64_t member(json_t *object, const char *key) {
        json_t *value = json_object_get(object, key);

        assert_true(json_is_integer(value));
        return json_integer_value(value);
}

static int compare_texts(const void *a, const void *b) {
        return strcmp(a, b);
}

static int64_t count_distinct(Found *found) {
        int64_t n = 0;

        qsort(found->digests, (size_t) found->good, sizeof(found->digests[0]), compare_texts);
        for (int64_t i = 0; i < found->good; i++)
                n += i == 0 || !streq(found->digests[i - 1], found->digests[i]);
        return n;
}

static int64_t sum_of(json_t *objects, const char *key) {
        json_t *object;
        int64_t sum = 0;
        size_t i;

        json_array_foreach(objects, i, object)
                sum += member(object, key);
        return sum;
}

static void read_archive(const char *archive, int (*handler)(const ArchiveDocument *document, void *userdata),
                         void *userdata) {
        _cleanup_(freep) char *error = NULL;

        assert_int_equal(archive_read(&(ArchiveRequest) { .path = archive,
                                                          .database = ARCHIVE_DATABASE_PULP,
                                                          .handler = handler,
                                                          .userdata = userdata },
                                      NULL, &error),
                         0);
}

static void compare_expected(const SampleOptions *options, int64_t units) {
        _cleanup_(freep) char *archive = path_of("x/a"), *content = path_of("x/content"), *error = NULL;
        _cleanup_(sample_freep) Sample *s = make_sample(options, "x");
        json_t *expected = sample_expect(s), *dump, *tables, *problems, *counts = NULL;
        static Found found;

        assert_non_null(expected);
        found = (Found) { .content = content };
        read_archive(archive, look_for_damage, &found);
        read_archive(archive, look, &found);
        dump = json_object_get(expected, "dump");
        tables = json_object_get(expected, "tables");
        problems = json_object_get(expected, "problems");

        assert_int_equal(found.units, units);
        assert_int_equal(found.on_demand, member(dump, "on_demand"));
        assert_int_equal(found.links, member(dump, "links"));
        assert_int_equal(found.lazy_entries, member(dump, "lazy_entries"));
        assert_int_equal(found.lazy_entries - found.lost_entries, member(tables, "core_remoteartifact"));
        assert_int_equal(found.links, sum_of(json_object_get(expected, "repositories"), "units"));
        assert_int_equal(found.dangling, sum_of(json_object_get(expected, "repositories"), "dangling"));
        assert_int_equal(found.empty_configs, 2);
        assert_int_equal(found.good + found.readable_on_demand, member(expected, "contents"));
        assert_int_equal(count_distinct(&found), member(expected, "artifacts"));
        assert_int_equal(found.corrupted, member(problems, "corrupted"));
        assert_int_equal(found.missing, member(problems, "missing"));
        assert_int_equal(found.truncated, member(problems, "short"));
        assert_int_equal(found.damaged, member(problems, "documents"));
        assert_int_equal(found.damaged > 0, options->damaged_documents > 0);
        assert_int_equal(found.damaged + found.corrupted + found.missing + found.truncated,
                         json_array_size(json_object_get(problems, "units")));

        assert_int_equal(archive_count(archive, ARCHIVE_DATABASE_PULP, &counts, &error), 0);
        assert_true(json_equal(counts, dump));
        json_decref(counts);
        json_decref(expected);
}

static void what_is_expected_is_what_archive_and_content_hold(void **state) {
        compare_expected(&rich, 203);
}

/* 20 units more in each; links end, and files take the place of others under their names. */
static void what_is_expected_is_what_a_later_archive_holds(void **state) {
        SampleOptions later = rich;

        later.generation = 3;
        compare_expected(&later, 263);
}

static void what_is_expected_is_what_is_left_where_documents_are_damaged(void **state) {
        SampleOptions damaged = rich;

        damaged.damaged_documents = 1000;
        damaged.generation = 2;
        compare_expected(&damaged, 243);
}

/* What damage of a kind the archive has: the field that is not as it must be, by the id of its unit. */
static int compare_damage(const ArchiveDocument *document, void *userdata) {
        json_t *units = userdata, *unit;
        const char *expected = NULL, *found;
        size_t i;

        if (!streq(document->collection, "units_iso"))
                return 0;
        found = damaged_field(document->bson);
        json_array_foreach(units, i, unit)
                if (streq(json_string_value(json_object_get(unit, "id")), text_field(document->bson, "_id")))
                        expected = json_string_value(json_object_get(unit, "field"));
        assert_true(streq_ptr(expected, found));
        return 0;
}

static void damaged_documents_are_listed_with_their_fields(void **state) {
        _cleanup_(freep) char *archive = path_of("x/a");
        _cleanup_(sample_freep) Sample *s = NULL;
        SampleOptions damaged = rich;
        uint32_t n[_SAMPLE_DAMAGE_MAX] = {};
        json_t *expected;

        damaged.damaged_documents = 1000;
        s = make_sample(&damaged, "x");
        expected = sample_expect(s);
        read_archive(archive, compare_damage, json_object_get(json_object_get(expected, "problems"), "units"));
        for (uint32_t i = 0; i < s->n_units; i++)
                n[s->units[i].damage]++;
        assert_true(n[SAMPLE_DAMAGE_FIELD] > 0 && n[SAMPLE_DAMAGE_TYPE] > 0 && n[SAMPLE_DAMAGE_TEXT] > 0);
        assert_int_equal(n[SAMPLE_DAMAGE_CHECKSUM], 0);
        json_decref(expected);
}

static void a_later_sample_has_the_units_of_the_one_before(void **state) {
        _cleanup_(sample_freep) Sample *before = make_sample(&rich, "x"), *after = NULL;
        char id[2][SAMPLE_ID_SIZE], name[2][SAMPLE_NAME_SIZE];
        SampleOptions later = rich;
        uint32_t removed = 0, replaced = 0;

        later.generation = 3;
        after = make_sample(&later, "y");
        for (uint32_t i = 0; i < before->n_units; i++) {
                sample_unit_id(before, i, id[0]);
                sample_unit_id(after, i, id[1]);
                sample_unit_name(before, i, name[0]);
                sample_unit_name(after, i, name[1]);
                assert_string_equal(id[0], id[1]);
                assert_string_equal(name[0], name[1]);
                assert_memory_equal(before->units[i].sha256, after->units[i].sha256, 32);
                removed += after->units[i].n_repositories == 0;
        }
        for (size_t i = before->n_units; i < after->n_units; i++)
                replaced += after->units[i].name < before->n_units;
        assert_true(removed > replaced && replaced > 0);
        assert_int_equal(after->n_repositories, before->n_repositories + 3);
}

static int compare_with_other(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        _cleanup_(freep) char *other = strdup(path);
        _cleanup_(freep) uint8_t *a = NULL, *b = NULL;
        size_t size_a, size_b;

        if (type != FTW_F)
                return 0;
        assert_non_null(other);
        other[strlen(directory) + 1] = 'y';
        a = read_whole(path, &size_a);
        b = read_whole(other, &size_b);
        assert_non_null(b);
        assert_int_equal(size_a, size_b);
        assert_memory_equal(a, b, size_a);
        return 0;
}

static void equal_options_make_equal_bytes(void **state) {
        _cleanup_(freep) char *path = path_of("x");

        sample_free(make_sample(&rich, "x"));
        sample_free(make_sample(&rich, "y"));
        assert_int_equal(nftw(path, compare_with_other, 16, FTW_PHYS), 0);
}

static void another_seed_makes_another_sample(void **state) {
        _cleanup_(freep) char *path_x = path_of("x/a"), *path_y = path_of("y/a");
        _cleanup_(freep) uint8_t *a = NULL, *b = NULL;
        SampleOptions other = rich;
        size_t size_a, size_b;

        other.seed++;
        sample_free(make_sample(&rich, "x"));
        sample_free(make_sample(&other, "y"));
        a = read_whole(path_x, &size_a);
        b = read_whole(path_y, &size_b);
        assert_true(size_a != size_b || memcmp(a, b, size_a) != 0);
}

static void a_sample_may_be_empty(void **state) {
        SampleOptions o = { .n_empty_repositories = 1, .size_min_bytes = 1, .size_max_bytes = 1 };
        _cleanup_(sample_freep) Sample *s = make_sample(&o, "x");
        json_t *expected = sample_expect(s);

        assert_int_equal(member(expected, "contents"), 0);
        /* The empty manifest of the empty repository's publication. */
        assert_int_equal(member(json_object_get(expected, "tables"), "core_artifact"), 1);
        assert_int_equal(member(json_object_get(expected, "tables_filled"), "core_artifact"), 0);
        json_decref(expected);
}

/* Files that may not grow past a limit stand for a full disk: the write fails in the same place. */
static void a_write_that_fails_names_the_file(void **state) {
        SampleOptions o = {
                .n_units = 1, .n_repositories = 1, .size_min_bytes = 5000, .size_max_bytes = 5000
        };
        _cleanup_(freep) char *error = NULL, *archive = path_of("a");
        _cleanup_(sample_freep) Sample *s = NULL;
        struct rlimit before, limit;
        int content, dump;

        assert_int_equal(sample_new(&o, &s, NULL), 0);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        limit = before;
        limit.rlim_cur = 4096;
        (void) signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        content = sample_write_content(s, directory, &error);
        dump = sample_write_archive(s, archive, directory, NULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

        assert_int_equal(content, -EFBIG);
        assert_non_null(strstr(error, "unit-0000001.iso: cannot write: File too large"));
        assert_int_equal(dump, -EFBIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_is_expected_is_what_archive_and_content_hold, begin,
                                                end),
                cmocka_unit_test_setup_teardown(what_is_expected_is_what_a_later_archive_holds, begin, end),
                cmocka_unit_test_setup_teardown(what_is_expected_is_what_is_left_where_documents_are_damaged, begin,
                                                end),
                cmocka_unit_test_setup_teardown(damaged_documents_are_listed_with_their_fields, begin, end),
                cmocka_unit_test_setup_teardown(a_later_sample_has_the_units_of_the_one_before, begin, end),
                cmocka_unit_test_setup_teardown(equal_options_make_equal_bytes, begin, end),
                cmocka_unit_test_setup_teardown(another_seed_makes_another_sample, begin, end),
                cmocka_unit_test_setup_teardown(a_sample_may_be_empty, begin, end),
                cmocka_unit_test_setup_teardown(a_write_that_fails_names_the_file, begin, end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
