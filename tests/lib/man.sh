# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by system tests: the examples of the manual pages, as they stand. A line `.\" block: NAME [PATH]` in a page marks
# the literal text below it.
# shellcheck shell=bash

# block PAGE NAME: that text; 1 when there is none.
block() {
        awk -v name="$2" '
                $1 == ".\\\"" && $2 == "block:" && $3 == name { found = 1; next }
                found && /^\.Bd / { inside = 1; next }
                inside && /^\.Ed$/ { exit }
                inside { gsub(/\\e/, "\\"); print; any = 1 }
                END { exit !any }' "/usr/share/man/man${1##*.}/$1"
}

# block_run PAGE NAME: as a script that ends at the first failure.
block_run() {
        local script

        script=$(block "$1" "$2") && bash -euo pipefail -c "$script"
}

# block_install PAGE NAME: as the file that the mark names.
block_install() {
        local path

        path=$(sed -nE "s/^\.\\\\\" block: $2 (\/.*)$/\1/p" "/usr/share/man/man${1##*.}/$1")
        [[ -n $path ]] && install -d "${path%/*}" && block "$1" "$2" >"$path"
}
