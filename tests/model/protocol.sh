#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The protocol in all its interleavings: each configuration of protocol.tsv through spin, exhaustively. With the argument `long`
# also those that take minutes and up to 4 GiB.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# check WANTED FLAGS…: says what came out.
check() {
        local wanted=$1 errors states
        shift

        cd "$work"
        rm -f pan* ./*.trail
        spin -a "$@" "$here/protocol.pml" >output 2>&1 || return 1
        cc -w -O2 -DSAFETY -DCOLLAPSE -DMEMLIM=4096 -o pan pan.c >output 2>&1 || return 1
        ./pan -m2000000 -w22 >output 2>&1 || return 1
        errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' output)
        states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' output)
        echo "# $states states, ${errors:-?} errors"
        case $wanted in
        holds) [[ $errors == 0 ]] && ! grep -qi 'not completed\|max search depth too small' output ;;
        found) [[ $errors -gt 0 ]] && grep -q 'assertion violated' output ;;
        esac
}

while IFS=$'\t' read -r length wanted flags; do
        [[ $length == short || ${1:-} == "$length" ]] || continue
        number=$((number + 1))
        result=ok
        # shellcheck disable=SC2086
        (check "$wanted" $flags) || {
                result='not ok'
                failed=$((failed + 1))
                sed 's/^/# /' "$work/output"
        }
        if [[ $wanted == holds ]]; then
                echo "$result $number - the protocol holds with $flags"
        else
                echo "$result $number - an error is found with $flags"
        fi
done < <(grep -v '^#' "$here/protocol.tsv")
echo "1..$number"
[[ $failed -eq 0 ]]
