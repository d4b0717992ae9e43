#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The step programs of pulp2to3 as plain processes, without systemd: a throw-away PostgreSQL cluster, the service's functions
# for the plan, the tasks and the attempts, and this script in the place of the poll. Output is TAP.
#
# steps.sh BUILD [TEST…]: BUILD is a build directory. TEST are names of functions test_*; all by default.
# $MIGRATIOND_SHARED: directory with the real dumps and references (pulp2/, pulp2to3/); without it those tests are skipped.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift

PLAN_ALL='{"plugins":[{"type":"iso"}]}'

# A real dump: its ten large files are missing, so it is a case of skip_corrupted.
test_the_real_dump_gives_the_rows_of_the_reference() {
        need_shared || return 0
        real_target
        run "$(cat "$SHARED/pulp2to3/plans/iso-all.json")" '{"skip_corrupted": true}'
        expect_state completed
        expect_counters
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$SHARED/pulp2to3/reference-file"
        [[ $(problems | grep -c 'is missing: No such file') -eq 10 ]] || fail "problems: $(problems)"
}

test_a_second_run_of_the_same_plan_changes_no_row() {
        local before

        need_shared || return 0
        before=$(pulp3_checksums "$(conninfo pulp)")
        run "$(cat "$SHARED/pulp2to3/plans/iso-all.json")" '{"skip_corrupted": true}'
        expect_state completed
        expect_counters
        diff <(echo "$before") <(pulp3_checksums "$(conninfo pulp)")
        [[ $(problems | wc -l) -eq 10 ]] || fail "problems: $(problems)"
}

test_a_plan_that_names_all_repositories_gives_the_same_rows() {
        need_shared || return 0
        real_target
        run "$(cat "$SHARED/pulp2to3/plans/file-complex.json")" '{"skip_corrupted": true}'
        expect_state completed
        pulp3_compare "$(conninfo pulp)" "$WORK/media" "$SHARED/pulp2to3/reference-file"
}

test_a_missing_file_fails_the_content_task_and_is_named() {
        need_shared || return 0
        real_target
        : >"$LOG"
        run "$PLAN_ALL"
        expect_state failed
        expect_log 'units_iso [0-9a-f-]+ .*iso: .*/units/iso/.*is missing: No such file or directory; the option skip_corrupted'
        [[ $(db migrationd -c "SELECT class || error FROM migrationd.task WHERE report_id = $REPORT AND state = 'failed'") == \
                'exit-codeexit 65' ]]
}

sample() {
        "$GENERATE" --output "$WORK/sample-$1" "${@:2}"
        jq . "$WORK/sample-$1/expected.json" >/dev/null
}

sample_target() {
        target_make
        configure "$WORK/sample-$1/pulp2.archive" "$WORK/sample-$1/content" "${2:-}"
}

# The generator knows what comes of its dump.
expect_sample() {
        expect_state completed
        expect_counters
        pulp3_expect_counts "$(conninfo pulp)" "$WORK/sample-$1/expected.json" tables
        diff <(jq -r '.problems.units[] | "units_iso \(.id) \(.name)"' "$WORK/sample-$1/expected.json" | LC_ALL=C sort) \
                <(db migrationd -c "SELECT item FROM migrationd.problem WHERE report_id = $REPORT ORDER BY item COLLATE \"C\"")
        diff <(jq -r '.repositories[] | "\(.name) \(.versions)"' "$WORK/sample-$1/expected.json" | LC_ALL=C sort) \
                <(db pulp -c "SELECT r.name, count(*) FROM core_repository r JOIN core_repositoryversion v
                        ON v.repository_id = r.pulp_id GROUP BY 1" | LC_ALL=C sort)
        # Every artifact has its file, of its size, and no temporary one is left.
        diff <(db pulp -c "SELECT file, size FROM core_artifact" | LC_ALL=C sort) \
                <(cd "$WORK/media" && find artifact -type f -printf '%p %s\n' | LC_ALL=C sort)
}

test_a_generated_dump_with_damaged_shared_and_duplicate_units_gives_the_expected_rows() {
        sample damaged --units 1500 --repositories 20 --empty-repositories 3 --on-demand 30 --corrupted 0.5 --missing 0.5 \
                --short 0.5 --shared 10 --duplicate 5
        sample_target damaged '[Tasks]
TargetDuration=500ms'
        run "$PLAN_ALL" '{"skip_corrupted": true}' 2
        expect_sample damaged
        pulp3_all "$(conninfo pulp)" "$WORK/media" >"$WORK/damaged.expected"
        [[ $(db migrationd -c "SELECT count(*) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND s.code = 'content' AND t.kind = 'main'") -gt 10 ]]
}

test_one_and_eight_workers_give_the_same_rows_as_two() {
        local workers

        for workers in 1 8; do
                sample_target damaged '[Tasks]
TargetDuration=500ms'
                run "$PLAN_ALL" '{"skip_corrupted": true}' "$workers"
                expect_sample damaged
                diff "$WORK/damaged.expected" <(pulp3_all "$(conninfo pulp)" "$WORK/media")
        done
}

test_programs_killed_at_random_moments_end_with_the_same_rows() {
        sample_target damaged '[Tasks]
TargetDuration=2s'
        KILL_AFTER=200
        run "$PLAN_ALL" '{"skip_corrupted": true}' 3
        KILL_AFTER=
        echo "$ATTEMPTS attempts for $(db migrationd -c "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT") tasks"
        expect_sample damaged
        diff "$WORK/damaged.expected" <(pulp3_all "$(conninfo pulp)" "$WORK/media")
        [[ $(db migrationd -c "SELECT count(*) > 0 FROM migrationd.attempt WHERE report_id = $REPORT AND state = 'failed'") == t ]]
}

test_a_database_that_restarts_in_the_middle_is_waited_for() {
        local restarter

        sample_target damaged '[Tasks]
TargetDuration=500ms'
        REPORT=$(report_make "$PLAN_ALL" '{"skip_corrupted": true}' 2)
        {
                # Connections to Pulp's database end again and again while content is migrated.
                for _ in 1 2 3; do
                        until [[ $(db postgres -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                                WHERE datname = 'pulp' AND application_name LIKE 'migration report%'") -gt 0 ]]; do :; done
                done
        } &
        restarter=$!
        report_drive "$REPORT"
        kill "$restarter" 2>/dev/null || true
        wait "$restarter" 2>/dev/null || true
        expect_sample damaged
        diff "$WORK/damaged.expected" <(pulp3_all "$(conninfo pulp)" "$WORK/media")
        [[ $ATTEMPTS -gt $(db migrationd -c "SELECT count(*) FROM migrationd.task WHERE report_id = $REPORT") ]]
}

test_a_repository_that_lost_content_gets_a_new_version_and_the_rest_stays() {
        local before

        sample_target damaged
        run "$PLAN_ALL" '{"skip_corrupted": true}'
        before=$(db pulp -c "SELECT md5(string_agg(f::text, '' ORDER BY f::text)) FROM file_filecontent f")
        # As if somebody had taken a unit out of a repository in Pulp 3 since.
        db pulp -c "DELETE FROM core_repositorycontent WHERE pulp_id = (SELECT pulp_id FROM core_repositorycontent LIMIT 1)"
        run "$PLAN_ALL" '{"skip_corrupted": true}'
        expect_state completed
        [[ $(db pulp -c "SELECT count(*) FROM core_repositoryversion WHERE number = 2") -eq 1 ]]
        [[ $(db pulp -c "SELECT string_agg(count_type || count, ' ' ORDER BY count_type) FROM core_repositoryversioncontentdetails d
                JOIN core_repositoryversion v ON v.pulp_id = d.repository_version_id WHERE v.number = 2") == 'A1 P'* ]]
        [[ $(db pulp -c "SELECT md5(string_agg(f::text, '' ORDER BY f::text)) FROM file_filecontent f") == "$before" ]]
        # The distribution follows to the publication of the new version.
        [[ $(db pulp -c "SELECT count(*) FROM core_distribution d JOIN core_publication p ON p.pulp_id = d.publication_id
                JOIN core_repositoryversion v ON v.pulp_id = p.repository_version_id WHERE v.number = 2") -eq 1 ]]
}

test_a_lost_artifact_of_a_task_that_was_cut_off_is_linked_again() {
        # One content task of many batches.
        sample_target damaged '[Tasks]
TargetDuration=60s'
        REPORT=$(report_make "$PLAN_ALL" '{"skip_corrupted": true}' 1)
        report_drive_into_content "$REPORT"
        [[ $(db pulp -c "SELECT count(*) FROM core_artifact") -gt 100 ]]
        rm "$WORK/media/$(db pulp -c "SELECT min(file) FROM core_artifact")"
        report_drive "$REPORT"
        expect_sample damaged
}

test_what_killed_tasks_of_former_reports_left_in_the_store_is_removed() {
        sample_target damaged
        mkdir -p "$WORK/media/artifact/.migration-3-4.d"
        touch "$WORK/media/artifact/.migration-3-3" "$WORK/media/artifact/.migration-3-4.d/repomd.xml"
        run "$PLAN_ALL" '{"skip_corrupted": true}'
        expect_sample damaged
        [[ -z $(find "$WORK/media/artifact" -maxdepth 1 -name '.*') ]] || fail 'the run left temporary files'
}

test_the_fence_waits_for_a_session_that_holds_a_lock_of_the_report() {
        local holder status=0

        sample_target damaged
        MIGRATIOND_REPORT=77 PULP2TO3_ROOT=$WORK/root "$PROGRAM" fence
        db pulp -c 'SELECT pg_advisory_lock(77, 1)' -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &
        holder=$!
        until [[ $(db pulp -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") -gt 0 ]]; do :; done
        { timeout --signal=KILL 2 env MIGRATIOND_REPORT=77 PULP2TO3_ROOT="$WORK/root" "$PROGRAM" fence; } 2>/dev/null || status=$?
        [[ $status -eq 137 ]] || fail "the fence ended with $status while the lock was held"
        MIGRATIOND_REPORT=78 PULP2TO3_ROOT=$WORK/root "$PROGRAM" fence
        db postgres -c "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'" >/dev/null
        wait "$holder" || true
        MIGRATIOND_REPORT=77 PULP2TO3_ROOT=$WORK/root "$PROGRAM" fence
}

test_the_fence_passes_where_the_database_does_not_exist() {
        sample_target damaged
        sed -i 's/dbname=pulp$/dbname=nowhere/' "$WORK/root/etc/migrationd/pulp2to3.conf"
        MIGRATIOND_REPORT=77 PULP2TO3_ROOT=$WORK/root "$PROGRAM" fence 2>>"$LOG"
        rm "$WORK/root/etc/migrationd/pulp2to3.conf"
        MIGRATIOND_REPORT=77 PULP2TO3_ROOT=$WORK/root "$PROGRAM" fence 2>>"$LOG"
}

# refuse STATUS PATTERN PLAN [OPTIONS]: the step validate ends with that status and says why, and the target stays as it is.
refuse() {
        local before

        : >"$LOG"
        before=$(db pulp -c "SELECT string_agg(n.nspname || '.' || c.relname || coalesce(c.relfilenode, 0), ' ' ORDER BY 1)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_'")
        run "$3" "${4:-{\}}"
        expect_state failed
        [[ $(db migrationd -c "SELECT t.error FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND t.state = 'failed' AND s.code = 'validate'") == "exit $1" ]] ||
                fail "not exit $1: $(tail -2 "$LOG")"
        expect_log "$2"
        [[ $(db pulp -c "SELECT string_agg(n.nspname || '.' || c.relname || coalesce(c.relfilenode, 0), ' ' ORDER BY 1)
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_'") == "$before" ]] ||
                fail "the target changed"
        [[ ! -e $WORK/media/artifact ]] || fail "the media root changed"
}

test_a_plan_that_is_wrong_is_refused_with_a_pointer_before_anything_is_written() {
        sample_target damaged
        refuse 65 'plan: /plugins/0/type: unknown plugin "tape"' '{"plugins":[{"type":"tape"}]}'
        refuse 65 'plan: /plugins/0: unknown key "repos"' '{"plugins":[{"type":"iso","repos":[]}]}'
        refuse 65 'plan: /plugins/0/repositories/0/repository_versions/0/pulp2_repository_id: is missing' \
                '{"plugins":[{"type":"iso","repositories":[{"name":"a","repository_versions":[{}]}]}]}'
}

test_a_plan_that_names_what_the_dump_lacks_is_refused_and_all_of_it_is_listed() {
        sample_target damaged
        refuse 65 'the plan names what .*pulp2.archive lacks: repositories "absent-1", "absent-2"; .*iso_importer "absent-3"; .*"absent-4"' \
                '{"plugins":[{"type":"iso","repositories":[{"name":"a","pulp2_importer_repository_id":"absent-3",
                "repository_versions":[{"pulp2_repository_id":"absent-1"},{"pulp2_repository_id":"absent-2",
                "pulp2_distributor_repository_ids":["absent-4"]}]}]}]}'
}

test_a_target_of_another_version_is_refused_before_anything_is_written() {
        sample_target damaged
        db pulp -c "INSERT INTO django_migrations (app, name, applied) VALUES ('core', '0088_alter_content', now())"
        refuse 65 'another Pulp version: the latest migration of app core is 0088_alter_content, expected 0087_taskschedule' "$PLAN_ALL"
        db pulp -c "DELETE FROM django_migrations WHERE name IN ('0088_alter_content', '0013_file_acs')"
        refuse 65 'app file is 0012_delete_filefilesystemexporter, expected 0013_file_acs.*not applied: file.0013_file_acs' "$PLAN_ALL"
        db pulp -c "DROP TABLE django_migrations"
        refuse 65 'is not one of Pulp 3: it has no table public.django_migrations' "$PLAN_ALL"
}

test_an_archive_that_is_damaged_or_absent_is_refused() {
        sample_target damaged
        head -c 200000 "$WORK/sample-damaged/pulp2.archive" >"$WORK/short.archive"
        configure "$WORK/short.archive" "$WORK/sample-damaged/content"
        refuse 65 'short.archive' "$PLAN_ALL"
        configure "$WORK/nowhere.archive" "$WORK/sample-damaged/content"
        refuse 66 'nowhere.archive.*No such file' "$PLAN_ALL"
        configure "$WORK/sample-damaged/pulp2.archive" "$WORK/nowhere"
        refuse 66 'Content=.*/nowhere: No such file' "$PLAN_ALL"
}

test_a_configuration_that_is_wrong_is_refused_with_file_and_line() {
        sample_target damaged 'Colour=blue'
        refuse 78 'pulp2to3.conf:8: unknown key Colour in section .Pulp3.' "$PLAN_ALL"
}

test_a_database_or_role_that_does_not_exist_is_refused_at_once() {
        sample_target damaged
        sed -i 's/dbname=pulp$/dbname=nowhere/' "$WORK/root/etc/migrationd/pulp2to3.conf"
        refuse 78 'database "nowhere" does not exist; .Pulp3. Database= has to name a database' "$PLAN_ALL"
        sed -i 's/user=postgres dbname=nowhere/user=nobody dbname=pulp/' "$WORK/root/etc/migrationd/pulp2to3.conf"
        refuse 78 'role "nobody" does not exist; .Pulp3. Database= has to name' "$PLAN_ALL"
}

test_the_option_validate_looks_for_every_file() {
        sample_target damaged
        refuse 65 'units have no good file, see the problems' "$PLAN_ALL" '{"validate": true}'
        # Files of the right size and other bytes are only found by reading them.
        [[ $(problems | wc -l) -eq $(jq '.problems.missing + .problems.short' "$WORK/sample-damaged/expected.json") ]] ||
                fail "problems: $(problems)"
}

# Some of them are looked at after one that is missing: each is told of by its own reason.
test_a_directory_in_the_place_of_a_file_is_no_file() {
        local file files

        sample_target damaged
        mapfile -t files < <(find "$WORK/sample-damaged/content" -path '*/units/iso/*' -type f | sort)
        files=("${files[@]:0:200}")
        mkdir "$WORK/saved"
        for file in "${files[@]}"; do
                mv "$file" "$WORK/saved/${file//\//+}"
                mkdir "$file"
        done
        run "$PLAN_ALL" '{"validate": true, "skip_corrupted": true, "dry_run": true}'
        expect_state completed
        for file in "${files[@]}"; do
                rmdir "$file"
                mv "$WORK/saved/${file//\//+}" "$file"
        done
        [[ $(problems | grep -c ': is not a file$') -eq 200 ]] || fail "problems: $(problems)"
}

test_a_dry_run_checks_and_writes_nothing() {
        sample_target damaged
        run "$PLAN_ALL" '{"dry_run": true}'
        expect_state completed
        [[ $(db pulp -c "SELECT count(*) FROM pg_namespace WHERE nspname = 'migrationd_pulp2to3'") -eq 0 ]]
        [[ ! -e $WORK/media/artifact ]]
}

test_files_on_another_file_system_are_copied_and_counted() {
        [[ -d /dev/shm && -w /dev/shm ]] || { SKIP=1; return 0; }
        local other

        other=$(mktemp -d /dev/shm/pulp2to3.XXXXXX)
        sample_target damaged
        sed -i "s|^MediaRoot=.*|MediaRoot=$other|" "$WORK/root/etc/migrationd/pulp2to3.conf"
        run "$PLAN_ALL" '{"skip_corrupted": true}'
        rm -rf "${WORK:?}/media"
        cp -a "$other" "$WORK/media"
        rm -rf "$other"
        expect_sample damaged
        [[ $(db pulp -c "SELECT sum(linked) = 0 AND sum(copied) > 700 FROM migrationd_pulp2to3.batch WHERE report = $REPORT") == t ]]
}

titles=(
        test_the_real_dump_gives_the_rows_of_the_reference
        test_a_second_run_of_the_same_plan_changes_no_row
        test_a_plan_that_names_all_repositories_gives_the_same_rows
        test_a_missing_file_fails_the_content_task_and_is_named
        test_a_generated_dump_with_damaged_shared_and_duplicate_units_gives_the_expected_rows
        test_one_and_eight_workers_give_the_same_rows_as_two
        test_programs_killed_at_random_moments_end_with_the_same_rows
        test_a_database_that_restarts_in_the_middle_is_waited_for
        test_a_repository_that_lost_content_gets_a_new_version_and_the_rest_stays
        test_a_lost_artifact_of_a_task_that_was_cut_off_is_linked_again
        test_what_killed_tasks_of_former_reports_left_in_the_store_is_removed
        test_the_fence_waits_for_a_session_that_holds_a_lock_of_the_report
        test_the_fence_passes_where_the_database_does_not_exist
        test_a_plan_that_is_wrong_is_refused_with_a_pointer_before_anything_is_written
        test_a_plan_that_names_what_the_dump_lacks_is_refused_and_all_of_it_is_listed
        test_a_target_of_another_version_is_refused_before_anything_is_written
        test_an_archive_that_is_damaged_or_absent_is_refused
        test_a_configuration_that_is_wrong_is_refused_with_file_and_line
        test_a_database_or_role_that_does_not_exist_is_refused_at_once
        test_the_option_validate_looks_for_every_file
        test_a_directory_in_the_place_of_a_file_is_no_file
        test_a_dry_run_checks_and_writes_nothing
        test_files_on_another_file_system_are_copied_and_counted
)

steps_run "$@"
