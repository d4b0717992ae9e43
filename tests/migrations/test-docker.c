/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/docker.h"

#define HEX "1e47a350024f889a5c7f85c654d75f6a2f682e06006c3c0e2bd853c40614a309"
#define DIGEST "\"sha256:" HEX "\""
/* SHA-256 of the text "payload" and of the empty one, as sha256sum prints them. */
#define OF_PAYLOAD "239f59ed55e737c77147cf55ad0c1b030b6d7ee748a7426952f9b852d5a935e5"
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static json_t *load(const char *text) {
        json_t *object = json_loads(text, 0, NULL);

        assert_non_null(object);
        return object;
}

/* The columns of a manifest's document, as text. */
static char *manifest_of(const char *text) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *document = load(text);
        json_t *columns = NULL;
        char *result;

        assert_int_equal(docker_manifest_columns(document, &columns, &reason), 0);
        result = json_dumps(columns, JSON_COMPACT | JSON_SORT_KEYS);
        json_decref(columns);
        return result;
}

static void expect_manifest_refused(const char *text, const char *expected) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *document = load(text);
        json_t *columns = NULL;

        assert_int_equal(docker_manifest_columns(document, &columns, &reason), -EBADMSG);
        assert_null(columns);
        assert_string_equal(reason, expected);
}

static void a_digest_names_its_algorithm_and_has_all_of_its_digits(void **state) {
        const char *hex = NULL;
        int algorithm = -1;

        assert_int_equal(docker_digest_parse("sha256:" HEX, &algorithm, &hex), 0);
        assert_int_equal(algorithm, DIGEST_SHA256);
        assert_string_equal(hex, HEX);
        assert_int_equal(docker_digest_parse("sha512:" HEX HEX, &algorithm, &hex), 0);
        assert_int_equal(algorithm, DIGEST_SHA512);
        for (const char *const *text = (const char *const[]){ HEX, "sha256:", "sha256:" HEX "0", "sha512:" HEX,
                                                              "md5:d41d8cd98f00b204e9800998ecf8427e", "", NULL };
             *text; text++)
                assert_int_equal(docker_digest_parse(*text, &algorithm, &hex), -EBADMSG);
        assert_int_equal(
                docker_digest_parse("sha256:1E47A350024F889A5C7F85C654D75F6A2F682E06006C3C0E2BD853C40614A309",
                                    &algorithm, &hex),
                -EBADMSG);
        assert_int_equal(docker_digest_parse(NULL, &algorithm, &hex), -EBADMSG);
}

static void a_manifest_has_its_layers_but_those_that_are_not_to_be_distributed(void **state) {
        _cleanup_(freep) char *columns = manifest_of(
                "{\"digest\": " DIGEST ", \"schema_version\": 2, \"config_layer\": " DIGEST ", \"fs_layers\": ["
                "{\"blob_sum\": \"sha256:" OF_NOTHING "\", \"layer_type\": "
                "\"application/vnd.docker.image.rootfs.diff.tar.gzip\"},"
                "{\"blob_sum\": \"sha256:" OF_PAYLOAD "\", \"layer_type\": "
                "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\"}]}");

        assert_string_equal(columns,
                            "{\"blobs\":[\"sha256:" OF_NOTHING "\"],\"config_blob\":" DIGEST ",\"digest\":" DIGEST
                            ",\"media_type\":\"application/vnd.docker.distribution.manifest.v2+json\","
                            "\"schema_version\":2}");
}

static void a_manifest_of_schema_1_has_a_media_type_of_its_own_and_no_configuration(void **state) {
        _cleanup_(freep) char *columns =
                manifest_of("{\"digest\": " DIGEST ", \"schema_version\": 1, \"config_layer\": "
                            "null, \"fs_layers\": [{\"blob_sum\": " DIGEST "}]}");

        assert_string_equal(columns, "{\"blobs\":[" DIGEST "],\"config_blob\":null,\"digest\":" DIGEST
                                     ",\"media_type\":\"application/vnd.docker.distribution.manifest.v1+json\","
                                     "\"schema_version\":1}");
}

static void a_document_that_is_no_manifest_is_refused_with_the_field(void **state) {
        expect_manifest_refused("{}", "field digest is missing");
        expect_manifest_refused("{\"digest\": 1}", "field digest is not a text");
        expect_manifest_refused("{\"digest\": \"x\"}", "field digest is \"x\", which is no digest");
        expect_manifest_refused("{\"digest\": " DIGEST "}", "field schema_version is missing");
        expect_manifest_refused("{\"digest\": " DIGEST ", \"schema_version\": 3}",
                                "field schema_version is 3, not 1 or 2");
        expect_manifest_refused("{\"digest\": " DIGEST ", \"schema_version\": 2}", "field fs_layers is missing");
        expect_manifest_refused("{\"digest\": " DIGEST ", \"schema_version\": 2, \"fs_layers\": {}}",
                                "field fs_layers is not a list");
        expect_manifest_refused("{\"digest\": " DIGEST ", \"schema_version\": 2, \"fs_layers\": [1]}",
                                "field fs_layers.0 is not a document");
        expect_manifest_refused("{\"digest\": " DIGEST ", \"schema_version\": 2, \"fs_layers\": [{}]}",
                                "field fs_layers.0.blob_sum is missing");
        expect_manifest_refused("{\"digest\": " DIGEST
                                ", \"schema_version\": 2, \"config_layer\": 7, \"fs_layers\": []}",
                                "field config_layer is not a text");
}

static int read_list(const char *text, json_t **ret, char **ret_reason) {
        json_auto_t *document = load("{\"digest\": " DIGEST ", \"schema_version\": 2}");

        return docker_list_columns(document, text, strlen(text), ret, ret_reason);
}

static void the_platforms_of_a_list_are_in_its_file(void **state) {
        _cleanup_(freep) char *reason = NULL, *listed = NULL;
        json_t *columns = NULL;

        assert_int_equal(
                read_list("{\"manifests\": [{\"digest\": " DIGEST ", \"platform\": {\"architecture\": \"arm\", "
                          "\"os\": \"windows\", \"os.version\": \"10.0\", \"os.features\": [\"win32k\", \"it's\"], "
                          "\"features\": \"sse4\", \"variant\": \"v7\"}}, {\"digest\": " DIGEST "}]}",
                          &columns, &reason),
                0);
        listed = json_dumps(json_object_get(columns, "listed"), JSON_COMPACT);
        assert_string_equal(listed,
                            "[{\"digest\":" DIGEST ",\"architecture\":\"arm\",\"os\":\"windows\",\"os_version\":"
                            "\"10.0\",\"variant\":\"v7\",\"os_features\":\"['win32k', \\\"it's\\\"]\","
                            "\"features\":\"sse4\"},{\"digest\":" DIGEST ",\"architecture\":\"\",\"os\":\"\","
                            "\"os_version\":\"\",\"variant\":\"\",\"os_features\":\"\",\"features\":\"\"}]");
        assert_string_equal(json_string_value(json_object_get(columns, "media_type")),
                            "application/vnd.docker.distribution.manifest.list.v2+json");
        json_decref(columns);
}

static void expect_list_refused(const char *text, const char *part) {
        _cleanup_(freep) char *reason = NULL;
        json_t *columns = NULL;

        assert_int_equal(read_list(text, &columns, &reason), -EBADMSG);
        assert_null(columns);
        assert_non_null(strstr(reason, part));
}

static void a_file_that_is_no_list_is_refused_with_the_member(void **state) {
        expect_list_refused("", "is no JSON: line 1");
        expect_list_refused("{\"manifests\": [", "is no JSON: line 1");
        expect_list_refused("[]", "is no JSON object");
        expect_list_refused("{}", "manifests is missing");
        expect_list_refused("{\"manifests\": {}}", "manifests is not a list");
        expect_list_refused("{\"manifests\": [1]}", "manifests.0.digest is missing");
        expect_list_refused("{\"manifests\": [{\"digest\": " DIGEST ", \"platform\": []}]}",
                            "manifests.0.platform is not an object");
        expect_list_refused("{\"manifests\": [{\"digest\": " DIGEST ", \"platform\": {\"os\": 1}}]}",
                            "manifests.0.platform: field os is not a text");
}

static int sign(const char *text, DigestSet *ret, char **ret_reason) {
        _cleanup_(freep) char *error = NULL;
        Digests *digests = NULL;
        int r;

        assert_int_equal(digests_new(&digests, &error), 0);
        r = docker_signed_digests(digests, text, strlen(text), ret, ret_reason);
        digests_free(digests);
        return r;
}

/* The parts of the protected members are made by: printf '{"formatLength":8,"formatTail":"fQ"}' | base64 */
static void the_digest_of_a_signed_manifest_is_that_of_what_was_signed(void **state) {
        static const char with_tail[] =
                "{\"a\": 1, \"signatures\": [{\"protected\": \"eyJmb3JtYXRMZW5ndGgiOjcsImZvcm1hdFRhaWwiOiJmUSJ9\"}]}";
        _cleanup_(freep) char *reason = NULL;
        DigestSet digests, expected;
        Digests *d = NULL;

        assert_int_equal(digests_new(&d, &reason), 0);
        assert_int_equal(digests_begin(d), 0);
        assert_int_equal(digests_update(d, "{\"a\": 1}", 8), 0);
        assert_int_equal(digests_end(d, &expected), 0);
        digests_free(d);
        assert_int_equal(sign(with_tail, &digests, &reason), 1);
        assert_string_equal(digests.text[DIGEST_SHA256], expected.text[DIGEST_SHA256]);
        assert_int_equal(sign("{\"a\": 1}", &digests, &reason), 0);
}

static void signatures_that_do_not_say_what_is_signed_are_refused(void **state) {
        static const char *const texts[] = {
                "{\"signatures\": []}",
                "{\"signatures\": {}}",
                "{\"signatures\": [{\"protected\": 1}]}",
                "{\"signatures\": [{\"protected\": \"\"}]}",
                "{\"signatures\": [{\"protected\": \"x\"}]}",
                "{\"signatures\": [{\"protected\": \"!!!!\"}]}",
                "{\"signatures\": [{\"protected\": \"e30\"}]}",
                /* More bytes than there are; no tail. */
                "{\"signatures\": [{\"protected\": \"eyJmb3JtYXRMZW5ndGgiOjk5OSwiZm9ybWF0VGFpbCI6ImZRIn0\"}]}",
                "{\"signatures\": [{\"protected\": \"eyJmb3JtYXRMZW5ndGgiOjd9\"}]}",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(freep) char *reason = NULL;
                DigestSet digests;

                assert_int_equal(sign(texts[i], &digests, &reason), -EBADMSG);
                assert_string_equal(reason, "has signatures that do not say what is signed");
        }
}

static void a_manifest_that_is_no_json_is_refused(void **state) {
        _cleanup_(freep) char *reason = NULL;
        DigestSet digests;

        assert_int_equal(sign("{\"a\":", &digests, &reason), -EBADMSG);
        assert_non_null(strstr(reason, "is no JSON: line 1"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_digest_names_its_algorithm_and_has_all_of_its_digits),
                cmocka_unit_test(a_manifest_has_its_layers_but_those_that_are_not_to_be_distributed),
                cmocka_unit_test(a_manifest_of_schema_1_has_a_media_type_of_its_own_and_no_configuration),
                cmocka_unit_test(a_document_that_is_no_manifest_is_refused_with_the_field),
                cmocka_unit_test(the_platforms_of_a_list_are_in_its_file),
                cmocka_unit_test(a_file_that_is_no_list_is_refused_with_the_member),
                cmocka_unit_test(the_digest_of_a_signed_manifest_is_that_of_what_was_signed),
                cmocka_unit_test(signatures_that_do_not_say_what_is_signed_are_refused),
                cmocka_unit_test(a_manifest_that_is_no_json_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
