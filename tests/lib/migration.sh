# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by system tests: makes migrations out of shell text, and talks to the service by busctl alone.
# shellcheck shell=bash

MANAGER=(org.migrationd1 /org/migrationd1 org.migrationd1.Manager)

# migration_user: the account that test migrations run as.
migration_user() {
        getent passwd worker >/dev/null || useradd --system --no-create-home --shell /usr/sbin/nologin worker
        install -d -m 755 /usr/local/lib/migrations
        install -d -o worker /var/lib/worker
}

# program NAME <text: an executable for definitions.
program() {
        cat >/usr/local/lib/migrations/"$1"
        chmod 755 /usr/local/lib/migrations/"$1"
}

# definition NAME <text: an installed definition.
definition() {
        install -d -m 755 /etc/migrationd/migrations
        cat >/etc/migrationd/migrations/"$1".json
        chmod 644 /etc/migrationd/migrations/"$1".json
}

# call METHOD SIGNATURE ARGUMENTS…: of the manager; prints the answer without its signature.
call() {
        busctl --system --json=short call "${MANAGER[@]}" "$@" | jq -r '.data[0]'
}

# plan_create MIGRATION DOCUMENT: prints the plan's id.
plan_create() {
        local path

        path=$(call CreatePlan 'ssa{sv}' "$1" "$2" 0)
        printf '%s\n' "${path##*/_}"
}

# report_run PLAN [KEY TYPE VALUE]…: prints the report's id.
report_run() {
        local plan=$1 path
        shift

        path=$(call Run 'ua{sv}' "$plan" $(($# / 3)) "$@")
        printf '%s\n' "${path##*/_}"
}

# report_get REPORT PROPERTY
report_get() {
        busctl --system --json=short get-property org.migrationd1 "/org/migrationd1/report/_$1" org.migrationd1.Report "$2" |
                jq -r '.data | if type == "array" or type == "object" then tojson else . end'
}

report_call() {
        local report=$1
        shift
        busctl --system call org.migrationd1 "/org/migrationd1/report/_$report" org.migrationd1.Report "$@"
}

report_is() {
        [[ $(report_get "$1" State) == "$2" ]]
}

report_has_ended() {
        [[ $(report_get "$1" State) =~ ^(completed|failed|canceled)$ ]]
}

# sql STATEMENT: in the service's embedded database, as its owner.
sql() {
        runuser -u migrationd -- psql -XAtq -v ON_ERROR_STOP=1 -h /run/migrationd-postgresql -d migrationd -c "$1"
}

# none_unfinished: the service says so, which follows the database by some milliseconds.
none_unfinished() {
        [[ $(busctl --system get-property "${MANAGER[@]}" Unfinished) == 'o "/"' ]]
}

# journal_of_report REPORT: the messages that carry it, complete up to now.
journal_of_report() {
        journalctl --sync
        journalctl --no-pager --quiet --output=cat "MIGRATION_REPORT=$1"
}

# wait_reason_is_why REPORT: both ways of asking have one answer. The property follows the database by some milliseconds.
wait_reason_is_why() {
        [[ $(report_get "$1" WaitReason) == "$(migrationctl why "$1")" ]]
}

# units_of REPORT: the loaded task units.
units_of() {
        systemctl list-units --all --plain --no-legend "migration-*-*-$1-*-*.service" | awk '{ print $1 }'
}

no_unit_left() {
        [[ -z $(units_of "$1") ]] && ! systemctl --quiet is-active "migration-$1.slice"
}
