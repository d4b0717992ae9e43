#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a later run makes of another plan, of a dump whose documents have changed, and of files that Pulp 2 has lost. Output is TAP.
#
# steps-changes.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

DUMP=rpm_base_4repos
ALL='{"plugins": [{"type": "rpm"}]}'
ISO='{"plugins": [{"type": "iso"}]}'
CORRUPTED='{"skip_corrupted": true}'

pulp() {
        db pulp -c "$1"
}

count() {
        pulp "SELECT count(*) FROM $1"
}

# edited EDIT…: the real dump, with other documents.
edited() {
        "$ROOT/tests/lib/archive-edit.py" "$SHARED/pulp2/$DUMP/mongodb.$DUMP.archive" "$WORK/edited" "$@"
        configure "$WORK/edited" "$WORK/content-$DUMP"
}

original() {
        configure "$SHARED/pulp2/$DUMP/mongodb.$DUMP.archive" "$WORK/content-$DUMP"
}

# The module duck 0 20180704244205, and its file.
OLD_DUCK='"collection": "units_modulemd", "match": {"stream": "0", "version": 20180704244205}'
duck_file() {
        echo "$WORK/content-$DUMP/units/$(pulp "SELECT substr(storage_path, 29) FROM migrationd_pulp2to3.unit_document
                WHERE type = 'modulemd' AND document ->> 'version' = '20180704244205'" | sed 's|^.*units/||')"
}

expect_no_problem() {
        expect_state completed
        [[ -z $(problems) ]] || fail "problems: $(problems)"
}

# iso_sample: 20 units in two repositories, migrated.
iso_sample() {
        rm -rf "$WORK/sample"
        "$GENERATE" --output "$WORK/sample" --units 20 --repositories 2 >/dev/null
        target_make
        configure "$WORK/sample/pulp2.archive" "$WORK/sample/content"
        run "$ISO"
        expect_no_problem
}

# iso_edited EDIT…: the dump of that server later.
iso_edited() {
        "$ROOT/tests/lib/archive-edit.py" "$WORK/sample/pulp2.archive" "$WORK/edited" "$@"
        configure "$WORK/edited" "$WORK/sample/content"
}

iso_file() {
        echo "$WORK/sample/content/$(pulp "SELECT storage_path FROM migrationd_pulp2to3.iso WHERE number = $1" |
                sed 's|^/var/lib/pulp/content/||')"
}

iso_name() {
        pulp "SELECT name FROM migrationd_pulp2to3.iso WHERE number = $1"
}

test_content_whose_document_says_the_same_stays_without_its_file() {
        local before

        iso_sample
        before=$(pulp "SELECT unit_id, content_id FROM migrationd_pulp2to3.iso ORDER BY 1")
        rm "$(iso_file 1)" "$(iso_file 2)"
        iso_edited '{"collection": "units_iso", "set": {"_last_updated": 1800000000}}' \
                "{\"collection\": \"units_iso\", \"match\": {\"name\": \"$(iso_name 1)\"}, \"set\": {\"_storage_path\": \"/elsewhere\"}}"
        run "$ISO"
        expect_no_problem
        diff <(echo "$before") <(pulp "SELECT unit_id, content_id FROM migrationd_pulp2to3.iso ORDER BY 1")
        [[ $(count "core_repositoryversion WHERE number > 1") -eq 0 ]]
        [[ $(count "migrationd_pulp2to3.iso WHERE last_updated = 1800000000") -eq 20 ]]
}

test_a_file_that_pulp_2_has_lost_is_taken_from_pulp_3_where_it_is_whole() {
        local name

        iso_sample
        name=$(iso_name 3)
        rm "$(iso_file 3)" "$(iso_file 4)"
        echo "other bytes" >"$(iso_file 4)"
        iso_edited "{\"collection\": \"units_iso\", \"match\": {\"name\": \"$name\"}, \"set\": {\"name\": \"renamed.iso\"}}" \
                "{\"collection\": \"units_iso\", \"match\": {\"name\": \"$(iso_name 4)\"}, \"set\": {\"name\": \"renamed-too.iso\"}}"
        : >"$LOG"
        run "$ISO"
        expect_no_problem
        expect_log 'units_iso [0-9a-f-]+ renamed.iso: .* is missing: .*; Pulp 3 has the file, which stays'
        expect_log 'units_iso [0-9a-f-]+ renamed-too.iso: .* has 12 bytes, expected [0-9]+; Pulp 3 has the file, which stays'
        [[ $(count "file_filecontent f JOIN core_contentartifact ca ON ca.content_id = f.content_ptr_id JOIN core_artifact a
                ON a.pulp_id = ca.artifact_id AND a.sha256 = f.digest WHERE f.relative_path LIKE 'renamed%'") -eq 2 ]]
}

test_a_damaged_file_of_pulp_3_does_not_stand_for_one_that_pulp_2_has_lost() {
        local name artifact

        iso_sample
        name=$(iso_name 5)
        artifact=$WORK/media/$(pulp "SELECT a.file FROM core_artifact a JOIN migrationd_pulp2to3.iso i ON i.checksum = a.sha256
                WHERE i.number = 5")
        rm "$(iso_file 5)"
        tr 'a-z0-9' 'b-za0-9' <"$artifact" >"$WORK/damaged"
        printf x | dd of="$WORK/damaged" conv=notrunc status=none
        cp "$WORK/damaged" "$artifact"
        iso_edited "{\"collection\": \"units_iso\", \"match\": {\"name\": \"$name\"}, \"set\": {\"name\": \"renamed.iso\"}}"
        run "$ISO" "$CORRUPTED"
        expect_state completed
        problems | grep -qE '^units_iso [0-9a-f-]+ renamed.iso: .* is missing' || fail "problems: $(problems)"
        [[ $(count "file_filecontent WHERE relative_path = 'renamed.iso'") -eq 0 ]]
}

test_a_module_whose_file_is_gone_keeps_it_when_other_fields_change() {
        need_shared || return 0
        rm -rf "$WORK/content-$DUMP"
        real_target "$DUMP"
        run "$ALL"
        rm "$(duck_file)"
        edited "{$OLD_DUCK, \"set\": {\"summary\": \"other\"}}"
        : >"$LOG"
        run "$ALL"
        expect_no_problem
        expect_log 'units_modulemd [0-9a-f-]+: .* is missing: .*; Pulp 3 has the file, which stays'
        [[ $(count "core_repositoryversion WHERE number > 1") -eq 0 ]]
        rm -rf "$WORK/content-$DUMP"
}

titles=(
        test_content_whose_document_says_the_same_stays_without_its_file
        test_a_file_that_pulp_2_has_lost_is_taken_from_pulp_3_where_it_is_whole
        test_a_damaged_file_of_pulp_3_does_not_stand_for_one_that_pulp_2_has_lost
        test_a_module_whose_file_is_gone_keeps_it_when_other_fields_change
)
steps_run "$@"
