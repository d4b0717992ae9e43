#!/bin/bash
# container: bus
# SPDX-License-Identifier: LGPL-2.1-or-later
# The service on the real bus with the real polkit: who may do what, what is refused and how, what is told, and what happens when
# its database or itself is away.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

# manager METHOD SIGNATURE ARGUMENTS…
manager() {
        busctl --system call "${MANAGER[@]}" "$@"
}

# as_user USER COMMAND…: without a session, so that nobody answers for a password.
as_user() {
        runuser -u "$1" -- "${@:2}"
}

is_active() {
        systemctl --quiet is-active "$1"
}

is_inactive() {
        [[ $(systemctl is-active "$1") == inactive ]]
}

is_down() {
        [[ $(systemctl is-active "$1") =~ ^(inactive|failed)$ ]]
}

migration_user
program hold <<'PROGRAM'
#!/bin/sh
exec tail -f /dev/null
PROGRAM
definition hold <<'DEFINITION'
{"name": "hold", "description": "A task that stays", "user": "worker", "steps": [
        {"code": "hold", "message": "Hold", "exec": ["/usr/local/lib/migrations/hold"]},
        {"code": "rest", "message": "Rest", "exec": ["/usr/local/lib/migrations/hold"], "dry-run": true}]}
DEFINITION

title "The first call starts the service, which has seen its database when it answers"
expect systemctl stop migrationd.service
expect_match '^s "connected"$' busctl --system get-property "${MANAGER[@]}" StoreStatus
expect_match '^u [1-9]' busctl --system get-property "${MANAGER[@]}" SchemaVersion
expect is_active migrationd.service

title "The service runs as its user, without any capability, and can write nowhere"
main=$(systemctl show --value --property=MainPID migrationd.service)
expect_match '^migrationd$' ps -o user= -p "$main"
for set in Inh Prm Eff Bnd Amb; do
        expect_match "^Cap$set:[[:space:]]0{16}$" cat "/proc/$main/status"
done
expect_match '^NoNewPrivs:[[:space:]]1$' cat "/proc/$main/status"
expect_fail nsenter --target "$main" --mount -- touch /var/lib/written

title "An unknown option and a value of another type are refused by name"
expect_fail manager CreatePlan 'ssa{sv}' hold '{}' 1 nme s x
expect_output "Unknown option 'nme'"
expect_fail manager CreatePlan 'ssa{sv}' hold '{}' 1 name u 5
expect_output "Option 'name' has a value of type 'u', not 's'"
expect_fail manager ListPlans 'a{sv}' 1 limit u 0
expect_output "Option 'limit' is 0"
expect_fail manager Run 'ua{sv}' 1 1 workers u 1025
expect_output "Option 'workers' is 1025"

title "A bad document is refused with line and column, and nothing is stored"
expect_fail manager CreatePlan 'ssa{sv}' hold $'{\n"a" 1}' 0
expect_output 'not valid: 2:[0-9]+: '
expect_fail manager CreatePlan 'ssa{sv}' hold '{"a": 1, "a": 2}' 0
expect_output 'duplicate'
expect_fail manager CreatePlan 'ssa{sv}' hold '[]' 0
expect_output 'not a JSON object'
expect_fail manager CreatePlan 'ssa{sv}' hold "{\"a\": $(printf '[%.0s' {1..70})" 0
expect_output 'nested deeper than 64 levels'
expect_eq "$(sql 'SELECT count(*) FROM migrationd.plan')" 0
expect_eq "$(sql 'SELECT count(*) FROM migrationd.event')" 0

title "A migration that is unknown, or whose definition others may write, is refused by name"
expect_fail manager CreatePlan 'ssa{sv}' nothing '{}' 0
expect_output "No such migration 'nothing'"
expect_fail manager CreatePlan 'ssa{sv}' '../hold' '{}' 0
expect_output 'No such migration'
chmod g+w /etc/migrationd/migrations/hold.json
expect_fail manager CreatePlan 'ssa{sv}' hold '{}' 0
expect_output '/etc/migrationd/migrations/hold.json'
expect_match 'hold.json' manager ListMigrations
chmod g-w /etc/migrationd/migrations/hold.json

title "A plan is stored once, found by name and id, and listed without its document"
expect manager CreatePlan 'ssa{sv}' hold '{"a": 1}' 1 name s first
plan=$(call GetPlan s first)
plan=${plan##*/_}
expect_fail manager CreatePlan 'ssa{sv}' hold '{}' 1 name s first
expect_output 'plan of that name exists'
expect_match "/plan/_$plan\"" manager GetPlan s "$plan"
expect_match '^s "\{\\"a\\": 1\}"$' busctl --system get-property org.migrationd1 "/org/migrationd1/plan/_$plan" \
        org.migrationd1.Plan Document
expect_match '"Name" s "first"' manager ListPlans 'a{sv}' 0
expect_no_output 'Document'
expect_fail manager GetPlan s second
expect_output 'No such plan: second'

title "Objects that do not exist are unknown objects"
for path in "/org/migrationd1/plan/_$((plan + 1000))" /org/migrationd1/plan/_01 /org/migrationd1/report/_1 /org/migrationd1/plan/x; do
        expect_fail busctl --system get-property org.migrationd1 "$path" org.migrationd1.Plan Id
done
expect_fail busctl --system get-property org.migrationd1 /org/migrationd1/report/_7 org.migrationd1.Report State
expect_output "Unknown object '/org/migrationd1/report/_7'"
expect_fail report_call 7 Cancel 'a{sv}' 0
expect_output "Unknown object '/org/migrationd1/report/_7'"

title "An ordinary user may read everything, and change nothing"
expect as_user nobody busctl --system call "${MANAGER[@]}" ListPlans 'a{sv}' 0
expect as_user nobody busctl --system get-property org.migrationd1 "/org/migrationd1/plan/_$plan" org.migrationd1.Plan Document
expect as_user nobody busctl --system call org.migrationd1 /org/migrationd1 org.freedesktop.DBus.ObjectManager GetManagedObjects
expect_fail as_user nobody busctl --system call "${MANAGER[@]}" CreatePlan 'ssa{sv}' hold '{}' 0
expect_output '[Aa]uthentication required|Permission denied'
expect_fail as_user nobody busctl --system call "${MANAGER[@]}" DeletePlan 'ua{sv}' "$plan" 0
expect_fail as_user nobody busctl --system call "${MANAGER[@]}" Run 'ua{sv}' "$plan" 0
expect_eq "$(sql 'SELECT count(*) FROM migrationd.report')" 0
expect_eq "$(sql 'SELECT count(*) FROM migrationd.plan')" 1

title "The bus itself stops what is in no interface"
expect_fail busctl --system call org.migrationd1 /org/migrationd1 org.freedesktop.DBus.Peer GetMachineId
expect_output 'rejected|denied'
expect_fail busctl --system call "${MANAGER[@]}" Shutdown
expect_output 'rejected|denied'
expect_fail busctl --system set-property org.migrationd1 "/org/migrationd1/plan/_$plan" org.migrationd1.Plan Name s other

title "The service's user may start the poll of a report, and no other unit"
for unit in migrationd-poll@0.timer migrationd-poll@1x.timer migrationd-poll@1.path migrationd-postgresql.service; do
        expect_fail as_user migrationd systemctl --no-ask-password start "$unit"
        expect_output 'authentication|denied|required'
done
expect_fail as_user migrationd systemctl --no-ask-password stop migrationd-poll@4711.timer
expect_fail as_user migrationd systemctl --no-ask-password restart migrationd-poll@4711.timer
expect_fail as_user migrationd systemd-run --no-ask-password true
expect_fail as_user nobody systemctl --no-ask-password start migrationd-poll@4711.timer
expect as_user migrationd systemctl --no-ask-password start migrationd-poll@4711.timer
systemctl stop migrationd-poll@4711.timer migrationd-poll@4711.service

title "Run answers with the report, whose poll timer is then armed; a second one is refused"
signals=$(mktemp)
busctl --system monitor --json=short --match="type='signal',path_namespace='/org/migrationd1'" >"$signals" 2>"$signals.monitor" &
monitor=$!
wait_until 10 grep -q Monitoring "$signals.monitor"
report=$(report_run "$plan" workers u 3)
expect is_active "migrationd-poll@$report.timer"
expect_eq "$(report_get "$report" State)" running
expect_eq "$(report_get "$report" Workers)" 3
expect_eq "$(report_get "$report" Plan)" "/org/migrationd1/plan/_$plan"
expect_fail manager Run 'ua{sv}' "$plan" 0
expect_output "Report $report is unfinished"
expect_fail manager DeletePlan 'ua{sv}' "$plan" 0
expect_output "Plan $plan has reports"
wait_until 5 sh -c "busctl --system get-property ${MANAGER[*]} Unfinished | grep -q /report/_$report"

title "A polkit rule may let a user control one report, by the detail that the question carries"
expect_fail as_user nobody busctl --system call org.migrationd1 "/org/migrationd1/report/_$report" org.migrationd1.Report \
        SetWorkers 'ua{sv}' 2 0
cat >/etc/polkit-1/rules.d/01-test.rules <<RULE
polkit.addRule(function(action, subject) {
        if (action.id == "org.migrationd1.control" && action.lookup("report") == "$report" && subject.user == "nobody")
                return polkit.Result.YES;
});
RULE
wait_until 10 as_user nobody busctl --system call org.migrationd1 "/org/migrationd1/report/_$report" org.migrationd1.Report \
        SetWorkers 'ua{sv}' 2 0
expect_eq "$(report_get "$report" Workers)" 2
rm /etc/polkit-1/rules.d/01-test.rules

title "What the state does not allow is refused, and says the state"
expect_fail report_call "$report" Resume 'a{sv}' 0
expect_output "Report $report is running: resume is not possible; what it waits for is said by: migrationctl why $report"
expect_fail report_call "$report" Retry 'a{sv}' 0
expect_fail report_call "$report" Pause 'sa{sv}' stop 0
expect_output "Unknown mode 'stop'"
expect_fail report_call "$report" SetWorkers 'ua{sv}' 0 0

title "A pause and its end are told at once"
expect report_call "$report" Pause 'sa{sv}' drain 0
expect_eq "$(report_get "$report" State)" paused
expect_eq "$(report_get "$report" PauseMode)" drain
title "A second one of that mode does nothing and succeeds; the other mode is taken"
expect report_call "$report" Pause 'sa{sv}' drain 0
expect report_call "$report" Pause 'sa{sv}' freeze 0
expect_eq "$(report_get "$report" PauseMode)" freeze
expect report_call "$report" Resume 'a{sv}' 0
wait_until 5 grep -q '"PauseMode":{"type":"s","data":"drain"}' "$signals"

title "Tasks are listed by page, state and step"
expect_match '"Id" u [0-9]+ "Step" s "hold".*"Step" s "rest"' report_call "$report" ListTasks 'a{sv}' 0
expect_match '^aa\{sv\} 1 .*"Step" s "rest" "Kind" s "main"' report_call "$report" ListTasks 'a{sv}' 2 step s rest limit u 1
expect_match '^aa\{sv\} 0$' report_call "$report" ListTasks 'a{sv}' 1 states as 1 failed
expect_match '^aa\{sv\} 0$' report_call "$report" ListTasks 'a{sv}' 1 after u 2147483647
expect_fail report_call "$report" ListTasks 'a{sv}' 1 states as 1 lost_it
expect_output "unknown state 'lost_it'"
expect_match '^aa\{sv\} 0$' report_call "$report" ListProblems 'a{sv}' 0

title "The tree and the object manager show plans and reports"
expect_match "/org/migrationd1/report/_$report" busctl --system tree org.migrationd1
expect_match "/org/migrationd1/plan/_$plan\".*/org/migrationd1/report/_$report\"" busctl --system call org.migrationd1 \
        /org/migrationd1 org.freedesktop.DBus.ObjectManager GetManagedObjects

title "While the database is away a call waits 10 s, then says why; one that is in time succeeds"
# Masked: else the poll of the unfinished report has it started again.
expect systemctl mask --runtime --now migrationd-postgresql.service
before=$SECONDS
expect_fail manager ListPlans 'a{sv}' 0
expect_output "database is not reachable: .*see 'systemctl status migrationd-postgresql'"
expect test $((SECONDS - before)) -ge 9
expect_match '^s ".*[Ss]erver' busctl --system get-property "${MANAGER[@]}" StoreStatus
busctl --system call "${MANAGER[@]}" ListPlans 'a{sv}' 0 >"$signals.late" 2>&1 &
late=$!
expect systemctl unmask --runtime migrationd-postgresql.service
expect systemctl start migrationd-postgresql.service
wait "$late" || :
expect_match '"Name" s "first"' cat "$signals.late"
expect_match '^s "connected"$' busctl --system get-property "${MANAGER[@]}" StoreStatus

# database_crashes: it is down, and its lock file is there.
LOCK_FILE=/var/lib/migrationd/postgresql/data/postmaster.pid
database_crashes() {
        expect systemctl mask --runtime migrationd-postgresql.service
        expect systemctl kill --signal=KILL migrationd-postgresql.service
        wait_until 10 is_down migrationd-postgresql.service
        expect test -s "$LOCK_FILE"
}

database_comes_back() {
        expect systemctl unmask --runtime migrationd-postgresql.service
        expect systemctl start migrationd-postgresql.service
        expect_match '"Name" s "first"' manager ListPlans 'a{sv}' 0
}

title "A database that was killed is started again, also when its number has become that of another process of its user"
database_crashes
systemd-run --quiet --unit=namesake --uid=migrationd --service-type=exec tail -f /dev/null
sed -i "1s/.*/$(systemctl show --value --property=MainPID namesake.service)/" "$LOCK_FILE"
database_comes_back
expect systemctl stop namesake.service

title "And when the host's end left its lock file empty"
database_crashes
: >"$LOCK_FILE"
database_comes_back

title "A service that was killed comes back with the next call and knows the unfinished report"
expect systemctl kill --signal=KILL migrationd.service
wait_until 10 sh -c "busctl --system get-property ${MANAGER[*]} Unfinished | grep -q /report/_$report"
expect_eq "$(report_get "$report" State)" running

title "At boot, or when it is asked to, migrationd-resume arms the timer of the unfinished report"
expect_match migrationd-resume.service systemctl show --property=Wants multi-user.target
systemctl stop "migrationd-poll@$report.timer"
expect systemctl start migrationd-resume.service
wait_until 30 is_active "migrationd-poll@$report.timer"
wait_until 30 is_inactive migrationd-resume.service

title "Cancel is answered at once, a second one too, even while no poll can be started; that is tried again"
expect systemctl mask --runtime --now "migrationd-poll@$report.timer" "migrationd-poll@$report.service"
expect report_call "$report" Cancel 'a{sv}' 0
expect report_call "$report" Cancel 'a{sv}' 0
expect_eq "$(report_get "$report" State)" canceling
expect systemctl unmask --runtime "migrationd-poll@$report.timer" "migrationd-poll@$report.service"
wait_until 60 report_is "$report" canceled

title "A finished report refuses to be canceled"
expect_fail report_call "$report" Cancel 'a{sv}' 0
expect_output "Report $report is canceled: cancel is not possible"

title "New and finished reports are told, with their state"
wait_until 5 grep -q '"member":"ReportNew"' "$signals"
wait_until 5 grep -q '"member":"ReportFinished".*"data":\['"$report,\"/org/migrationd1/report/_$report\",\"canceled\"" "$signals"
wait_until 5 grep -q '"member":"InterfacesAdded"' "$signals"
wait_until 5 none_unfinished
kill "$monitor"

title "Each act of a caller is an event row with user, process and unit, and an end one of the poll; what was refused is none"
expect_eq "$(sql "SELECT string_agg(verb, ' ' ORDER BY id) FROM migrationd.event")" \
        'create-plan run set-workers pause pause resume cancel canceled'
expect_eq "$(sql "SELECT DISTINCT uid FROM migrationd.event WHERE verb <> 'set-workers'")" 0
expect_eq "$(sql "SELECT uid FROM migrationd.event WHERE verb = 'set-workers'")" "$(id -u nobody)"
expect_eq "$(sql "SELECT count(*) FROM migrationd.event WHERE pid = 0 AND verb <> 'canceled'")" 0
expect_eq "$(sql "SELECT uid, pid, unit FROM migrationd.event WHERE verb = 'canceled'")" "0|0|migrationd-poll@$report.service"
unit=$(sed -n 's,^0::.*/\([^/]*\.service\).*,\1,p' /proc/self/cgroup)
expect_match "^$unit$" sql "SELECT unit FROM migrationd.event WHERE verb = 'cancel'"

title "What the service says about a report has the report in its journal field"
journalctl --sync
expect_match "Report $report of plan $plan created by uid 0" journalctl --no-pager --quiet --output=cat \
        "MIGRATION_REPORT=$report" _SYSTEMD_UNIT=migrationd.service
expect_output "cancel asked for by uid 0"

title "With nothing to do the service leaves, and no call is lost at that moment"
install -d /etc/migrationd/migrationd.conf.d
printf '[Service]\nIdleSec=1s\n' >/etc/migrationd/migrationd.conf.d/idle.conf
systemctl stop migrationd.service
since=$EPOCHSECONDS
# How often it has left.
departures() {
        journal_of migrationd.service --since="@$since" | grep -c 'Deactivated successfully' || :
}
# Until the rounds have met it while it was leaving: on a busy machine its clock runs out elsewhere.
for ((round = 0; round < 24 || (round < 96 && $(departures) < 4); round++)); do
        expect manager ListPlans 'a{sv}' 0
        # Its clock runs out about now.
        printf -v pause '%d.%02d' $(((93 + round % 12) / 100)) $(((93 + round % 12) % 100))
        read -rt "$pause" -u "$PAUSE_FD" || :
        expect busctl --system get-property "${MANAGER[@]}" Version
        read -rt "$pause" -u "$PAUSE_FD" || :
done
expect test "$(departures)" -ge 4
wait_until 20 is_inactive migrationd.service
expect_eq "$(systemctl show --value --property=Result migrationd.service)" success
rm /etc/migrationd/migrationd.conf.d/idle.conf

title "A bad configuration keeps the service down, and the journal names the file and the line"
printf '[Service]\nIdelSec=1s\n' >/etc/migrationd/migrationd.conf.d/bad.conf
expect_fail manager ListPlans 'a{sv}' 0
expect_match 'bad\.conf:2: unknown key IdelSec' journal_of migrationd.service
expect_eq "$(systemctl show --value --property=NRestarts migrationd.service)" 0
rm /etc/migrationd/migrationd.conf.d/bad.conf
systemctl stop migrationd.service
systemctl reset-failed migrationd.service
expect manager ListPlans 'a{sv}' 0

title "A plan without reports is deleted, and its object is gone"
other=$(plan_create hold '{}')
expect manager DeletePlan 'ua{sv}' "$other" 0
expect_fail manager GetPlan s "$other"
expect_fail manager DeletePlan 'ua{sv}' "$other" 0
expect_output "No such plan: $other"
