# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: the points at which a test build stops its processes, see src/base/test-point.h.
# shellcheck shell=bash

POINT_FILE=/run/migrationd-test-point

THROTTLE=/etc/migrationd/migrationd.conf.d/50-faults.conf
# PROCESS KIND WHAT WHEN,… N TRIGGER: cancel is the poll in a report that is canceled; what brings the process there, `-`: the run itself; N: it comes there at least so often.
POINTS='
poll sql poll-lock before,sent,answered 1 poll
poll sql poll-advance before,sent,answered 3 -
poll sql poll-launch before,sent,answered 4 -
poll sql poll-attempt-record before,sent,answered 4 -
poll sql poll-attempt-end before,sent,answered 1 task
poll sql poll-wait-reason before,sent,answered 1 -
poll sql poll-completed before,sent,answered 1 -
poll sql poll-failed before,sent,answered 1 fails
poll bus StartTransientUnit before,sent 4 -
poll bus UnrefUnit before,sent 3 -
poll bus ResetFailedUnit before,sent 3 -
poll bus RefUnit before,sent 1 poll
poll bus FreezeUnit before,sent 1 freeze
poll bus ThawUnit before,sent 1 freeze
poll bus StartUnit before,sent 1 -
poll sql poll-hook-started before,sent,answered 1 -
poll sql poll-throttle before,sent,answered 1 throttle
cancel bus StopUnit before,sent 1 cancel
cancel sql poll-locks before,sent,answered 1 cancel
cancel sql poll-canceled before,sent,answered 1 cancel
cancel bus StartUnit before,sent 1 cancel
cancel sql poll-hook-started before,sent,answered 1 cancel
daemon sql report-request before,sent,answered 1 workers
daemon sql report-get before,answered 1 look
task task begin before,sent,answered 6 -
task task claim before,sent,answered 3 -
task task progress before,sent,answered 6 -
task task commit before,sent,answered 6 -
task task finish before,sent,answered 3 -
task task lock-of-the-former-attempt before,sent,answered 3 -
'

# points_of PROCESS: a line each, `KIND WHAT WHEN N TRIGGER`.
points_of() {
        awk -v process="$1" '$1 == process { n = split($4, when, ","); for (i = 1; i <= n; i++) print $2, $3, when[i], $5, $6 }' \
                <<<"$POINTS"
}

point_arm() {
        printf '%s %s %s %s\n' "$1" "$2" "$3" "$4" >"$POINT_FILE.new"
        mv "$POINT_FILE.new" "$POINT_FILE"
}

point_disarm() {
        rm -f "$POINT_FILE"
}

# stopped: processes of the service that a signal stopped. Not by name alone: ps cuts names off.
stopped() {
        ps -eo pid=,stat=,comm= | awk '$2 ~ /^T/ && $3 ~ /^migrationd/ { print $1 }'
}

point_struck() {
        [[ -n $(stopped) ]] || report_over "$1"
}

stopped_go_on() {
        local pid

        for pid in $(stopped); do
                kill -CONT "$pid" 2>/dev/null || :
        done
}

# trigger NAME REPORT: what makes a process come to a point.
trigger() {
        case $1 in
        poll) poll_kill "$2" || : ;;
        task) inject_kill_task "$2" || : ;;
        fails) flag_strikes fails || : ;;
        workers) report_call "$2" SetWorkers 'ua{sv}' 3 0 >/dev/null 2>&1 || : ;;
        cancel) report_cancels "$2" || : ;;
        # Read by the next poll; the unit says no.
        throttle)
                install -d -m 755 "${THROTTLE%/*}"
                printf '[Throttle]\nIntervalSec=1s\nCheckUnit=faults-busy.service\n' >"$THROTTLE"
                poll_kill "$2" || :
                ;;
        look) report_get "$2" State >/dev/null 2>&1 || : ;;
        freeze)
                report_call "$2" Pause 'sa{sv}' freeze 0 >/dev/null 2>&1 || :
                pause_for 0.3
                report_call "$2" Resume 'a{sv}' 0 >/dev/null 2>&1 || :
                ;;
        esac
}

# point_at PROCESS REPORT: draws one of its points, stops the process there, and kills it, or lets it go on after a second.
point_at() {
        local points point hit=1 pid process helper

        mapfile -t points < <(points_of "$1")
        draw ${#points[@]}
        read -ra point <<<"${points[DRAWN]}"
        draw "${point[3]}"
        point_arm "${point[@]:0:3}" $((DRAWN + 1))
        # Shown in the line of the run.
        # shellcheck disable=SC2034
        POINT="${point[*]:0:3} $((DRAWN + 1))"
        draw 5
        trigger "${point[4]}" "$2" &
        helper=$!
        happens_within 15 point_struck "$2" || :
        point_disarm
        # Those that came there between the look and now as well.
        for pid in $(stopped); do
                if ((DRAWN == 0)); then
                        pause_for 1
                        kill -CONT "$pid" 2>/dev/null && hit=0
                elif process=$(process_identity "$pid") && process_kill "$process"; then
                        hit=0
                fi
        done
        wait "$helper" || :
        stopped_go_on
        case ${point[4]} in
        freeze) report_resumes "$2" ;;
        throttle)
                rm -f "$THROTTLE"
                poll_kill "$2" || :
                ;;
        esac
        return "$hit"
}

inject_point_poll() { point_at poll "$1"; }
inject_point_daemon() { point_at daemon "$1"; }
inject_point_task() { point_at task "$1"; }
