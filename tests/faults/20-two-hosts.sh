#!/bin/bash
# container: two-hosts
# hosts: 2
# timeout: 900
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two hosts on one database, whose server is on the second. The first runs a report; the second does what it can beside it.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

A=$1 B=$2
CONTAINER=$TESTS/../tools/container

# on HOST FUNCTION ARGUMENTS…: of tests/lib/faults-hosts.sh, in that container.
on() {
        "$CONTAINER" exec "$1" --timeout 200 -- bash /usr/local/lib/migrationd-tests/lib/faults-hosts.sh "${@:2}"
}

# Instead of this machine's.
journal_dump() {
        local host

        for host in "$A" "$B"; do
                printf '# %s\n' "$host"
                on "$host" journal_dump || :
        done >&2
}

hold() {
        on "$B" touch /var/lib/worker/hold
}

hold_end() {
        on "$B" rm /var/lib/worker/hold
}

# begin: REPORT runs on the first host, three tasks of it have begun.
begin() {
        hold
        REPORT=$(on "$A" report_run "$PLAN" workers u 3)
        wait_until 60 on "$B" held "$REPORT" 3
        ATTEMPTS=$(on "$B" attempts "$REPORT")
}

# nothing_beside: the second host has started nothing, and took nothing for lost.
nothing_beside() {
        expect_eq "$(on "$B" attempts "$REPORT")" "$ATTEMPTS"
        wait_until 60 on "$B" nothing_left "$REPORT"
}

ended() {
        wait_until 120 on "$B" report_has_ended "$REPORT"
        expect_eq "$(on "$B" report_get "$REPORT" State)" "$1"
        # The poll of either is gone when the hook was told: the check looks for the poll of its own host alone.
        wait_until 60 on "$B" nothing_left "$REPORT"
        expect on "$A" check "$REPORT"
        on "$A" faults_clean
}

killed() {
        "$CONTAINER" kill "$A"
}

comes_back() {
        "$CONTAINER" reboot "$A"
}

title "Two hosts have one database"
on "$B" database_prepare
worker=$(on "$B" host_prepare)
expect_eq "$(on "$A" host_prepare)" "$worker"
on "$B" audit_install
PLAN=$(on "$A" plan_create faults '{}')

title "Service, resume and poll of another host start nothing beside a report that runs"
begin
on "$B" systemctl restart migrationd.service
on "$B" systemctl start migrationd-resume.service "migrationd-poll@$REPORT.timer"
expect on "$B" refuses "$REPORT" "$A"
expect_eq "$(on "$B" report_get "$REPORT" Elsewhere)" "$A"
expect_eq "$(on "$A" report_get "$REPORT" Elsewhere)" ''
expect_match "report $REPORT is unfinished, and run by host $A" on "$B" doctor
nothing_beside

title "What is asked for on another host is done where the report runs"
on "$B" report_call "$REPORT" SetWorkers 'ua{sv}' 2 0
on "$B" report_call "$REPORT" Pause 'sa{sv}' freeze 0
wait_until 60 on "$A" all_frozen "$REPORT" 3
on "$B" report_call "$REPORT" Resume 'a{sv}' 0
wait_until 60 on "$A" not_frozen "$REPORT"
expect_fail on "$B" migrationctl move "$REPORT"
expect_output 'is being run'
on "$B" report_call "$REPORT" SetWorkers 'ua{sv}' 3 0
nothing_beside

title "While its poll is away another host does not take the report over, and says whose it is"
on "$A" poll_stop "$REPORT"
expect on "$B" refuses "$REPORT" "$A"
expect_match "^host $A runs it, and has no connection to the database now" on "$B" migrationctl why "$REPORT"
expect_match "^host $A runs it" on "$B" report_get "$REPORT" WaitReason
expect_fail on "$B" migrationctl move "$REPORT"
nothing_beside
on "$A" systemctl start "migrationd-poll@$REPORT.timer"
wait_until 60 on "$B" poll_locks "$REPORT"

title "Its host is reset: the report goes on when that is back, nowhere else"
killed
on "$B" systemctl restart migrationd-resume.service
on "$B" report_call "$REPORT" Pause 'sa{sv}' drain 0
on "$B" report_call "$REPORT" Resume 'a{sv}' 0
expect on "$B" refuses "$REPORT" "$A"
nothing_beside
comes_back
hold_end
ended completed
expect_eq "$(on "$B" host_of "$REPORT")" "$A"

title "Canceled on another host while its host is down, it is canceled when that is back"
begin
killed
on "$B" report_call "$REPORT" Cancel 'a{sv}' 0
expect on "$B" refuses "$REPORT" "$A"
expect_eq "$(on "$B" report_get "$REPORT" State)" canceling
nothing_beside
comes_back
ended canceled
hold_end

title "A failed report is run by the host that is asked to retry it"
on "$B" flag_set fails
REPORT=$(on "$A" report_run "$PLAN" workers u 3)
wait_until 60 on "$B" report_is "$REPORT" failed
on "$B" report_call "$REPORT" Retry 'a{sv}' 0
ended completed
expect_eq "$(on "$B" host_of "$REPORT")" "$B"

title "A report is moved away from a host that does not come back, and that one starts nothing when it does"
begin
killed
expect on "$B" migrationctl move "$REPORT"
# Until they are, the rows say that the tasks of the host that is gone run.
wait_until 60 on "$B" lost "$REPORT" 3
wait_until 60 on "$B" held "$REPORT" 3
ATTEMPTS=$(on "$B" attempts "$REPORT")
comes_back
expect on "$A" refuses "$REPORT" "$B"
wait_until 60 on "$A" nothing_left "$REPORT"
expect on "$A" left_by "$REPORT"
wait_until 60 on "$A" nothing_left "$REPORT"
expect_eq "$(on "$B" attempts "$REPORT")" "$ATTEMPTS"
hold_end
ended completed
