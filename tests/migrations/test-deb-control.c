/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/deb-control.h"

#define REQUIRED                                                                                               \
        "\"Package\": \"odin\", \"Version\": \"1.0\", \"Architecture\": \"ppc64\", \"Maintainer\": \"root\", " \
        "\"Description\": \"Odin\\n The god.\""

/* The columns of a unit with these control fields besides the required ones. */
static json_t *convert(const char *fields) {
        _cleanup_(freep) char *text = text_format("{\"control_fields\": {" REQUIRED "%s}}", fields), *reason = NULL;
        json_auto_t *document = json_loads(text, 0, NULL);
        json_t *columns = NULL;

        assert_non_null(document);
        assert_int_equal(deb_control_columns(document, &columns, &reason), 0);
        assert_null(reason);
        return columns;
}

static void expect_refused(const char *document_text, const char *part) {
        json_auto_t *document = json_loads(document_text, 0, NULL);
        _cleanup_(freep) char *reason = NULL;
        json_t *columns = NULL;

        assert_non_null(document);
        assert_int_equal(deb_control_columns(document, &columns, &reason), -EBADMSG);
        assert_null(columns);
        assert_non_null(strstr(reason, part));
}

static void expect_text(const json_t *object, const char *name, const char *expected) {
        const char *text = json_string_value(json_object_get(object, name));

        assert_non_null(text);
        assert_string_equal(text, expected);
}

static void known_fields_become_columns_and_the_others_custom_fields(void **state) {
        json_auto_t *columns =
                convert(", \"Source\": \"gods (1.2)\", \"Pre-Depends\": \"libc6\", \"X-Rune\": \"Ansuz\", "
                        "\"Auto-Built-Package\": \"debug-symbols\", \"Description-md5\": \"d41d8\"");
        const json_t *custom = json_object_get(columns, "custom_fields");

        expect_text(columns, "package", "odin");
        expect_text(columns, "description", "Odin\n The god.");
        expect_text(columns, "source", "gods (1.2)");
        expect_text(columns, "pre_depends", "libc6");
        expect_text(columns, "description_md5", "d41d8");
        assert_int_equal(json_object_size(custom), 2);
        expect_text(custom, "X-Rune", "Ansuz");
        expect_text(custom, "Auto-Built-Package", "debug-symbols");
}

static void names_of_fields_are_compared_without_regard_to_case(void **state) {
        json_auto_t *columns = convert(", \"HOMEPAGE\": \"https://example.org\", \"description-MD5\": \"d41d8\"");

        expect_text(columns, "homepage", "https://example.org");
        expect_text(columns, "description_md5", "d41d8");
        assert_int_equal(json_object_size(json_object_get(columns, "custom_fields")), 0);
}

static void fields_of_the_file_are_left_to_the_file(void **state) {
        json_auto_t *columns = convert(", \"Filename\": \"x\", \"Size\": \"1\", \"MD5Sum\": \"x\", \"SHA1\": \"x\", "
                                       "\"sha256\": \"x\", \"SHA512\": \"x\"");

        assert_int_equal(json_object_size(json_object_get(columns, "custom_fields")), 0);
        assert_null(json_object_get(columns, "sha256"));
}

static void flags_and_numbers_have_the_type_of_their_column(void **state) {
        json_auto_t *columns = convert(", \"Essential\": \"yes\", \"Build-Essential\": \"no\", "
                                       "\"Installed-Size\": \"2147483647\", \"Multi-Arch\": \"foreign\"");

        assert_true(json_is_true(json_object_get(columns, "essential")));
        assert_true(json_is_false(json_object_get(columns, "build_essential")));
        assert_int_equal(json_integer_value(json_object_get(columns, "installed_size")), INT32_MAX);
        expect_text(columns, "multi_arch", "foreign");
}

static void what_no_column_can_hold_is_left_out(void **state) {
        static const char *const sizes[] = { "2147483648", "-1", "9 kB", "", "99999999999999999999" };
        json_auto_t *columns =
                convert(", \"Essential\": \"maybe\", \"Multi-Arch\": \"sometimes\", \"Section\": \"\", "
                        "\"Tag\": null");

        assert_true(json_is_null(json_object_get(columns, "essential")));
        assert_true(json_is_null(json_object_get(columns, "multi_arch")));
        assert_true(json_is_null(json_object_get(columns, "section")));
        assert_null(json_object_get(columns, "tag"));
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                _cleanup_(freep) char *field = text_format(", \"Installed-Size\": \"%s\"", sizes[i]);
                json_auto_t *other = convert(field);

                assert_true(json_is_null(json_object_get(other, "installed_size")));
        }
}

static void a_package_without_a_required_field_is_refused_by_its_name(void **state) {
        expect_refused(
                "{\"control_fields\": {\"Package\": \"odin\", \"Version\": \"1.0\", \"Architecture\": \"all\", "
                "\"Description\": \"Odin\"}}",
                "control_fields.Maintainer is missing");
        expect_refused("{\"control_fields\": {\"Package\": \"\"}}", "control_fields.Package is missing or empty");
        expect_refused("{}", "control_fields is missing");
        expect_refused("{\"control_fields\": \"Package: odin\"}", "control_fields is missing or is no document");
}

static void fields_that_are_none_are_refused(void **state) {
        expect_refused("{\"control_fields\": {" REQUIRED ", \"X-Rune\": 7}}", "control_fields.X-Rune is not a text");
        expect_refused("{\"control_fields\": {" REQUIRED ", \"X: y\\nFilename\": \"z\"}}", "no name of a field");
        assert_true(deb_field_is_name("X-Rune"));
        assert_false(deb_field_is_name(""));
        assert_false(deb_field_is_name("#x"));
        assert_false(deb_field_is_name("-x"));
        assert_false(deb_field_is_name("a b"));
        assert_false(deb_field_is_name("ä"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_fields_become_columns_and_the_others_custom_fields),
                cmocka_unit_test(names_of_fields_are_compared_without_regard_to_case),
                cmocka_unit_test(fields_of_the_file_are_left_to_the_file),
                cmocka_unit_test(flags_and_numbers_have_the_type_of_their_column),
                cmocka_unit_test(what_no_column_can_hold_is_left_out),
                cmocka_unit_test(a_package_without_a_required_field_is_refused_by_its_name),
                cmocka_unit_test(fields_that_are_none_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
