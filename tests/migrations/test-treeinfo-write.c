/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "migrations/pulp2to3/treeinfo-write.h"

/* What is published of a file; NULL: the file itself. */
static char *written(const char *text) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *sections = NULL;
        char *made;

        if (treeinfo_parse(text, strlen(text), &sections, &reason) < 0)
                fail_msg("%s", reason);
        assert_int_equal(treeinfo_write(sections, &made), 0);
        return made;
}

static void paths_of_other_repositories_are_directories_of_their_ids(void **state) {
        _cleanup_(freep) char *made =
                written("[header]\nversion = 1.2\ntype = productmd.treeinfo\n"
                        "[release]\nversion = 7\nname = Sea OS\n"
                        "[tree]\nvariants = Sea,Land\nplatforms = xen,x86_64\narch = x86_64\n"
                        "build_timestamp = 1539194952\n"
                        "[variant-Sea]\nid = Sea\nuid = Sea\nrepository = .\npackages = rpms\n"
                        "[variant-Land]\nid = Land\nrepository = ../land/\npackages = ../land/\n"
                        "[addon-Sea-Whale]\nid = Whale\nrepository = addons/whale\n");

        assert_string_equal(made,
                            "[addon-Sea-Whale]\nid = Whale\npackages = Whale/Packages\nrepository = Whale\n\n"
                            "[general]\n"
                            "; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.\n"
                            "; WARNING.1 = Read productmd documentation for details about new format.\n"
                            "arch = x86_64\nfamily = Sea OS\nname = Sea OS 7\npackagedir = Land/Packages\n"
                            "platforms = x86_64,xen\nrepository = Land\ntimestamp = 1539194952\nvariant = Land\n"
                            "variants = Land,Sea\nversion = 7\n\n"
                            "[header]\ntype = productmd.treeinfo\nversion = 1.2\n\n"
                            "[release]\nname = Sea OS\nversion = 7\n\n"
                            "[tree]\narch = x86_64\nbuild_timestamp = 1539194952\nplatforms = x86_64,xen\n"
                            "variants = Land,Sea\n\n"
                            "[variant-Land]\nid = Land\npackages = Land/Packages\nrepository = Land\n\n"
                            "[variant-Sea]\nid = Sea\npackages = Packages\nrepository = .\nuid = Sea\n\n");
}

static void the_main_variant_stays(void **state) {
        _cleanup_(freep) char *made = written("[header]\nversion = 1.2\n[release]\nname = Sea\nversion = 7\n"
                                              "[general]\nvariant = Sea\nrepository = old\nown = kept\n"
                                              "[tree]\nvariants = Sea,Land\narch = x86_64\n"
                                              "[variant-Sea]\nid = Sea\nrepository = .\npackages = rpms\n");

        assert_non_null(strstr(made, "\nvariant = Sea\n"));
        assert_non_null(strstr(made, "\nrepository = .\n"));
        assert_null(strstr(made, "old"));
        assert_non_null(strstr(made, "\nown = kept\n"));
}

static void a_section_that_is_not_known_stays(void **state) {
        _cleanup_(freep) char *made = written("[header]\nversion = 1.2\n[release]\nname = Sea\nversion = 7\n"
                                              "[tree]\narch = x86_64\n[vendor]\nsupport = yes\n");

        assert_non_null(strstr(made, "[vendor]\nsupport = yes\n\n"));
}

static void a_file_from_before_the_format_had_versions_stays_as_it_is(void **state) {
        assert_null(written("[general]\nfamily = Sea\nversion = 5\n"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(paths_of_other_repositories_are_directories_of_their_ids),
                cmocka_unit_test(the_main_variant_stays),
                cmocka_unit_test(a_section_that_is_not_known_stays),
                cmocka_unit_test(a_file_from_before_the_format_had_versions_stays_as_it_is),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
