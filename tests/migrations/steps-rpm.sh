#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The steps on a real dump of yum repositories: its rows and files are those of the upstream tool, but for those of
# upstream-differences.txt. Output is TAP.
#
# steps-rpm.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

DUMP=rpm_base_4repos
REFERENCES=$SHARED/pulp2to3

plan() {
        cat "$REFERENCES/plans/rpm-$1.json"
}

test_the_real_dump_gives_the_rows_of_the_reference_but_for_those_that_are_listed() {
        need_shared || return 0
        real_target "$DUMP"
        run "$(plan complex)"
        expect_state completed
        expect_counters
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$REFERENCES/reference-rpm-complex"
        [[ -z $(problems) ]] || fail "problems: $(problems)"
}

# The bytes of repomd.xml are in no reference, so what it says is compared with the files that are published beside it.
test_each_repomd_says_what_is_published_beside_it() {
        local repository file path artifact n=0

        need_shared || return 0
        while read -r repository file; do
                diff <(repomd_lines "$WORK/media/$file") <(
                        while read -r path artifact; do
                                printf '%s %s' "$path" "$(digest_and_size <"$WORK/media/$artifact")"
                                [[ $path != *.gz ]] || printf ' %s' "$(gzip -dc "$WORK/media/$artifact" | digest_and_size)"
                                echo
                        done < <(published "$repository" | grep -v '/repomd.xml ') | LC_ALL=C sort) || fail "repomd.xml of $repository"
                # One time in all of it; the revision of a repository without packages is 0.
                [[ $(grep -oE '<timestamp>[0-9]+' "$WORK/media/$file" | sort -u | wc -l) -eq 1 ]]
                n=$((n + 1))
        done < <(db pulp -c "SELECT r.name FROM core_repository r ORDER BY 1" | while read -r repository; do
                published "$repository" | sed -n "s|^repodata/repomd.xml|$repository|p"
        done)
        [[ $n -eq 5 ]] || fail "$n files repomd.xml"
}

# published REPOSITORY: lines PATH FILE of what its publication has below repodata.
published() {
        db pulp -c "SELECT m.relative_path, a.file FROM core_publishedmetadata m
                JOIN core_contentartifact c ON c.content_id = m.content_ptr_id JOIN core_artifact a ON a.pulp_id = c.artifact_id
                JOIN core_publication p ON p.pulp_id = m.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id
                WHERE r.name = '$1' AND m.relative_path LIKE 'repodata/%' ORDER BY 1"
}

digest_and_size() {
        cat >"$WORK/part"
        printf '%s %s' "$(sha256sum <"$WORK/part" | cut -d' ' -f1)" "$(stat -c %s "$WORK/part")"
}

# repomd_lines FILE: lines PATH DIGEST SIZE [DIGEST SIZE of the text], sorted.
repomd_lines() {
        sed -E 's/<(checksum|open-checksum) type="sha256">/<\1>/; s/<location href="([^"]*)"\/>/<location>\1</' "$1" |
                awk -F'[<>]' '/<data / { delete v } { v[$2] = $3 } /<\/data>/ { print v["location"], v["checksum"], v["size"] \
                        (v["open-size"] ? " " v["open-checksum"] " " v["open-size"] : "") }' | LC_ALL=C sort
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
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$REFERENCES/reference-rpm"
        # A plan that names the empty ones gives no other rows.
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$REFERENCES/reference-rpm-complex"
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

# Of listings, the rows of contents.
contents() {
        grep -E '^(rpm_|core_remoteartifact)' | grep -v '^rpm_rpmpublication'
}

test_files_that_are_whole_again_complete_the_migration() {
        need_shared || return 0
        rm -rf "$WORK/content-$DUMP"
        cp -a "$SHARED/pulp2/$DUMP/var/lib/pulp/content" "$WORK/content-$DUMP"
        run "$(plan all)" '{"skip_corrupted": true}'
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        # The contents are those of a migration at once; versions, publications and their files are more.
        diff <(contents <"$WORK/all") <(pulp3_listings "$(conninfo pulp)" | contents)
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
        test_each_repomd_says_what_is_published_beside_it
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
