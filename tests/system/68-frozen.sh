#!/bin/bash
# container: main
# debian13: yes
# timeout: 400
# SPDX-License-Identifier: LGPL-2.1-or-later
# Both ways of a pause, and what may happen to a report while its tasks are frozen. systemd 257, of Debian 13, stops nothing that is
# frozen: there these tests show that each stop is preceded by a thaw.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
# Each of four tasks counts in its memory alone, says how far it is, and ends when it is told to.
program four <<'SH'
#!/bin/sh
for i in 1 2 3 4; do
        migrationd-task add-task --total 1 "{\"number\": $i}"
done
SH
program counts <<'SH'
#!/bin/bash
number=$(migrationd-task input /input/number)
i=0
until [ -e /var/lib/worker/go ]; do
        i=$((i + 1))
        echo "$$ $i" >/var/lib/worker/at/"$number"
        read -t 0.1 line <>/var/lib/worker/never
done
migrationd-task progress 1
SH
[[ -p /var/lib/worker/never ]] || mkfifo -m 666 /var/lib/worker/never
definition counts <<'JSON'
{ "name": "counts", "description": "Counts", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "count", "message": "Counting", "timeout": "10min",
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/four"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/counts"] } ] }
JSON
plan=$(plan_create counts '{}')

# The numbers in order, so that a file is read whole or not at all: "PID COUNT".
at() {
        cat "/var/lib/worker/at/$1" 2>/dev/null
}
count_of() {
        local line

        line=$(at "$1")
        printf '%s\n' "${line#* }"
}
counts_beyond() {
        (($(count_of "$1") > $2))
}
tasks_running() {
        [[ $(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $report AND kind = 'main' AND state = 'running'") == "$1" ]]
}
begin() {
        rm -rf /var/lib/worker/go /var/lib/worker/at
        install -d -o worker /var/lib/worker/at
        report=$(report_run "$plan" workers u 2)
        wait_until 30 tasks_running 2
        wait_until 30 counts_beyond 1 3
        wait_until 30 counts_beyond 2 3
}
# all_are STATE: the freezer of all units of the report.
all_are() {
        local unit

        for unit in $(units_of "$report"); do
                [[ $(systemctl show --value --property=FreezerState "$unit") == "$1" ]] || return 1
        done
}
freeze() {
        begin
        expect migrationctl pause --freeze "$report"
        wait_until 20 all_are frozen
}
version=$(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')
echo "# systemd $version" >&2

title "What it stands on: this systemd stops a frozen unit, or from 257 on refuses to"
systemd-run --quiet --unit=ice tail -f /dev/null
expect systemctl freeze ice.service
if ((version >= 257)); then
        expect_fail systemctl stop ice.service
        expect_output 'frozen'
        expect systemctl thaw ice.service
fi
expect systemctl stop ice.service

title "Drained: what runs goes on and ends, nothing new starts, resume starts the rest"
begin
expect migrationctl pause --drain "$report"
before=$(count_of 1)
wait_until 20 counts_beyond 1 $((before + 3))
expect all_are running
touch /var/lib/worker/go
wait_until 30 tasks_running 0
expect_eq "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $report AND state = 'waiting'")" 2
expect migrationctl resume "$report"
wait_until 30 report_is "$report" completed

title "Drained, then frozen, then drained again: each mode is taken while it is paused"
begin
expect migrationctl pause --drain "$report"
expect migrationctl pause --freeze "$report"
wait_until 20 all_are frozen
first=$(at 1)
migrationctl wait --timeout=1 "$report" >/dev/null 2>&1 || :
expect_eq "$(at 1)" "$first"
# Twice is no error, and nothing is done.
expect migrationctl pause --freeze "$report"
expect migrationctl pause --drain "$report"
wait_until 20 counts_beyond 1 "${first#* }"
expect_eq "$(at 1 | cut -d' ' -f1)" "${first% *}"
wait_until 20 all_are running
touch /var/lib/worker/go
wait_until 30 tasks_running 0
expect_eq "$(report_get "$report" State)" paused
expect_eq "$(sql "SELECT count(*) FROM migrationd.task WHERE report_id = $report AND state = 'waiting'")" 2
expect migrationctl resume "$report"
wait_until 30 report_is "$report" completed
expect_eq "$(sql "SELECT string_agg(concat_ws(':', verb, detail->>'argument'), ' ' ORDER BY id) FROM migrationd.event WHERE report_id = $report")" \
        'run pause:drain pause:freeze pause:drain resume completed'

title "Frozen: the processes stand still where they are, and go on from there with what they have in memory"
freeze
first=$(at 1)
# Three seconds of the bus, in which a process that ran would count on.
migrationctl wait --timeout=3 "$report" >/dev/null 2>&1 || :
expect_eq "$(at 1)" "$first"
expect migrationctl resume "$report"
wait_until 20 counts_beyond 1 "${first#* }"
expect_eq "$(at 1 | cut -d' ' -f1)" "${first% *}"
touch /var/lib/worker/go
wait_until 30 report_is "$report" completed
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report AND state <> 'completed'")" 0

title "Frozen: that time is none of the timeout's, whatever becomes of the poll meanwhile"
program alone <<'SH'
#!/bin/bash
i=0
until [ -e /var/lib/worker/go ]; do
        i=$((i + 1))
        echo "$$ $i" >/var/lib/worker/at/1
        read -t 0.1 line <>/var/lib/worker/never
done
migrationd-task progress 1 1
SH
# alone TIMEOUT: runs a report of one task with it.
alone() {
        definition alone <<JSON
{ "name": "alone", "description": "Alone", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "count", "message": "Counting", "timeout": "$1", "retries": { "attempts": 1 },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/alone"] } ] }
JSON
        rm -rf /var/lib/worker/go /var/lib/worker/at
        install -d -o worker /var/lib/worker/at
        report=$(report_run "$(plan_create alone '{}')")
        wait_until 30 counts_beyond 1 3
}
alone 15s
expect migrationctl pause --freeze "$report"
wait_until 20 all_are frozen
first=$(at 1)
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
migrationctl wait --timeout=20 "$report" >/dev/null 2>&1 || :
expect_eq "$(at 1)" "$first"
expect migrationctl resume "$report"
wait_until 20 counts_beyond 1 "${first#* }"
# Another poll knows it too.
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
migrationctl wait --timeout=3 "$report" >/dev/null 2>&1 || :
expect_eq "$(at 1 | cut -d' ' -f1)" "${first% *}"
touch /var/lib/worker/go
wait_until 30 report_is "$report" completed

title "Frozen: the rest of the timeout is left after the resume"
alone 8s
expect migrationctl pause --freeze "$report"
wait_until 20 all_are frozen
expect migrationctl resume "$report"
wait_until 40 report_is "$report" failed
expect_eq "$(sql "SELECT class FROM migrationd.attempt WHERE report_id = $report")" timeout

title "Drained: the timeout goes on, as the task does"
alone 5s
expect migrationctl pause --drain "$report"
wait_until 40 tasks_running 0
expect_eq "$(sql "SELECT class FROM migrationd.attempt WHERE report_id = $report")" timeout
expect migrationctl resume "$report"
wait_until 30 report_is "$report" failed

title "A frozen unit of an attempt that has ended is thawed, stopped, and gone"
begin
stray=migration-counts-count-$report-$(sql "SELECT max(id) FROM migrationd.task")-9.service
# It would be gone before it is frozen.
systemctl kill --signal=SIGSTOP "migrationd-poll@$report.service"
systemd-run --quiet --collect --unit="$stray" --slice="migration-$report.slice" tail -f /dev/null
expect systemctl freeze "$stray"
systemctl kill --signal=SIGCONT "migrationd-poll@$report.service"
stray_is_gone() {
        ! systemctl --quiet is-active "$stray"
}
wait_until 20 stray_is_gone
touch /var/lib/worker/go
wait_until 30 report_is "$report" completed

title "A frozen report is canceled: thawed, stopped, and gone"
freeze
expect timeout 40 migrationctl cancel --wait "$report"
expect_eq "$(report_get "$report" State)" canceled
wait_until 10 no_unit_left "$report"

title "Canceled when the poll that froze it is not there any more"
freeze
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
expect timeout 60 migrationctl cancel --wait "$report"
wait_until 10 no_unit_left "$report"

title "Canceled when somebody else has frozen the whole slice"
begin
expect systemctl freeze "migration-$report.slice"
expect timeout 60 migrationctl cancel --wait "$report"
wait_until 10 no_unit_left "$report"
