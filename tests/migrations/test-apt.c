/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "migrations/pulp2to3/apt-index.h"
#include "migrations/pulp2to3/apt-release.h"

#define PACKAGE                                                                                                 \
        "{\"package\": \"odin\", \"version\": \"1.0\", \"architecture\": \"ppc64\", \"maintainer\": \"root\", " \
        "\"description\": \"Odin\\n The god.\", \"essential\": true, \"installed_size\": 9, \"source\": null, " \
        "\"custom_fields\": {\"X-Rune\": \"Ansuz\"}}"
#define STANZA                                                                                  \
        "Package: odin\nVersion: 1.0\nArchitecture: ppc64\nEssential: yes\nInstalled-Size: 9\n" \
        "Maintainer: root\nDescription: Odin\n The god.\nX-Rune: Ansuz\nMD5sum: aa\nSHA1: bb\n" \
        "SHA256: cc\nSize: 12\nFilename: pool/main/o/odin/odin_1.0_ppc64.deb\n\n"

static const AptFile file = {
        .path = "pool/main/o/odin/odin_1.0_ppc64.deb", .md5 = "aa", .sha1 = "bb", .sha256 = "cc", .size_bytes = "12"
};

static void expect_field(const char *value, const char *expected) {
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        apt_field_write(f, "Name", value);
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, expected);
}

static void a_value_of_any_kind_stays_in_its_field(void **state) {
        expect_field("one", "Name: one\n");
        expect_field("", "Name: \n");
        expect_field("one\n two\n\tthree", "Name: one\n two\n\tthree\n");
        expect_field("one\nFilename: other", "Name: one\n Filename: other\n");
        expect_field("one\n\ntwo\n", "Name: one\n .\n two\n");
        expect_field("one\n  \ntwo", "Name: one\n .\n two\n");
}

static void a_package_becomes_a_paragraph_in_the_order_of_pulp(void **state) {
        json_auto_t *package = json_loads(PACKAGE, 0, NULL);
        _cleanup_(freep) char *text = NULL, *reason = NULL;

        assert_int_equal(apt_stanza_new(package, &file, &text, &reason), 0);
        assert_string_equal(text, STANZA);
}

static void a_package_that_no_paragraph_can_hold_is_refused(void **state) {
        static const char *const wrong[][2] = {
                { "{}", "column package has no value" },
                { "{\"package\": []}", "column package is no text" },
        };
        json_auto_t *package = json_loads(PACKAGE, 0, NULL);
        _cleanup_(freep) char *text = NULL, *reason = NULL;

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                json_auto_t *other = json_loads(wrong[i][0], 0, NULL);
                _cleanup_(freep) char *why = NULL;

                assert_int_equal(apt_stanza_new(other, &file, &text, &why), -EBADMSG);
                assert_non_null(strstr(why, wrong[i][1]));
                assert_null(text);
        }
        assert_int_equal(json_object_set_new(json_object_get(package, "custom_fields"), "a: b\nc", json_string("d")),
                         0);
        assert_int_equal(apt_stanza_new(package, &file, &text, &reason), -EBADMSG);
        assert_non_null(strstr(reason, "custom_fields"));
}

static char *read_file(const char *directory, const char *name, bool is_compressed) {
        _cleanup_(freep) char *path = text_format("%s/%s", directory, name);
        char *text = calloc(1, 4096);
        gzFile f = gzopen(path, "rb");

        assert_non_null(f);
        assert_int_equal(gzdirect(f), !is_compressed);
        assert_true(gzread(f, text, 4095) >= 0);
        assert_int_equal(gzclose(f), Z_OK);
        return text;
}

static void remove_index(const char *directory) {
        static const char *const names[] = { APT_INDEX, APT_INDEX_GZ };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_(freep) char *path = text_format("%s/%s", directory, names[i]);

                assert_int_equal(unlink(path), 0);
        }
}

static void write_index(int fd, int packages) {
        json_auto_t *package = json_loads(PACKAGE, 0, NULL);
        _cleanup_(freep) char *reason = NULL;
        AptIndex index;

        assert_int_equal(apt_index_open(&index, fd), 0);
        for (int i = 0; i < packages; i++)
                assert_int_equal(apt_index_add(&index, package, &file, &reason), 0);
        assert_int_equal(apt_index_close(&index), 0);
}

static void an_index_and_its_compressed_twin_hold_the_same(void **state) {
        char directory[] = "/tmp/test-apt.XXXXXX";
        int fd;

        assert_non_null(mkdtemp(directory));
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(fd >= 0);
        for (int packages = 0; packages < 3; packages += 2) {
                _cleanup_(freep) char *plain = NULL, *unpacked = NULL;

                write_index(fd, packages);
                plain = read_file(directory, APT_INDEX, false);
                unpacked = read_file(directory, APT_INDEX_GZ, true);
                assert_string_equal(plain, packages == 0 ? "" : STANZA STANZA);
                assert_string_equal(unpacked, plain);
                remove_index(directory);
        }
        assert_int_equal(close(fd), 0);
        assert_int_equal(rmdir(directory), 0);
}

static void an_index_does_not_replace_a_file(void **state) {
        char directory[] = "/tmp/test-apt.XXXXXX";
        AptIndex index;
        int fd;

        assert_non_null(mkdtemp(directory));
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        write_index(fd, 1);
        assert_int_equal(apt_index_open(&index, fd), -EEXIST);
        assert_int_equal(apt_index_close(&index), 0);
        remove_index(directory);
        assert_int_equal(close(fd), 0);
        assert_int_equal(rmdir(directory), 0);
}

static void a_release_names_each_file_with_all_its_checksums(void **state) {
        PublishedFile index = { .relative_path = (char *) "dists/a/b/main/binary-all/Packages",
                                .digests = { .text = { [DIGEST_MD5] = "11",
                                                       [DIGEST_SHA1] = "22",
                                                       [DIGEST_SHA256] = "33",
                                                       [DIGEST_SHA512] = "44" },
                                             .size_bytes = 5 } };
        AptRelease release = { .suite = "stable",
                               .codename = "ragnarok",
                               .date = 1600000000,
                               .architectures = "all ppc64",
                               .components = "main",
                               .description = "Two\nlines" };
        _cleanup_(freep) char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        apt_release_write(f, &release, "dists/a/b/", &index, 1);
        assert_int_equal(fflush(f), 0);
        assert_string_equal(text,
                            "Origin: Pulp 3\nSuite: stable\nCodename: ragnarok\n"
                            "Date: Sun, 13 Sep 2020 12:26:40 +0000\nArchitectures: all ppc64\nComponents: main\n"
                            "Description: Two\n lines\n"
                            "MD5sum:\n 11                5 main/binary-all/Packages\n"
                            "SHA1:\n 22                5 main/binary-all/Packages\n"
                            "SHA256:\n 33                5 main/binary-all/Packages\n"
                            "SHA512:\n 44                5 main/binary-all/Packages\n");
        rewind(f);
        release.suite = release.description = "";
        apt_release_write(f, &release, "dists/a/b/", &index, 0);
        assert_int_equal(fclose(f), 0);
        assert_true(startswith(text,
                               "Origin: Pulp 3\nCodename: ragnarok\nDate: Sun, 13 Sep 2020 12:26:40 +0000\n"
                               "Architectures: all ppc64\nComponents: main\nMD5sum:\nSHA1:\nSHA256:\nSHA512:\n"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_value_of_any_kind_stays_in_its_field),
                cmocka_unit_test(a_package_becomes_a_paragraph_in_the_order_of_pulp),
                cmocka_unit_test(a_package_that_no_paragraph_can_hold_is_refused),
                cmocka_unit_test(an_index_and_its_compressed_twin_hold_the_same),
                cmocka_unit_test(an_index_does_not_replace_a_file),
                cmocka_unit_test(a_release_names_each_file_with_all_its_checksums),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
