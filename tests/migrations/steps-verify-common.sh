# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tests of the verification, after steps-common.sh: migrated dumps, damage, and what is said of it.
# shellcheck shell=bash disable=SC2034,SC2154

ISO='{"plugins": [{"type": "iso"}]}'
RPM='{"plugins": [{"type": "rpm"}]}'
DEB='{"plugins": [{"type": "deb"}]}'
DOCKER='{"plugins": [{"type": "docker"}]}'
SKIP_CORRUPTED='{"skip_corrupted": true}'

pulp() {
        db pulp -c "$1"
}

verify() {
        DEFINITION=pulp2to3_verify run "$@"
}

# expect_difference PATTERN: the verification fails, with exactly one problem, which matches.
expect_difference() {
        : >"$LOG"
        verify "$PLAN"
        expect_state failed
        [[ $(problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
        problems | matches "$1" || fail "problems: $(problems)"
        expect_log "1 differences between the dump and Pulp 3: migrationctl problems $REPORT"
        # What failed has looked at all that it is for.
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT AND done < total") -eq 0 ]]
}

expect_none() {
        verify "$PLAN"
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_state completed
}

# migrated DUMP PLAN: a target with that dump.
migrated() {
        real_target "$1"
        PLAN=$2
        echo "$PLAN" >"$WORK/plan"
        run "$PLAN" "$SKIP_CORRUPTED"
        expect_state completed
}

# The former test's target and plan, whose tests run in a shell of their own.
go_on() {
        PLAN=$(cat "$WORK/plan")
}

# File and size of the first artifact of a content of that type.
first_artifact() {
        pulp "SELECT a.file FROM core_artifact a JOIN core_contentartifact ca ON ca.artifact_id = a.pulp_id
                JOIN core_content c ON c.pulp_id = ca.content_id WHERE c.pulp_type = '$1' AND a.size > 0 ORDER BY a.file LIMIT 1"
}

# with_other_bytes FILE: the same file with another first byte, and not the one it is linked with.
with_other_bytes() {
        cp -p "$WORK/media/$1" "$WORK/saved"
        rm -f "$WORK/media/$1"
        { printf '\377'; tail -c +2 "$WORK/saved"; } >"$WORK/media/$1"
}

restore() {
        cp -p "$WORK/saved" "$WORK/media/$1"
}
