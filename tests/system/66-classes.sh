#!/bin/bash
# container: main
# timeout: 500
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a definition says about classes of failure, with units that really fail that way.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

migration_user
title "Each class has its action: skipped ones do not fail the report and are its problems, one that is to fail is not tried again"
program by_number <<'SH'
#!/bin/sh
case $(migrationd-task input /input/number) in
1) kill -KILL $$ ;;
2) exec tail -f /dev/null ;;
3) exit 65 ;;
4) [ "$MIGRATIOND_ATTEMPT" = 3 ] || exit 75 ;;
5) exit "$(cat /var/lib/worker/status)" ;;
esac
migrationd-task progress 1 1
SH
program numbers <<'SH'
#!/bin/sh
for i in 1 2 3 4 5; do
        migrationd-task add-task --total 1 "{\"number\": $i}"
done
SH
definition classes <<'JSON'
{ "name": "classes", "description": "Classes", "user": "worker",
  "steps": [ { "code": "number", "message": "Numbers", "timeout": "2s", "retries": { "attempts": 3, "backoff": "10ms" },
               "failures": { "exit-code": "fail", "permanent": "skip",
                             "signal": { "action": "retry", "attempts": 2, "then": "skip" },
                             "timeout": { "action": "retry", "attempts": 1, "then": "skip" } },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/numbers"],
               "exec": ["/usr/bin/migrationd-task", "run", "--exit-code", "--", "/usr/local/lib/migrations/by_number"] } ] }
JSON
# classes_of REPORT: for each task its state and the classes of its attempts.
classes_of() {
        sql "SELECT string_agg(line, E'\n' ORDER BY number) FROM (SELECT t.input->>'number' AS number, concat_ws(' ', t.input->>'number',
                t.state, string_agg(coalesce(a.class, 'completed'), ' ' ORDER BY a.number)) AS line FROM migrationd.task t
                JOIN migrationd.attempt a ON a.task_id = t.id WHERE t.report_id = $1 AND t.kind = 'main' GROUP BY t.id) AS l"
}
echo 0 >/var/lib/worker/status
report=$(report_run "$(plan_create classes '{}')" workers u 5)
wait_until 60 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(classes_of "$report")" '1 skipped signal signal
2 skipped timeout
3 skipped permanent
4 completed temporary temporary completed
5 completed completed'
expect_eq "$(report_get "$report" Problems)" 3
expect_match ' skipped 3| 3 skipped|skipped' migrationctl status "$report"
expect_match 'timeout: ' migrationctl problems "$report"
echo 1 >/var/lib/worker/status
report=$(report_run "$(plan_create classes '{}')" workers u 5)
wait_until 60 report_is "$report" failed
expect_match '^5 failed exit-code$' classes_of "$report"

title "When as many tasks were skipped as may be, the next one fails and says so, and a retry skips it no more"
program in_vain <<'SH'
#!/bin/sh
exit 65
SH
definition budget <<'JSON'
{ "name": "budget", "description": "One may be skipped", "user": "worker",
  "steps": [ { "code": "number", "message": "Numbers", "max-skipped": 1, "failures": { "permanent": "skip" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/numbers"],
               "exec": ["/usr/bin/migrationd-task", "run", "--exit-code", "--", "/usr/local/lib/migrations/in_vain"] } ] }
JSON
report=$(report_run "$(plan_create budget '{}')" workers u 1)
wait_until 60 report_is "$report" failed
expect_eq "$(classes_of "$report")" $'1 skipped permanent\n2 failed permanent'
expect_match 'not skipped: as many were as max-skipped allows' migrationctl status "$report"
expect migrationctl retry "$report"
wait_until 60 report_is "$report" failed
expect_eq "$(classes_of "$report")" $'1 skipped permanent\n2 failed permanent permanent'

title "Each process of a program that is stopped gets SIGTERM once, and what it starts then is left to do its work"
program winds_down <<'SH'
#!/usr/bin/perl
# Forty processes of which each writes a line for every SIGTERM.
use POSIX ();
my $log = "/var/lib/worker/terms";
my ($terms, @children) = 0;
system("migrationd-task progress 0 41");
for (1 .. 40) {
        my $child = fork;
        push(@children, $child), next if $child;
        $SIG{TERM} = sub { open my $f, ">>", $log; syswrite $f, "$$\n" };
        POSIX::pause() while 1;
}
$SIG{TERM} = sub { $terms++ };
POSIX::pause() until $terms;
for (1 .. 41) {
        system("migrationd-task progress $_") == 0 or exit 1;
}
kill "KILL", @children;
exit 75;
SH
definition winds_down <<'JSON'
{ "name": "winds_down", "description": "Winds down", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "stand", "message": "Standing", "progress-timeout": "1s", "retries": { "attempts": 1 },
               "failures": { "no-progress": "skip" },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/winds_down"] } ] }
JSON
report=$(report_run "$(plan_create winds_down '{}')")
wait_until 30 report_has_ended "$report"
expect_eq "$(sql "SELECT t.state, a.class, t.done FROM migrationd.task t JOIN migrationd.attempt a ON a.task_id = t.id
        WHERE t.report_id = $report")" 'skipped|no-progress|41'
expect_eq "$(sort /var/lib/worker/terms | uniq -c | awk '{ print $1 }' | sort -u)" 1
expect_eq "$(sort -u /var/lib/worker/terms | wc -l)" 40

title "What a stopped program has started and not waited for has its time to end"
program outlived <<'SH'
#!/bin/sh
# SIGTERM ends the shell at once; not so its child.
perl -e '$SIG{TERM} = sub { $term = 1 };
        system("migrationd-task progress 0 2");
        select undef, undef, undef, 60 until $term;
        system("migrationd-task progress 1");
        while (getppid() != 1) { select undef, undef, undef, 0.01 }
        system("migrationd-task progress 2")'
true
SH
sed -e 's/"winds_down"/"outlived"/' -e 's,/winds_down",/outlived",' /etc/migrationd/migrations/winds_down.json | definition outlived
report=$(report_run "$(plan_create outlived '{}')")
wait_until 30 report_has_ended "$report"
expect_eq "$(sql "SELECT t.state, a.class, t.done FROM migrationd.task t JOIN migrationd.attempt a ON a.task_id = t.id
        WHERE t.report_id = $report")" 'skipped|no-progress|2'

title "Why the poll stopped a task is the class, whatever the program does then and whoever sees the end"
program stands <<'SH'
#!/bin/bash
# Its counters move when it is stopped, or it does not let itself be stopped.
if [ -e /var/lib/worker/stubborn ]; then
        trap '' TERM
else
        trap 'migrationd-task progress 1; exit 75' TERM
fi
migrationd-task progress 0 2
while :; do
        tail -f /dev/null &
        wait
done
SH
definition stands <<'JSON'
{ "name": "stands", "description": "Stands", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "stand", "message": "Standing", "progress-timeout": "2s", "retries": { "attempts": 1 },
               "failures": { "no-progress": "skip" },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/stands"] } ] }
JSON
rm -f /var/lib/worker/stubborn
report=$(report_run "$(plan_create stands '{}')")
wait_until 30 report_has_ended "$report"
expect_eq "$(sql "SELECT t.state, a.class, t.done FROM migrationd.task t JOIN migrationd.attempt a ON a.task_id = t.id
        WHERE t.report_id = $report")" 'skipped|no-progress|1'
expect_match 'no-progress: stopped: its counters had not moved for [23] s' migrationctl problems "$report"
touch /var/lib/worker/stubborn
report=$(report_run "$(plan_create stands '{}')")
unit_is_stopping() {
        systemctl list-units --plain --no-legend "migration-stands-*-$report-*" | matches 'stop-sigterm'
}
wait_until 30 unit_is_stopping
systemctl kill --signal=SIGKILL "migrationd-poll@$report.service"
expect migrationctl pause "$report"
# That the unit did not end in time is systemd's own "timeout".
wait_until 40 sh -c "[ -z \"\$(systemctl list-units --plain --no-legend 'migration-stands-*-$report-*' --state=active,deactivating)\" ]"
expect migrationctl resume "$report"
wait_until 30 report_has_ended "$report"
expect_eq "$(sql "SELECT t.state, a.class FROM migrationd.task t JOIN migrationd.attempt a ON a.task_id = t.id
        WHERE t.report_id = $report")" 'skipped|no-progress'
rm /var/lib/worker/stubborn

title "A task that finishes although it is being stopped is completed"
program finishes <<'SH'
#!/bin/bash
trap 'migrationd-task progress 1; exit 0' TERM
migrationd-task progress 0 1
tail -f /dev/null &
wait
SH
sed -e 's/"stands"/"finishes"/' -e 's,/stands",/finishes",' /etc/migrationd/migrations/stands.json | definition finishes
report=$(report_run "$(plan_create finishes '{}')")
wait_until 30 report_has_ended "$report"
expect_eq "$(sql "SELECT state, class, done FROM migrationd.task WHERE report_id = $report")" 'completed||1'

title "An expander has no counters, but its time is bounded as that of any attempt"
program expands <<'SH'
#!/bin/sh
exec tail -f /dev/null
SH
definition expands <<'JSON'
{ "name": "expands", "description": "Expands", "user": "worker",
  "steps": [ { "code": "make", "message": "Making", "progress-timeout": "1s", "timeout": "4s", "retries": { "attempts": 1 },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/expands"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/stands"] } ] }
JSON
report=$(report_run "$(plan_create expands '{}')")
wait_until 30 report_is "$report" failed
expect_eq "$(sql "SELECT kind, class, error FROM migrationd.task WHERE report_id = $report")" 'expand|timeout|stopped: it had run for 4 s'

title "A definition that makes no sense is refused with the place"
cat >/tmp/nonsense.json <<'JSON'
{ "name": "nonsense", "user": "worker",
  "steps": [ { "code": "a", "message": "A", "exec": ["/bin/true"], "failures": { "oom-kill": "split" } } ] }
JSON
expect_exit 2 migrationctl definition verify /tmp/nonsense.json
expect_output '/tmp/nonsense.json: /steps/0/failures/oom-kill: "split" needs the step.s "expand"'
