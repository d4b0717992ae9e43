#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# migrationctl against a stand-in for the service on a private bus: output, exit codes, waiting, manual page and completion.
# Usage: cli.sh MIGRATIONCTL FAKE_SERVICE. Needs dbus-daemon and jq.
# shellcheck source=tests/lib/system.sh
. "$(dirname "$0")/../lib/system.sh"

MIGRATIONCTL=$(realpath "$1")
FAKE=$(realpath "$2")
HERE=$(cd "$(dirname "$0")" && pwd)
MAN=$HERE/../../man/migrationctl.1

for program in dbus-daemon jq; do
        if ! type -P "$program" >/dev/null; then
                title "The command line against a stand-in for the service"
                skip "$program is not installed"
                exit 0
        fi
done

WORK=$(mktemp -d)
# shellcheck disable=SC2154 # status is set in the trap itself
trap 'status=$?; set +e; rm -rf "$WORK"; (exit "$status"); test_exit' EXIT

# Nothing of the caller's terminal and pager.
unset PAGER SYSTEMD_PAGER SYSTEMD_COLORS NO_COLOR SYSTEMD_LESS SYSTEMD_PAGERSECURE LESS COLUMNS LINES
export LC_ALL=C.UTF-8 TERM=xterm TZ=UTC PATH="$WORK/bin:$PATH"
mkdir "$WORK/bin"
ln -s "$MIGRATIONCTL" "$WORK/bin/migrationctl"

# setpriv: ends with this script, however that ends.
exec {address_fd}< <(exec setpriv --pdeathsig TERM dbus-daemon --config-file="$HERE/bus.conf" --nofork --print-address=1)
read -r DBUS_SYSTEM_BUS_ADDRESS <&"$address_fd"
export DBUS_SYSTEM_BUS_ADDRESS

fake() {
        busctl --system call org.migrationd1 /org/migrationd1 org.migrationd1.Fake "$@" >/dev/null
}

last() {
        busctl --system --json=short call org.migrationd1 /org/migrationd1 org.migrationd1.Fake Last | jq -r '.data[0]'
}

fake_pid=
fake_start() {
        setpriv --pdeathsig TERM "$FAKE" "$@" &
        fake_pid=$!
        happens_within 10 busctl --system status org.migrationd1
}

fake_stop() {
        kill "$fake_pid"
        wait "$fake_pid" || :
}

# background COMMAND…: its output in $WORK/out, its pid in $background.
background() {
        "$@" >"$WORK/out" 2>"$WORK/err" </dev/null &
        background=$!
}

# expect_background STATUS: it ends with that.
expect_background() {
        local status=0

        test_goes_on || return 0
        wait_until 20 background_ended
        if test_goes_on; then
                wait "$background" || status=$?
                [[ $status == "$1" ]] || fail "exit $status, not $1: $(cat "$WORK/err")"
        fi
}

was_read() {
        (($(busctl --system --json=short call org.migrationd1 /org/migrationd1 org.migrationd1.Fake Reads | jq '.data[0]') >= $1))
}

refused() {
        busctl --system --json=short call org.migrationd1 /org/migrationd1 org.migrationd1.Fake Refused | jq '.data[0]'
}

# was_refused: since the last setting of Fail.
was_refused() {
        (($(refused) >= 1))
}

canceling_asked() {
        [[ $(last) == 'Cancel 3' ]]
}

background_ended() {
        ! kill -0 "$background"
}

said() {
        grep -qE -e "$1" "$WORK/out" "$WORK/err"
}

# on_terminal COMMAND…: the output of the command on a terminal of 100 columns.
on_terminal() {
        script -qec "stty cols 100 rows 30; $*" /dev/null
}

fake_start running

title "Without a command, reports are listed, newest last"
expect_match '^ *1 completed pulp2to3 +files +20000/20001 +99% ' migrationctl
expect_output '^4 reports listed\.$'

title "The list can be narrowed by state and number, and printed as JSON"
expect migrationctl list --state=failed,canceled -j
expect_eq "$(jq -c '[.[].id]' <<<"$OUTPUT")" '[2,4]'
expect migrationctl list -n 1 --json=short
expect_eq "$(jq -c '[.[] | [.id, .plan_name, .finished_usec]]' <<<"$OUTPUT")" '[[4,"files",1700000060000000]]'

title "Status shows the unfinished report, its units and what to type next"
expect_match '^\* Report 3 - pulp2to3 of plan files: Migrating content$' migrationctl status
expect_output '^ +State: running since Tue 2023-11-14 22:13:20 UTC; '
expect_output '^ +Options: skip_corrupted$'
expect_output '^ +\* content +####\.+ +20% +4000/20000'
expect_output '^ +Units: migration-pulp2to3-\*-3-\*\.service in migration-3\.slice$'
expect_output '^  journalctl MIGRATION_REPORT=3$'
expect_output '^  systemctl status migration-3\.slice$'

title "Status of a failed report names unit and error, without the escape sequences of its data"
expect_match '^ +Failed: no such file: \?\[31m/content/a\.iso$' migrationctl status 2
expect_output '^ +Unit: migration-pulp2to3-content-2-7-3\.service$'
expect_output '^  migrationctl retry 2$'

title "Tasks and problems are listed"
expect_match '^ *7 +content +main failed +3 .* 1\.0M exit-code \(66\) no such file' migrationctl tasks 2
expect_match '^ *1 +content +7 a\.iso checksum differs$' migrationctl problems
expect migrationctl tasks 2 --json=short
expect_eq "$(jq -c '[.[] | [.id, .cpu_usec, .memory_peak]]' <<<"$OUTPUT")" '[[1,1500000,null],[7,null,1048576]]'

title "Plans are created from standard input, shown, and found by name"
# shellcheck disable=SC2016 # expanded by the inner shell
expect_match '^Plan 2 created\.$' bash -c 'migrationctl plan create pulp2to3 - --name new <<<"{\"plugins\":[]}"'
expect_eq "$(last)" $'CreatePlan pulp2to3 {"plugins":[]}\n name=new'
expect_match '^ *1 files pulp2to3 +root' migrationctl plan list
expect migrationctl plan show files --json=short
expect_eq "$(jq -c .document <<<"$OUTPUT")" '{"plugins":[{"type":"iso"}]}'

title "A document that is no JSON object is refused with file and line"
printf '{\n  "a": 1,\n}\n' >"$WORK/bad.json"
expect_exit 2 migrationctl plan create pulp2to3 "$WORK/bad.json"
expect_output "bad\.json:3:1: not valid JSON"
expect_exit 2 bash -c 'migrationctl plan create pulp2to3 - <<<"[]"'
expect_exit 2 bash -c 'head -c 5000000 /dev/zero | migrationctl plan create pulp2to3 -'
expect_exit 4 migrationctl plan create pulp2to3 "$WORK/none.json"

title "Run hands over exactly the options that were given"
expect_match '^Report 3 runs\.$' migrationctl run files
expect_eq "$(last)" 'Run 1'
expect migrationctl run files --workers 3 --dry-run --validate --skip-corrupted --verify --json=short
expect_eq "$OUTPUT" '{"report":3}'
expect_eq "$(last)" 'Run 1 workers=3 validate=true dry_run=true skip_corrupted=true verify=true'

for option in validate dry-run skip-corrupted verify; do
        expect migrationctl run files "--$option"
        expect_eq "$(last)" "Run 1 ${option//-/_}=true"
done

title "Requests reach the report that is meant"
expect migrationctl pause
expect_eq "$(last)" 'Pause 3 drain'
expect migrationctl pause 3 --freeze
expect_eq "$(last)" 'Pause 3 freeze'
expect migrationctl resume
expect_eq "$(last)" 'Resume 3'
expect migrationctl set-workers 3 8
expect_eq "$(last)" 'SetWorkers 3 8'
expect migrationctl retry 2
expect_eq "$(last)" 'Retry 2'
expect migrationctl cancel
expect_eq "$(last)" 'Cancel 3'

title "Wrong usage exits 2 and says what is right"
for command in 'nonsense' 'plan' 'plan create' 'run' 'list extra' 'list --workers=3' 'run files --workers=0' 'status x' 'wait 0' \
               'list --state=nonsense' '--json=maybe list' 'pause --drain --freeze' 'wait 3 --timeout=soon' '--no-such-option' \
               'set-workers 3 many' '-H a -M b list'; do
        read -ra words <<<"$command"
        expect_exit 2 migrationctl "${words[@]}"
done
expect_exit 2 migrationctl set-workers 3 0
expect_output "migrationctl pause 3"

title "Every named error has its exit code"
while read -r code name; do
        fake Fail s "$name"
        expect_exit "$code" migrationctl run files
        expect_output "said to fail"
done < <(
        sed -nE 's/^ERROR\(\w+, *"(\w+)", *\w+, *([0-9]+), .*/\2 org.migrationd1.Error.\1/p' "$HERE/../../src/model/errors.def"
        printf '%s\n' '5 org.freedesktop.DBus.Error.AccessDenied' \
                '5 org.freedesktop.DBus.Error.InteractiveAuthorizationRequired' \
                '6 org.freedesktop.DBus.Error.Timeout' '7 org.freedesktop.DBus.Error.NoReply' \
                '7 org.freedesktop.DBus.Error.Spawn.ChildExited' '1 org.example.Error.Other'
)
fake Fail s ''

title "What does not exist exits 4, also below a report"
expect_exit 4 migrationctl plan show none
for command in 'status 9' 'tasks 9' 'cancel 9' 'wait 9' 'watch 9'; do
        read -ra words <<<"$command"
        expect_exit 4 migrationctl "${words[@]}"
        expect_output '^Type next: migrationctl list$'
done

title "Wait returns the verdict of a report"
expect_exit 0 migrationctl wait 1
expect_output '^Report 1 completed\.$'
expect_exit 1 migrationctl wait 2
expect_output '^Type next: migrationctl status 2 '
expect_exit 3 migrationctl wait 4
expect_eq "$(migrationctl wait 1 --json=short | jq -c '[.id, .state]')" '[1,"completed"]'
expect_eq "$(migrationctl wait 1 --quiet)" ''

title "Wait gives up after its timeout with 6, and the report goes on"
expect_exit 6 migrationctl wait 3 --timeout=200ms
expect_output '^Type next: migrationctl watch 3$'

title "Ctrl-C detaches with 130 and says how to attach again"
background migrationctl watch 3
wait_until 10 said 'content: '
kill -INT "$background"
expect_background 130
expect_eq "$(tail -n 1 "$WORK/err")" 'Type next: migrationctl watch 3'

title "Wait never ends early: not by a pause, not by errors, not by a restart of the service"
background migrationctl wait 3
wait_until 10 was_read 1
fake SetState s paused
fake Announce
fake Fail s org.migrationd1.Error.StoreUnavailable
wait_until 10 said 'still waiting: said to fail'
fake_stop
fake_start running
wait_until 10 was_read 1
# A service that just starts may deny or not know the object, for a while.
fake Fail s org.freedesktop.DBus.Error.AccessDenied
wait_until 10 was_refused
fake Fail s org.freedesktop.DBus.Error.UnknownObject
wait_until 10 was_refused
fake Fail s ''
wait_until 10 was_read 2
expect kill -0 "$background"
# No signal tells of the end: it is read.
fake SetState s completed
expect_background 0
fake SetState s running

title "Run --wait on a pipe prints a line for each change and returns the verdict"
background migrationctl run files --wait
wait_until 10 said '^[0-9:]{8} content: running: Migrating content$'
fake SetDone t 5000
fake Announce
wait_until 10 said '^[0-9:]{8} content: 5000/20000 \(25%\), [0-9.]+/s, .+ left$'
fake SetState s failed
fake Announce
expect_background 1
expect_eq "$(tail -n 1 "$WORK/out")" 'Report 3 failed.'
fake SetState s running

title "Watch --json prints one object for each change"
background migrationctl watch 3 --json=short
wait_until 10 said '"event":"report"'
fake SetDone t 6000
wait_until 10 said '"event":"progress".*"done":6000'
fake SetState s canceled
fake Announce
expect_background 3
expect_eq "$(jq -c 'select(.event == "finished") | [.id, .state, .report.state]' <"$WORK/out")" '[3,"canceled","canceled"]'
expect_eq "$(jq -r .event <"$WORK/out" | sort | uniq -c | awk '$2 == "report" || $2 == "finished" { print $1 }' | xargs)" '1 1'
fake SetState s running

title "Cancel --wait succeeds when the report is canceled"
background migrationctl cancel --wait
wait_until 10 canceling_asked
fake SetState s canceled
expect_background 0
expect_exit 4 migrationctl cancel
expect_exit 1 migrationctl cancel 3
fake SetState s running

title "Colours and Unicode are for terminals that have them"
expect_match $'^\e\\[0;1;32m●\e\\[0m Report 3' on_terminal migrationctl --no-pager status
expect_match '█' on_terminal migrationctl --no-pager status
NO_COLOR=1 expect_match '^● Report 3' on_terminal migrationctl --no-pager status
LC_ALL=C expect_match $'^\e\\[0;1;32m\\*\e\\[0m Report 3' on_terminal migrationctl --no-pager status
TERM=dumb expect_match '^● Report 3' on_terminal migrationctl --no-pager status
SYSTEMD_COLORS=1 expect_match $'^\e\\[0;1;32m\\*' migrationctl status

title "On a terminal watch draws bars again in place, and says how it ended"
background on_terminal migrationctl watch 3
wait_until 10 said '●.* content +.*█+░+.* 30%  6000/20000'
fake SetState s completed
expect_background 0
# Up by the lines that were drawn before, and everything below erased.
expect_eq "$(grep -cE $'\e\\[[0-9]+A' "$WORK/out" | awk '{ print ($1 > 0) }')" 1
expect_eq "$(tr -d '\r' <"$WORK/out" | tail -n 1 | sed 's/\x1b\[[0-9;]*[A-Za-z]//g')" 'Report 3 completed.'
fake SetState s running

title "Long output goes through the pager, and in secure mode through less alone"
printf '#!/bin/sh\nsed "s/^/paged: /"\n' >"$WORK/bin/mark"
chmod 755 "$WORK/bin/mark"
SYSTEMD_PAGERSECURE=0 PAGER=mark expect_match '^paged: ID STATE' on_terminal migrationctl list
SYSTEMD_PAGERSECURE=1 PAGER=mark expect on_terminal migrationctl list
expect_no_output 'paged'
SYSTEMD_PAGERSECURE=0 PAGER=mark expect on_terminal migrationctl list --no-pager
expect_no_output 'paged'
# shellcheck disable=SC2016 # expanded by the script
printf '#!/bin/sh\nprintf "less: %%s\\n" "$LESSSECURE"; cat >/dev/null\n' >"$WORK/bin/less"
chmod 755 "$WORK/bin/less"
SYSTEMD_PAGERSECURE=1 expect_match '^less: 1' on_terminal migrationctl list

title "Logs hands the right matches to journalctl, each as an argument of its own"
printf '#!/bin/sh\nprintf "[%%s]" "$@"\n' >"$WORK/bin/journalctl"
chmod 755 "$WORK/bin/journalctl"
expect_match '^\[--no-pager\]\[--follow\]\[--lines=5\]\[MIGRATION_REPORT=3\]\[MIGRATION_TASK=7\]$' \
        migrationctl logs -f -n 5 --task=7 --no-pager
expect_match '^\[MIGRATION_REPORT=12\]$' migrationctl logs 12
expect_exit 2 migrationctl logs 3 -H other
expect_output '^Type next: ssh other journalctl MIGRATION_REPORT=3$'
rm "$WORK/bin/journalctl"

title "Doctor exits 1, and says what to type, when something is missing"
expect_exit 1 migrationctl doctor
expect_output '^ok +service +migrationd answers'
expect_output '^FAIL +polkit +polkit does not answer'
expect_output '^FAIL +definition +bad can.t be used: /steps: missing$'
expect_output 'type next: migrationctl definition show bad$'
expect_exit 1 migrationctl doctor --json=short
expect_eq "$(jq -c '[.[] | select(.check == "database") | .health]' <<<"$OUTPUT")" '["ok"]'

title "Without a bus the service is not reachable: 7"
DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent expect_exit 7 migrationctl list
expect_output '^Type next: systemctl status dbus$'
DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent expect_exit 1 migrationctl doctor

title "A definition is verified from any place, with its fault named"
printf '{ "name": "x" }\n' >"$WORK/x.json"
expect_exit 2 migrationctl definition verify "$WORK/x.json"
expect_output "x\.json"
expect_exit 4 migrationctl definition verify "$WORK/none.json"
expect_exit 4 migrationctl definition show none
expect_exit 2 migrationctl definition list -M box

title "The manual page has the commands, options and exit codes of --help, and no others"
expect migrationctl --help
expect_eq "$(sed -nE 's/^ .*--([a-z-]+).*/\1/p' <<<"$OUTPUT" | sort -u)" \
        "$(sed -nE 's/^\.It Fl (. , )?-([a-z-]+).*/\2/p' "$MAN" | sort -u)"
expect_eq "$(sed -nE '/^Options of/,$d; s/^  ([a-z-]+( (create|list|show|delete|verify))?) .*/\1/p' <<<"$OUTPUT" | sort)" \
        "$(sed -nE 's/^\.It Ic ([a-z-]+( (create|list|show|delete|verify))?)( .*)?$/\1/p' "$MAN" | sort)"
expect_eq "$(sed -nE 's/^ +([0-9]+)  (.*)/\1 \2/p' <<<"$OUTPUT")" \
        "$(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' "$MAN" | sed -nE '/^\.It [0-9]/{s/^\.It //;N;s/\n/ /;p}')"

title "Completion offers what can stand there"
# complete WORDS…: what bash would offer for the last of them.
complete_words() {
        # shellcheck disable=SC2016 # expanded by the inner shell
        bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _migrationctl; printf "%s\n" "${COMPREPLY[@]}"' \
                - "$HERE/../../src/cli/completion/migrationctl" migrationctl "$@"
}
expect_match '^status$' complete_words st
expect complete_words plan ''
expect_eq "$(xargs <<<"$OUTPUT")" 'create list show delete'
expect complete_words run ''
expect_eq "$OUTPUT" files
expect complete_words wait ''
expect_eq "$(xargs <<<"$OUTPUT")" '1 2 3 4'
expect_match '^--skip-corrupted$' complete_words run --
expect_no_output '^--freeze$'
expect complete_words list --state = ca
expect_eq "$(xargs <<<"$OUTPUT")" 'canceling canceled'
