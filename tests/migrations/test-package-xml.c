/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/text.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/package-xml.h"

#define PRIMARY(description)                                                                               \
        "<package type=\"rpm\">\n  <name>cow</name>\n  <arch>noarch</arch>\n"                              \
        "  <version epoch=\"1\" rel=\"3\" ver=\"2.2\" />\n"                                                \
        "  <checksum pkgid=\"YES\" type=\"{{ checksumtype }}\">{{ checksum }}</checksum>\n"                \
        "  <summary>A &amp; B</summary>\n  <description>" description "</description>\n  <packager />\n"   \
        "  <time build=\"11\" file=\"22\" />\n  <size archive=\"33\" installed=\"44\" package=\"55\" />\n" \
        "  <location href=\"Packages/c/cow.rpm\"/>\n  <format>\n    <rpm:license>GPLv2</rpm:license>\n"    \
        "    <rpm:header-range end=\"77\" start=\"66\" />\n    <rpm:requires>\n"                           \
        "      <rpm:entry name=\"grass\" />\n"                                                             \
        "      <rpm:entry epoch=\"0\" flags=\"GE\" name=\"hay\" rel=\"2\" ver=\"1\" pre=\"1\" />\n"        \
        "    </rpm:requires>\n  </format>\n</package>\n"
#define FILELISTS                                                                        \
        "<package arch=\"noarch\" name=\"cow\" pkgid=\"{{ pkgid }}\">\n"                 \
        "  <version epoch=\"1\" rel=\"3\" ver=\"2.2\" />\n  <file>/usr/bin/moo</file>\n" \
        "  <file type=\"dir\">/usr/share/cow</file>\n</package>\n"
#define OTHER_BEGIN                                                      \
        "<package arch=\"noarch\" name=\"cow\" pkgid=\"{{ pkgid }}\">\n" \
        "  <version epoch=\"1\" rel=\"3\" ver=\"2.2\" />\n"
#define OTHER OTHER_BEGIN "</package>\n"

/* A snippet as the database has it: compressed, as text of a bytea. */
static char *pack(const char *text) {
        uLongf size = compressBound(strlen(text));
        uint8_t *data = malloc(size);
        char *packed;

        assert_int_equal(compress(data, &size, (const uint8_t *) text, strlen(text)), Z_OK);
        packed = malloc(2 * size + 3);
        memcpy(packed, "\\x", 2);
        hex_format(data, size, packed + 2);
        free(data);
        return packed;
}

static int read_package(const char *primary, const char *filelists, const char *other, json_t **ret, char **reason) {
        _cleanup_(freep) char *p = pack(primary), *f = pack(filelists), *o = pack(other);
        size_t bytes;

        return package_xml_read(&(PackageXml){ { p, f, o }, "abcd", "sha256" }, ret, &bytes, reason);
}

static json_t *package_of(const char *primary, const char *filelists, const char *other) {
        _cleanup_(freep) char *reason = NULL;
        json_t *package = NULL;

        if (read_package(primary, filelists, other, &package, &reason) < 0)
                fail_msg("%s", reason);
        return package;
}

static void expect_column(const json_t *package, const char *column, const char *expected) {
        _cleanup_(freep) char *text = json_dumps(json_object_get(package, column), JSON_ENCODE_ANY | JSON_COMPACT);

        assert_non_null(text);
        assert_string_equal(text, expected);
}

static void the_three_snippets_give_the_columns(void **state) {
        json_t *p = package_of(PRIMARY("A cow."), FILELISTS, OTHER);

        expect_column(p, "name", "\"cow\"");
        expect_column(p, "epoch", "\"1\"");
        expect_column(p, "pkgId", "\"abcd\"");
        expect_column(p, "checksum_type", "\"sha256\"");
        expect_column(p, "summary", "\"A & B\"");
        expect_column(p, "rpm_packager", "\"\"");
        expect_column(p, "rpm_vendor", "\"\"");
        expect_column(p, "location_base", "\"\"");
        expect_column(p, "location_href", "\"Packages/c/cow.rpm\"");
        expect_column(p, "size_installed", "44");
        expect_column(p, "rpm_header_end", "77");
        expect_column(p, "time_build", "11");
        expect_column(p, "requires",
                      "[[\"grass\",null,null,null,null,false],[\"hay\",\"GE\",\"0\",\"1\",\"2\",true]]");
        expect_column(p, "provides", "[]");
        expect_column(p, "files", "[[null,\"/usr/bin/\",\"moo\"],[\"dir\",\"/usr/share/\",\"cow\"]]");
        expect_column(p, "changelogs", "[]");
        json_decref(p);
}

static void braces_in_a_description_stay(void **state) {
        json_t *p = package_of(PRIMARY("{{ checksum }} {% if %} {# x #} {{"), FILELISTS, OTHER);

        expect_column(p, "description", "\"{{ checksum }} {% if %} {# x #} {{\"");
        json_decref(p);
}

static void the_last_ten_changelogs_are_kept_by_date(void **state) {
        char other[4096] = OTHER_BEGIN;
        json_t *p, *first, *last;

        for (int i = 12; i > 0; i--) {
                size_t n = strlen(other);

                (void) snprintf(other + n, sizeof(other) - n, "<changelog author=\"a\" date=\"%i\">c%i</changelog>",
                                i, i);
        }
        strcat(other, "</package>");
        p = package_of(PRIMARY("x"), FILELISTS, other);
        assert_int_equal(json_array_size(json_object_get(p, "changelogs")), 10);
        first = json_array_get(json_object_get(p, "changelogs"), 0);
        last = json_array_get(json_object_get(p, "changelogs"), 9);
        assert_int_equal(json_integer_value(json_array_get(first, 1)), 3);
        assert_string_equal(json_string_value(json_array_get(last, 2)), "c12");
        json_decref(p);
}

static void expect_bad(const char *primary, const char *filelists, const char *other, const char *beginning) {
        _cleanup_(freep) char *reason = NULL;
        json_t *package = NULL;

        assert_int_equal(read_package(primary, filelists, other, &package, &reason), -EBADMSG);
        if (!startswith(reason, beginning))
                fail_msg("%s", reason);
}

static void a_snippet_that_is_not_one_is_named(void **state) {
        expect_bad("", FILELISTS, OTHER, "field repodata.primary has no element of a package");
        expect_bad("<checksum></checksum>", FILELISTS, OTHER, "field repodata.primary");
        expect_bad(PRIMARY("<b>"), FILELISTS, OTHER, "field repodata.primary: line: ");
        expect_bad(PRIMARY("x"), "<package pkgid=\"{{ pkgid }}\"><file>", OTHER, "field repodata.filelists: ");
        expect_bad(PRIMARY("x"), FILELISTS, "<package", "field repodata.other has no element of a package");
}

static void bytes_that_are_not_compressed_or_end_early_are_refused(void **state) {
        _cleanup_(freep) char *whole = pack(PRIMARY("x")), *reason = NULL;
        json_t *package = NULL;
        size_t bytes;

        whole[strlen(whole) - 20] = 0;
        assert_int_equal(
                package_xml_read(&(PackageXml){ { whole, whole, whole }, "ab", "sha256" }, &package, &bytes, &reason),
                -EBADMSG);
        assert_string_equal(reason, "field repodata.primary is not a text that zlib has compressed");
        free(reason);
        reason = NULL;
        assert_int_equal(package_xml_read(&(PackageXml){ { NULL }, "ab", "sha256" }, &package, &bytes, &reason),
                         -EBADMSG);
        assert_string_equal(reason, "field repodata.primary is missing");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_three_snippets_give_the_columns),
                cmocka_unit_test(braces_in_a_description_stay),
                cmocka_unit_test(the_last_ten_changelogs_are_kept_by_date),
                cmocka_unit_test(a_snippet_that_is_not_one_is_named),
                cmocka_unit_test(bytes_that_are_not_compressed_or_end_early_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
