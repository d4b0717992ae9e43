#!/bin/bash
# container: main
# timeout: 150
# SPDX-License-Identifier: LGPL-2.1-or-later
# One migration written in shell goes through every room: plan, bus, report, poll, transient unit, claim, counters, joblog.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
program hello <<'SH'
#!/bin/sh
set -e
echo "input: $(migrationd-task input)"
migrationd-task progress 0 3
for i in 1 2 3; do
        echo "$i" >>/var/lib/worker/hello
        migrationd-task progress $i
done
migrationd-task problem 'item four' 'there is none'
SH
definition hello <<'JSON'
{
        "name": "hello", "description": "Says hello", "user": "worker", "writable": ["/var/lib/worker"],
        "steps": [
                { "code": "greet", "message": "Greeting",
                  "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/hello"] },
                { "code": "leave", "message": "Leaving", "contract": "exit-code", "exec": ["/bin/true"] }
        ]
}
JSON

title "The service is activated by the bus and lists the definition"
expect_match '"hello","/etc/migrationd/migrations/hello.json","Says hello",""' \
        busctl --system --json=short call "${MANAGER[@]}" ListMigrations

title "A stored plan is run with busctl alone and completes"
plan=$(plan_create hello '{"who": "world"}')
report=$(report_run "$plan" workers u 2)
wait_until 30 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(cat /var/lib/worker/hello)" $'1\n2\n3'

title "Steps, counters and problems are what the programs said"
expect_eq "$(report_get "$report" Steps | jq -c '[.[] | .[0:5]]')" \
        '[["greet","Greeting","completed",3,3],["leave","Leaving","completed",1,1]]'
expect_eq "$(report_get "$report" Done)/$(report_get "$report" Total)" 4/4
expect_eq "$(sql "SELECT item || ': ' || reason FROM migrationd.problem WHERE report_id = $report")" 'item four: there is none'

title "The joblog has unit, invocation, result and processor time of each attempt"
expect_eq "$(sql "SELECT unit, state, result, exit_code, exit_status FROM migrationd.attempt WHERE report_id = $report ORDER BY id" |
        sed 's/-[0-9]*-1.service/-T-1.service/')" \
        "migration-hello-greet-$report-T-1.service|completed|success|exited|0
migration-hello-leave-$report-T-1.service|completed|success|exited|0"
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report AND cpu_usec > 0 AND
        length(invocation_id) = 32 AND started_at <= exited_at AND recorded_at IS NOT NULL")" 2

title "The plan reached the program, and each line in the journal carries report, step, task and attempt"
journalctl --sync
expect_match '"who": ?"world"' journalctl --output=cat MIGRATION_REPORT="$report" MIGRATION_STEP=greet MIGRATION_ATTEMPT=1
expect_match 'input: ' journalctl --output=cat MIGRATION_REPORT="$report" \
        MIGRATION_TASK="$(sql "SELECT min(id) FROM migrationd.task WHERE report_id = $report")"

title "Nothing is left running: no unit, no slice, no poll, no timer"
wait_until 10 no_unit_left "$report"
wait_until 5 sh -c "! systemctl --quiet is-active migrationd-poll@$report.timer migrationd-poll@$report.service"

title "A second plan runs after the first; one that is unfinished keeps others out"
definition wait <<'JSON'
{
        "name": "wait", "description": "Waits for a line", "user": "worker",
        "steps": [ { "code": "wait", "message": "Waiting", "contract": "exit-code",
                     "exec": ["/usr/local/lib/migrations/wait"] } ]
}
JSON
program wait <<'SH'
#!/bin/sh
read -r line </var/lib/worker/go
SH
rm -rf /var/lib/worker/go
mkfifo /var/lib/worker/go
plan=$(plan_create wait '{}')
report=$(report_run "$plan")
wait_until 20 sh -c "systemctl list-units --plain --no-legend 'migration-wait-wait-$report-*' | grep -q running"
expect_exit 1 busctl --system call "${MANAGER[@]}" Run 'ua{sv}' "$plan" 0
expect_output 'unfinished'
expect_match "migration-wait-wait-$report-" systemctl status migration.slice
expect_match "migrationd-poll@$report.timer" systemctl list-timers --all 'migrationd-*'
timeout 20 sh -c "echo go >/var/lib/worker/go" || fail "nobody reads"
wait_until 20 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
