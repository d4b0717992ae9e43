#!/bin/bash
# container: main
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bad input is refused with an error that names the culprit, and nothing is lost or half-written: no row of any table.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"
# shellcheck source=tests/lib/migration.sh
. "$TESTS/lib/migration.sh"

began=$(date +%s)
DEFINITIONS=/etc/migrationd/migrations
WORK=$(mktemp -d)
# Readable by the user that an unprivileged caller is.
chmod 755 "$WORK"

# rows: all that callers can bring into the database, as one text.
rows() {
        sql "SELECT (SELECT count(*) FROM migrationd.plan), (SELECT count(*) FROM migrationd.report),
                (SELECT count(*) FROM migrationd.step), (SELECT count(*) FROM migrationd.task),
                (SELECT count(*) FROM migrationd.event)"
}

# refused EXIT REGEX COMMAND…: the command exits so, says that, and leaves every table as it was.
refused() {
        local wanted=$1 regex=$2 before
        shift 2

        test_goes_on || return 0
        before=$(rows)
        expect_exit "$wanted" "$@"
        expect_output "$regex"
        expect_eq "$(rows)" "$before"
}

create() {
        migrationctl plan create "$1" "$WORK/plan.json"
}

# create_over_bus DOCUMENT-FILE: past the checks of the command line, which looks at a document first. The document
# comes from a file: an argument may have 128 KiB.
create_over_bus() {
        busctl --system call "${MANAGER[@]}" CreatePlan 'ssa{sv}' bad_input "$(cat "$1")" 0
}

# bad_definition STEP: a definition of the name bad_input with this object as its step.
bad_definition() {
        definition bad_input <<<"{ \"name\": \"bad_input\", \"description\": \"Bad\", \"user\": \"worker\", \"steps\": [ $1 ] }"
}

good_definition() {
        bad_definition '{ "code": "only", "message": "Only", "contract": "exit-code", "exec": ["/bin/true"] }'
}

migration_user
printf '{"a": 1}\n' >"$WORK/plan.json"
good_definition
# The service has made its schema when it has answered.
expect migrationctl plan create --name bad-input bad_input "$WORK/plan.json"
plan=$(migrationctl plan show bad-input --json=short | jq .id)

title "A definition that its group can write is refused, for a plan and for a run; it says what to type"
chmod 664 "$DEFINITIONS/bad_input.json"
refused 2 "$DEFINITIONS/bad_input\.json: .*writable by its group" create bad_input
expect_output "chmod go-w $DEFINITIONS/bad_input\.json"
refused 2 "$DEFINITIONS/bad_input\.json" migrationctl run bad-input
expect_exit 2 migrationctl definition show bad_input
expect_output "chmod go-w $DEFINITIONS/bad_input\.json"
# Typed as it stands, that is it.
read -ra command < <(grep -oE 'chmod go-w /[^ ]+' <<<"$OUTPUT")
expect "${command[@]}"
expect migrationctl definition show bad_input
expect_eq "$(stat -c %a "$DEFINITIONS/bad_input.json")" 644

title "A definition that belongs to another user is refused"
chown worker "$DEFINITIONS/bad_input.json"
refused 2 "$DEFINITIONS/bad_input\.json: .*not owned by root" create bad_input
refused 2 'not owned by root' migrationctl run bad-input
chown root "$DEFINITIONS/bad_input.json"

title "A definition in a directory that others can write is refused"
chmod 777 "$DEFINITIONS"
refused 2 'migrations is a directory that its group or others may write' create bad_input
chmod 755 "$DEFINITIONS"

title "A symbolic link to a file that root does not own is refused, one to a file of root is taken"
mv "$DEFINITIONS/bad_input.json" /etc/migrationd/elsewhere.json
cp /etc/migrationd/elsewhere.json /var/lib/worker/elsewhere.json
chown worker /var/lib/worker/elsewhere.json
ln -s /var/lib/worker/elsewhere.json "$DEFINITIONS/bad_input.json"
refused 2 "$DEFINITIONS/bad_input\.json: worker is a directory that is not owned by root" create bad_input
ln -sf /etc/migrationd/elsewhere.json "$DEFINITIONS/bad_input.json"
expect migrationctl definition show bad_input
rm "$DEFINITIONS/bad_input.json" /etc/migrationd/elsewhere.json

title "An unknown key of a definition is named by file and JSON pointer, with the key that may be meant"
bad_definition '{ "code": "only", "message": "Only", "exec": ["/bin/true"], "contarct": "exit-code" }'
refused 2 "bad_input\.json: /steps/0/contarct: unknown key, did you mean \"contract\"" create bad_input
bad_definition '{ "code": "only", "message": "Only", "exec": ["/bin/true"], "retries": { "attemps": 2 } }'
refused 2 'bad_input\.json: /steps/0/retries/attemps: unknown key' create bad_input

title "Values that are not valid are named by file and JSON pointer"
bad_definition '{ "code": "only", "message": "Only", "exec": ["true"] }'
refused 2 'bad_input\.json: /steps/0/exec/0: "true" is not an absolute path' create bad_input
bad_definition '{ "code": "only", "message": "Only", "exec": ["/bin/true"], "parallel": 0 }'
refused 2 'bad_input\.json: /steps/0/parallel: ' create bad_input
bad_definition '{ "code": "Only", "message": "Only", "exec": ["/bin/true"] }'
refused 2 'bad_input\.json: /steps/0/code: "Only" is not a name' create bad_input
bad_definition '{ "code": "only", "message": "Only\nExecStart=/bin/sh", "exec": ["/bin/true"] }'
refused 2 'bad_input\.json: /steps/0/message: has a control character' create bad_input
bad_definition '{ "code": "only", "message": "Only" }'
refused 2 'bad_input\.json: /steps/0: key "exec" is missing' create bad_input

title "A definition that is no JSON is named with line and column"
definition bad_input <<<$'{ "name": "bad_input",\n  "steps" [] }'
refused 2 'bad_input\.json:2:[0-9]+: ' create bad_input
definition bad_input <<<'{ "name": "bad_input", "name": "bad_input", "steps": [] }'
refused 2 'bad_input\.json:1:[0-9]+: duplicate' create bad_input

title "A definition over 256 KiB is refused"
{
        printf '{ "name": "bad_input", "description": "'
        head -c 300000 /dev/zero | tr '\0' x
        printf '" }\n'
} | definition bad_input
refused 2 'bad_input\.json: is larger than 262144 bytes' create bad_input

title "A definition whose name is not its file's is refused"
definition bad_input <<<'{ "name": "other", "user": "worker", "steps": [ { "code": "a", "message": "A", "exec": ["/bin/true"] } ] }'
refused 2 'bad_input\.json: /name: "other" must be in a file other\.json' create bad_input

title "A program that does not exist, is not executable, or can be changed by others is refused by name"
bad_definition '{ "code": "only", "message": "Only", "exec": ["/usr/local/lib/migrations/missing"] }'
refused 2 '/steps/0/exec/0: /usr/local/lib/migrations/missing: No such file' create bad_input
refused 2 '/usr/local/lib/migrations/missing' migrationctl run bad-input
program bad_input <<<'#!/bin/sh'
bad_definition '{ "code": "only", "message": "Only", "exec": ["/usr/local/lib/migrations/bad_input"] }'
chmod 644 /usr/local/lib/migrations/bad_input
refused 2 '/usr/local/lib/migrations/bad_input: is not executable' create bad_input
chmod 775 /usr/local/lib/migrations/bad_input
refused 2 '/usr/local/lib/migrations/bad_input: .*writable by its group' create bad_input
chmod 755 /usr/local/lib/migrations/bad_input
chown worker /usr/local/lib/migrations/bad_input
refused 2 '/usr/local/lib/migrations/bad_input: .*not owned by root' create bad_input
rm /usr/local/lib/migrations/bad_input
good_definition

title "A user that does not exist is refused by name"
bad_definition '{ "code": "only", "message": "Only", "exec": ["/bin/true"], "user": "nosuchuser" }'
refused 2 'bad_input\.json: /steps/0/user: there is no user "nosuchuser"' create bad_input
good_definition

title "A migration that is unknown, or a name that is none, is refused"
refused 4 "'no_such_migration'" create no_such_migration
refused 4 'No such migration' create ../bad_input
refused 4 'No such migration' create ''

title "A document that is no JSON is named with line and column, by the command and by the service"
printf '{"a": 1,\n "b" 2}\n' >"$WORK/plan.json"
refused 2 "$WORK/plan\.json:2:[0-9]+: " create bad_input
refused 1 'not valid: 2:[0-9]+: ' create_over_bus "$WORK/plan.json"
: >"$WORK/plan.json"
refused 2 "$WORK/plan\.json" create bad_input
refused 1 'not valid: ' create_over_bus "$WORK/plan.json"
printf '{"a": "\xff"}\n' >"$WORK/plan.json"
refused 2 "$WORK/plan\.json" create bad_input
printf '{"a": "\\u0000"}\n' >"$WORK/plan.json"
refused 2 "$WORK/plan\.json:1:[0-9]+: |not valid" create bad_input
refused 1 'not valid: ' create_over_bus "$WORK/plan.json"
printf '{"a": 1}\0{"b": 1}\n' >"$WORK/plan.json"
refused 2 "$WORK/plan\.json has a zero byte at offset 8" create bad_input
refused 4 "$WORK/nothing\.json" migrationctl plan create bad_input "$WORK/nothing.json"

title "A document with the same key twice, and one that is no object, are refused"
printf '{"a": {"b": 1, "b": 2}}\n' >"$WORK/plan.json"
refused 2 "$WORK/plan\.json:1:[0-9]+: .*duplicate" create bad_input
refused 1 'not valid: 1:[0-9]+: duplicate' create_over_bus "$WORK/plan.json"
for text in '[]' '"text"' 1 null true; do
        printf '%s\n' "$text" >"$WORK/plan.json"
        refused 2 'plan\.json:1:1: .* is a JSON object' create bad_input
        refused 1 'not a JSON object' create_over_bus "$WORK/plan.json"
done

title "A document that is nested deeper than 64 levels is refused, one of 64 is taken"
# nested LEVELS
nested() {
        printf '{"a":%s1%s}\n' "$(printf '[%.0s' $(seq $(($1 - 1))))" "$(printf ']%.0s' $(seq $(($1 - 1))))"
}
nested 65 >"$WORK/plan.json"
refused 2 'nested deeper than 64 levels' create bad_input
refused 1 'not valid: 1:[0-9]+: nested deeper than 64 levels' create_over_bus "$WORK/plan.json"
nested 64 >"$WORK/plan.json"
expect migrationctl plan create --name deep bad_input "$WORK/plan.json"
expect migrationctl plan delete deep

title "A document over 4 MiB is refused, one of exactly 4 MiB is taken"
# large BYTES: without a newline at the end.
large() {
        printf '{"a": "'
        head -c $(($1 - 9)) /dev/zero | tr '\0' x
        printf '"}'
}
large $((4 * 1024 * 1024 + 1)) >"$WORK/plan.json"
refused 2 "$WORK/plan\.json is larger than 4194304 bytes" create bad_input
large $((4 * 1024 * 1024)) >"$WORK/plan.json"
expect migrationctl plan create --name large bad_input "$WORK/plan.json"
expect_eq "$(sql "SELECT octet_length(document::text) FROM migrationd.plan WHERE name = 'large'")" 4194304
expect migrationctl plan delete large
printf '{"a": 1}\n' >"$WORK/plan.json"

title "A name for a plan that is none, or is taken, is refused"
refused 2 '' migrationctl plan create --name '7' bad_input "$WORK/plan.json"
refused 2 '' migrationctl plan create --name 'a b' bad_input "$WORK/plan.json"
refused 2 'plan of that name exists' migrationctl plan create --name bad-input bad_input "$WORK/plan.json"

title "A plan, report or task that is unknown is refused by name"
refused 4 'No such plan: nothing' migrationctl run nothing
refused 4 'No such plan: 4711' migrationctl run 4711
refused 4 'No such plan: 4711' migrationctl plan delete 4711
refused 4 '4711' migrationctl wait 4711
refused 4 '4711' migrationctl cancel 4711
refused 4 '4711' migrationctl tasks 4711

title "An option that is unknown, or has another type or value, is refused by name"
refused 1 "Unknown option 'skip_corupted'" busctl --system call "${MANAGER[@]}" Run 'ua{sv}' "$plan" 1 skip_corupted b true
refused 1 "Option 'dry_run' has a value of type 's', not 'b'" busctl --system call "${MANAGER[@]}" Run 'ua{sv}' "$plan" 1 dry_run s yes
refused 1 "Option 'workers' is 0" busctl --system call "${MANAGER[@]}" Run 'ua{sv}' "$plan" 1 workers u 0
refused 1 "Unknown option 'force'" busctl --system call "${MANAGER[@]}" DeletePlan 'ua{sv}' "$plan" 1 force b true
refused 2 '' migrationctl run bad-input --workers 0
refused 2 '' migrationctl run bad-input --workers 1025
refused 2 '' migrationctl run bad-input --no-such-option

title "A caller without the right is refused with exit code 5, and leaves no trace in the database"
nobody() {
        runuser -u nobody -- "$@"
}
refused 5 "$(printf '[Nn]ot allowed|[Dd]enied|[Aa]uth')" nobody migrationctl run bad-input --no-ask-password
refused 5 '' nobody migrationctl plan create bad_input "$WORK/plan.json" --no-ask-password
refused 5 '' nobody migrationctl plan delete bad-input --no-ask-password
expect_eq "$(sql "SELECT count(*) FROM migrationd.event WHERE uid = $(id -u nobody)")" 0
expect nobody migrationctl plan list

title "A second Run while a report is unfinished is refused with exit code 8 and names the first"
program bad_input_hold <<'SH'
#!/bin/sh
migrationd-task progress 1 2
exec tail -f /dev/null
SH
bad_definition '{ "code": "only", "message": "Only",
        "exec": ["/usr/bin/migrationd-task", "run", "--", "/usr/local/lib/migrations/bad_input_hold"] }'
report=$(report_run "$plan")
task_counts() {
        [[ $(sql "SELECT done FROM migrationd.task WHERE report_id = $1") == 1 ]]
}
wait_until 30 task_counts "$report"
refused 8 "Report $report is unfinished" migrationctl run bad-input
refused 1 "Report $report is unfinished" busctl --system call "${MANAGER[@]}" Run 'ua{sv}' "$plan" 0
expect_eq "$(sql "SELECT count(*) FROM migrationd.report WHERE state = 'running'")" 1

title "What the state of a report does not allow is refused, and says the state"
refused 1 "Report $report is running" migrationctl resume "$report"
refused 1 "Report $report is running" migrationctl retry "$report"
refused 1 "Plan $plan has reports" migrationctl plan delete bad-input
refused 5 '' nobody migrationctl cancel "$report" --no-ask-password
refused 5 '' nobody migrationctl set-workers "$report" 4 --no-ask-password
expect_eq "$(report_get "$report" State)" running

title "Cancel of a finished report is refused, and says the state"
expect timeout 60 migrationctl cancel --wait "$report"
refused 1 "Report $report is canceled" migrationctl cancel "$report"
refused 1 "Report $report is canceled" migrationctl pause "$report"
good_definition
expect timeout 60 migrationctl run bad-input --wait
report=$(migrationctl list --json=short | jq '.[-1].id')
refused 1 "Report $report is completed" migrationctl cancel "$report"
refused 1 "Report $report is completed" migrationctl retry "$report"
expect_eq "$(report_get "$report" State)" completed

title "After all of it the service has not died once"
expect_eq "$(journal_of migrationd.service --since="@$began" | grep -E 'Failed with result|status=' || :)" ''
rm -r "$WORK" "$DEFINITIONS/bad_input.json"
