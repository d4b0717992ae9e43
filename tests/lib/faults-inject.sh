# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: the injections. Each is a function inject_NAME REPORT that does it and undoes it before it
# returns; draws come from `draw`. What is not here and why: the clock (a container has the host's), MemoryMax= (not enforced
# where the host has the memory controller on cgroup v1), host resets (tests/system/63-host-reset.sh), two pollers.
# shellcheck shell=bash

CLUSTER_CONF=/var/lib/migrationd/postgresql/data/conf.d

# NAME | what it does | what undoes it
INJECTIONS='
kill_poll       | SIGKILL of migrationd-poll                            | its timer
kill_daemon     | SIGKILL of migrationd                                 | Restart=
kill_both       | SIGKILL of both at once                               | as above
kill_task       | SIGKILL of one task, drawn                            | the next attempt
kill_tasks      | SIGKILL of all tasks at once                          | the next attempts
db_restart      | PostgreSQL is restarted                               | -
db_kill         | SIGKILL of PostgreSQL                                 | Restart=
db_cut_one      | one connection is cut, drawn                          | reconnect
db_cut_all      | all connections are cut                               | reconnect
db_cut_commit   | cut within COMMIT: the commit happened, no answer     | synchronous_standby_names is taken back
db_away         | PostgreSQL is away for 3 s                            | it is started
db_read_only    | default_transaction_read_only for 2 s                 | taken back
db_full         | its volume is full for 2 s                            | the filler is removed
reload          | systemctl daemon-reload                               | -
reexec          | systemctl daemon-reexec                               | -
bus_restart     | dbus is restarted                                     | -
journald        | journald is restarted                                 | -
name_taken      | the units of the next attempts exist already          | they are stopped after 2 s
stubborn        | a task ignores SIGTERM                                | SIGKILL after TimeoutStopSec=
storm           | a task leaves 150 processes                           | its cgroup
fails           | a task fails for good                                 | three clients retry the report
pause           | pause (drain or freeze, drawn)                        | three clients resume
clients         | four clients pause, resume, set workers, retry        | resume
'

pause_for() {
        read -rt "$1" -u "$PAUSE_FD" || :
}

injection_names() {
        awk -F'|' 'NF == 3 { gsub(/ /, "", $1); print $1 }' <<<"$INJECTIONS"
}

signal_kill() {
        systemctl kill --signal=SIGKILL "$@" 2>/dev/null || :
}

database_setting() {
        if [[ -n $1 ]]; then
                printf '%s\n' "$1" >"$CLUSTER_CONF/faults.conf"
        else
                rm -f "$CLUSTER_CONF/faults.conf"
        fi
        systemctl reload migrationd-postgresql.service || :
}

database_answers() {
        [[ $(admin 'SHOW default_transaction_read_only') == off ]]
}

inject_kill_poll() { signal_kill "migrationd-poll@$1.service"; }
inject_kill_daemon() { signal_kill migrationd.service; }
inject_kill_both() { signal_kill "migrationd-poll@$1.service" migrationd.service; }
inject_db_restart() { systemctl restart migrationd-postgresql.service; }
inject_db_kill() { signal_kill migrationd-postgresql.service; }
inject_reload() { systemctl daemon-reload; }
inject_reexec() { systemctl daemon-reexec; }
inject_bus_restart() { systemctl restart dbus.service; }
inject_journald() { systemctl restart systemd-journald.service; }

inject_kill_task() {
        local units

        mapfile -t units < <(units_of "$1")
        ((${#units[@]} == 0)) || { draw ${#units[@]}; signal_kill "${units[DRAWN]}"; }
}

inject_kill_tasks() {
        local units

        mapfile -t units < <(units_of "$1")
        ((${#units[@]} == 0)) || signal_kill "${units[@]}"
}

inject_db_cut_one() {
        draw 1000
        admin "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND
                pid <> pg_backend_pid() ORDER BY md5(pid::text || '$DRAWN') LIMIT 1" >/dev/null || :
}

inject_db_cut_all() {
        admin "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND
                pid <> pg_backend_pid()" >/dev/null || :
}

# A commit that waits for a standby that never comes is done on this server; its session is cut before the answer.
inject_db_cut_commit() {
        local i

        database_setting "synchronous_standby_names = 'nobody'"
        for ((i = 0; i < 10; i++)); do
                pause_for 0.2
                admin "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'" >/dev/null || :
        done
        database_setting ''
}

inject_db_away() {
        systemctl stop migrationd-postgresql.service
        pause_for "${FAULTS_AWAY:-3}"
        systemctl start migrationd-postgresql.service
}

inject_db_read_only() {
        database_setting 'default_transaction_read_only = on'
        pause_for 2
        database_setting ''
}

inject_db_full() {
        head -c 1G /dev/zero >/var/lib/migrationd/postgresql/filler 2>/dev/null || :
        pause_for 2
        rm -f /var/lib/migrationd/postgresql/filler
}

# The names of the next attempts of tasks that wait or run.
inject_name_taken() {
        local unit units

        mapfile -t units < <(sql "SELECT 'migration-faults-' || s.code || '-' || k.report_id || '-' || k.id || '-' || k.attempt + 1 ||
                '.service' FROM migrationd.task k JOIN migrationd.step s ON s.report_id = k.report_id AND s.ord = k.step_ord
                WHERE k.report_id = $1 AND k.state IN ('waiting', 'running') ORDER BY k.id LIMIT 3" || :)
        for unit in "${units[@]}"; do
                systemd-run --quiet --collect --unit="$unit" tail -f /dev/null || :
                # The next attempt comes when this one is killed.
        done
        inject_kill_tasks_except_foreign "$1"
        pause_for 2
        for unit in "${units[@]}"; do
                [[ $(systemctl show --value --property=ExecStart "$unit") != *tail* ]] || systemctl stop "$unit" || :
        done
}

inject_kill_tasks_except_foreign() {
        local unit

        while read -r unit; do
                [[ $(systemctl show --value --property=ExecStart "$unit") == *tail* ]] || signal_kill "$unit"
        done < <(units_of "$1")
}

flag_set() {
        runuser -u worker -- touch "$FAULTS_FLAGS/$1"
}

flag_taken() {
        [[ ! -e $FAULTS_FLAGS/$1 ]]
}

inject_storm() {
        flag_set storm
        happens_within 5 flag_taken storm || rm -f "$FAULTS_FLAGS/storm"
}

inject_stubborn() {
        local unit

        flag_set stubborn
        happens_within 5 flag_taken stubborn || { rm -f "$FAULTS_FLAGS/stubborn"; return; }
        # Whichever it is: all are stopped, and this one needs the SIGKILL of PID 1.
        while read -r unit; do
                systemctl stop --no-block "$unit" 2>/dev/null || :
        done < <(units_of "$1")
}

inject_fails() {
        flag_set fails
        happens_within 5 flag_taken fails || { rm -f "$FAULTS_FLAGS/fails"; return; }
        happens_within 30 report_is "$1" failed || :
        clients 3 "$1" Retry 'a{sv}' 0
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

inject_pause() {
        local mode=drain

        draw 2
        ((DRAWN == 0)) || mode=freeze
        report_call "$1" Pause 'sa{sv}' "$mode" 0 >/dev/null 2>&1 || :
        pause_for 1
        report_resumes "$1"
}

report_not_paused() {
        report_call "$1" Resume 'a{sv}' 0 >/dev/null 2>&1 || :
        [[ $(report_get "$1" State) =~ ^(running|completed|failed|canceling|canceled)$ ]]
}

report_resumes() {
        clients 3 "$1" Resume 'a{sv}' 0
        happens_within 60 report_not_paused "$1"
}

inject_clients() {
        local pids=() i seeds=()

        for i in 1 2 3 4; do
                draw 30000
                seeds+=("$DRAWN")
        done
        for i in "${seeds[@]}"; do
                client_random "$1" "$i" >/dev/null 2>&1 &
                pids+=($!)
        done
        wait "${pids[@]}" || :
        report_resumes "$1"
}

client_random() {
        local n

        RANDOM=$2
        for n in 1 2 3 4 5; do
                case $((RANDOM % 5)) in
                0) report_call "$1" Pause 'sa{sv}' drain 0 ;;
                1) report_call "$1" Pause 'sa{sv}' freeze 0 ;;
                2) report_call "$1" Resume 'a{sv}' 0 ;;
                3) report_call "$1" SetWorkers 'ua{sv}' $((RANDOM % 4 + 1)) 0 ;;
                4) report_call "$1" Retry 'a{sv}' 0 ;;
                esac || :
        done
}
