#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The verification on the real dumps: nothing where nothing is wrong, and each kind of damage as exactly one problem. Output is TAP.
#
# steps-verify.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

ISO='{"plugins": [{"type": "iso"}]}'
RPM='{"plugins": [{"type": "rpm"}]}'
DEB='{"plugins": [{"type": "deb"}]}'
SKIP_CORRUPTED='{"skip_corrupted": true}'

pulp() {
        db pulp -c "$1"
}

verify() {
        DEFINITION=pulp2to3_verify run "$@"
}

# expect_difference PATTERN: the verification fails, with exactly one problem, which matches.
expect_difference() {
        : >"$LOG"
        verify "$PLAN"
        expect_state failed
        [[ $(problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
        problems | grep -qE "$1" || fail "problems: $(problems)"
        expect_log "1 differences between the dump and Pulp 3: migrationctl problems $REPORT"
        # What failed has looked at all that it is for.
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT AND done < total") -eq 0 ]]
}

expect_none() {
        verify "$PLAN"
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_state completed
}

# migrated DUMP PLAN: a target with that dump.
migrated() {
        real_target "$1"
        PLAN=$2
        echo "$PLAN" >"$WORK/plan"
        run "$PLAN" "$SKIP_CORRUPTED"
        expect_state completed
}

# The former test's target and plan, whose tests run in a shell of their own.
go_on() {
        PLAN=$(cat "$WORK/plan")
}

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

# File and size of the first artifact of a content of that type.
first_artifact() {
        pulp "SELECT a.file FROM core_artifact a JOIN core_contentartifact ca ON ca.artifact_id = a.pulp_id
                JOIN core_content c ON c.pulp_id = ca.content_id WHERE c.pulp_type = '$1' AND a.size > 0 ORDER BY a.file LIMIT 1"
}

# with_other_bytes FILE: the same file with another first byte, and not the one it is linked with.
with_other_bytes() {
        cp -p "$WORK/media/$1" "$WORK/saved"
        rm -f "$WORK/media/$1"
        { printf '\377'; tail -c +2 "$WORK/saved"; } >"$WORK/media/$1"
}

restore() {
        cp -p "$WORK/saved" "$WORK/media/$1"
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
        problems | grep -qE '^unit iso .* has the SHA-256' || fail "problems: $(problems)"
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

# expect_columns TABLE KEY ITEM COLUMN=VALUE…: the columns, set to these expressions in the first row, are named in the problem of the
# item, and nothing else is.
expect_columns() {
        local table=$1 key=$2 type=$3 change column id

        shift 3
        id=$(pulp "SELECT $key FROM $table ORDER BY 1 LIMIT 1")
        pulp "DROP TABLE IF EXISTS public.saved_row; CREATE TABLE public.saved_row AS SELECT * FROM $table WHERE $key = '$id'" 2>/dev/null
        for change in "$@"; do
                pulp "UPDATE $table SET \"${change%%=*}\" = ${change#*=} WHERE $key = '$id'"
        done
        verify "$PLAN"
        expect_state failed
        [[ $(problems | wc -l) -eq 1 ]] || fail "problems of $table: $(problems)"
        for change in "$@"; do
                column=${change%%=*}
                problems | grep -qE "^$type .*(: |; )$column is .*, in Pulp 2 it is " || fail "$column is not in: $(problems)"
        done
        # As many differences as columns.
        [[ $(problems | grep -oE ' is [^;]*, in Pulp 2 it is ' | wc -l) -eq $# ]] || fail "not $# columns: $(problems)"
        for change in "$@"; do
                pulp "UPDATE $table t SET \"${change%%=*}\" = s.\"${change%%=*}\" FROM public.saved_row s WHERE t.$key = s.$key"
        done
}

test_each_column_that_documents_of_rpm_repositories_say_is_compared() {
        need_shared || return 0
        go_on
        expect_columns rpm_package content_ptr_id 'unit s?rpm' "is_modular=NOT is_modular"
        expect_columns rpm_updaterecord content_ptr_id 'unit erratum' "description='x'" "fromstr='x'" "status='x'" "title='x'" \
                "summary='x'" "version='x'" "type='x'" "severity='x'" "solution='x'" "release='x'" "rights='x'" "pushcount='x'" \
                "reboot_suggested=NOT reboot_suggested" "updated_date='x'" "issued_date='x'"
        expect_columns rpm_modulemd content_ptr_id 'unit modulemd' "dependencies='[7]'" "artifacts='[7]'"
        expect_columns rpm_modulemddefaults content_ptr_id 'unit modulemd_defaults' "digest='x'"
        expect_columns rpm_packagegroup content_ptr_id 'unit package_group' "name='x'" "description='x'" 'display_order=77' \
                "desc_by_lang='{\"x\": \"x\"}'" "name_by_lang='{\"x\": \"x\"}'" 'default=NOT "default"' 'user_visible=NOT user_visible' \
                'biarch_only=NOT biarch_only' "packages='[7]'"
        expect_columns rpm_packagecategory content_ptr_id 'unit package_category' "name='x'" "description='x'" 'display_order=77' \
                "desc_by_lang='{\"x\": \"x\"}'" "name_by_lang='{\"x\": \"x\"}'" "group_ids='[7]'"
        expect_columns rpm_packageenvironment content_ptr_id 'unit package_environment' "name='x'" "description='x'" \
                'display_order=77' "desc_by_lang='{\"x\": \"x\"}'" "name_by_lang='{\"x\": \"x\"}'" "group_ids='[7]'" "option_ids='[7]'"
        expect_columns rpm_packagelangpacks content_ptr_id 'unit package_langpacks' "matches='{\"x\": \"x\"}'"
        expect_none
}

test_columns_of_a_repository_and_its_remote_are_compared() {
        need_shared || return 0
        go_on
        expect_columns core_repository pulp_id 'repository' "description='x'"
        expect_columns core_remote pulp_id 'remote' "url='http://x/'" "policy='x'" "proxy_url='http://x/'" \
                'tls_validation=NOT tls_validation' 'download_concurrency=77'
        pulp "UPDATE core_remote SET ca_cert = 'x' || coalesce(ca_cert, '')"
        verify "$PLAN"
        problems | grep -qE '^remote .*: the MD5 of ca_cert is ' || fail "problems: $(problems)"
        pulp "UPDATE core_remote SET ca_cert = nullif(substr(ca_cert, 2), '')"
        expect_none
}

test_a_metadata_file_that_is_missing_is_found() {
        local file

        need_shared || return 0
        go_on
        file=$(pulp "SELECT a.file FROM core_artifact a JOIN core_contentartifact ca ON ca.artifact_id = a.pulp_id
                WHERE ca.relative_path = 'repodata/repomd.xml' ORDER BY 1 LIMIT 1")
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

test_each_column_of_a_debian_package_is_compared() {
        local column changes=()

        need_shared || return 0
        go_on
        for column in source section priority origin tag bugs maintainer original_maintainer description description_md5 homepage \
                built_using breaks conflicts depends recommends suggests enhances pre_depends provides replaces; do
                changes+=("$column='x'")
        done
        expect_columns deb_package content_ptr_id 'unit deb' "${changes[@]}" 'installed_size=77' "multi_arch='same'" \
                'essential=essential IS NOT TRUE' 'build_essential=build_essential IS NOT TRUE'
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
        problems | grep -qE "^unit deb [0-9a-f-]+ .*: $WORK/media/$file has the SHA-256 [0-9a-f]{64}$" || fail "problems: $(problems)"
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
        test_each_column_that_documents_of_rpm_repositories_say_is_compared
        test_a_metadata_file_that_is_missing_is_found
        test_columns_of_a_repository_and_its_remote_are_compared
        test_a_package_that_is_not_published_is_found
        test_deb_repositories_that_were_migrated_have_no_difference
        test_each_column_of_a_debian_package_is_compared
        test_a_byte_of_a_debian_package_that_is_another_is_found
)

steps_run "$@"
