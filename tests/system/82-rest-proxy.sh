#!/bin/bash
# container: rest
# timeout: 600
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who asks the REST gateway: over TCP and behind nginx with the example that is shipped, by Basic and Bearer credentials that stand
# for local users, of whom polkit knows what they may.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"
# shellcheck source=tests/lib/rest.sh
. "$TESTS/lib/rest.sh"

EXAMPLE=/usr/share/doc/migrationd/examples/nginx-migrationd.conf
CREDENTIALS=/etc/migrationd/rest-credentials
TCP=http://127.0.0.1:24817
PLANS=$API/migration-plans/
PASSWORD='correct: horse "battery" stäple'
TOKEN=0f1e2d3c4b5a69788796a5b4c3d2e1f0

# as_operator, as_token, nobody_known: options for http.
as_operator=(--user "operator:$PASSWORD")
as_token=(--header "Authorization: Bearer $TOKEN")

# gateway_restart: with files as they are now.
gateway_restart() {
        systemctl stop migrationd-rest.service
        systemctl restart migrationd-rest.socket
}

migration_user
definition quick <<'DEFINITION'
{"name": "quick", "description": "Nothing to do", "user": "worker", "steps": [
        {"code": "first", "message": "First", "contract": "exit-code", "exec": ["/bin/true"]}]}
DEFINITION
for user in operator reader; do
        getent passwd "$user" >/dev/null || useradd --system --no-user-group "$user"
done
cat >/etc/polkit-1/rules.d/01-rest.rules <<'RULE'
polkit.addRule(function(action, subject) {
        if (action.id.indexOf("org.migrationd1.") == 0 && subject.user == "operator")
                return polkit.Result.YES;
});
RULE

title "Without a credential file the gateway starts, and over TCP nobody is known"
rm -f "$CREDENTIALS"
install -d /etc/systemd/system/migrationd-rest.socket.d
cat >/etc/systemd/system/migrationd-rest.socket.d/tcp.conf <<'UNIT'
[Socket]
ListenStream=127.0.0.1:24817
UNIT
systemctl daemon-reload
expect gateway_restart
http_at "$TCP"
expect_http 200 GET "$API/status/"
expect_http 401 GET "$PLANS"
expect_http 401 GET "$PLANS" '' "${as_operator[@]}"
expect_http 401 GET "$PLANS" '' "${as_token[@]}"

title "Over TCP those are known who bring credentials of the file, and everybody is told how"
umask 077
{
        printf '# name, hash, local user\n'
        printf 'basic operator %s operator\n' "$(mkpasswd --method=yescrypt --stdin <<<"$PASSWORD")"
        printf 'basic reader %s reader\n' "$(mkpasswd --method=sha-512 reading)"
        printf '\nbearer %s operator\n' "$(printf '%s' "$TOKEN" | sha256sum | cut -d' ' -f1)"
} >"$CREDENTIALS"
umask 022
expect gateway_restart
expect_http 401 GET "$PLANS"
expect_eq "$(header WWW-Authenticate | cut -d' ' -f1 | xargs)" 'Basic Bearer'
expect_http 200 GET "$PLANS" '' "${as_operator[@]}"
expect_http 200 GET "$PLANS" '' "${as_token[@]}"
expect_http 200 GET "$PLANS" '' --user reader:reading
expect_http 200 GET "$API/docs/api.json"

title "Wrong ones are refused, all in the same words"
expect_http 401 GET "$PLANS" '' --user operator:wrong
wrong=$BODY
expect_http 401 GET "$PLANS" '' --user nobody:wrong
expect_eq "$BODY" "$wrong"
expect_http 401 GET "$PLANS" '' --user operator:
expect_http 401 GET "$PLANS" '' --user "operator:$PASSWORD "
expect_http 401 GET "$PLANS" '' --header 'Authorization: Bearer 0f1e2d3c4b5a69788796a5b4c3d2e1f1'
expect_http 401 GET "$PLANS" '' --header "Authorization: Bearer $(printf '%s' "$TOKEN" | sha256sum | cut -d' ' -f1)"

title "Polkit decides about the user that credentials stand for, and the event names that user"
expect_http 403 POST "$PLANS" '{"plan": {}, "migration": "quick"}' --user reader:reading
expect_http 201 POST "$PLANS" '{"plan": {}, "migration": "quick"}' "${as_token[@]}"
expect_eq "$(sql "SELECT uid FROM migrationd.event ORDER BY id DESC LIMIT 1")" "$(id -u operator)"
expect_eq "$(sql "SELECT unit FROM migrationd.event ORDER BY id DESC LIMIT 1")" migrationd-rest.service
expect_http 204 DELETE "$(field .pulp_href)" '' "${as_operator[@]}"

title "Right and wrong passwords by the dozen keep nobody else waiting"
floods=()
for i in {1..40}; do
        curl --silent --output /dev/null --max-time 60 --user "operator:wrong$i" "$TCP$PLANS" &
        floods+=("$!")
done
http_at
for i in {1..5}; do
        expect_http 200 GET "$PLANS" '' --max-time 2
done
wait "${floods[@]}" || :
http_at "$TCP"
expect_http 200 GET "$PLANS" '' "${as_operator[@]}"

title "On the Unix socket a peer is known by its user, unless it is a proxy: then its clients have to say who they are"
http_at
REST_USER=www-data expect_http 200 GET "$PLANS"
REST_USER=www-data expect_http 403 POST "$PLANS" '{"plan": {}, "migration": "quick"}'
printf '[Rest]\nProxyUsers=www-data\n' >/etc/migrationd/rest.conf
expect gateway_restart
REST_USER=www-data expect_http 401 GET "$PLANS"
REST_USER=www-data expect_http 200 GET "$PLANS" '' "${as_operator[@]}"
REST_USER=www-data expect_http 200 GET "$API/status/"
REST_USER=reader expect_http 200 GET "$PLANS"

title "Behind nginx, by the example: TLS, and clients are known by their credentials alone"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=migration.example.org -addext 'subjectAltName=DNS:migration.example.org,DNS:localhost' \
        -keyout /etc/ssl/private/migrationd-rest.key -out /etc/ssl/certs/migrationd-rest.pem 2>/dev/null
install -m 644 "$EXAMPLE" /etc/nginx/conf.d/migrationd.conf
# The container's packages come without their logs.
install -d -o www-data -g adm /var/log/nginx
expect nginx -t
expect systemctl restart nginx.service
http_at https://localhost --cacert /etc/ssl/certs/migrationd-rest.pem
expect_http 200 GET "$API/status/"
expect_http 200 GET "$PLANS" '' "${as_operator[@]}"
# The connection behind nginx is the same one: who asked before is not who asks now.
for i in 1 2 3; do
        expect_http 401 GET "$PLANS"
        expect_http 401 POST "$PLANS" '{"plan": {}, "migration": "quick"}'
done
expect_http 403 POST "$PLANS" '{"plan": {}, "migration": "quick"}' --user reader:reading

title "A foreign client migrates through nginx, by Basic and by Bearer, and walks the lists"
client() {
        expect python3 "$TESTS/programs/rest-client.py" --url https://localhost --cafile /etc/ssl/certs/migrationd-rest.pem \
                --record "$RECORDS" --migration quick "$@"
}
client --user "operator:$PASSWORD" run quick-basic '{}'
expect_output '^/pulp/api/v3/migrationreport/[0-9]+/ completed$'
client --token "$TOKEN" run quick-bearer '{"a": 1}'
expect_output '^/pulp/api/v3/migrationreport/[0-9]+/ completed$'
client --user reader:reading walk "$API/tasks/"
expect_http 200 GET "$API/tasks/?limit=1" '' "${as_token[@]}"
expect_match "^(https://localhost)?$API/tasks/\\?" field .next
expect_eq "$(sql "SELECT count(*) FROM migrationd.event WHERE verb = 'run' AND uid = $(id -u operator)")" 2

title "What is too large, or could be read in two ways, is refused through nginx too"
head -c 5500000 /dev/zero | tr '\0' ' ' >"$rest_files/large"
expect_http 413 POST "$PLANS" "@$rest_files/large" "${as_operator[@]}"
expect_http 400 GET "$API/migrationreport%2f1/" '' "${as_operator[@]}"
expect_http 401 GET "$API/migrationreport/../tasks/"
expect_http 404 GET /other/

title "Nothing of a credential is in the log of the gateway"
expect journal_of migrationd-rest.service
# shellcheck disable=SC2016
expect_no_output "horse|$TOKEN|\\\$y\\\$|reading"

title "A credential file with a line that is none keeps the gateway from starting, and names the line; the socket recovers"
cp "$CREDENTIALS" "$rest_files/credentials"
printf 'basic operator plain-text operator\n' >>"$CREDENTIALS"
expect gateway_restart
http_at
http GET "$API/status/" '' --max-time 3
expect_match 'rest-credentials:6' journal_of migrationd-rest.service
cp "$rest_files/credentials" "$CREDENTIALS"
gateway_is_back() {
        gateway_restart
        http GET "$API/status/" '' --max-time 3
        [[ $STATUS == 200 ]]
}
# On a quick machine the socket has reached TriggerLimitBurst= by now, which PID 1 counts past its restart, over two seconds.
wait_until 15 gateway_is_back
expect_http 200 GET "$API/status/"

title "Each answer is one that the OpenAPI document describes"
expect_described
systemctl stop nginx.service
rm -r /etc/systemd/system/migrationd-rest.socket.d /etc/migrationd/rest.conf "$CREDENTIALS" /etc/polkit-1/rules.d/01-rest.rules \
        /etc/nginx/conf.d/migrationd.conf
systemctl daemon-reload
gateway_restart
