# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests: what a migration made of Pulp 3's tables, as text without ids and times, and its comparison with a
# reference directory (json/TABLE.jsonl, nk-*.tsv, media-files.tsv).
# shellcheck shell=bash
#
# A listing is one query on unqualified table names. For a reference its rows are loaded into temporary tables of the same
# names, which hide the real ones: so both sides are listed by the same text.

# How psql is called, such as (runuser -u pulp -- psql).
[[ -v PULP3_PSQL ]] || PULP3_PSQL=(psql)

PULP3_TABLES=(core_artifact core_content core_contentartifact core_distribution core_publication core_publishedartifact
        core_publishedmetadata core_remote core_remoteartifact core_repository core_repositorycontent core_repositoryversion
        core_repositoryversioncontentdetails file_filecontent file_filedistribution file_filepublication file_fileremote
        file_filerepository)

declare -A PULP3_LISTINGS=(
        [artifacts]="SELECT sha256, size, md5, sha1, sha224, sha384, sha512, file FROM core_artifact"
        [content-artifacts]="SELECT c.pulp_type, ca.relative_path, a.sha256, a.size, a.file FROM core_contentartifact ca
                JOIN core_content c ON c.pulp_id = ca.content_id LEFT JOIN core_artifact a ON a.pulp_id = ca.artifact_id"
        [published-metadata]="SELECT r.name, v.number, m.relative_path, a.sha256, a.size FROM core_publishedmetadata m
                JOIN core_publication p ON p.pulp_id = m.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id
                JOIN core_contentartifact ca ON ca.content_id = m.content_ptr_id
                JOIN core_artifact a ON a.pulp_id = ca.artifact_id"
        [remote-artifacts]="SELECT r.url, ca.relative_path, ra.url, ra.size, ra.md5, ra.sha1, ra.sha224, ra.sha256, ra.sha384,
                ra.sha512 FROM core_remoteartifact ra JOIN core_remote r ON r.pulp_id = ra.remote_id
                JOIN core_contentartifact ca ON ca.pulp_id = ra.content_artifact_id"
        [repo-content]="SELECT r.name, a.number, d.number, c.pulp_type, f.relative_path || ' ' || f.digest
                FROM core_repositorycontent rc JOIN core_repository r ON r.pulp_id = rc.repository_id
                JOIN core_repositoryversion a ON a.pulp_id = rc.version_added_id
                LEFT JOIN core_repositoryversion d ON d.pulp_id = rc.version_removed_id
                JOIN core_content c ON c.pulp_id = rc.content_id
                LEFT JOIN file_filecontent f ON f.content_ptr_id = c.pulp_id"
        [contents]="SELECT c.pulp_type, c.upstream_id, f.relative_path, f.digest FROM core_content c
                LEFT JOIN file_filecontent f ON f.content_ptr_id = c.pulp_id"
        [remotes]="SELECT to_jsonb(r) - '{pulp_id,pulp_created,pulp_last_updated}'::text[], f.remote_ptr_id IS NOT NULL
                FROM core_remote r LEFT JOIN file_fileremote f ON f.remote_ptr_id = r.pulp_id"
        # The description is that of Pulp 2 here, and for all but one repository its name upstream: not compared.
        [repositories]="SELECT to_jsonb(r) - '{pulp_id,pulp_created,pulp_last_updated,remote_id,description}'::text[],
                m.name, to_jsonb(f) - 'repository_ptr_id' FROM core_repository r
                LEFT JOIN core_remote m ON m.pulp_id = r.remote_id
                LEFT JOIN file_filerepository f ON f.repository_ptr_id = r.pulp_id"
        [versions]="SELECT r.name, v.number, v.complete, v.base_version_id, (SELECT string_agg(concat_ws(' ', d.count_type,
                        d.content_type, d.count), ', ' ORDER BY d.count_type, d.content_type)
                        FROM core_repositoryversioncontentdetails d WHERE d.repository_version_id = v.pulp_id)
                FROM core_repositoryversion v JOIN core_repository r ON r.pulp_id = v.repository_id"
        [publications]="SELECT r.name, v.number, p.pulp_type, p.complete, p.pass_through, f.manifest, a.relative_path,
                ca.relative_path, c.pulp_type FROM core_publication p
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                JOIN core_repository r ON r.pulp_id = v.repository_id
                LEFT JOIN file_filepublication f ON f.publication_ptr_id = p.pulp_id
                LEFT JOIN core_publishedartifact a ON a.publication_id = p.pulp_id
                LEFT JOIN core_contentartifact ca ON ca.pulp_id = a.content_artifact_id
                LEFT JOIN core_content c ON c.pulp_id = ca.content_id"
        [distributions]="SELECT to_jsonb(d) - '{pulp_id,pulp_created,pulp_last_updated,publication_id}'::text[], r.name,
                v.number, f.distribution_ptr_id IS NOT NULL FROM core_distribution d
                LEFT JOIN file_filedistribution f ON f.distribution_ptr_id = d.pulp_id
                LEFT JOIN core_publication p ON p.pulp_id = d.publication_id
                LEFT JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id
                LEFT JOIN core_repository r ON r.pulp_id = v.repository_id"
)

# pulp3_query CONNINFO <SQL: rows as text, columns by tabs, NULL as nothing.
pulp3_query() {
        "${PULP3_PSQL[@]}" -XqAt -F $'\t' -v ON_ERROR_STOP=1 -d "$1" -f -
}

# pulp3_listings CONNINFO [REFERENCE]: sorted lines, the listing's name first, of the tables or of a reference.
pulp3_listings() {
        local table listing

        {
                echo "SET client_min_messages = warning; SET search_path = pg_temp, public;"
                if [[ -n ${2:-} ]]; then
                        echo "CREATE TEMPORARY TABLE line (j jsonb);"
                        for table in "${PULP3_TABLES[@]}"; do
                                echo "CREATE TEMPORARY TABLE $table (LIKE public.$table);"
                                echo "TRUNCATE pg_temp.line; COPY pg_temp.line FROM STDIN;"
                                sed 's/\\/\\\\/g' "$2/json/$table.jsonl"
                                echo '\.'
                                echo "INSERT INTO pg_temp.$table SELECT (jsonb_populate_record(NULL::public.$table, j)).*
                                        FROM pg_temp.line;"
                        done
                fi
                for listing in "${!PULP3_LISTINGS[@]}"; do
                        printf "SELECT '%s', l.* FROM (%s) l;\n" "$listing" "${PULP3_LISTINGS[$listing]}"
                done
        } | pulp3_query "$1" | LC_ALL=C sort
}

# pulp3_media MEDIA: artifact files as in a reference: path, size, mode, number of links.
pulp3_media() {
        (cd "$1" && find artifact -type f -printf '%p\t%s\t%m\tnlink=%n\n') | LC_ALL=C sort
}

# pulp3_compare CONNINFO MEDIA REFERENCE: prints every difference; fails if there is one.
pulp3_compare() {
        local migrated listing file bad=0

        migrated=$(pulp3_listings "$1")
        diff -u --label reference --label migrated <(pulp3_listings "$1" "$3") <(echo "$migrated") || bad=1
        # The reference's own listings: that ours are right does not rest on the queries above alone.
        for file in "$3"/nk-*.tsv; do
                listing=${file##*/nk-}
                listing=${listing%.tsv}
                diff -u --label "$file" --label "migrated $listing" <(LC_ALL=C sort "$file") \
                        <(sed -n "s/^$listing\t//p" <<<"$migrated" | LC_ALL=C sort) || bad=1
        done
        diff -u --label "$3/media-files.tsv" --label "migrated media" \
                <(LC_ALL=C sort "$3/media-files.tsv") <(pulp3_media "$2") || bad=1
        return "$bad"
}

# pulp3_all CONNINFO MEDIA: everything as one text without ids and times: equal for equal migrations.
pulp3_all() {
        pulp3_listings "$1"
        echo "SELECT 'descriptions', name, description FROM public.core_repository ORDER BY name" | pulp3_query "$1"
        (cd "$2" && find artifact -type f -printf 'media\t%p\t%s\n') | LC_ALL=C sort
}

# pulp3_checksums CONNINFO: a line for each of Pulp's tables: every column counts, also ids and times.
pulp3_checksums() {
        local table

        for table in "${PULP3_TABLES[@]}"; do
                echo "SELECT '$table', count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM public.$table t;"
        done | pulp3_query "$1"
}

# pulp3_counts CONNINFO: a line for each of Pulp's tables: name, rows.
pulp3_counts() {
        local table

        for table in "${PULP3_TABLES[@]}"; do
                echo "SELECT '$table', count(*) FROM public.$table;"
        done | pulp3_query "$1"
}

# pulp3_expect_counts CONNINFO EXPECTED.json [tables|tables_filled]: compares with what the generator of samples expects.
pulp3_expect_counts() {
        diff -u --label expected --label migrated \
                <(jq -r --arg t "${3:-tables}" '.[$t] | to_entries[] | "\(.key)\t\(.value)"' "$2" | LC_ALL=C sort) \
                <(pulp3_counts "$1" | LC_ALL=C sort)
}
