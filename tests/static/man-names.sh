#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual pages have each key, verb, member and error that the source has, and no other. Usage: man-names.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

# items PAGE MACRO: the words that list items of the page begin with, in that macro.
items() {
        sed -nE "s/^\\.It $2 ([^ ]+).*/\\1/p" "$1" | sort -u
}

# migrationd.conf(5): the table of keys in the parser.
same "migrationd.conf(5) has the settings that are read" \
        "$(sed -nE 's/^ *\{ "[A-Z][a-z]+", "([A-Za-z]+)", set_.*/\1/p' src/config/settings.c | sort -u)" \
        "$(items man/migrationd.conf.5 Va | sed -n 's/=$//p')"
same "migrationd.conf(5) has their sections" \
        "$(sed -nE 's/^ *\{ "([A-Z][a-z]+)", "[A-Za-z]+", set_.*/\1/p' src/config/settings.c | sort -u)" \
        "$(sed -nE 's/^\.Ss Section (.*)$/\1/p' man/migrationd.conf.5 | sort -u)"

# migration-definition(5)
same "migration-definition(5) has the keys that are read" \
        "$(sed -nE 's/^ *\{ "([a-z-]+)", (true|false), [a-z_]+ \},/\1/p' src/config/definition-parse.c src/config/definition-step.c | sort -u)" \
        "$(items man/migration-definition.5 Ql)"

# migrationd-task(1)
same "migrationd-task(1) has the verbs of the program" \
        "$(sed -nE 's/^ *\{ "([a-z-]+)", "[^"]*",.*/\1/p' src/task/command.c | sort -u)" \
        "$(items man/migrationd-task.1 Ic)"
same "migrationd-task(1) has the exit statuses of the contract" \
        "$(sed -nE 's/^ *(MIGRATIOND|COMMAND)_EXIT_[A-Z_]+ = ([0-9]+),.*/\2/p' src/task/task.h src/task/command.h | sort -un)" \
        "$(sed -nE 's/^\.It ([0-9]+)$/\1/p' man/migrationd-task.1 | sort -un)"

# migrationd-rest.conf(5), migrationd-rest(8)
same "migrationd-rest.conf(5) has the settings that are read" \
        "$(sed -nE 's/^#define KEY "([A-Za-z]+)"$/\1/p' src/rest/settings.c)" \
        "$(items man/migrationd-rest.conf.5 Va | sed -n 's/=$//p')"
same "migrationd-rest(8) has each path and its methods" \
        "$(sed -nE 's/^ROUTE\([a-z_]+, *"([A-Z]+)", *"([^"]+)".*/\2 \1/p' src/rest/routes.def | sed 's/{id}/ID/' | sort)" \
        "$(awk '/^\.S[hs] / { inside = /Resources/ }
                inside && /^\.It Pa / { path = $3 }
                inside && /^\.Li [A-Z]+ :$/ { print path, $2 }' man/migrationd-rest.8 | sort)"

# org.migrationd1(5): members of the documented interfaces, which dbus-contract.sh holds against the program.
# members KIND: names of methods, properties or signals of all interfaces.
members() {
        grep -oE "<$1 name=\"[A-Za-z]+\"" dbus/org.migrationd1.xml | sed -E 's/.*"(.*)"/\1/' | sort
}

# documented HEADING…: items below these headings of the page, with repetitions.
documented() {
        awk -v wanted="^($1)\$" '
                /^\.S[hs] / { inside = substr($0, 5) ~ wanted }
                inside && /^\.It (Fn|Va|Sy|Er) / { print $3 }' man/org.migrationd1.5 | sort
}
same "org.migrationd1(5) has each method" "$(members method)" "$(documented '.*[Mm]ethods.*')"
same "org.migrationd1(5) has each property" "$(members property)" "$(documented '.*[Pp]roperties.*')"
same "org.migrationd1(5) has each signal" "$(members signal)" "$(documented '.*[Ss]ignals.*')"
same "org.migrationd1(5) has each error" \
        "$(sed -nE 's/^ERROR\([A-Z_]+, *"([A-Za-z]+)".*/\1/p' src/model/errors.def | sort)" "$(documented 'ERROR NAMES')"
same "org.migrationd1(5) has each polkit action" \
        "$(sed -n 's/.*<action id="\([^"]*\)">.*/\1/p' dbus/org.migrationd1.policy | sort)" \
        "$(documented 'AUTHORIZATION')"

# Arguments and results, by signature: as the method's .Fn line says them.
same "org.migrationd1(5) has the arguments of each method as they are" "$(
        awk -v RS='<' '
                function value(name) {
                        return match($0, "[ \t\n]" name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
                }
                /^!--/ { next }
                /^method/ { line = value("name") }
                /^arg/ && line != "" { line = line (value("direction") == "in" ? " in " : " out ") value("type") " " value("name") }
                /^\/method/ || /^method[^>]*\/>/ { if (line != "") print line; line = "" }' dbus/org.migrationd1.xml | sort)" "$(
        awk '
                /^\.S[hs] / { inside = tolower($0) ~ /methods/ }
                inside && /^\.It Fn / {
                        line = $3
                        n = split(substr($0, length(".It Fn " $3) + 2), part, "\"")
                        for (i = 2; i <= n; i += 2)
                                line = line (sub(/^out /, "", part[i]) ? " out " : " in ") part[i]
                        print line
                }' man/org.migrationd1.5 | sort)"
exit "$bad"
