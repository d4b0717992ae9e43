#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The verification compares each column that a document of Pulp 2 says: one that is changed is a problem that names it. Output is TAP.
#
# steps-verify-columns.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-verify-common.sh
. "$HERE/steps-verify-common.sh"

# lone_tag: a tag that stands for one unit of Pulp 2, and whose name no other unit has: one that several repositories have is a
# unit of each, and of two units of one name in a repository the one of the higher schema is in the version.
lone_tag() {
        pulp "SELECT content_ptr_id FROM container_tag
                WHERE name IN (SELECT name FROM container_tag GROUP BY 1 HAVING count(*) = 1) AND content_ptr_id IN (
                        SELECT content_id FROM core_repositorycontent GROUP BY 1 HAVING count(DISTINCT repository_id) = 1)
                ORDER BY name LIMIT 1"
}

# expect_columns TABLE KEY ITEM COLUMN=VALUE…: the columns, set to these expressions in the row $ROW or the first one, are named in
# the problem of the item, and nothing else is.
expect_columns() {
        local table=$1 key=$2 type=$3 change column id=${ROW:-}

        shift 3
        [[ -n $id ]] || id=$(pulp "SELECT $key FROM $table ORDER BY 1 LIMIT 1")
        [[ -n $id ]] || fail "no row of $table"
        pulp "DROP TABLE IF EXISTS public.saved_row; CREATE TABLE public.saved_row AS SELECT * FROM $table WHERE $key = '$id'" 2>/dev/null
        for change in "$@"; do
                pulp "UPDATE $table SET \"${change%%=*}\" = ${change#*=} WHERE $key = '$id'"
        done
        verify "$PLAN"
        expect_state failed
        [[ $(problems | wc -l) -eq 1 ]] || fail "problems of $table: $(problems)"
        for change in "$@"; do
                column=${change%%=*}
                problems | matches "^$type .*(: |; )$column is .*, in Pulp 2 it is " || fail "$column is not in: $(problems)"
        done
        # As many differences as columns.
        [[ $(problems | grep -oE ' is [^;]*, in Pulp 2 it is ' | wc -l) -eq $# ]] || fail "not $# columns: $(problems)"
        for change in "$@"; do
                pulp "UPDATE $table t SET \"${change%%=*}\" = s.\"${change%%=*}\" FROM public.saved_row s WHERE t.$key = s.$key"
        done
}

test_rpm_repositories_are_migrated() {
        need_shared || return 0
        migrated rpm_base_4repos "$RPM"
}

test_each_column_that_documents_of_rpm_repositories_say_is_compared() {
        need_shared || return 0
        go_on
        expect_columns rpm_package content_ptr_id 'unit s?rpm' "is_modular=NOT is_modular" "version='77'" "epoch='77'" \
                "arch='x'"
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
        problems | matches '^remote .*: the MD5 of ca_cert is ' || fail "problems: $(problems)"
        pulp "UPDATE core_remote SET ca_cert = nullif(substr(ca_cert, 2), '')"
        expect_none
}

test_deb_repositories_are_migrated() {
        need_shared || return 0
        migrated deb_base_4repos "$DEB"
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

test_columns_of_releases_and_components_are_compared() {
        need_shared || return 0
        go_on
        expect_columns deb_release content_ptr_id 'unit deb_release' "codename='x'" "suite='x'" "distribution='x'"
        expect_columns deb_releasecomponent content_ptr_id 'unit deb_component' "component='x'"
        expect_none
}

test_docker_repositories_are_migrated() {
        need_shared || return 0
        target_make "$SHARED/pulp2to3/schema.sql"
        "$GENERATE" --output "$WORK/docker" --repositories 0 --units 0 --docker 8 --part-repositories 2
        configure "$WORK/docker/pulp2.archive" "$WORK/docker/content"
        echo "$DOCKER" >"$WORK/plan"
        run "$DOCKER"
        expect_state completed
}

test_columns_of_blobs_manifests_and_tags_are_compared() {
        local tag

        need_shared || return 0
        go_on
        expect_columns container_blob content_ptr_id 'unit docker_blob' "digest='x'"
        tag=$(lone_tag)
        ROW=$tag expect_columns container_tag content_ptr_id 'unit docker_tag' "name='x'"
        pulp "CREATE TABLE public.saved_tag AS SELECT * FROM container_tag WHERE content_ptr_id = '$tag'"
        pulp "UPDATE container_tag t SET tagged_manifest_id = (SELECT content_ptr_id FROM container_manifest m
                WHERE m.content_ptr_id <> s.tagged_manifest_id LIMIT 1) FROM saved_tag s WHERE s.content_ptr_id = t.content_ptr_id"
        expect_difference "^unit docker_tag .*: the digest of its manifest is '[^']+', in Pulp 2 it is '[^']+'$"
        pulp "UPDATE container_tag t SET tagged_manifest_id = s.tagged_manifest_id FROM saved_tag s WHERE s.content_ptr_id = t.content_ptr_id"
        expect_none
        # Its tags are others with it.
        pulp "CREATE TABLE public.saved_manifest AS SELECT m.* FROM container_manifest m JOIN saved_tag s ON s.tagged_manifest_id = m.content_ptr_id"
        pulp "UPDATE container_manifest m SET digest = 'x', schema_version = 77 FROM saved_manifest s WHERE s.content_ptr_id = m.content_ptr_id"
        verify "$PLAN"
        expect_state failed
        problems | matches "^unit docker_manifest(_list)? .*: digest is 'x', in Pulp 2 it is '[^']+'; schema_version is '77', in Pulp 2 it is '[12]'$" ||
                fail "problems: $(problems)"
        ! problems | grep -vE '^unit docker_(manifest|manifest_list|tag) ' || fail "problems: $(problems)"
        pulp "UPDATE container_manifest m SET digest = s.digest, schema_version = s.schema_version FROM saved_manifest s
                WHERE s.content_ptr_id = m.content_ptr_id"
        expect_none
}

titles=(
        test_rpm_repositories_are_migrated
        test_each_column_that_documents_of_rpm_repositories_say_is_compared
        test_columns_of_a_repository_and_its_remote_are_compared
        test_deb_repositories_are_migrated
        test_each_column_of_a_debian_package_is_compared
        test_columns_of_releases_and_components_are_compared
        test_docker_repositories_are_migrated
        test_columns_of_blobs_manifests_and_tags_are_compared
)

steps_run "$@"
