#!/bin/bash
# container: main
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# Any process may be killed at any time: the report completes with the same effects, each once.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
program expand_numbers <<'SH'
#!/bin/sh
i=0
while [ $i -lt 30 ]; do
        i=$((i + 1))
        migrationd-task add-task "{\"number\": $i}"
done
SH
# Appends its number once for each time it gets to the end: what is counted is the effect and the attempts.
program number <<'SH'
#!/bin/sh
migrationd-task progress 0 5 || exit 75
for i in 1 2 3 4 5; do
        migrationd-task progress $i || exit 75
done
migrationd-task input /input/number >>/var/lib/worker/numbers
SH
definition numbers <<'JSON'
{ "name": "numbers", "description": "Thirty numbers", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "numbers", "message": "Numbers", "retries": { "attempts": 50, "backoff": "10ms" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/expand_numbers"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/number"] },
             { "code": "end", "message": "End", "contract": "exit-code", "retries": { "attempts": 50, "backoff": "10ms" }, "exec": ["/bin/true"] } ] }
JSON
plan=$(plan_create numbers '{}')

# all_done_once REPORT: every task completed by exactly one finish, all numbers there.
all_done_once() {
        expect_eq "$(report_get "$1" State)" completed
        expect_eq "$(sql "SELECT count(*), sum(done), sum(total) FROM migrationd.task WHERE report_id = $1 AND state = 'completed' AND kind = 'main'")" \
                '31|151|151'
        expect_eq "$(sql "SELECT count(*) FROM (SELECT FROM migrationd.attempt WHERE report_id = $1 AND state = 'completed' GROUP BY task_id
                HAVING count(*) > 1) AS twice")" 0
        expect_eq "$(sort -nu /var/lib/worker/numbers | wc -l)" 30
        rm -f /var/lib/worker/numbers
        wait_until 10 no_unit_left "$1"
}

# run_while_killing SIGNALLER: calls it again and again until the report has ended; leaves its id in $report.
run_while_killing() {
        report=$(report_run "$plan" workers u 4)
        local deadline=$((SECONDS + 120)) n=0

        until report_has_ended "$report"; do
                ((SECONDS < deadline)) || { fail "not ended after 120 s, state $(report_get "$report" State)"; return; }
                ((n >= ${2:-12})) || "$1" "$report"
                n=$((n + 1))
                read -rt 0.4 -u "$PAUSE_FD" || :
        done
        echo "# killed $n times" >&2
}

kill_poll() {
        systemctl kill --signal=SIGKILL "migrationd-poll@$1.service" 2>/dev/null || :
}

kill_daemon() {
        systemctl kill --signal=SIGKILL migrationd.service 2>/dev/null || :
}

kill_task() {
        local unit

        unit=$(units_of "$1" | shuf -n 1)
        [[ -z $unit ]] || systemctl kill --signal=SIGKILL "$unit" 2>/dev/null || :
}

restart_database() {
        systemctl restart migrationd-postgresql.service
}

kill_database() {
        systemctl kill --signal=SIGKILL migrationd-postgresql.service 2>/dev/null || :
}

title "Killing migrationd-poll again and again"
run_while_killing kill_poll
all_done_once "$report"

title "Killing migrationd again and again"
run_while_killing kill_daemon
all_done_once "$report"

title "Killing tasks at random"
run_while_killing kill_task 25
all_done_once "$report"

title "Restarting PostgreSQL in the middle"
run_while_killing restart_database 2
all_done_once "$report"

title "Killing PostgreSQL in the middle"
run_while_killing kill_database 2
all_done_once "$report"

title "systemd is reloaded and re-executed in the middle"
reload_systemd() {
        systemctl daemon-reload
        systemctl daemon-reexec
}
run_while_killing reload_systemd 5
all_done_once "$report"

title "Programs that claim and fail at once, again and again: no attempt is left behind between two looks"
program hasty <<'SH'
#!/bin/sh
test "$MIGRATIOND_ATTEMPT" -ge 6
SH
definition hasty <<'JSON'
{ "name": "hasty", "description": "Fails five times at once", "user": "worker",
  "steps": [ { "code": "hasty", "message": "Hasty", "retries": { "attempts": 6, "backoff": "1ms" }, "contract": "exit-code",
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/expand_numbers"],
               "exec": ["/usr/local/lib/migrations/hasty"] } ] }
JSON
report=$(report_run "$(plan_create hasty '{}')" workers u 8)
wait_until 150 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(sql "SELECT state, count(*) FROM migrationd.attempt WHERE report_id = $report GROUP BY 1 ORDER BY 1")" $'completed|31\nfailed|150'
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report AND (recorded_at IS NULL OR result IS NULL)")" 0
