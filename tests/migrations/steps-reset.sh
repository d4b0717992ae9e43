#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The migration pulp2to3_reset on the real dumps: what is left is what was there before, row by row and file by file. Output is TAP.
#
# steps-reset.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-samples.sh
. "$HERE/steps-samples.sh"

ISO='{"plugins": [{"type": "iso"}]}'
RPM='{"plugins": [{"type": "rpm"}]}'
DEB='{"plugins": [{"type": "deb"}]}'
SKIP_CORRUPTED='{"skip_corrupted": true}'

count() {
        pulp "SELECT count(*) FROM $1"
}

# target_rows FILE [COLUMN]: all rows of all of Pulp's tables, without a column.
target_rows() {
        db pulp -v column="${2:-}" >"$1" <<'SQL'
SELECT format('SELECT %L || (to_jsonb(t) - %L)::text FROM public.%I t ORDER BY 1', table_name || ' ', :'column', table_name)
        FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name
\gexec
SQL
}

# own_rows: how many rows the migration's own tables have, but for those that belong to its schema.
own_rows() {
        pulp "SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', table_schema, table_name),
                false, true, '')))[1]::text::bigint), 0) FROM information_schema.tables
                WHERE table_schema = 'migrationd_pulp2to3' AND table_type = 'BASE TABLE' AND
                        table_name NOT IN ('schema_version', 'plugin')"
}

reset() {
        DEFINITION=pulp2to3_reset run "$@"
}

expect_clean() {
        target_rows "$WORK/after" "${1:-}"
        diff "$WORK/before" "$WORK/after" | head -20
        cmp -s "$WORK/before" "$WORK/after" || fail 'the target is not as it was'
        [[ $(own_rows) -eq 0 ]] || fail "the migration's own tables have $(own_rows) rows"
        [[ -z $(find "$WORK/media" -mindepth 1) ]] || fail "files are left: $(find "$WORK/media" -mindepth 1 | head -3)"
}

# round_trip DUMP PLAN: migrates and resets.
round_trip() {
        real_target "$1"
        target_rows "$WORK/before"
        run "$2" "$SKIP_CORRUPTED"
        expect_state completed
        [[ $(count core_distribution) -gt 0 && $(count core_publication) -gt 0 && $(count core_content) -gt 10 ]]
        # As a task that was killed leaves it.
        touch "$WORK/media/artifact/.migration-3-3"
        reset "$2"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_clean
}

test_iso_repositories_leave_nothing() {
        need_shared || return 0
        round_trip file_base_4repos "$ISO"
}

test_rpm_repositories_leave_nothing() {
        need_shared || return 0
        round_trip rpm_base_4repos "$RPM"
}

test_deb_repositories_leave_nothing() {
        need_shared || return 0
        round_trip deb_base_4repos "$DEB"
}

test_a_second_reset_has_nothing_to_do() {
        need_shared || return 0
        reset "$DEB"
        expect_state completed
        expect_clean
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND t.kind = 'main'") -eq 2 ]]
}

test_a_target_that_was_never_migrated_to_is_left_alone() {
        need_shared || return 0
        real_target file_base_4repos
        target_rows "$WORK/before"
        reset "$ISO"
        expect_state completed
        target_rows "$WORK/after"
        cmp "$WORK/before" "$WORK/after"
        [[ $(pulp "SELECT to_regnamespace('migrationd_pulp2to3') IS NULL") == t ]]
}

# A repository of Pulp 3 with one content on demand, which the dump has too, and one that it has not.
foreign_repository() {
        pulp "WITH remote AS (
                        INSERT INTO core_remote (pulp_id, pulp_created, pulp_type, name, url, tls_validation, policy)
                                VALUES (gen_random_uuid(), now(), 'file.file', 'foreign', 'http://foreign/', true, 'on_demand')
                                RETURNING pulp_id
                ), detail AS (
                        INSERT INTO file_fileremote SELECT pulp_id FROM remote
                ), repository AS (
                        INSERT INTO core_repository (pulp_id, pulp_created, name, next_version, pulp_type, user_hidden, remote_id)
                                SELECT gen_random_uuid(), now(), 'foreign', 1, 'file.file', false, pulp_id FROM remote
                                RETURNING pulp_id
                ), repository_detail AS (
                        INSERT INTO file_filerepository SELECT pulp_id, false, 'PULP_MANIFEST' FROM repository
                ), version AS (
                        INSERT INTO core_repositoryversion (pulp_id, pulp_created, number, complete, repository_id)
                                SELECT gen_random_uuid(), now(), 0, true, pulp_id FROM repository RETURNING pulp_id, repository_id
                ), content AS (
                        INSERT INTO core_content (pulp_id, pulp_created, pulp_type, timestamp_of_interest)
                                SELECT gen_random_uuid(), now(), 'file.file', now() FROM generate_series(1, 2) RETURNING pulp_id
                ), numbered AS (
                        SELECT pulp_id, row_number() OVER () AS n FROM content
                ), file AS (
                        INSERT INTO file_filecontent (content_ptr_id, relative_path, digest)
                                SELECT pulp_id, CASE n WHEN 1 THEN '$1' ELSE 'other.iso' END, CASE n WHEN 1 THEN '$2' ELSE repeat('0', 64) END
                                FROM numbered
                ), artifact AS (
                        INSERT INTO core_contentartifact (pulp_id, pulp_created, relative_path, content_id)
                                SELECT gen_random_uuid(), now(), CASE n WHEN 1 THEN '$1' ELSE 'other.iso' END, pulp_id FROM numbered
                                RETURNING pulp_id
                ), remote_artifact AS (
                        INSERT INTO core_remoteartifact (pulp_id, pulp_created, url, content_artifact_id, remote_id)
                                SELECT gen_random_uuid(), now(), 'http://foreign/file', a.pulp_id, r.pulp_id FROM artifact a, remote r
                )
                INSERT INTO core_repositorycontent (pulp_id, pulp_created, content_id, repository_id, version_added_id)
                        SELECT gen_random_uuid(), now(), c.pulp_id, v.repository_id, v.pulp_id FROM content c, version v"
}

test_content_that_was_there_before_is_as_it_was() {
        local name digest

        need_shared || return 0
        real_target file_base_4repos
        run "$ISO" "$SKIP_CORRUPTED"
        read -r name digest < <(pulp "SELECT f.relative_path, digest FROM file_filecontent f
                JOIN core_contentartifact a ON a.content_id = f.content_ptr_id AND a.artifact_id IS NOT NULL ORDER BY 1 LIMIT 1")
        real_target file_base_4repos
        foreign_repository "$name" "$digest"
        target_rows "$WORK/before" timestamp_of_interest
        run "$ISO" "$SKIP_CORRUPTED"
        expect_state completed
        # The migration gave it its file.
        [[ $(count "core_contentartifact a JOIN file_filecontent f ON f.content_ptr_id = a.content_id WHERE a.artifact_id IS NOT NULL AND
                f.relative_path = '$name'") -eq 1 ]]
        reset "$ISO"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_clean timestamp_of_interest
}

# All is there before the migration, under its names, with other values.
test_what_plugins_have_of_rows_that_were_there_before_is_as_it_was() {
        local all='{"plugins": [{"type": "rpm"}, {"type": "deb"}, {"type": "docker"}]}'

        need_shared || return 0
        generate before --docker 60
        target before
        run "$all"
        expect_state completed
        pulp 'DROP SCHEMA migrationd_pulp2to3 CASCADE' 2>/dev/null
        pulp "UPDATE rpm_rpmremote SET sles_auth_token = 'mine';
                UPDATE deb_aptremote SET distributions = 'mine', components = 'mine', gpgkey = 'mine';
                UPDATE container_containerremote SET upstream_name = 'mine', include_tags = '{mine}';
                UPDATE rpm_rpmrepository SET retain_package_versions = 77;
                UPDATE core_remote SET url = 'http://mine/'"
        pulp "DELETE FROM rpm_modulemd_packages"
        target_rows "$WORK/before" timestamp_of_interest
        run "$all"
        expect_state completed
        [[ $(count "rpm_rpmremote WHERE sles_auth_token = 'mine'") -eq 0 && $(count rpm_modulemd_packages) -gt 0 ]]
        [[ $(count "deb_aptremote WHERE distributions = 'mine'") -eq 0 ]]
        [[ $(count "container_containerremote WHERE upstream_name = 'mine'") -eq 0 ]]
        [[ $(count "rpm_rpmrepository WHERE retain_package_versions <> 77") -gt 0 ]]
        reset "$all"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        target_rows "$WORK/after" timestamp_of_interest
        diff "$WORK/before" "$WORK/after" | head -20
        cmp "$WORK/before" "$WORK/after"
        [[ $(own_rows) -eq 0 ]]
}

# add_to_foreign CONTENT: a new version of the foreign repository has a content more.
add_to_foreign() {
        pulp "WITH repository AS (
                        UPDATE core_repository SET next_version = next_version + 1 WHERE name = 'foreign' RETURNING pulp_id, next_version
                ), version AS (
                        INSERT INTO core_repositoryversion (pulp_id, pulp_created, number, complete, repository_id)
                                SELECT gen_random_uuid(), now(), next_version - 1, true, pulp_id FROM repository
                                RETURNING pulp_id, repository_id
                )
                INSERT INTO core_repositorycontent (pulp_id, pulp_created, content_id, repository_id, version_added_id)
                        SELECT gen_random_uuid(), now(), '$1', v.repository_id, v.pulp_id FROM version v"
}

test_content_that_another_repository_took_stays_with_its_file() {
        local id file

        need_shared || return 0
        real_target file_base_4repos
        foreign_repository foreign.iso "$(printf foreign | sha256sum | cut -d' ' -f1)"
        run "$ISO" "$SKIP_CORRUPTED"
        read -r id file < <(pulp "SELECT f.content_ptr_id, a.file FROM file_filecontent f
                JOIN core_contentartifact ca ON ca.content_id = f.content_ptr_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id
                ORDER BY f.relative_path LIMIT 1")
        add_to_foreign "$id"
        reset "$ISO"
        expect_state completed
        [[ $(count "file_filecontent WHERE content_ptr_id = '$id'") -eq 1 && -f $WORK/media/$file ]]
        [[ $(count core_artifact) -eq 1 && $(find "$WORK/media" -type f | wc -l) -eq 1 ]]
        [[ $(pulp "SELECT string_agg(name, ' ') FROM core_repository") == foreign ]]
        [[ $(count core_content) -eq 3 && $(own_rows) -eq 0 ]]
}

test_a_repository_that_pulp_has_gone_on_with_stays_and_is_a_problem() {
        local name

        need_shared || return 0
        real_target file_base_4repos
        run "$ISO" "$SKIP_CORRUPTED"
        name=$(pulp "SELECT r.name FROM core_repository r JOIN core_repositorycontent c ON c.repository_id = r.pulp_id ORDER BY 1 LIMIT 1")
        target_rows "$WORK/before"
        pulp "INSERT INTO core_repositoryversion (pulp_id, pulp_created, number, complete, repository_id)
                SELECT gen_random_uuid(), now(), 7, true, pulp_id FROM core_repository WHERE name = '$name'"
        reset "$ISO"
        expect_state completed
        [[ $(problems) == "repository $name: it stays, with its content: Pulp 3 has made versions of it since the migration" ]] ||
                fail "problems: $(problems)"
        [[ $(pulp "SELECT string_agg(name, ' ') FROM core_repository") == "$name" ]]
        [[ $(count "core_repositorycontent rc JOIN file_filecontent f ON f.content_ptr_id = rc.content_id
                JOIN core_contentartifact a ON a.content_id = rc.content_id") -gt 0 ]]
        [[ $(count core_publication) -eq 1 && $(count core_distribution) -eq 1 ]]
        [[ $(own_rows) -eq 0 ]]
}

test_a_plugin_is_reset_alone() {
        need_shared || return 0
        real_target rpm_base_4repos
        run "$RPM" "$SKIP_CORRUPTED"
        target_rows "$WORK/before"
        configure "$SHARED/pulp2/file_base_4repos/mongodb.file_base_4repos.archive" \
                "$SHARED/pulp2/file_base_4repos/var/lib/pulp/content"
        run "$ISO" "$SKIP_CORRUPTED"
        expect_state completed
        reset "$ISO"
        expect_state completed
        target_rows "$WORK/after"
        diff "$WORK/before" "$WORK/after" | head -20
        cmp "$WORK/before" "$WORK/after"
        [[ $(count "migrationd_pulp2to3.made WHERE kind = 'content'") -gt 10 && $(count migrationd_pulp2to3.iso) -eq 0 ]]
        reset "$RPM"
        expect_state completed
        [[ $(count core_content) -eq 0 && $(count core_repository) -eq 0 && $(own_rows) -eq 0 ]]
        [[ -z $(find "$WORK/media" -mindepth 1) ]]
}

test_what_was_reset_can_be_migrated_again() {
        local n

        need_shared || return 0
        real_target rpm_base_4repos
        run "$RPM" "$SKIP_CORRUPTED"
        n=$(count core_content)
        reset "$RPM"
        run "$RPM" "$SKIP_CORRUPTED"
        expect_state completed
        [[ $(count core_content) -eq $n ]]
}

test_a_reset_that_is_killed_again_and_again_leaves_nothing() {
        local i dump plan begin

        need_shared || return 0
        for i in 1 2 3; do
                case $i in
                1) dump=file_base_4repos plan=$ISO ;;
                2) dump=rpm_base_4repos plan=$RPM ;;
                3) dump=deb_base_4repos plan=$DEB ;;
                esac
                real_target "$dump"
                target_rows "$WORK/before"
                # Small tasks and batches, so that there is a middle.
                configure "$SHARED/pulp2/$dump/mongodb.$dump.archive" "$WORK/content-$dump" $'[Tasks]\nTargetDuration=100ms'
                begin=${EPOCHREALTIME/./}
                run "$plan" "$SKIP_CORRUPTED"
                expect_state completed
                # Twice what an attempt takes on this machine: half of them are killed.
                KILL_AFTER=$(((${EPOCHREALTIME/./} - begin) / 500 / ATTEMPTS))
                reset "$plan"
                KILL_AFTER=
                expect_state completed
                expect_clean
                echo "$dump: $ATTEMPTS attempts"
        done
}

titles=(
        test_iso_repositories_leave_nothing
        test_rpm_repositories_leave_nothing
        test_deb_repositories_leave_nothing
        test_a_second_reset_has_nothing_to_do
        test_a_target_that_was_never_migrated_to_is_left_alone
        test_content_that_was_there_before_is_as_it_was
        test_what_plugins_have_of_rows_that_were_there_before_is_as_it_was
        test_content_that_another_repository_took_stays_with_its_file
        test_a_repository_that_pulp_has_gone_on_with_stays_and_is_a_problem
        test_a_plugin_is_reset_alone
        test_what_was_reset_can_be_migrated_again
        test_a_reset_that_is_killed_again_and_again_leaves_nothing
)

steps_run "$@"
