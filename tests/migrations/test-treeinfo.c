/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/treeinfo.h"

/* A tree with two platforms, an addon, and variants of which one is in the tree's own repository. */
static const char sea[] = "[checksums]\n"
                          "images/initrd.img = sha256:56\n"
                          "LiveOS/squashfs.img = sha256:30\n"
                          "addons/whale/repodata/repomd.xml = sha256:54\n"
                          "\n"
                          "[general]\n"
                          "; WARNING.0 = This is a comment.\n"
                          "family = Red Hat Enterprise Linux\n"
                          "variant = Sea\n"
                          "\n"
                          "[header]\n"
                          "type = productmd.treeinfo\n"
                          "version = 1.2\n"
                          "[images-xen]\n"
                          "initrd = images/initrd.img\n"
                          "[images-x86_64]\n"
                          "initrd = images/initrd.img\n"
                          "kernel = images/vmlinuz\n"
                          "[media]\n"
                          "discnum = 1\n"
                          "totaldiscs = 2\n"
                          "[release]\n"
                          "name = Red Hat Enterprise Linux\n"
                          "short = RHEL\n"
                          "version = 7.6\n"
                          "is_layered = true\n"
                          "[base_product]\n"
                          "name = Base\n"
                          "[stage2]\n"
                          "mainimage = LiveOS/squashfs.img\n"
                          "[tree]\n"
                          "arch = x86_64\n"
                          "build_timestamp = 1539194952\n"
                          "[addon-Sea-Whale]\n"
                          "id = Whale\n"
                          "repository = .\n"
                          "[variant-Sea]\n"
                          "id = Sea\n"
                          "uid = Sea\n"
                          "name = Sea\n"
                          "type = variant\n"
                          "packages = Packages\n"
                          "repository = .\n"
                          "[variant-Land]\n"
                          "id = Land\n"
                          "repository = variants/land\n";

static json_t *read_text(const char *text) {
        _cleanup_(freep) char *reason = NULL;
        json_t *rows = NULL;

        if (treeinfo_read(text, strlen(text), &rows, &reason) < 0)
                fail_msg("%s", reason);
        return rows;
}

static void assert_member(const json_t *rows, const char *name, const char *expected) {
        _cleanup_(freep) char *text = json_dumps(json_object_get(rows, name), JSON_COMPACT | JSON_SORT_KEYS);

        assert_string_equal(text, expected);
}

static void a_tree_has_the_columns_of_its_sections_and_is_a_second_older(void **state _unused_) {
        json_auto_t *rows = read_text(sea);

        assert_member(
                rows, "tree",
                "{\"arch\":\"x86_64\",\"base_product_name\":\"Base\",\"base_product_short\":null,"
                "\"base_product_version\":null,\"build_timestamp\":1539194951,\"discnum\":1,\"header_version\":\"1.2\","
                "\"instimage\":null,\"mainimage\":\"LiveOS/squashfs.img\",\"release_is_layered\":true,"
                "\"release_name\":\"Red Hat Enterprise Linux\",\"release_short\":\"RHEL\",\"release_version\":\"7.6\","
                "\"totaldiscs\":2}");
}

static void all_checksums_are_rows(void **state _unused_) {
        json_auto_t *rows = read_text(sea);

        assert_member(rows, "checksums",
                      "[{\"checksum\":\"sha256:56\",\"path\":\"images/initrd.img\"},"
                      "{\"checksum\":\"sha256:30\",\"path\":\"LiveOS/squashfs.img\"},"
                      "{\"checksum\":\"sha256:54\",\"path\":\"addons/whale/repodata/repomd.xml\"}]");
}

static void an_image_of_two_platforms_is_one_row(void **state _unused_) {
        json_auto_t *rows = read_text(sea);

        assert_member(rows, "images",
                      "[{\"name\":\"initrd\",\"path\":\"images/initrd.img\",\"platforms\":\"x86_64, xen\"},"
                      "{\"name\":\"kernel\",\"path\":\"images/vmlinuz\",\"platforms\":\"x86_64\"}]");
}

static void the_files_are_the_images_and_what_has_a_checksum_but_no_repository(void **state _unused_) {
        json_auto_t *rows = read_text(sea);

        assert_member(rows, "files",
                      "[{\"checksum\":\"sha256:56\",\"path\":\"images/initrd.img\"},"
                      "{\"checksum\":null,\"path\":\"images/vmlinuz\"},"
                      "{\"checksum\":\"sha256:30\",\"path\":\"LiveOS/squashfs.img\"}]");
}

static void only_variants_of_the_trees_own_repository_are_rows(void **state _unused_) {
        json_auto_t *rows = read_text(sea);

        assert_member(
                rows, "variants",
                "[{\"debug_packages\":null,\"debug_repository\":null,\"identity\":null,\"name\":\"Sea\","
                "\"packages\":\"Packages\",\"source_packages\":null,\"source_repository\":null,\"type\":\"variant\","
                "\"uid\":\"Sea\",\"variant_id\":\"Sea\"}]");
}

static void a_file_from_before_there_was_a_header_is_read_too(void **state _unused_) {
        json_auto_t *rows = read_text("[general]\n"
                                      "family = Red Hat Enterprise Linux\n"
                                      "timestamp = 1285193176.42\n"
                                      "totaldiscs = 1\n"
                                      "version = 6.0\n"
                                      "discnum =\n"
                                      "packagedir = Server\n"
                                      "variant = Server\n"
                                      "arch = x86_64\n");

        assert_member(
                rows, "tree",
                "{\"arch\":\"x86_64\",\"base_product_name\":null,\"base_product_short\":null,"
                "\"base_product_version\":null,\"build_timestamp\":1285193175,\"discnum\":null,"
                "\"header_version\":\"0.0\","
                "\"instimage\":null,\"mainimage\":null,\"release_is_layered\":false,"
                "\"release_name\":\"Red Hat Enterprise Linux\",\"release_short\":\"RHEL\",\"release_version\":\"6.0\","
                "\"totaldiscs\":1}");
        assert_member(
                rows, "variants",
                "[{\"debug_packages\":null,\"debug_repository\":null,\"identity\":null,\"name\":\"Server\","
                "\"packages\":\"Server\",\"source_packages\":null,\"source_repository\":null,\"type\":\"variant\","
                "\"uid\":\"Server\",\"variant_id\":\"Server\"}]");
}

static void sections_are_parsed_as_python_does(void **state _unused_) {
        static const char text[] = "# comment\r\n[a b]\r\nKey : value # not a comment\r\nlong = one\r\n  two\r\n\r\n"
                                   "[c]\nx==y\n[a b]\nlast=";
        _cleanup_(freep) char *dumped = NULL;
        json_auto_t *sections = NULL;

        assert_int_equal(treeinfo_parse(text, strlen(text), &sections, NULL), 0);
        dumped = json_dumps(sections, JSON_COMPACT);
        assert_string_equal(dumped,
                            "{\"a b\":{\"Key\":\"value # not a comment\",\"long\":\"one\\ntwo\",\"last\":\"\"},"
                            "\"c\":{\"x\":\"=y\"}}");
}

static void what_is_wrong_is_refused_with_line_or_key(void **state _unused_) {
        static const struct {
                const char *text, *reason;
        } cases[] = {
                { "key = value\n", "line 1: is in no section" },
                { "[a]\n\nnothing\n", "line 3: has no \"=\"" },
                { "[a\n", "line 1: a section's name has no end" },
                { "[a]\n = b\n", "line 2: has no key" },
                { "[a]\nb = \xff\n", "is not UTF-8" },
                { "[a]\n", "[release] name is missing" },
                { "[release]\nname=a\nversion=12345678901\n", "[release] version has more than 10 characters" },
                { "[release]\nname=a\nversion=1\n[tree]\narch=x\nbuild_timestamp=soon\n",
                  "[tree] build_timestamp is \"soon\", not a number" },
                { "[release]\nname=a\nversion=1\n[tree]\narch=x\nbuild_timestamp=1\n[images-x]\na=../b\n",
                  "the path \"../b\" is not below the tree" },
                { "[release]\nname=a\nversion=1\n[tree]\narch=x\nbuild_timestamp=1\n[checksums]\n"
                  "/etc/passwd=sha256:1\n",
                  "the path \"/etc/passwd\" is not below the tree" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *reason = NULL;
                json_t *rows = NULL;

                assert_int_equal(treeinfo_read(cases[i].text, strlen(cases[i].text), &rows, &reason), -EBADMSG);
                assert_string_equal(reason, cases[i].reason);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_tree_has_the_columns_of_its_sections_and_is_a_second_older),
                cmocka_unit_test(all_checksums_are_rows),
                cmocka_unit_test(an_image_of_two_platforms_is_one_row),
                cmocka_unit_test(the_files_are_the_images_and_what_has_a_checksum_but_no_repository),
                cmocka_unit_test(only_variants_of_the_trees_own_repository_are_rows),
                cmocka_unit_test(a_file_from_before_there_was_a_header_is_read_too),
                cmocka_unit_test(sections_are_parsed_as_python_does),
                cmocka_unit_test(what_is_wrong_is_refused_with_line_or_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
