# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: injections into PostgreSQL, and into what lies between it, or the bus, and the service.
# shellcheck shell=bash

CLUSTER_CONF=/var/lib/migrationd/postgresql/data/conf.d
POLL_ENVIRONMENT=/run/faults/poll.env
SERVICE_ENVIRONMENT=/run/faults/service.env
CLOCK_FILE=/run/faults/clock
CLOCK_ENVIRONMENT="LD_PRELOAD=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketime.so.1
FAKETIME_TIMESTAMP_FILE=$CLOCK_FILE
FAKETIME_NO_CACHE=1
FAKETIME_DONT_FAKE_MONOTONIC=1
"
FILLER=/var/lib/migrationd/postgresql/filler

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

# database_said SINCE PATTERN: in the server's log.
database_said() {
        journalctl --sync
        journalctl --quiet --no-pager --since="@$1" --output=cat --unit=migrationd-postgresql.service | matches "$2"
}

now_seconds() {
        printf '%(%s)T' -1
}

inject_db_restart() { unit_changes migrationd-postgresql.service systemctl restart migrationd-postgresql.service; }

inject_db_kill() {
        happens_within 20 main_process migrationd-postgresql.service && unit_kill migrationd-postgresql.service
}

SERVICE_SESSIONS="backend_type = 'client backend' AND pid <> pg_backend_pid()"

inject_db_cut_one() {
        draw 1000
        [[ $(admin "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $SERVICE_SESSIONS
                ORDER BY md5(pid::text || '$DRAWN') LIMIT 1" 2>/dev/null) == t ]]
}

inject_db_cut_all() {
        [[ $(admin "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $SERVICE_SESSIONS" 2>/dev/null) == t* ]]
}

# A commit that waits for a standby that never comes is done on this server; its session is cut before the answer.
inject_commit_standby() {
        local hit=1

        database_setting "synchronous_standby_names = 'nobody'"
        happens_within 4 standby_cut && hit=0
        database_setting ''
        standby_cut || :
        return "$hit"
}

standby_cut() {
        [[ $(admin "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'" 2>/dev/null) == t* ]]
}

# Statements that commit by themselves, and the COMMIT of tasks.
COMMITS=('migrationd\.report_launch' 'migrationd\.attempt_record' 'migrationd\.report_advance' 'COMMIT' 'COMMIT'
        'migrationd\.task_finish' 'migrationd\.task_progress' 'migrationd\.task_claim')

# proxy_strikes PROXY ACTION PATTERN [SECONDS]: 0 when it did it within 10 s; what it did in PROXY_SAID.
proxy_strikes() {
        local control=/run/faults/$1 hit=1

        rm -f "$control.log"
        printf '%s\n' "${*:2}" >"$control.new"
        mv "$control.new" "$control"
        happens_within "${PROXY_SECONDS:-10}" grep -q "^$2 " "$control.log" && hit=0
        rm -f "$control"
        # Read by those whose outcome is looked for in rows.
        # shellcheck disable=SC2034
        PROXY_SAID=$(grep -m 1 "^$2 " "$control.log" 2>/dev/null) || :
        return "$hit"
}

commit_strikes() {
        draw ${#COMMITS[@]}
        POINT=${COMMITS[DRAWN]}
        proxy_strikes postgresql "$1" "$POINT" 2
}

inject_commit_before() { commit_strikes before; }
inject_commit_race() { commit_strikes race; }
inject_commit_after() { commit_strikes after; }
inject_commit_slow() { commit_strikes slow; }

poll_says() {
        [[ $(systemctl show --property=StatusText --value "migrationd-poll@$1.service") =~ $2 ]]
}

# For FAULTS_AWAY seconds; who starts the server meanwhile has not let it be away.
inject_db_away() {
        local hit=1

        POINT="${FAULTS_AWAY:-3} s"
        systemctl stop migrationd-postgresql.service
        happens_within 15 poll_says "$1" 'database unreachable' && hit=0
        pause_for "${FAULTS_AWAY:-3}"
        ! systemctl --quiet is-active migrationd-postgresql.service || hit=1
        systemctl start migrationd-postgresql.service
        return "$hit"
}

inject_db_read_only() {
        local since hit=1

        since=$(now_seconds)
        database_setting 'default_transaction_read_only = on'
        happens_within 6 database_said "$since" 'in a read-only transaction' && hit=0
        database_setting ''
        happens_within 20 database_answers || violation "the database is still read-only"
        return "$hit"
}

volume_fill() {
        head -c 1G /dev/zero >"$FILLER" 2>/dev/null || :
}

# Padding of audit_install() makes each launch and each progress need a new page.
inject_db_full() {
        local since hit=1

        since=$(now_seconds)
        volume_fill
        happens_within 6 database_said "$since" 'No space left on device' && hit=0
        rm -f "$FILLER"
        return "$hit"
}

inject_db_full_wal() {
        local since hit=1 i

        since=$(now_seconds)
        volume_fill
        for ((i = 0; i < 8; i++)); do
                admin "SELECT pg_logical_emit_message(true, 'faults', 'x'), pg_switch_wal()" >/dev/null 2>&1 || break
        done
        happens_within 6 database_said "$since" 'No space left on device' && hit=0
        rm -f "$FILLER"
        happens_within 60 database_answers || violation "the database does not come back from a full volume"
        return "$hit"
}

# poll_moves ENVIRONMENT REPORT: a poll with other surroundings: the one that is there is killed.
poll_moves() {
        printf '%s' "$1" >"$POLL_ENVIRONMENT"
        poll_kill "$2" && happens_within 10 main_process "migrationd-poll@$2.service"
}

# bus_strikes REPORT ACTION [SECONDS]: the poll speaks to the bus through the proxy; a task is killed so that there is a start.
bus_strikes() {
        local hit=1

        if poll_moves $'DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/faults/bus.socket\n' "$1"; then
                inject_kill_task "$1" || :
                proxy_strikes bus "$2" StartTransientUnit "${@:3}" && hit=0
                pause_for "${3:-0}"
        fi
        # That one lives until its next end; a run that is nearly over needs it.
        poll_moves '' "$1" || :
        return "$hit"
}

inject_bus_cut() { bus_strikes "$1" after; }
inject_bus_slow() { bus_strikes "$1" slow 2; }

# bus_refuse METHOD: what the poll asks PID 1 for next is not done, and is answered as when PID 1 leaves the bus.
bus_refuse() {
        printf 'refuse %s\n' "$1" >/run/faults/bus.new
        mv /run/faults/bus.new /run/faults/bus
}

# Resumed, but PID 1 left the bus before it answered: the tasks must not stay frozen.
inject_thaw_refused() {
        local hit=1

        if poll_moves $'DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/faults/bus.socket\n' "$1" && task_drawn "$1" &&
                report_call "$1" Pause 'sa{sv}' freeze 0 >/dev/null 2>&1; then
                happens_within 5 group_frozen "$TASK_UNIT" || :
                bus_refuse ThawUnit
                report_resumes "$1"
                bus_refused_within 5 && hit=0
                happens_within 10 not_frozen "$1" || violation "tasks stay frozen in a report that runs"
        fi
        poll_moves '' "$1" || :
        return "$hit"
}

# bus_refused_within SECONDS: it did it; and does no more.
bus_refused_within() {
        local hit=1

        happens_within "$1" test ! -e /run/faults/bus && hit=0
        rm -f /run/faults/bus
        return "$hit"
}

# bus_refuses_one REPORT METHOD…: one of these, drawn. The poll goes on as it is: what it makes of that counts.
bus_refuses_one() {
        local armed=1

        draw $(($# - 1))
        POINT=${*:DRAWN + 2:1}
        poll_moves $'DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/faults/bus.socket\n' "$1" && bus_refuse "$POINT" && armed=0
        : >"$POLL_ENVIRONMENT"
        return "$armed"
}

inject_bus_refused() {
        bus_refuses_one "$1" StartTransientUnit UnrefUnit ResetFailedUnit RefUnit GetAll ListUnitsByPatterns StartUnit &&
                bus_refused_within 10
}

# Without a pause nothing is thawed but the slice, before it is stopped.
inject_slice_refused() {
        bus_refuses_one "$1" ThawUnit && bus_refused_within 60
}

group_frozen() {
        grep -q '^frozen 1' "/sys/fs/cgroup$(systemctl show --property=ControlGroup --value "$1")/cgroup.events"
}

# not_frozen REPORT: none of its units is.
not_frozen() {
        local unit

        for unit in $(units_of "$1"); do
                ! group_frozen "$unit" || return 1
        done
}

# The poll takes an answer for lost after 25 s, and then looks for the unit.
inject_bus_lost() {
        local hit=1

        if poll_moves $'DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/faults/bus.socket\n' "$1"; then
                inject_kill_task "$1" || :
                proxy_strikes bus lost StartTransientUnit && hit=0
                happens_within 40 report_over "$1" || :
        fi
        poll_moves '' "$1" || :
        return "$hit"
}

database_hour() {
        admin "SELECT abs(extract(epoch FROM clock_timestamp()) - $(now_seconds)) > 3000" 2>/dev/null
}

hour_is() {
        [[ $(database_hour) == "$1" ]]
}

# service_moves ENVIRONMENT REPORT: database, service and poll in other surroundings: they are started again.
service_moves() {
        printf '%s' "$1" >"$SERVICE_ENVIRONMENT"
        systemctl restart migrationd-postgresql.service migrationd.service
        poll_kill "$2" || :
        happens_within 20 database_answers
}

# The clocks of database, service and poll jump an hour, there or back, and 3 s later they are right again.
inject_clock() {
        local hit=1 jump=+3600

        draw 2
        ((DRAWN == 0)) || jump=-3600
        # Read by the checker, which then compares no times.
        # shellcheck disable=SC2034
        CLOCK_RUN=true
        printf '+0\n' >"$CLOCK_FILE"
        if service_moves "$CLOCK_ENVIRONMENT" "$1"; then
                printf '%s\n' "$jump" >"$CLOCK_FILE"
                happens_within 10 hour_is t && hit=0
                # So that there are back-offs, too.
                inject_kill_task "$1" || :
                pause_for 3
                printf '+0\n' >"$CLOCK_FILE"
                happens_within 10 hour_is f || violation "the clock is still wrong"
        fi
        service_moves '' "$1" || violation "the database does not come back"
        return "$hit"
}

# surroundings_install: proxies, and the environments by which a poll or all of the service get others.
surroundings_install() {
        local unit

        install -d /run/faults
        : >"$SERVICE_ENVIRONMENT"
        : >"$POLL_ENVIRONMENT"
        for unit in migrationd migrationd-postgresql migrationd-poll@; do
                install -d "/etc/systemd/system/$unit.service.d"
                printf '[Service]\nEnvironmentFile=-%s\n' "$SERVICE_ENVIRONMENT" >"/etc/systemd/system/$unit.service.d/20-faults.conf"
        done
        printf 'EnvironmentFile=-%s\n' "$POLL_ENVIRONMENT" >>/etc/systemd/system/migrationd-poll@.service.d/20-faults.conf
        systemctl daemon-reload
        install -d "$EFFECTS_SOCKET"
        proxy_start postgresql postgresql /run/migrationd-postgresql/.s.PGSQL.5432 /run/migrationd-postgresql/.s.PGSQL.5433
        proxy_start effects postgresql "$EFFECTS_SOCKET/.s.PGSQL.5432" /var/run/postgresql/.s.PGSQL.5432
        proxy_start bus bus /run/faults/bus.socket /run/dbus/system_bus_socket
        freezer_install
}

# proxy_start NAME PROTOCOL LISTEN CONNECT: told what to do at /run/faults/NAME.
proxy_start() {
        systemd-run --quiet --collect --unit="faults-proxy-$1" --property=Restart=always --property=RestartSec=100ms \
                /usr/bin/python3 "$TESTS/lib/fault-proxy.py" "${@:2}" "/run/faults/$1"
}
