#!/bin/bash
# container: pulp
# debian13: yes
# timeout: 400
# SPDX-License-Identifier: LGPL-2.1-or-later
# A frozen report whose database sessions end meanwhile, by a time-out of the server or because they are cut: after resume the
# task fails as one that is tried again (75, EX_TEMPFAIL), does not hang, and the rows are those of an undisturbed run.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"

SERVER_LOG=/var/log/postgresql/postgresql-$CLUSTER_VERSION-main.log

sample_make 400
target_make
plan=$(plan_create pulp2to3 '{"plugins": [{"type": "iso"}]}')

# session_that_waits: the server process of the task that waits for the locked table; in $session.
session_that_waits() {
        session=$(pulp_sql -c "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'core_contentartifact'::regclass")
        [[ $session =~ ^[0-9]+$ ]]
}
session_is() {
        [[ $(psql_as postgres -d pulp -c "SELECT coalesce((SELECT state FROM pg_stat_activity WHERE pid = $session), 'gone')") == "$1" ]]
}
unit_is_frozen() {
        [[ $(systemctl show --value --property=FreezerState "$1") == frozen ]]
}

# freeze_in_transaction: a report whose only content task is frozen in the middle of a transaction of the target, with a statement
# that was answered meanwhile: the table it waits for is held until the task is frozen. In $report, $unit, $session.
freeze_in_transaction() {
        local locker

        coproc LOCKER { psql_as postgres -d pulp; }
        locker=$LOCKER_PID
        echo 'BEGIN; LOCK TABLE core_contentartifact IN SHARE MODE;' >&"${LOCKER[1]}"
        report=$(report_run "$plan" workers u 1)
        wait_until 120 session_that_waits
        unit=$(units_of "$report")
        expect migrationctl pause --freeze "$report"
        wait_until 20 unit_is_frozen "$unit"
        echo 'ROLLBACK; \q' >&"${LOCKER[1]}"
        wait "$locker" || :
}

# goes_on_after PATTERN: the frozen attempt ends with 75 and says so in the journal, the task is tried again, and the end is as it was.
goes_on_after() {
        expect migrationctl resume "$report"
        wait_until 120 report_has_ended "$report"
        expect_eq "$(report_get "$report" State)" completed
        expect_eq "$(sql "SELECT concat_ws(' ', state, class, exit_status) FROM migrationd.attempt WHERE unit = '$unit'")" 'failed temporary 75'
        expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $report AND state = 'failed'")" 1
        expect_match "$1" journal_of "$unit"
        expect_eq "$(target_digest)" "$wanted"
        wait_until 10 no_unit_left "$report"
}

title "The rows of a run that nothing disturbs"
report=$(report_run "$plan" workers u 1)
wait_until 120 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
wanted=$(target_digest)
expect_eq "$(pulp_sql -c 'SELECT count(*) FROM file_filecontent')" "$(jq .contents /var/lib/pulp/expected.json)"

title "The target ends a transaction that is idle for 2 s: the frozen task fails with 75 and is tried again"
target_make
psql_as postgres -d postgres -c "ALTER ROLE pulp SET idle_in_transaction_session_timeout = '2s'"
freeze_in_transaction
psql_as postgres -d postgres -c 'ALTER ROLE pulp RESET idle_in_transaction_session_timeout'
wait_until 30 session_is gone
expect grep -q 'terminating connection due to idle-in-transaction timeout' "$SERVER_LOG"
goes_on_after 'idle-in-transaction timeout'

title "The connection of a frozen task is cut, without a word of the server: 75, and tried again"
target_make
freeze_in_transaction
wait_until 30 session_is 'idle in transaction'
kill -KILL "$session"
server_is_back() {
        psql_as postgres -d pulp -c 'SELECT 1' && ! kill -0 "$session"
}
wait_until 60 server_is_back
goes_on_after 'connection to Pulp.s database lost'

title "A frozen report whose session has ended can be canceled"
target_make
freeze_in_transaction
psql_as postgres -d pulp -c "SELECT pg_terminate_backend($session)" >/dev/null
wait_until 30 session_is gone
expect migrationctl cancel --wait "$report"
expect_eq "$(report_get "$report" State)" canceled
wait_until 10 no_unit_left "$report"

title "The service's own database ends an idle session: the frozen task fails with 75 and is tried again"
migration_user
program beats <<'SH'
#!/bin/bash
migrationd-task progress 0 1 || exit 75
until [ -e /var/lib/worker/go ]; do
        migrationd-task progress 0 || exit 75
        read -t 0.1 line <>/var/lib/worker/never
done
migrationd-task progress 1
SH
[[ -p /var/lib/worker/never ]] || mkfifo -m 666 /var/lib/worker/never
rm -f /var/lib/worker/go
definition beats <<'JSON'
{ "name": "beats", "description": "Beats", "user": "worker", "writable": ["/var/lib/worker"],
  "steps": [ { "code": "beat", "message": "Beating", "retries": { "attempts": 3, "backoff": "10ms" },
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/beats"] } ] }
JSON
embedded_sql() {
        runuser -u migrationd -- psql -XAtq -v ON_ERROR_STOP=1 -h /run/migrationd-postgresql -U postgres -d migrationd -c "$1"
}
embedded_sql "ALTER ROLE migrationd_worker SET idle_session_timeout = '3s'"
report=$(report_run "$(plan_create beats '{}')")
worker_session() {
        session=$(embedded_sql "SELECT pid FROM pg_stat_activity WHERE usename = 'migrationd_worker'")
        [[ $session =~ ^[0-9]+$ ]]
}
worker_session_is_gone() {
        [[ -z $(embedded_sql "SELECT pid FROM pg_stat_activity WHERE usename = 'migrationd_worker'") ]]
}
beats() {
        [[ $(sql "SELECT total FROM migrationd.task WHERE report_id = $report") == 1 ]]
}
wait_until 30 beats
expect worker_session
unit=$(units_of "$report")
expect migrationctl pause --freeze "$report"
wait_until 20 unit_is_frozen "$unit"
wait_until 30 worker_session_is_gone
embedded_sql 'ALTER ROLE migrationd_worker RESET idle_session_timeout'
expect_match 'idle-session timeout' journal_of migrationd-postgresql.service
touch /var/lib/worker/go
expect migrationctl resume "$report"
wait_until 60 report_has_ended "$report"
expect_eq "$(report_get "$report" State)" completed
expect_eq "$(sql "SELECT string_agg(concat_ws(' ', state, class, exit_status), ', ' ORDER BY number) FROM migrationd.attempt
        WHERE report_id = $report")" 'failed temporary 75, completed 0'
