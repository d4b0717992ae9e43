/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "config/settings.h"

#define EMBEDDED "host=/run/migrationd-postgresql dbname=migrationd user=migrationd"

static char root[] = "/tmp/test-settings-XXXXXX";

static void put(const char *name, const char *text) {
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", root, name);
        for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                (void) mkdir(path, 0755);
                *slash = '/';
        }
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static void clear(void) {
        assert_int_equal(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
        assert_int_equal(mkdir(root, 0755), 0);
}

static Settings *load(void) {
        _cleanup_(freep) char *error = NULL;
        Settings *s = NULL;

        if (settings_load(root, &s, &error) < 0)
                fail_msg("%s", error);
        return s;
}

/* The one file in /etc with this text is refused with an error that has the file's path, and then this. */
static void expect_refused(const char *text, const char *part) {
        _cleanup_(freep) char *error = NULL, *place = NULL;
        _cleanup_(settings_freep) Settings *s = NULL;
        int r;

        put("etc/migrationd/migrationd.conf", text);
        place = text_format("%s/etc/migrationd/migrationd.conf:%s", root, part);
        r = settings_load(root, &s, &error);
        if (r >= 0 || s || !error || !startswith(error, place) || strchr(error, '\n'))
                fail_msg("%s\ngave %i %s\nnot %s", text, r, error ? error : "(no text)", place);
}

static void without_files_the_embedded_database_is_used(void **state) {
        _cleanup_(settings_freep) Settings *s = NULL;

        clear();
        s = load();
        assert_true(s->embedded);
        assert_string_equal(s->database, EMBEDDED);
        assert_string_equal(s->worker_database,
                            "dbname='migrationd' host='/run/migrationd-postgresql' user='migrationd_worker'");
        assert_int_equal(s->workers, 0);
        assert_int_equal(s->idle_usec, 60 * USEC_PER_SEC);
}

static void every_key_is_read(void **state) {
        _cleanup_(settings_freep) Settings *s = NULL;

        clear();
        put("etc/migrationd/migrationd.conf",
            "# comment\n[Store]\nDatabase=host=db.example port=5433 user=me dbname=x sslmode=verify-full\n\n"
            "[Poll]\nWorkers = 12\n[Service]\nIdleSec=5min\n");
        s = load();
        assert_false(s->embedded);
        assert_string_equal(s->database, "host=db.example port=5433 user=me dbname=x sslmode=verify-full");
        assert_string_equal(
                s->worker_database,
                "dbname='x' host='db.example' port='5433' sslmode='verify-full' user='migrationd_worker'");
        assert_int_equal(s->workers, 12);
        assert_int_equal(s->idle_usec, 300 * USEC_PER_SEC);
}

static void the_throttle_is_off_until_it_has_a_limit(void **state) {
        Settings *s;

        clear();
        s = load();
        for (unsigned i = 0; i < _PRESSURE_MAX; i++)
                assert_int_equal(s->throttle.pressure_percent[i], 0);
        assert_true(s->throttle.connections == 0 && s->throttle.interval_usec == 5 * USEC_PER_SEC);
        assert_string_equal(s->throttle.check_unit, "");
        assert_string_equal(s->throttle.pressure_unit, "");
        settings_free(s);
        put("etc/migrationd/migrationd.conf",
            "[Throttle]\nCPUPressureLimit=80%\nIOPressureLimit=50\nMemoryPressureLimit=1%\nPressureUnit=postgresql@15-main.service\n"
            "ActiveConnectionsLimit=40\nCheckUnit=is-well.service\nIntervalSec=10s\n");
        put("etc/migrationd/migrationd.conf.d/10-no-io.conf", "[Throttle]\nIOPressureLimit=\n");
        s = load();
        assert_int_equal(s->throttle.pressure_percent[PRESSURE_CPU], 80);
        assert_int_equal(s->throttle.pressure_percent[PRESSURE_IO], 0);
        assert_int_equal(s->throttle.pressure_percent[PRESSURE_MEMORY], 1);
        assert_string_equal(s->throttle.pressure_unit, "postgresql@15-main.service");
        assert_string_equal(s->throttle.check_unit, "is-well.service");
        assert_true(s->throttle.connections == 40 && s->throttle.interval_usec == 10 * USEC_PER_SEC);
        settings_free(s);
}

static void the_worker_connection_is_derived_from_any_spelling(void **state) {
        static const struct {
                const char *database, *worker;
        } cases[] = {
                { "postgresql://me@db:5433/x?application_name=a%20b",
                  "dbname='x' host='db' port='5433' application_name='a b' user='migrationd_worker'" },
                { "dbname='it\\'s' host=/run/a\\\\b",
                  "dbname='it\\'s' host='/run/a\\\\b' user='migrationd_worker'" },
                { "dbname = x", "dbname='x' user='migrationd_worker'" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(freep) char *text = text_format("[Store]\nDatabase=%s\n", cases[i].database);
                _cleanup_(settings_freep) Settings *s = NULL;

                clear();
                put("etc/migrationd/migrationd.conf", text);
                s = load();
                assert_string_equal(s->database, cases[i].database);
                assert_string_equal(s->worker_database, cases[i].worker);
        }
}

static void a_given_worker_connection_is_taken_as_it_is(void **state) {
        _cleanup_(settings_freep) Settings *s = NULL;

        clear();
        put("etc/migrationd/migrationd.conf", "[Store]\nDatabase=dbname=x\nWorkerDatabase=dbname=x user=w\n");
        s = load();
        assert_string_equal(s->worker_database, "dbname=x user=w");
}

static void the_main_file_of_etc_replaces_those_of_run_and_usr(void **state) {
        Settings *s;

        clear();
        put("usr/lib/migrationd/migrationd.conf", "[Poll]\nWorkers=1\n[Service]\nIdleSec=7\n");
        s = load();
        assert_true(s->workers == 1 && s->idle_usec == 7 * USEC_PER_SEC);
        settings_free(s);
        put("run/migrationd/migrationd.conf", "[Poll]\nWorkers=2\n");
        s = load();
        assert_true(s->workers == 2 && s->idle_usec == 60 * USEC_PER_SEC);
        settings_free(s);
        put("etc/migrationd/migrationd.conf", "");
        s = load();
        assert_true(s->workers == 0);
        settings_free(s);
}

static void drop_ins_of_all_directories_are_merged_by_name(void **state) {
        Settings *s;

        clear();
        put("etc/migrationd/migrationd.conf", "[Poll]\nWorkers=1\n");
        put("etc/migrationd/migrationd.conf.d/20-b.conf", "[Poll]\nWorkers=20\n");
        put("usr/lib/migrationd/migrationd.conf.d/30-c.conf", "[Poll]\nWorkers=30\n");
        put("run/migrationd/migrationd.conf.d/10-a.conf", "[Poll]\nWorkers=10\n[Service]\nIdleSec=10\n");
        put("etc/migrationd/migrationd.conf.d/99-no.txt", "garbage");
        s = load();
        assert_true(s->workers == 30 && s->idle_usec == 10 * USEC_PER_SEC);
        settings_free(s);
        /* One of the same name masks that of lower precedence. */
        put("etc/migrationd/migrationd.conf.d/30-c.conf", "");
        s = load();
        assert_true(s->workers == 20);
        settings_free(s);
}

static void an_empty_database_takes_an_earlier_one_back(void **state) {
        _cleanup_(settings_freep) Settings *s = NULL;

        clear();
        put("etc/migrationd/migrationd.conf", "[Store]\nDatabase=dbname=x\n");
        put("etc/migrationd/migrationd.conf.d/10-embedded.conf", "[Store]\nDatabase=\n");
        s = load();
        assert_true(s->embedded);
        assert_string_equal(s->database, EMBEDDED);
}

static void what_is_not_known_or_not_valid_is_refused_with_file_and_line(void **state) {
        clear();
        expect_refused("[Store]\nDatabse=x\n", "2: unknown key Databse in section [Store]");
        expect_refused("[Store]\n\n# c\nWorkers=1\n", "4: unknown key Workers in section [Store]");
        expect_refused("[Stores]\nDatabase=x\n", " unknown section [Stores]");
        expect_refused("Database=x\n", " key Database is in no section");
        expect_refused("[Poll]\nWorkers=many\n",
                       "2: [Poll] Workers: \"many\" is not a number from 0 to 1024");
        expect_refused("[Poll]\nWorkers=-1\n", "2: [Poll] Workers: ");
        expect_refused("[Poll]\nWorkers=1025\n", "2: [Poll] Workers: ");
        expect_refused("[Poll]\nWorkers=\n", "2: [Poll] Workers: ");
        expect_refused("[Poll]\nWorkers\n", "2: [Poll] Workers: ");
        expect_refused("[Poll]\nWorkers=1\nWorkers=2\n", "3: Workers is set twice");
        expect_refused("[Poll]\nWorkers=1\n[Store]\nDatabase=\n[Poll]\nWorkers=2\n",
                       "6: Workers is set twice");
        expect_refused("[Poll]\nWorkers=1\n  2\n",
                       "3: [Poll] Workers: the value goes over more than one line");
        expect_refused("[Service]\nIdleSec=0\n", "2: [Service] IdleSec: ");
        expect_refused("[Service]\nIdleSec=soon\n", "2: [Service] IdleSec: \"soon\" is not a time span");
        expect_refused("[Throttle]\nCPUPressureLimit=0\n", "2: [Throttle] CPUPressureLimit: \"0\" is not from 1% to 99%");
        expect_refused("[Throttle]\nIOPressureLimit=100%\n", "2: [Throttle] IOPressureLimit: \"100%\" is not from");
        expect_refused("[Throttle]\nMemoryPressureLimit=%\n", "2: [Throttle] MemoryPressureLimit: \"%\" is not a share");
        expect_refused("[Throttle]\nMemoryPressureLimit=5.5%\n", "2: [Throttle] MemoryPressureLimit: ");
        expect_refused("[Throttle]\nPressureUnit=postgresql\n", "2: [Throttle] PressureUnit: \"postgresql\" is not the name");
        expect_refused("[Throttle]\nCheckUnit=a/b.service\n", "2: [Throttle] CheckUnit: ");
        expect_refused("[Throttle]\nCheckUnit=a.timer\n", "2: [Throttle] CheckUnit: ");
        expect_refused("[Throttle]\nActiveConnectionsLimit=-1\n", "2: [Throttle] ActiveConnectionsLimit: ");
        expect_refused("[Throttle]\nIntervalSec=1s\n", "2: [Throttle] IntervalSec: \"1s\" is not a time span from 3s to 1h");
        expect_refused("[Store]\nDatabase=nonsense\n",
                       "2: [Store] Database: missing \"=\" after \"nonsense\"");
        expect_refused("[Store]\nDatabase=hosts=x\n",
                       "2: [Store] Database: invalid connection option \"hosts\"");
        expect_refused("[Store]\nDatabase=dbname=x password=secret\n",
                       "2: [Store] Database: \"password\" may not be here");
        expect_refused("[Store]\nDatabase=postgresql://u:secret@h/x\n",
                       "2: [Store] Database: \"password\" may not be here");
        expect_refused("[Store]\nWorkerDatabase=dbname=x sslpassword=s\n",
                       "2: [Store] WorkerDatabase: \"sslpassword\" may not");
        expect_refused("[Store\nDatabase=x\n", "1: ");
        expect_refused("[Store] x\nDatabase=x\n", "1: ");
        expect_refused("[]\nDatabase=x\n", "1: ");
}

static void an_error_in_a_drop_in_names_the_drop_in(void **state) {
        _cleanup_(freep) char *error = NULL;
        Settings *s = NULL;

        clear();
        put("run/migrationd/migrationd.conf.d/10-a.conf", "[Poll]\nWorkers=x\n");
        assert_int_equal(settings_load(root, &s, &error), -EINVAL);
        assert_non_null(strstr(error, "/run/migrationd/migrationd.conf.d/10-a.conf:2: "));
}

static void a_directory_in_the_place_of_a_file_is_an_error(void **state) {
        _cleanup_(freep) char *error = NULL;
        Settings *s = NULL;

        clear();
        put("etc/migrationd/migrationd.conf/x", "");
        assert_int_equal(settings_load(root, &s, &error), -EINVAL);
        assert_non_null(strstr(error, "is not a regular file"));
}

static int setup(void **state) {
        return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state) {
        return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(without_files_the_embedded_database_is_used),
                cmocka_unit_test(every_key_is_read),
                cmocka_unit_test(the_throttle_is_off_until_it_has_a_limit),
                cmocka_unit_test(the_worker_connection_is_derived_from_any_spelling),
                cmocka_unit_test(a_given_worker_connection_is_taken_as_it_is),
                cmocka_unit_test(the_main_file_of_etc_replaces_those_of_run_and_usr),
                cmocka_unit_test(drop_ins_of_all_directories_are_merged_by_name),
                cmocka_unit_test(an_empty_database_takes_an_earlier_one_back),
                cmocka_unit_test(what_is_not_known_or_not_valid_is_refused_with_file_and_line),
                cmocka_unit_test(an_error_in_a_drop_in_names_the_drop_in),
                cmocka_unit_test(a_directory_in_the_place_of_a_file_is_an_error),
        };

        return cmocka_run_group_tests_name("settings", tests, setup, teardown);
}
