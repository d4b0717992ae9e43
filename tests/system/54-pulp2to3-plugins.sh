#!/bin/bash
# container: pulp
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# Repositories of all plugins by systemd units, in their sandboxes: migrated and verified, verified again by a migration of its
# own, found unchanged, and reset.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

ALL='{"plugins": [{"type": "iso"}, {"type": "rpm"}, {"type": "deb"}, {"type": "docker"}]}'
SCHEMA=$PULP2_REFERENCE/schema.sql

# run MIGRATION [KEY TYPE VALUE]…: the plan of all plugins to its end; sets report.
run() {
        report=$(report_run "$(plan_create "$1" "$ALL")" "${@:2}")
        wait_until 300 report_has_ended "$report"
}

# expect_completed MIGRATION [KEY TYPE VALUE]…: without a problem, and without anything left.
expect_completed() {
        run "$@"
        expect_eq "$(report_get "$report" State)" completed
        expect_eq "$(sql "SELECT count(*) FROM migrationd.problem WHERE report_id = $report")" 0
        wait_until 10 no_unit_left "$report"
}

# rows: a digest of every table of Pulp's.
rows() {
        pulp_sql -c "SELECT format('SELECT %L, md5(string_agg(t::text, '''' ORDER BY t::text)) FROM public.%I t;', tablename, tablename)
                FROM pg_tables WHERE schemaname = 'public' ORDER BY 1" | pulp_sql | sha256sum
}

title "A dump of all plugins is migrated, and the last step finds no difference"
if need_dump "$SCHEMA"; then
        sample_make 200 --rpm 330 --deb 160 --docker 48
        target_make "$SCHEMA"
        empty=$(rows)
        expect_completed pulp2to3 workers u 2 verify b true
        expect_eq "$(pulp_sql -c "SELECT count(*) > 4 FROM core_publication")" t
        expect_eq "$(sql "SELECT count(*) > 3 FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $report AND s.code = 'verify' AND t.kind = 'main'")" t
fi

title "The tasks of each plugin are a lane"
if need_dump "$SCHEMA"; then
        expect_eq "$(sql "SELECT string_agg(DISTINCT lane, ' ' ORDER BY lane) FROM migrationd.task WHERE report_id = $report AND
                lane <> ''")" 'deb docker iso rpm'
fi

title "A second run changes no row"
if need_dump "$SCHEMA"; then
        before=$(rows)
        expect_completed pulp2to3 workers u 2
        expect_eq "$(rows)" "$before"
fi

title "The migration pulp2to3_verify finds no difference, and fails on a file of other bytes"
if need_dump "$SCHEMA"; then
        expect_completed pulp2to3_verify workers u 2
        file=/var/lib/pulp/media/$(pulp_sql -c "SELECT a.file FROM core_artifact a JOIN core_contentartifact ca ON ca.artifact_id = a.pulp_id
                JOIN file_filecontent f ON f.content_ptr_id = ca.content_id ORDER BY a.sha256 LIMIT 1")
        cp --preserve=all "$file" /run/good
        # The artifact is a hard link: the byte is changed in a file of its own.
        cp --preserve=all "$file" "$file.new"
        printf 'X' | dd of="$file.new" bs=1 conv=notrunc status=none
        mv "$file.new" "$file"
        run pulp2to3_verify workers u 2
        expect_eq "$(report_get "$report" State)" failed
        expect_eq "$(sql "SELECT count(*) FROM migrationd.problem WHERE report_id = $report")" 1
        mv /run/good "$file"
        chown pulp:pulp "$file"
fi

title "The migration pulp2to3_reset leaves Pulp 3 as it was before"
if need_dump "$SCHEMA"; then
        expect_completed pulp2to3_reset workers u 2
        expect_eq "$(rows)" "$empty"
        expect_eq "$(find /var/lib/pulp/media -type f | wc -l)" 0
fi
