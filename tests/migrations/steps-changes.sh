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

# plan [REPOSITORY]: of the repository with modules, with an importer or without.
plan() {
        printf '{"plugins": [{"type": "rpm", "repositories": [{"name": "m", %s"repository_versions": [{"pulp2_repository_id": "rpm-with-modules",
                "pulp2_distributor_repository_ids": ["rpm-with-modules"]}]}]}]}' "${1:+\"pulp2_importer_repository_id\": \"$1\", }"
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

# The packages of the advisories of the latest versions.
advisory_packages() {
        pulp "SELECT r.name, u.id, p.name, p.version FROM core_repository r JOIN core_repositorycontent rc
                ON rc.repository_id = r.pulp_id AND rc.version_removed_id IS NULL JOIN rpm_updaterecord u ON u.content_ptr_id = rc.content_id
                JOIN rpm_updatecollection c ON c.update_record_id = u.content_ptr_id
                JOIN rpm_updatecollectionpackage p ON p.update_collection_id = c.pulp_id ORDER BY 1, 2, 3, 4"
}

test_modules_are_linked_with_packages_that_another_plan_brings() {
        need_shared || return 0
        real_target "$DUMP"
        run "$(plan)" "$CORRUPTED"
        expect_state completed
        [[ $(count rpm_modulemd) -eq 10 && $(count rpm_package) -eq 0 && $(count rpm_modulemd_packages) -eq 0 ]]
        run "$(plan rpm-with-modules)" "$CORRUPTED"
        expect_state completed
        [[ $(count rpm_package) -eq 35 && $(count rpm_modulemd_packages) -eq 11 ]] || fail "links: $(count rpm_modulemd_packages)"
        # Nothing is due then, also where Pulp 3 has lost a link.
        run "$(plan rpm-with-modules)"
        [[ $(pulp "SELECT count(*) FROM migrationd_pulp2to3.unit_document WHERE type = 'modulemd' AND NOT migrated") -eq 0 ]]
        pulp "DELETE FROM rpm_modulemd_packages WHERE id IN (SELECT id FROM rpm_modulemd_packages LIMIT 3)"
        run "$(plan rpm-with-modules)"
        [[ $(count rpm_modulemd_packages) -eq 11 ]]
}

test_modules_are_linked_with_packages_that_become_whole() {
        need_shared || return 0
        real_target "$DUMP"
        edited '{"collection": "units_rpm", "match": {"name": "walrus"}, "set": {"repodata": {}}}'
        run "$ALL" "$CORRUPTED"
        expect_state completed
        [[ $(problems | grep -c '^units_rpm ') -eq 2 && $(count rpm_modulemd_packages) -eq 9 ]] || fail "problems: $(problems)"
        original
        run "$ALL"
        expect_no_problem
        [[ $(count rpm_modulemd_packages) -eq 11 ]]
}

# The links of repositories are the same, but the dump's reader had left the package out.
test_advisories_and_modules_keep_packages_that_could_not_be_read_before() {
        local expected

        need_shared || return 0
        real_target "$DUMP"
        run "$ALL"
        expected=$(advisory_packages)
        real_target "$DUMP"
        edited '{"collection": "units_rpm", "match": {"name": "walrus"}, "set": {"version": false}}' \
                '{"collection": "units_rpm", "match": {"name": "kangaroo"}, "set": {"version": false}}'
        run "$ALL" "$CORRUPTED"
        expect_state completed
        [[ $(advisory_packages) != "$expected" && $(count rpm_modulemd_packages) -eq 7 ]]
        original
        run "$ALL"
        expect_no_problem
        diff <(echo "$expected") <(advisory_packages)
        [[ $(count rpm_modulemd_packages) -eq 11 ]]
        # And when they go again.
        edited '{"collection": "units_rpm", "match": {"name": "walrus"}, "set": {"version": false}}'
        run "$ALL" "$CORRUPTED"
        expect_state completed
        diff <(echo "$expected" | grep -v ' walrus ') <(advisory_packages)
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
        problems | matches '^units_iso [0-9a-f-]+ renamed.iso: .* is missing' || fail "problems: $(problems)"
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

# columns VERSION: what Pulp 3 has of the module duck 0 of a version: its columns, its packages, and the bytes of its file.
duck() {
        pulp "SELECT m.artifacts, m.dependencies, (SELECT string_agg(p.name || p.version, ' ' ORDER BY p.version)
                        FROM rpm_modulemd_packages l JOIN rpm_package p ON p.content_ptr_id = l.package_id
                        WHERE l.modulemd_id = m.content_ptr_id), a.sha256
                FROM rpm_modulemd m JOIN core_contentartifact ca ON ca.content_id = m.content_ptr_id
                JOIN core_artifact a ON a.pulp_id = ca.artifact_id WHERE m.stream = '0' AND m.version = '$1'"
}

# The documents of the newest publications' modules.
published_modules() {
        local file

        file=$(pulp "SELECT a.file FROM core_distribution d JOIN core_publishedartifact pa ON pa.publication_id = d.publication_id
                JOIN core_contentartifact ca ON ca.pulp_id = pa.content_artifact_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id
                WHERE d.base_path = 'rpm-with-modules' AND pa.relative_path LIKE '%modules.yaml%'")
        gzip -dcf "$WORK/media/$file"
}

# The module has other packages and another file: new_duck, after a run.
new_duck() {
        local file

        file=$(duck_file)
        sed 's/^  summary: .*/  summary: Replaced in place/' "$file" >"$file.new"
        NEW_SUM=$(sha256sum "$file.new" | cut -d' ' -f1)
        edited "{$OLD_DUCK, \"set\": {\"artifacts\": [\"duck-0:0.7-1.noarch\", \"duck-0:0.8-1.noarch\"],
                \"dependencies\": [{\"platform\": [\"el8\"]}], \"checksum\": \"$NEW_SUM\",
                \"_storage_path\": \"/var/lib/pulp/content/units/${file##*/units/}.new\"}}"
}

test_a_module_that_changed_in_place_is_replaced() {
        local id publications rows

        need_shared || return 0
        rm -rf "$WORK/content-$DUMP"
        real_target "$DUMP"
        run "$ALL"
        [[ $(duck 20180704244205) == '["duck-0:0.6-1.noarch"] '*' duck0.6 '* ]] || fail "$(duck 20180704244205)"
        id=$(pulp "SELECT content_ptr_id FROM rpm_modulemd WHERE version = '20180704244205'")
        publications=$(count core_publication)
        ! published_modules | matches 'Replaced in place' || fail 'published already'
        new_duck
        run "$ALL"
        expect_no_problem
        [[ $(duck 20180704244205) == '["duck-0:0.7-1.noarch", "duck-0:0.8-1.noarch"] [{"platform": ["el8"]}] duck0.7 duck0.8 '$NEW_SUM ]] ||
                fail "$(duck 20180704244205)"
        [[ $(pulp "SELECT content_ptr_id FROM rpm_modulemd WHERE version = '20180704244205'") == "$id" ]]
        [[ $(count "core_repositoryversion WHERE number > 1") -eq 0 ]]
        published_modules | matches 'Replaced in place' || fail 'the old file is published'
        # Publications of other repositories stay, the one before goes, and the next run has nothing to do.
        [[ $(count core_publication) -eq $publications ]] || fail "$(count core_publication) publications"
        rows=$(pulp "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM (SELECT pulp_id, timestamp_of_interest FROM core_content) t")
        run "$ALL"
        expect_no_problem
        [[ $(count core_publication) -eq $publications ]]
        [[ $(pulp "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM (SELECT pulp_id, timestamp_of_interest FROM core_content) t") \
                == "$rows" ]]
        DEFINITION=pulp2to3_verify run "$ALL"
        expect_no_problem
}

test_a_module_that_was_there_before_stays_and_is_told() {
        local before

        need_shared || return 0
        rm -rf "$WORK/content-$DUMP"
        real_target "$DUMP"
        run "$ALL"
        before=$(duck 20180704244205)
        pulp "DELETE FROM migrationd_pulp2to3.made WHERE kind = 'content' AND id IN (SELECT content_ptr_id FROM rpm_modulemd)"
        new_duck
        run "$ALL"
        expect_state completed
        diff - <(problems | sed -E 's|[0-9a-f]{8}-[0-9a-f-]{27}|ID|') <<'LINES'
units_modulemd ID duck 0 20180704244205 deadbeef noarch: Pulp 3 had this module before the migration, with other artifacts: it stays as it is there
LINES
        [[ $(duck 20180704244205) == "$before" ]]
        rm -rf "$WORK/content-$DUMP"
}

# Groups and the like are told apart by all that they say.
test_units_that_changed_in_place_give_new_contents() {
        local table

        need_shared || return 0
        real_target "$DUMP"
        run "$ALL"
        edited '{"collection": "units_package_group", "match": {"package_group_id": "shark"}, "set": {"name": "Sharks"}}' \
                '{"collection": "units_package_category", "match": {"repo_id": "rpm-distribution-tree"}, "set": {"name": "All"}}' \
                '{"collection": "units_package_environment", "set": {"name": "Sharks"}}' \
                '{"collection": "units_package_langpacks", "match": {"repo_id": "rpm-distribution-tree"}, "set": {"matches": []}}' \
                '{"collection": "units_erratum", "match": {"errata_id": "RHEA-2012:0055"}, "set": {"title": "Other"}}'
        run "$ALL"
        expect_no_problem
        for table in packagegroup packagecategory packageenvironment packagelangpacks advisory; do
                [[ $(pulp "SELECT string_agg(d.count_type || d.count, ' ' ORDER BY d.count_type) FROM core_repositoryversioncontentdetails d
                        JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id AND v.number = 2
                        WHERE d.content_type = 'rpm.$table' AND d.count_type <> 'P'") == 'A1 R1' ]] || fail "$table"
        done
        [[ $(count "rpm_packagegroup WHERE name = 'Sharks'") -eq 1 && $(count "rpm_updaterecord WHERE title = 'Other'") -eq 1 ]]
}

# link REPOSITORY TYPE UNIT: an edit.
link() {
        LINKS=$((LINKS + 1))
        # It is a key of JSON.
        # shellcheck disable=SC2016
        printf '{"collection": "repo_content_units", "insert": {"_id": {"$oid": "%024x"}, "repo_id": "%s", "unit_type_id": "%s", "unit_id": "%s"}}' \
                "$LINKS" "$1" "$2" "$3"
}

test_units_of_types_that_nobody_migrates_are_counted_by_repository() {
        local links=() unit type LINKS=0

        need_shared || return 0
        real_target "$DUMP"
        for unit in 1 2 3; do
                LINKS=$unit
                links+=("$(link rpm-with-modules drpm "delta-$unit")")
        done
        for type in docker_image puppet_module python_package ostree; do
                LINKS=$((LINKS + 10))
                links+=("$(link rpm-with-modules "$type" "$type-1")" "$(link srpm-unsigned "$type" "$type-1")")
        done
        # Of a plugin that the plan does not name: that is no loss.
        LINKS=90
        links+=("$(link rpm-with-modules deb deb-1)")
        edited "${links[@]}"
        for unit in 1 2; do
                : >"$LOG"
                run "$(plan rpm-with-modules)"
                expect_state completed
                diff - <(problems | sed -n '/^repository /p') <<'LINES'
repository rpm-with-modules type docker_image: 1 of its units are of this type, which is not migrated: Pulp 3 or this migration has no counterpart
repository rpm-with-modules type drpm: 3 of its units are of this type, which is not migrated: Pulp 3 or this migration has no counterpart
repository rpm-with-modules type ostree: 1 of its units are of this type, which is not migrated: Pulp 3 or this migration has no counterpart
repository rpm-with-modules type puppet_module: 1 of its units are of this type, which is not migrated: Pulp 3 or this migration has no counterpart
repository rpm-with-modules type python_package: 1 of its units are of this type, which is not migrated: Pulp 3 or this migration has no counterpart
LINES
        done
        expect_log 'edited has not changed since it was read'
        original
        run "$(plan rpm-with-modules)"
        expect_state completed
        [[ -z $(problems | sed -n '/^repository /p') ]]
}

titles=(
        test_modules_are_linked_with_packages_that_another_plan_brings
        test_modules_are_linked_with_packages_that_become_whole
        test_advisories_and_modules_keep_packages_that_could_not_be_read_before
        test_content_whose_document_says_the_same_stays_without_its_file
        test_a_file_that_pulp_2_has_lost_is_taken_from_pulp_3_where_it_is_whole
        test_a_damaged_file_of_pulp_3_does_not_stand_for_one_that_pulp_2_has_lost
        test_a_module_whose_file_is_gone_keeps_it_when_other_fields_change
        test_a_module_that_changed_in_place_is_replaced
        test_a_module_that_was_there_before_stays_and_is_told
        test_units_that_changed_in_place_give_new_contents
        test_units_of_types_that_nobody_migrates_are_counted_by_repository
)
steps_run "$@"
