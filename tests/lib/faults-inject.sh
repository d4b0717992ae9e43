# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: the injections. Each is a function inject_NAME REPORT that does the fault, undoes it, and returns
# 0 when it saw that the fault struck, 1 when it did not; draws come from `draw`. A fault that can't be undone is a violation.
# shellcheck shell=bash

# NAME | weight in a draw | what it does | how it is known that it struck
# What is not here: host resets, tools/faults makes them; MemoryMax=, which no container has whose host mounts the memory
# controller as cgroup v1 (`memory` limits the address space); the clock itself, which is the host's (`clock` fakes the service's).
INJECTIONS='
kill_poll       | 6 | SIGKILL of migrationd-poll                             | that process is gone
kill_daemon     | 4 | SIGKILL of migrationd                                  | that process is gone
kill_both       | 3 | SIGKILL of both                                        | both processes are gone
kill_task       | 6 | SIGKILL of a task, drawn                               | that process is gone
kill_tasks      | 4 | SIGKILL of all tasks                                   | a process of them is gone
kill_poll_tasks | 3 | SIGKILL of the poll, and of all tasks while it is away | both are gone
point_poll      | 20 | the poll is stopped at a write point, then killed     | it was seen stopped, and is gone
point_daemon    | 5 | so is migrationd                                       | it was seen stopped, and is gone
point_task      | 12 | so is a task                                          | it was seen stopped, and is gone
two_polls       | 2 | a second poll of the report, then the first is killed  | both had a session, the first is gone
db_restart      | 2 | PostgreSQL is restarted                                | its process is another one
db_kill         | 2 | SIGKILL of PostgreSQL                                  | that process is gone
db_cut_one      | 4 | a connection is cut, drawn                             | the server says that it ended it
db_cut_all      | 3 | all connections are cut                                | the server says that it ended some
commit_before   | 6 | cut before a statement that commits reaches the server | the proxy did it
commit_race     | 6 | cut while the server works on it                       | the proxy did it
commit_after    | 6 | cut when it is committed, before the answer            | the proxy did it
commit_slow     | 3 | the answer comes 2 s late                              | the proxy did it
commit_standby  | 2 | cut while a commit waits for a standby                 | the server ended a session that did
db_away         | 1 | PostgreSQL is away for a while                         | the poll says that it is unreachable
db_read_only    | 2 | default_transaction_read_only                          | the server refused a statement for it
db_full         | 2 | its volume is full at a write to a table               | the server says so
db_full_wal     | 1 | its volume is full when it needs a new WAL segment     | the server says so
effects_commit_before | 4 | a COMMIT of effects is cut before the server has it | the proxy did it; nothing of it is there
effects_commit_race | 4 | cut while the server works on it                   | the proxy did it; all of it is there, or nothing
effects_commit_after | 4 | cut when it is committed, before the answer       | the proxy did it; all of it is there
effects_cut     | 3 | all sessions in the database of effects are cut        | the server says that it ended some
effects_restart | 2 | that server is restarted while there are sessions      | its process is another one
effects_kill    | 2 | SIGKILL of it                                          | that process is gone
effects_away    | 1 | it is away for a while                                 | an attempt failed as temporary meanwhile
reload          | 2 | systemctl daemon-reload while tasks run                | PID 1 has read its units again
reexec          | 2 | systemctl daemon-reexec while tasks run                | PID 1 has read its units again
bus_restart     | 2 | dbus is restarted                                      | its process is another one
bus_cut         | 2 | the poll loses the bus as a start is asked for         | the proxy did it
bus_slow        | 2 | the answer to StartTransientUnit comes 2 s late        | the proxy did it
thaw_refused    | 2 | PID 1 does not answer ThawUnit of a paused report        | the proxy did it
bus_refused     | 4 | PID 1 does not answer a call, drawn, and has not done it | the proxy did it
slice_refused   | 1 | PID 1 does not answer as the slice is stopped at the end | the proxy did it
bus_lost        | 1 | it never comes                                         | the proxy did it
journald        | 2 | journald is restarted                                  | its process is another one
rate_limit      | 1 | a task logs more than journald takes                   | journald says that it suppressed lines
clock           | 2 | the clock of service and database jumps an hour        | the database says another time
name_file       | 3 | names of next attempts belong to unit files            | an attempt was refused for it
name_taken      | 3 | a name is taken as the start is asked for              | an attempt was refused for it
stubborn        | 2 | a task that is stopped ignores SIGTERM                 | SIGKILL ended it
unkillable      | 1 | a task that is stopped is there for 8 s, past SIGKILL  | it was still there
held            | 2 | a killed task stays for 3 s in its exit                | it was held in its exit
frozen          | 2 | a task is frozen behind the back of PID 1 for 2 s      | its group was frozen
storm           | 2 | a task leaves 150 processes                            | they were counted
memory          | 2 | a task gets no more memory                             | the attempt failed after it was told to
fails           | 2 | a task fails for good, three clients retry             | the report failed, and was retried
pause           | 4 | pause (drain or freeze, drawn), three clients resume   | the pause was accepted
clients         | 4 | four clients pause, resume, set workers, retry         | one of their calls was accepted
cancel          | 1 | two clients cancel; perhaps more is lost beside it     | one was accepted
cancel_clients  | 1 | four clients do all of that, and cancel                | a cancel was accepted
cancel_refused  | 1 | canceled, and PID 1 does not answer a call, drawn        | the proxy did it
cancel_effects  | 1 | canceled while the database of effects is away         | it was canceling until that came back
cancel_unkillable | 1 | canceled while a task can not be killed              | the task was there, and canceling went on
point_cancel    | 2 | the poll is stopped at a write point of a cancel       | it was seen stopped, and is gone
'

pause_for() {
        read -rt "$1" -u "$PAUSE_FD" || :
}

injection_names() {
        awk -F'|' 'NF == 4 { gsub(/ /, "", $1); print $1 }' <<<"$INJECTIONS"
}

# injection_deck: each name as often as it weighs.
injection_deck() {
        awk -F'|' 'NF == 4 { gsub(/ /, "", $1); for (i = 0; i < $2; i++) print $1 }' <<<"$INJECTIONS"
}

# process_identity PID: with its start time, which tells it from a later one.
process_identity() {
        local text

        { text=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
        read -ra text <<<"${text##*) }"
        [[ ${text[0]} != Z && ${text[0]} != X ]] || return 1
        printf '%s:%s\n' "$1" "${text[19]}"
}

process_gone() {
        [[ $(process_identity "${1%%:*}") != "$1" ]]
}

# main_process UNIT: identity of its main process.
main_process() {
        local pid

        pid=$(systemctl show --property=MainPID --value "$1")
        [[ $pid =~ ^[1-9] ]] && process_identity "$pid"
}

# process_kill IDENTITY: 0 when it is gone afterwards.
process_kill() {
        # Numbers are given anew.
        ! process_gone "$1" && kill -KILL "${1%%:*}" 2>/dev/null || return 1
        happens_within 10 process_gone "$1"
}

# unit_kill UNIT: SIGKILL of its main process alone.
unit_kill() {
        local process

        process=$(main_process "$1") || return 1
        process_kill "$process"
}

# unit_changes UNIT COMMAND…: does the unit have another main process after the command?
unit_changes() {
        local unit=$1 before
        shift

        before=$(main_process "$unit") || return 1
        "$@" || return 1
        happens_within 30 main_process "$unit" || return 1
        [[ $(main_process "$unit") != "$before" ]]
}

poll_kill() {
        happens_within 10 main_process "migrationd-poll@$1.service" || return 1
        unit_kill "migrationd-poll@$1.service"
}

daemon_kill() {
        # It leaves when idle.
        call ListReports 'a{sv}' 0 >/dev/null 2>&1 || :
        unit_kill migrationd.service
}

inject_kill_poll() { poll_kill "$1"; }
inject_kill_daemon() { daemon_kill; }

inject_kill_both() {
        local daemon=1 poll=1

        daemon_kill && daemon=0
        poll_kill "$1" && poll=0
        return $((daemon + poll > 0))
}

# task_drawn REPORT: waits for a task with a process; its unit in TASK_UNIT, its process in TASK_PROCESS.
task_drawn() {
        local units deadline=$((SECONDS + 10))

        while ((SECONDS <= deadline)); do
                mapfile -t units < <(units_of "$1")
                if ((${#units[@]} > 0)); then
                        draw ${#units[@]}
                        TASK_UNIT=${units[DRAWN]}
                        TASK_PROCESS=$(main_process "$TASK_UNIT") && return 0
                fi
                report_over "$1" && return 1
        done
        return 1
}

inject_kill_task() {
        task_drawn "$1" && process_kill "$TASK_PROCESS"
}

inject_kill_tasks() {
        local units

        task_drawn "$1" || return 1
        mapfile -t units < <(units_of "$1")
        systemctl kill --signal=SIGKILL "${units[@]}" 2>/dev/null || :
        happens_within 10 process_gone "$TASK_PROCESS"
}

# task_held REPORT: as task_drawn, and the process is stopped: a task of these is soon over.
task_held() {
        local i

        for ((i = 0; i < 10; i++)); do
                task_drawn "$1" || return 1
                kill -STOP "${TASK_PROCESS%%:*}" 2>/dev/null && ! process_gone "$TASK_PROCESS" && return 0
        done
        return 1
}

# Their end is seen by the poll that the timer starts.
inject_kill_poll_tasks() {
        local units

        task_held "$1" || return 1
        # Read before: the poll is away for a second only.
        mapfile -t units < <(units_of "$1")
        if ! poll_kill "$1"; then
                kill -CONT "${TASK_PROCESS%%:*}" 2>/dev/null || :
                return 1
        fi
        systemctl kill --signal=SIGKILL "$TASK_UNIT" "${units[@]}" 2>/dev/null || :
        happens_within 10 process_gone "$TASK_PROCESS"
}

# A second one beside the first: it waits for the report's lock, and goes on when the first is killed.
inject_two_polls() {
        local hit=1

        systemd-run --quiet --collect --unit=faults-second-poll --property=SupplementaryGroups=migrationd-worker \
                --property=CapabilityBoundingSet= /usr/libexec/migrationd/migrationd-poll "$1" || return 1
        happens_within 5 two_sessions && poll_kill "$1" && hit=0
        pause_for 1.5
        systemctl stop faults-second-poll.service 2>/dev/null || :
        return "$hit"
}

two_sessions() {
        (($(admin "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'migrationd-poll'") >= 2))
}

units_loaded() {
        systemctl show --property=UnitsLoadTimestampMonotonic --value
}

inject_reload() {
        local before

        task_drawn "$1" || return 1
        before=$(units_loaded)
        systemctl daemon-reload && [[ $(units_loaded) != "$before" ]]
}

inject_reexec() {
        local before

        task_drawn "$1" || return 1
        before=$(units_loaded)
        systemctl daemon-reexec
        happens_within 20 units_loaded && [[ $(units_loaded) != "$before" ]]
}

inject_bus_restart() { unit_changes dbus.service systemctl restart dbus.service; }
inject_journald() { unit_changes systemd-journald.service systemctl restart systemd-journald.service; }

flag_set() {
        install -o worker -m 644 /dev/null "$FAULTS_FLAGS/$1"
}

flag_taken() {
        [[ ! -e $FAULTS_FLAGS/$1 ]]
}

# flag_strikes FLAG: did a task take it? Not taken it is taken away.
flag_strikes() {
        flag_set "$1"
        happens_within 8 flag_taken "$1" || { rm -f "$FAULTS_FLAGS/$1"; return 1; }
}

many_processes() {
        (($(pgrep -cu worker -f 'tail -f /dev/null') >= 100))
}

inject_storm() {
        flag_strikes storm && happens_within 10 many_processes
}

inject_memory() {
        local before

        before=$(admin "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND state = 'failed'")
        flag_strikes memory && happens_within 20 more_failed "$1" "$before"
}

more_failed() {
        (($(admin "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND state = 'failed'") > $2))
}

suppressed() {
        journalctl --sync
        journalctl --quiet --no-pager --since="@$1" --output=cat --identifier=systemd-journald |
                grep -q '^Suppressed [0-9]* messages from migration-'
}

inject_rate_limit() {
        local since

        printf -v since '%(%s)T' -1
        flag_strikes chatty && happens_within 45 suppressed "$since"
}

inject_stubborn() {
        local unit pid

        rm -f "$FAULTS_FLAGS/.stubborn"
        flag_strikes stubborn || return 1
        # It says which one it is: the attempt, and the process that ignores SIGTERM.
        happens_within 5 test -s "$FAULTS_FLAGS/.stubborn" || return 1
        read -r unit pid <"$FAULTS_FLAGS/.stubborn"
        unit=$(units_of "$1" | grep -- "-$unit.service") && TASK_PROCESS=$(process_identity "$pid") || return 1
        systemctl stop --no-block "$unit" 2>/dev/null || :
        pause_for 0.5
        # Still there after its SIGTERM, and gone by the SIGKILL after TimeoutStopSec=.
        ! process_gone "$TASK_PROCESS" && happens_within 15 process_gone "$TASK_PROCESS"
}

inject_held() {
        task_drawn "$1" && "$TEST_PROGRAMS/hold-exit" "${TASK_PROCESS%%:*}" 3000 2>/dev/null
}

# freeze_drawn REPORT: freezes the group of a task behind the back of PID 1; leaves it in FROZEN.
freeze_drawn() {
        local group

        task_drawn "$1" || return 1
        # Of a unit that has ended it is empty, and that would be the group of all.
        { group=$(sed -n 's/^0:://p' "/proc/${TASK_PROCESS%%:*}/cgroup"); } 2>/dev/null || return 1
        [[ $group == */migration-*.service ]] || return 1
        FROZEN=/sys/fs/cgroup$group
        # One that ends meanwhile takes its group along.
        { echo 1 >"$FROZEN/cgroup.freeze"; } 2>/dev/null || return 1
        happens_within 2 grep -q '^frozen 1' "$FROZEN/cgroup.events" && ! process_gone "$TASK_PROCESS" && return 0
        thaw_drawn
        return 1
}

thaw_drawn() {
        { echo 0 >"$FROZEN/cgroup.freeze"; } 2>/dev/null
}

inject_frozen() {
        # Tasks are short: some end before their group is frozen.
        happens_within 10 freeze_drawn "$1" || return 1
        pause_for 2
        thaw_drawn
}

refused_of() {
        local unit

        for unit in "$@"; do
                [[ $(admin "SELECT count(*) FROM migrationd.attempt WHERE unit = '$unit' AND class = 'start'") == 0 ]] || return 0
        done
        return 1
}

# The names of the next attempts of open tasks are those of unit files: PID 1 refuses them.
inject_name_file() {
        local unit units hit=1

        mapfile -t units < <(admin "SELECT 'migration-faults-' || s.code || '-' || k.report_id || '-' || k.id || '-' ||
                k.attempt + 1 || '.service' FROM migrationd.task k JOIN migrationd.step s ON s.report_id = k.report_id AND
                s.ord = k.step_ord WHERE k.report_id = $1 AND k.state IN ('waiting', 'running')
                ORDER BY s.state <> 'running', k.state <> 'waiting', k.id LIMIT 6" || :)
        ((${#units[@]} > 0)) || return 1
        for unit in "${units[@]}"; do
                printf '[Service]\nExecStart=/bin/false\n' >"/run/systemd/system/$unit"
        done
        inject_kill_task "$1" || :
        happens_within 5 refused_of "${units[@]}" && hit=0
        rm -f "${units[@]/#//run/systemd/system/}"
        systemctl daemon-reload
        return "$hit"
}

# The poll is stopped as it asks for a start; then somebody else has a unit of that name.
inject_name_taken() {
        local unit units hit=1

        point_arm bus StartTransientUnit before 1
        happens_within 10 point_struck "$1" || { point_disarm; return 1; }
        mapfile -t units < <(admin "SELECT unit FROM migrationd.attempt WHERE report_id = $1 AND state = 'launching' ORDER BY id")
        for unit in "${units[@]}"; do
                systemd-run --quiet --collect --unit="$unit" tail -f /dev/null 2>/dev/null || :
        done
        point_disarm
        stopped_go_on
        happens_within 10 refused_of "${units[@]}" && hit=0
        return "$hit"
}

# clients N REPORT METHOD…: the same call N times at once; refusals are answers.
clients() {
        local n=$1 pids=() i
        shift

        for ((i = 0; i < n; i++)); do
                report_call "$@" >/dev/null 2>&1 &
                pids+=($!)
        done
        wait "${pids[@]}" || :
}

events_of() {
        admin "SELECT count(*) FROM migrationd.event WHERE report_id = $1 AND verb ~ '^($2)$'"
}

inject_fails() {
        local before

        before=$(events_of "$1" retry)
        flag_strikes fails && happens_within 60 report_is "$1" failed || return 1
        clients 3 "$1" Retry 'a{sv}' 0
        (($(events_of "$1" retry) > before))
}

inject_pause() {
        local mode=drain before

        draw 2
        ((DRAWN == 0)) || mode=freeze
        before=$(events_of "$1" pause)
        report_call "$1" Pause 'sa{sv}' "$mode" 0 >/dev/null 2>&1 || :
        draw 10
        pause_for "0.$DRAWN"
        report_resumes "$1"
        (($(events_of "$1" pause) > before))
}

report_not_paused() {
        report_call "$1" Resume 'a{sv}' 0 >/dev/null 2>&1 || :
        [[ $(report_get "$1" State) =~ ^(running|completed|failed|canceling|canceled)$ ]]
}

report_resumes() {
        clients 3 "$1" Resume 'a{sv}' 0
        happens_within 60 report_not_paused "$1" || violation "report $1 can not be resumed"
}

inject_clients() {
        local before

        before=$(events_of "$1" 'pause|resume|set-workers|retry')
        clients_random "$1" 5
        (($(events_of "$1" 'pause|resume|set-workers|retry') > before))
}

# clients_random REPORT REQUESTS: four at once ask for drawn ones of the first so many requests.
clients_random() {
        local pids=() i seeds=()

        for i in 1 2 3 4; do
                draw 30000
                seeds+=("$DRAWN")
        done
        for i in "${seeds[@]}"; do
                client_random "$1" "$i" "$2" >/dev/null 2>&1 &
                pids+=($!)
        done
        wait "${pids[@]}" || :
        report_resumes "$1"
}

client_random() {
        local n

        RANDOM=$2
        for n in 1 2 3 4 5; do
                case $((RANDOM % $3)) in
                0) report_call "$1" Pause 'sa{sv}' drain 0 ;;
                1) report_call "$1" Pause 'sa{sv}' freeze 0 ;;
                2) report_call "$1" Resume 'a{sv}' 0 ;;
                3) report_call "$1" SetWorkers 'ua{sv}' $((RANDOM % 4 + 1)) 0 ;;
                4) report_call "$1" Retry 'a{sv}' 0 ;;
                5) report_call "$1" Cancel 'a{sv}' 0 ;;
                esac || :
        done
}
