#!/bin/bash
# container: main
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cancel: complete when the report says so. No unit is left, no process, no session; no counter moves after.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
# Counts up for ever, unless it is stopped.
program counter <<'SH'
#!/bin/sh
n=0
migrationd-task progress 0 1000000
while :; do
        n=$((n + 1))
        migrationd-task progress $n || exit 75
done
SH
# Three generations that ignore SIGTERM; the youngest has left session and process group.
program stubborn <<'SH'
#!/bin/bash
trap '' TERM
( trap '' TERM; exec -a stubborn-child tail -f /dev/null ) &
setsid bash -c "trap '' TERM; exec -a stubborn-daemon tail -f /dev/null" </dev/null >/dev/null 2>&1 &
exec {never}<> <(:)
while :; do read -r -t 60 -u $never; done
SH
program many <<'SH'
#!/bin/sh
i=0
while [ $i -lt 40 ]; do
        i=$((i + 1))
        migrationd-task add-task --lane "lane$((i % 2))" --stage $((i / 20)) "{\"number\": $i}"
done
SH
definition counter <<'JSON'
{ "name": "counter", "description": "Counts", "user": "worker",
  "steps": [ { "code": "first", "message": "First", "contract": "exit-code", "exec": ["/bin/true"] },
             { "code": "count", "message": "Counting",
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/many"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/counter"] } ] }
JSON
definition stubborn <<'JSON'
{ "name": "stubborn", "description": "Ignores SIGTERM", "user": "worker",
  "steps": [ { "code": "stay", "message": "Staying", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/stubborn"] } ] }
JSON

counters() {
        sql "SELECT sum(done), sum(total), count(*) FILTER (WHERE state = 'canceled') FROM migrationd.task WHERE report_id = $1"
}

# canceled_means_canceled REPORT: what has to be true as soon as `canceled` is seen.
canceled_means_canceled() {
        local before

        wait_until 60 report_has_ended "$1"
        before=$(counters "$1")
        expect_eq "$(report_get "$1" State)" canceled
        expect_eq "$(units_of "$1")" ''
        expect_eq "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid <> 0")" 0
        expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND state IN ('launching', 'running')")" 0
        expect_eq "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $1 AND state IN ('waiting', 'running')")" 0
        wait_until 5 no_unit_left "$1"
        # The poll has gone; whatever it left would still be able to count.
        wait_until 5 sh -c "! systemctl --quiet is-active migrationd-poll@$1.timer migrationd-poll@$1.service"
        expect_eq "$(counters "$1")" "$before"
}

tasks_running() {
        (($(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND state = 'running'") >= $2))
}

plan=$(plan_create counter '{}')

title "Cancel right after Run, before anything was launched or while it is"
report=$(report_run "$plan")
expect report_call "$report" Cancel 'a{sv}' 0
canceled_means_canceled "$report"

title "Cancel with many tasks in flight, each counting as fast as it can"
report=$(report_run "$plan" workers u 8)
wait_until 60 tasks_running "$report" 8
expect report_call "$report" Cancel 'a{sv}' 0
canceled_means_canceled "$report"

title "Cancel is idempotent while it goes on, and refused on a finished report"
expect_fail report_call "$report" Cancel 'a{sv}' 0
expect_output 'canceled'
report=$(report_run "$plan" workers u 2)
wait_until 60 tasks_running "$report" 2
expect report_call "$report" Cancel 'a{sv}' 0
report_call "$report" Cancel 'a{sv}' 0 || report_is "$report" canceled || fail "the second Cancel was refused"
canceled_means_canceled "$report"

title "Stages and lanes: while it ran, no task of stage 1 had started before its lane's stage 0 was done"
expect_eq "$(sql "SELECT count(*) FROM migrationd.task t WHERE stage > 0 AND attempt > 0 AND EXISTS (SELECT FROM migrationd.task o
        WHERE o.report_id = t.report_id AND o.step_ord = t.step_ord AND o.lane = t.lane AND o.stage < t.stage AND o.stage >= 0 AND
        o.state NOT IN ('completed', 'skipped'))")" 0

title "A program that ignores SIGTERM, forks and daemonizes is gone when canceled is seen"
plan=$(plan_create stubborn '{}')
report=$(report_run "$plan")
wait_until 30 pgrep -f stubborn-daemon
expect report_call "$report" Cancel 'a{sv}' 0
canceled_means_canceled "$report"
expect_exit 1 pgrep -f stubborn-

title "Cancel of a paused report whose tasks are frozen"
plan=$(plan_create counter '{}')
report=$(report_run "$plan" workers u 2)
wait_until 60 tasks_running "$report" 2
expect report_call "$report" Pause 'sa{sv}' freeze 0
frozen() {
        [[ $(systemctl show --value --property=FreezerState "$(units_of "$1" | head -n 1)") == frozen ]]
}
wait_until 20 frozen "$report"
expect report_call "$report" Cancel 'a{sv}' 0
canceled_means_canceled "$report"

title "A poll that is killed while it cancels is finished by the next one"
report=$(report_run "$plan" workers u 4)
wait_until 60 tasks_running "$report" 4
expect report_call "$report" Cancel 'a{sv}' 0
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service" || :
canceled_means_canceled "$report"

title "What a poll that died has left of its fence is let go, failed or active, and a report is canceled only when its fence passes"
program fenced <<'SH'
#!/bin/sh
test -e /var/lib/worker/fenced
SH
sed 's|"name": "counter"|"name": "fenced", "fence": ["/usr/local/lib/migrations/fenced"]|' /etc/migrationd/migrations/counter.json |
        definition fenced
fences_are() {
        [[ $(systemctl list-units --all --plain --no-legend "migrationd-fence-$report-*" | wc -l) == "$1" ]]
}
says() {
        [[ $(migrationctl why "$report") =~ $1 ]]
}
report=$(report_run "$(plan_create fenced '{}')" workers u 2)
wait_until 60 tasks_running "$report" 2
systemctl kill --signal=SIGSTOP "migrationd-poll@$report.service"
systemd-run --quiet --unit="migrationd-fence-$report-1" /bin/false
systemd-run --quiet --unit="migrationd-fence-$report-2" tail -f /dev/null
wait_until 10 systemctl --quiet is-failed "migrationd-fence-$report-1"
expect fences_are 2
systemctl kill --signal=SIGCONT "migrationd-poll@$report.service"
wait_until 20 fences_are 0
expect report_call "$report" Cancel 'a{sv}' 0
wait_until 20 says '^the fence of fenced has not passed: exit-code, see: journalctl -u migrationd-fence-'
# Not for a moment of each two seconds only.
said=0
for _ in 1 2 3 4 5 6 7 8; do
        ! says '^the fence of fenced has not passed: exit-code, see: journalctl -u migrationd-fence-' || said=$((said + 1))
done
expect test "$said" -ge 4
touch /var/lib/worker/fenced
canceled_means_canceled "$report"
wait_until 10 fences_are 0
