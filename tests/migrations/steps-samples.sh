# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests of the steps on generated dumps of several plugins, after steps-common.sh: samples, what the generator expects
# of them, and the rows of a target without ids and times.
# shellcheck shell=bash disable=SC2034,SC2154

pulp() {
        db pulp -c "$1"
}

# generate NAME [OPTION…]: a sample, unless it is there.
generate() {
        [[ -d $WORK/sample-$1 ]] || "$GENERATE" --output "$WORK/sample-$1" --units 60 --repositories 3 --rpm 330 \
                --deb 160 --docker 8 "${@:2}"
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

# Every row of what the sample's repositories are now, without history: equal to that of an empty target with the same dump.
latest_content() {
        local table

        repositories | tr ',' '\n' | pulp3_latest "$(conninfo pulp)" >"$WORK/latest"
        # None of the parts is empty on both sides, so that nothing would be compared.
        for table in core_{repository,repositorycontent,remote,remoteartifact,distribution,publication,publishedartifact,artifact} \
                file_file{content,remote,distribution} rpm_{package,updatecollectionpackage,rpmremote,rpmdistribution} \
                deb_{package,packagereleasecomponent,aptremote,aptdistribution} \
                container_{tag,blobmanifest,manifestlistmanifest,containerremote,containerdistribution}; do
                grep -q "^$table"$'\t' "$WORK/latest" || fail "there is nothing of $table to compare" >&2
        done
        # A distribution of an older version, and whatever else is not of what there is now.
        ! grep 'NO NATURAL KEY' "$WORK/latest" >&2 || fail 'a row names what is not there'
        cat "$WORK/latest"
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

# Every row of Pulp's tables without ids and times, what a row names by its natural key.
rows_without_ids() {
        pulp3_listings "$(conninfo pulp)"
}
