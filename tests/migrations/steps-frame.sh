#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the steps do for all content types but iso, shown with packages of a real dump: several plugins, units that change, files,
# damage. Output is TAP.
#
# steps-frame.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

DUMP=rpm_base_4repos
# Repositories without distributors: versions, and no publications.
REPOSITORIES='[{"name": "modules", "pulp2_importer_repository_id": "rpm-with-modules",
        "repository_versions": [{"pulp2_repository_id": "rpm-with-modules"}]},
        {"name": "sources", "pulp2_importer_repository_id": "srpm-unsigned",
        "repository_versions": [{"pulp2_repository_id": "srpm-unsigned"}]}]'
PLAN='{"plugins": [{"type": "rpm", "repositories": '$REPOSITORIES'}]}'

pulp() {
        db pulp -c "$1"
}

# Rows of packages with what hangs on them, also ids and times.
packages() {
        pulp "SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM (SELECT p.\"pkgId\", c.*, ca.* FROM rpm_package p
                JOIN core_content c ON c.pulp_id = p.content_ptr_id JOIN core_contentartifact ca ON ca.content_id = c.pulp_id) t"
        pulp "SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM core_remoteartifact t"
}

count() {
        pulp "SELECT count(*) FROM $1"
}

package_problems() {
        problems | sed -n '/^units_rpm /p'
}

# As if the units had come with another document in the dump before: WHERE.
make_changed() {
        pulp "UPDATE migrationd_pulp2to3.unit_document SET digest = 'other' WHERE $1;
                UPDATE migrationd_pulp2to3.dump SET source = 'another'"
}

test_packages_are_those_of_the_reference_in_every_column() {
        need_shared || return 0
        real_target "$DUMP"
        run "$PLAN"
        expect_state completed
        expect_counters
        diff <(pulp "SELECT to_jsonb(p) - 'content_ptr_id' FROM rpm_package p" | jq -cS . | LC_ALL=C sort) \
                <(jq -cS 'del(.content_ptr_id)' "$SHARED/pulp2to3/reference-rpm/json/rpm_package.jsonl" | LC_ALL=C sort)
}

test_a_second_run_writes_no_row() {
        local before

        need_shared || return 0
        before=$(packages)
        : >"$LOG"
        run "$PLAN"
        expect_state completed
        expect_log 'archive has not changed since it was read'
        [[ $(packages) == "$before" ]]
        [[ $(pulp "SELECT count(*) FROM migrationd_pulp2to3.unit_document WHERE type IN ('rpm', 'srpm') AND NOT migrated") -eq 0 ]]
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND s.code = 'content' AND t.kind = 'main' AND
                t.input->>'type' IN ('rpm', 'srpm')") -eq 0 ]]
}

test_a_unit_that_changed_is_migrated_again_and_found() {
        local before

        need_shared || return 0
        before=$(pulp "SELECT md5(string_agg(content_ptr_id::text, '' ORDER BY 1)) FROM rpm_package")
        make_changed "type = 'rpm' AND document->>'name' = 'bear'"
        run "$PLAN"
        expect_state completed
        [[ $(pulp "SELECT md5(string_agg(content_ptr_id::text, '' ORDER BY 1)) FROM rpm_package") == "$before" ]]
        [[ $(pulp "SELECT count(*) FROM migrationd_pulp2to3.unit_document WHERE digest = 'other'") -eq 0 ]]
        [[ $(count "core_repositoryversion WHERE number > 1") -eq 0 ]]
}

# Of the two packages duck is one of modules.
test_a_content_that_pulp_removed_is_made_again() {
        local links

        need_shared || return 0
        links=$(pulp "SELECT m.stream, m.version, p.name, p.version FROM rpm_modulemd_packages l
                JOIN rpm_modulemd m ON m.content_ptr_id = l.modulemd_id JOIN rpm_package p ON p.content_ptr_id = l.package_id ORDER BY 1, 2, 3, 4")
        [[ $(wc -l <<<"$links") -eq 11 ]]
        pulp "CREATE TEMPORARY TABLE gone AS SELECT content_ptr_id AS id FROM rpm_package WHERE name IN ('bear', 'duck');
                DELETE FROM core_remoteartifact r USING core_contentartifact a, gone
                        WHERE a.pulp_id = r.content_artifact_id AND a.content_id = gone.id;
                DELETE FROM core_contentartifact a USING gone WHERE a.content_id = gone.id;
                DELETE FROM core_repositorycontent r USING gone WHERE r.content_id = gone.id;
                DELETE FROM rpm_modulemd_packages m USING gone WHERE m.package_id = gone.id;
                DELETE FROM rpm_package p USING gone WHERE p.content_ptr_id = gone.id;
                DELETE FROM core_content c USING gone WHERE c.pulp_id = gone.id"
        run "$PLAN"
        expect_state completed
        [[ $(count "rpm_package WHERE name = 'bear'") -eq 1 ]]
        [[ $(pulp "SELECT count(*) FROM core_repositorycontent rc JOIN rpm_package p ON p.content_ptr_id = rc.content_id
                WHERE p.name = 'bear'") -eq 1 ]]
        diff <(echo "$links") <(pulp "SELECT m.stream, m.version, p.name, p.version FROM rpm_modulemd_packages l
                JOIN rpm_modulemd m ON m.content_ptr_id = l.modulemd_id JOIN rpm_package p ON p.content_ptr_id = l.package_id ORDER BY 1, 2, 3, 4")
}

# A trigger stands for another dump: packages with a file, whose checksum is another.
downloaded_packages() {
        pulp "CREATE FUNCTION migrationd_pulp2to3.download() RETURNS trigger LANGUAGE plpgsql AS \$\$
                BEGIN
                        IF NEW.type = 'rpm' AND NEW.document->>'name' IN ($1) THEN
                                NEW.downloaded := true;
                                NEW.storage_path := '/var/lib/pulp/content/units/rpm/' || (NEW.document->>'name');
                                NEW.document := NEW.document || jsonb_build_object('checksum',
                                        encode(sha256((NEW.document->>'name')::bytea), 'hex'),
                                        'size', length(NEW.document->>'name'));
                        END IF;
                        RETURN NEW;
                END \$\$;
                CREATE TRIGGER download BEFORE INSERT OR UPDATE OF document ON migrationd_pulp2to3.unit_document
                        FOR EACH ROW EXECUTE FUNCTION migrationd_pulp2to3.download()"
}

test_a_downloaded_package_has_its_artifact_and_a_remote() {
        need_shared || return 0
        real_target "$DUMP"
        run "$PLAN" '{"dry_run": false}'
        mkdir -p "$WORK/content-$DUMP/units/rpm"
        printf bear >"$WORK/content-$DUMP/units/rpm/bear"
        printf cat >"$WORK/content-$DUMP/units/rpm/cat"
        downloaded_packages "'bear', 'cat', 'cow'"
        make_changed "type = 'rpm'"
        : >"$LOG"
        run "$PLAN"
        expect_state failed
        expect_log 'units_rpm [0-9a-f-]+: .*/units/rpm/cow is missing: No such file or directory; the option skip_corrupted'
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        problems | matches '^units_rpm [0-9a-f-]+ cow .*units/rpm/cow is missing'
        [[ $(package_problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
        [[ $(pulp "SELECT string_agg(a.sha256 || a.size || ra.size || (ra.sha512 IS NOT NULL), ' ' ORDER BY a.size DESC) FROM rpm_package p
                JOIN core_contentartifact ca ON ca.content_id = p.content_ptr_id JOIN core_artifact a ON a.pulp_id = ca.artifact_id
                JOIN core_remoteartifact ra ON ra.content_artifact_id = ca.pulp_id") == \
                "$(printf bear | sha256sum | cut -d' ' -f1)44true $(printf cat | sha256sum | cut -d' ' -f1)33true" ]]
        cmp <(printf bear) "$WORK/media/$(pulp "SELECT file FROM core_artifact WHERE size = 4")"
        # The versions have it in the place of the other one.
        [[ $(pulp "SELECT sum(count) FROM core_repositoryversioncontentdetails d JOIN core_repositoryversion v
                ON v.pulp_id = d.repository_version_id WHERE v.number = 2 AND count_type = 'A' AND content_type = 'rpm.package'") -eq 2 ]]
}

test_a_file_of_other_bytes_is_a_problem() {
        need_shared || return 0
        printf 'cow!' >"$WORK/content-$DUMP/units/rpm/cow"
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        problems | matches '^units_rpm [0-9a-f-]+ cow .* has 4 bytes, expected 3$' || fail "problems: $(problems)"
        printf 'bow' >"$WORK/content-$DUMP/units/rpm/cow"
        run "$PLAN" '{"skip_corrupted": true}'
        problems | matches '^units_rpm [0-9a-f-]+ cow .* has the checksum [0-9a-f]{64}, expected [0-9a-f]{64}$'
        printf 'cow' >"$WORK/content-$DUMP/units/rpm/cow"
        run "$PLAN"
        expect_state completed
        [[ -z $(package_problems) ]] || fail "problems: $(problems)"
}

test_repodata_that_is_damaged_is_named_by_unit_and_field() {
        need_shared || return 0
        real_target "$DUMP"
        run "$PLAN"
        # A dump whose snippet is cut off.
        pulp "CREATE FUNCTION migrationd_pulp2to3.damage() RETURNS trigger LANGUAGE plpgsql AS \$\$
                BEGIN
                        NEW.filelists_z := substr(NEW.filelists_z, 1, 20);
                        RETURN NEW;
                END \$\$;
                CREATE TRIGGER damage BEFORE INSERT OR UPDATE ON migrationd_pulp2to3.unit_snippet FOR EACH ROW
                        EXECUTE FUNCTION migrationd_pulp2to3.damage()"
        make_changed "type = 'srpm'"
        : >"$LOG"
        run "$PLAN"
        expect_state failed
        expect_log 'units_srpm [0-9a-f-]+: field repodata.filelists is not a text that zlib has compressed'
        run "$PLAN" '{"skip_corrupted": true}'
        expect_state completed
        [[ $(problems | grep -c 'field repodata.filelists') -eq 3 ]] || fail "problems: $(problems)"
}

test_plugins_of_one_plan_have_lanes_of_their_own() {
        need_shared || return 0
        real_target "$DUMP"
        run '{"plugins": [{"type": "iso"}, {"type": "rpm", "repositories": '"$REPOSITORIES"'}, {"type": "deb"}]}'
        expect_state completed
        expect_counters
        [[ $(pulp "SELECT string_agg(name || ' ' || pulp_type, ', ' ORDER BY name) FROM core_repository") == \
                'modules rpm.rpm, sources rpm.rpm' ]]
        [[ $(db migrationd -c "SELECT string_agg(DISTINCT lane, ' ') FROM migrationd.task WHERE report_id = $REPORT AND
                lane <> ''") == rpm ]]
}

test_rows_of_a_plugin_that_a_later_plan_leaves_out_stay() {
        need_shared || return 0
        configure "$SHARED/pulp2/file_base_4repos/mongodb.file_base_4repos.archive" "$WORK/content-$DUMP"
        run '{"plugins": [{"type": "iso"}]}' '{"skip_corrupted": true}'
        expect_state completed
        [[ $(count "migrationd_pulp2to3.unit_document WHERE type = 'rpm' AND migrated") -eq 35 ]]
        [[ $(count "migrationd_pulp2to3.importer WHERE plugin = 'rpm'") -eq 5 ]]
        [[ $(count "core_repository WHERE pulp_type = 'file.file'") -eq 4 ]]
}

test_a_target_without_the_plugin_is_refused() {
        need_shared || return 0
        real_target "$DUMP"
        pulp "DELETE FROM django_migrations WHERE app = 'deb'"
        : >"$LOG"
        run '{"plugins": [{"type": "rpm"}, {"type": "deb"}]}'
        expect_state failed
        expect_log 'the latest migration of app deb is none, expected 0017_allow_longer_string_lists .pulpcore 3.18, pulp_rpm 3.17'
        run "$PLAN"
        expect_state completed
}

test_a_publication_is_made_anew_when_its_options_change() {
        local plan='{"plugins": [{"type": "rpm", "repositories": [{"name": "sources", "repository_versions":
                [{"pulp2_repository_id": "srpm-unsigned", "pulp2_distributor_repository_ids": ["srpm-unsigned"]}]}]}]}'

        need_shared || return 0
        real_target "$DUMP"
        run "$plan" '{"skip_corrupted": true}'
        expect_state completed
        [[ $(count "core_publication") -eq 1 ]]
        run "$plan" '{"skip_corrupted": true}'
        [[ $(count "core_publication") -eq 1 ]]
        # As if the distributor had had another checksum type in the dump before.
        pulp "UPDATE migrationd_pulp2to3.publication SET options = '{\"checksum_type\": \"sha1\"}'"
        run "$plan" '{"skip_corrupted": true}'
        expect_state completed
        # The one before goes with it.
        [[ $(count "core_publication") -eq 1 ]]
        [[ $(pulp "SELECT count(*) FROM core_distribution d JOIN migrationd_pulp2to3.publication p ON p.publication_id = d.publication_id
                WHERE p.options = '{}'") -eq 1 ]]
}

test_a_role_that_may_not_write_a_table_of_the_plugin_is_refused() {
        need_shared || return 0
        pulp "DROP ROLE IF EXISTS reader" 2>/dev/null || true
        pulp "CREATE ROLE reader LOGIN; GRANT CREATE, TEMPORARY ON DATABASE pulp TO reader;
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reader;
                GRANT USAGE ON SCHEMA migrationd_pulp2to3 TO reader; REVOKE INSERT ON rpm_package FROM reader;
                REVOKE DELETE ON core_distribution FROM reader"
        sed -i 's/user=postgres dbname=pulp/user=reader dbname=pulp/' "$WORK/root/etc/migrationd/pulp2to3.conf"
        : >"$LOG"
        run "$PLAN"
        expect_state failed
        expect_log 'role reader may not write these tables of database pulp: core_distribution, rpm_package; let .Pulp3. Database= name'
}

titles=(
        test_packages_are_those_of_the_reference_in_every_column
        test_a_second_run_writes_no_row
        test_a_unit_that_changed_is_migrated_again_and_found
        test_a_content_that_pulp_removed_is_made_again
        test_a_downloaded_package_has_its_artifact_and_a_remote
        test_a_file_of_other_bytes_is_a_problem
        test_repodata_that_is_damaged_is_named_by_unit_and_field
        test_plugins_of_one_plan_have_lanes_of_their_own
        test_rows_of_a_plugin_that_a_later_plan_leaves_out_stay
        test_a_publication_is_made_anew_when_its_options_change
        test_a_target_without_the_plugin_is_refused
        test_a_role_that_may_not_write_a_table_of_the_plugin_is_refused
)

steps_run "$@"
