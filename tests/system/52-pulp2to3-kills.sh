#!/bin/bash
# container: pulp
# timeout: 900
# SPDX-License-Identifier: LGPL-2.1-or-later
# 20 000 units: 1, 2 and 8 workers give the same rows, and so does a run in whose every step migrationd-poll, migrationd and a
# task are killed, and both databases are restarted.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

sample_make 20000 --on-demand 20 --shared 10 --duplicate 5 --corrupted 1 --missing 1
plan=$(plan_create pulp2to3 '{"plugins": [{"type": "iso"}]}')
wanted=

# completed_with_the_rows: the report completed, with the same rows as every other run, and the expected problems.
completed_with_the_rows() {
        local got

        wait_until 300 report_has_ended "$report"
        expect_eq "$(report_get "$report" State)" completed
        got=$(target_digest)
        : "${wanted:=$got}"
        expect_eq "$got" "$wanted"
        expect_eq "$(report_get "$report" Problems)" "$(jq '.problems.corrupted + .problems.missing + .problems.short' /var/lib/pulp/expected.json)"
        expect_eq "$(pulp_sql -c 'SELECT count(*) FROM file_filecontent')" "$(jq .contents /var/lib/pulp/expected.json)"
        wait_until 10 no_unit_left "$report"
}

for workers in 2 1 8; do
        title "$workers workers: the expected rows and problems"
        target_make
        report=$(report_run "$plan" workers u "$workers" skip_corrupted b true)
        completed_with_the_rows
        echo "# $workers workers: $(sql "SELECT round(extract(epoch FROM finished_at - started_at), 1) FROM migrationd.report
                WHERE id = $report") s, of it content $(sql "SELECT round(extract(epoch FROM finished_at - started_at), 1)
                FROM migrationd.step WHERE report_id = $report AND code = 'content'") s" >&2
done

any_of_step() {
        [[ -n $(sql "SELECT 1 FROM migrationd.step WHERE report_id = $report AND code = '$1' AND state <> 'waiting'") ]]
}

# in_every_step COMMAND…: does it once soon after each step has begun.
in_every_step() {
        target_make
        report=$(report_run "$plan" workers u 2 skip_corrupted b true)
        for step in validate premigration repositories content repository_versions publications distributions; do
                wait_until 120 any_of_step "$step"
                "$@"
        done
        completed_with_the_rows
}

kill_unit() {
        systemctl kill --signal=SIGKILL "$1" 2>/dev/null || :
}

kill_poll() {
        kill_unit "migrationd-poll@$report.service"
}

title "migrationd-poll is killed in the middle of each step"
in_every_step kill_poll

title "migrationd is killed in the middle of each step"
in_every_step kill_unit migrationd.service

kill_tasks() {
        local unit

        for unit in $(units_of "$report"); do
                kill_unit "$unit"
        done
}

title "All tasks are killed in the middle of each step"
in_every_step kill_tasks

restart_databases() {
        systemctl restart migrationd-postgresql.service postgresql@15-main.service
}

title "Both databases are restarted in the middle of the content step: the run goes on when they are back"
target_make
report=$(report_run "$plan" workers u 2 skip_corrupted b true)
wait_until 120 step_runs "$report" content
restart_databases
completed_with_the_rows
