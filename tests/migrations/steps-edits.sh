# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by steps-distributions.sh and steps-options.sh behind steps-common.sh: generated dumps with ISO repositories of which the
# documents are edited.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120,SC2154

ISO='{"plugins": [{"type": "iso"}]}'
RPM='{"plugins": [{"type": "rpm"}]}'
SKIP_CORRUPTED='{"skip_corrupted": true}'
DRY_RUN='{"dry_run": true}'
# Younger and older than those of any dump.
OLDEST=000000000000000000000001
YOUNGEST=fffffffffffffffffffffff0

# named REPOSITORY…: a plan of these, each with its importer and distributors.
named() {
        printf '%s\n' "$@" | jq -cR '{name: ., pulp2_importer_repository_id: ., repository_versions: [{pulp2_repository_id: .,
                pulp2_distributor_repository_ids: [.]}]}' | jq -cs '{plugins: [{type: "iso", repositories: .}]}'
}

pulp() {
        db pulp -c "$1"
}

count() {
        pulp "SELECT count(*) FROM $1"
}

# edit OPERATION…: the configured archive is the sample's with these operations on the documents of a repository:
#   set COLLECTION REPOSITORY PATH VALUE      a path is FIELD or FIELD.FIELD, a value JSON
#   unset COLLECTION REPOSITORY PATH
#   remove COLLECTION REPOSITORY
#   copy COLLECTION REPOSITORY ID PATH VALUE  a second document with that object id and that field
edit() {
        local edits=() match

        while (($# > 0)); do
                # shellcheck disable=SC2016
                match='{collection: $c, match: {repo_id: $r}} + '
                case $1 in
                set)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" --arg p "$4" --argjson v "$5" "$match"'{set: {($p): $v}}')")
                        shift 5
                        ;;
                unset)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" --arg p "$4" "$match"'{unset: [$p]}')")
                        shift 4
                        ;;
                remove)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" "$match"'{remove: true}')")
                        shift 3
                        ;;
                copy)
                        edits+=("$(jq -nc --arg c "$2" --arg r "$3" --arg i "$4" --arg p "$5" --argjson v "$6" \
                                "$match"'{copy: {_id: {"$oid": $i}, ($p): $v}}')")
                        shift 6
                        ;;
                esac
        done
        python3 "$ROOT/tests/lib/archive-edit.py" "${ARCHIVE:-$WORK/sample/pulp2.archive}" "$WORK/edited" "${edits[@]}"
}

# sample [OPTION…]: a new target and a generated dump, as it is.
sample() {
        rm -rf "$WORK/sample"
        "$GENERATE" --output "$WORK/sample" --units 40 --repositories 4 "$@" >/dev/null
        edit
        target_make ${SCHEMA:+"$SCHEMA"}
        configure "$WORK/edited" "$WORK/sample/content" "${CONF:-}"
}

migrate() {
        : >"$LOG"
        run "$@"
        expect_state completed
        expect_counters
}

verify() {
        DEFINITION=pulp2to3_verify run "$@"
}

expect_same() {
        verify "${1:-$ISO}"
        [[ $(report_state "$REPORT") == completed ]] || fail "differences: $(problems)"
}

# fails PLAN OPTIONS PATTERN: the run fails, and its log has that line.
fails() {
        : >"$LOG"
        run "$1" "$2"
        expect_state failed
        expect_log "$3"
}

expect_problem() {
        problems | matches "$1" || fail "no problem matches $1: $(problems)"
}

# Lines REPOSITORY PATH of the distributions, the repository being that of the distributor. The generator gives every third a
# path that is not its repository's name.
paths() {
        pulp "SELECT substr(name, 26), base_path FROM core_distribution ORDER BY name"
}

expect_paths() {
        diff <(printf '%s\n' "$@" | sort) <(paths | sort)
}

# Those that the generator did not make.
moved_paths() {
        paths | awk '$1 != $2 && "sample/" $1 != $2' | tr '\n' ';'
}

tasks_of() {
        db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND t.kind = 'main' AND s.code = '$1'"
}

# What an administrator made, under a name and with a base path.
foreign_distribution() {
        pulp "WITH made AS (INSERT INTO core_distribution (pulp_id, pulp_created, pulp_type, name, base_path)
                        VALUES (gen_random_uuid(), now(), 'file.file', '$1', '$2') RETURNING pulp_id)
                INSERT INTO file_filedistribution SELECT pulp_id FROM made"
}
