#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Run by tests/faults/20-two-hosts.sh inside one of its two containers, as FUNCTION ARGUMENTS…: the migration of the fault tests on a
# database that both have, through a socket in the directory that they share.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/system.sh"
trap - EXIT ERR
FAULTS_PLAIN=true SEED=1 INDEX=0
# shellcheck source=tests/lib/faults.sh
. "$TESTS/lib/faults.sh"
# shellcheck source=tests/lib/man.sh
. "$TESTS/lib/man.sh"

COMMON=/var/lib/worker
SOCKET=$COMMON/socket

effects() {
        statement_as worker -h "$SOCKET" -d effects "$1"
}

admin() {
        statement_as migrationd -h "$SOCKET" -U postgres -d migrationd "$1"
}

sql() {
        statement_as migrationd -h "$SOCKET" -d migrationd "$1"
}

database_prepare() {
        local conf=/etc/postgresql/$CLUSTER_VERSION/main

        migration_user
        cluster_start
        install -d -o postgres -m 755 "$SOCKET"
        printf "unix_socket_directories = '/var/run/postgresql,%s'\n" "$SOCKET" >>"$conf/postgresql.conf"
        sed -i '1i local all all trust' "$conf/pg_hba.conf"
        systemctl restart "postgresql@$CLUSTER_VERSION-main.service"
        block_run migrationd.conf.5 roles
        effects_database
}

# Tasks wait where their work would begin while the file hold is there.
host_prepare() {
        local unit program

        migration_user
        programs_install
        for program in faults_rows faults_files; do
                sed -i "2i while [[ -e $COMMON/hold ]]; do read -r -t 0.2 <> <(:) || :; done" "/usr/local/lib/migrations/$program"
        done
        for unit in migration-faults- migrationd-fence-; do
                install -d "/etc/systemd/system/$unit.service.d"
                printf '[Service]\nEnvironment=PGHOST=%s\n' "$SOCKET" >"/etc/systemd/system/$unit.service.d/25-hosts.conf"
        done
        install -d /etc/migrationd/migrationd.conf.d
        printf '[Store]\nDatabase=host=%s dbname=migrationd user=migrationd\n' "$SOCKET" >/etc/migrationd/migrationd.conf.d/10-db.conf
        systemctl daemon-reload
        systemctl stop migrationd.service migrationd-postgresql.service
        wait_until 60 call ListReports 'a{sv}' 0
        id -u worker
}

# held REPORT N: so many of its tasks have begun, and wait.
held() {
        [[ $(sql "SELECT count(*) FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id WHERE a.report_id = $1 AND
                t.kind = 'main' AND a.state = 'running'") == "$2" ]]
}

# lost REPORT N: so many of its attempts are known to be lost.
lost() {
        [[ $(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $1 AND state = 'lost'") == "$2" ]]
}

# attempts REPORT: all there are, in one line.
attempts() {
        sql "SELECT string_agg(unit || ' ' || state, ', ' ORDER BY id) FROM migrationd.attempt WHERE report_id = $1"
}

host_of() {
        sql "SELECT host FROM migrationd.report WHERE id = $1"
}

# refuses REPORT HOST: a poll on this host says that HOST runs the report, and is gone.
refuses() {
        local status=0

        systemd-run --quiet --wait --collect --unit=faults-second-poll --property=SupplementaryGroups=migrationd-worker \
                --property=RuntimeMaxSec=60 /usr/libexec/migrationd/migrationd-poll "$1" || status=$?
        printf 'status %d\n' "$status"
        journal_of faults-second-poll.service | grep "Report $1 is run by host $2, not by this one" && ((status == 69))
}

# left_by REPORT: units as a host may have that was cut off while the report was moved away: one that fails as it is stopped, and
# others that have failed. Then its poll comes.
left_by() {
        local unit=migration-faults-rows-$1-1

        systemd-run --quiet --unit="$unit-97" --slice="migration-$1.slice" bash -c 'trap "exit 1" TERM; tail -f /dev/null & wait'
        systemd-run --quiet --unit="$unit-98" --slice="migration-$1.slice" /bin/false
        systemd-run --quiet --unit="migrationd-fence-$1-1" /bin/false
        wait_until 10 systemctl --quiet is-failed "$unit-98" "migrationd-fence-$1-1"
        systemctl start "migrationd-poll@$1.timer"
}

all_frozen() {
        local unit units

        mapfile -t units < <(units_of "$1")
        ((${#units[@]} == $2)) || return 1
        for unit in "${units[@]}"; do
                group_frozen "$unit" || return 1
        done
}

poll_stop() {
        systemctl stop "migrationd-poll@$1.timer" "migrationd-poll@$1.service"
}

# What it says, whatever it finds wrong with the container.
doctor() {
        migrationctl doctor 2>&1 || :
}

poll_locks() {
        [[ $(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = 0") == 1 ]]
}

# check REPORT: what must hold, as after every run of the fault tests.
check() {
        REPORT=$1
        faults_check
        printf '%s\n' "${VIOLATIONS[@]}"
        ((${#VIOLATIONS[@]} == 0))
}

"$@"
