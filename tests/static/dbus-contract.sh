#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One contract in five places: the documented interfaces, the vtables of the service, the bus policy, the polkit actions, and the
# actions in the source. Usage: dbus-contract.sh [PROJECT [MIGRATIOND]]
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"
program=${2:-}
bad=0

check() {
        local what=$1 left=$2 right=$3 difference

        if [ -z "$left" ]; then
                echo "not ok - $what # nothing was found to compare"
                bad=1
        elif difference=$(diff <(printf '%s\n' "$left") <(printf '%s\n' "$right")); then
                echo "ok - $what"
        else
                printf '# %s\n' "${difference//$'\n'/$'\n# '}"
                echo "not ok - $what"
                bad=1
        fi
}

# interfaces: introspection XML to one line for each argument, property and member of our interfaces, sorted. sd-bus leaves the
# annotation away where EmitsChangedSignal has its default, true.
interfaces() {
        awk -v RS='<' '
                function value(name) {
                        return match($0, "[ \t\n]" name "=\"[^\"]*\"") ? \
                                substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
                }
                function flush_property() {
                        if (property != "")
                                print property, emits
                        property = ""
                }
                in_comment || /^!--/ { in_comment = !/-->/; next }
                /^\/?(property|method|signal|interface)/ { flush_property() }
                /^interface/ { interface = value("name"); ours = interface ~ /^org\.migrationd1\./ }
                !ours { next }
                /^(method|signal)/ {
                        kind = /^method/ ? "method" : "signal"
                        member = interface "." value("name")
                        n = 0
                        print kind, member
                }
                /^arg/ {
                        direction = value("direction")
                        print kind, member, ++n, direction == "" ? "-" : direction, value("type"), value("name")
                }
                /^property/ { property = "property " interface "." value("name") " " value("type") " " value("access"); emits = "true" }
                /^annotation/ && value("name") ~ /EmitsChangedSignal$/ { emits = value("value") }
                /^annotation/ && value("name") !~ /EmitsChangedSignal$/ { print "annotation", interface, member, value("name") }
                END { flush_property() }
        ' | LC_ALL=C sort
}

introspect() {
        local path

        for path in /org/migrationd1 /org/migrationd1/plan/_1 /org/migrationd1/report/_1; do
                "$program" --introspect=$path
        done
}

documented=$(interfaces <dbus/org.migrationd1.xml)

if [ -z "$program" ]; then
        for program in build/release/src/daemon/migrationd build/asan/src/daemon/migrationd ''; do
                [ ! -x "$program" ] || break
        done
fi
if [ -n "$program" ]; then
        check 'The interfaces are what their documentation says' "$documented" "$(introspect | interfaces)"
else
        echo 'ok - The interfaces are what their documentation says # SKIP the service is not built'
fi

allowed() {
        sed -n 's/.*<allow send_destination="org\.migrationd1" send_interface="\([^"]*\)" send_member="\([^"]*\)"\/>.*/\1.\2/p' \
                dbus/org.migrationd1.conf | LC_ALL=C sort
}

standard='org.freedesktop.DBus.Introspectable.Introspect
org.freedesktop.DBus.ObjectManager.GetManagedObjects
org.freedesktop.DBus.Peer.Ping
org.freedesktop.DBus.Properties.Get
org.freedesktop.DBus.Properties.GetAll'
methods=$(sed -n 's/^method \([^ ]*\)$/\1/p' <<<"$documented")
check 'The bus policy lets through each method of the interfaces and nothing else' \
        "$(printf '%s\n%s\n' "$standard" "$methods" | LC_ALL=C sort)" "$(allowed)"

# Every allow but the owner's and the single members' would be a hole.
check 'The bus policy has no rule but for members one by one and for the owner' \
        "$(($(allowed | wc -l) + 1))" "$(grep -c '<allow' dbus/org.migrationd1.conf)"
check 'Only the user migrationd may own the name' \
        $'  <policy user="migrationd">\n    <allow own="org.migrationd1"/>' \
        "$(grep -B1 '<allow own=' dbus/org.migrationd1.conf)"

actions=$(sed -n 's/.*<action id="\([^"]*\)">.*/\1/p' dbus/org.migrationd1.policy | LC_ALL=C sort)
check 'The polkit actions are those that the service asks for' \
        "$(sed -n 's/^#define POLKIT_ACTION_[A-Z_]* "\(.*\)"$/\1/p' src/bus/polkit.h | LC_ALL=C sort)" "$actions"
check 'Each polkit action is used by some method' "$actions" \
        "$(grep -rhoE 'POLKIT_ACTION_[A-Z_]+' src/daemon | sort -u |
                while read -r name; do sed -n "s/^#define $name \"\(.*\)\"$/\1/p" src/bus/polkit.h; done | LC_ALL=C sort)"
check 'The polkit actions are those that the documentation names' "$actions" \
        "$(grep -oE 'org\.migrationd1\.[a-z][a-z-]*' dbus/org.migrationd1.xml | LC_ALL=C sort -u)"
check 'Each polkit action lets the service ask for others' "$(wc -l <<<"$actions")" \
        "$(grep -c '<annotate key="org.freedesktop.policykit.owner">unix-user:migrationd</annotate>' dbus/org.migrationd1.policy)"

# error_names: the symbols BUS_ERROR_X on standard input, as the names on the bus.
error_names() {
        while read -r symbol; do
                sed -n "s/^ERROR(${symbol#BUS_ERROR_}, *\"\([A-Za-z]*\)\",.*/\1/p" src/model/errors.def
        done | LC_ALL=C sort
}
used=$(grep -rhoE '\bBUS_ERROR_[A-Z_]+' src/bus/*.c src/daemon/*.c | sort -u | error_names)
check 'Each error that the service returns is in the documentation' "$used" \
        "$(grep -oE '[A-Z][A-Za-z]+' dbus/org.migrationd1.xml | grep -xFf <(printf '%s\n' "$used") | LC_ALL=C sort -u)"

exit "$bad"
