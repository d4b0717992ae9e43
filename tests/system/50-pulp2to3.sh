#!/bin/bash
# container: pulp
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# ISO repositories from Pulp 2 to Pulp 3 by systemd units: the rows of a real dump are those of the reference, a second run
# changes nothing, and what is wrong with dump, plan, content or target is named.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"
# shellcheck disable=SC2034
PULP3_PSQL=(runuser -u pulp -- env --chdir=/ psql)
# shellcheck source=tests/lib/pulp3-compare.sh
. "$TESTS/lib/pulp3-compare.sh"

ALL='{"plugins": [{"type": "iso"}]}'
REAL=$PULP2_DUMPS/file_base_4repos
REFERENCE=$PULP2_REFERENCE/reference-file

# run PLAN [KEY TYPE VALUE]…: runs it to its end; sets report.
run() {
        report=$(report_run "$(plan_create pulp2to3 "$1")" "${@:2}")
        wait_until 240 report_has_ended "$report"
}

# run_fails PLAN REGEX [KEY TYPE VALUE]…: the report fails, a task's line in the journal says why.
run_fails() {
        run "$1" "${@:3}"
        expect_eq "$(report_get "$report" State)" failed
        expect_match "$2" journal_of "migration-pulp2to3-*-$report-*"
}

problems() {
        sql "SELECT count(*) FROM migrationd.problem WHERE report_id = $report"
}

# The content tree lies where it can be linked from, and is the pulp user's.
real_make() {
        pulp_user_make
        rm -rf /var/lib/pulp/content
        cp -a "$REAL/var/lib/pulp/content" /var/lib/pulp/content
        chmod -R u+w /var/lib/pulp/content
        cp "$REAL"/mongodb.*.archive /var/lib/pulp/pulp2.archive
        chown -R pulp:pulp /var/lib/pulp
        configuration_make /var/lib/pulp/pulp2.archive /var/lib/pulp/content
        target_make "$PULP2_REFERENCE/schema.sql"
}

title "The real dump gives the rows of the reference; its ten missing files are problems"
if need_dump "$REAL" && need_dump "$REFERENCE"; then
        real_make
        run "$ALL" skip_corrupted b true
        expect_eq "$(report_get "$report" State)" completed
        expect_eq "$(problems)" 10
        expect pulp3_compare dbname=pulp /var/lib/pulp/media "$REFERENCE"
fi

title "A second run of the same plan changes no row, not even a time"
if need_dump "$REAL"; then
        before=$(pulp3_checksums dbname=pulp)
        run "$ALL" skip_corrupted b true
        expect_eq "$(report_get "$report" State)" completed
        expect_eq "$(pulp3_checksums dbname=pulp)" "$before"
        expect_eq "$(problems)" 10
fi

title "Without skip_corrupted a missing file fails the report and is named with unit, path and cause"
if need_dump "$REAL"; then
        real_make
        run_fails "$ALL" 'units_iso [0-9a-f-]{36} .*\.iso: /var/lib/pulp/content/units/iso/.* is missing: No such file'
fi

title "A generated dump with damaged, shared and duplicate units gives the expected rows and problems"
sample_make 2000 --on-demand 20 --corrupted 0.5 --missing 0.5 --short 0.5 --shared 10 --duplicate 5 --empty-repositories 2
target_make
run "$ALL" skip_corrupted b true
expect_eq "$(report_get "$report" State)" completed
expect pulp3_expect_counts dbname=pulp /var/lib/pulp/expected.json
expect_eq "$(problems)" "$(jq '.problems.units | length' /var/lib/pulp/expected.json)"

title "Content files are hard links, as content and artifacts are below one writable path of one owner"
expect_eq "$(pulp_sql -c "SELECT sum(linked) > 1000, sum(copied) FROM migrationd_pulp2to3.batch WHERE report = $report")" 't|0'
expect_match '[0-9]+ units: [0-9]+ artifact files linked, 0 copied' journal_of "migration-pulp2to3-content-$report-*"

title "Content on a read-only file system is copied, and the same rows come of it"
wanted=$(target_digest)
mkdir -p /srv/pulp2-content
mount -t tmpfs tmpfs /srv/pulp2-content
cp -a /var/lib/pulp/content/. /srv/pulp2-content
mount -o remount,ro /srv/pulp2-content
configuration_make /var/lib/pulp/pulp2.archive /srv/pulp2-content
target_make
run "$ALL" skip_corrupted b true
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(target_digest)" "$wanted"
expect_eq "$(pulp_sql -c "SELECT sum(linked), sum(copied) > 1000 FROM migrationd_pulp2to3.batch WHERE report = $report")" '0|t'
configuration_make /var/lib/pulp/pulp2.archive /var/lib/pulp/content
umount /srv/pulp2-content

title "A dry run checks everything and writes nothing in the target"
target_make
run "$ALL" dry_run b true
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(pulp_sql -c "SELECT count(*) FROM pg_namespace WHERE nspname = 'migrationd_pulp2to3'")" 0
expect_eq "$(target_counts)" '0|0|0|0|0|0|0'

title "A plan with an unknown plugin, or with repositories that the dump lacks, is refused before anything is written"
run_fails '{"plugins": [{"type": "puppet"}]}' 'plan: /plugins/0/type: unknown plugin "puppet"; iso, rpm, deb and docker are known'
run_fails '{"plugins": [{"type": "iso", "repositories": [{"name": "a", "repository_versions": [
        {"pulp2_repository_id": "absent"}]}]}]}' 'the plan names what /var/lib/pulp/pulp2.archive lacks: repositories "absent"'
expect_eq "$(target_counts)" '0|0|0|0|0|0|0'

title "A target of another Pulp version is refused before anything is written"
pulp_sql -c "INSERT INTO django_migrations (app, name, applied) VALUES ('core', '0088_later', now())"
run_fails "$ALL" 'is of another Pulp version: the latest migration of app core is 0088_later, expected 0087_taskschedule'
expect_eq "$(pulp_sql -c "SELECT count(*) FROM pg_namespace WHERE nspname = 'migrationd_pulp2to3'")" 0

title "A truncated archive, and one of another database, are refused"
target_make
truncate -s -1000 /var/lib/pulp/pulp2.archive
run_fails "$ALL" '/var/lib/pulp/pulp2.archive: .*(ends|EOF|incomplete|truncated)'
if need_dump "$REAL"; then
        cp "$REAL"/mongodb.*.archive /var/lib/pulp/pulp2.archive
        sed -i 's|^Content=.*|&\nArchiveDatabase=other_database|' /etc/migrationd/pulp2to3.conf
        run_fails "$ALL" 'other_database'
fi

title "A target database that does not exist fails the report, which ends"
sed -i 's|^Database=dbname=pulp|Database=dbname=nowhere|; /other_database/d' /etc/migrationd/pulp2to3.conf
run_fails "$ALL" "cannot connect to Pulp's database: .*nowhere"
