# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by scripts that run with pipefail.
# shellcheck shell=bash

# … | matches REGEX: whether a line of it does. grep -q ends at the first, and what writes on is killed by SIGPIPE: the pipe fails
# then, now and again.
matches() {
        local text

        text=$(cat)
        grep -qE -e "$1" <<<"$text"
}
