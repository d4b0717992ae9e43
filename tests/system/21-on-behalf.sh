#!/bin/bash
# container: behalf
# SPDX-License-Identifier: LGPL-2.1-or-later
# Calls on behalf of another user, with the real polkit: from whom they are taken, whom polkit is asked about, and what the event row
# says; then the lists and counts that a gateway needs.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

# manager_as USER METHOD SIGNATURE ARGUMENTS…: without a session, so that nobody answers for a password.
manager_as() {
        runuser -u "$1" -- busctl --system call "${MANAGER[@]}" "${@:2}"
}

# gateway METHOD SIGNATURE ARGUMENTS…
gateway() {
        manager_as migrationd-rest "$@"
}

# polkit_restart: with the rules as they are now; more often than systemd allows by itself.
polkit_restart() {
        systemctl reset-failed polkit.service
        systemctl restart polkit.service
}

# rule BODY: the one polkit rule of this test about this service; a function of action and subject.
rule() {
        cat >/etc/polkit-1/rules.d/01-test.rules <<RULE
polkit.addRule(function(action, subject) {
        if (action.id.indexOf("org.migrationd1.") === 0) {
                $1
        }
});
RULE
        polkit_restart
}

# event COLUMN: of the last act.
event() {
        sql "SELECT $1 FROM migrationd.event ORDER BY id DESC LIMIT 1"
}

# ids JSON: the ids of a list's rows, in its order.
ids() {
        runuser -u nobody -- busctl --system --json=short call -- "${MANAGER[@]}" "$@" |
                grep -oE '"Id":\{"type":"u","data":[0-9]+' | grep -oE '[0-9]+$' | paste -sd ' '
}

# number METHOD SIGNATURE ARGUMENTS…: of a count.
number() {
        runuser -u nobody -- busctl --system call "${MANAGER[@]}" "$@" | sed 's/^t //'
}

migration_user
useradd --no-create-home alice
useradd --no-create-home bob
groupadd migrators
usermod --append --groups migrators bob
alice=$(id -u alice)
bob=$(id -u bob)
program quick <<'PROGRAM'
#!/bin/sh
exit 0
PROGRAM
program many <<'PROGRAM'
#!/bin/sh
exec tail -f /dev/null
PROGRAM
definition quick <<'DEFINITION'
{"name": "quick", "description": "Two steps that end", "user": "worker", "steps": [
        {"code": "one", "message": "One", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/quick"]},
        {"code": "two", "message": "Two", "contract": "exit-code", "exec": ["/usr/local/lib/migrations/quick"]}]}
DEFINITION
definition many <<'DEFINITION'
{"name": "many", "description": "A task that stays", "user": "worker", "steps": [
        {"code": "stay", "message": "Stay", "exec": ["/usr/local/lib/migrations/many"]}]}
DEFINITION

title "Only the gateway's user may call on behalf of others, not even root, and what it asked for is not done"
for user in root alice nobody migrationd; do
        # busctl has a text of its own for this error.
        expect_fail manager_as "$user" CreatePlan 'ssa{sv}' quick '{}' 1 on-behalf-uid u "$bob"
        expect_output 'Access denied'
done
expect_fail manager_as root CountPlans 'a{sv}' 1 on-behalf-uid u 0
expect_eq "$(sql 'SELECT count(*) FROM migrationd.plan')" 0
expect_eq "$(sql 'SELECT count(*) FROM migrationd.event')" 0

title "The gateway itself may do nothing that polkit does not allow it"
expect_fail gateway CreatePlan 'ssa{sv}' quick '{}' 0

title "Where polkit wants a password the call is denied at once: nobody could be asked"
expect_fail gateway CreatePlan 'ssa{sv}' quick '{}' 1 on-behalf-uid u "$alice"
expect_output 'Access denied'

title "A rule for a user holds for the one on whose behalf the call is, and for no other"
rule 'if (subject.user === "alice") return polkit.Result.YES;'
expect gateway CreatePlan 'ssa{sv}' quick '{}' 2 on-behalf-uid u "$alice" name s first
expect_fail gateway CreatePlan 'ssa{sv}' quick '{}' 1 on-behalf-uid u "$bob"
expect_fail gateway CreatePlan 'ssa{sv}' quick '{}' 0

title "The event row and the plan have that user; process and unit are the gateway's"
expect_eq "$(event uid)" "$alice"
expect_eq "$(event "detail->>'via'")" migrationd-rest
expect_eq "$(sql "SELECT uid FROM migrationd.plan WHERE name = 'first'")" "$alice"
expect_eq "$(event 'pid > 0')" t

title "A rule for a group holds for a user who is in it"
rule 'if (subject.isInGroup("migrators")) return polkit.Result.YES;'
expect gateway CreatePlan 'ssa{sv}' many '{}' 2 on-behalf-uid u "$bob" name s second
expect_eq "$(event uid)" "$bob"
expect_fail gateway CreatePlan 'ssa{sv}' quick '{}' 1 on-behalf-uid u "$alice"

title "A rule that refuses the gateway's user refuses nobody on whose behalf it calls"
rule 'return subject.user === "migrationd-rest" ? polkit.Result.NO : polkit.Result.YES;'
expect gateway CountPlans 'a{sv}' 1 on-behalf-uid u "$alice"
expect_fail gateway CountPlans 'a{sv}' 0
rule 'return subject.user === "alice" ? polkit.Result.NO : polkit.Result.YES;'
expect_fail gateway CountPlans 'a{sv}' 1 on-behalf-uid u "$alice"
expect_output 'Access denied'
rm /etc/polkit-1/rules.d/01-test.rules
polkit_restart

title "root is who it is on the bus; a user who is none has what everybody has; what can be no user is refused"
expect gateway CreatePlan 'ssa{sv}' quick '{}' 2 on-behalf-uid u 0 name s third
expect_eq "$(event uid) $(event "detail->>'via'")" '0 migrationd-rest'
expect gateway ListPlans 'a{sv}' 1 on-behalf-uid u 54321
expect_fail gateway CreatePlan 'ssa{sv}' quick '{}' 1 on-behalf-uid u 54321
expect_fail gateway ListPlans 'a{sv}' 1 on-behalf-uid u 4294967295
expect_output "Option 'on-behalf-uid': 4294967295 is not a user"
expect_fail gateway ListPlans 'a{sv}' 1 on-behalf-uid i 1
expect_fail gateway ListPlans 'a{sv}' 2 on-behalf-uid u 1 on-behalf-uid u 2

title "Every method that has options takes it"
rule 'if (subject.user === "alice") return polkit.Result.YES;'
gateway Run 'ua{sv}' 1 1 on-behalf-uid u "$alice" >/dev/null
wait_until 60 report_is 1 completed
expect_eq "$(sql "SELECT uid FROM migrationd.report WHERE id = 1")" "$alice"
gateway Run 'ua{sv}' 2 1 on-behalf-uid u "$alice" >/dev/null
report=("org.migrationd1" /org/migrationd1/report/_2 org.migrationd1.Report)
report_gateway() {
        runuser -u migrationd-rest -- busctl --system call "${report[@]}" "$@"
}
expect report_gateway SetWorkers 'ua{sv}' 2 1 on-behalf-uid u "$alice"
expect report_gateway ListTasks 'a{sv}' 1 on-behalf-uid u "$alice"
expect report_gateway ListProblems 'a{sv}' 1 on-behalf-uid u "$alice"
wait_until 60 report_is 2 running
expect report_gateway Pause 'sa{sv}' drain 1 on-behalf-uid u "$alice"
expect report_gateway Resume 'a{sv}' 1 on-behalf-uid u "$alice"
expect_fail report_gateway Retry 'a{sv}' 1 on-behalf-uid u "$alice"
expect_output 'retry is not possible'
expect_fail report_gateway Cancel 'a{sv}' 1 on-behalf-uid u "$bob"
expect report_gateway Cancel 'a{sv}' 1 on-behalf-uid u "$alice"
wait_until 60 report_is 2 canceled
expect_eq "$(sql "SELECT DISTINCT uid || ' ' || (detail->>'via') FROM migrationd.event WHERE report_id = 2 AND
        verb <> 'canceled'")" "$alice migrationd-rest"
for method in ListReports ListTasks CountPlans CountReports CountTasks; do
        expect gateway "$method" 'a{sv}' 1 on-behalf-uid u "$bob"
done
expect gateway DeletePlan 'ua{sv}' 3 1 on-behalf-uid u "$alice"
rm /etc/polkit-1/rules.d/01-test.rules
polkit_restart

title "Lists have orders, up and down, and refuse one that they do not have"
expect_eq "$(ids ListPlans 'a{sv}' 1 order s -id)" '2 1'
expect_eq "$(ids ListPlans 'a{sv}' 1 order s -name)" '2 1'
expect_eq "$(ids ListReports 'a{sv}' 1 order s state)" '2 1'
expect_eq "$(ids ListReports 'a{sv}' 1 order s -finished)" '2 1'
expect_eq "$(ids ListTasks 'a{sv}' 1 order s -name)" '2 3 1'
expect_eq "$(ids ListTasks 'a{sv}' 3 order s -created limit u 1 offset u 1)" '1'
expect_fail manager_as nobody ListPlans 'a{sv}' 1 order s state
expect_output "Option 'order': this list has no order 'state'"
expect_fail manager_as nobody ListReports 'a{sv}' 1 order s 'id; DROP TABLE task'

title "Filters of a list and of its count are the same"
expect_eq "$(ids ListTasks 'a{sv}' 1 report u 1) $(number CountTasks 'a{sv}' 1 report u 1)" '1 2 2'
expect_eq "$(ids ListTasks 'a{sv}' 1 step s two) $(number CountTasks 'a{sv}' 1 step s two)" '2 1'
expect_eq "$(ids ListTasks 'a{sv}' 1 ids au 3 3 1 99) $(number CountTasks 'a{sv}' 1 ids au 3 3 1 99)" '1 3 2'
expect_eq "$(ids ListTasks 'a{sv}' 1 ids au 0)$(number CountTasks 'a{sv}' 1 ids au 0)" '0'
expect_eq "$(ids ListReports 'a{sv}' 1 states as 1 canceled) $(number CountReports 'a{sv}' 1 states as 1 canceled)" '2 1'
expect_eq "$(ids ListReports 'a{sv}' 1 plan u 1) $(number CountReports 'a{sv}' 1 plan u 1)" '1 1'
expect_eq "$(number CountPlans 'a{sv}' 0)" 2
for table in Plans Reports Tasks; do
        expect_fail manager_as nobody "Count$table" 'a{sv}' 1 limit u 1
        expect_output "Unknown option 'limit'"
done

title "Times are inclusive at both ends, to the microsecond"
created=$(sql "SELECT migrationd.usec(created_at) FROM migrationd.report WHERE id = 2")
expect_eq "$(ids ListReports 'a{sv}' 1 created_from_usec t "$created")" 2
expect_eq "$(ids ListReports 'a{sv}' 1 created_from_usec t $((created + 1)))" ''
expect_eq "$(ids ListReports 'a{sv}' 1 created_to_usec t "$created")" '1 2'
expect_eq "$(ids ListReports 'a{sv}' 1 created_to_usec t $((created - 1)))" '1'
expect_eq "$(number CountTasks 'a{sv}' 1 created_to_usec t 18446744073709551615)" 3
expect_eq "$(number CountTasks 'a{sv}' 1 created_from_usec t 18446744073709551615)" 0

title "A page of reports names the first tasks of each step, a page of plans has the documents, when asked to"
expect_match '"StepTasks":\{"type":"a\{sau\}","data":\{"one":\[1\],"two":\[2\]\}\}' \
        busctl --system --json=short call "${MANAGER[@]}" ListReports 'a{sv}' 2 step_tasks u 1 ids au 1 1
expect_fail sh -c "busctl --system --json=short call ${MANAGER[*]} ListReports 'a{sv}' 0 | grep StepTasks"
expect_match '"Document":\{"type":"s","data":"\{\}"\}' busctl --system --json=short call "${MANAGER[@]}" ListPlans 'a{sv}' 1 document b true
expect_fail sh -c "busctl --system --json=short call ${MANAGER[*]} ListPlans 'a{sv}' 0 | grep Document"

title "A task has its report and the time it was added"
expect_match '"Report":\{"type":"u","data":2\},"TaskCreatedUSec":\{"type":"t","data":[1-9][0-9]+\}' \
        busctl --system --json=short call "${MANAGER[@]}" ListTasks 'a{sv}' 1 report u 2
