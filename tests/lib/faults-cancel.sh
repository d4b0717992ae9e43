# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: cancels at random moments, alone and beside other faults, and tasks that can not be killed. What is
# accepted ends the run: the report must be canceled then, and faults_check looks at what moved after that.
# shellcheck shell=bash

FREEZER=/run/faults/freezer
# Read by faults.sh and 10-short.sh.
# shellcheck disable=SC2034
ENDINGS='^(cancel|cancel_clients|cancel_refused|cancel_effects|cancel_unkillable|point_cancel)$'

cancel_accepted() {
        clients 2 "$1" Cancel 'a{sv}' 0
        (($(events_of "$1" cancel) > 0)) || report_over "$1"
}

# report_canceling REPORT: two clients cancel it; 0 when one of them was heard.
report_cancels() {
        happens_within 20 cancel_accepted "$1"
        (($(events_of "$1" cancel) > 0))
}

# Alone, or with the poll, all tasks, or all connections lost in the middle of it.
inject_cancel() {
        local beside=(none poll_kill inject_kill_tasks inject_db_cut_all)

        draw ${#beside[@]}
        # Shown in the line of the run.
        # shellcheck disable=SC2034
        POINT=${beside[DRAWN]#inject_}
        report_cancels "$1" || return 1
        [[ ${beside[DRAWN]} == none ]] || "${beside[DRAWN]}" "$1" || :
}

# One of the clients that pause, resume and retry cancels, too.
inject_cancel_clients() {
        clients_random "$1" 6
        (($(events_of "$1" cancel) > 0))
}

inject_cancel_refused() {
        bus_refuses_one "$1" StopUnit ThawUnit UnrefUnit ResetFailedUnit GetAll GetUnitProcesses ListUnitsByPatterns || return 1
        report_cancels "$1" || { bus_refused_within 0 || :; return 1; }
        bus_refused_within 10
}

state_is() {
        [[ $(sql "SELECT state FROM migrationd.report WHERE id = $1") == "$2" ]]
}

# The database with the effects is away: nobody can say whether a former session there has ended.
inject_cancel_effects() {
        local hit=1

        effects_ready "$1" || return 1
        systemctl stop "$EFFECTS_UNIT"
        if report_cancels "$1"; then
                pause_for 2
                if state_is "$1" canceled; then
                        violation "canceled while the fence could not look"
                elif state_is "$1" canceling; then
                        hit=0
                fi
        fi
        effects_back
        return "$hit"
}

# The freezer of cgroup v1 holds a process through SIGKILL, as an uninterruptible sleep does; that of v2 does not.
freezer_install() {
        install -d "$FREEZER"
        mount -t cgroup -o freezer faults "$FREEZER" || :
}

# freezer_put IDENTITY: nobody can kill that process until freezer_take.
freezer_put() {
        local group=$FREEZER/faults-${1/:/-}

        mkdir -p "$group" && { echo "${1%%:*}" >"$group/cgroup.procs"; } 2>/dev/null || return 1
        echo FROZEN >"$group/freezer.state"
        happens_within 2 grep -q FROZEN "$group/freezer.state" && ! process_gone "$1" && return 0
        freezer_take "$1"
        return 1
}

freezer_take() {
        local group=$FREEZER/faults-${1/:/-}

        echo THAWED >"$group/freezer.state"
        happens_within 10 process_gone "$1"
        rmdir "$group" 2>/dev/null || :
}

task_freezes() {
        task_drawn "$1" && freezer_put "$TASK_PROCESS"
}

# Stopped meanwhile: PID 1 sends SIGTERM, SIGKILL after 3 s, and gives it up after 3 more.
inject_unkillable() {
        local hit=1

        happens_within 8 task_freezes "$1" || return 1
        systemctl stop --no-block "$TASK_UNIT" 2>/dev/null || :
        pause_for 8
        ! process_gone "$TASK_PROCESS" && hit=0
        freezer_take "$TASK_PROCESS" || violation "a process stays: $TASK_PROCESS"
        return "$hit"
}

# A report is not canceled while a process of it is there, killed or not.
inject_cancel_unkillable() {
        local hit=1 deadline

        happens_within 8 task_freezes "$1" || return 1
        if report_cancels "$1"; then
                hit=0
                deadline=$((SECONDS + 8))
                while ((SECONDS <= deadline)); do
                        if state_is "$1" canceled; then
                                violation "canceled while a process is there"
                                break
                        fi
                        pause_for 0.3
                done
                ! process_gone "$TASK_PROCESS" || hit=1
        fi
        freezer_take "$TASK_PROCESS" || violation "a process stays: $TASK_PROCESS"
        return "$hit"
}

inject_point_cancel() { point_at cancel "$1"; }
