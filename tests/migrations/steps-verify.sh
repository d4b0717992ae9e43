#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The verification on the real dumps: nothing where nothing is wrong, and each kind of damage as exactly one problem. Output is TAP.
#
# steps-verify.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-verify-common.sh
. "$HERE/steps-verify-common.sh"

test_iso_repositories_that_were_migrated_have_no_difference() {
        need_shared || return 0
        migrated file_base_4repos "$ISO"
        expect_none
        # It has looked: at every unit, and every repository.
        [[ $(db migrationd -c "SELECT sum(done) FROM migrationd.task WHERE report_id = $REPORT AND input ? 'type'") -eq \
                $(pulp 'SELECT count(*) FROM migrationd_pulp2to3.iso') ]]
        [[ $(db migrationd -c "SELECT sum(done) FROM migrationd.task WHERE report_id = $REPORT AND input ? 'first' AND
                NOT input ? 'type'") -eq 4 ]]
}

test_a_byte_of_an_artifact_that_is_another_is_found() {
        local file

        need_shared || return 0
        go_on
        file=$(first_artifact file.file)
        with_other_bytes "$file"
        expect_difference "^unit iso [0-9a-f-]+ .*: $WORK/media/$file has the SHA-256 [0-9a-f]{64}$"
        restore "$file"
        expect_none
}

test_an_artifact_that_is_missing_is_found() {
        local file

        need_shared || return 0
        go_on
        file=$(first_artifact file.file)
        mv "$WORK/media/$file" "$WORK/saved"
        expect_difference "^unit iso [0-9a-f-]+ .*: $WORK/media/$file is missing: No such file or directory$"
        restore "$file"
}

test_an_artifact_that_is_short_is_found() {
        local file

        need_shared || return 0
        go_on
        file=$(first_artifact file.file)
        mv "$WORK/media/$file" "$WORK/saved"
        : >"$WORK/media/$file"
        expect_difference "^unit iso [0-9a-f-]+ .*: $WORK/media/$file has 0 bytes, expected [0-9]+$"
        restore "$file"
}

test_a_column_of_a_content_that_has_changed_is_found() {
        local id

        need_shared || return 0
        go_on
        id=$(pulp "SELECT content_ptr_id FROM file_filecontent ORDER BY relative_path LIMIT 1")
        pulp "UPDATE file_filecontent SET relative_path = 'x' || relative_path WHERE content_ptr_id = '$id'"
        expect_difference "^unit iso [0-9a-f-]+ .*: relative_path is 'x.*', in Pulp 2 it is '.*'$"
        pulp "UPDATE file_filecontent SET relative_path = substr(relative_path, 2) WHERE content_ptr_id = '$id'"
        expect_none
}

test_a_link_that_is_missing_in_a_version_is_found() {
        need_shared || return 0
        go_on
        pulp "CREATE TABLE public.saved AS SELECT * FROM core_repositorycontent ORDER BY pulp_id LIMIT 1"
        pulp "DELETE FROM core_repositorycontent c USING saved s WHERE s.pulp_id = c.pulp_id"
        expect_difference '^repository [a-z0-9-]+ version 1 content [0-9a-f-]+: it is not in the version; Pulp 2 has it in the repository, as unit '
        pulp "INSERT INTO core_repositorycontent SELECT * FROM saved"
        expect_none
}

test_a_link_that_pulp_2_has_not_is_found() {
        need_shared || return 0
        go_on
        pulp "INSERT INTO core_repositorycontent (pulp_id, pulp_created, content_id, repository_id, version_added_id)
                SELECT gen_random_uuid(), now(), c.content_ptr_id, v.repository_id, v.pulp_id FROM file_filecontent c, core_repositoryversion v
                WHERE v.number = 1 AND NOT EXISTS (SELECT FROM core_repositorycontent o WHERE o.repository_id = v.repository_id AND
                        o.content_id = c.content_ptr_id) LIMIT 1"
        expect_difference '^repository [a-z0-9-]+ version 1 content [0-9a-f-]+: it is in the version; Pulp 2 has it not in the repository$'
        pulp "DELETE FROM core_repositorycontent WHERE pulp_id NOT IN (SELECT pulp_id FROM core_repositorycontent ORDER BY pulp_created
                LIMIT (SELECT count(*) - 1 FROM core_repositorycontent))"
        expect_none
}

test_a_manifest_whose_bytes_have_changed_is_found() {
        local file

        need_shared || return 0
        go_on
        file=$(first_artifact core.publishedmetadata)
        with_other_bytes "$file"
        expect_difference "^repository [a-z0-9-]+ version 1 file PULP_MANIFEST: $WORK/media/$file has the SHA-256 [0-9a-f]{64}$"
        restore "$file"
        expect_none
}

# The artifact of a manifest, and its row, are of other lines: as a program would leave it that publishes the wrong content.
test_a_manifest_with_another_line_is_found() {
        local file id sha256

        need_shared || return 0
        go_on
        read -r id file < <(pulp "SELECT a.pulp_id, a.file FROM core_artifact a JOIN core_contentartifact ca ON ca.artifact_id = a.pulp_id
                WHERE ca.relative_path = 'PULP_MANIFEST' AND a.size > 0 ORDER BY a.file LIMIT 1")
        { cat "$WORK/media/$file"; printf 'more.iso,%064d,1\n' 7; } >"$WORK/manifest"
        sha256=$(sha256sum "$WORK/manifest" | cut -d' ' -f1)
        mkdir -p "$WORK/media/artifact/${sha256:0:2}"
        cp "$WORK/manifest" "$WORK/media/artifact/${sha256:0:2}/${sha256:2}"
        pulp "CREATE TABLE public.saved_artifact AS SELECT * FROM core_artifact WHERE pulp_id = '$id'"
        pulp "UPDATE core_artifact SET sha256 = '$sha256', size = $(stat -c %s "$WORK/manifest") WHERE pulp_id = '$id'"
        expect_difference '^repository [a-z0-9-]+ version 1 line more.iso,0{63}7,1: no content of the repository gives this line$'
        head -n -2 "$WORK/manifest" >"$WORK/manifest2"
        sha256=$(sha256sum "$WORK/manifest2" | cut -d' ' -f1)
        mkdir -p "$WORK/media/artifact/${sha256:0:2}"
        cp "$WORK/manifest2" "$WORK/media/artifact/${sha256:0:2}/${sha256:2}"
        pulp "UPDATE core_artifact SET sha256 = '$sha256', size = $(stat -c %s "$WORK/manifest2") WHERE pulp_id = '$id'"
        expect_difference '^repository [a-z0-9-]+ version 1 line .*: the manifest has no such line$'
        pulp "UPDATE core_artifact a SET sha256 = s.sha256, size = s.size FROM saved_artifact s WHERE a.pulp_id = s.pulp_id"
        expect_none
}

test_a_distribution_with_another_path_is_found() {
        need_shared || return 0
        go_on
        pulp "UPDATE core_distribution SET base_path = 'elsewhere' WHERE pulp_id = (SELECT pulp_id FROM core_distribution ORDER BY 1 LIMIT 1)"
        expect_difference '^distribution [0-9a-f]+-[a-z0-9-]+ of repository [a-z0-9-]+: its base path is elsewhere, in Pulp 2 it is '
}

test_the_last_step_of_the_migration_verifies_with_the_option_only() {
        local file

        need_shared || return 0
        migrated file_base_4repos "$ISO"
        file=$(first_artifact file.file)
        with_other_bytes "$file"
        run "$PLAN" "$SKIP_CORRUPTED"
        expect_state completed
        run "$PLAN" '{"skip_corrupted": true, "verify": true}'
        expect_state failed
        problems | matches '^unit iso .* has the SHA-256' || fail "problems: $(problems)"
        restore "$file"
        run "$PLAN" '{"skip_corrupted": true, "verify": true}'
        expect_state completed
}

test_a_task_that_is_tried_again_comes_to_the_same_verdict() {
        local file begin

        need_shared || return 0
        go_on
        begin=${EPOCHREALTIME/./}
        expect_none
        # Twice what an attempt takes on this machine: half of them are killed.
        KILL_AFTER=$(((${EPOCHREALTIME/./} - begin) / 500 / ATTEMPTS))
        file=$(first_artifact file.file)
        mv "$WORK/media/$file" "$WORK/saved"
        configure "$SHARED/pulp2/file_base_4repos/mongodb.file_base_4repos.archive" "$WORK/content-file_base_4repos" \
                $'[Tasks]\nTargetDuration=100ms'
        verify "$PLAN"
        KILL_AFTER=
        expect_state failed
        [[ $(problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
        restore "$file"
}

test_another_archive_is_refused_with_the_next_command() {
        need_shared || return 0
        go_on
        configure "$SHARED/pulp2/rpm_base_4repos/mongodb.rpm_base_4repos.archive" "$WORK/content-file_base_4repos"
        : >"$LOG"
        verify "$PLAN"
        expect_state failed
        expect_log 'the tables in Pulp.s database are those of .*file_base_4repos.archive, and the configuration names .*: migrationctl run PLAN'
        [[ -z $(problems) ]]
}

test_a_target_without_a_dump_is_refused_with_the_next_command() {
        need_shared || return 0
        real_target file_base_4repos
        : >"$LOG"
        verify "$ISO"
        expect_state failed
        expect_log 'holds no dump; run the migration pulp2to3 first: migrationctl run PLAN'
}

test_rpm_repositories_that_were_migrated_have_no_difference() {
        need_shared || return 0
        migrated rpm_base_4repos "$RPM"
        expect_none
}

test_a_column_of_a_package_that_has_changed_is_found() {
        need_shared || return 0
        go_on
        pulp "UPDATE rpm_package SET release = '77' WHERE name = 'bear'"
        expect_difference "^unit rpm [0-9a-f-]+ bear .*: release is '77', in Pulp 2 it is '[^']*'$"
        pulp "UPDATE rpm_package SET release = (SELECT document ->> 'release' FROM migrationd_pulp2to3.unit_document
                WHERE type = 'rpm' AND document ->> 'name' = 'bear' LIMIT 1) WHERE name = 'bear'"
        expect_none
}

# Empty repositories have one of the same bytes.
test_a_metadata_file_that_is_missing_is_found() {
        local file

        need_shared || return 0
        go_on
        # Those of empty repositories that were published in the same second are one artifact, and several problems.
        file=$(pulp "SELECT a.file FROM core_artifact a JOIN core_contentartifact ca ON ca.artifact_id = a.pulp_id
                WHERE ca.relative_path = 'repodata/repomd.xml' GROUP BY 1 HAVING count(*) = 1 ORDER BY 1 LIMIT 1")
        mv "$WORK/media/$file" "$WORK/saved"
        expect_difference "^repository [a-z0-9-]+ version 1 file repodata/repomd.xml: $WORK/media/$file is missing"
        restore "$file"
}

test_a_package_that_is_not_published_is_found() {
        need_shared || return 0
        go_on
        pulp "DELETE FROM core_publishedartifact WHERE pulp_id = (SELECT a.pulp_id FROM core_publishedartifact a
                WHERE relative_path ~ '[.]rpm$' ORDER BY 1 LIMIT 1)"
        expect_difference '^repository [a-z0-9-]+ version 1 content [0-9a-f-]+: it is not published$'
}

test_deb_repositories_that_were_migrated_have_no_difference() {
        need_shared || return 0
        migrated deb_base_4repos "$DEB"
        expect_none
}

test_a_byte_of_a_debian_package_that_is_another_is_found() {
        local file

        need_shared || return 0
        go_on
        file=$(first_artifact deb.package)
        with_other_bytes "$file"
        : >"$LOG"
        verify "$PLAN"
        expect_state failed
        problems | matches "^unit deb [0-9a-f-]+ .*: $WORK/media/$file has the SHA-256 [0-9a-f]{64}$" || fail "problems: $(problems)"
        [[ $(problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
        restore "$file"
}

titles=(
        test_iso_repositories_that_were_migrated_have_no_difference
        test_a_byte_of_an_artifact_that_is_another_is_found
        test_an_artifact_that_is_missing_is_found
        test_an_artifact_that_is_short_is_found
        test_a_column_of_a_content_that_has_changed_is_found
        test_a_link_that_is_missing_in_a_version_is_found
        test_a_link_that_pulp_2_has_not_is_found
        test_a_manifest_whose_bytes_have_changed_is_found
        test_a_manifest_with_another_line_is_found
        test_a_distribution_with_another_path_is_found
        test_the_last_step_of_the_migration_verifies_with_the_option_only
        test_a_task_that_is_tried_again_comes_to_the_same_verdict
        test_another_archive_is_refused_with_the_next_command
        test_a_target_without_a_dump_is_refused_with_the_next_command
        test_rpm_repositories_that_were_migrated_have_no_difference
        test_a_column_of_a_package_that_has_changed_is_found
        test_a_metadata_file_that_is_missing_is_found
        test_a_package_that_is_not_published_is_found
        test_deb_repositories_that_were_migrated_have_no_difference
        test_a_byte_of_a_debian_package_that_is_another_is_found
)

steps_run "$@"
