#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Options of importers and distributors, and documents of them that cannot be read: what becomes of remotes and publications, and what
# is told of. Output is TAP.
#
# steps-options.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

# shellcheck source=tests/migrations/steps-edits.sh
. "$HERE/steps-edits.sh"

test_options_of_each_distributor_of_a_repository_are_listed() {
        sample
        edit copy repo_distributors iso-00001 "$OLDEST" config '{"relative_url": "first", "protected": true}' \
                copy repo_distributors iso-00001 "$YOUNGEST" config '{"relative_url": "second", "protected": true}'
        for plan in "$ISO" "$(named iso-00001)"; do
                run "$plan" "$DRY_RUN"
                expect_state completed
                expect_problem "^repo_distributors $OLDEST config.protected: repository iso-00001: the distribution is open"
                expect_problem "^repo_distributors $YOUNGEST config.protected: repository iso-00001: the distribution is open"
        done
        run "$(named iso-00002)" "$DRY_RUN"
        ! problems | matches config.protected || fail "problems: $(problems)"
}

test_an_importer_without_feed_loses_its_remote() {
        sample --on-demand 0
        edit set repo_importers iso-00001 config.basic_auth_username '"user"'
        run "$ISO" || true
        key
        migrate "$ISO"
        [[ $(count "core_remote WHERE username IS NOT NULL") -eq 1 && $(count core_remote) -eq 4 ]]
        edit unset repo_importers iso-00001 config.feed
        migrate "$ISO"
        [[ $(count "core_repository WHERE name = 'iso-00001' AND remote_id IS NULL") -eq 1 ]]
        [[ $(count core_remote) -eq 3 && $(count file_fileremote) -eq 3 ]]
        [[ -z $(problems) ]] || fail "problems: $(problems)"
        expect_same
        migrate "$ISO"
        [[ $(tasks_of distributions) -eq 0 ]]
        edit
        migrate "$ISO"
        [[ $(count core_remote) -eq 4 && $(count "core_repository WHERE remote_id IS NULL") -eq 0 ]]
        expect_same
}

key() {
        python3 -c 'import base64; print(base64.urlsafe_b64encode(bytes(range(32))).decode())' >"$WORK/root/key"
}

test_a_remote_of_which_files_on_demand_come_stays_and_is_a_problem() {
        sample --on-demand 100
        migrate "$ISO"
        edit remove repo_importers iso-00001
        migrate "$ISO"
        [[ $(count "core_repository WHERE name = 'iso-00001' AND remote_id IS NULL") -eq 1 && $(count core_remote) -eq 4 ]]
        expect_problem '^remote [0-9a-f]{24}-iso-00001: Pulp 2 has no importer with a feed for it any more; it stays'
        [[ $(problems | wc -l) -eq 1 ]]
        expect_same
        # Another importer of the same files: nothing needs the old remote.
        edit copy repo_importers iso-00001 "$YOUNGEST" last_updated null
        pulp "INSERT INTO core_remoteartifact (pulp_id, pulp_created, url, content_artifact_id, remote_id)
                SELECT gen_random_uuid(), now(), 'http://other/', ra.content_artifact_id, (SELECT pulp_id FROM core_remote
                        WHERE name LIKE '%-iso-00002') FROM core_remoteartifact ra JOIN core_remote r ON r.pulp_id = ra.remote_id
                        WHERE r.name LIKE '%-iso-00001' ON CONFLICT DO NOTHING"
        edit remove repo_importers iso-00001
        migrate "$ISO"
        [[ $(count core_remote) -eq 3 && -z $(problems) ]] || fail "problems: $(problems)"
}

test_distributors_with_other_options_have_publications_of_their_own() {
        local plan='{"plugins": [{"type": "rpm", "repositories": [{"name": "m", "repository_versions": [{"pulp2_repository_id":
                "rpm-with-modules", "pulp2_distributor_repository_ids": ["rpm-with-modules"]}]}]}]}' first fields

        need_shared || return 0
        first=$SHARED/pulp2/rpm_base_4repos/mongodb.rpm_base_4repos.archive
        real_target rpm_base_4repos
        configure "$WORK/edited" "$WORK/content-rpm_base_4repos"
        ARCHIVE=$first edit copy repo_distributors rpm-with-modules "$YOUNGEST" config '{"relative_url": "third", "generate_sqlite": true}'
        cp "$WORK/edited" "$WORK/three"
        ARCHIVE=$WORK/three edit copy repo_distributors rpm-with-modules "$OLDEST" config '{"relative_url": "second", "checksum_type": "sha512"}'
        fields='SELECT d.base_path, p.metadata_checksum_type, p.sqlite_metadata FROM core_distribution d
                JOIN rpm_rpmpublication p ON p.publication_ptr_id = d.publication_id'
        migrate "$plan" "$SKIP_CORRUPTED"
        [[ $(count core_publication) -eq 3 && $(count core_repositoryversion) -eq 2 ]] || fail "$(pulp "$fields")"
        [[ $(pulp "$fields WHERE base_path = 'second'") == 'second sha512 f' ]]
        [[ $(pulp "$fields WHERE base_path = 'third'") == 'third sha256 t' ]]
        [[ $(pulp "$fields WHERE base_path NOT IN ('second', 'third')" | cut -d' ' -f2-) == 'sha256 f' ]]
        migrate "$plan" "$SKIP_CORRUPTED"
        [[ $(tasks_of publications) -eq 0 && $(tasks_of distributions) -eq 0 ]]
        # Equal options again, although said in other words: one publication, and the others go.
        ARCHIVE=$first edit copy repo_distributors rpm-with-modules "$OLDEST" config '{"relative_url": "second", "generate_sqlite": false}'
        migrate "$plan" "$SKIP_CORRUPTED"
        [[ $(count core_publication) -eq 1 && $(count core_distribution) -eq 2 ]] || fail "$(pulp "$fields")"
        expect_same "$plan"
}

test_an_importer_that_cannot_be_read_is_named_or_left_out() {
        sample
        edit set repo_importers iso-00001 config.feed 1
        for plan in "$ISO" "$(named iso-00001)"; do
                fails "$plan" '{}' 'repo_importers [0-9a-f]{24}: field config.feed is not a text; the option skip_corrupted'
                run "$plan" '{"dry_run": true, "skip_corrupted": true}'
                expect_state completed
                expect_problem '^repo_importers [0-9a-f]{24}: field config.feed is not a text$'
                migrate "$plan" "$SKIP_CORRUPTED"
                [[ $(problems | wc -l) -eq 1 ]] || fail "problems: $(problems)"
                expect_problem '^repo_importers [0-9a-f]{24}: field config.feed is not a text$'
                [[ $(count "core_repository WHERE name = 'iso-00001' AND remote_id IS NULL") -eq 1 ]]
                expect_same "$plan"
        done
        # What is not there at all is missing all the same.
        edit remove repo_importers iso-00001
        fails "$(named iso-00001)" "$SKIP_CORRUPTED" 'the plan names what .* lacks: repositories with iso_importer "iso-00001"'
}

test_a_distributor_that_cannot_be_read_is_named_or_left_out() {
        sample
        migrate "$ISO"
        edit set repo_distributors iso-00001 config.relative_url true
        for plan in "$ISO" "$(named iso-00001 iso-00002 iso-00003 iso-00004)"; do
                fails "$plan" '{}' 'repo_distributors [0-9a-f]{24}: field config.relative_url is .*; the option skip_corrupted'
                migrate "$plan" "$SKIP_CORRUPTED"
                expect_problem '^repo_distributors [0-9a-f]{24}: field config.relative_url'
                # It is not known to be gone.
                [[ $(count core_distribution) -eq 4 && $(count core_publication) -eq 4 ]]
                expect_same "$plan"
        done
}

test_an_unknown_checksum_type_is_found_before_anything_is_written() {
        need_shared || return 0
        real_target rpm_base_4repos
        configure "$WORK/edited" "$WORK/content-rpm_base_4repos"
        ARCHIVE=$SHARED/pulp2/rpm_base_4repos/mongodb.rpm_base_4repos.archive edit \
                set repo_distributors srpm-unsigned config.checksum_type '"sha3"'
        fails "$RPM" "$DRY_RUN" 'repo_distributors [0-9a-f]{24}: field config.checksum_type is "sha3"; expected md5, sha1'
        run "$RPM" '{"dry_run": true, "skip_corrupted": true}'
        expect_state completed
        expect_problem '^repo_distributors [0-9a-f]{24}: field config.checksum_type is "sha3"'
}

test_credentials_of_a_proxy_without_host_are_a_problem() {
        sample
        edit set repo_importers iso-00001 config.proxy_username '"hunter"' set repo_importers iso-00001 config.proxy_password '"secret"'
        run "$ISO" "$DRY_RUN"
        expect_state completed
        expect_problem '^repo_importers [0-9a-f]{24} config.proxy_username: repository iso-00001: there is no proxy_host: the remote has no proxy$'
        expect_problem '^repo_importers [0-9a-f]{24} config.proxy_password: repository iso-00001: there is no proxy_host'
        ! problems | grep -E 'hunter|secret'
}

test_remotes_are_written_by_few_statements() {
        sample --repositories 40
        pulp "CREATE TABLE statements (name text);
                CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS \$\$
                BEGIN INSERT INTO public.statements VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NULL; END \$\$;
                CREATE TRIGGER note BEFORE INSERT OR UPDATE ON core_remote FOR EACH STATEMENT EXECUTE FUNCTION note();
                CREATE TRIGGER note BEFORE INSERT OR UPDATE ON file_fileremote FOR EACH STATEMENT EXECUTE FUNCTION note()"
        migrate "$ISO"
        [[ $(count core_remote) -eq 40 ]]
        [[ $(count "statements WHERE name = 'core_remote INSERT'") -eq 1 && $(count "statements WHERE name = 'file_fileremote INSERT'") -eq 1 ]]
        pulp 'DELETE FROM statements'
        # Of 40 remotes none has changed; then one has.
        migrate "$ISO"
        [[ $(count "statements WHERE name LIKE 'core_remote %'") -eq 0 ]]
        pulp "UPDATE core_remote SET url = 'http://elsewhere/' WHERE name LIKE '%-iso-00007'; DELETE FROM statements"
        migrate "$ISO"
        [[ $(count "statements WHERE name = 'core_remote INSERT'") -eq 1 && $(count "core_remote WHERE url = 'http://elsewhere/'") -eq 0 ]]
}

titles=(
        test_options_of_each_distributor_of_a_repository_are_listed
        test_an_importer_without_feed_loses_its_remote
        test_a_remote_of_which_files_on_demand_come_stays_and_is_a_problem
        test_distributors_with_other_options_have_publications_of_their_own
        test_an_importer_that_cannot_be_read_is_named_or_left_out
        test_a_distributor_that_cannot_be_read_is_named_or_left_out
        test_an_unknown_checksum_type_is_found_before_anything_is_written
        test_credentials_of_a_proxy_without_host_are_a_problem
        test_remotes_are_written_by_few_statements
)

steps_run "$@"
