# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by system tests of the REST gateway, after system.sh: requests with curl, and what they are answered with.
# shellcheck shell=bash

REST_SOCKET=/run/migrationd-rest/api.socket
API=/pulp/api/v3
# The last answer.
STATUS=
BODY=
rest_files=$(mktemp -d)
chmod 755 "$rest_files"
# Each exchange, for openapi-check.py: those of http as files of their time, those of rest-client.py in one file.
mkdir "$rest_files/exchanges"
RECORDS=$rest_files/records.jsonl
: >"$RECORDS"
rest_exchange=
# Where requests go: options of curl and what comes before the path; http_at changes it.
rest_target=(--unix-socket "$REST_SOCKET")
rest_base=http://localhost

# rest_start: the gateway's socket, which starts the gateway.
rest_start() {
        systemctl start migrationd-rest.socket
}

# http_at BASE [CURL-OPTION…]: where the next requests go; without arguments to the Unix socket.
http_at() {
        rest_base=${1:-http://localhost}
        rest_target=("${@:2}")
        (($# > 0)) || rest_target=(--unix-socket "$REST_SOCKET")
}

# curl_as USER CURL-OPTION…
curl_as() {
        if [[ $1 == root ]]; then
                curl "${@:2}"
        else
                # The caller's directory may be closed to that user.
                runuser -u "$1" -- env --chdir=/ curl "${@:2}"
        fi
}

# http METHOD PATH [BODY [CURL-OPTION…]]: one request, by the user in REST_USER, with a JSON body when that is not empty. Sets
# STATUS (000: no answer), BODY, and what header() reads; OUTPUT is the body, for expect_output.
http() {
        local method=$1 path=$2 body=${3:-} options=()
        shift $(($# < 3 ? 2 : 3))

        if [[ $method == HEAD ]]; then options=(--head); else options=(--request "$method"); fi
        [[ -z $body ]] || options+=(--header 'Content-Type: application/json' --data-binary "$body")
        rest_exchange=$rest_files/exchanges/${EPOCHREALTIME/[^0-9]/}
        : >"$rest_exchange.head"
        : >"$rest_exchange.body"
        # Files that any user may write.
        [[ ${REST_USER:-root} == root ]] || chmod 666 "$rest_exchange".*
        STATUS=$(curl_as "${REST_USER:-root}" --silent --max-time 60 --path-as-is --globoff --dump-header "$rest_exchange.head" \
                --output "$rest_exchange.body" --write-out '%{http_code}' "${rest_target[@]}" "${options[@]}" "$@" \
                "$rest_base$path") || :
        [[ $method != HEAD ]] || : >"$rest_exchange.body"
        BODY=$(<"$rest_exchange.body")
        # Read by expect_output.
        # shellcheck disable=SC2034
        OUTPUT=$BODY
        # What was sent from a file is too long for a record.
        [[ $body != @* ]] || body=
        printf '%s\n%s\n%s\n%s' "$method" "$path" "$STATUS" "$body" >"$rest_exchange.request"
}

# header NAME: of the last answer.
header() {
        local line

        while IFS= read -r line; do
                line=${line%$'\r'}
                [[ ${line,,} != "${1,,}: "* ]] || printf '%s\n' "${line#*: }"
        done <"$rest_exchange.head"
}

# field FILTER: what jq finds in the last body.
field() {
        jq -r "$1" <<<"$BODY" 2>/dev/null || :
}

# expect_http STATUS METHOD PATH [BODY [CURL-OPTION…]]
expect_http() {
        local wanted=$1
        shift

        test_goes_on || return 0
        http "$@"
        [[ $STATUS == "$wanted" ]] || fail "$1 ${2:0:200}: $STATUS, not $wanted: ${BODY:0:200}"
}

# expect_field FILTER VALUE: of the last body.
expect_field() {
        test_goes_on || return 0
        [[ $(field "$1") == "$2" ]] || fail "$1 is '$(field "$1")', not '$2', in ${BODY:0:300}"
}

# rest_plan DOCUMENT [KEY=JSON…]: stores a plan of pulp2to3; prints its href.
rest_plan() {
        http POST "$API/migration-plans/" "{\"plan\": $1}"
        field .pulp_href
}

# rest_run PLAN-HREF [OPTIONS]: runs it; prints the report's href.
rest_run() {
        http POST "$1run/" "${2:-}"
        field .migration_report
}

# rest_report HREF FILTER
rest_report() {
        http GET "$1"
        field "$2"
}

rest_report_is() {
        [[ $(rest_report "$1" .state) == "$2" ]]
}

# expect_described [--all]: each answer that was recorded is one that the server's own document describes; with --all each of the
# document's operations was among them.
expect_described() {
        test_goes_on || return 0
        http_at
        expect_http 200 GET "$API/docs/api.json"
        printf '%s\n' "$BODY" >"$rest_files/api.json"
        expect python3 "$TESTS/programs/openapi-check.py" "$@" "$rest_files/api.json" "$RECORDS" "$rest_files/exchanges"
}

# gateway_memory_kib: the most that the gateway ever had in memory.
gateway_memory_kib() {
        sed -nE 's/^VmHWM:[[:space:]]*([0-9]+) kB$/\1/p' "/proc/$(systemctl show --value --property=MainPID migrationd-rest.service)/status"
}
