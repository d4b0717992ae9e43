/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/dump-json.h"
#include "migrations/pulp2to3/dump-unit.h"

static const char *const omitted[] = { "_id", NULL };

/* The text of a document, owned by the caller. */
static char *json_of(const bson_t *document) {
        _cleanup_(freep) char *reason = NULL;
        char *text = NULL;

        if (dump_json_text(document, omitted, NULL, &text, &reason) < 0)
                fail_msg("%s", reason);
        return text;
}

static void expect_refused(bson_t *document, const char *expected) {
        _cleanup_(freep) char *reason = NULL, *text = NULL;

        assert_int_equal(dump_json_text(document, NULL, NULL, &text, &reason), -EBADMSG);
        assert_string_equal(reason, expected);
        bson_destroy(document);
}

static void each_type_has_its_form(void **state) {
        bson_t *document = bson_new_from_json(
                (const uint8_t *) "{\"_id\": \"x\", \"a\": [1, {\"b\": null}, true], \"t\": \"ü\"}", -1, NULL);
        _cleanup_(freep) char *text = NULL;
        bson_oid_t oid;

        bson_oid_init_from_string(&oid, "5ff628ee3a4e0c6bc39c90ac");
        BSON_APPEND_OID(document, "o", &oid);
        BSON_APPEND_DATE_TIME(document, "d", INT64_C(1606593749123));
        BSON_APPEND_BINARY(document, "z", BSON_SUBTYPE_BINARY, (const uint8_t *) "\0\1\2\3", 4);
        BSON_APPEND_DOUBLE(document, "whole", 3.0);
        BSON_APPEND_DOUBLE(document, "half", 0.5);
        text = json_of(document);
        assert_string_equal(text, "{\"a\":[1,{\"b\":null},true],\"t\":\"ü\",\"o\":\"5ff628ee3a4e0c6bc39c90ac\","
                                  "\"d\":\"2020-11-28T20:02:29.123Z\",\"z\":\"AAECAw==\",\"whole\":3,\"half\":0.5}");
        bson_destroy(document);
}

static void what_json_or_postgresql_cannot_hold_is_refused_by_name(void **state) {
        bson_t *document = bson_new();

        bson_append_utf8(document, "text", -1, "a\0b", 3);
        expect_refused(document, "field text contains a zero byte");
        document = bson_new();
        BSON_APPEND_DOUBLE(document, "number", NAN);
        expect_refused(document, "field number is not a finite number");
        document = bson_new();
        BSON_APPEND_TIMESTAMP(document, "stamp", 1, 2);
        expect_refused(document, "field stamp is of a type that is not expected");
}

#define PACKAGE                                                                                                        \
        "\"_id\": \"u1\", \"_last_updated\": 5, \"_storage_path\": \"/p\", \"downloaded\": false, \"name\": \"cow\", " \
        "\"version\": \"1\", \"release\": \"2\", \"arch\": \"noarch\", \"checksumtype\": \"sha256\", "                 \
        "\"checksum\": \"ab\", \"filename\": \"cow.rpm\", \"size\": 7, \"_ns\": \"units_rpm\", \"provides\": [1]"

static void a_package_keeps_what_its_content_needs_and_its_key_is_its_identity(void **state) {
        const char *columns[DUMP_COLUMNS_MAX];
        bson_t *document = bson_new_from_json((const uint8_t *) "{" PACKAGE "}", -1, NULL);
        _cleanup_(freep) char *reason = NULL;
        UnitTexts texts = {};

        assert_int_equal(unit_kind_take(unit_kind_of_collection("units_rpm"), document, &texts, columns, &reason), 0);
        assert_string_equal(columns[UNIT_TYPE], "rpm");
        assert_string_equal(columns[UNIT_ID], "u1");
        assert_string_equal(columns[UNIT_UPDATED], "5");
        assert_string_equal(columns[UNIT_PATH], "/p");
        assert_string_equal(columns[UNIT_DOWNLOADED], "f");
        assert_string_equal(columns[UNIT_SIZE], "7");
        assert_null(columns[UNIT_REPOSITORY]);
        assert_string_equal(columns[UNIT_KEY], "cow\x1f"
                                               "0\x1f"
                                               "1\x1f"
                                               "2\x1fnoarch\x1fsha256\x1f"
                                               "ab");
        assert_null(strstr(columns[UNIT_DOCUMENT], "provides"));
        assert_non_null(strstr(columns[UNIT_DOCUMENT], "\"filename\":\"cow.rpm\""));
        assert_null(columns[UNIT_PRIMARY]);
        unit_texts_done(&texts);
        bson_destroy(document);
}

static void snippets_are_taken_as_they_are(void **state) {
        bson_t *document = bson_new_from_json((const uint8_t *) "{" PACKAGE "}", -1, NULL), repodata;
        const char *columns[DUMP_COLUMNS_MAX];
        _cleanup_(freep) char *reason = NULL;
        UnitTexts texts = {};

        BSON_APPEND_DOCUMENT_BEGIN(document, "repodata", &repodata);
        BSON_APPEND_BINARY(&repodata, "primary", BSON_SUBTYPE_BINARY, (const uint8_t *) "\x78\x9c", 2);
        BSON_APPEND_UTF8(&repodata, "other", "x");
        bson_append_document_end(document, &repodata);
        assert_int_equal(unit_kind_take(unit_kind_of_collection("units_rpm"), document, &texts, columns, &reason),
                         -EBADMSG);
        assert_string_equal(reason, "field repodata.other is a text, not binary");
        assert_string_equal(texts.snippets[0], "\\x789c");
        unit_texts_done(&texts);
        bson_destroy(document);
}

static void expect_bad(const char *collection, const char *json, const char *expected) {
        bson_t *document = bson_new_from_json((const uint8_t *) json, -1, NULL);
        const char *columns[DUMP_COLUMNS_MAX];
        _cleanup_(freep) char *reason = NULL;
        UnitTexts texts = {};

        assert_non_null(document);
        assert_int_equal(unit_kind_take(unit_kind_of_collection(collection), document, &texts, columns, &reason),
                         -EBADMSG);
        assert_string_equal(reason, expected);
        unit_texts_done(&texts);
        bson_destroy(document);
}

static void a_field_that_is_missing_or_wrong_is_named(void **state) {
        expect_bad("units_erratum", "{\"_last_updated\": 1}", "field _id is missing");
        expect_bad("units_erratum", "{\"_id\": \"a\", \"_last_updated\": 1}", "field errata_id is missing");
        expect_bad("units_package_group", "{\"_id\": \"a\", \"_last_updated\": 1, \"package_group_id\": \"g\"}",
                   "field repo_id is missing");
        expect_bad("units_deb", "{\"_id\": \"a\", \"_last_updated\": 1, \"filename\": \"f\", \"checksum\": \"XY\"}",
                   "field checksum is not a checksum of lower-case hexadecimal digits");
        expect_bad("units_modulemd",
                   "{\"_id\": \"a\", \"_last_updated\": 1, \"name\": \"n\", \"stream\": \"s\", \"version\": [1]}",
                   "field version is an array, not an integer");
}

static void a_version_may_be_a_number_or_a_text(void **state) {
        static const char *const versions[] = { "7", "\"7\"" };

        for (size_t i = 0; i < ELEMENTSOF(versions); i++) {
                _cleanup_(freep) char *json = text_format("{\"_id\": \"a\", \"_last_updated\": 1, \"name\": \"n\", "
                                                          "\"stream\": \"s\", \"version\": %s, \"context\": \"c\", "
                                                          "\"arch\": \"x\"}",
                                                          versions[i]),
                                      *reason = NULL;
                bson_t *document = bson_new_from_json((const uint8_t *) json, -1, NULL);
                const char *columns[DUMP_COLUMNS_MAX];
                UnitTexts texts = {};

                assert_int_equal(
                        unit_kind_take(unit_kind_of_collection("units_modulemd"), document, &texts, columns, &reason),
                        0);
                assert_string_equal(columns[UNIT_KEY], "n\x1fs\x1f"
                                                       "7\x1f"
                                                       "c\x1fx");
                assert_string_equal(columns[UNIT_DOWNLOADED], "t");
                unit_texts_done(&texts);
                bson_destroy(document);
        }
}

static void each_plugin_has_its_types(void **state) {
        const Plugin *rpm = plugin_find("rpm"), *deb = plugin_find("deb");
        size_t n = 0;

        while (dump_type(rpm, n))
                n++;
        assert_int_equal(n, 11);
        assert_string_equal(dump_type(rpm, 0), "rpm");
        assert_string_equal(dump_type(deb, 2), "deb_component");
        assert_null(dump_type(deb, 3));
        assert_string_equal(dump_type(plugin_find("iso"), 0), "iso");
        assert_null(dump_type(plugin_find("iso"), 1));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_type_has_its_form),
                cmocka_unit_test(what_json_or_postgresql_cannot_hold_is_refused_by_name),
                cmocka_unit_test(a_package_keeps_what_its_content_needs_and_its_key_is_its_identity),
                cmocka_unit_test(snippets_are_taken_as_they_are),
                cmocka_unit_test(a_field_that_is_missing_or_wrong_is_named),
                cmocka_unit_test(a_version_may_be_a_number_or_a_text),
                cmocka_unit_test(each_plugin_has_its_types),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
