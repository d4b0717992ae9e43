/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/configuration.h"

#define COMPLETE "[Pulp2]\nArchive=/a\nContent=/c\n[Pulp3]\nDatabase=dbname=pulp\n"

static char root[] = "/tmp/test-configuration-XXXXXX";

static void put(const char *name, const char *text) {
        char path[256];
        FILE *f;

        (void) snprintf(path, sizeof(path), "%s/%s", root, name);
        for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                (void) mkdir(path, 0755);
                *slash = '/';
        }
        f = fopen(path, "we");
        assert_non_null(f);
        (void) fputs(text, f);
        (void) fclose(f);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int clear(void **state) {
        (void) nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        return mkdir(root, 0755);
}

static Configuration *load(void) {
        _cleanup_(freep) char *error = NULL;
        Configuration *c = NULL;

        if (configuration_load(root, &c, &error) < 0)
                fail_msg("%s", error);
        return c;
}

static void expect_refused(const char *text, const char *part) {
        _cleanup_(freep) char *error = NULL;
        Configuration *c = NULL;

        put("etc/migrationd/pulp2to3.conf", text);
        assert_int_equal(configuration_load(root, &c, &error), -EINVAL);
        if (!strstr(error, part))
                fail_msg("\"%s\" does not say \"%s\"", error, part);
        assert_non_null(strstr(error, "/etc/migrationd/pulp2to3.conf"));
}

static void what_is_not_set_has_the_defaults_of_pulp(void **state) {
        put("etc/migrationd/pulp2to3.conf", COMPLETE);
        _cleanup_(configuration_freep) Configuration *c = load();

        assert_string_equal(c->archive, "/a");
        assert_string_equal(c->pulp3_database, "dbname=pulp");
        assert_string_equal(c->pulp2_database, "pulp_database");
        assert_string_equal(c->media_root, "/var/lib/pulp/media");
        assert_string_equal(c->key_file, "/etc/pulp/certs/database_fields.symmetric.key");
        assert_int_equal(c->target_usec, 5 * USEC_PER_SEC);
}

static void a_key_that_ends_a_section_does_not_hide_the_next_one(void **state) {
        put("etc/migrationd/pulp2to3.conf",
            "[Pulp2]\nArchive=/a\nContent=/c\nArchiveDatabase=other\n[Pulp3]\nDatabase=dbname=pulp\n");
        _cleanup_(configuration_freep) Configuration *c = load();

        assert_string_equal(c->pulp2_database, "other");
        assert_string_equal(c->pulp3_database, "dbname=pulp");
}

static void the_first_file_counts_and_drop_ins_override_it_in_order_of_their_names(void **state) {
        put("usr/lib/migrationd/pulp2to3.conf", "[Nonsense]\nIs=masked\n");
        put("run/migrationd/pulp2to3.conf", COMPLETE);
        put("usr/lib/migrationd/pulp2to3.conf.d/20-b.conf",
            "[Tasks]\nTargetDuration=2s\n[Pulp2]\nContent=/b\n");
        put("etc/migrationd/pulp2to3.conf.d/10-a.conf",
            "[Tasks]\nTargetDuration=1s\n[Pulp2]\nArchive=/other\n");
        put("etc/migrationd/pulp2to3.conf.d/20-b.conf", "[Tasks]\nTargetDuration=3s\n");
        _cleanup_(configuration_freep) Configuration *c = load();

        assert_string_equal(c->archive, "/other");
        assert_string_equal(c->content, "/c");
        assert_int_equal(c->target_usec, 3 * USEC_PER_SEC);
}

static void what_must_be_set_is_named(void **state) {
        expect_refused("", "[Pulp2] Archive= is not set");
        expect_refused("[Pulp2]\nArchive=/a\nContent=/c\n", "[Pulp3] Database= is not set");
        put("etc/migrationd/pulp2to3.conf.d/10-none.conf", "[Pulp2]\nContent=\n");
        expect_refused(COMPLETE, "[Pulp2] Content= is not set");
}

static void unknown_and_wrong_keys_are_named_with_their_line(void **state) {
        expect_refused(COMPLETE "Colour=blue\n", "pulp2to3.conf:6: unknown key Colour in section [Pulp3]");
        expect_refused(COMPLETE "[Pulp2]\nContent=/d\n", "[Pulp2] Content is set twice");
        expect_refused(COMPLETE "[Pulp4]\nArchive=/a\n", "unknown section [Pulp4]");
        expect_refused("Archive=/a\n" COMPLETE, "key Archive is in no section");
        expect_refused("[Pulp2]\nArchive=relative\n",
                       "pulp2to3.conf:2: [Pulp2] Archive: \"relative\" is not an absolute "
                       "path");
        expect_refused(COMPLETE "[Tasks]\nTargetDuration=1ms\n",
                       "\"1ms\" is not a time span from 100ms to 1h");
        expect_refused(COMPLETE "[Tasks]\nTargetDuration=soon\n", "\"soon\" is not a time span");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(what_is_not_set_has_the_defaults_of_pulp, clear),
                cmocka_unit_test_setup(a_key_that_ends_a_section_does_not_hide_the_next_one, clear),
                cmocka_unit_test_setup(the_first_file_counts_and_drop_ins_override_it_in_order_of_their_names,
                                       clear),
                cmocka_unit_test_setup(what_must_be_set_is_named, clear),
                cmocka_unit_test_setup(unknown_and_wrong_keys_are_named_with_their_line, clear),
        };
        int failed;

        if (!mkdtemp(root))
                return 1;
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        (void) clear(NULL);
        (void) rmdir(root);
        return failed;
}
