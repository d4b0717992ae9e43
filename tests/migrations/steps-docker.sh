#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The steps on a generated dump of docker repositories: rows, links, versions, distributions, later days of the server, damage.
# What is expected comes from the generator's numbers, and from the manifests' files by jq. Output is TAP.
#
# steps-docker.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

PLAN='{"plugins": [{"type": "docker"}]}'

pulp() {
        db pulp -c "$1"
}

# docker_dump NAME [OPTION…]: a generated dump, made once.
docker_dump() {
        local dump=$WORK/dump-$1

        shift
        [[ -d $dump ]] || "$GENERATE" --output "$dump" --repositories 0 --units 0 --docker 48 --part-repositories 4 "$@"
        DUMP=$dump
        configure "$dump/pulp2.archive" "$dump/content"
}

# docker_target NAME [OPTION…]: the real schema, empty, and a dump.
docker_target() {
        need_shared || return 1
        target_make "$SHARED/pulp2to3/schema.sql"
        docker_dump "$@"
}

# The tables have as many rows as the generator says.
expect_tables() {
        local table rows

        while read -r table rows; do
                [[ $(pulp "SELECT count(*) FROM $table") == "$rows" ]] ||
                        fail "$table has $(pulp "SELECT count(*) FROM $table") rows, not $rows"
        done < <(jq -r '.plugins.docker.tables | to_entries[] | "\(.key) \(.value)"' "$DUMP/expected.json")
}

# The problems are those that the generator says, and no others. Two steps read the documents, and tell of those that they cannot.
expect_problems() {
        diff <(jq -r '.plugins.docker | (.problems // [] | .[] | "\(.collection) \(.id)"),
                        (.repositories[] | select(.dangling > 0) | "repository \(.name)")' "$DUMP/expected.json" | LC_ALL=C sort) \
                <(problems | sed -E 's/^([^ ]+ [^ :]+).*/\1/' | LC_ALL=C sort -u)
}

# What is in the latest version of each repository, by natural keys.
versions() {
        pulp "SELECT r.name, c.pulp_type, coalesce(b.digest, m.digest, t.name || ' ' || tm.digest)
                FROM core_repositorycontent rc JOIN core_repository r ON r.pulp_id = rc.repository_id
                JOIN core_content c ON c.pulp_id = rc.content_id
                LEFT JOIN container_blob b ON b.content_ptr_id = c.pulp_id
                LEFT JOIN container_manifest m ON m.content_ptr_id = c.pulp_id
                LEFT JOIN container_tag t ON t.content_ptr_id = c.pulp_id
                LEFT JOIN container_manifest tm ON tm.content_ptr_id = t.tagged_manifest_id
                WHERE rc.version_removed_id IS NULL ORDER BY 1, 2, 3"
}

# All rows that the migration makes, by natural keys, and files.
listing() {
        versions
        pulp "SELECT 'manifest', m.digest, m.schema_version, m.media_type, b.digest FROM container_manifest m
                LEFT JOIN container_blob b ON b.content_ptr_id = m.config_blob_id ORDER BY 2"
        pulp "SELECT 'link', m.digest, b.digest FROM container_blobmanifest l
                JOIN container_manifest m ON m.content_ptr_id = l.manifest_id
                JOIN container_blob b ON b.content_ptr_id = l.manifest_blob_id ORDER BY 2, 3"
        pulp "SELECT 'listed', l.digest, m.digest, o.architecture, o.os, o.os_version, o.os_features, o.features, o.variant
                FROM container_manifestlistmanifest o JOIN container_manifest l ON l.content_ptr_id = o.image_manifest_id
                JOIN container_manifest m ON m.content_ptr_id = o.manifest_list_id ORDER BY 2, 3"
        pulp "SELECT 'file', c.pulp_type, ca.relative_path, a.sha256, a.size FROM core_contentartifact ca
                JOIN core_content c ON c.pulp_id = ca.content_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id ORDER BY 3"
        pulp "SELECT 'distribution', d.name, d.base_path, d.pulp_type, n.name, c.private, r.name, v.number
                FROM core_distribution d JOIN container_containerdistribution c ON c.distribution_ptr_id = d.pulp_id
                JOIN container_containernamespace n ON n.pulp_id = c.namespace_id
                JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id ORDER BY 2"
        pulp "SELECT 'counts', r.name, v.number, d.count_type, d.content_type, d.count FROM core_repositoryversioncontentdetails d
                JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id ORDER BY 2, 3, 4, 5"
        (cd "$WORK/media" && find artifact -type f -printf '%p %s\n' | LC_ALL=C sort)
}

# Every row of Pulp's tables with the transaction that wrote it.
all_rows() {
        db pulp <<'SQL'
SELECT format('SELECT %L, count(*), md5(string_agg(t::text || t.xmin::text, '' '' ORDER BY t::text)) FROM %I.%I t', tablename,
        schemaname, tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1 \gexec
SQL
}

# manifest_files FILTER: jq's output of each manifest's and list's file, with its digest as $digest.
manifest_files() {
        find "$DUMP/content/units/docker_manifest" "$DUMP/content/units/docker_manifest_list" -type f \
                -exec jq -r "(input_filename | split(\"/\") | last) as \$digest | $1" {} +
}

test_the_generated_dump_gives_the_rows_that_the_generator_says() {
        docker_target whole || return 0
        run "$PLAN"
        expect_state completed
        expect_counters
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_tables
        # Every content has its row in the master table, and no other.
        [[ $(pulp "SELECT count(*) FROM core_content c FULL JOIN (
                SELECT content_ptr_id AS id, 'container.blob' AS type FROM container_blob
                UNION ALL SELECT content_ptr_id, 'container.manifest' FROM container_manifest
                UNION ALL SELECT content_ptr_id, 'container.tag' FROM container_tag) d
                ON d.id = c.pulp_id AND d.type = c.pulp_type WHERE d.id IS NULL OR c.pulp_id IS NULL") -eq 0 ]]
        # Blobs and manifests are served by their digests.
        [[ $(pulp "SELECT count(*) FROM core_contentartifact ca JOIN core_artifact a ON a.pulp_id = ca.artifact_id
                LEFT JOIN container_blob b ON b.content_ptr_id = ca.content_id
                LEFT JOIN container_manifest m ON m.content_ptr_id = ca.content_id
                WHERE ca.relative_path <> coalesce(b.digest, m.digest) OR (b.digest IS NOT NULL AND b.digest <> 'sha256:' || a.sha256)") -eq 0 ]]
        [[ $(pulp "SELECT count(*) FROM core_publication") -eq 0 ]]
}

test_manifests_have_the_columns_and_blobs_of_their_files() {
        need_shared || return 0
        docker_dump whole
        # shellcheck disable=SC2016
        diff <(manifest_files '[$digest, .schemaVersion, (.mediaType // "application/vnd.docker.distribution.manifest.v1+json"),
                        (.config.digest // "-")] | join(" ")' | LC_ALL=C sort) \
                <(pulp "SELECT m.digest, m.schema_version, m.media_type, coalesce(b.digest, '-') FROM container_manifest m
                        LEFT JOIN container_blob b ON b.content_ptr_id = m.config_blob_id" | LC_ALL=C sort)
        # shellcheck disable=SC2016
        diff <(manifest_files '((.layers // [] | .[] | select(.mediaType | contains("foreign") | not) | .digest),
                        (.fsLayers // [] | .[].blobSum)) | "\($digest) \(.)"' | LC_ALL=C sort -u) \
                <(pulp "SELECT m.digest, b.digest FROM container_blobmanifest l
                        JOIN container_manifest m ON m.content_ptr_id = l.manifest_id
                        JOIN container_blob b ON b.content_ptr_id = l.manifest_blob_id" | LC_ALL=C sort)
}

# Pulp 3's columns are named the other way round.
test_lists_have_the_platforms_of_their_files() {
        need_shared || return 0
        docker_dump whole
        # shellcheck disable=SC2016
        diff <(manifest_files 'def text: if . == null then "" elif type == "array" then "[" + (map("\u0027" + . + "\u0027") | join(", ")) + "]"
                        else . end; .manifests // [] | .[] | [$digest, .digest, .platform.architecture, .platform.os,
                        (.platform."os.version" | text), (.platform."os.features" | text), (.platform.features | text),
                        (.platform.variant | text)] | join("|")' | LC_ALL=C sort) \
                <(pulp "SELECT concat_ws('|', l.digest, m.digest, o.architecture, o.os, o.os_version, o.os_features, o.features,
                        o.variant) FROM container_manifestlistmanifest o
                        JOIN container_manifest l ON l.content_ptr_id = o.image_manifest_id
                        JOIN container_manifest m ON m.content_ptr_id = o.manifest_list_id" | LC_ALL=C sort)
        [[ $(pulp "SELECT count(*) FROM container_manifestlistmanifest WHERE os_features = '[''win32k'']'") -gt 0 ]]
}

test_a_version_has_each_tag_once_of_the_newest_kind() {
        need_shared || return 0
        [[ $(pulp "SELECT count(*) FROM core_repositorycontent rc JOIN container_tag t ON t.content_ptr_id = rc.content_id
                GROUP BY rc.repository_id, t.name HAVING count(*) > 1") == "" ]]
        # Of the names that have several tags none is of schema 1, and those of a list are of the list.
        diff - <(pulp "SELECT t.name, left(split_part(m.media_type, '.', 5), 4), m.schema_version FROM core_repositorycontent rc
                JOIN core_repository r ON r.pulp_id = rc.repository_id AND r.name = 'docker-00001'
                JOIN container_tag t ON t.content_ptr_id = rc.content_id
                JOIN container_manifest m ON m.content_ptr_id = t.tagged_manifest_id WHERE t.name ~ '^[04]($|[.])' ORDER BY 1") <<'LINES'
0 list 2
0.0 v2+j 2
0.1 list 2
0.2 v2+j 2
4 list 2
4.0 v2+j 2
4.1 v2+j 2
4.2 v2+j 2
LINES
        # The schema 1 manifests are there without a tag.
        [[ $(pulp "SELECT count(*) FROM core_repositorycontent rc JOIN container_manifest m ON m.content_ptr_id = rc.content_id
                WHERE m.schema_version = 1") -gt 0 ]]
        diff <(jq -r '.plugins.docker.repositories[] | "\(.name) \(.contents)"' "$WORK/dump-whole/expected.json" | LC_ALL=C sort) \
                <(pulp "SELECT r.name, count(rc.pulp_id) FROM core_repository r
                        LEFT JOIN core_repositorycontent rc ON rc.repository_id = r.pulp_id GROUP BY 1" | LC_ALL=C sort)
}

test_remotes_have_the_upstream_name_and_tags_of_their_importers() {
        need_shared || return 0
        diff - <(pulp "SELECT r.name, m.pulp_type, m.url, m.policy, c.upstream_name, coalesce(c.include_tags::text, '-'),
                c.include_foreign_layers, num_nonnulls(c.exclude_tags, c.sigstore)
                FROM core_repository r JOIN core_remote m ON m.pulp_id = r.remote_id
                JOIN container_containerremote c ON c.remote_ptr_id = m.pulp_id ORDER BY 1") <<'LINES'
docker-00001 container.container https://registry.example.com immediate library/image-0 - f 0
docker-00002 container.container https://registry.example.com immediate library/image-1 {latest,edge} f 0
docker-00003 container.container https://registry.example.com immediate library/image-2 - f 0
docker-00004 container.container https://registry.example.com immediate library/image-3 - f 0
LINES
        [[ $(pulp "SELECT string_agg(r.pulp_type, ' ') FROM core_repository r LEFT JOIN container_containerrepository c
                ON c.repository_ptr_id = r.pulp_id AND c.manifest_signing_service_id IS NULL WHERE c.repository_ptr_id IS NULL OR
                r.pulp_type <> 'container.container'") == "" ]]
}

test_distributions_serve_the_version_below_their_namespace() {
        need_shared || return 0
        diff - <(pulp "SELECT d.base_path, n.name, d.pulp_type, r.name, v.number, c.private, num_nonnulls(d.publication_id,
                d.repository_id, d.remote_id, d.content_guard_id, c.description)
                FROM core_distribution d JOIN container_containerdistribution c ON c.distribution_ptr_id = d.pulp_id
                JOIN container_containernamespace n ON n.pulp_id = c.namespace_id
                JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id ORDER BY 1") <<'LINES'
docker-00003 docker-00003 container.container docker-00003 1 f 0
docker-empty docker-empty container.container docker-empty 0 f 0
library/docker-00001 library container.container docker-00001 1 f 0
library/docker-00002 library container.container docker-00002 1 f 0
library/docker-00004 library container.container docker-00004 1 f 0
LINES
}

test_a_second_run_changes_no_row_and_has_no_content_task() {
        need_shared || return 0
        docker_dump whole
        all_rows >"$WORK/rows-before"
        run "$PLAN"
        expect_state completed
        diff "$WORK/rows-before" <(all_rows)
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND s.code = 'content' AND t.kind = 'main'") -eq 0 ]]
        listing >"$WORK/listing-whole"
}

test_one_and_eight_workers_and_programs_that_are_killed_give_the_same_rows() {
        local workers begin

        need_shared || return 0
        for workers in 1 8 3; do
                docker_target whole
                begin=${EPOCHREALTIME/./}
                run "$PLAN" '{}' "$workers"
                # Twice as long as a program takes on the average: some of the next run's are killed, and all come through.
                KILL_AFTER=
                [[ $workers -ne 8 ]] || KILL_AFTER=$(((${EPOCHREALTIME/./} - begin) / 500 / ATTEMPTS))
                expect_state completed
                diff "$WORK/listing-whole" <(listing)
        done
        [[ $(db migrationd -c "SELECT count(*) > 0 FROM migrationd.attempt WHERE report_id = $REPORT AND state = 'failed'") == t ]]
}

# The counts of what was added and removed, and the numbers of versions, are those of the days.
test_later_days_of_the_server_lead_to_what_the_last_day_alone_leads_to() {
        docker_target whole || return 0
        run "$PLAN"
        docker_dump day-1 --generation 1
        run "$PLAN"
        docker_dump day-2 --generation 2
        run "$PLAN"
        expect_state completed
        expect_counters
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        # Repositories that Pulp 2 lost stay in Pulp 3.
        versions | grep -v '^docker-00001 ' >"$WORK/versions-later"
        docker_target day-2
        run "$PLAN"
        expect_state completed
        expect_tables
        diff <(versions) "$WORK/versions-later"
        ! diff -q "$WORK/versions-later" <(grep -v '^docker-00001 ' "$WORK/listing-whole" | grep '^docker-') >/dev/null ||
                fail 'the days did not differ'
}

test_damaged_documents_and_files_are_the_problems_that_the_generator_says() {
        docker_target damaged --damaged-documents 30 --seed 6 || return 0
        run "$PLAN"
        expect_state failed
        docker_target damaged --damaged-documents 30 --seed 6
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        expect_tables
        expect_problems
        # Collection, id, field or file, and what is wrong with it.
        problems | grep -E '^units_docker_manifest [0-9a-f-]{36} sha256:[0-9a-f]{64}: field fs_layers is missing$' >/dev/null
        problems | grep -E '^units_docker_manifest [0-9a-f-]{36} sha256:[0-9a-f]{64}: migrated without the blobs that Pulp 3 does not have: sha256:[0-9a-f]{64}$' >/dev/null
        problems | grep -E '^units_docker_tag [0-9a-f-]{36} .*: field manifest_digest: Pulp 3 does not have the manifest sha256:' >/dev/null
        problems | grep -E '^units_docker_manifest_list [0-9a-f-]{36} sha256:[0-9a-f]{64}: /var/lib/pulp/content/units/docker_manifest_list/.*: is no JSON: line' >/dev/null
        # The same run again finds the same.
        problems >"$WORK/problems"
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        diff "$WORK/problems" <(problems)
}

test_a_blob_that_was_missing_is_linked_as_soon_as_it_is_there() {
        docker_target whole || return 0
        cp -a "$DUMP/content" "$WORK/content-lacking"
        # A layer that one image alone has, and the configuration of another.
        rm "$WORK"/content-lacking/units/docker_blob/*/*/"$(manifest_files '.layers // [] | .[].digest' | LC_ALL=C sort | uniq -u |
                LC_ALL=C comm -12 - <(find "$DUMP/content/units/docker_blob" -type f -printf '%f\n' | LC_ALL=C sort) | sed -n 1p)"
        rm "$WORK"/content-lacking/units/docker_blob/*/*/"$(manifest_files '.config.digest // empty' | LC_ALL=C sort | sed -n 1p)"
        configure "$DUMP/pulp2.archive" "$WORK/content-lacking"
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        [[ $(problems | grep -c '^units_docker_blob .*: .* is missing: No such file or directory$') -eq 2 ]]
        [[ $(problems | grep -c '^units_docker_manifest .*: migrated without the blobs that Pulp 3 does not have: ') -eq 2 ]]
        [[ $(problems | wc -l) -eq 4 ]] || fail "problems: $(problems)"
        configure "$DUMP/pulp2.archive" "$DUMP/content"
        run "$PLAN"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        diff <(grep -E '^(manifest|link|listed|file) ' "$WORK/listing-whole") <(listing | grep -E '^(manifest|link|listed|file) ')
        diff <(grep '^docker-' "$WORK/listing-whole") <(versions)
        # Again: nothing is left to do.
        all_rows >"$WORK/rows-before"
        run "$PLAN"
        diff "$WORK/rows-before" <(all_rows)
}

test_what_pulp_3_has_lost_is_made_again() {
        need_shared || return 0
        docker_dump whole
        # As Pulp's orphan clean-up does it: what refers to a content goes with it.
        pulp "CREATE TEMPORARY TABLE gone AS SELECT DISTINCT manifest_blob_id AS id FROM container_blobmanifest LIMIT 3;
                DELETE FROM container_blobmanifest WHERE manifest_blob_id IN (SELECT id FROM gone);
                DELETE FROM core_repositorycontent WHERE content_id IN (SELECT id FROM gone);
                DELETE FROM core_contentartifact WHERE content_id IN (SELECT id FROM gone);
                DELETE FROM container_blob WHERE content_ptr_id IN (SELECT id FROM gone);
                DELETE FROM core_content WHERE pulp_id IN (SELECT id FROM gone)"
        [[ $(pulp 'SELECT count(*) FROM container_blob') -eq $(($(jq .plugins.docker.tables.container_blob "$DUMP/expected.json") - 3)) ]]
        run "$PLAN"
        expect_state completed
        diff <(grep -E '^(manifest|link|listed|file) ' "$WORK/listing-whole") <(listing | grep -E '^(manifest|link|listed|file) ')
        diff <(grep '^docker-' "$WORK/listing-whole") <(versions)
}

test_a_server_that_was_migrated_is_verified_without_a_difference() {
        docker_target whole || return 0
        # Rows of the target before, without the transaction that wrote them.
        all_rows | sed 's/ [0-9a-f]*$//' >"$WORK/rows-before"
        run "$PLAN"
        expect_state completed
        DEFINITION=pulp2to3_verify run "$PLAN"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems | head -3)"
}

test_a_reset_leaves_nothing() {
        need_shared || return 0
        DEFINITION=pulp2to3_reset run "$PLAN"
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems | head -3)"
        diff "$WORK/rows-before" <(all_rows | sed 's/ [0-9a-f]*$//')
        [[ -z $(find "$WORK/media" -mindepth 1) ]] || fail "files are left: $(find "$WORK/media" -mindepth 1 | head -3)"
}

titles=(
        test_the_generated_dump_gives_the_rows_that_the_generator_says
        test_manifests_have_the_columns_and_blobs_of_their_files
        test_lists_have_the_platforms_of_their_files
        test_a_version_has_each_tag_once_of_the_newest_kind
        test_remotes_have_the_upstream_name_and_tags_of_their_importers
        test_distributions_serve_the_version_below_their_namespace
        test_a_second_run_changes_no_row_and_has_no_content_task
        test_one_and_eight_workers_and_programs_that_are_killed_give_the_same_rows
        test_later_days_of_the_server_lead_to_what_the_last_day_alone_leads_to
        test_damaged_documents_and_files_are_the_problems_that_the_generator_says
        test_a_blob_that_was_missing_is_linked_as_soon_as_it_is_there
        test_what_pulp_3_has_lost_is_made_again
        test_a_server_that_was_migrated_is_verified_without_a_difference
        test_a_reset_leaves_nothing
)
steps_run "$@"
