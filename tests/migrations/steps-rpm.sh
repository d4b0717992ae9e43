#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The steps on a real dump of yum repositories: its rows are those of the upstream tool but for what is listed here. Output is TAP.
#
# steps-rpm.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/lib/pulp3-compare-rpm.sh
. "$ROOT/tests/lib/pulp3-compare-rpm.sh"

DUMP=rpm_base_4repos
REFERENCES=$SHARED/pulp2to3

# What is not as upstream has it, line for line: "-" upstream's, "+" ours.
# 1. The errata of srpm-unsigned keep their packages that are in the repository: upstream looks for binary packages only, and
#    loses source packages. test-srpm03 is not among them, as the erratum says another release than the repository has.
# 2. The digest of an advisory is of the updateinfo.xml with that advisory alone. Upstream's of errata with modules, and of those
#    that lost all their packages, is not that of what it publishes.
# 3. So the two updateinfo.xml have other bytes: packages more, and advisories in the order of their digests.
allowed() {
        cat <<'LINES'
+advisory-digests RHEA-2012:0022 cfc7b2ed01a3b0ed21126dc6661d05a361ccf30beb2b9d5aa32f75b3c35efb52
+advisory-digests RHEA-2012:0023 3b8f09efd7ee2de4a5c36f938f49300928b2d9f6c3b0d26ac14a36956836c73c
+advisory-digests RHEA-2012:0059 312c300800f38764a511ed077aacda595e7c459653d997482c220b684763ce5f
+advisory-digests RHEA-2012:0060 87305be95ba12cbe8984edf1ba6d5d92eb7595d9ab447d1ff83c4212f878e44a
+artifacts 17c2530e67a02bd4c94ff54141013d76c7360b87ee0b7df011d01221cc8f0d02 468
+artifacts 99e595d02caff618415b34b8ede9071738762c2878a56211ddda0b31828c46f7 855
+content-artifacts 17c2530e67a02bd4c94ff54141013d76c7360b87ee0b7df011d01221cc8f0d02-updateinfo.xml.gz
+content-artifacts 99e595d02caff618415b34b8ede9071738762c2878a56211ddda0b31828c46f7-updateinfo.xml.gz
+contents 17c2530e67a02bd4c94ff54141013d76c7360b87ee0b7df011d01221cc8f0d02-updateinfo.xml.gz
+contents 99e595d02caff618415b34b8ede9071738762c2878a56211ddda0b31828c46f7-updateinfo.xml.gz
+publications rpm-with-modules 99e595d02caff618415b34b8ede9071738762c2878a56211ddda0b31828c46f7-updateinfo.xml.gz
+publications srpm-unsigned 17c2530e67a02bd4c94ff54141013d76c7360b87ee0b7df011d01221cc8f0d02-updateinfo.xml.gz
+published-metadata rpm-with-modules 99e595d02caff618415b34b8ede9071738762c2878a56211ddda0b31828c46f7-updateinfo.xml.gz
+published-metadata srpm-unsigned 17c2530e67a02bd4c94ff54141013d76c7360b87ee0b7df011d01221cc8f0d02-updateinfo.xml.gz
+rpm_updatecollection RHEA-2012:0022
+rpm_updatecollection RHEA-2012:0023
+rpm_updatecollectionpackage RHEA-2012:0022 test-srpm01
+rpm_updatecollectionpackage RHEA-2012:0023 test-srpm02
-advisory-digests RHEA-2012:0022 56f09728d1e71683120ee3ea3947b6835b4b8210441bd77fdff3bf87ed5da04e
-advisory-digests RHEA-2012:0023 24f12b42e7aaf84eee4f4c537a69426c7a255e1ff00ea12d8afed8444f29939c
-advisory-digests RHEA-2012:0059 7a92870bb79d8c731cab6bcef06accd9173ec137a467729945eab96203c08e4b
-advisory-digests RHEA-2012:0060 f19d0900b2e5b99660136d01627c14d2bce8e260e687c09308e51bf31c8d87b3
-artifacts 35c289ae44fa8ecd660d75a37551a241fdf9c2b3972b6ff1ddaaf55ad5c71fa7 865
-artifacts fcdeeecbabd831211caed55e59a077f2dd0335f809a1d2e5420d3b3af142614c 333
-content-artifacts 35c289ae44fa8ecd660d75a37551a241fdf9c2b3972b6ff1ddaaf55ad5c71fa7-updateinfo.xml.gz
-content-artifacts fcdeeecbabd831211caed55e59a077f2dd0335f809a1d2e5420d3b3af142614c-updateinfo.xml.gz
-contents 35c289ae44fa8ecd660d75a37551a241fdf9c2b3972b6ff1ddaaf55ad5c71fa7-updateinfo.xml.gz
-contents fcdeeecbabd831211caed55e59a077f2dd0335f809a1d2e5420d3b3af142614c-updateinfo.xml.gz
-publications rpm-with-modules 35c289ae44fa8ecd660d75a37551a241fdf9c2b3972b6ff1ddaaf55ad5c71fa7-updateinfo.xml.gz
-publications srpm-unsigned fcdeeecbabd831211caed55e59a077f2dd0335f809a1d2e5420d3b3af142614c-updateinfo.xml.gz
-published-metadata rpm-with-modules 35c289ae44fa8ecd660d75a37551a241fdf9c2b3972b6ff1ddaaf55ad5c71fa7-updateinfo.xml.gz
-published-metadata srpm-unsigned fcdeeecbabd831211caed55e59a077f2dd0335f809a1d2e5420d3b3af142614c-updateinfo.xml.gz
LINES
}

# Differences with a reference, each shortened to what tells it apart in the lines above; others stay whole.
differences() {
        pulp3_rpm_differences "$(conninfo pulp)" "$REFERENCES/$1" | sed -E '
                s|^(.advisory-digests)\t([^\t]*)\t(.*)$|\1 \2 \3|
                s|^(.artifacts)\t([^\t]*)\t([0-9]*)\t.*$|\1 \2 \3|
                s|^(.contents)\t.*repodata/([^\t]*-updateinfo.xml.gz)$|\1 \2|
                s|^(.content-artifacts)\tcore.publishedmetadata\trepodata/([^\t]*-updateinfo.xml.gz)\t.*$|\1 \2|
                s|^(.publications)\t([^\t]*)\t.*\trepodata/([^\t]*-updateinfo.xml.gz)\tcore.*$|\1 \2 \3|
                s|^(.published-metadata)\t([^\t]*)\t1\trepodata/([^\t]*-updateinfo.xml.gz)\t.*$|\1 \2 \3|
                s|^(.rpm_updatecollection)\t([^\t]*)\t.*$|\1 \2|
                s|^(.rpm_updatecollectionpackage)\t([^\t]*)\t.*"name": "([^"]*)".*$|\1 \2 \3|' | LC_ALL=C sort
}

plan() {
        cat "$REFERENCES/plans/rpm-$1.json"
}

test_the_real_dump_gives_the_rows_of_the_reference_but_for_those_that_are_listed() {
        need_shared || return 0
        real_target "$DUMP"
        run "$(plan complex)"
        expect_state completed
        expect_counters
        diff <(allowed) <(differences reference-rpm-complex)
        # The links of modules and the lists that the reference makes of its tables.
        diff <(LC_ALL=C sort "$REFERENCES/reference-rpm-complex/nk-remote-artifacts.tsv") \
                <(pulp3_listings "$(conninfo pulp)" | sed -n 's/^remote-artifacts\t//p' | LC_ALL=C sort)
        [[ -z $(problems) ]] || fail "problems: $(problems)"
}

test_a_second_run_changes_no_row_and_has_no_content_task() {
        local before

        need_shared || return 0
        before=$(pulp3_checksums "$(conninfo pulp)")
        run "$(plan complex)"
        expect_state completed
        diff <(echo "$before") <(pulp3_checksums "$(conninfo pulp)")
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND s.code = 'content' AND t.kind = 'main'") -eq 0 ]]
}

# Upstream learns from its content of which plugin a repository is, so a plan without repositories loses the empty ones.
test_a_plan_without_repositories_gives_the_same_and_the_empty_ones_too() {
        need_shared || return 0
        real_target "$DUMP"
        run "$(plan all)"
        expect_state completed
        # Nothing of upstream's is missing, and what is more is what a plan that names the empty ones gives.
        diff <(allowed | grep '^-') <(differences reference-rpm | grep '^-')
        diff <(allowed) <(differences reference-rpm-complex)
        pulp3_listings "$(conninfo pulp)" >"$WORK/all"
}

test_one_and_eight_workers_give_the_same_rows() {
        local workers

        need_shared || return 0
        for workers in 1 8; do
                real_target "$DUMP"
                run "$(plan all)" '{}' "$workers"
                expect_state completed
                diff "$WORK/all" <(pulp3_listings "$(conninfo pulp)")
        done
}

test_programs_killed_at_random_moments_end_with_the_same_rows() {
        need_shared || return 0
        real_target "$DUMP"
        KILL_AFTER=200
        run "$(plan all)" '{}' 3
        KILL_AFTER=
        expect_state completed
        diff "$WORK/all" <(pulp3_listings "$(conninfo pulp)")
        [[ $(db migrationd -c "SELECT count(*) > 0 FROM migrationd.attempt WHERE report_id = $REPORT AND state = 'failed'") == t ]]
}

# Files that are not as they were: a module's is longer, one of defaults is missing, and the .treeinfo has lost its header.
damage() {
        local units=$WORK/content-$DUMP/units

        echo '# more' >>"$(find "$units/modulemd" -type f | LC_ALL=C sort | head -1)"
        rm "$(find "$units/modulemd_defaults" -type f | LC_ALL=C sort | head -1)"
        sed -i 's/^build_timestamp = .*/build_timestamp = soon/' "$units"/distribution/*/*/.treeinfo
}

# As the files are links of the media's, each gets its own inode first.
unlink_content() {
        rm -rf "$WORK/content-$DUMP"
        real_target "$DUMP"
}

test_damaged_files_are_problems_with_the_option_and_nothing_of_them_is_there() {
        need_shared || return 0
        unlink_content
        damage
        run "$(plan all)" '{"skip_corrupted": true}'
        expect_state completed
        diff - <(problems | sed -E 's|[0-9a-f]{8}-[0-9a-f-]{27}|ID|; s|/[^ ]*/units/|UNITS/|; s|UNITS/([a-z_]*)/[0-9a-f]{2}/[0-9a-f]*|UNITS/\1/HASH|;
                s|(checksum) [0-9a-f]{64}, expected [0-9a-f]{64}|\1 X, expected Y|' | LC_ALL=C sort) <<'LINES'
units_distribution ID ks-Red Hat Enterprise Linux-Sea-7.6-x86_64: UNITS/distribution/HASH/.treeinfo: [tree] build_timestamp is "soon", not a number
units_modulemd ID duck 0 201809302113907 deadbeef noarch: UNITS/modulemd/HASH has the checksum X, expected Y
units_modulemd_defaults ID walrus 0.71 rpm-with-modules: UNITS/modulemd_defaults/HASH is missing: No such file or directory
LINES
        [[ $(db pulp -c "SELECT count(*) FROM rpm_distributiontree") -eq 0 && $(db pulp -c "SELECT count(*) FROM rpm_image") -eq 0 ]]
        [[ $(db pulp -c "SELECT count(*) FROM rpm_modulemd") -eq 9 && $(db pulp -c "SELECT count(*) FROM rpm_modulemddefaults") -eq 2 ]]
        [[ $(db pulp -c "SELECT count(*) FROM core_content c WHERE c.pulp_type = 'rpm.modulemd'") -eq 9 ]]
}

test_files_that_are_whole_again_complete_the_migration() {
        need_shared || return 0
        rm -rf "$WORK/content-$DUMP"
        cp -a "$SHARED/pulp2/$DUMP/var/lib/pulp/content" "$WORK/content-$DUMP"
        run "$(plan all)" '{"skip_corrupted": true}'
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        # The contents are those of a migration at once; versions, publications and their files are more.
        diff <(grep -E '^(rpm_|advisory-digests|remote-artifacts)' "$WORK/all") \
                <(pulp3_listings "$(conninfo pulp)" | grep -E '^(rpm_|advisory-digests|remote-artifacts)')
}

test_a_damaged_file_fails_its_task_and_is_named() {
        need_shared || return 0
        unlink_content
        damage
        : >"$LOG"
        run "$(plan all)"
        expect_state failed
        expect_log 'units_modulemd(_defaults)? [0-9a-f-]+: .*; the option skip_corrupted leaves such units out'
        [[ $(db migrationd -c "SELECT DISTINCT class || error FROM migrationd.task WHERE report_id = $REPORT AND state = 'failed'") == \
                'exit-codeexit 65' ]]
        rm -rf "$WORK/content-$DUMP"
}

# As the dump would have it later: an erratum whose text changed, and one that lost a package list.
test_an_erratum_that_changed_is_replaced_in_a_new_version() {
        need_shared || return 0
        real_target "$DUMP"
        run "$(plan all)"
        db pulp -c "UPDATE migrationd_pulp2to3.unit_document SET document = document || '{\"title\": \"Old\"}', digest = 'other',
                migrated = false WHERE type = 'erratum' AND document->>'errata_id' = 'RHEA-2012:0058'" \
                -c "UPDATE migrationd_pulp2to3.dump SET source = 'another'" \
                -c "UPDATE rpm_updaterecord SET title = 'Old', digest = 'other' WHERE id = 'RHEA-2012:0058'"
        run "$(plan all)"
        expect_state completed
        [[ $(db pulp -c "SELECT string_agg(title, ' ' ORDER BY title) FROM rpm_updaterecord WHERE id = 'RHEA-2012:0058'") == \
                'Gorilla_Erratum Old' ]]
        [[ $(db pulp -c "SELECT string_agg(d.count_type || d.count, ' ' ORDER BY d.count_type)
                FROM core_repositoryversioncontentdetails d JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id
                WHERE v.number = 2 AND d.content_type = 'rpm.advisory'") == 'A1 P6 R1' ]]
}

titles=(
        test_the_real_dump_gives_the_rows_of_the_reference_but_for_those_that_are_listed
        test_a_second_run_changes_no_row_and_has_no_content_task
        test_a_plan_without_repositories_gives_the_same_and_the_empty_ones_too
        test_one_and_eight_workers_give_the_same_rows
        test_programs_killed_at_random_moments_end_with_the_same_rows
        test_damaged_files_are_problems_with_the_option_and_nothing_of_them_is_there
        test_files_that_are_whole_again_complete_the_migration
        test_a_damaged_file_fails_its_task_and_is_named
        test_an_erratum_that_changed_is_replaced_in_a_new_version
)
steps_run "$@"
