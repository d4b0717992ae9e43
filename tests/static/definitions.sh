#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the shipped definitions promise: a step waits longer for a database that is away than a restart of its host takes.
# Usage: definitions.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

# A program whose database is away exits with 75. A back-off is from a half to the whole of its nominal length, so that 300 s are
# waited in any case where the nominal ones are twice that.
SECONDS_MIN=600

# steps_short FILE: the steps whose back-offs after temporary failures are shorter, a line each. Spans are plain seconds.
steps_short() {
        jq -r --arg file "$1" --argjson min "$SECONDS_MIN" '
                def seconds: if type == "number" then . elif test("^[0-9]+s$") then .[:-1] | tonumber else error("no seconds: \(.)") end;
                .steps[] | .code as $code | (.failures.temporary // .retries // {}) as $r |
                ($r["backoff"] // .retries["backoff"] // "1s" | seconds) as $first |
                ($r["backoff-max"] // .retries["backoff-max"] // "60s" | seconds) as $cap |
                [range(0; ($r.attempts // .retries.attempts // 3) - 1) | [$first * pow(2; .), $cap] | min] | add // 0 |
                select(. < $min) | "\($file): step \($code) waits \(.) s"' "$1"
}

mapfile -t files < <(project_files -path './src/migrations/*.json' | xargs grep -l '"steps"')
((${#files[@]} > 0)) || { verdict "There are definitions" "there are none"; exit 1; }
verdict "Each step of a shipped definition goes on after five minutes without its database" "$(
        for file in "${files[@]}"; do
                steps_short "$file"
        done)"
exit "$bad"
