#!/bin/bash
# container: main
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# Programs that do not do what they should: the report fails with a reason that names the unit, and nothing hangs.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user

# bad NAME STEP-JSON <program: runs it; leaves the report's id in $report when it has ended.
bad() {
        program "$1"
        definition "$1" <<JSON
{ "name": "$1", "description": "Bad", "user": "worker",
  "steps": [ { "code": "bad", "message": "Bad", "exec": ["/usr/local/lib/migrations/$1"], $2 },
             { "code": "never", "message": "Never", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON
        report=$(report_run "$(plan_create "$1" '{}')")
        wait_until 60 report_has_ended "$report"
}

task_is() {
        expect_eq "$(sql "SELECT state, class, attempt FROM migrationd.task WHERE report_id = $report ORDER BY id LIMIT 1")" "$1"
}

title "A program that exits 0 without a claim has failed, after all its attempts"
bad no_claim '"retries": { "attempts": 2, "backoff": "10ms" }' <<'SH'
#!/bin/sh
exit 0
SH
expect_eq "$(report_get "$report" State)" failed
task_is 'failed|no-finish|2'
expect_match "migration-no_claim-bad-$report-" report_get "$report" FailedUnit
expect_match 'without finishing its counters' report_get "$report" FailedError

title "What stands behind a failed step never starts"
expect_eq "$(sql "SELECT state, attempt FROM migrationd.task WHERE report_id = $report ORDER BY id DESC LIMIT 1")" 'waiting|0'
expect_eq "$(report_get "$report" Steps | jq -c '[.[] | .[2]]')" '["failed","waiting"]'

title "A program that exits 0 with unfinished counters has failed"
bad half '"retries": { "attempts": 1 }' <<'SH'
#!/bin/sh
exec migrationd-task run -- /bin/sh -c 'migrationd-task progress 1 2'
SH
expect_eq "$(report_get "$report" State)" failed
expect_eq "$(sql "SELECT done, total FROM migrationd.task WHERE report_id = $report ORDER BY id LIMIT 1")" '1|2'

title "Wrong input is permanent: no second attempt"
bad data_error '"contract": "exit-code"' <<'SH'
#!/bin/sh
exit 65
SH
task_is 'failed|permanent|1'

title "Exit 75 is tried again, exit 77 skips"
bad temporary '"contract": "exit-code", "retries": { "attempts": 3, "backoff": "10ms" }' <<'SH'
#!/bin/sh
exit 75
SH
task_is 'failed|temporary|3'
bad skipping '"contract": "exit-code"' <<'SH'
#!/bin/sh
exit 77
SH
expect_eq "$(report_get "$report" State)" completed
task_is 'skipped||1'

title "A program that kills itself has the signal as its class"
bad signaled '"contract": "exit-code", "retries": { "attempts": 1 }' <<'SH'
#!/bin/sh
kill -SEGV $$
SH
expect_match '^failed\|(signal|core-dump)\|1$' sql "SELECT state, class, attempt FROM migrationd.task WHERE report_id = $report ORDER BY id LIMIT 1"

title "A program that takes longer than its timeout is stopped, with that class"
bad slow '"contract": "exit-code", "timeout": "1s", "retries": { "attempts": 1 }' <<'SH'
#!/bin/sh
exec tail -f /dev/null
SH
task_is 'failed|timeout|1'

title "A program that is gone when it is to start fails the task and names the unit"
program vanishing <<'SH'
#!/bin/sh
exit 0
SH
definition vanishing <<'JSON'
{ "name": "vanishing", "description": "Vanishes", "user": "worker",
  "steps": [ { "code": "first", "message": "First", "contract": "claim",
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/removes"] },
             { "code": "gone", "message": "Gone", "exec": ["/usr/local/lib/migrations/vanishing"] } ] }
JSON
program removes <<'SH'
#!/bin/sh
read -r line </var/lib/worker/remove
SH
mkfifo /var/lib/worker/remove
report=$(report_run "$(plan_create vanishing '{}')")
wait_until 20 sh -c "systemctl list-units --plain --no-legend 'migration-vanishing-first-$report-*' | grep -q running"
rm /usr/local/lib/migrations/vanishing
timeout 20 sh -c "echo now >/var/lib/worker/remove" || fail "nobody reads"
wait_until 60 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" failed
expect_eq "$(sql "SELECT class, attempt FROM migrationd.task WHERE report_id = $report ORDER BY id DESC LIMIT 1")" 'exec|1'

title "A program that writes 100 MB to its standard output completes, and the journal keeps a bounded part"
bad talker '"contract": "exit-code"' <<'SH'
#!/bin/sh
yes "$(printf 'x%.0s' $(seq 1000))" | head -c 100000000
SH
expect_eq "$(report_get "$report" State)" completed
journalctl --sync
lines=$(journalctl --quiet --output=cat --unit "migration-talker-bad-$report-*" | wc -l)
((lines < 80000)) || fail "$lines lines were kept"

title "Retry starts exactly the failed task again, with one more attempt"
bad once '"contract": "exit-code", "writable": ["/var/lib/worker"], "retries": { "attempts": 1 }' <<'SH'
#!/bin/sh
test -e /var/lib/worker/second || { touch /var/lib/worker/second; exit 1; }
SH
expect_eq "$(report_get "$report" State)" failed
expect report_call "$report" Retry 'a{sv}' 0
wait_until 30 report_is "$report" completed
expect_eq "$(sql "SELECT string_agg(state || ':' || attempt, ' ' ORDER BY id) FROM migrationd.task WHERE report_id = $report")" \
        'completed:2 completed:1'
wait_until 10 no_unit_left "$report"

title "What a program says before it is gone at once is in the journal of its unit, also on a busy host"
busy=()
for ((n = 0; n < 4 * $(nproc); n++)); do
        while :; do :; done &
        busy+=("$!")
done
for ((n = 0; n < 100; n++)); do
        systemd-run --quiet --wait --collect --unit="hasty-$n" --property="LogExtraFields=HASTY=$n" migrationd-task progress 1 || :
done
kill "${busy[@]}"
journalctl --sync
expect_eq "$(journalctl --output=cat --unit='hasty-*' | grep -c 'MIGRATIOND_')" 100
mapfile -t fields < <(printf 'HASTY=%d\n' {0..99})
expect_eq "$(journalctl --output=cat "${fields[@]}" | grep -c 'MIGRATIOND_')" 100
