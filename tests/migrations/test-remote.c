/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/remote.h"

/* The remote of an importer configuration that is given as JSON; it stays until the next call. */
static const Remote *remote_of_plugin(const char *plugin, const char *json) {
        static Remote remote;
        _cleanup_(freep) char *reason = NULL;
        bson_error_t error;
        bson_t *config = bson_new_from_json((const uint8_t *) json, -1, &error);

        assert_non_null(config);
        remote_done(&remote);
        if (remote_from_config(config, plugin_find(plugin), &remote, &reason) < 0)
                fail_msg("%s", reason);
        bson_destroy(config);
        return &remote;
}

static const Remote *remote_of(const char *json) {
        return remote_of_plugin("iso", json);
}

static void expect_refused(const char *json, const char *expected) {
        _cleanup_(freep) char *reason = NULL;
        bson_t *config = bson_new_from_json((const uint8_t *) json, -1, NULL);
        Remote remote;

        assert_non_null(config);
        assert_int_equal(remote_from_config(config, plugin_find("iso"), &remote, &reason), -EBADMSG);
        assert_string_equal(reason, expected);
        bson_destroy(config);
}

static void a_feed_is_joined_with_the_name_of_the_manifest(void **state) {
        assert_string_equal(remote_of("{\"feed\": \"https://a.example/f/\"}")->url,
                            "https://a.example/f/PULP_MANIFEST");
        assert_string_equal(remote_of("{\"feed\": \"https://a.example/f\"}")->url,
                            "https://a.example/f/PULP_MANIFEST");
        assert_string_equal(remote_of("{\"feed\": \"file:///srv/f/\"}")->url, "file:///srv/f/PULP_MANIFEST");
}

static void an_importer_without_feed_gives_no_remote(void **state) {
        assert_null(remote_of("{}")->url);
        assert_null(remote_of("{\"feed\": null}")->url);
        assert_null(remote_of("{\"feed\": \"\"}")->url);
}

static void the_defaults_are_those_of_pulp_2(void **state) {
        const Remote *r = remote_of("{\"feed\": \"https://a.example/\"}");

        assert_string_equal(r->policy, "immediate");
        assert_true(r->tls_validation);
        assert_int_equal(r->download_concurrency, 20);
        assert_null(r->proxy_url);
        assert_false(remote_has_secrets(r));
}

static void policies_are_translated(void **state) {
        assert_string_equal(remote_of("{\"download_policy\": \"on_demand\"}")->policy, "on_demand");
        assert_string_equal(remote_of("{\"download_policy\": \"background\"}")->policy, "on_demand");
        assert_string_equal(remote_of("{\"download_policy\": \"immediate\"}")->policy, "immediate");
        expect_refused("{\"download_policy\": \"never\"}",
                       "field config.download_policy is \"never\"; immediate, on_demand "
                       "and background are known");
}

static void credentials_are_taken_out_of_the_feed_and_yield_to_explicit_ones(void **state) {
        const Remote *r = remote_of("{\"feed\": \"https://u%40x:p%3Aq@a.example:8443/f/\"}");

        assert_string_equal(r->url, "https://a.example:8443/f/PULP_MANIFEST");
        assert_string_equal(r->username, "u@x");
        assert_string_equal(r->password, "p:q");
        assert_true(remote_has_secrets(r));
        r = remote_of("{\"feed\": \"https://u:p@a.example/\", \"basic_auth_username\": \"v\","
                      " \"basic_auth_password\": \"w\"}");
        assert_string_equal(r->url, "https://a.example/PULP_MANIFEST");
        assert_string_equal(r->username, "v");
        assert_string_equal(r->password, "w");
        /* An @ in the path is no credential. */
        r = remote_of("{\"feed\": \"https://a.example/~me@home/\"}");
        assert_string_equal(r->url, "https://a.example/~me@home/PULP_MANIFEST");
        assert_null(r->username);
}

static void a_proxy_is_a_url_without_its_credentials(void **state) {
        const Remote *r =
                remote_of("{\"proxy_host\": \"proxy.example\", \"proxy_port\": 3128, \"proxy_username\": \"u\","
                          " \"proxy_password\": \"p\"}");

        assert_string_equal(r->proxy_url, "http://proxy.example:3128");
        assert_string_equal(r->proxy_username, "u");
        assert_string_equal(r->proxy_password, "p");
        assert_string_equal(
                remote_of("{\"proxy_host\": \"https://proxy.example/\", \"proxy_port\": \"81\"}")->proxy_url,
                "https://proxy.example:81");
        /* Without a host the rest means nothing. */
        assert_null(remote_of("{\"proxy_port\": 3128, \"proxy_username\": \"u\"}")->proxy_username);
}

static void certificates_and_numbers_are_taken_over(void **state) {
        const Remote *r = remote_of("{\"ssl_ca_cert\": \"CA\", \"ssl_client_cert\": \"C\", \"ssl_client_key\": \"K\","
                                    " \"ssl_validation\": false, \"max_downloads\": 7}");

        assert_string_equal(r->ca_cert, "CA");
        assert_string_equal(r->client_cert, "C");
        assert_string_equal(r->client_key, "K");
        assert_false(r->tls_validation);
        assert_int_equal(r->download_concurrency, 7);
        assert_int_equal(remote_of("{\"max_downloads\": 0}")->download_concurrency, 20);
}

static void fields_of_another_type_are_named(void **state) {
        expect_refused("{\"feed\": 1}", "field config.feed is not a text");
        expect_refused("{\"ssl_validation\": \"yes\"}", "field config.ssl_validation is not a boolean");
        expect_refused("{\"max_downloads\": -1}", "field config.max_downloads is not a number from 0 to 2147483647");
        expect_refused("{\"proxy_host\": \"p\", \"proxy_port\": 70000}",
                       "field config.proxy_port is not a number from 0 to 65535");
}

static void feeds_of_rpm_and_deb_are_taken_as_they_are(void **state) {
        assert_string_equal(remote_of_plugin("rpm", "{\"feed\": \"https://a.example/r\"}")->url,
                            "https://a.example/r");
        assert_string_equal(remote_of_plugin("deb", "{\"feed\": \"https://u:p@a.example/d/\"}")->url,
                            "https://a.example/d/");
        assert_string_equal(remote_of_plugin("rpm", "{\"feed\": \"https://a.example/r/\"}")->detail, "{}");
}

static void a_bare_query_of_an_rpm_feed_is_its_token(void **state) {
        const Remote *r = remote_of_plugin("rpm", "{\"feed\": \"https://a.example/r/?abc\"}");

        assert_string_equal(r->url, "https://a.example/r/");
        assert_string_equal(r->detail, "{\"sles_auth_token\":\"abc\"}");
        r = remote_of_plugin("rpm", "{\"feed\": \"https://a.example/r/?a=b\", \"query_auth_token\": \"t\"}");
        assert_string_equal(r->url, "https://a.example/r/?a=b");
        assert_string_equal(r->detail, "{\"sles_auth_token\":\"t\"}");
}

static void lists_of_a_deb_importer_have_spaces(void **state) {
        assert_string_equal(remote_of_plugin("deb", "{}")->detail, "{\"distributions\":\"stable\"}");
        assert_string_equal(remote_of_plugin("deb", "{\"releases\": \"a,b\", \"components\": \"c\","
                                                    " \"architectures\": \"x,y\", \"gpg_keys\": \"k\"}")
                                    ->detail,
                            "{\"distributions\":\"a b\",\"components\":\"c\",\"architectures\":\"x y\","
                            "\"gpgkey\":\"k\"}");
}

static void a_docker_importer_has_its_upstream_name_and_tags(void **state) {
        assert_string_equal(remote_of_plugin("docker", "{\"feed\": \"https://registry.example\"}")->url,
                            "https://registry.example");
        assert_string_equal(remote_of_plugin("docker", "{}")->detail, "{\"upstream_name\":\"\"}");
        assert_string_equal(
                remote_of_plugin("docker", "{\"upstream_name\": \"a/b\", \"tags\": [\"1\", \"2\"]}")->detail,
                "{\"upstream_name\":\"a/b\",\"include_tags\":[\"1\",\"2\"]}");
        assert_string_equal(remote_of_plugin("docker", "{\"tags\": \"1, 2,3\"}")->detail,
                            "{\"upstream_name\":\"\",\"include_tags\":[\"1\",\"2\",\"3\"]}");
        assert_string_equal(remote_of_plugin("docker", "{\"tags\": []}")->detail,
                            "{\"upstream_name\":\"\",\"include_tags\":[]}");
}

static void retained_packages_are_counted_with_the_newest(void **state) {
        assert_string_equal(remote_of_plugin("rpm", "{\"retain_old_count\": 0}")->retain, "1");
        assert_string_equal(remote_of_plugin("rpm", "{\"retain_old_count\": \"4\"}")->retain, "5");
        assert_null(remote_of_plugin("rpm", "{\"retain_old_count\": null}")->retain);
        assert_null(remote_of_plugin("deb", "{\"retain_old_count\": 3}")->retain);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_feed_is_joined_with_the_name_of_the_manifest),
                cmocka_unit_test(an_importer_without_feed_gives_no_remote),
                cmocka_unit_test(the_defaults_are_those_of_pulp_2),
                cmocka_unit_test(policies_are_translated),
                cmocka_unit_test(credentials_are_taken_out_of_the_feed_and_yield_to_explicit_ones),
                cmocka_unit_test(a_proxy_is_a_url_without_its_credentials),
                cmocka_unit_test(certificates_and_numbers_are_taken_over),
                cmocka_unit_test(fields_of_another_type_are_named),
                cmocka_unit_test(feeds_of_rpm_and_deb_are_taken_as_they_are),
                cmocka_unit_test(a_bare_query_of_an_rpm_feed_is_its_token),
                cmocka_unit_test(lists_of_a_deb_importer_have_spaces),
                cmocka_unit_test(a_docker_importer_has_its_upstream_name_and_tags),
                cmocka_unit_test(retained_packages_are_counted_with_the_newest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
