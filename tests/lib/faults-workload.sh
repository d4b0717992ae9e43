# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests/lib/faults.sh: a migration of many small tasks whose effects can be counted exactly. Step `rows` writes to a
# second database, a batch and its position in one transaction, step `files` writes files; both have an expander.
# shellcheck shell=bash

FAULTS_TASKS=8          # of each of the two steps
FAULTS_BATCHES=5        # of a task of `rows`
FAULTS_ITEMS=5          # of a batch
# Counters of a whole run: the batches, one for each file, one for the last step.
# shellcheck disable=SC2034
FAULTS_TOTAL=$((FAULTS_TASKS * FAULTS_BATCHES + FAULTS_TASKS + 1))
# Where the embedded cluster's server is, beside the proxy.
FAULTS_PORT=5433
[[ ${FAULTS_PLAIN:-} != true ]] || FAULTS_PORT=5432
FAULTS_FILES=/var/lib/worker/files
FAULTS_FLAGS=/var/lib/worker/flags
# Which ends the hook was told of.
FAULTS_TOLD=/var/lib/worker/told
# Where the tasks find the second database: its server, or the proxy before that.
EFFECTS_SOCKET=/run/faults/effects-socket
EFFECTS_ARGUMENTS="-h $EFFECTS_SOCKET"
[[ ${FAULTS_PLAIN:-} != true ]] || EFFECTS_ARGUMENTS=

# The client itself: Debian's /usr/bin/psql is a program in Perl that looks for it, and the tests call it all the time.
PSQL=$(printf '%s\n' /usr/lib/postgresql/*/bin/psql | sort -V | tail -n 1)

# statement_as USER ARGUMENTS… STATEMENT
statement_as() {
        setpriv --reuid="$1" --regid=migrationd-worker --clear-groups env --chdir=/ "$PSQL" -XAtq -v ON_ERROR_STOP=1 "${@:2:$#-2}" -c "${*: -1}"
}

# effects STATEMENT: in the second database; not through the proxy.
effects() {
        statement_as worker -d effects "$1"
}

# admin STATEMENT, sql STATEMENT: in the service's database, as its superuser and as its owner; not through the proxy.
admin() {
        statement_as migrationd -h /run/migrationd-postgresql -p "$FAULTS_PORT" -U postgres -d migrationd "$1"
}

sql() {
        statement_as migrationd -h /run/migrationd-postgresql -p "$FAULTS_PORT" -d migrationd "$1"
}

effects_database() {
        cluster_start
        psql_as postgres -d postgres -c 'CREATE ROLE worker LOGIN' -c 'CREATE DATABASE effects OWNER worker'
        # No unique key on an item: one that is migrated twice shall be seen. Which attempt did it tells how a COMMIT that was cut ended.
        effects 'CREATE TABLE effect (report integer, task integer, item integer, attempt integer);
                CREATE TABLE position (report integer, task integer, batch integer, PRIMARY KEY (report, task))'
}

# What the rows alone do not tell: which states changed in which transaction, and what moved after `canceled`.
audit_install() {
        admin "
        CREATE TABLE public.audit_state (report integer, before text, after text, xid xid8 DEFAULT pg_current_xact_id(),
                at timestamptz DEFAULT clock_timestamp());
        CREATE TABLE public.audit_event (report integer, verb text, xid xid8 DEFAULT pg_current_xact_id());
        CREATE TABLE public.padding (text text);
        CREATE FUNCTION public.padding() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS \$\$ BEGIN
                INSERT INTO public.padding VALUES ((SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 200)));
                RETURN NULL;
        END \$\$;
        ALTER TABLE public.padding ALTER text SET STORAGE PLAIN;
        CREATE TRIGGER padding AFTER INSERT ON migrationd.attempt FOR EACH ROW EXECUTE FUNCTION public.padding();
        CREATE TRIGGER padding AFTER UPDATE OF done ON migrationd.task FOR EACH ROW EXECUTE FUNCTION public.padding();
        CREATE TABLE public.audit_late (report integer, what text, at timestamptz DEFAULT clock_timestamp());
        CREATE FUNCTION public.audit_state() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS \$\$ BEGIN
                INSERT INTO public.audit_state (report, before, after) VALUES (NEW.id, OLD.state, NEW.state); RETURN NULL;
        END \$\$;
        CREATE FUNCTION public.audit_event() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS \$\$ BEGIN
                INSERT INTO public.audit_event (report, verb) VALUES (NEW.report_id, NEW.verb); RETURN NULL;
        END \$\$;
        CREATE FUNCTION public.audit_late() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS \$\$ BEGIN
                IF EXISTS (SELECT FROM migrationd.report WHERE id = NEW.report_id AND state = 'canceled') THEN
                        INSERT INTO public.audit_late (report, what) VALUES (NEW.report_id, TG_TABLE_NAME || ' ' || NEW.id);
                END IF; RETURN NULL;
        END \$\$;
        CREATE TRIGGER audit AFTER UPDATE ON migrationd.report FOR EACH ROW WHEN (OLD.state <> NEW.state)
                EXECUTE FUNCTION public.audit_state();
        CREATE TRIGGER audit AFTER INSERT ON migrationd.event FOR EACH ROW EXECUTE FUNCTION public.audit_event();
        CREATE TRIGGER audit AFTER INSERT OR UPDATE ON migrationd.task FOR EACH ROW
                WHEN (NEW.state <> 'canceled') EXECUTE FUNCTION public.audit_late();
        CREATE TRIGGER audit AFTER INSERT OR UPDATE OF state ON migrationd.attempt FOR EACH ROW
                EXECUTE FUNCTION public.audit_late()"
}

# The directory of the embedded cluster as a file system of its own, small enough to be filled; the server itself is on another
# port, so that a proxy can be on its own.
volume_install() {
        # A host that is reset has to keep it.
        if [[ ${FAULTS_PLAIN:-} == true ]]; then
                systemctl start migrationd-postgresql.service
                systemctl add-wants multi-user.target postgresql@15-main.service
                return
        fi
        systemctl stop migrationd.service migrationd-postgresql.service
        install -d -o migrationd -g migrationd -m 700 /var/lib/migrationd /var/lib/migrationd/postgresql
        mount -t tmpfs -o size=256m,mode=700 faults /var/lib/migrationd/postgresql
        chown migrationd: /var/lib/migrationd/postgresql
        systemctl start migrationd-postgresql.service
        printf 'max_wal_size = 48MB\nmin_wal_size = 32MB\nport = 5433\n' >"$CLUSTER_CONF/volume.conf"
        systemctl restart migrationd-postgresql.service
}

programs_install() {
        install -d -o worker "$FAULTS_FILES" "$FAULTS_FLAGS"
        program faults_expand <<SH
#!/bin/sh
i=0
while [ \$i -lt $FAULTS_TASKS ]; do
        i=\$((i + 1))
        migrationd-task add-task --lane "lane\$((i % 4))" "{\"number\": \$i}"
done
SH
        # What one task is told to do wrong, by a flag that it takes away: the next attempt behaves.
        program faults_misbehave <<SH
#!/bin/bash
mine=$FAULTS_FLAGS/.\$MIGRATIOND_TASK-\$MIGRATIOND_ATTEMPT
for flag in stubborn storm fails memory chatty; do
        mv "$FAULTS_FLAGS/\$flag" "\$mine" 2>/dev/null || continue
        rm -f "\$mine"
        exec {never}<> <(:)
        case \$flag in
        stubborn) trap '' TERM; echo "\$MIGRATIOND_TASK-\$MIGRATIOND_ATTEMPT \$\$" >$FAULTS_FLAGS/.stubborn; while :; do read -r -t 60 -u \$never; done ;;
        storm) for ((i = 0; i < 150; i++)); do setsid tail -f /dev/null & done; read -r -t 2 -u \$never ;;
        fails) exit 65 ;;
        memory) (ulimit -v 100000; exec tail /dev/zero) || exit 1 ;;
        chatty) yes "a line of many" | head -n 5000; read -r -t 1.5 -u \$never; echo "one more" ;;
        esac
done
exit 0
SH
        program faults_rows <<SH
#!/bin/bash
set -e
number=\$(migrationd-task input /input/number)
migrationd-task progress 0 $FAULTS_BATCHES
set -- $FAULTS_FLAGS/*
[[ ! -e \$1 ]] || /usr/local/lib/migrations/faults_misbehave || exit \$?
r=\$MIGRATIOND_REPORT
# One session: its lock is the fence, and the position is read under it. A session that is lost ends psql: the next attempt reads
# where this one got to. Each transaction has something to commit.
{
        echo "SELECT pg_advisory_lock(\$r, \$number);"
        echo "INSERT INTO position VALUES (\$r, \$number, 0) ON CONFLICT DO NOTHING;"
        echo "SELECT batch FROM position WHERE report = \$r AND task = \$number \\\\gset"
        for ((b = 1; b <= $FAULTS_BATCHES; b++)); do
                echo "SELECT :batch < \$b AS due \\\\gset"
                echo "\\\\if :due"
                echo "BEGIN;"
                echo "WITH p AS (UPDATE position SET batch = \$b WHERE report = \$r AND task = \$number AND batch = \$b - 1 RETURNING 1)"
                echo "INSERT INTO effect SELECT \$r, \$number, (\$b - 1) * $FAULTS_ITEMS + i, \$MIGRATIOND_ATTEMPT FROM p, generate_series(1, $FAULTS_ITEMS) AS i;"
                echo "COMMIT;"
                echo "\\\\endif"
                echo "\\\\set went \\\`migrationd-task progress \$b >&2 && echo 1 || echo 0\\\`"
                echo "SELECT 1 / :went;"
        done
} | $PSQL -XAtq -v ON_ERROR_STOP=1 $EFFECTS_ARGUMENTS -d effects >/dev/null || exit 75
SH
        program faults_files <<SH
#!/bin/bash
set -e
number=\$(migrationd-task input /input/number)
migrationd-task progress 0 1
set -- $FAULTS_FLAGS/*
[[ ! -e \$1 ]] || /usr/local/lib/migrations/faults_misbehave || exit \$?
file=$FAULTS_FILES/\$MIGRATIOND_REPORT-\$number
# One name for all attempts: what a killed one left is written anew.
seq 1 2000 | sed "s/^/\$number:/" >"\$file.part"
mv "\$file.part" "\$file"
migrationd-task progress 1 || exit 75
SH
        program faults_fence <<SH
#!/bin/bash
# Which report: the one that is unfinished, of which there is only one; no session of this test holds other locks.
n=\$($PSQL -XAtq $EFFECTS_ARGUMENTS -d effects -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND
        database = (SELECT oid FROM pg_database WHERE datname = current_database())") || exit 1
[[ \$n == 0 ]]
SH
        definition faults <<'JSON'
{ "name": "faults", "description": "Many small tasks", "user": "worker", "writable": ["/var/lib/worker"],
  "fence": ["/usr/local/lib/migrations/faults_fence"], "hook": "faults-hook@.service",
  "steps": [ { "code": "rows", "message": "Rows", "retries": { "attempts": 100, "backoff": "20ms", "backoff-max": "200ms" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/faults_expand"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/faults_rows"] },
             { "code": "files", "message": "Files", "retries": { "attempts": 100, "backoff": "20ms", "backoff-max": "200ms" },
               "expand": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/faults_expand"],
               "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/faults_files"] },
             { "code": "end", "message": "End", "contract": "exit-code", "retries": { "attempts": 100, "backoff": "20ms" },
               "exec": ["/bin/true"] } ] }
JSON
        printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo %%i >>%s"\n' "$FAULTS_TOLD" \
                >/etc/systemd/system/faults-hook@.service
        printf '[Service]\nType=oneshot\nExecStart=/bin/false\n' >/etc/systemd/system/faults-busy.service
        # So that one that ignores SIGTERM is not waited for longer than a test can.
        install -d /etc/systemd/system/migration-faults-.service.d
        printf '[Service]\nTimeoutStopSec=3s\nLogRateLimitIntervalSec=1s\nLogRateLimitBurst=1000\n' >/etc/systemd/system/migration-faults-.service.d/20-faults.conf
        systemctl daemon-reload
}
