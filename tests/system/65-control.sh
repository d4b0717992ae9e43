#!/bin/bash
# container: main
# debian13: yes
# timeout: 400
# SPDX-License-Identifier: LGPL-2.1-or-later
# Holds before a step, failures that are allowed, retry of a class, and why something waits: each with migrationctl alone.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
rm -f /var/lib/worker/repaired

# why_says PATTERN ARGUMENTS…
why_says() {
        local pattern=$1
        shift
        [[ $(migrationctl why "$@") =~ $pattern ]]
}

title "A report holds before a step, says so, and goes on when it is released"
definition cut_over <<'JSON'
{ "name": "cut_over", "description": "Copies, then cuts over", "user": "worker",
  "steps": [ { "code": "copy", "message": "Copying", "contract": "exit-code", "exec": ["/bin/true"] },
             { "code": "cut_over", "message": "Cutting over", "contract": "exit-code", "exec": ["/bin/true"] },
             { "code": "clean", "message": "Cleaning", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON
plan=$(plan_create cut_over '{}')
migrationctl run --quiet --hold=cut_over,clean "$plan"
report=$(call ListReports 'a{sv}' 0 | jq -r '.[-1][0]')
report=${report##*_}
wait_until 30 why_says "^held before step cut_over by uid 0, release it with: migrationctl release $report cut_over$" "$report"
expect_eq "$(report_get "$report" Held)" '["cut_over","clean"]'
wait_until 10 wait_reason_is_why "$report"
waiting=$(sql "SELECT min(id) FROM migrationd.task WHERE report_id = $report AND step_ord = 1")
expect why_says "^step cut_over has not begun: held before step cut_over by uid 0, " "$report" --task="$waiting"
expect_eq "$(sql "SELECT string_agg(state, ' ' ORDER BY ord) FROM migrationd.step WHERE report_id = $report")" 'completed waiting waiting'
expect_eq "$(units_of "$report")" ''
expect_eq "$(migrationctl status "$report" | grep -c "Holds: before step cut_over, clean; to let it begin: migrationctl release $report")" 1

title "The poll that holds does not spin"
before=$(systemctl show --property=CPUUsageNSec --value "migrationd-poll@$report.service")
migrationctl wait --timeout=3 "$report" >/dev/null 2>&1 || :
after=$(systemctl show --property=CPUUsageNSec --value "migrationd-poll@$report.service")
expect test $((after - before)) -lt 300000000
echo "# $(((after - before) / 1000000)) ms of CPU in 3 s" >&2

title "Released, it goes on to the next hold, also when the poll was killed meanwhile"
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
migrationctl release "$report" cut_over >/dev/null
wait_until 30 why_says '^held before step clean ' "$report"
migrationctl release "$report" >/dev/null
wait_until 30 report_is "$report" completed

title "A hold before a step that has begun, that is not there, or that is not held, is refused with the reason"
# answer STATUS PATTERN ARGUMENTS…
answer() {
        local output wanted=$1 pattern=$2 status=0
        shift 2

        output=$(migrationctl "$@" 2>&1) || status=$?
        expect_eq "$status" "$wanted"
        [[ $output =~ $pattern ]] || fail "$output does not say $pattern"
}
answer 1 "Report $report is completed: hold is not possible; it has ended, how is said by: migrationctl status $report" hold "$report" clean
answer 1 "Report $report is completed: release is not possible" release "$report"
answer 2 "Report $report has no step 'nowhere'" hold "$report" nowhere
answer 2 "has no step 'nowhere' to hold before" run --hold=nowhere "$plan"
answer 4 "Report $report has no task 4242" why "$report" --task=4242

title "Within max-failures the others start, and the report fails at the end"
program ten <<'SH'
#!/bin/sh
for i in 1 2 3 4 5 6 7 8 9 10; do
        migrationd-task add-task "{\"number\": $i}"
done
SH
# 3 is killed, 7 exits 65, until somebody repairs it.
program one_of_ten <<'SH'
#!/bin/sh
number=$(migrationd-task input /input/number)
if ! [ -e /var/lib/worker/repaired ]; then
        [ "$number" != 3 ] || kill -KILL $$
        [ "$number" != 7 ] || exit 65
fi
migrationd-task progress 1 1
SH
definition ten <<'JSON'
{ "name": "ten", "description": "Ten", "user": "worker",
  "steps": [ { "code": "ten", "message": "Ten", "max-failures": "20%", "retries": { "attempts": 1 },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/ten"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/one_of_ten"] },
             { "code": "end", "message": "End", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON
report=$(report_run "$(plan_create ten '{}')" workers u 1)
wait_until 60 report_is "$report" failed
counts() {
        sql "SELECT string_agg(state || n, ' ' ORDER BY state) FROM (SELECT state, count(*) AS n FROM migrationd.task
                WHERE report_id = $1 AND kind = 'main' GROUP BY state) AS c"
}
expect_eq "$(counts "$report")" 'completed8 failed2 waiting1'
wait_until 10 no_unit_left "$report"

title "A task says why it failed"
failed=$(sql "SELECT min(id) FROM migrationd.task WHERE report_id = $report AND state = 'failed'")
expect why_says '^failed in attempt 1 of 1 \([a-z-]*\): ' "$report" --task="$failed"
expect why_says "^failed since " "$report"

title "Retry of a class starts exactly those tasks again"
touch /var/lib/worker/repaired
attempts=$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report")
answer 1 'No failed task of report' retry "$report" --class=watchdog
answer 1 '' retry "$report" --step=ten --class=permanent --wait
expect_eq "$(report_get "$report" State)" failed
expect_eq "$(counts "$report")" 'completed9 failed1 waiting1'
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report")" "$((attempts + 1))"

title "Retry of the rest ends it"
answer 0 '' retry "$report" --wait
expect_eq "$(counts "$report")" 'completed11'
expect_eq "$(sql "SELECT string_agg(verb, ' ' ORDER BY id) FROM migrationd.event WHERE report_id = $report")" \
        'run failed retry failed retry completed'

title "With more failures than are allowed left alone, a retry starts what it was asked for, and nothing that has never run"
rm /var/lib/worker/repaired
program fail_first_two <<'SH'
#!/bin/sh
number=$(migrationd-task input /input/number)
if ! [ -e /var/lib/worker/repaired ]; then
        [ "$number" != 1 ] || kill -KILL $$
        [ "$number" != 2 ] || exit 65
fi
migrationd-task progress 1 1
SH
definition strict <<'JSON'
{ "name": "strict", "description": "Strict", "user": "worker",
  "steps": [ { "code": "ten", "message": "Ten", "retries": { "attempts": 1 },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/ten"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/fail_first_two"] } ] }
JSON
report=$(report_run "$(plan_create strict '{}')" workers u 2)
wait_until 60 report_is "$report" failed
expect_eq "$(counts "$report")" 'failed2 waiting8'
touch /var/lib/worker/repaired
answer 1 '' retry "$report" --class=permanent --wait
expect_eq "$(counts "$report")" 'completed1 failed1 waiting8'
# The expander's, two that failed, and the one that was asked for.
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report")" 4
answer 0 '' retry "$report" --wait
expect_eq "$(counts "$report")" 'completed10'

title "A step that can not be held is answered with those that can, no workers with a pause"
definition three <<'JSON'
{ "name": "three", "description": "Three", "user": "worker",
  "steps": [ { "code": "one", "message": "One", "contract": "exit-code", "exec": ["/usr/bin/tail", "-f", "/dev/null"] },
             { "code": "two", "message": "Two", "contract": "exit-code", "exec": ["/bin/true"] },
             { "code": "three", "message": "Three", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON
report=$(report_run "$(plan_create three '{}')")
wait_until 30 report_is "$report" running
wait_until 30 sql "SELECT 1 / count(*) FROM migrationd.step WHERE report_id = $report AND state = 'running'"
answer 1 "Step one of report $report has begun; it can still be held before: two, three" hold "$report" one
answer 1 "Report $report does not hold; what it waits for is said by: migrationctl why $report" release "$report"
answer 2 "migrationctl pause $report" set-workers "$report" 0
answer 0 '' pause "$report"
answer 0 '' pause "$report"
answer 1 "Report $report is paused: retry is not possible; it goes on with: migrationctl resume $report" retry "$report"
answer 0 '' cancel --wait "$report"
expect_eq "$(sql "SELECT string_agg(concat_ws(' ', state, class), ', ') FROM migrationd.attempt WHERE report_id = $report")" 'lost canceled'

title "A task whose counters stand still is stopped, with a class of its own; the time of a pause does not count"
program stalls <<'SH'
#!/bin/sh
# Each attempt counts one further and stands still, the third goes on to the end.
migrationd-task progress "$MIGRATIOND_ATTEMPT" 3
[ "$MIGRATIOND_ATTEMPT" = 3 ] || exec tail -f /dev/null
SH
definition stalls <<'JSON'
{ "name": "stalls", "description": "Stalls", "user": "worker",
  "steps": [ { "code": "stall", "message": "Stalling", "progress-timeout": "2s", "retries": { "attempts": 3, "backoff": "10ms" },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/stalls"] } ] }
JSON
report=$(report_run "$(plan_create stalls '{}')")
claimed() {
        [[ $(sql "SELECT done FROM migrationd.task WHERE report_id = $report") == 1 ]]
}
wait_until 20 claimed
migrationctl pause --freeze "$report" >/dev/null
migrationctl wait --timeout=4 "$report" >/dev/null 2>&1 || :
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report")" 1
migrationctl resume "$report" >/dev/null
wait_until 60 report_is "$report" completed
expect_eq "$(sql "SELECT string_agg(state, ' ' ORDER BY number) FROM migrationd.attempt WHERE report_id = $report")" 'failed failed completed'
expect_eq "$(journal_of_report "$report" | grep -c 'Attempt [12] of task .* failed, it is tried again')" 2

title "A clock of the database that jumps by an hour does not make a task stand still"
program stands <<'SH'
#!/bin/sh
migrationd-task progress 1 2
tail -f /dev/null & echo $! >/var/lib/worker/stands
wait
migrationd-task progress 2
SH
definition stands <<'JSON'
{ "name": "stands", "description": "Stands", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "stand", "message": "Standing", "progress-timeout": "60s",
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/stands"] } ] }
JSON
report=$(report_run "$(plan_create stands '{}')")
wait_until 20 test -s /var/lib/worker/stands
# As it would be after the jump.
sql "UPDATE migrationd.attempt SET claimed_at = claimed_at - interval '1 hour', progress_at = progress_at - interval '1 hour'
        WHERE report_id = $report"
# Longer than the poll's interval.
migrationctl wait --timeout=7 "$report" >/dev/null 2>&1 || :
kill "$(cat /var/lib/worker/stands)"
wait_until 30 report_is "$report" completed
expect_eq "$(sql "SELECT string_agg(state, ' ' ORDER BY number) FROM migrationd.attempt WHERE report_id = $report")" 'completed'

title "The hook is told of each step's end and of the report's, by a unit that reads how it ended"
cat >/etc/systemd/system/tell@.service <<'UNIT'
[Service]
Type=oneshot
ExecStart=/usr/local/lib/migrations/tell %i
UNIT
program tell <<'SH'
#!/bin/sh
report=${1%%:*}
echo "$1 $(migrationctl status --json=short "$report" | jq -r '.state')" >>/var/lib/worker/told
SH
systemctl daemon-reload
rm -f /var/lib/worker/told
definition told <<'JSON'
{ "name": "told", "description": "Tells", "user": "worker", "hook": "tell@.service",
  "steps": [ { "code": "one", "message": "One", "contract": "exit-code", "exec": ["/bin/true"] },
             { "code": "two", "message": "Two", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON
report=$(report_run "$(plan_create told '{}')")
told() {
        grep -qx "$1" /var/lib/worker/told
}
wait_until 30 report_is "$report" completed
wait_until 30 told "$report completed"
timer_is_gone() {
        ! systemctl --quiet is-active "migrationd-poll@$report.timer"
}
wait_until 20 timer_is_gone
expect_eq "$(sed 's/ .*//' /var/lib/worker/told | sort | tr '\n' ' ')" "$report $report:one $report:two "
expect_eq "$(sql "SELECT count(*) FROM migrationd.hook WHERE started_at IS NULL")" 0

title "After a retry the hook is told of the new end, also while it runs for the former one"
program tell <<'SH'
#!/bin/sh
report=${1%%:*}
echo "$1 $(migrationctl status --json=short "$report" | jq -r '.state')" >>/var/lib/worker/told
if [ "$1" = "$report:one" ] && ! [ -e /var/lib/worker/repaired ]; then
        tail -f /dev/null & echo $! >/var/lib/worker/telling
        wait
fi
SH
program repaired <<'SH'
#!/bin/sh
[ -e /var/lib/worker/repaired ] || exit 65
SH
definition told_again <<'JSON'
{ "name": "told_again", "description": "Tells again", "user": "worker", "hook": "tell@.service",
  "steps": [ { "code": "one", "message": "One", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/repaired"] } ] }
JSON
rm -f /var/lib/worker/told /var/lib/worker/repaired /var/lib/worker/telling
report=$(report_run "$(plan_create told_again '{}')")
wait_until 30 told "$report failed"
wait_until 30 test -s /var/lib/worker/telling
touch /var/lib/worker/repaired
answer 0 '' retry "$report" --wait
wait_until 30 told "$report completed"
expect_eq "$(grep -c "^$report:one " /var/lib/worker/told)" 1
both_wait() {
        [[ $(sql "SELECT string_agg(instance, ' ') FROM migrationd.hook WHERE started_at IS NULL") == "$report:one $report:one" ]]
}
wait_until 10 both_wait
kill "$(cat /var/lib/worker/telling)"
wait_until 30 told "$report:one completed"
wait_until 20 timer_is_gone
expect_eq "$(grep -c "^$report:one " /var/lib/worker/told)" 2

title "A hook that had begun to run when poll and host went down is told again; one that still runs is waited for"
rm -f /var/lib/worker/told /var/lib/worker/repaired /var/lib/worker/telling
report=$(report_run "$(plan_create told_again '{}')")
wait_until 30 test -s /var/lib/worker/telling
expect_eq "$(sql "SELECT count(*) FROM migrationd.hook WHERE instance = '$report:one' AND started_at IS NULL")" 1
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
still_runs() {
        journal_of_report "$report" | matches "The hook tell@$report:one.service still runs"
}
wait_until 20 still_runs
expect_eq "$(grep -c "^$report:one " /var/lib/worker/told)" 1
touch /var/lib/worker/repaired
systemctl kill --signal=SIGKILL "tell@$report:one.service"
told_twice() {
        [[ $(grep -c "^$report:one " /var/lib/worker/told) -eq 2 ]]
}
wait_until 20 told_twice
wait_until 20 timer_is_gone
expect_eq "$(sql "SELECT count(*) FROM migrationd.hook WHERE started_at IS NULL")" 0

title "It is told of a cancel"
report=$(sql "UPDATE migrationd.report SET hook = 'tell@.service' WHERE id = $(report_run "$(plan_create three '{}')") RETURNING id")
wait_until 30 sql "SELECT 1 / count(*) FROM migrationd.step WHERE report_id = $report AND state = 'running'"
answer 0 '' cancel --wait "$report"
wait_until 30 told "$report canceled"
wait_until 30 told "$report:one canceled"
wait_until 20 timer_is_gone

title "A hook whose unit is not there is named in the log and keeps nothing waiting"
rm /etc/systemd/system/tell@.service
systemctl daemon-reload
report=$(report_run "$(plan_create told '{}')")
wait_until 30 report_is "$report" completed
wait_until 20 timer_is_gone
expect test "$(journal_of_report "$report" | grep -c "Starting the hook tell@$report\(:one\|:two\|\).service: Unit .* not found")" -eq 3

title "A hook that was not told when the host went down is told after the boot"
sql "UPDATE migrationd.hook SET started_at = NULL WHERE instance = '$report'"
systemctl restart migrationd-resume.service
hooks_are_told() {
        [[ $(sql "SELECT count(*) FROM migrationd.hook WHERE started_at IS NULL") == 0 ]]
}
wait_until 30 hooks_are_told
wait_until 20 timer_is_gone

title "Frozen and resumed again and again by several clients while tasks write: it always goes on, and ends"
program counts_on <<'SH'
#!/bin/sh
i=0
migrationd-task progress 0 60 || exit 75
while [ $i -lt 60 ]; do
        i=$((i + 1))
        migrationd-task progress $i || exit 75
        [ $((i % 20)) != 0 ] || migrationd-task problem "item $i" "for the lock of its row" || exit 75
done
SH
program six <<'SH'
#!/bin/sh
for i in 1 2 3 4 5 6; do
        migrationd-task add-task "{\"number\": $i}"
done
SH
definition counts_on <<'JSON'
{ "name": "counts_on", "description": "Counts on", "user": "worker",
  "steps": [ { "code": "count", "message": "Counting", "retries": { "attempts": 50, "backoff": "10ms" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/six"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/counts_on"] } ] }
JSON
report=$(report_run "$(plan_create counts_on '{}')" workers u 4)
counting() {
        [[ $(sql "SELECT sum(done) FROM migrationd.task WHERE report_id = $report") -gt 10 ]]
}
goes_on() {
        [[ $(report_get "$report" State) =~ ^(running|completed)$ ]]
}
wait_until 30 counting
for _ in 1 2 3 4 5 6 7 8; do
        report_call "$report" Pause 'sa{sv}' freeze 0 2>/dev/null || break
        pids=()
        for _ in 1 2 3; do
                report_call "$report" Resume 'a{sv}' 0 >/dev/null 2>&1 &
                pids+=($!)
        done
        wait "${pids[@]}" || :
        wait_until 5 goes_on
done
wait_until 120 report_is "$report" completed
expect_eq "$(sql "SELECT count(*), sum(done) FROM migrationd.task WHERE report_id = $report AND kind = 'main' AND state = 'completed'")" '6|360'
