#!/bin/bash
# container: faults
# timeout: 600
# unit: no
# SPDX-License-Identifier: LGPL-2.1-or-later
# The checker of the fault tests finds what it is there for: after a run without faults a violation of each invariant is planted.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/faults.sh
. "$TESTS/lib/faults.sh"

SEED=1 INDEX=0
FAULTS_LEFT_SECONDS=1
[[ -e /run/faults-prepared ]] || faults_prepare
touch /run/faults-prepared
PLAN=$(plan_create faults '{}')

title "A run without faults has no violation"
DRAWS=0
start_report
faults_end
faults_check
expect_eq "${VIOLATIONS[*]}" ''

FAULTS_SILENT=true
task=$(sql "SELECT id FROM migrationd.task WHERE report_id = $REPORT AND kind = 'main' ORDER BY id LIMIT 1")
attempt=$(sql "SELECT id FROM migrationd.attempt WHERE task_id = $task ORDER BY id LIMIT 1")
# Rows as they were, in which violations are planted one after the other.
admin "DROP TABLE IF EXISTS saved_task, saved_attempt; CREATE TABLE saved_task AS SELECT * FROM migrationd.task WHERE id = $task;
        CREATE TABLE saved_attempt AS SELECT * FROM migrationd.attempt WHERE id = $attempt"

# finds PATTERN: the checker reports it, now.
finds() {
        VIOLATIONS=()
        faults_check
        [[ "${VIOLATIONS[*]}" =~ $1 ]] || fail "not found: $1; the checker says: ${VIOLATIONS[*]:-nothing}"
}

# planted PATTERN STATEMENT UNDO: in the service's database. Its triggers would get in the way, as they do for everybody else.
planted() {
        admin "SET session_replication_role = replica; $2"
        finds "$1"
        admin "SET session_replication_role = replica; $3"
}

# attempt_set ASSIGNMENTS…, task_set ASSIGNMENTS…
attempt_planted() {
        planted "$1" "UPDATE migrationd.attempt SET $2 WHERE id = $attempt" "UPDATE migrationd.attempt a SET state = s.state,
                recorded_at = s.recorded_at, class = s.class, result = s.result FROM saved_attempt s WHERE s.id = a.id"
}

task_planted() {
        planted "$1" "UPDATE migrationd.task SET $2 WHERE id = $task" "UPDATE migrationd.task t SET state = s.state, done = s.done,
                total = s.total, attempt = s.attempt FROM saved_task s WHERE s.id = t.id"
}

# effect_planted PATTERN STATEMENT UNDO
effect_planted() {
        effects "$2"
        finds "$1"
        effects "$3"
}

title "It finds an attempt that is live, has no record, or has a class that is not true"
attempt_planted 'live attempts: 1' "state = 'running'"
attempt_planted 'attempts without record: 1' "recorded_at = NULL"
attempt_planted 'without a true class: 1' "state = 'failed', class = 'oom-kill'"
attempt_planted 'without a true class: 1' "state = 'failed', class = NULL"
attempt_planted 'without a true class: 1' "state = 'lost', class = 'canceled'"

title "It finds counters that the rows do not have, open tasks, attempts that are not numbered, and two completions"
task_planted 'tasks and counters' "done = 2, total = 2"
task_planted 'open tasks' "state = 'waiting'"
task_planted 'are not numbered: 1' "attempt = 7"
planted 'completed twice: 1' "INSERT INTO migrationd.attempt (report_id, task_id, number, unit, bus_id, launcher, state, recorded_at)
        SELECT report_id, task_id, 9, unit, bus_id, launcher, 'completed', now() FROM saved_attempt" \
        "DELETE FROM migrationd.attempt WHERE task_id = $task AND number = 9"
planted 'overlap: 1' "INSERT INTO migrationd.attempt (report_id, task_id, number, unit, bus_id, launcher, state, recorded_at, claimed_at)
        SELECT report_id, task_id, 9, unit, bus_id, launcher, 'skipped', now(), claimed_at FROM saved_attempt" \
        "DELETE FROM migrationd.attempt WHERE task_id = $task AND number = 9"

title "It finds a change of state without its event, what moved after canceled, and an end that is not canceled after a cancel"
# One without, one with two: for a change of the service as for one that somebody asked for.
for state in paused completed failed canceled; do
        planted 'without one event for each change: 1' "INSERT INTO audit_state (report, before, after, xid) VALUES ($REPORT, 'running',
                '$state', '1')" "DELETE FROM audit_state WHERE report = $REPORT AND xid = '1'"
done
planted 'without one event for each change: 1' "INSERT INTO audit_event (report, verb, xid) SELECT report, 'twice', xid FROM audit_state
        WHERE report = $REPORT AND after = 'completed'" "DELETE FROM audit_event WHERE verb = 'twice'"
planted 'after canceled: 1' "INSERT INTO audit_late (report, what) VALUES ($REPORT, 'task')" \
        "DELETE FROM audit_late WHERE report = $REPORT"
planted 'a cancel was accepted: 1' "INSERT INTO migrationd.event (report_id, verb, uid, pid, unit) VALUES ($REPORT, 'cancel', 0, 0, '')" \
        "DELETE FROM migrationd.event WHERE report_id = $REPORT AND verb = 'cancel'"

title "It finds a hook that was not told of an end"
planted 'not told: 1' "INSERT INTO migrationd.hook (report_id, instance) VALUES ($REPORT, 'x')" \
        "DELETE FROM migrationd.hook WHERE report_id = $REPORT AND instance = 'x'"
for end in "$REPORT" "$REPORT:files"; do
        cp "$FAULTS_TOLD" /run/faults/told
        sed -i "/^$end\$/d" "$FAULTS_TOLD"
        finds 'the hook was told of'
        cp /run/faults/told "$FAULTS_TOLD"
done

title "It finds items that are there twice, not at all, or without their position"
effect_planted 'items twice: 1' "INSERT INTO effect VALUES ($REPORT, 1, 1)" \
        "DELETE FROM effect WHERE ctid = (SELECT max(ctid) FROM effect WHERE (report, task, item) = ($REPORT, 1, 1))"
effect_planted 'rows:' "DELETE FROM effect WHERE (report, task, item) = ($REPORT, 1, 1)" "INSERT INTO effect VALUES ($REPORT, 1, 1)"
effect_planted 'without their position: 1' "UPDATE position SET batch = 1 WHERE (report, task) = ($REPORT, 1)" \
        "UPDATE position SET batch = $FAULTS_BATCHES WHERE (report, task) = ($REPORT, 1)"

title "It finds a file that differs, and what is left: temporary files, locks, units, processes, slices, timers"
cp "$FAULTS_FILES/$REPORT-1" /run/faults/saved
echo x >>"$FAULTS_FILES/$REPORT-1"
finds 'files:'
cp /run/faults/saved "$FAULTS_FILES/$REPORT-1"
touch "$FAULTS_FILES/$REPORT-1.part"
finds 'temporary files'
rm "$FAULTS_FILES/$REPORT-1.part"
mkdir /tmp/systemd-private-0-migration-faults-rows
finds 'temporary directories'
rmdir /tmp/systemd-private-0-migration-faults-rows
systemd-run --quiet --collect --unit="migration-faults-rows-$REPORT-$task-9" tail -f /dev/null
finds 'left:.*migration-faults-rows'
systemctl stop "migration-faults-rows-$REPORT-$task-9.service"
systemd-run --quiet --collect --unit=faults-process --uid=worker tail -f /dev/null
finds 'left:.*tail'
systemctl stop faults-process.service
systemctl start "migration-$REPORT.slice"
finds 'left:.*slice'
systemctl stop "migration-$REPORT.slice"
drop_in=/run/systemd/system/migrationd-poll@$REPORT.timer.d
install -d "$drop_in"
printf '[Timer]\nOnActiveSec=\nOnUnitInactiveSec=\nOnActiveSec=1h\n' >"$drop_in/faults.conf"
systemctl daemon-reload
systemctl start "migrationd-poll@$REPORT.timer"
finds 'left:.*timer'
systemctl stop "migrationd-poll@$REPORT.timer"
rm -r "$drop_in"
systemctl daemon-reload
systemd-run --quiet --collect --unit=faults-lock --uid=migrationd "$PSQL" -X -h /run/migrationd-postgresql -p "$FAULTS_PORT" \
        -d migrationd -c "SET client_connection_check_interval = '200ms'" -c "SELECT pg_advisory_lock($REPORT, $task), pg_sleep(60)"
lock_is_held() {
        [[ $(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $REPORT") == 1 ]]
}
wait_until 10 lock_is_held
finds 'locks: 1'
systemctl stop faults-lock.service

title "With all of that undone it finds nothing"
lock_is_gone() {
        ! lock_is_held
}
wait_until 10 lock_is_gone
VIOLATIONS=()
faults_check
expect_eq "${VIOLATIONS[*]}" ''
admin 'DROP TABLE saved_task, saved_attempt'
faults_clean

title "In a canceled report it finds an open task, and effects that come after its end"
start_report
wait_until 20 reached "$REPORT" 1
expect report_cancels "$REPORT"
wait_until 60 state_is "$REPORT" canceled
VIOLATIONS=()
faults_check
expect_eq "${VIOLATIONS[*]}" ''
task=$(sql "SELECT id FROM migrationd.task WHERE report_id = $REPORT AND state = 'canceled' ORDER BY id LIMIT 1")
attempt=$(sql "SELECT min(id) FROM migrationd.attempt WHERE report_id = $REPORT")
# Nor is an attempt that a cancel ended without a class.
planted 'without a true class: 1' "CREATE TABLE saved_attempt AS SELECT * FROM migrationd.attempt WHERE id = $attempt;
        UPDATE migrationd.attempt SET state = 'lost', class = NULL WHERE id = $attempt" "UPDATE migrationd.attempt a SET
        state = s.state, class = s.class FROM saved_attempt s WHERE s.id = a.id; DROP TABLE saved_attempt"
planted 'open tasks' "UPDATE migrationd.task SET state = 'waiting' WHERE id = $task" \
        "UPDATE migrationd.task SET state = 'canceled' WHERE id = $task"
writer() {
        local i

        for ((i = 1; i <= 40; i++)); do
                pause_for 0.2
                effects "INSERT INTO effect VALUES ($REPORT, 2000, $i)"
        done
}
writer &
finds 'effects after canceled'
kill $!
