#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The command line of pulp2-generate, whose path is the argument. Prints TAP.

set -u
generate=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
failed=0

# report TITLE: the exit status of the command before decides.
report() {
        local status=$?

        n=$((n + 1))
        if ((status == 0)); then
                echo "ok $n - $1"
        else
                echo "not ok $n - $1"
                sed 's/^/# /' "$work/stderr" 2>/dev/null
                failed=1
        fi
}

# exits STATUS ARGUMENT…: runs the generator.
exits() {
        local expected=$1 status

        shift
        "$generate" "$@" >"$work/stdout" 2>"$work/stderr"
        status=$?
        ((status == expected))
}

# The numbers that --count prints, and those of the object "dump" in expected.json, as sorted lines.
members_of() { grep -o '"[a-z_]*": [0-9][0-9]*' "$1" | sort; }
dump_of() { members_of <(sed -n '/"dump": {/,/}/p' "$1"); }

exits 0 --help && grep -q -- '--on-demand PERCENT' "$work/stdout"
report "help is printed"

exits 2 && exits 2 --output "$work/a" --count "$work/a" && exits 2 --output "$work/a" more && exits 2 --unknown
report "neither or both of --output and --count, and unknown arguments, are wrong usage"

exits 2 --output "$work/a" --units -1 && grep -q -- '--units -1: Invalid argument' "$work/stderr"
report "a number that is none is named"

exits 2 --output "$work/a" --shared 100.5 && exits 2 --output "$work/a" --shared 1.005 &&
        exits 2 --output "$work/a" --shared .5 && exits 2 --output "$work/a" --shared 1. && [[ ! -e $work/a ]]
report "a share above 100 or with more than two decimals is refused before anything is made"

exits 0 --output "$work/a" --units 250 --repositories 3 --empty-repositories 1 --on-demand 33.3 --corrupted 1 \
        --missing 0.5 --short 1.25 --shared 10 --duplicate 5 --seed 18446744073709551615
report "a sample is made"

exits 0 --count "$work/a/pulp2.archive" && diff <(members_of "$work/stdout") <(dump_of "$work/a/expected.json") >"$work/stderr"
report "--count prints what was expected of the archive"

exits 1 --output "$work/a" && grep -q "$work/a/content: cannot create: File exists" "$work/stderr"
report "an older sample is not written over"

exits 1 --output "$work/absent/a" && grep -q "$work/absent/a: cannot create" "$work/stderr"
report "a directory that cannot be made is named"

head -c 20000 "$work/a/pulp2.archive" >"$work/short"
exits 1 --count "$work/short" && grep -q "$work/short: at byte 20000, .*truncated" "$work/stderr"
report "--count of a truncated archive says so"

"$generate" --count "$work/a/pulp2.archive" >/dev/full 2>"$work/stderr"
(($? == 1)) && grep -q 'standard output: cannot write: No space left on device' "$work/stderr"
report "standard output that is full is an error"

exits 0 --output "$work/parts" --units 10 --rpm 40 --deb 20 --part-repositories 2 &&
        for table in rpm_package rpm_updaterecord rpm_distributiontree deb_package deb_releasecomponent; do
                grep -q "\"$table\": [1-9]" "$work/parts/expected.json" || break
        done && [[ $table == deb_releasecomponent && -n $(find "$work/parts/content/units/srpm" -name '*.src.rpm') ]]
report "repositories of rpm and deb are made beside those of iso"

exits 0 --output "$work/iso" --units 10 && exits 0 --count "$work/iso/pulp2.archive" &&
        cp "$work/stdout" "$work/count" && exits 0 --count "$work/parts/pulp2.archive" &&
        diff "$work/count" "$work/stdout" >"$work/stderr"
report "what is of iso is the same with and without them"

exits 0 --output "$work/later" --units 10 --rpm 40 --deb 20 --part-repositories 2 --generation 2 &&
        ! cmp -s "$work/parts/pulp2.archive" "$work/later/pulp2.archive" &&
        grep -q '"rpm-00004"' "$work/later/expected.json" &&
        ! grep -q '"rpm-00001"' "$work/later/expected.json"
report "a later generation has repositories that came, and not the one that went"

exits 0 --output "$work/damaged" --units 10 --rpm 40 --deb 20 --damaged-documents 5 &&
        grep -q '"kind": "missing field"' "$work/damaged/expected.json" &&
        grep -q '"documents": [1-9]' "$work/damaged/expected.json" &&
        ! grep -q '"kind"' "$work/parts/expected.json"
report "damaged documents are listed"

exits 2 --output "$work/wrong" --rpm 1 --part-repositories 0 && grep -q -- '--part-repositories' "$work/stderr" &&
        exits 2 --output "$work/wrong" --generation 64 && [[ ! -e $work/wrong ]]
report "options of the parts that are wrong are refused before anything is made"

echo "1..$n"
exit $failed
