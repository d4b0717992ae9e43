#!/bin/bash
# container: external
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# The service on a PostgreSQL server that is there already, set up as migrationd.conf(5) says: by peer, then by password.
# The blocks of that page are used as they stand.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/man.sh
. "$TESTS/lib/man.sh"

PAGE=migrationd.conf.5
CLUSTER=/etc/postgresql/15/main
DROP_IN=/etc/migrationd/migrationd.conf.d/10-db.conf

# external_sql STATEMENT: in the external database, by its superuser.
external_sql() {
        psql_as postgres -d migrationd -c "$1"
}

# embedded_is SUBSTATE RESULT
embedded_is() {
        [[ $(systemctl show --value --property=SubState migrationd-postgresql.service) == "$1" ]] &&
                [[ $(systemctl show --value --property=Result migrationd-postgresql.service) == "$2" ]]
}

cluster_start
pulp_user_make
migration_user
program expand_external <<'SH'
#!/bin/sh
i=0
while [ $i -lt 12 ]; do
        i=$((i + 1))
        migrationd-task add-task --set number=$i
done
SH
# Writes down its number, and stays while the file hold is there.
program external <<'SH'
#!/bin/sh
migrationd-task progress 0 2 || exit 75
number=$(migrationd-task input /input/number) || exit 75
migrationd-task progress 1 || exit 75
while [ -e /var/lib/pulp/hold ]; do
        sha256sum /usr/bin/migrationctl >/dev/null
done
echo "$number" >>/var/lib/pulp/numbers
migrationd-task progress 2 || exit 75
SH
definition external <<'JSON'
{ "name": "external", "description": "Twelve numbers", "user": "pulp", "writable": ["/var/lib/pulp"],
  "steps": [ { "code": "numbers", "message": "Numbers", "retries": { "attempts": 20, "backoff": "100ms", "backoff-max": "1s" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/expand_external"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/external"] },
             { "code": "end", "message": "End", "contract": "exit-code", "exec": ["/bin/true"] } ] }
JSON

# numbers_are_there REPORT: completed, with each effect.
numbers_are_there() {
        expect_eq "$(report_get "$1" State)" completed
        expect_eq "$(sort -nu /var/lib/pulp/numbers | tr '\n' ' ')" '1 2 3 4 5 6 7 8 9 10 11 12 '
        rm -f /var/lib/pulp/numbers
        expect_eq "$(external_sql "SELECT count(*), sum(done), sum(total) FROM migrationd.task WHERE report_id = $1 AND
                state = 'completed' AND kind = 'main'")" '13|25|25'
        wait_until 10 no_unit_left "$1"
}

# tasks_running REPORT N: so many of its numbers are worked on. The expander, which is a task too, is none of them.
tasks_running() {
        (($(external_sql "SELECT count(*) FROM migrationd.attempt a JOIN migrationd.task t ON t.id = a.task_id
                WHERE a.report_id = $1 AND a.state = 'running' AND t.kind = 'main'") >= $2))
}

title "The manual page's blocks set up roles, database and authentication"
expect block_run "$PAGE" roles
{
        block "$PAGE" hba
        cat "$CLUSTER/pg_hba.conf"
} >"$CLUSTER/pg_hba.conf.new"
expect test -s "$CLUSTER/pg_hba.conf.new"
cat "$CLUSTER/pg_hba.conf.new" >"$CLUSTER/pg_hba.conf"
block "$PAGE" ident >>"$CLUSTER/pg_ident.conf"
expect block_run "$PAGE" pg-reload
expect_eq "$(external_sql 'SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL')" 0
expect_eq "$(external_sql "SELECT count(*) FROM pg_ident_file_mappings WHERE error IS NULL AND map_name LIKE 'migrationd%'")" 3

title "With Database= the service uses that server, and no embedded one starts"
install -d -m 755 "${DROP_IN%/*}"
block "$PAGE" conf >"$DROP_IN"
expect block_run "$PAGE" reload
expect_output '^ok +database +connected, schema version [1-9]'
expect_match '^s "connected"$' busctl --system get-property "${MANAGER[@]}" StoreStatus
expect_match '^[1-9]' external_sql 'SELECT max(version) FROM migrationd.schema_version'
wait_until 10 embedded_is dead exec-condition
expect test ! -e /var/lib/migrationd/postgresql/data/postmaster.pid

title "Doctor does not miss the embedded server"
expect migrationctl doctor
expect_no_output '^(FAIL|warn) +postgresql'

title "A migration completes with its rows in that server"
plan=$(plan_create external '{}')
report=$(report_run "$plan" workers u 4)
wait_until 60 report_has_ended "$report"
numbers_are_there "$report"
expect_eq "$(external_sql "SELECT count(*) FROM migrationd.event WHERE report_id = $report AND verb = 'run'")" 1
expect test ! -e /var/lib/migrationd/postgresql/data/postmaster.pid

title "Another user than those of pg_ident.conf does not get the role of tasks, and that role sees no table"
expect_fail runuser -u worker -- psql -XAt -h /var/run/postgresql -U migrationd_worker -d migrationd -c 'SELECT 1'
expect_output 'Peer authentication failed'
expect_fail runuser -u pulp -- psql -XAt -h /var/run/postgresql -U migrationd_worker -d migrationd -c 'SELECT count(*) FROM migrationd.plan'
expect_output 'permission denied'

title "The server is stopped in the middle, and started again: the run goes on to its end"
touch /var/lib/pulp/hold
report=$(report_run "$plan" workers u 4)
wait_until 60 tasks_running "$report" 4
expect systemctl stop postgresql@15-main.service
expect_exit 7 timeout 40 migrationctl status "$report"
expect systemctl --quiet is-active "migrationd-poll@$report.timer"
rm /var/lib/pulp/hold
expect systemctl start postgresql@15-main.service
wait_until 120 report_has_ended "$report"
numbers_are_there "$report"
expect embedded_is dead exec-condition

title "The server is killed in the middle: the run goes on to its end"
touch /var/lib/pulp/hold
report=$(report_run "$plan" workers u 4)
wait_until 60 tasks_running "$report" 4
expect systemctl kill --signal=KILL postgresql@15-main.service
rm /var/lib/pulp/hold
expect cluster_start
wait_until 120 report_has_ended "$report"
numbers_are_there "$report"

title "A password in Database= is refused, the journal names file and line, and the service stays down"
block "$PAGE" conf-password >"$DROP_IN"
sed -i 's/^Database=.*/& password=SECRET/' "$DROP_IN"
systemctl stop migrationd.service
expect_fail busctl --system get-property "${MANAGER[@]}" StoreStatus
expect_match '10-db\.conf:2: \[Store\] Database: "password" may not be here' journal_of migrationd.service
systemctl stop migrationd.service
systemctl reset-failed migrationd.service

title "Passwords come from files that only root can read, as credentials"
expect block_run "$PAGE" passfiles
expect_eq "$(stat -c '%U %a' /etc/migrationd/passfile /etc/migrationd/passfile-worker | sort -u)" 'root 600'
expect block_run "$PAGE" credentials
block "$PAGE" conf-password >"$DROP_IN"
external_sql "ALTER ROLE migrationd PASSWORD 'SECRET'; ALTER ROLE migrationd_worker PASSWORD 'OTHER'"
# Nobody gets in without one.
sed -i '/peer  map=/d' "$CLUSTER/pg_hba.conf"
expect block_run "$PAGE" pg-reload
expect block_run "$PAGE" reload
expect_output '^ok +database +connected, schema version [1-9]'
report=$(report_run "$plan" workers u 4)
wait_until 60 report_has_ended "$report"
numbers_are_there "$report"
expect_fail runuser -u pulp -- cat /etc/migrationd/passfile-worker

title "No password is in an environment or a property that others can read"
touch /var/lib/pulp/hold
report=$(report_run "$plan" workers u 1)
wait_until 60 tasks_running "$report" 1
unit=$(units_of "$report" | tail -n 1)
expect runuser -u nobody -- systemctl show "$unit" "migrationd-poll@$report.service" migrationd.service
expect_no_output 'SECRET|OTHER'
expect_output '^Environment=.*MIGRATIOND_DATABASE'
rm /var/lib/pulp/hold
wait_until 60 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
