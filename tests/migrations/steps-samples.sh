# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests of the steps on generated dumps of several plugins, after steps-common.sh: samples, what the generator expects
# of them, and the rows of a target without ids and times.
# shellcheck shell=bash disable=SC2034,SC2154

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
                JOIN deb_release r ON r.content_ptr_id = c.release_id
        UNION ALL SELECT content_ptr_id, digest FROM container_blob
        UNION ALL SELECT content_ptr_id, digest FROM container_manifest
        UNION ALL SELECT t.content_ptr_id, concat_ws(' ', name, digest) FROM container_tag t
                JOIN container_manifest m ON m.content_ptr_id = t.tagged_manifest_id"

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
        jq -r '(.repositories, .plugins[].repositories)[] | select(.dangling > 0) | "repository \(.name) \(.dangling)"' "$EXPECTED"
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
                $(pulp "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1") | sorted
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

# Every row of Pulp's tables without columns that hold ids and times; and without the files that say when they were made, and
# what counts them.
rows_without_ids() {
        db pulp <<'SQL'
CREATE TEMPORARY VIEW dated AS SELECT ca.pulp_id, ca.artifact_id FROM public.core_contentartifact ca
        WHERE ca.relative_path ~ '(repomd.xml|Release|[.]gz|[.]xz)$' AND
                EXISTS (SELECT FROM public.core_publishedmetadata m WHERE m.content_ptr_id = ca.content_id);
SELECT format('SELECT %L || '' '' || l FROM (SELECT (to_jsonb(t) - %L::text[])::text AS l FROM public.%I t%s) x ORDER BY l COLLATE "C"',
                t.table_name, array_agg(c.column_name), t.table_name,
                CASE t.table_name WHEN 'core_artifact' THEN ' WHERE NOT EXISTS (SELECT FROM dated d WHERE d.artifact_id = t.pulp_id)'
                ELSE '' END)
        FROM information_schema.tables t JOIN information_schema.columns c ON c.table_schema = t.table_schema AND
                c.table_name = t.table_name AND
                (c.data_type IN ('uuid', 'timestamp with time zone') OR c.column_default LIKE 'nextval(%' OR c.is_identity = 'YES')
        WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' GROUP BY t.table_name ORDER BY t.table_name \gexec
SQL
}
