#!/bin/bash
# container: main
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# Why a report and a task wait, in one line, for each reason there is; and while the report waits for something but its own tasks, the
# property WaitReason says the same. (Throttled: 67-throttle; held: 65-control.)
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

TIME='20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\+00'

migration_user
rm -rf /var/lib/worker/{go,well}
program two_stages <<'SH'
#!/bin/sh
migrationd-task add-task --total 1 '{"name": "first"}'
migrationd-task add-task --total 1 '{"name": "second"}'
migrationd-task add-task --total 1 --stage 1 '{"name": "later"}'
SH
# first waits to be told, second fails until all is well.
program by_name <<'SH'
#!/bin/bash
case $(migrationd-task input /input/name) in
first)
        until [ -e /var/lib/worker/go ]; do
                read -t 0.1 line <>/var/lib/worker/never
        done
        ;;
second)
        [ -e /var/lib/worker/well ] || exit 75
        ;;
esac
migrationd-task progress 1
SH
[[ -p /var/lib/worker/never ]] || mkfifo -m 666 /var/lib/worker/never
definition why <<'JSON'
{ "name": "why", "description": "Why", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "work", "message": "Working", "retries": { "attempts": 5, "backoff": "10min", "backoff-max": "10min" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/two_stages"],
               "exec": ["/usr/bin/migrationd-task", "run", "--exit-code", "--", "/usr/local/lib/migrations/by_name"] },
             { "code": "end", "message": "End", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON

# says PATTERN [TASK]: the report, or one of its tasks.
says() {
        local why

        why=$(migrationctl why "$report" ${2:+"--task=$2"}) && [[ $why =~ $1 ]]
}
# Both ways of asking, in one look each.
property_is_the_same() {
        wait_reason_is_why "$report"
}
property_is_empty() {
        [[ -z $(report_get "$report" WaitReason) ]]
}
task_of() {
        sql "SELECT id FROM migrationd.task WHERE report_id = $report AND input->>'name' = '$1'"
}
state_of() {
        [[ $(sql "SELECT state FROM migrationd.task WHERE report_id = $report AND input->>'name' = '$1'") == "$2" ]]
}
backs_off() {
        [[ -n $(sql "SELECT 1 FROM migrationd.task WHERE report_id = $report AND state = 'waiting' AND not_before > now()") ]]
}

title "The worker window: so many of so many tasks run"
report=$(report_run "$(plan_create why '{}')" workers u 1)
wait_until 30 state_of first running
first=$(task_of first) second=$(task_of second) later=$(task_of later)
expect says '^step work: 1 of at most 1 tasks run, 2 wait$'
expect says '^the window is full: step work: 1 of at most 1 tasks run, 2 wait$' "$second"
wait_until 10 says "^migration-why-work-$report-$first-1.service runs since $TIME\$" "$first"
wait_until 10 property_is_empty

title "A stage: the ones before it in its lane have not ended"
expect migrationctl set-workers "$report" 3
wait_until 30 backs_off
wait_until 10 says '^step work: 1 of at most 3 tasks run, 2 wait, 1 of them for an earlier stage of their lane$'
expect says "^stage 1 of its lane waits for stage 0, such as task $first, which is running\$" "$later"

title "Back-off until a time"
expect says "^back-off after attempt 1 \(temporary\) until $TIME\$" "$second"
touch /var/lib/worker/go
wait_until 30 says "^step work: back-off of a failed task until $TIME\$"
wait_until 10 property_is_the_same

title "A step that has not begun"
last=$(sql "SELECT id FROM migrationd.task WHERE report_id = $report AND step_ord = 1")
expect says '^step end has not begun: step work: back-off of a failed task until ' "$last"

title "Paused, by whom and since when"
expect migrationctl pause --drain "$report"
expect says "^paused by uid 0 since $TIME: no new task starts\$"
expect says "^its report: paused by uid 0 since $TIME: no new task starts\$" "$second"
wait_until 10 property_is_the_same
touch /var/lib/worker/well
sql "UPDATE migrationd.task SET not_before = NULL WHERE report_id = $report"
expect migrationctl resume "$report"
wait_until 30 report_is "$report" completed
expect says "^completed since $TIME: it waits for nothing\$"
expect says "^completed since $TIME: it waits for nothing\$" "$second"

title "Frozen, by whom and since when"
rm /var/lib/worker/go
report=$(report_run "$(plan_create why '{}')" workers u 1)
wait_until 30 state_of first running
first=$(task_of first) second=$(task_of second)
expect migrationctl pause --freeze "$report"
expect says "^frozen by uid 0 since $TIME\$"
expect says "^frozen by uid 0 since $TIME in migration-why-work-$report-$first-1.service\$" "$first"
expect says "^its report: frozen by uid 0 since $TIME\$" "$second"
wait_until 10 property_is_the_same
expect migrationctl resume "$report"
wait_until 10 says '^step work: 1 of at most 1 tasks run'

title "A unit that runs for an attempt that has ended, also while it keeps the checks from going on"
stray=migration-why-work-$report-$second-9.service
# Its signal to stop is one that nobody minds.
systemd-run --quiet --collect --unit="$stray" --property=TimeoutStopSec=5s --property=KillSignal=SIGWINCH tail -f /dev/null
wait_until 10 says "^$stray runs for an attempt that has ended, and is being stopped\$"
wait_until 3 property_is_the_same
wait_until 30 says '^step work: 1 of at most 1 tasks run'

title "What is over is not said any more, also when the poll does not move"
expect migrationctl pause --drain "$report"
wait_until 10 property_is_the_same
systemctl kill --signal=SIGSTOP "migrationd-poll@$report.service"
expect migrationctl resume "$report"
expect says '^step work: 1 of at most 1 tasks run'
wait_until 5 property_is_empty
systemctl kill --signal=SIGCONT "migrationd-poll@$report.service"

title "No poll runs it, and doctor says what is the matter with it"
systemctl stop "migrationd-poll@$report.timer" "migrationd-poll@$report.service"
wait_until 5 says "^no poll runs it; see: systemctl status migrationd-poll@$report.service migrationd-poll@$report.timer\$"
wait_until 10 property_is_the_same
expect says "^migration-why-work-$report-$first-1.service runs since $TIME\$" "$first"
expect says '^the window is full: no poll runs it; see: ' "$second"
expect_exit 1 migrationctl doctor
expect_output "^FAIL +report +report $report is unfinished, but migrationd-poll@$report.timer is inactive\$"

title "Nor does one that fails whenever its timer starts it"
install -d "/run/systemd/system/migrationd-poll@$report.service.d"
printf '[Service]\nExecStart=\nExecStart=/bin/false\n' >"/run/systemd/system/migrationd-poll@$report.service.d/fails.conf"
systemctl daemon-reload
systemctl start "migrationd-poll@$report.timer"
expect_exit 1 migrationctl doctor
expect_output "^FAIL +report +report $report is unfinished, but migrationd-poll@$report.service does not stay: (exit-code|protocol)\$"
expect_output "type next: journalctl -n 20 -u migrationd-poll@$report.service\$"
expect says '^no poll runs it; '
rm -r "/run/systemd/system/migrationd-poll@$report.service.d"
systemctl daemon-reload
wait_until 10 says '^step work: 1 of at most 1 tasks run'
wait_until 10 property_is_empty
doctor_says() {
        [[ $(migrationctl doctor) =~ $1 ]]
}
wait_until 10 doctor_says "ok +report +report $report is unfinished, its poll runs, and the poll's timer is active"

title "The database cannot be reached: since when, and the next command, at once, for the report and each task"
signals=$(mktemp)
busctl --system monitor --json=short --match="type='signal',path='/org/migrationd1/report/_$report'" >"$signals" 2>"$signals.monitor" &
monitor=$!
wait_until 10 grep -q Monitoring "$signals.monitor"
# A poll that starts would start it again.
systemctl mask --quiet --runtime migrationd-postgresql.service
systemctl stop migrationd-postgresql.service
wait_until 15 says "^database unreachable since $TIME: .*; see 'systemctl status migrationd-postgresql'\$"
since=$(migrationctl why "$report" | grep -oE "since $TIME")
since=${since/+/\\+}
began=$SECONDS
expect says "^database unreachable $since: " "$first"
expect says "^database unreachable $since: " "$second"
wait_until 5 property_is_the_same
expect says "^database unreachable $since: "
((SECONDS - began < 8)) || fail "the answers took $((SECONDS - began)) s"
wait_until 5 grep -q '"WaitReason":{"type":"s","data":"database unreachable since ' "$signals"

title "A daemon that was started while the database is away says it as well, of what it cannot know to be finished"
systemctl restart --no-block migrationd.service
wait_until 30 says '^database unreachable since '
wait_until 10 property_is_the_same

title "Reachable again, it goes away by itself"
systemctl unmask --quiet --runtime migrationd-postgresql.service
systemctl start migrationd-postgresql.service
wait_until 30 says '^step work: '
# Not that it is empty: the task that ran may have failed with the database, and waits for its next attempt.
property_is_of_the_report() {
        ! report_get "$report" WaitReason | matches '^database'
}
wait_until 15 property_is_of_the_report

title "Canceling, before the poll has begun with it"
systemctl kill --signal=SIGSTOP "migrationd-poll@$report.service"
expect migrationctl cancel "$report"
expect says "^canceling by uid 0 since $TIME: what runs is being stopped\$"
systemctl kill --signal=SIGCONT "migrationd-poll@$report.service"
wait_until 30 report_is "$report" canceled
kill "$monitor"
wait "$monitor" 2>/dev/null || :

title "A report that is to fail, but has a session of a former attempt"
rm -f /var/lib/worker/go
program fails <<'SH'
#!/bin/bash
until [ -e /var/lib/worker/go ]; do
        read -t 0.1 line <>/var/lib/worker/never
done
exit 65
SH
definition fails <<'JSON'
{ "name": "fails", "description": "Fails", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "fail", "message": "Failing", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/fails"] } ] }
JSON
report=$(report_run "$(plan_create fails '{}')")
exec {SESSION}> >(runuser -u migrationd -- psql -XAtq -h /run/migrationd-postgresql -d migrationd >/dev/null)
echo "SELECT pg_advisory_lock($report, 2147483647);" >&"$SESSION"
locked() {
        [[ $(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 2147483647 AND granted") == 1 ]]
}
wait_until 10 locked
touch /var/lib/worker/go
wait_until 20 says '^a task has failed: 1 database session of former attempts has not ended$'
wait_until 10 property_is_the_same
expect report_is "$report" running
echo '\q' >&"$SESSION"
exec {SESSION}>&-
wait_until 15 report_is "$report" failed
