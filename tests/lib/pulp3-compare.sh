# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests: what a migration made of Pulp 3's tables, as text without ids and times, and its comparison with a
# reference directory (json/TABLE.jsonl, nk-*.tsv, media-files.tsv, summary.json).
# shellcheck shell=bash
#
# Both sides are listed by the same text: the rows of a reference are loaded into temporary tables, which hide the real ones.

# How psql is called, such as (runuser -u pulp -- psql).
[[ -v PULP3_PSQL ]] || PULP3_PSQL=(psql)
PULP3_LIB=$(dirname "${BASH_SOURCE[0]}")
# Rows that are not as the upstream tool has them.
PULP3_ALLOWED=$PULP3_LIB/../migrations/upstream-differences.txt

# pulp3_query CONNINFO <SQL: rows as text, columns by tabs, NULL as nothing.
pulp3_query() {
        "${PULP3_PSQL[@]}" -XqAt -F $'\t' -v ON_ERROR_STOP=1 -d "$1" -f -
}

# pulp3_copy TABLE <lines: SQL that has each line in the one column of that temporary table.
pulp3_copy() {
        echo "CREATE TEMPORARY TABLE IF NOT EXISTS $1 (t text); TRUNCATE $1; COPY $1 FROM STDIN;"
        sed 's/\\/\\\\/g; s/\t/\\t/g'
        echo '\.'
}

# pulp3_load REFERENCE: SQL that hides Pulp's tables by those of a reference. Each table of it that is compared must be there as a
# whole, so a reference that lacks a file is no empty table.
pulp3_load() {
        local file

        echo "SELECT format('CREATE TEMPORARY TABLE %I (LIKE public.%1\$I)', tab) FROM pulp3_tables \\gexec"
        for file in "$1"/json/*.jsonl; do
                pulp3_copy pulp3_json <"$file"
                echo "SELECT format('INSERT INTO pg_temp.%I SELECT (jsonb_populate_record(NULL::public.%1\$I, t::jsonb)).* FROM pulp3_json',
                        tab) FROM pulp3_tables WHERE tab = '$(basename "$file" .jsonl)' \\gexec"
        done
        pulp3_copy pulp3_summary < <(jq -r '.tables | to_entries[] | "\(.key) \(.value.rows)"' "$1/summary.json")
        cat <<'SQL'
CREATE FUNCTION pg_temp.check_rows(tab text, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
        found bigint;
BEGIN
        EXECUTE format('SELECT count(*) FROM pg_temp.%I', tab) INTO found;
        IF found <> wanted THEN
                RAISE EXCEPTION 'the reference has % rows of %, its summary says %', found, tab, wanted;
        END IF;
END $$;
DO $$
BEGIN
        PERFORM pg_temp.check_rows(tab, coalesce((SELECT split_part(t, ' ', 2)::bigint FROM pulp3_summary s
                WHERE split_part(t, ' ', 1) = tab), 0)) FROM pulp3_tables;
        IF EXISTS (SELECT FROM pulp3_summary WHERE split_part(t, ' ', 1) NOT IN (SELECT tab FROM pulp3_tables) AND
                        NOT EXISTS (SELECT FROM pulp3_excluded e WHERE split_part(t, ' ', 1) ~ ('^(' || e.tables || ')$'))) THEN
                RAISE EXCEPTION 'the reference has tables that the target lacks';
        END IF;
END $$;
SQL
}

# pulp3_listings CONNINFO [REFERENCE]: sorted lines "TABLE<tab>ROW" of all tables, or of those of a reference.
pulp3_listings() {
        {
                cat "$PULP3_LIB/pulp3-tables.sql"
                [[ -z ${2:-} ]] || pulp3_load "$2"
                cat "$PULP3_LIB/pulp3-rows.sql"
                echo 'SELECT name, line FROM pulp3_line;'
        } | pulp3_query "$1" | LC_ALL=C sort | pulp3_named
}

# pulp3_latest CONNINFO <names: the same of what these repositories are now, see pulp3-latest.sql.
pulp3_latest() {
        {
                cat "$PULP3_LIB/pulp3-tables.sql"
                pulp3_copy pulp3_names
                echo 'ALTER TABLE pulp3_names RENAME COLUMN t TO name;'
                cat "$PULP3_LIB/pulp3-latest.sql" "$PULP3_LIB/pulp3-rows.sql"
                echo 'SELECT name, line FROM pulp3_line;'
        } | pulp3_query "$1" | LC_ALL=C sort
}

# Passes lines on, and fails if a row names one that is not there, or is of a table that pulp3-rows.sql has no natural key of.
pulp3_named() {
        awk '{ print } /NO NATURAL KEY/ { print "no natural key: " $0 >"/dev/stderr"; bad = 1 } END { exit bad }'
}

# pulp3_media MEDIA: artifact files as in a reference: path, size, mode, number of links.
pulp3_media() {
        (cd "$1" && find artifact -type f -printf '%p\t%s\t%m\tnlink=%n\n') | LC_ALL=C sort
}

# pulp3_everything CONNINFO MEDIA [REFERENCE]: the same, then "media" and the files, and "nk-NAME" and what a reference lists under
# that name. In place of the digests and the file of a dated artifact there is only that it is one.
pulp3_everything() {
        local file

        {
                cat "$PULP3_LIB/pulp3-tables.sql"
                echo 'CREATE TEMPORARY TABLE pulp3_more (name text, line text);'
                if [[ -n ${3:-} ]]; then
                        pulp3_load "$3"
                        for file in "$3"/nk-*.tsv; do
                                pulp3_copy pulp3_file <"$file"
                                echo "INSERT INTO pulp3_more SELECT '$(basename "$file" .tsv)', t FROM pulp3_file;"
                        done
                        pulp3_copy pulp3_file <"$3/media-files.tsv"
                else
                        cat "$PULP3_LIB/pulp3-listings.sql"
                        echo "INSERT INTO pulp3_more SELECT 'nk-' || name, (SELECT string_agg(coalesce(v, ''), chr(9) ORDER BY n)
                                FROM jsonb_array_elements_text(line) WITH ORDINALITY x (v, n)) FROM pulp3_listings;"
                        pulp3_copy pulp3_file < <(pulp3_media "$2")
                fi
                # How many names a file has beside its artifact is of the content directory, that it has one is of the migration.
                echo "INSERT INTO pulp3_more SELECT 'media', regexp_replace(t, 'nlink=([2-9]|[0-9]{2,})$', 'linked') FROM pulp3_file;"
                cat "$PULP3_LIB/pulp3-rows.sql"
                cat <<'SQL'
INSERT INTO pulp3_line SELECT name, line FROM pulp3_more
        WHERE NOT EXISTS (SELECT FROM pulp3_dated WHERE position(sha256 IN line) > 0 OR position(path IN line) > 0);
-- One line for files of one size.
INSERT INTO pulp3_line SELECT DISTINCT name, regexp_replace(replace(line, path, 'dated'), '\m[0-9a-f]{32,}\M', 'dated', 'g')
        FROM pulp3_more JOIN pulp3_dated ON position(sha256 IN line) > 0 OR position(path IN line) > 0;
SELECT name, line FROM pulp3_line;
SQL
        } | pulp3_query "$1" | LC_ALL=C sort | pulp3_named
}

# pulp3_differences CONNINFO MEDIA REFERENCE: lines of the reference alone after "-", of ours alone after "+".
pulp3_differences() {
        local wanted found

        wanted=$(pulp3_everything "$1" "$2" "$3") || return
        found=$(pulp3_everything "$1" "$2") || return
        { diff <(echo "$wanted") <(echo "$found") || true; } | sed -n 's/^< /-/p; s/^> /+/p' | LC_ALL=C sort
}

# pulp3_allowed REFERENCE: the rows of the sections of upstream-differences.txt that are of this reference.
pulp3_allowed() {
        awk -v name="$(basename "$1")" '/^== / { ours = index($0 " ", " " name " ") } ours && /^[-+]/' "$PULP3_ALLOWED" | LC_ALL=C sort
}

# pulp3_compare CONNINFO MEDIA REFERENCE: the rows and files are those of the reference but for those of upstream-differences.txt.
# Prints every other difference, and every one that should be and is not; fails if there is one.
pulp3_compare() {
        local found

        found=$(pulp3_differences "$1" "$2" "$3") || return
        diff -u --label "differences that are written down" --label "differences from $(basename "$3")" \
                <(pulp3_allowed "$3") <(printf '%s' "${found:+$found$'\n'}")
}

# pulp3_all CONNINFO MEDIA: everything as one text without ids and times: equal for equal migrations.
pulp3_all() {
        pulp3_listings "$1"
        (cd "$2" && find artifact -type f -printf 'media\t%p\t%s\n') | LC_ALL=C sort
}

# pulp3_each CONNINFO COLUMNS: a line for each of Pulp's tables: name, and these columns of a query on it, as t.
pulp3_each() {
        {
                cat "$PULP3_LIB/pulp3-tables.sql"
                echo "SELECT format('SELECT %L, %s FROM public.%1\$I t', tab, \$\$$2\$\$) FROM pulp3_tables ORDER BY tab \\gexec"
        } | pulp3_query "$1"
}

# pulp3_checksums CONNINFO: every column counts, also ids and times.
pulp3_checksums() {
        pulp3_each "$1" "count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text))"
}

# pulp3_expect_counts CONNINFO EXPECTED.json [tables|tables_filled]: the rows of each table are as many as the generator of samples
# expects; a table that it does not know has none.
pulp3_expect_counts() {
        diff -u --label expected --label migrated \
                <(jq -r --arg t "${3:-tables}" '.[$t] | to_entries[] | select(.value > 0) | "\(.key)\t\(.value)"' "$2" | LC_ALL=C sort) \
                <(pulp3_each "$1" 'count(*)' | awk '$2 > 0' | LC_ALL=C sort)
}
