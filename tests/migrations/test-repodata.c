/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/comps.h"
#include "migrations/pulp2to3/repodata-package.h"

#include <createrepo_c/repomd.h>
#include <createrepo_c/xml_parser.h>

static char root[] = "/tmp/test-repodata-XXXXXX";
static char directory[64];

static const char *const tiger[_PACKAGE_MAX] = {
        [PACKAGE_NAME] = "tiger",
        [PACKAGE_EPOCH] = "0",
        [PACKAGE_VERSION] = "1.0",
        [PACKAGE_RELEASE] = "4",
        [PACKAGE_ARCH] = "noarch",
        [PACKAGE_CHECKSUM] = "61724e3ebd4ff93943d75b504ba78fe2854acdc753e7e7ce4e4a25f44a69c334",
        [PACKAGE_CHECKSUM_TYPE] = "sha256",
        [PACKAGE_SUMMARY] = "A <tiger> & its café",
        [PACKAGE_DESCRIPTION] = "",
        [PACKAGE_URL] = "",
        [PACKAGE_LOCATION_BASE] = "",
        [PACKAGE_LOCATION_HREF] = "Packages/t/tiger-1.0-4.noarch.rpm",
        [PACKAGE_BUILDHOST] = "host",
        [PACKAGE_GROUP] = "Internet/Applications",
        [PACKAGE_LICENSE] = "GPLv2",
        [PACKAGE_PACKAGER] = "",
        [PACKAGE_SOURCERPM] = "tiger-1.0-4.src.rpm",
        [PACKAGE_VENDOR] = "",
        [PACKAGE_HEADER_START] = "280",
        [PACKAGE_HEADER_END] = "1697",
        [PACKAGE_SIZE_ARCHIVE] = "296",
        [PACKAGE_SIZE_INSTALLED] = "42",
        [PACKAGE_SIZE_PACKAGE] = "1849",
        [PACKAGE_TIME_BUILD] = "1331831367",
        [PACKAGE_TIME_FILE] = "1606593749",
        [PACKAGE_REQUIRES] = "[[\"/bin/sh\", null, null, null, null, true], "
                             "[\"lion\", \"GE\", \"0\", \"2.0\", null, false]]",
        [PACKAGE_PROVIDES] = "[[\"tiger\", \"EQ\", \"0\", \"1.0\", \"4\", false]]",
        [PACKAGE_FILES] = "[[null, \"/tmp/\", \"tiger.txt\"], [\"dir\", \"/usr/share/\", \"tiger\"]]",
        [PACKAGE_CHANGELOGS] = "[[\"Jo <jo@a.example> - 1.0-4\", 1331812800, \"- stripes\"]]",
};

static const char *const advisory[_UPDATE_MAX] = {
        [UPDATE_ID] = "RHEA-2012:0059",
        [UPDATE_UPDATED] = "2018-07-20 06:00:01",
        [UPDATE_ISSUED] = "2018-01-27 16:08:09",
        [UPDATE_DESCRIPTION] = "of a duck",
        [UPDATE_FROM] = "errata@a.example",
        [UPDATE_STATUS] = "stable",
        [UPDATE_TITLE] = "Duck",
        [UPDATE_SUMMARY] = "",
        [UPDATE_VERSION] = "1",
        [UPDATE_TYPE] = "security",
        [UPDATE_SEVERITY] = "",
        [UPDATE_SOLUTION] = "",
        [UPDATE_RELEASE] = "1",
        [UPDATE_RIGHTS] = "",
        [UPDATE_PUSHCOUNT] = "",
        [UPDATE_REBOOT] = "t",
        [UPDATE_COLLECTIONS] =
                "[{\"name\": \"collection-0\", \"shortname\": \"\", \"module\": {\"name\": \"duck\", \"stream\": \"0\", "
                "\"version\": 20180730233102, \"context\": \"deadbeef\", \"arch\": \"noarch\"}, \"packages\": "
                "[{\"name\": \"duck\", \"version\": \"0.7\", \"release\": \"1\", \"epoch\": \"0\", \"arch\": "
                "\"noarch\", \"src\": \"\", \"filename\": \"duck-0.7-1.noarch.rpm\", \"sum\": \"abc\", "
                "\"sum_type\": 5, \"reboot_suggested\": true}, {\"name\": \"pond\", \"version\": \"1\", \"release\": "
                "\"1\", \"epoch\": \"0\", \"arch\": \"noarch\", \"src\": \"\", \"filename\": \"pond.rpm\", "
                "\"sum\": \"\", \"sum_type\": null}]}]",
        [UPDATE_REFERENCES] = "[{\"href\": \"https://a.example/1\", \"ref_id\": \"1\", \"title\": null, "
                              "\"ref_type\": \"bugzilla\"}]",
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int make_directory(void **state) {
        (void) snprintf(directory, sizeof(directory), "%s/repodata", root);
        (void) nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        return mkdir(directory, 0755);
}

static Repodata *begin(const char *checksum_type, bool sqlite, int64_t n_packages) {
        _cleanup_(freep) char *error = NULL;
        Repodata *r;

        if (repodata_new(directory, checksum_type, sqlite, n_packages, 1600000000, n_packages == 0, &r, &error) < 0)
                fail_msg("%s", error);
        return r;
}

static void add_tiger(Repodata *r) {
        _cleanup_(package_freep) cr_Package *package = NULL;
        _cleanup_(freep) char *error = NULL;

        if (package_new(tiger, &package, &error) < 0 || repodata_add_package(r, package, &error) < 0)
                fail_msg("%s", error);
}

static void add_advisory(Repodata *r) {
        _cleanup_(update_freep) cr_UpdateRecord *update = NULL;
        _cleanup_(freep) char *error = NULL;

        if (update_new(advisory, &update, &error) < 0 || repodata_add_update(r, update, &error) < 0)
                fail_msg("%s", error);
}

static void end(Repodata *r) {
        _cleanup_(freep) char *error = NULL;

        if (repodata_close(r, &error) < 0 || repodata_finish(r, &error) < 0)
                fail_msg("%s", error);
}

static int append_name(const char *name, void *userdata) {
        return strv_append(userdata, name);
}

static char **names_of(Repodata *r) {
        char **names = NULL;

        assert_int_equal(repodata_each(r, append_name, &names), 0);
        return names;
}

static const char *path_of(const char *name) {
        static char path[256];

        (void) snprintf(path, sizeof(path), "%s/%s", directory, name);
        return path;
}

static cr_Package *parsed; /* what the parsers fill */

static int give_package(cr_Package **ret, const char *id, const char *name, const char *arch, void *userdata,
                        GError **error) {
        *ret = parsed ?: (parsed = cr_package_new());
        return CR_CB_RET_OK;
}

static void parse(char **names) {
        assert_int_equal(cr_xml_parse_primary(path_of(names[0]), give_package, NULL, NULL, NULL, NULL, NULL, 1, NULL),
                         0);
        assert_int_equal(cr_xml_parse_filelists(path_of(names[1]), give_package, NULL, NULL, NULL, NULL, NULL, NULL),
                         0);
        assert_int_equal(cr_xml_parse_other(path_of(names[2]), give_package, NULL, NULL, NULL, NULL, NULL, NULL), 0);
}

static void a_package_is_read_back_with_its_lists_from_the_end(void **state) {
        _cleanup_(repodata_freep) Repodata *r = begin("sha256", false, 1);
        _cleanup_(strv_freep) char **names = NULL;
        const cr_Dependency *requirement;
        const cr_PackageFile *file;
        const cr_ChangelogEntry *change;

        add_tiger(r);
        end(r);
        names = names_of(r);
        assert_int_equal(strv_length(names), 5);
        parse(names);
        assert_string_equal(parsed->name, "tiger");
        assert_string_equal(parsed->summary, "A <tiger> & its café");
        assert_string_equal(parsed->pkgId, tiger[PACKAGE_CHECKSUM]);
        assert_string_equal(parsed->location_href, "Packages/t/tiger-1.0-4.noarch.rpm");
        assert_int_equal(parsed->time_build, 1331831367);
        assert_int_equal(parsed->rpm_header_end, 1697);
        assert_int_equal(g_slist_length(parsed->requires), 2);
        /* Lists are written from their end, as Pulp 3 does. */
        requirement = parsed->requires->data;
        assert_string_equal(requirement->flags, "GE");
        assert_null(requirement->release);
        requirement = parsed->requires->next->data;
        assert_string_equal(requirement->name, "/bin/sh");
        assert_true(requirement->pre);
        file = parsed->files->data;
        assert_string_equal(file->type, "dir");
        assert_string_equal(file->name, "tiger");
        change = parsed->changelogs->data;
        assert_int_equal(change->date, 1331812800);
        assert_string_equal(change->changelog, "- stripes");
        cr_package_free(TAKE_PTR(parsed));
}

static void an_advisory_is_read_back_as_it_was_given(void **state) {
        _cleanup_(repodata_freep) Repodata *r = begin("sha256", false, 0);
        _cleanup_(strv_freep) char **names = NULL;
        cr_UpdateInfo *info = cr_updateinfo_new();
        const cr_UpdateRecord *update;
        const cr_UpdateCollection *collection;
        const cr_UpdateCollectionPackage *package;

        add_advisory(r);
        end(r);
        names = names_of(r);
        assert_int_equal(cr_xml_parse_updateinfo(path_of(names[3]), info, NULL, NULL, NULL), 0);
        assert_int_equal(g_slist_length(info->updates), 1);
        update = info->updates->data;
        assert_string_equal(update->id, "RHEA-2012:0059");
        assert_string_equal(update->issued_date, "2018-01-27 16:08:09");
        assert_true(update->reboot_suggested);
        assert_string_equal(((const cr_UpdateReference *) update->references->data)->href, "https://a.example/1");
        collection = update->collections->data;
        assert_int_equal(collection->module->version, 20180730233102);
        assert_int_equal(g_slist_length(collection->packages), 2);
        package = collection->packages->data;
        assert_string_equal(package->filename, "duck-0.7-1.noarch.rpm");
        assert_string_equal(package->sum, "abc");
        assert_int_equal(package->sum_type, CR_CHECKSUM_SHA256);
        assert_true(package->reboot_suggested);
        package = collection->packages->next->data;
        assert_null(package->sum);
        cr_updateinfo_free(info);
}

static cr_Repomd *read_repomd(void) {
        cr_Repomd *repomd = cr_repomd_new();

        assert_int_equal(cr_xml_parse_repomd(path_of("repomd.xml"), repomd, NULL, NULL, NULL), 0);
        return repomd;
}

static void the_same_input_gives_the_same_bytes(void **state) {
        _cleanup_(strv_freep) char **first = NULL, **second = NULL;
        cr_Repomd *repomd;

        for (int i = 0; i < 2; i++) {
                _cleanup_(repodata_freep) Repodata *r = NULL;

                assert_int_equal(make_directory(NULL), 0);
                r = begin("sha256", false, 1);
                add_tiger(r);
                add_advisory(r);
                end(r);
                *(i == 0 ? &first : &second) = names_of(r);
        }
        for (size_t i = 0; first[i]; i++)
                assert_string_equal(first[i], second[i]);
        repomd = read_repomd();
        assert_string_equal(repomd->revision, "1600000000");
        for (const GSList *i = repomd->records; i; i = i->next)
                assert_int_equal(((const cr_RepomdRecord *) i->data)->timestamp, 1600000000);
        cr_repomd_free(repomd);
}

/* The names are those that Pulp 3 itself gave the files of an empty repository. */
static void an_empty_repository_has_the_files_of_pulp_3(void **state) {
        static const char *const expected[] = {
                "1cb61ea996355add02b1426ed4c1780ea75ce0c04c5d1107c025c3fbd7d8bcae-primary.xml.gz",
                "95a4415d859d7120efb6b3cf964c07bebbff9a5275ca673e6e74a97bcbfb2a5f-filelists.xml.gz",
                "ef3e20691954c3d1318ec3071a982da339f4ed76967ded668b795c9e070aaab6-other.xml.gz",
                "c0cace4d6bd977ad29096c46467682b30b7ef65aff60fe7f7238096f9003d898-updateinfo.xml.gz",
                "repomd.xml",
        };
        _cleanup_(repodata_freep) Repodata *r = begin("sha256", false, 0);
        _cleanup_(strv_freep) char **names = NULL;
        cr_Repomd *repomd;

        end(r);
        names = names_of(r);
        assert_int_equal(strv_length(names), ELEMENTSOF(expected));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++)
                assert_string_equal(names[i], expected[i]);
        repomd = read_repomd();
        assert_string_equal(repomd->revision, "0");
        cr_repomd_free(repomd);
}

static void the_checksum_type_is_the_one_asked_for(void **state) {
        _cleanup_(repodata_freep) Repodata *r = begin("sha1", false, 0);
        _cleanup_(strv_freep) char **names = NULL;

        end(r);
        names = names_of(r);
        for (size_t i = 0; names[i] && !streq(names[i], "repomd.xml"); i++)
                assert_int_equal(strcspn(names[i], "-"), 40);
}

static void an_unknown_checksum_type_is_refused(void **state) {
        _cleanup_(freep) char *error = NULL;
        Repodata *r;

        assert_int_equal(repodata_new(directory, "crc32", false, 0, 0, true, &r, &error), -EINVAL);
        assert_string_equal(error, "unknown checksum type crc32");
        assert_string_equal(repodata_checksum_type("sha"), "sha1");
        assert_null(repodata_checksum_type("SHA256"));
}

static void databases_are_compressed_and_listed_with_their_version(void **state) {
        _cleanup_(repodata_freep) Repodata *r = begin("sha256", true, 1);
        _cleanup_(strv_freep) char **names = NULL;
        const cr_RepomdRecord *record;
        cr_Repomd *repomd;

        add_tiger(r);
        end(r);
        names = names_of(r);
        assert_int_equal(strv_length(names), 8);
        for (size_t i = 0; names[i]; i++)
                assert_int_equal(access(path_of(names[i]), F_OK), 0);
        assert_int_not_equal(access(path_of("primary.sqlite"), F_OK), 0);
        repomd = read_repomd();
        record = cr_repomd_get_record(repomd, "primary_db");
        assert_non_null(record);
        assert_int_equal(record->db_ver, 10);
        assert_true(record->size_open > record->size);
        assert_string_equal(record->location_href + strlen(record->location_href) - strlen("-primary.sqlite.bz2"),
                            "-primary.sqlite.bz2");
        cr_repomd_free(repomd);
}

static void put(const char *name, const char *text) {
        FILE *f = fopen(path_of(name), "wxe");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void a_file_of_a_type_that_is_there_is_left_out(void **state) {
        _cleanup_(repodata_freep) Repodata *r = begin("sha256", false, 0);
        _cleanup_(freep) char *error = NULL;
        cr_Repomd *repomd;

        assert_int_equal(repodata_close(r, &error), 0);
        put("productid", "certificate\n");
        put("primary.xml", "<metadata/>\n");
        assert_int_equal(repodata_add_file(r, "productid", "productid", &error), 0);
        assert_int_equal(repodata_add_file(r, "primary", "primary.xml", &error), -EEXIST);
        assert_int_equal(repodata_finish(r, &error), 0);
        repomd = read_repomd();
        assert_int_equal(cr_repomd_get_record(repomd, "productid")->size, strlen("certificate\n"));
        assert_int_equal(g_slist_length(repomd->records), 5);
        cr_repomd_free(repomd);
}

static void a_list_of_another_form_is_refused_by_name(void **state) {
        const char *columns[_PACKAGE_MAX];
        _cleanup_(freep) char *error = NULL;
        cr_Package *package;

        memcpy(columns, tiger, sizeof(columns));
        columns[PACKAGE_FILES] = "[[null, \"/tmp/\", \"a\"], [null, \"/tmp/\"]]";
        assert_int_equal(package_new(columns, &package, &error), -EBADMSG);
        assert_string_equal(error, "files/1 is not as Pulp writes it");
}

/* XML has no way to write them: one of them would make the file unreadable. */
static void control_characters_are_left_out(void **state) {
        _cleanup_(repodata_freep) Repodata *r = begin("sha256", false, 1);
        _cleanup_(package_freep) cr_Package *package = NULL;
        _cleanup_(strv_freep) char **names = NULL;
        _cleanup_(freep) char *error = NULL;
        const char *columns[_PACKAGE_MAX];

        memcpy(columns, tiger, sizeof(columns));
        columns[PACKAGE_DESCRIPTION] = "a\x01\tb\nc\x1f";
        assert_int_equal(package_new(columns, &package, &error), 0);
        assert_int_equal(repodata_add_package(r, package, &error), 0);
        end(r);
        names = names_of(r);
        parse(names);
        assert_string_equal(parsed->description, "a\tb\nc");
        cr_package_free(TAKE_PTR(parsed));
}

static json_t *document(const char *text) {
        json_t *value = json_loads(text, 0, NULL);

        assert_non_null(value);
        return value;
}

/* As libcomps writes it. */
static void groups_are_written_as_libcomps_does(void **state) {
        static const struct {
                CompsKind kind;
                const char *json;
        } documents[] = {
                { COMPS_GROUP, "{\"id\": \"a&b\", \"name\": \"N\", \"description\": \"\", \"default\": true, "
                               "\"user_visible\": false, \"biarch_only\": true, \"display_order\": 7, "
                               "\"name_by_lang\": [[\"de\", \"G\\u0001ruppe\"]], \"desc_by_lang\": [], \"packages\": "
                               "[{\"name\": \"p\", \"type\": 2, \"requires\": \"x\", \"basearchonly\": true}, "
                               "{\"name\": \"q\", \"type\": 0, \"requires\": null, \"basearchonly\": null}]}" },
                { COMPS_GROUP, "{\"id\": \"e\", \"name\": \"E\", \"description\": \"d\", \"display_order\": null}" },
                { COMPS_CATEGORY,
                  "{\"id\": \"c\", \"name\": \"C\", \"description\": \"\", \"display_order\": 99, "
                  "\"group_ids\": [{\"name\": \"g\", \"default\": true}, {\"name\": \"h\", \"default\": false}]}" },
                { COMPS_ENVIRONMENT, "{\"id\": \"v\", \"name\": \"V\", \"description\": \"\", \"group_ids\": [], "
                                     "\"option_ids\": [{\"name\": \"g\", \"default\": false}]}" },
                { COMPS_LANGPACKS, "{\"matches\": [[\"a-en\", \"a-%s\"]]}" },
                { COMPS_LANGPACKS, "{\"matches\": [[\"b-en\", \"b-%s\"]]}" },
        };
        static const char expected[] =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<!DOCTYPE comps PUBLIC \"-//Red Hat, Inc.//DTD Comps info//EN\" \"comps.dtd\">\n"
                "<comps>\n"
                "  <group>\n    <id>a&amp;b</id>\n    <name>N</name>\n    <name xml:lang=\"de\">Gruppe</name>\n"
                "    <description/>\n    <default>true</default>\n    <uservisible>false</uservisible>\n"
                "    <biarchonly>true</biarchonly>\n    <display_order>7</display_order>\n    <packagelist>\n"
                "      <packagereq type=\"conditional\" requires=\"x\" basearchonly=\"true\">p</packagereq>\n"
                "      <packagereq type=\"default\">q</packagereq>\n    </packagelist>\n  </group>\n"
                "  <group>\n    <id>e</id>\n    <name>E</name>\n    <description>d</description>\n"
                "    <default>false</default>\n    <uservisible>false</uservisible>\n    <packagelist/>\n  </group>\n"
                "  <category>\n    <id>c</id>\n    <name>C</name>\n    <description/>\n"
                "    <display_order>99</display_order>\n    <grouplist>\n      <groupid default=\"true\">g</groupid>\n"
                "      <groupid>h</groupid>\n    </grouplist>\n  </category>\n"
                "  <environment>\n    <id>v</id>\n    <name>V</name>\n    <description/>\n    <optionlist>\n"
                "      <groupid>g</groupid>\n    </optionlist>\n  </environment>\n"
                "  <langpacks>\n    <match name=\"a-en\" install=\"a-%s\"/>\n"
                "    <match name=\"b-en\" install=\"b-%s\"/>\n  </langpacks>\n"
                "</comps>\n";
        _cleanup_(comps_freep) Comps *comps = NULL;
        _cleanup_(freep) char *error = NULL;
        char text[4096];
        size_t n;
        FILE *f;

        assert_int_equal(comps_new(path_of("comps.xml"), &comps, &error), 0);
        for (size_t i = 0; i < ELEMENTSOF(documents); i++) {
                json_auto_t *value = document(documents[i].json);

                assert_int_equal(comps_add(comps, documents[i].kind, value, &error), 0);
        }
        assert_int_equal(comps_finish(comps, &error), 0);
        f = fopen(path_of("comps.xml"), "re");
        assert_non_null(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        text[n] = 0;
        assert_int_equal(fclose(f), 0);
        assert_string_equal(text, expected);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(a_package_is_read_back_with_its_lists_from_the_end, make_directory),
                cmocka_unit_test_setup(an_advisory_is_read_back_as_it_was_given, make_directory),
                cmocka_unit_test(the_same_input_gives_the_same_bytes),
                cmocka_unit_test_setup(an_empty_repository_has_the_files_of_pulp_3, make_directory),
                cmocka_unit_test_setup(the_checksum_type_is_the_one_asked_for, make_directory),
                cmocka_unit_test_setup(an_unknown_checksum_type_is_refused, make_directory),
                cmocka_unit_test_setup(databases_are_compressed_and_listed_with_their_version, make_directory),
                cmocka_unit_test_setup(a_file_of_a_type_that_is_there_is_left_out, make_directory),
                cmocka_unit_test_setup(a_list_of_another_form_is_refused_by_name, make_directory),
                cmocka_unit_test_setup(control_characters_are_left_out, make_directory),
                cmocka_unit_test_setup(groups_are_written_as_libcomps_does, make_directory),
        };
        int failed;

        if (!mkdtemp(root))
                return 1;
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        (void) nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        return failed;
}
