#!/bin/bash
# container: rest
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# The REST gateway with curl and with a client in Python's standard library: a plan is stored, run on the real dump and followed to
# its end; a second run is canceled by PATCH in the middle of content migration. Each answer is held against the server's own
# OpenAPI document.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$TESTS/lib/postgresql.sh"
# shellcheck source=tests/lib/pulp2to3.sh
. "$TESTS/lib/pulp2to3.sh"
# shellcheck source=tests/lib/rest.sh
. "$TESTS/lib/rest.sh"

ALL='{"plugins": [{"type": "iso"}]}'
REAL=$PULP2_DUMPS/file_base_4repos

# client WORD…: the Python client; its output in OUTPUT.
client() {
        expect python3 "$TESTS/programs/rest-client.py" --record "$RECORDS" "$@"
}

# id_of HREF
id_of() {
        basename "$1"
}

# The real dump where there is one, a generated one else.
source_make() {
        if [[ ! -e $REAL ]]; then
                sample_make 500
                target_make
                return
        fi
        pulp_user_make
        cp -a "$REAL/var/lib/pulp/content" /var/lib/pulp/content
        chmod -R u+w /var/lib/pulp/content
        cp "$REAL"/mongodb.*.archive /var/lib/pulp/pulp2.archive
        chown -R pulp:pulp /var/lib/pulp
        configuration_make /var/lib/pulp/pulp2.archive /var/lib/pulp/content
        target_make "$PULP2_REFERENCE/schema.sql"
}

# content_is_at_work HREF: some of its content is migrated, and some is not.
content_is_at_work() {
        [[ $(rest_report "$1" '.progress_reports[] | select(.code == "content") | .state == "running" and .done > 0 and .done < .total') == true ]]
}

# The user that the migration runs as: a plan is refused without it.
pulp_user_make
rest_start

title "The status needs no credentials, and says what there is"
expect_http 200 GET "$API/status/"
expect_field '.versions[0].component' migrationd
expect_field .database_connection.connected true
expect_field .unfinished_report null
REST_USER=nobody expect_http 200 GET "$API/status/"

title "The gateway runs as its user, without any capability or network, and can write nowhere"
main=$(systemctl show --value --property=MainPID migrationd-rest.service)
expect_match '^migrationd-rest$' ps -ww -o user:32= -p "$main"
for set in Inh Prm Eff Bnd Amb; do
        expect_match "^Cap$set:[[:space:]]0{16}$" cat "/proc/$main/status"
done
expect_fail nsenter --target "$main" --mount -- touch /var/lib/written
expect_fail test "/proc/$main/ns/net" -ef /proc/self/ns/net

title "A plan is stored as an object or as a string of JSON, and is given back as an object"
expect_http 201 POST "$API/migration-plans/" "{\"plan\": $ALL, \"name\": \"as-object\"}"
first=$(field .pulp_href)
expect_match "^$API/migration-plans/[0-9]+/\$" printf '%s' "$first"
expect_match "$first\$" header Location
expect_field '.plan.plugins[0].type' iso
expect_http 201 POST "$API/migration-plans/" "$(jq -nc --arg plan "$ALL" '{$plan, migration: "pulp2to3"}')"
second=$(field .pulp_href)
expect_field '.plan.plugins[0].type' iso
expect_http 200 GET "$second"
expect_field .migration pulp2to3
expect_http 200 GET "$API/migration-plans/?ordering=-pulp_created"
expect_field '.count' 2
expect_field '.results[0].pulp_href' "$second"
expect_http 200 GET "$API/migration-plans/?name=as-object"
expect_field '[.results[].pulp_href] | join(" ")' "$first"

title "A plan is deleted, and is not there any more"
expect_http 204 DELETE "$second"
expect_http 404 GET "$second"
expect_http 404 DELETE "$second"

title "A foreign client runs the real dump and follows its report to completed"
source_make
client run real "$ALL" skip_corrupted=true
expect_output '^running: .*premigration'
expect_output 'content completed [0-9]+/[0-9]+'
expect_output "^$API/migrationreport/[0-9]+/ completed\$"
report=$(tail -n 1 <<<"$OUTPUT" | cut -d' ' -f1)
expect_eq "$(report_get "$(id_of "$report")" State)" completed
if [[ -e $REAL ]]; then
        expect_eq "$(sql "SELECT count(*) FROM migrationd.problem WHERE report_id = $(id_of "$report")")" 10
fi

title "The report says what the story asks for"
expect_http 200 GET "$report"
expect_field '[.pulp_created, .started_at, .finished_at] | all(test("^20..-..-..T..:..:.."))' true
expect_field '.progress_reports | map(.code) | join(" ")' \
        'validate premigration repositories content repository_versions publications distributions verify'
expect_field '.progress_reports | map(.state == "completed" and .done == .total and (.message | length > 0)) | all' true
expect_field '.progress_reports | map(.task | length >= 1) | all' true
task=$(field '.progress_reports[3].task[0]')
expect_http 200 GET "$task"
expect_field .state completed
expect_field .name pulp2to3.content
expect_field .error null
expect_field .migration_report "$report"
expect_http 200 HEAD "$report"
expect_match '^application/json' header Content-Type

title "A plan with a report is not deleted"
plan=$(rest_report "$report" .migration_plan)
expect_http 409 DELETE "$plan"

title "Lists have pages, filters and an order"
client walk "$API/migration-plans/"
client walk "$API/tasks/"
client walk "$API/tasks/?ordering=-started_at&state=completed"
expect_http 200 GET "$API/tasks/?limit=1&offset=1"
expect_field '.results | length' 1
expect_match '^http://localhost/.*[?&]offset=2' field .next
expect_match '^http://localhost/.*limit=1' field .previous
expect_http 200 GET "$API/tasks/?migration_report=$report&code=content"
expect_field '.results | map(.name) | unique | join(" ")' pulp2to3.content
expect_http 200 GET "$API/migrationreport/?state=failed"
expect_field '[.count, (.results | length)] | join(" ")' '0 0'
expect_http 200 GET "$API/migrationreport/?state__in=failed,completed&pulp_created__gte=2001-01-01&ordering=pulp_created"
expect_field .count 1
expect_http 200 GET "$API/migrationreport/?pulp_created__lte=2001-01-01T00:00:00Z"
expect_field .count 0
expect_http 200 GET "$API/migrationreport/?pulp_created__gte=2001-01-01T00:00:00%2B02:00"
expect_field .count 1

title "A finished report refuses to be canceled"
expect_http 409 PATCH "$report" '{"state": "cancel"}'
expect_http 409 PATCH "$report" '{"status": "canceled"}'
expect_eq "$(report_get "$(id_of "$report")" State)" completed

title "Two clients at once: one run is taken, the other one is refused and told of the first"
sample_make 20000 --on-demand 20 --shared 10 --duplicate 5
target_make
plan=$(rest_plan "$ALL")
curl_both() {
        curl --silent --unix-socket "$REST_SOCKET" --output "$rest_files/both.$1" --write-out '%{http_code}\n' \
                --request POST --header 'Content-Type: application/json' --data '{"workers": 2, "skip_corrupted": true}' "http://localhost${plan}run/"
}
curl_both 1 >"$rest_files/status.1" &
one=$!
curl_both 2 >"$rest_files/status.2" &
wait "$one" "$!"
expect_eq "$(sort "$rest_files/status.1" "$rest_files/status.2" | xargs)" '202 409'
report=$(jq -r .migration_report "$rest_files/both.1")
expect_match "^$API/migrationreport/[0-9]+/\$" printf '%s' "$report"
expect_eq "$(jq -r .migration_report "$rest_files/both.2")" "$report"
expect_http 409 POST "${plan}run/" '{}'
expect_field .migration_report "$report"
expect_http 200 GET "$API/status/"
expect_field .unfinished_report "$report"
expect_eq "$(sql "SELECT count(*) FROM migrationd.report")" 2

title "A caller without the right may look, and change nothing"
wait_until 120 content_is_at_work "$report"
# However fast it is, it is not over before the cancel.
systemd-run --quiet --collect --unit=rest-lock --uid=pulp --service-type=exec psql -XAtq -d pulp \
        -c 'BEGIN; LOCK TABLE core_content IN EXCLUSIVE MODE; SELECT pg_sleep(150)'
REST_USER=nobody expect_http 200 GET "$report"
REST_USER=nobody expect_http 403 PATCH "$report" '{"state": "cancel"}'
REST_USER=nobody expect_http 403 POST "$API/migration-plans/" "{\"plan\": $ALL}"
REST_USER=nobody expect_http 403 POST "${plan}run/"
REST_USER=nobody expect_http 403 DELETE "$plan"
expect_eq "$(report_get "$(id_of "$report")" State)" running

title "Canceled by PATCH in the middle of content: when canceled is first seen no unit of it is left"
expect content_is_at_work "$report"
expect_http 202 PATCH "$report" '{"state": "cancel"}'
expect_field .state canceling
expect_http 202 PATCH "$report" '{"status": "canceled"}'
# The end may come between the two.
expect_match '^(canceling|canceled)$' field .state
wait_until 60 rest_report_is "$report" canceled
expect_eq "$(units_of "$(id_of "$report")")" ''
expect_exit 1 pgrep -u pulp pulp2to3
expect_eq "$(sql "SELECT count(*) FROM migrationd.attempt WHERE report_id = $(id_of "$report") AND state IN ('launching', 'running')")" 0
expect_http 200 GET "$report"
expect_field '.progress_reports[] | select(.code == "content") | .state' canceled
expect_http 409 PATCH "$report" '{"state": "cancel"}'
((($(pulp_sql -c 'SELECT count(*) FROM file_filecontent')) < 20000)) || fail "all content was migrated before the cancel"
systemctl stop rest-lock.service

title "The foreign client cancels as well, and sees all tasks at an end"
target_make
plan=$(rest_plan "$ALL")
report=$(rest_run "$plan" '{"workers": 2, "skip_corrupted": true}')
client cancel "$report" content
expect_output "^$report canceled\$"
expect_eq "$(units_of "$(id_of "$report")")" ''

title "Who asked is in the events, and by which way"
expect_eq "$(sql "SELECT DISTINCT uid FROM migrationd.event")" 0
expect_eq "$(sql "SELECT string_agg(DISTINCT detail->>'via', ' ') FROM migrationd.event")" migrationd-rest
expect_eq "$(sql "SELECT count(*) FROM migrationd.event WHERE verb = 'cancel' AND unit = 'migrationd-rest.service'")" 2
expect_eq "$(sql "SELECT count(*) FROM migrationd.event WHERE verb = 'run' AND uid <> 0")" 0

title "Each answer of this file is one that the server's OpenAPI document describes, and each of its operations was among them"
expect_described --all
