#!/bin/bash
# container: main
# SPDX-License-Identifier: LGPL-2.1-or-later
# migrationctl against the real service, poll and systemd: each verb, its exit codes, and a wait that outlives everything.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
WORK=$(mktemp -d)
OUT=$WORK/out ERR=$WORK/err

program cli_steps <<'SH'
#!/bin/sh
set -e
echo "cli_steps says: $(migrationd-task input)"
migrationd-task progress 0 3
for i in 1 2 3; do
        migrationd-task progress $i
done
migrationd-task problem 'item four' 'there is none'
SH
# Fails until somebody repairs it.
program cli_broken <<'SH'
#!/bin/sh
[ -e /var/lib/worker/repaired ] || { echo "not repaired yet" >&2; exit 78; }
SH
program cli_hold <<'SH'
#!/bin/sh
migrationd-task progress 1 10
exec tail -f /dev/null
SH
definition cli_steps <<'JSON'
{ "name": "cli_steps", "description": "Two steps", "user": "worker",
  "steps": [ { "code": "first", "message": "The first",
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/cli_steps"] },
             { "code": "last", "message": "The last", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON
definition cli_broken <<'JSON'
{ "name": "cli_broken", "description": "Fails", "user": "worker",
  "steps": [ { "code": "try", "message": "Trying", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/cli_broken"] } ] }
JSON
definition cli_hold <<'JSON'
{ "name": "cli_hold", "description": "Stays", "user": "worker",
  "steps": [ { "code": "hold", "message": "Holding",
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/cli_hold"] } ] }
JSON

# background COMMAND…: its output in $OUT and $ERR, its pid in $background.
background() {
        "$@" >"$OUT" 2>"$ERR" </dev/null &
        background=$!
}

background_ended() {
        ! kill -0 "$background"
}

# expect_background STATUS
expect_background() {
        local status=0

        wait_until 60 background_ended
        if test_goes_on; then
                wait "$background" || status=$?
                [[ $status == "$1" ]] || fail "exit $status, not $1: $(cat "$ERR")"
        fi
}

said() {
        grep -qE -e "$1" "$OUT" "$ERR"
}

step_runs() {
        [[ $(migrationctl status "$1" --json=short | jq -r '.steps[] | select(.state == "running") | .done') == 1 ]]
}

title "A plan is stored from a file, shown by name, refused twice, and deleted"
printf '{"who": "world"}\n' >"$WORK/plan.json"
expect_match '^Plan [0-9]+ created\.$' migrationctl plan create --name cli-gone cli_steps "$WORK/plan.json"
expect_match ' cli-gone +cli_steps +root ' migrationctl plan list
expect migrationctl plan show cli-gone --json=short
expect_eq "$(jq -c .document <<<"$OUTPUT")" '{"who":"world"}'
expect_exit 2 migrationctl plan create --name cli-gone cli_steps "$WORK/plan.json"
expect migrationctl plan delete cli-gone
expect_exit 4 migrationctl plan show cli-gone
expect_exit 4 migrationctl plan create no_such_migration "$WORK/plan.json"

title "Run --wait shows what happens, line by line, and returns 0 when the report is completed"
expect migrationctl plan create --name cli-steps cli_steps "$WORK/plan.json"
expect_match '^[0-9:]{8} first: (running: The first|completed 3/3)' migrationctl run cli-steps --wait
expect_output '^[0-9:]{8} last: completed 1/1'
expect_output '^Report [0-9]+ completed\.$'
report=$(migrationctl list --json=short | jq '.[-1].id')

title "Status, tasks and problems tell of it, for people and as JSON"
expect_match "^\\+ Report $report - cli_steps of plan cli-steps" migrationctl status
expect_output '^ +\+ first +#+ 100% +3/3 +took '
expect_output "^  journalctl MIGRATION_REPORT=$report\$"
expect_match ' first +main completed +1 3/3 100% .* success ' migrationctl tasks "$report"
expect_match ' first +[0-9]+ item four there is none$' migrationctl problems "$report"
expect migrationctl status "$report" --json=short
expect_eq "$(jq -c '[.state, .done, .total, .problems, .tasks.completed]' <<<"$OUTPUT")" '["completed",4,4,1,2]'
expect migrationctl tasks "$report" --step=first --json=short
expect_eq "$(jq -c '[.[] | [.step, .state, .exit_status, (.cpu_usec > 0)]]' <<<"$OUTPUT")" '[["first","completed",0,true]]'

title "Logs shows what a task wrote, by the fields that its lines carry"
journalctl --sync
expect_match 'cli_steps says: .*"who": ?"world"' migrationctl logs "$report" --no-pager
task=$(migrationctl tasks "$report" --step=last --json=short | jq '.[0].id')
expect migrationctl logs "$report" --task="$task" --no-pager
expect_no_output 'cli_steps says'

title "A report that failed exits 1; status names the unit and the error; retry runs it once more"
rm -f /var/lib/worker/repaired
expect migrationctl plan create --name cli-broken cli_broken "$WORK/plan.json"
expect_exit 1 migrationctl run cli-broken --wait
report=$(migrationctl list --json=short | jq '.[-1].id')
expect_match '^x Report .* - cli_broken' migrationctl status
expect_output "^ +Unit: migration-cli_broken-try-$report-[0-9]+-1\\.service\$"
expect_output "^  migrationctl retry $report\$"
expect_exit 1 migrationctl wait "$report"
expect_exit 1 migrationctl resume "$report"
touch /var/lib/worker/repaired
expect migrationctl retry --wait
expect_match ' try +main completed +2 ' migrationctl tasks "$report"

title "While a report is unfinished another run exits 8, and waiting may time out with 6"
expect migrationctl plan create --name cli-hold cli_hold "$WORK/plan.json"
expect migrationctl run cli-hold --workers 2 --json=short
report=$(jq .report <<<"$OUTPUT")
wait_until 30 step_runs "$report"
expect_exit 8 migrationctl run cli-hold
expect_output '^Type next: migrationctl status'
expect_exit 6 migrationctl wait "$report" --timeout=100ms

title "Status of a running report names units that systemctl finds"
expect_match "^ +Units: migration-cli_hold-\\*-$report-\\*\\.service in migration-$report\\.slice\$" migrationctl status
pattern=$(sed -nE "s/^  systemctl list-units '(.*)'\$/\\1/p" <<<"$OUTPUT")
expect_match "migration-cli_hold-hold-$report-[0-9]+-1\\.service .*running" systemctl list-units "$pattern"
expect_match "migration-cli_hold-hold-$report-" systemctl status "migration-$report.slice"

title "Set-workers, pause and resume reach the report"
expect migrationctl set-workers "$report" 5
expect_eq "$(migrationctl status --json=short | jq .workers)" 5
expect migrationctl pause --freeze
expect_eq "$(migrationctl status --json=short | jq -r '.state + " " + .pause_mode')" 'paused freeze'
expect migrationctl pause "$report"
expect_eq "$(migrationctl status --json=short | jq -r '.state + " " + .pause_mode')" 'paused drain'
expect migrationctl resume
expect_eq "$(migrationctl status --json=short | jq -r .state)" running
expect_exit 1 migrationctl resume "$report"
expect_output 'is running: resume is not possible'

title "Who may not, is told so with 5; everybody may look"
expect_exit 5 runuser -u worker -- migrationctl cancel --no-ask-password "$report"
expect_exit 5 runuser -u worker -- migrationctl run cli-hold --no-ask-password
expect runuser -u worker -- migrationctl status "$report"

title "A wait outlives the kill of the service, its restart, and a restart of the database"
background migrationctl wait "$report"
systemctl kill --signal=KILL migrationd.service
wait_until 30 step_runs "$report"
expect systemctl restart migrationd.service
expect systemctl restart migrationd-postgresql.service
wait_until 60 step_runs "$report"
expect kill -0 "$background"

title "Ctrl-C leaves the report running, and says how to attach again"
waiting=$background
background migrationctl watch "$report"
wait_until 30 said 'hold: '
kill -INT "$background"
expect_background 130
expect_eq "$(tail -n 1 "$ERR")" "Type next: migrationctl watch $report"
expect_eq "$(migrationctl status --json=short | jq -r .state)" running

title "Watch on a terminal draws bars, as JSON it is one object a line, each until the end"
background script -qec "stty cols 100 rows 30; LC_ALL=C.UTF-8 TERM=xterm migrationctl watch $report" /dev/null
bars=$background bars_out=$WORK/bars
mv "$OUT" "$bars_out"
background migrationctl watch "$report" --json=short
wait_until 30 grep -q '█' "$bars_out"
wait_until 30 said '"event":"report"'

title "Cancel --wait returns 0 when it is canceled; who waited for the verdict gets 3"
expect migrationctl cancel --wait
expect_background 3
expect_eq "$(jq -r 'select(.event == "finished") | .state' <"$OUT")" canceled
background=$bars
expect_background 3
background=$waiting
expect_background 3
wait_until 10 none_unfinished
expect_exit 4 migrationctl cancel
expect_exit 1 migrationctl cancel "$report"
wait_until 10 no_unit_left "$report"

title "The list shows all of it, and narrows to a state"
expect_match "^ *$report canceled +cli_hold +cli-hold " migrationctl list --state=canceled
expect_no_output ' completed '
expect_exit 1 migrationctl plan delete cli-hold

title "Definitions are listed, shown and verified without the service"
expect_match '^cli_steps +/etc/migrationd/migrations/cli_steps\.json +Two steps' migrationctl definition list
expect_match '^  first +The first ' migrationctl definition show cli_steps
expect_match 'valid, migration cli_steps, 2 steps\.$' migrationctl definition verify /etc/migrationd/migrations/cli_steps.json

title "Doctor finds nothing that fails, then a definition that cannot be used"
# The shipped migration is for a machine that has Pulp's user.
getent passwd pulp >/dev/null || useradd --system --no-create-home --shell /usr/sbin/nologin pulp
expect_match '^ok +service +migrationd answers' migrationctl doctor
expect_output '^ok +polkit '
expect_output '^ok +database +connected, schema version [1-9]'
expect_output '^ok +postgresql +migrationd-postgresql\.service is active'
expect_output '^(ok|warn) +cgroup '
definition cli_wrong <<<'{ "name": "cli_wrong", "steps": [] }'
expect_exit 1 migrationctl doctor
expect_output '^FAIL +definition +cli_wrong can.t be used'
expect_output 'type next: migrationctl definition show cli_wrong$'
expect_exit 2 migrationctl definition show cli_wrong
expect_output 'cli_wrong\.json: /steps: '
rm /etc/migrationd/migrations/cli_wrong.json
rm -r "$WORK"
