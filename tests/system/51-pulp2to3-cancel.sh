#!/bin/bash
# container: pulp
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cancel at every phase of a migration of 20 000 units: nothing runs and nothing is written any more when canceled is seen, and
# the next run takes over what was done.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

sample_make 20000 --on-demand 20 --shared 10 --duplicate 5
target_make
plan=$(plan_create pulp2to3 '{"plugins": [{"type": "iso"}]}')

pulp_locks() {
        pulp_sql -c "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = $1 AND d.datname = 'pulp'"
}

counters() {
        sql "SELECT sum(done), sum(total) FROM migrationd.task WHERE report_id = $1"
}

# cancel_and_look: as soon as `canceled` is seen everything has to be at rest.
cancel_and_look() {
        local before rows

        expect report_call "$report" Cancel 'a{sv}' 0
        wait_until 60 report_is "$report" canceled
        before=$(counters "$report")
        rows=$(target_counts)
        expect_eq "$(units_of "$report")" ''
        expect_eq "$(pulp_locks "$report")" 0
        wait_until 5 no_unit_left "$report"
        wait_until 5 sh -c "! systemctl --quiet is-active migrationd-poll@$report.timer migrationd-poll@$report.service"
        expect_exit 1 pgrep -u pulp pulp2to3
        expect_eq "$(counters "$report")" "$before"
        expect_eq "$(target_counts)" "$rows"
}

title "Canceled before the first launch: nothing is in the target"
report=$(report_run "$plan")
cancel_and_look
expect_eq "$(target_counts)" '0|0|0|0|0|0|0'

# canceled_in STEP TASKS WORKERS: a report that is canceled when so many tasks of that step run. A quick machine may be through with
# the step before it is asked for: then once more.
canceled_in() {
        local try

        for ((try = 0; try < 5; try++)); do
                report=$(report_run "$plan" workers u "$3")
                wait_until 120 step_runs "$report" "$1" "$2"
                cancel_and_look
                [[ $(sql "SELECT state FROM migrationd.step WHERE report_id = $report AND code = '$1'") != canceled ]] || return 0
                target_make
        done
        fail "the step $1 was over before each cancel"
}

title "Canceled while the dump is read: nothing is in the target"
canceled_in premigration 1 2
expect_eq "$(target_counts)" '0|0|0|0|0|0|0'

title "Canceled with many content tasks in flight"
canceled_in content 4 8
rows=$(pulp_sql -c 'SELECT count(*) FROM file_filecontent')
((rows < 20000)) || fail "all content was migrated before the cancel"

title "Canceled in the last step, whose tasks wait for a table that somebody else has locked"
coproc LOCKER { psql_as pulp -d pulp; }
echo 'BEGIN; LOCK TABLE core_distribution IN SHARE MODE;' >&"${LOCKER[1]}"
report=$(report_run "$plan" workers u 2)
wait_until 300 step_runs "$report" distributions
cancel_and_look
expect_eq "$(pulp_sql -c 'SELECT count(*) FROM core_distribution')" 0
echo 'ROLLBACK \; SELECT 1;' >&"${LOCKER[1]}"
kill "$LOCKER_PID" 2>/dev/null || :

title "The next run completes what is left, and the rows are as expected"
report=$(report_run "$plan" workers u 2)
wait_until 300 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(pulp_sql -c 'SELECT count(*) FROM file_filecontent')" "$(jq .contents /var/lib/pulp/expected.json)"
expect_eq "$(pulp_sql -c 'SELECT count(*) FROM core_distribution')" 20
