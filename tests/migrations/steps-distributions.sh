#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Distributors that change, go or are in each other's way: what becomes of distributions and publications. Output is TAP.
#
# steps-distributions.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

# shellcheck source=tests/migrations/steps-edits.sh
. "$HERE/steps-edits.sh"

test_a_distributor_that_is_gone_takes_its_distribution_and_publication_with_it() {
        sample
        migrate "$ISO"
        [[ $(count core_distribution) -eq 4 && $(count core_publication) -eq 4 ]]
        edit remove repo_distributors iso-00001
        migrate "$ISO"
        expect_paths 'iso-00002 iso-00002' 'iso-00003 sample/iso-00003' 'iso-00004 iso-00004'
        [[ $(count core_publication) -eq 3 && $(count file_filepublication) -eq 3 && $(count file_filedistribution) -eq 3 ]]
        [[ $(count core_publishedmetadata) -eq 3 && $(count "core_content WHERE pulp_type = 'core.publishedmetadata'") -eq 3 ]]
        [[ $(count "core_repository WHERE name = 'iso-00001'") -eq 1 ]]
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_same
        migrate "$ISO"
        [[ $(tasks_of distributions) -eq 0 ]]
}

test_a_distributor_that_comes_again_gets_its_distribution_again() {
        edit
        migrate "$ISO"
        [[ $(count core_distribution) -eq 4 && $(count core_publication) -eq 4 ]]
        expect_same
}

test_a_repository_that_is_gone_is_not_published_and_keeps_its_content() {
        local contents

        contents=$(count core_repositorycontent)
        edit remove repos iso-00002 remove repo_importers iso-00002 remove repo_distributors iso-00002 \
                remove repo_content_units iso-00002
        migrate "$ISO"
        expect_paths 'iso-00001 iso-00001' 'iso-00003 sample/iso-00003' 'iso-00004 iso-00004'
        [[ $(count "core_repository WHERE name = 'iso-00002' AND remote_id IS NOT NULL") -eq 1 ]]
        [[ $(count core_repositorycontent) -eq $contents && $(count core_remote) -eq 4 ]]
        expect_same
}

test_a_repository_that_is_taken_out_of_the_plan_is_not_published_any_more() {
        sample
        migrate "$ISO"
        migrate "$(named iso-00001 iso-00003)"
        expect_paths 'iso-00001 iso-00001' 'iso-00003 sample/iso-00003'
        [[ $(count core_repository) -eq 4 && $(count core_publication) -eq 2 ]]
        # The verification of that plan finds what is left of another.
        expect_same "$(named iso-00001 iso-00003)"
        verify "$(named iso-00001)"
        expect_state failed
        expect_problem '^distribution [0-9a-f]{24}-iso-00003: it serves "sample/iso-00003" and is of no distributor of the plan$'
        [[ $(problems | wc -l) -eq 1 ]]
}

test_a_plugin_that_is_not_in_the_plan_keeps_what_it_has() {
        need_shared || return 0
        real_target rpm_base_4repos
        migrate "$RPM" "$SKIP_CORRUPTED"
        [[ $(count rpm_rpmdistribution) -gt 0 && $(count rpm_rpmpublication) -gt 0 && $(count rpm_rpmremote) -gt 0 ]]
        pulp "SELECT * FROM core_distribution ORDER BY 1; SELECT * FROM core_publication ORDER BY 1; SELECT * FROM core_remote ORDER BY 1" \
                >"$WORK/before"
        configure "$SHARED/pulp2/file_base_4repos/mongodb.file_base_4repos.archive" "$WORK/content-rpm_base_4repos"
        : >"$LOG"
        run '{"plugins": [{"type": "iso", "repositories": [{"name": "x", "repository_versions": [{"pulp2_repository_id": "file"}]}]}]}' \
                "$SKIP_CORRUPTED"
        expect_state completed
        pulp "SELECT * FROM core_distribution ORDER BY 1; SELECT * FROM core_publication ORDER BY 1; SELECT * FROM core_remote ORDER BY 1" |
                diff "$WORK/before" -
}

test_a_distribution_that_was_there_before_stays_and_is_a_problem() {
        local name

        sample
        name=$(db_name iso-00001)
        foreign_distribution "$name" before
        migrate "$ISO"
        [[ $(count "core_distribution WHERE name = '$name' AND base_path = 'iso-00001' AND publication_id IS NOT NULL") -eq 1 ]]
        edit remove repo_distributors iso-00001
        migrate "$ISO"
        expect_problem "^distribution $name: it is of no distributor of the plan any more, and stays with the base path \"iso-00001\""
        [[ $(count "core_distribution WHERE name = '$name' AND publication_id IS NOT NULL") -eq 1 && $(count core_publication) -eq 4 ]]
}

# db_name REPOSITORY: what its distribution will be called.
# Also makes a new target.
db_name() {
        run "$ISO"
        expect_state completed
        pulp "SELECT name FROM core_distribution WHERE name LIKE '%-$1'"
        target_make ${SCHEMA:+"$SCHEMA"}
        configure "$WORK/edited" "$WORK/sample/content" "${CONF:-}"
}

test_distributors_of_different_tasks_that_swap_their_paths_are_followed() {
        local ids

        CONF='[Tasks]
TargetDuration=100ms' sample --repositories 120 --units 120
        migrate "$ISO"
        [[ $(tasks_of distributions) -eq 2 ]]
        ids=$(pulp "SELECT string_agg(pulp_id::text, ' ' ORDER BY name) FROM core_distribution")
        edit set repo_distributors iso-00001 config.relative_url '"iso-00120"' \
                set repo_distributors iso-00120 config.relative_url '"iso-00001"' \
                set repo_distributors iso-00002 config.relative_url '"iso-00003"' \
                set repo_distributors iso-00003 config.relative_url '"iso-00004"' \
                set repo_distributors iso-00004 config.relative_url '"elsewhere"'
        migrate "$ISO"
        [[ $(moved_paths) == 'iso-00001 iso-00120;iso-00002 iso-00003;iso-00003 iso-00004;iso-00004 elsewhere;iso-00120 iso-00001;' ]] ||
                fail "paths: $(moved_paths)"
        [[ $(pulp "SELECT string_agg(pulp_id::text, ' ' ORDER BY name) FROM core_distribution") == "$ids" ]]
        expect_same
        # A killed task has changed nothing, and goes on.
        edit
        KILL_AFTER=150
        migrate "$ISO"
        KILL_AFTER=
        [[ -z $(moved_paths) ]] || fail "paths: $(moved_paths)"
}

test_the_path_of_a_distributor_that_is_gone_can_be_taken() {
        sample
        migrate "$ISO"
        edit remove repo_distributors iso-00001 set repo_distributors iso-00004 config.relative_url '"iso-00001"'
        migrate "$ISO"
        expect_paths 'iso-00002 iso-00002' 'iso-00003 sample/iso-00003' 'iso-00004 iso-00001'
        expect_same
}

test_distributors_with_one_path_are_named_by_a_dry_run() {
        local pattern='repo_distributors [0-9a-f]{24} config.relative_url: repository iso-0000[12]: its base path "both" is that of'

        sample
        edit set repo_distributors iso-00001 config.relative_url '"both"' set repo_distributors iso-00002 config.relative_url '"both"'
        fails "$ISO" "$DRY_RUN" "$pattern repo_distributors [0-9a-f]{24} of repository iso-0000[12]; give one of them another path"
        run "$(named iso-00001 iso-00003)" "$DRY_RUN"
        expect_state completed
        run "$ISO" '{"dry_run": true, "skip_corrupted": true}'
        expect_state completed
        expect_problem "^$pattern"
        [[ $(problems | wc -l) -eq 1 ]]
}

test_the_younger_of_two_with_one_path_is_left_out_with_skip_corrupted() {
        local younger

        migrate "$ISO" "$SKIP_CORRUPTED"
        expect_problem '^repo_distributors [0-9a-f]{24} config.relative_url: repository iso-0000[12]: its base path "both" is that of'
        younger=$(pulp "SELECT max(object_id) FROM migrationd_pulp2to3.distributor WHERE relative_url = 'both'")
        problems | matches "^repo_distributors $younger config"
        [[ $(count core_distribution) -eq 3 && $(count core_publication) -eq 3 ]]
        [[ $(count "core_distribution WHERE starts_with(name, '$younger')") -eq 0 ]]
        expect_same
        # An older one comes, and takes a path away.
        edit copy repo_distributors iso-00003 "$OLDEST" config '{"relative_url": "iso-00004"}'
        migrate "$ISO" "$SKIP_CORRUPTED"
        [[ $(pulp "SELECT name FROM core_distribution WHERE base_path = 'iso-00004'") == "$OLDEST-iso-00003" ]]
        expect_same
}

test_paths_that_overlap_are_found() {
        sample
        edit set repo_distributors iso-00001 config.relative_url '"a/b"' set repo_distributors iso-00002 config.relative_url '"a/b/c"'
        fails "$ISO" "$DRY_RUN" 'its base path "a/b(/c)?" overlaps with that of repo_distributors [0-9a-f]{24} of repository iso-0000[12], "a/b(/c)?"'
        edit set repo_distributors iso-00001 config.relative_url '"a"' set repo_distributors iso-00002 config.relative_url '"a/"'
        fails "$ISO" "$DRY_RUN" 'its base path "a/?" overlaps with that of repo_distributors'
        run "$ISO" "$SKIP_CORRUPTED"
        expect_state completed
        expect_problem 'its base path "a/?" overlaps with that of'
        edit set repo_distributors iso-00001 config.relative_url '"a/b"' set repo_distributors iso-00002 config.relative_url '"a/bc"'
        migrate "$ISO"
        expect_same
}

test_a_path_of_another_plugin_is_found() {
        local repository

        need_shared || return 0
        SCHEMA=$SHARED/pulp2to3/schema.sql sample --rpm 10 --part-repositories 1
        repository=rpm-00001
        edit set repo_distributors iso-00001 config.relative_url '"both"' set repo_distributors "$repository" config.relative_url '"both/"'
        fails '{"plugins": [{"type": "iso"}, {"type": "rpm"}]}' "$DRY_RUN" "repository (iso-00001|$repository): its base path \"both/?\""
        # A distribution of a plugin that is not in the plan is in the way like any other.
        edit set repo_distributors iso-00001 config.relative_url '"both"'
        migrate "$ISO"
        edit set repo_distributors "$repository" config.relative_url '"both/"'
        fails "$RPM" '{}' "repo_distributors [0-9a-f]{24} config.relative_url: repository $repository: its base path \"both/\" overlaps with \"both\" of distribution \"[0-9a-f]{24}-iso-00001\", which Pulp 3 has"
}

test_a_path_that_an_administrator_uses_is_named() {
        sample
        migrate "$ISO"
        foreign_distribution mine elsewhere/deep
        edit set repo_distributors iso-00001 config.relative_url '"elsewhere"' set repo_distributors iso-00002 config.relative_url '"iso-00001"'
        fails "$ISO" '{}' 'config.relative_url: repository iso-00001: its base path "elsewhere" overlaps with "elsewhere/deep" of distribution "mine", which Pulp 3 has; .* leaves it out'
        [[ $(tasks_of distributions) -eq 0 ]]
        [[ $(count "core_distribution WHERE name LIKE '%-iso-00001' AND base_path = 'iso-00001'") -eq 1 ]]
        foreign_distribution his his
        edit set repo_distributors iso-00001 config.relative_url '"elsewhere"' set repo_distributors iso-00002 config.relative_url '"iso-00001"' \
                set repo_distributors iso-00004 config.relative_url '"his"'
        run "$ISO" '{"dry_run": true, "skip_corrupted": true}'
        expect_state completed
        expect_problem '^repo_distributors [0-9a-f]{24} config.relative_url: repository iso-00001: its base path "elsewhere" overlaps'
        expect_problem '^repo_distributors [0-9a-f]{24} config.relative_url: repository iso-00004: its base path "his" is that of'
        [[ $(problems | wc -l) -eq 2 ]] || fail "problems: $(problems)"
        migrate "$ISO" "$SKIP_CORRUPTED"
        expect_problem '^distribution [0-9a-f]{24}-iso-00001: repository iso-00001: its base path "elsewhere" overlaps'
        expect_problem '^distribution [0-9a-f]{24}-iso-00004: repository iso-00004: its base path "his" is that of'
        [[ $(problems | wc -l) -eq 2 ]] || fail "problems: $(problems)"
        [[ $(pulp "SELECT substr(name, 26) FROM core_distribution WHERE base_path = 'iso-00001'") == iso-00002 ]]
        [[ $(count "core_distribution WHERE name LIKE '%-iso-00001'") -eq 0 ]]
        pulp "DELETE FROM file_filedistribution d USING core_distribution c WHERE c.pulp_id = d.distribution_ptr_id AND c.name IN ('mine', 'his');
                DELETE FROM core_distribution WHERE name IN ('mine', 'his')"
        migrate "$ISO"
        expect_same
}

titles=(
        test_a_distributor_that_is_gone_takes_its_distribution_and_publication_with_it
        test_a_distributor_that_comes_again_gets_its_distribution_again
        test_a_repository_that_is_gone_is_not_published_and_keeps_its_content
        test_a_repository_that_is_taken_out_of_the_plan_is_not_published_any_more
        test_a_plugin_that_is_not_in_the_plan_keeps_what_it_has
        test_a_distribution_that_was_there_before_stays_and_is_a_problem
        test_distributors_of_different_tasks_that_swap_their_paths_are_followed
        test_the_path_of_a_distributor_that_is_gone_can_be_taken
        test_distributors_with_one_path_are_named_by_a_dry_run
        test_the_younger_of_two_with_one_path_is_left_out_with_skip_corrupted
        test_paths_that_overlap_are_found
        test_a_path_of_another_plugin_is_found
        test_a_path_that_an_administrator_uses_is_named
)

steps_run "$@"
