#!/bin/bash
# container: main
# debian13: yes
# timeout: 120
# SPDX-License-Identifier: LGPL-2.1-or-later
# A process that PID 1 cannot kill: it gives up, and the unit has failed with the process still in its group. The attempt is not over
# before it is gone, so no other starts beside it.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
program stays <<'SH'
#!/bin/sh
exec tail -f /dev/null
SH
definition stays <<'JSON'
{ "name": "stays", "description": "Stays", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "stay", "message": "Staying", "retries": { "attempts": 2, "backoff": "100ms", "backoff-max": "100ms" },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/stays"] } ] }
JSON
# From SIGTERM to SIGKILL, and so on, up to the last one.
install -d /etc/systemd/system/migration-stays-.service.d
printf '[Service]\nTimeoutStopSec=1s\n' >/etc/systemd/system/migration-stays-.service.d/50-soon.conf
systemctl daemon-reload

units_are() {
        [[ $(units_of "$report" | sed -E 's/^migration-stays-stay-[0-9]+-[0-9]+-//' | tr '\n' ' ') == "$1" ]]
}
unit_is() {
        [[ $(systemctl show --value --property=ActiveState "$unit") == "$1" ]]
}
runs() {
        [[ -n $(sql "SELECT 1 FROM migrationd.attempt WHERE report_id = $report AND number = $1 AND state = 'running'") ]]
}
says() {
        [[ $(migrationctl why "$report") =~ $1 ]]
}
is_held() {
        grep -q '^State:.*tracing stop' "/proc/$process/status"
}
# hold MSEC: kills the main process of the unit, which stays in its exit for so long, and stops the unit.
hold() {
        unit=$(units_of "$report")
        process=$(systemctl show --value --property=MainPID "$unit")
        "$TEST_PROGRAMS/hold-exit" "$process" "$1" &
        holder=$!
        wait_until 5 is_held
        systemctl stop --no-block "$unit"
}

title "While its process is there the attempt is open, and why says what it waits for"
report=$(report_run "$(plan_create stays '{}')" workers u 1)
wait_until 30 runs 1
task=$(sql "SELECT min(id) FROM migrationd.task WHERE report_id = $report")
hold 9000
wait_until 10 unit_is failed
wait_until 7 says "^task $task: 1 process of migration-stays-stay-$report-$task-1.service cannot be killed\$"
expect runs 1
expect units_are '1.service '
kill -0 "$holder" || fail "the process was not held until now"

title "When it is gone, the next one starts"
wait "$holder" || fail "the process was not held"
wait_until 15 runs 2
expect units_are '2.service '
expect_eq "$(sql "SELECT class FROM migrationd.task WHERE id = $task")" timeout

title "Nor is the report, whose last attempt it was, over before that"
hold 9000
wait_until 10 unit_is failed
wait_until 7 says "^task $task: 1 process of migration-stays-stay-$report-$task-2.service cannot be killed\$"
expect report_is "$report" running
kill -0 "$holder" || fail "the process was not held until now"
wait "$holder" || fail "the process was not held"
wait_until 15 report_is "$report" failed
rm -rf /etc/systemd/system/migration-stays-.service.d
systemctl daemon-reload
