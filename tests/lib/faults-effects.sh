# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: injections into the database that the migration writes to, in which its effects are counted. A task
# whose session there is lost ends as EX_TEMPFAIL, and the next attempt goes on from the position that is committed.
# shellcheck shell=bash

EFFECTS_UNIT=postgresql@$CLUSTER_VERSION-main.service
EFFECTS_SESSIONS="backend_type = 'client backend' AND usename = 'worker' AND datname = 'effects' AND pid <> pg_backend_pid()"

# Debian's starter returns seconds after the server answers, in which the tasks would have gone on: nobody waits for it but those that
# stop that server again.
effects_answers() {
        systemctl start --no-block "$EFFECTS_UNIT" && effects 'SELECT 1'
}

effects_process() {
        local pid

        read -r pid <"/var/lib/postgresql/$CLUSTER_VERSION/main/postmaster.pid" && process_identity "$pid"
}

effects_is_other() {
        local process

        process=$(effects_process) && [[ $process != "$1" ]]
}

HOLDS="query LIKE '%pg_sleep(60)%'"

task_waits() {
        (($(effects "SELECT count(*) FROM pg_stat_activity WHERE $EFFECTS_SESSIONS AND wait_event_type = 'Lock' AND NOT $HOLDS") > 0))
}

# effects_held REPORT: a session of ours holds the table of positions until its server goes, so that a task is in the middle of a
# batch however fast the machine; that one's process is left in HOLDER. 1 when no task will come there.
effects_held() {
        effects 'BEGIN; LOCK TABLE position; SELECT pg_sleep(60)' >/dev/null 2>&1 &
        HOLDER=$!
        while kill -0 "$HOLDER" 2>/dev/null; do
                ! task_waits 2>/dev/null || return 0
                [[ $(sql "SELECT state FROM migrationd.step WHERE report_id = $1 AND code = 'rows'" 2>/dev/null) != completed ]] || break
        done
        effects_freed
        return 1
}

# effects_freed: the session of effects_held ends, also one that is not there yet.
effects_freed() {
        while kill -0 "$HOLDER" 2>/dev/null; do
                effects "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $EFFECTS_SESSIONS AND $HOLDS" >/dev/null 2>&1 || :
        done
}

# effects_ready REPORT: a task waits in its session, and the server can be stopped; what stops it ends the session that held the task.
effects_ready() {
        effects_wait "$1" && effects_held "$1" || return 1
        happens_within 20 systemctl --quiet is-active "$EFFECTS_UNIT" && return 0
        effects_freed
        return 1
}

effects_back() {
        happens_within 60 effects_answers || violation "the database with the effects does not come back"
}

effects_in_use() {
        (($(effects "SELECT count(*) FROM pg_stat_activity WHERE $EFFECTS_SESSIONS") > 0))
}

# effects_wait REPORT: until a task has a session; 1 when no task will.
effects_wait() {
        local deadline=$((SECONDS + 8))

        while ((SECONDS <= deadline)); do
                ! effects_in_use || return 0
                [[ $(sql "SELECT state FROM migrationd.step WHERE report_id = $1 AND code = 'rows'" 2>/dev/null) != completed ]] || return 1
        done
        return 1
}

# commit_rows LINE: how many items were committed by the transaction whose COMMIT the proxy wrote down; 1 when it does not say which.
commit_rows() {
        local batch report task attempt

        [[ $1 =~ batch\ =\ ([0-9]+)\ WHERE\ report\ =\ ([0-9]+)\ AND\ task\ =\ ([0-9]+)\ .*\ i,\ ([0-9]+)\ FROM\ p ]] || return 1
        batch=${BASH_REMATCH[1]} report=${BASH_REMATCH[2]} task=${BASH_REMATCH[3]} attempt=${BASH_REMATCH[4]}
        effects "SELECT count(*) FROM effect WHERE (report, task, attempt) = ($report, $task, $attempt) AND
                (item - 1) / $FAULTS_ITEMS = $batch - 1"
}

# effects_commit REPORT ACTION WANTED: a task's COMMIT is cut; what is there of it afterwards tells both outcomes apart.
effects_commit() {
        local rows

        effects_wait "$1" && proxy_strikes effects "$2" '^COMMIT' || return 1
        # One that is being worked on has its outcome when its session is gone.
        pause_for 0.5
        rows=$(commit_rows "$PROXY_SAID") || return 1
        # Shown in the line of the run.
        # shellcheck disable=SC2034
        POINT=$([[ $rows == 0 ]] && echo 'rolled back' || echo committed)
        [[ $rows =~ ^($3)$ ]] || violation "a COMMIT that was cut $2 left $rows items, not $3"
}

inject_effects_commit_before() { effects_commit "$1" before 0; }
inject_effects_commit_race() { effects_commit "$1" race "0|$FAULTS_ITEMS"; }
inject_effects_commit_after() { effects_commit "$1" after "$FAULTS_ITEMS"; }

effects_are_cut() {
        [[ $(effects "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $EFFECTS_SESSIONS" 2>/dev/null) == t* ]]
}

inject_effects_cut() {
        effects_wait "$1" && happens_within 5 effects_are_cut
}

inject_effects_restart() {
        local before hit=1

        if effects_ready "$1" && before=$(effects_process); then
                systemctl restart --no-block "$EFFECTS_UNIT"
                happens_within 30 effects_is_other "$before" && hit=0
        fi
        effects_back
        return "$hit"
}

inject_effects_kill() {
        local process hit=1

        effects_ready "$1" && process=$(effects_process) && process_kill "$process" && hit=0
        effects_back
        return "$hit"
}

more_temporary() {
        (($(admin "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND class = 'temporary'") > $2))
}

# For FAULTS_AWAY seconds: attempts fail meanwhile. One that has used up all of them is retried by faults_retried.
inject_effects_away() {
        local before hit=1

        effects_ready "$1" || return 1
        # shellcheck disable=SC2034
        POINT="${FAULTS_AWAY:-3} s"
        before=$(admin "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND class = 'temporary'")
        systemctl stop "$EFFECTS_UNIT"
        happens_within 10 more_temporary "$1" "$before" && hit=0
        pause_for "${FAULTS_AWAY:-3}"
        effects_back
        return "$hit"
}
