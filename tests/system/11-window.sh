#!/bin/bash
# container: main
# timeout: 200
# SPDX-License-Identifier: LGPL-2.1-or-later
# The window of workers, the cap of a step, stages and lanes, back-off, and a failure that stops what is in flight.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
[[ -p /var/lib/worker/gate ]] || mkfifo /var/lib/worker/gate
# Six tasks that wait at a gate: three lanes of two stages.
program gates <<'SH'
#!/bin/sh
for lane in a b c; do
        migrationd-task add-task --lane $lane --stage 0 '{}'
        migrationd-task add-task --lane $lane --stage 1 '{}'
done
SH
program gate <<'SH'
#!/bin/sh
# Whoever gets the end of the line goes through; others, at the end of the file, wait for the next.
until read -r line </var/lib/worker/gate; do :; done
migrationd-task progress 1 1
SH
# gated NAME CAP: a definition of them.
gated() {
        definition "$1" <<JSON
{ "name": "$1", "description": "Gates", "user": "worker",
  "steps": [ { "code": "gates", "message": "Gates", "parallel": $2,
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/gates"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/gate"] } ] }
JSON
}

claimed() {
        sql "SELECT count(*) FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id
                WHERE a.report_id = $1 AND a.state = 'running' AND t.kind = 'main'"
}

claimed_are() {
        [[ $(claimed "$1") == "$2" ]]
}

# open_gate N: lets N tasks through.
open_gate() {
        for _ in $(seq "$1"); do
                timeout 20 sh -c 'echo go >/var/lib/worker/gate' || fail "nobody waits at the gate"
        done
}

cancel() {
        report_call "$1" Cancel 'a{sv}' 0
        wait_until 40 report_has_ended "$1"
}

title "One worker: one task at a time; raised while it runs: as many as the lowest open stage of each lane allows"
gated gates true
report=$(report_run "$(plan_create gates '{}')" workers u 1)
wait_until 30 claimed_are "$report" 1
expect report_call "$report" SetWorkers 'ua{sv}' 8 0
wait_until 10 claimed_are "$report" 3

title "A lane goes on to its next stage without waiting for the others, and not before its own is done"
expect_eq "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $report AND stage = 1 AND attempt > 0")" 0
open_gate 3
wait_until 20 claimed_are "$report" 3
open_gate 3
wait_until 30 report_is "$report" completed
expect_eq "$(sql "SELECT count(*) FROM migrationd.task late JOIN migrationd.task early ON early.report_id = late.report_id AND
        early.lane = late.lane AND early.kind = 'main' AND early.stage < late.stage
        WHERE late.report_id = $report AND late.started_at < early.finished_at")" 0

title "Lowering the window starts nothing new until what runs is below it; zero is refused"
report=$(report_run "$(plan_create gates '{}')" workers u 3)
wait_until 30 claimed_are "$report" 3
expect_fail report_call "$report" SetWorkers 'ua{sv}' 0 0
expect_output "to start no new task: migrationctl pause $report"
expect report_call "$report" SetWorkers 'ua{sv}' 1 0
open_gate 2
wait_until 20 claimed_are "$report" 1
expect_eq "$(report_get "$report" Workers)" 1
cancel "$report"

title "A step's own cap is lower than the window"
gated capped 2
report=$(report_run "$(plan_create capped '{}')" workers u 8)
wait_until 30 claimed_are "$report" 2
cancel "$report"
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report")" 3

title "Attempts are apart by a back-off that doubles, at least by half of it"
program failing <<'SH'
#!/bin/sh
exit 1
SH
definition failing <<'JSON'
{ "name": "failing", "description": "Fails", "user": "worker",
  "steps": [ { "code": "fail", "message": "Failing", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/failing"],
               "retries": { "attempts": 3, "backoff": "1s" } } ] }
JSON
report=$(report_run "$(plan_create failing '{}')")
wait_until 40 report_is "$report" failed
expect_eq "$(sql "SELECT string_agg((EXTRACT(epoch FROM gap) >= least)::text, ' ' ORDER BY number) FROM (
        SELECT number, created_at - lag(ended_at) OVER (ORDER BY number) AS gap, 2 ^ (number - 2) / 2 AS least
        FROM migrationd.attempt WHERE report_id = $report) AS gaps WHERE gap IS NOT NULL")" 'true true'

title "on-failure stop: tasks in flight are stopped when one has failed; finish lets them end"
program mixed_tasks <<'SH'
#!/bin/sh
migrationd-task add-task '{"do": "wait"}'
migrationd-task add-task '{"do": "fail"}'
SH
program mixed <<'SH'
#!/bin/sh
test "$(migrationd-task input /input/do)" = fail && exit 65
# Whoever gets the end of the line goes through; others, at the end of the file, wait for the next.
until read -r line </var/lib/worker/gate; do :; done
migrationd-task progress 1 1
SH
for mode in stop finish; do
        definition mixed <<JSON
{ "name": "mixed", "description": "Waits and fails", "user": "worker",
  "steps": [ { "code": "mixed", "message": "Mixed", "on-failure": "$mode",
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/mixed_tasks"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/mixed"] } ] }
JSON
        report=$(report_run "$(plan_create mixed '{}')" workers u 2)
        if [[ $mode == finish ]]; then
                wait_until 30 sql "SELECT 1 / count(*) FROM migrationd.task WHERE report_id = $report AND state = 'failed'"
                expect_eq "$(report_get "$report" State)" running
                open_gate 1
        fi
        wait_until 40 report_is "$report" failed
        wait_until 10 no_unit_left "$report"
        expect_eq "$mode $(sql "SELECT string_agg(state, ' ' ORDER BY id) FROM migrationd.task WHERE report_id = $report AND kind = 'main'")" \
                "$mode $([[ $mode == stop ]] && echo 'waiting failed' || echo 'completed failed')"
done
