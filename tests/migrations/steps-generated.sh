#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Generated dumps with iso, rpm and deb repositories through the steps, as plain processes, into the real schema:
# numbers as the generator says, later dumps of the same server, damaged documents. Output is TAP.
#
# steps-generated.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

PLAN='{"plugins": [{"type": "iso"}, {"type": "rpm"}, {"type": "deb"}]}'

# Natural keys; Pulp 3's digests are of all that a content says.
KEYS="SELECT content_ptr_id, concat_ws(' ', relative_path, digest) FROM file_filecontent
        UNION ALL SELECT content_ptr_id, \"pkgId\" FROM rpm_package
        UNION ALL SELECT content_ptr_id, concat_ws(' ', name, stream, version, context, arch) FROM rpm_modulemd
        UNION ALL SELECT content_ptr_id, digest FROM rpm_modulemddefaults
        UNION ALL SELECT content_ptr_id, concat_ws(' ', id, title, digest) FROM rpm_updaterecord
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packagegroup
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packagecategory
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packageenvironment
        UNION ALL SELECT content_ptr_id, digest FROM rpm_packagelangpacks
        UNION ALL SELECT content_ptr_id, concat_ws(' ', data_type, checksum, relative_path) FROM rpm_repometadatafile
        UNION ALL SELECT content_ptr_id, digest FROM rpm_distributiontree
        UNION ALL SELECT content_ptr_id, concat_ws(' ', relative_path, sha256) FROM deb_package
        UNION ALL SELECT content_ptr_id, concat_ws(' ', codename, suite, distribution) FROM deb_release
        UNION ALL SELECT a.content_ptr_id, concat_ws(' ', architecture, distribution) FROM deb_releasearchitecture a
                JOIN deb_release r ON r.content_ptr_id = a.release_id
        UNION ALL SELECT c.content_ptr_id, concat_ws(' ', component, distribution) FROM deb_releasecomponent c
                JOIN deb_release r ON r.content_ptr_id = c.release_id
        UNION ALL SELECT l.content_ptr_id, concat_ws(' ', sha256, component, distribution)
                FROM deb_packagereleasecomponent l
                JOIN deb_package p ON p.content_ptr_id = l.package_id
                JOIN deb_releasecomponent c ON c.content_ptr_id = l.release_component_id
                JOIN deb_release r ON r.content_ptr_id = c.release_id"

pulp() {
        db pulp -c "$1"
}

# generate NAME [OPTION…]: a sample, unless it is there.
generate() {
        [[ -d $WORK/sample-$1 ]] || "$GENERATE" --output "$WORK/sample-$1" --units 60 --repositories 3 --rpm 330 \
                --deb 160 "${@:2}"
        EXPECTED=$WORK/sample-$1/expected.json
}

target() {
        target_make "$SHARED/pulp2to3/schema.sql"
        use "$1"
}

use() {
        configure "$WORK/sample-$1/pulp2.archive" "$WORK/sample-$1/content"
        EXPECTED=$WORK/sample-$1/expected.json
}

# Rows by table: what the parts expect, and core tables that iso has a share in.
expected_tables() {
        jq -r '[.tables, .plugins[].tables] | map(to_entries) | add | group_by(.key) |
                map("\(.[0].key) \(map(.value) | add)") | .[]' "$EXPECTED" |
                grep -vE '^core_(artifact|content|contentartifact|published|repositoryversioncontentdetails)'
}

# each_table COLUMNS TABLE…: a row for each table, in one query.
each_table() {
        local columns=$1 table query=

        shift
        for table in "$@"; do
                query+="${query:+ UNION ALL }SELECT '$table', $columns FROM public.\"$table\" t"
        done
        pulp "$query"
}

actual_tables() {
        # shellcheck disable=SC2046
        each_table 'count(*)' $(expected_tables | cut -d' ' -f1) | tr '\t' ' '
}

# Contents of each repository's latest version.
expected_contents() {
        jq -r '.repositories[] | "\(.name) \(.migrated)"' "$EXPECTED"
        jq -r '.plugins[].repositories[] | "\(.name) \(.contents)"' "$EXPECTED"
}

# Repositories that the dump does not have any more are left out.
actual_contents() {
        pulp "SELECT r.name || ' ' || count(rc.*) FROM core_repository r LEFT JOIN core_repositorycontent rc
                ON rc.repository_id = r.pulp_id AND rc.version_removed_id IS NULL
                WHERE r.name = ANY ('{$(repositories)}') GROUP BY r.name"
}

repositories() {
        jq -r '[.repositories[].name, .plugins[].repositories[].name] | join(",")' "$EXPECTED"
}

# Problems as "COLLECTION ID"; links to what cannot be read, with their number.
expected_problems() {
        jq -r '.problems.units[] | "units_iso \(.id)"' "$EXPECTED"
        jq -r '.plugins[].problems[] | "\(.collection) \(.id)"' "$EXPECTED"
        jq -r '.plugins[].repositories[] | select(.dangling > 0) | "repository \(.name) \(.dangling)"' "$EXPECTED"
}

actual_problems() {
        db migrationd -c "SELECT CASE WHEN item LIKE 'repository %' THEN item || ' ' || split_part(reason, ' ', 1)
                ELSE split_part(item, ' ', 1) || ' ' || split_part(item, ' ', 2) END
                FROM migrationd.problem WHERE report_id = $REPORT"
}

# A checksum of each table of Pulp's.
all_rows() {
        # shellcheck disable=SC2046
        each_table "count(*), md5(string_agg(t::text, ' ' ORDER BY t::text))" \
                $(pulp "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
}

# What the latest versions have, by natural key, with what hangs on it; remotes and distributions.
latest_content() {
        pulp "SELECT l FROM (SELECT concat_ws(' ', r.name, c.pulp_type, k.key, a.relative_path, x.sha256) AS l
                        FROM core_repository r
                        JOIN core_repositorycontent rc ON rc.repository_id = r.pulp_id AND rc.version_removed_id IS NULL
                        JOIN core_content c ON c.pulp_id = rc.content_id
                        LEFT JOIN core_contentartifact a ON a.content_id = c.pulp_id
                        LEFT JOIN core_artifact x ON x.pulp_id = a.artifact_id
                        JOIN ($KEYS) k (id, key) ON k.id = c.pulp_id
                        WHERE r.name = ANY ('{$(repositories)}')
                UNION ALL SELECT concat_ws(' ', 'remote', m.name, m.url, m.policy, m.proxy_url) FROM core_remote m
                        WHERE m.name = ANY ('{$(repositories)}')
                UNION ALL SELECT concat_ws(' ', 'distribution', d.name, d.base_path) FROM core_distribution d
                        WHERE d.name = ANY ('{$(repositories)}')) t ORDER BY l COLLATE \"C\""
}

sorted() {
        LC_ALL=C sort
}

expect_sample() {
        expect_state completed
        expect_counters
        diff <(expected_tables | sorted) <(actual_tables | sorted)
        diff <(expected_contents | sorted) <(actual_contents | sorted)
        # Every artifact has its file, of its size, and no temporary one is left.
        diff <(pulp "SELECT file, size FROM core_artifact" | sorted) \
                <(cd "$WORK/media" && find artifact -type f -printf '%p %s\n' | sorted)
}

test_a_generated_dump_of_three_plugins_gives_the_expected_rows() {
        need_shared || return 0
        generate plain
        target plain
        run "$PLAN"
        expect_sample
        expect_counters
        [[ -z $(problems) ]] || fail "problems: $(problems)"
}

test_a_second_run_on_the_same_dump_changes_no_row() {
        local before

        need_shared || return 0
        before=$(all_rows)
        run "$PLAN"
        expect_state completed
        diff <(echo "$before") <(all_rows)
}

test_documents_that_are_damaged_are_the_listed_problems() {
        need_shared || return 0
        generate damaged --damaged-documents 4 --corrupted 5
        target damaged
        : >"$LOG"
        run "$PLAN"
        expect_state failed
        expect_log 'units_[a-z_]+ [0-9a-f-]+: .*; the option skip_corrupted'
        run "$PLAN" '{"skip_corrupted": true}'
        expect_sample
        diff <(expected_problems | sorted) <(actual_problems | sorted)
        # Each kind of damage is there.
        [[ $(jq -r '[.plugins[].problems[].kind] | unique | length' "$EXPECTED") -eq 5 ]]
}

test_three_generations_in_one_target_end_as_the_last_one_in_an_empty_target() {
        local generation

        need_shared || return 0
        for generation in 0 1 2; do
                generate "generation-$generation" --generation "$generation"
                if [[ $generation -eq 0 ]]; then
                        target generation-0
                else
                        use "generation-$generation"
                fi
                run "$PLAN"
                expect_state completed
                expect_counters
                diff <(expected_contents | sorted) <(actual_contents | sorted)
        done
        [[ $(pulp "SELECT count(*) FROM core_repositoryversion WHERE number = 3") -ge 6 ]]
        latest_content >"$WORK/history"
        target generation-2
        run "$PLAN"
        expect_sample
        expect_counters
        diff "$WORK/history" <(latest_content)
}

titles=(
        test_a_generated_dump_of_three_plugins_gives_the_expected_rows
        test_a_second_run_on_the_same_dump_changes_no_row
        test_documents_that_are_damaged_are_the_listed_problems
        test_three_generations_in_one_target_end_as_the_last_one_in_an_empty_target
)

steps_run "$@"
