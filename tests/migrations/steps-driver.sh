# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by steps.sh: a throw-away PostgreSQL cluster, the service's functions for plan, tasks and attempts, and programs as
# plain processes in the place of units. It is the poll of these tests. Its variables are those of steps.sh.
# shellcheck shell=bash disable=SC2034,SC2154

as_postgres() {
        if [[ $EUID -eq 0 ]]; then
                runuser -u postgres -- env --chdir=/ "$@"
        else
                "$@"
        fi
}

cluster_start() {
        mkdir "$SOCKET" "$WORK/cluster"
        [[ $EUID -ne 0 ]] || chown postgres "$SOCKET" "$WORK/cluster"
        as_postgres "$PG/initdb" --no-sync --auth=trust --encoding=UTF8 --locale=C.UTF-8 --username=postgres -D "$WORK/cluster" >"$LOG"
        as_postgres "$PG/pg_ctl" -D "$WORK/cluster" -w -l "$WORK/cluster/log" \
                -o "-c listen_addresses='' -c unix_socket_directories='$SOCKET' -c fsync=off -c log_min_messages=warning" \
                start >>"$LOG"
}

cluster_stop() {
        as_postgres "$PG/pg_ctl" -D "$WORK/cluster" -m immediate stop >/dev/null 2>&1 || true
}

# Ends what a failed test left running.
kill_rest() {
        local file

        for file in "$PIDS"/*; do
                [[ ! -e $file ]] || kill -KILL "$(cat "$file")" 2>/dev/null || true
                rm -f "$file"
        done
}

cleanup() {
        kill_rest
        cluster_stop
        if [[ $failed -eq 0 && -z ${KEEP:-} ]]; then
                rm -rf "$WORK"
        else
                echo "# kept: $WORK"
        fi
}
trap cleanup EXIT

# psql on a database of the cluster.
db() {
        "$PG/psql" -XqAt -F ' ' -v ON_ERROR_STOP=1 -h "$SOCKET" -U postgres -d "$@"
}

conninfo() {
        printf 'host=%s user=postgres dbname=%s' "$SOCKET" "$1"
}

service_make() {
        local file

        db postgres -c 'CREATE DATABASE migrationd' -c 'CREATE ROLE migrationd_worker'
        for file in "$ROOT"/src/store/schema/*.sql; do
                db migrationd --single-transaction -f "$file"
        done
}

# schema_make SCHEMA: a database with it, to be copied; sets TEMPLATE.
schema_make() {
        TEMPLATE=template_$(sha256sum "$1" | cut -c1-16)
        [[ -z $(db postgres -c "SELECT 1 FROM pg_database WHERE datname = '$TEMPLATE'") ]] || return 0
        db postgres -c "CREATE DATABASE $TEMPLATE"
        db "$TEMPLATE" --single-transaction -o /dev/null -f "$1" 2>/dev/null
}

# target_make [SCHEMA]: an empty Pulp 3 database, media root and configuration for an archive and a content tree.
target_make() {
        kill_rest
        db migrationd -c "UPDATE migrationd.report SET state = 'canceled', finished_at = now()
                WHERE state NOT IN ('completed', 'failed', 'canceled')"
        schema_make "${1:-$ROOT/src/migrations/pulp2to3/pulp3-schema.sql}"
        db postgres -c 'SET client_min_messages = warning' -c 'DROP DATABASE IF EXISTS pulp WITH (FORCE)' \
                -c "CREATE DATABASE pulp TEMPLATE $TEMPLATE"
        rm -rf "${WORK:?}/media" "${WORK:?}/root"
        mkdir -p "$WORK/media" "$WORK/root/etc/migrationd"
}

configure() {
        cat >"$WORK/root/etc/migrationd/pulp2to3.conf" <<CONF
[Pulp2]
Archive=$1
Content=$2
[Pulp3]
Database=$(conninfo pulp)
MediaRoot=$WORK/media
KeyFile=$WORK/root/key
${3:-}
CONF
}

# report_make PLAN [OPTIONS] [WORKERS]: a report of that plan, of the migration $DEFINITION or pulp2to3; prints its id.
report_make() {
        local steps

        steps=$(jq -c '[.steps[] | {code, message, expand: has("expand"), parallel: null, attempts: 50, backoff_msec: 0,
                backoff_max_msec: 0, on_failure: "finish", dry_run: (."dry-run" // false),
                max_failures_percent: (if ."max-failures" == "100%" then 100 else 0 end)}]' \
                "$ROOT/src/migrations/pulp2to3/${DEFINITION:-pulp2to3}.json")
        db migrationd -v definition="${DEFINITION:-pulp2to3}" -v plan="$1" -v options="${2:-{\}}" -v workers="${3:-2}" -v steps="$steps" <<'SQL'
WITH p AS (INSERT INTO migrationd.plan (migration, document, uid) VALUES (:'definition', :'plan', 0) RETURNING id)
SELECT migrationd.report_create(id, :'definition', :'options', :workers, 'none', :'steps', 0) FROM p;
SQL
}

# start_attempt REPORT ATTEMPT TASK NUMBER TOKEN STEP KIND: the end is told through the pipe.
start_attempt() {
        local command=("$PROGRAM" "$6") delay range

        [[ $7 != expand ]] || command+=(--expand)
        if [[ -n $KILL_AFTER ]]; then
                # Each time it was killed it may live up to twice as long: a busy machine comes to an end too. As long as nothing
                # was killed, the programs of a quick one may live ever shorter, down to a millisecond: something is.
                range=$((KILL_AFTER << ($4 < 12 ? $4 - 1 : 11)))
                ((KILLED > 0)) || range=$((range >> (ATTEMPTS < 60 ? ATTEMPTS : 60)))
                # RANDOM alone has 15 bits.
                delay=$(((RANDOM << 15 | RANDOM) % (range > 0 ? range : 1)))
                command=(timeout --signal=KILL "$((delay / 1000)).$(printf %03d $((delay % 1000 + 1)))" "${command[@]}")
        fi
        RUNNING[$2]="$6 $7"
        {
                trap - ERR
                set +e
                MIGRATIOND_REPORT=$1 MIGRATIOND_TASK=$3 MIGRATIOND_ATTEMPT=$4 MIGRATIOND_TOKEN=$5 PULP2TO3_ROOT=$WORK/root \
                        MIGRATIOND_DATABASE=$(conninfo migrationd) "${command[@]}" >>"$LOG" 2>&1 &
                echo "$!" >"$PIDS/$2"
                wait "$!"
                echo "$2 $?" >&"$ENDED"
        } 2>/dev/null &
}

# Waits for the end of any attempt, and ends it as the poll does.
end_attempt() {
        local attempt status outcome=failed permanent=false

        read -r attempt status <&"$ENDED"
        rm -f "$PIDS/$attempt"
        unset "RUNNING[$attempt]"
        [[ $status -ne 77 ]] || outcome=skipped
        case $status in
        65 | 66 | 78) permanent=true ;;
        esac
        db migrationd -c "SELECT migrationd.attempt_end($attempt, state, '$outcome', 'exit-code', 'exit $status', $permanent)
                FROM migrationd.attempt WHERE id = $attempt AND state IN ('launching', 'running')" >/dev/null
        ATTEMPTS=$((ATTEMPTS + 1))
        [[ $status -ne 137 ]] || KILLED=$((KILLED + 1))
}

# launch REPORT: starts what is due.
launch() {
        local row

        db migrationd -c "SELECT migrationd.report_advance($1)" >/dev/null
        while read -r row; do
                # shellcheck disable=SC2086
                [[ -z $row ]] || start_attempt "$1" $row
        done < <(db migrationd -c "SELECT attempt_id, task, number, token, step, kind
                FROM migrationd.report_launch($1, 64, ':1.1', gen_random_uuid())")
}

# report_drive REPORT: runs its tasks until nothing is left; prints nothing. The report's state says how it went.
report_drive() {
        ATTEMPTS=0
        KILLED=0
        while :; do
                launch "$1"
                [[ ${#RUNNING[@]} -gt 0 ]] || break
                end_attempt
        done
        db migrationd -c "SELECT migrationd.report_completed($1) OR migrationd.report_failed($1)" >/dev/null
}

# report_drive_into_content REPORT: the same until a content task has committed its first batch and not its second, where a
# trigger of the target holds it; then kills it, and the session that the trigger holds.
report_drive_into_content() {
        local deadline=$((SECONDS + 120))

        db pulp <<'SQL'
CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
        IF EXISTS (SELECT FROM public.core_artifact) THEN
                PERFORM pg_sleep(600);
        END IF;
        RETURN NULL;
END $$;
CREATE TRIGGER hold BEFORE INSERT ON public.core_artifact FOR EACH STATEMENT EXECUTE FUNCTION public.hold();
SQL
        ATTEMPTS=0
        KILLED=0
        launch "$1"
        while [[ ${RUNNING[*]} != 'content main' ]]; do
                end_attempt
                launch "$1"
        done
        until [[ $(db pulp -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'pulp' AND wait_event = 'PgSleep'") -gt 0 ]]; do
                [[ $SECONDS -lt $deadline ]] || fail 'the second batch of the content task was not seen within 120 s'
        done
        kill -KILL "$(cat "$PIDS/${!RUNNING[*]}")"
        end_attempt
        db pulp -o /dev/null -c "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" \
                -c 'DROP FUNCTION public.hold CASCADE'
}

report_state() {
        db migrationd -c "SELECT state FROM migrationd.report WHERE id = $1"
}

# run PLAN [OPTIONS] [WORKERS]: makes and drives a report; sets REPORT.
run() {
        REPORT=$(report_make "$@")
        report_drive "$REPORT"
}
