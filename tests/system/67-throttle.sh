#!/bin/bash
# container: main
# timeout: 400
# SPDX-License-Identifier: LGPL-2.1-or-later
# The throttle: a check unit, connections of the database and pressure take tasks away, and give them back.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
rm -rf /var/lib/worker/{unwell,slow,go} /etc/migrationd/migrationd.conf.d/50-throttle.conf

# limits <LINES: the section [Throttle]; read by the next poll.
limits() {
        install -d -m 755 /etc/migrationd/migrationd.conf.d
        { echo '[Throttle]' && echo 'IntervalSec=3s' && cat; } >/etc/migrationd/migrationd.conf.d/50-throttle.conf
}

cat >/etc/systemd/system/is-well.service <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/bash -c 'while [ -e /var/lib/worker/slow ]; do read -t 0.1 line <>/var/lib/worker/never; done; [ ! -e /var/lib/worker/unwell ]'
UNIT
systemctl daemon-reload

# Tasks that end one after the other, each when it finds a file of its number.
program waits <<'SH'
#!/bin/bash
number=$(migrationd-task input /input/number)
until [ -e "/var/lib/worker/go/$number" ] || [ -e /var/lib/worker/go/all ]; do
        read -t 0.1 line <>/var/lib/worker/never
done
migrationd-task progress 1 1
SH
[[ -p /var/lib/worker/never ]] || mkfifo -m 666 /var/lib/worker/never
program many <<'SH'
#!/bin/sh
for i in $(seq 1 12); do
        migrationd-task add-task --total 1 "{\"number\": $i}"
done
SH
definition waits <<'JSON'
{ "name": "waits", "description": "Waits", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "wait", "message": "Waiting",
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/many"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/waits"] } ] }
JSON
plan=$(plan_create waits '{}')

running() {
        [[ $(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $report AND kind = 'main' AND state = 'running'") == "$1" ]]
}
window_is() {
        [[ $(sql "SELECT coalesce(throttle_window::text, 'none') FROM migrationd.report WHERE id = $report") == "$1" ]]
}
why_says() {
        [[ $(migrationctl why "$report") =~ $1 ]]
}
# begin: a report with four tasks that run.
begin() {
        rm -rf /var/lib/worker/go
        install -d -o worker /var/lib/worker/go
        report=$(report_run "$plan" workers u 4)
        wait_until 30 running 4
}
finish() {
        touch /var/lib/worker/go/all
        wait_until 60 report_is "$report" completed
}

title "Without limits nothing is throttled"
begin
expect window_is none
finish
expect_eq "$(sql "SELECT count(*) FROM migrationd.event WHERE report_id = $report AND verb = 'throttle'")" 0

title "While a program says no, tasks that end are not followed by others, down to none; why and WaitReason say so"
limits <<<'CheckUnit=is-well.service'
begin
touch /var/lib/worker/unwell
wait_until 30 window_is 0
expect running 4
wait_until 20 why_says '^throttled to 0 of 4 tasks at once: is-well.service says no, exit status 1$'
wait_until 10 wait_reason_is_why "$report"
waiting=$(sql "SELECT min(id) FROM migrationd.task WHERE report_id = $report AND kind = 'main' AND state = 'waiting'")
expect_eq "$(migrationctl why "$report" --task="$waiting")" \
        'the window is full: throttled to 0 of 4 tasks at once: is-well.service says no, exit status 1'
touch /var/lib/worker/go/{1,2,3,4}
wait_until 30 running 0
title "The poll goes on looking, also one that was killed"
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
expect window_is 0
wait_until 20 why_says 'is-well.service says no'
expect running 0

title "A program that an earlier poll has started says nothing, so no task is given back"
touch /var/lib/worker/slow
check_is() {
        [[ $(systemctl show --value --property=ActiveState is-well.service) == "$1" ]]
}
wait_until 15 check_is activating
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
wait_until 20 why_says 'is-well.service says no'
# Three looks of the new poll.
migrationctl wait --timeout=9 "$report" >/dev/null 2>&1 || :
expect check_is activating
expect window_is 0
expect running 0
rm /var/lib/worker/slow
wait_until 15 why_says 'is-well.service says no'

title "It recovers by itself, step by step"
rm /var/lib/worker/unwell
wait_until 30 running 1
wait_until 30 why_says '^throttled to [12] of 4 tasks at once: recovering'
wait_until 30 running 4
wait_until 30 window_is none
expect why_says '^step wait: 4 of at most 4 tasks run'
finish
expect_eq "$(sql "SELECT string_agg(coalesce(detail->>'window', 'none') || ' ' || (detail->>'reason'), ', ' ORDER BY id)
        FROM migrationd.event WHERE report_id = $report AND verb = 'throttle'")" \
        '2 is-well.service says no, exit status 1, 0 is-well.service says no, exit status 1, none '

title "Active connections of PostgreSQL above the limit throttle"
limits <<<'ActiveConnectionsLimit=2'
begin
# Sessions that are active: each waits for a lock.
exec {LOCKS}> >(runuser -u migrationd -- psql -XAtq -h /run/migrationd-postgresql -d migrationd >/dev/null)
echo 'SELECT pg_advisory_lock(2147483647, 2147483647);' >&"$LOCKS"
sessions=()
locked() {
        [[ $(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 2147483647 AND granted") == 1 ]]
}
wait_until 10 locked
for _ in 1 2 3 4; do
        sql 'SELECT pg_advisory_xact_lock(2147483647, 2147483647)' >/dev/null &
        sessions+=($!)
done
wait_until 30 why_says '^throttled to [012] of 4 tasks at once: [0-9]+ active connections of PostgreSQL, limit 2$'
# The end of its input would not do: the sessions have that open too.
echo '\q' >&"$LOCKS"
exec {LOCKS}>&-
wait "${sessions[@]}"
wait_until 60 window_is none
finish

title "Pressure of the host above the limit throttles"
program busy <<'SH'
#!/bin/sh
until [ -e /var/lib/worker/go/all ]; do
        :
done
migrationd-task progress 1 1
SH
sed -e 's/waits/busy/' -e 's/"Waits"/"Busy"/' /etc/migrationd/migrations/waits.json | definition busy
limits <<<'CPUPressureLimit=1%'
rm -rf /var/lib/worker/go
install -d -o worker /var/lib/worker/go
report=$(report_run "$(plan_create busy '{}')" workers u $((2 * $(nproc))))
wait_until 40 why_says '^throttled to [0-9]+ of [0-9]+ tasks at once: cpu pressure of the host is [0-9.]+ %, limit 1 %$'
# A host that is never that idle would let no other task start.
expect migrationctl cancel --wait "$report"

title "Pressure of a unit is measured as well, and that of another does not count"
limits <<<'CPUPressureLimit=99%
MemoryPressureLimit=99%
IOPressureLimit=99%
PressureUnit=migrationd-postgresql.service'
begin
wait_until 10 running 4
expect window_is none
expect_eq "$(journal_of_report "$report" | grep -c 'going on without it')" 0
finish

title "What is throttled can be paused, resumed and canceled"
limits <<<'CheckUnit=is-well.service'
begin
touch /var/lib/worker/unwell
wait_until 30 window_is 0
expect migrationctl pause "$report"
expect window_is none
expect migrationctl resume "$report"
wait_until 30 window_is 0
expect migrationctl cancel --wait "$report"
wait_until 10 no_unit_left "$report"

title "A limit that cannot be measured does not throttle, and is named once"
limits <<<'CheckUnit=is-nowhere.service'
begin
named() {
        [[ $(journal_of_report "$report" | grep -c 'Throttle: is-nowhere.service: .*going on without it') == 1 ]]
}
wait_until 20 named
expect window_is none
finish
expect named
rm -f /etc/migrationd/migrationd.conf.d/50-throttle.conf
