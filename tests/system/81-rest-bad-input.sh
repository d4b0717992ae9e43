#!/bin/bash
# container: rest
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a client of the REST gateway may do wrong, and worse: each is refused with the status and the words for it, nothing is changed
# by it, and the gateway stays small. Then its daemon and its database are away.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/rest.sh
. "$TESTS/lib/rest.sh"

MEMORY_MAX_KIB=$((200 * 1024))
PLANS=$API/migration-plans/
REPORTS=$API/migrationreport/

# database_close: ends that session.
database_close() {
        exec {database_in}>&- {database_out}<&-
        wait "$database" || :
}

# database_open: one session for all the looks of stored(); another one when there was one before.
database_open() {
        if [[ -p $rest_files/asked ]]; then
                database_close
                rm "$rest_files/asked" "$rest_files/told"
        fi
        mkfifo "$rest_files/asked" "$rest_files/told"
        runuser -u migrationd -- psql -XAtq -h /run/migrationd-postgresql -d migrationd <"$rest_files/asked" >"$rest_files/told" &
        database=$!
        exec {database_in}>"$rest_files/asked" {database_out}<"$rest_files/told"
}

# stored: everything that a request could change.
stored() {
        local line

        printf '%s\n' "SELECT (SELECT string_agg(format('%s %s %s', id, name, md5(document::text)), ',' ORDER BY id) FROM migrationd.plan),
                (SELECT string_agg(format('%s %s %s', id, state, workers), ',' ORDER BY id) FROM migrationd.report),
                (SELECT count(*) FROM migrationd.task), (SELECT count(*) FROM migrationd.event);" >&"$database_in"
        read -rt 20 -u "$database_out" line
        printf '%s\n' "$line"
}

# refused STATUS METHOD PATH [BODY [CURL-OPTION…]]: and nothing was changed by it.
refused() {
        expect_http "$@"
        expect_eq "$(stored)" "$before"
}

# refused_field FIELD METHOD PATH BODY: a 400 whose body has that field as its key.
refused_field() {
        refused 400 "${@:2}"
        expect_field '[to_entries[] | .key, (.value | type), (.value[0] | type)] | join(" ")' "$1 array string"
}

# raw TEXT [SECONDS]: these bytes, printf's escapes replaced; the answer within that time in OUTPUT.
raw() {
        test_goes_on || return 0
        # TEXT is the format on purpose.
        # shellcheck disable=SC2059
        OUTPUT=$(printf "$1" | python3 -S "$TESTS/programs/rest-raw.py" "$REST_SOCKET" send "${2:-5}" | tr -d '\000') || fail "no answer"
}

# refused_raw STATUSES TEXT: the answer has one of these statuses (ERE; empty: there may be none), and the connection is closed.
# libmicrohttpd 0.9.75 writes the head of some of its own answers twice.
refused_raw() {
        local statuses

        raw "$2"
        test_goes_on || return 0
        statuses=$(grep -aoE 'HTTP/1\.[01] [0-9]{3}' <<<"$OUTPUT" | cut -d' ' -f2 | uniq | xargs) || :
        [[ $statuses =~ ^($1)$ ]] || fail "${2:0:120} is answered with '$statuses', not $1"
        [[ $(tail -n 1 <<<"$OUTPUT") == closed ]] || fail "${2:0:120}: the connection stays open"
        expect_eq "$(stored)" "$before"
}

# status_is STATUS PATH
status_is() {
        http GET "$2"
        [[ $STATUS == "$1" ]]
}

# deep COUNT: so many arrays in each other.
deep() {
        printf '[%.0s' $(seq "$1")
        printf ']%.0s' $(seq "$1")
}

migration_user
program hold <<'PROGRAM'
#!/bin/sh
exec tail -f /dev/null
PROGRAM
definition hold <<'DEFINITION'
{"name": "hold", "description": "A task that stays", "user": "worker", "steps": [
        {"code": "hold", "message": "Hold", "exec": ["/usr/local/lib/migrations/hold"]}]}
DEFINITION
rest_start
http POST "$PLANS" '{"plan": {}, "name": "held", "migration": "hold"}'
plan=$(field .pulp_href)
report=$(rest_run "$plan")
[[ $plan == /* && $report == /* ]] || fail "no report to work on: $BODY"
database_open
before=$(stored)

# hold COUNT TEXT: in the background; its output in $rest_files/held.$holding.
holding=0
hold() {
        holding=$((holding + 1))
        python3 "$TESTS/programs/rest-raw.py" "$REST_SOCKET" hold "$@" >"$rest_files/held.$holding" &
}

title "While a thousand connections are idle or half sent, another client is served"
hold 400 ''
hold 200 'GET /pulp'
hold 200 "GET $REPORTS HTTP/1.1\r\nHost: x\r\nX-Half: "
hold 200 "PATCH $report HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"state\": "
# A chunk so large that its end never comes, and bytes without the end of a line: waited for, and closed in time, as half sent.
hold 1 "POST $PLANS HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"
hold 1 '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
for i in 1 2 3 4 5 6; do
        wait_until 20 grep -qx held "$rest_files/held.$i"
done
for i in {1..10}; do
        expect_http 200 GET "$report" '' --max-time 2
done
expect_eq "$(stored)" "$before"

title "More connections than it takes are turned away, and those that it has are served"
hold 300 'GET /pulp'
too_many=$!
wait_until 20 grep -qx held "$rest_files/held.$holding"
wait_until 5 sh -c 'journalctl --sync && journalctl --quiet --unit=migrationd-rest.service | grep -q "turned away"'
kill "$too_many"
# The refused requests below come while the others are still held.
wait_until 5 status_is 200 "$report"

title "JSON that is none, or not an object, is refused"
for body in '{' '{"plan": {}' '{"plan": {}} x' '{"plan": NaN}' '{"plan": {"a": 1, "a": 2}}' '[]' '5' 'null' '"text"' "{'plan': {}}" \
        $'{"plan": {"a": "\xff\xfe"}}' '{"plan": {"a": "\ud800"}}' "{\"plan\": {\"a\": $(deep 5000)}}"; do
        refused 400 POST "$PLANS" "$body"
done
refused 400 POST "$PLANS" '' --header 'Content-Type: application/json'
refused 400 PATCH "$report" '{"state": "cancel"'
refused 400 PATCH "$report" '["cancel"]'
refused 400 POST "${plan}run/" '{"workers": }'

title "A value of another type, and a field that there is not, are refused by name"
refused_field plan POST "$PLANS" '{}'
refused_field plan POST "$PLANS" '{"plan": 5}'
refused_field plan POST "$PLANS" '{"plan": null}'
refused_field plan POST "$PLANS" '{"plan": []}'
refused_field plan POST "$PLANS" '{"plan": "no JSON"}'
refused_field plan POST "$PLANS" '{"plan": "[]"}'
refused_field plan POST "$PLANS" "{\"plan\": {\"a\": $(deep 70)}}"
refused_field nmae POST "$PLANS" '{"plan": {}, "nmae": "x"}'
refused_field name POST "$PLANS" '{"plan": {}, "name": 5}'
refused_field name POST "$PLANS" "{\"plan\": {}, \"name\": \"$(printf 'n%.0s' $(seq 5000))\"}"
refused_field name POST "$PLANS" '{"plan": {}, "name": "held", "migration": "hold"}'
refused_field migration POST "$PLANS" '{"plan": {}, "migration": 5}'
refused_field migration POST "$PLANS" '{"plan": {}, "migration": "nothing"}'
refused_field migration POST "$PLANS" '{"plan": {}, "migration": "../hold"}'
refused_field workers POST "${plan}run/" '{"workers": 0}'
refused_field workers POST "${plan}run/" '{"workers": 1025}'
refused_field workers POST "${plan}run/" '{"workers": -1}'
refused_field workers POST "${plan}run/" '{"workers": 18446744073709551617}'
refused_field workers POST "${plan}run/" '{"workers": 2.5}'
refused_field workers POST "${plan}run/" '{"workers": "2"}'
refused_field validate POST "${plan}run/" '{"validate": "yes"}'
refused_field dry_run POST "${plan}run/" '{"dry_run": 1}'
refused_field skip_corrupted POST "${plan}run/" '{"skip_corrupted": null}'
refused_field on_behalf_uid POST "${plan}run/" '{"on_behalf_uid": 0}'

title "A report is patched with a state that means cancel, and nothing else"
refused_field state PATCH "$report" '{"state": "running"}'
expect_output running
refused_field state PATCH "$report" '{"state": "completed"}'
refused_field state PATCH "$report" '{"state": 5}'
refused_field state PATCH "$report" '{"state": null}'
refused_field status PATCH "$report" '{"status": "CANCEL"}'
refused_field workers PATCH "$report" '{"workers": 3}'
refused_field workers PATCH "$report" '{"state": "cancel", "workers": 3}'
refused 400 PATCH "$report" '{}'
refused 400 PATCH "$report" '{"state": "cancel", "status": "cancel"}'

title "Bodies beyond the limits are refused, also those that do not say their length; one below it is taken"
head -c 5000000 /dev/zero | tr '\0' ' ' >"$rest_files/large"
refused 413 POST "$PLANS" "@$rest_files/large"
refused 413 POST "$PLANS" "@$rest_files/large" --header 'Transfer-Encoding: chunked'
refused 413 POST "$PLANS" "@$rest_files/large" --header 'Expect: 100-continue'
head -c 70000 "$rest_files/large" >"$rest_files/medium"
refused 413 PATCH "$report" "@$rest_files/medium"
refused 413 POST "${plan}run/" "@$rest_files/medium" --header 'Transfer-Encoding: chunked'
refused_raw '413' "POST $PLANS HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{"
jq -nc '{plan: {a: ("x" * 4000000)}, migration: "hold"}' >"$rest_files/near"
expect_http 201 POST "$PLANS" "@$rest_files/near"
near=$(field .pulp_href)
expect_http 200 GET "$near"
expect_field '.plan.a | length' 4000000
expect_http 204 DELETE "$near"
before=$(stored)

title "Ids that there are not, or that are no ids, are not found"
for id in 0 4711 4294967295 4294967296 99999999999999999999999 -1 +1 1x 0x1 01 1.0 '%20' '1%20' "1'" '1;' '*' '_1' ; do
        for list in migrationreport migration-plans tasks; do
                http GET "$API/$list/$id/"
                [[ $STATUS =~ ^40[04]$ ]] || expect_eq "$id of $list: $STATUS" 404
        done
done
expect_eq "$(stored)" "$before"
refused 404 GET "${REPORTS}4711/"
refused 404 PATCH "${REPORTS}4711/" '{"state": "cancel"}'
refused 404 DELETE "${PLANS}4711/"
refused 404 POST "${PLANS}4711/run/" '{}'
refused 404 GET "$API/"
refused 404 GET "$API/nothing/"
refused 404 GET /
refused 404 GET "${report}more/"

title "A path without its slash is led to it, for reading only"
refused 301 GET "${report%/}"
expect_match "$report\$" header Location
refused 301 GET "$API/tasks?limit=1"
expect_match "$API/tasks/\\?limit=1\$" header Location
refused 404 PATCH "${report%/}" '{"state": "cancel"}'
refused 404 POST "${PLANS%/}" '{"plan": {}, "migration": "hold"}'

title "A query that is not described is refused by the name of its parameter"
refused_field limit GET "$REPORTS?limit=0"
refused_field limit GET "$REPORTS?limit=1001"
refused_field limit GET "$REPORTS?limit=ten"
refused_field limit GET "$REPORTS?limit="
refused_field limit GET "$REPORTS?limit=99999999999999999999"
refused_field offset GET "$REPORTS?offset=-1"
refused_field ordering GET "$REPORTS?ordering=pulp_created;DROP"
refused_field ordering GET "$API/tasks/?ordering=pulp_created,name"
refused_field state GET "$REPORTS?state=lost"
refused_field state__in GET "$REPORTS?state__in=running,lost"
refused_field pulp_created__gte GET "$REPORTS?pulp_created__gte=yesterday"
refused_field pulp_created__lte GET "$REPORTS?pulp_created__lte=2026-13-01"
refused_field migration_report GET "$API/tasks/?migration_report=/etc/passwd"
refused_field nothing GET "$REPORTS?nothing=1"
refused 400 GET "$REPORTS?limit=%zz"
refused 400 GET "$REPORTS?limit=1&limit=2"
refused 400 GET "$REPORTS?%00=1"

title "Methods that a path does not have are answered with those that it has"
check_methods() {
        local path=$1 allowed=$2 method

        for method in GET POST PUT PATCH DELETE OPTIONS TRACE BREW; do
                [[ " $allowed " != *" $method "* ]] || continue
                refused 405 "$method" "$path" '{"state": "cancel", "plan": {}, "migration": "hold"}'
                expect_eq "$(header Allow)" "${allowed// /, }"
        done
}
check_methods "$API/status/" 'GET HEAD'
check_methods "$API/docs/api.json" 'GET HEAD'
check_methods "$REPORTS" 'GET HEAD'
check_methods "$report" 'GET HEAD PATCH'
check_methods "$PLANS" 'GET HEAD POST'
check_methods "$plan" 'GET HEAD DELETE'
check_methods "${plan}run/" 'POST'
check_methods "$API/tasks/" 'GET HEAD'

title "A body of another content type is refused"
for type in text/plain application/x-www-form-urlencoded 'multipart/form-data; boundary=x' application/jsonp ''; do
        refused 415 PATCH "$report" '' --data-binary '{"state": "cancel"}' --header "Content-Type:${type:+ }$type"
        refused 415 POST "$PLANS" '' --data-binary '{"plan": {}, "migration": "hold"}' --header "Content-Type:${type:+ }$type"
done

title "Credentials that are wrong are refused, also from a peer who would be known without"
for authorization in 'Basic' 'Basic ????' "Basic $(printf 'root' | base64)" "Basic $(printf 'root:' | base64)" \
        "Basic $(printf 'root:wrong' | base64)" 'Bearer' 'Bearer x' 'Digest username="root"' 'root' "Bearer $(printf 'b%.0s' $(seq 6000))"; do
        refused 401 PATCH "$report" '{"state": "cancel"}' --header "Authorization: $authorization"
        expect_match '^(Basic|Bearer)' header WWW-Authenticate
done

title "Requests that two servers could read in two ways are refused, and what follows them is not done"
# The request that must not be seen.
inner="PATCH $report HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"state\": \"cancel\"}"
head="POST $PLANS HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
refused_raw 400 "${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$inner"
refused_raw 400 "${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n$inner"
refused_raw 400 "${head}Content-Length: 0\r\nContent-Length: 200\r\n\r\n$inner"
refused_raw 400 "${head}Content-Length: 0, 200\r\n\r\n$inner"
refused_raw 400 "${head}Content-Length: +2\r\n\r\n{}$inner"
refused_raw 400 "${head}Content-Length: -2\r\n\r\n{}$inner"
refused_raw 400 "${head}Content-Length: 0x2\r\n\r\n{}$inner"
refused_raw 400 "${head}Content-Length: 2 2\r\n\r\n{}$inner"
refused_raw '400|413' "${head}Content-Length: 18446744073709551618\r\n\r\n{}$inner"
refused_raw 400 "${head}Content-Length : 2\r\n\r\n{}$inner"
refused_raw '400|501' "${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$inner"
refused_raw '400|501' "${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n$inner"
refused_raw '400|501' "${head}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n$inner"
refused_raw '400|501' "${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n$inner"
refused_raw '400|501' "${head}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n$inner"
refused_raw 400 "${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n$inner"
refused_raw 400 "POST $PLANS HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$inner"
for chunk in 'zz' '-1' '+2' '0x2' '10000000000000000' ''; do
        refused_raw '400|413|' "${head}Transfer-Encoding: chunked\r\n\r\n$chunk\r\n{}\r\n0\r\n\r\n$inner"
done
refused_raw '400|' "${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n$inner"

# The rest of a chunk that is said to be large is waited for, as of any body: what comes next is taken for it.
raw "${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n$inner" 0.5
expect_eq "$(stored)" "$before"

title "Requests whose head is not one are refused"
refused_raw 400 "GET $REPORTS HTTP/1.1\r\n\r\n"
refused_raw 400 "GET $REPORTS HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"
refused_raw 400 "GET $REPORTS HTTP/1.1\r\nHost: x y\r\n\r\n"
refused_raw 400 "GET $REPORTS HTTP/1.1\r\nHost : x\r\n\r\n"
refused_raw 400 "GET $REPORTS HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"
refused_raw 400 "GET $REPORTS HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"
refused_raw 400 "GET http://other.example$REPORTS HTTP/1.1\r\nHost: x\r\n\r\n"
refused_raw '400|404' "GET //other.example$REPORTS HTTP/1.1\r\nHost: x\r\n\r\n"
refused_raw '400|404|405' "CONNECT other.example:80 HTTP/1.1\r\nHost: x\r\n\r\n"
refused_raw '400|505|' "GET $REPORTS HTTP/9.9\r\nHost: x\r\n\r\n"
refused_raw '400|505|' "GET $REPORTS\r\n\r\n"
refused_raw '400|505|' "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
refused_raw '400|' "GET $REPORTS\x00 HTTP/1.1\r\nHost: x\r\n\r\n"
refused_raw '400|431' "GET $REPORTS HTTP/1.1\r\nHost: x\r\nX: $(printf 'h%.0s' $(seq 70000))\r\n\r\n"
refused_raw '400|414' "GET $REPORTS?$(printf 'q%.0s' $(seq 70000)) HTTP/1.1\r\nHost: x\r\n\r\n"

title "Paths with tricks are refused"
for path in "${API}/migrationreport%2f$(basename "$report")/" "${REPORTS}%2e%2e/tasks/" "$REPORTS../tasks/" "$REPORTS./" "$API//tasks/" \
        "${REPORTS}%00/" "${REPORTS}1%00/" "${REPORTS}%0d%0aX:1/" "${REPORTS}%zz/" "${REPORTS}%" "$API/..%2f..%2fetc/passwd" \
        "${REPORTS}%c0%ae/" "${REPORTS}1\\..\\" "$API;x/tasks/"; do
        http GET "$path"
        [[ $STATUS =~ ^40[04]$ ]] || expect_eq "$path: $STATUS" 400
done
for path in "${API}/migrationreport%2f1/" "${REPORTS}%00/" "${REPORTS}%zz/" "$REPORTS../tasks/"; do
        refused 400 GET "$path"
done

title "What was half sent is closed in time, and the gateway serves as before"
for i in 1 2 3 4 5 6; do
        wait_until 90 grep -qx closed "$rest_files/held.$i"
done
expect_http 200 GET "$report"
expect_eq "$(stored)" "$before"

title "After all this the gateway is the same process, and small"
expect_eq "$(systemctl show --value --property=NRestarts migrationd-rest.service)" 0
expect test "$(gateway_memory_kib)" -lt "$MEMORY_MAX_KIB"
expect_http 200 GET "$report"
expect_field .state running

title "Its log has no secret and no body, and is not filled by what is refused"
expect journal_of migrationd-rest.service
expect_no_output 'bbbbbbbb|root:wrong|"cancel"|xxxxxxxx'
expect test "$(wc -l <<<"$OUTPUT")" -lt 400

title "While the database is away: 503 and when to try again; the status says so"
expect systemctl mask --runtime --now migrationd-postgresql.service
expect_http 503 GET "$report"
expect_match '^[1-9][0-9]*$' header Retry-After
expect_http 503 PATCH "$report" '{"state": "cancel"}'
expect_match '^[1-9][0-9]*$' header Retry-After
expect_http 200 GET "$API/status/"
expect_field .database_connection.connected false
expect systemctl unmask --runtime migrationd-postgresql.service
expect systemctl start migrationd-postgresql.service
wait_until 30 status_is 200 "$report"
database_open
expect_eq "$(stored)" "$before"

title "While the daemon is away: 503, also for the status; then all is as before, without a restart of the gateway"
expect systemctl mask --runtime --now migrationd.service
expect_http 503 GET "$report"
expect_match '^[1-9][0-9]*$' header Retry-After
expect_http 503 POST "$PLANS" '{"plan": {}, "migration": "hold"}'
expect_http 503 GET "$API/status/"
expect_match '^[1-9][0-9]*$' header Retry-After
expect systemctl unmask --runtime migrationd.service
wait_until 30 status_is 200 "$report"
expect_eq "$(stored)" "$before"

title "A gateway that was killed is there again for the next connection"
expect systemctl kill --signal=KILL migrationd-rest.service
wait_until 30 status_is 200 "$report"

title "Its log names a peer once, however much of it is refused"
refusals() {
        journal_of migrationd-rest.service | grep -cE '^Refused a request of user 0, process [0-9]+ \(HTTP status 400\)' || :
}
said=$(refusals)
wrong="GET $REPORTS?limit=0 HTTP/1.1\r\nHost: x\r\n"
raw "$wrong\r\n$wrong\r\n$wrong\r\n${wrong}Connection: close\r\n\r\n"
expect_eq "$(grep -o 'HTTP/1.1 400' <<<"$OUTPUT" | wc -l)" 4
expect_eq "$(refusals)" $((said + 1))

title "The request that was never to be seen does cancel the report, when it comes by itself"
raw "$inner" 1
expect_match '^HTTP/1.1 202' printf '%s\n' "$OUTPUT"
wait_until 60 rest_report_is "$report" canceled

title "Each answer, also the refusing ones, is one that the OpenAPI document describes"
expect_described
database_close
