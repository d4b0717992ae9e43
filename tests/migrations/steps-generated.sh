#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Generated dumps with repositories of all plugins through the steps, as plain processes, into the real schema:
# numbers as the generator says, later dumps of the same server, damaged documents. Output is TAP.
#
# steps-generated.sh BUILD [TEST…]: as steps.sh.
set -Eeuo pipefail

# shellcheck source=tests/migrations/steps-common.sh
. "$(dirname "${BASH_SOURCE[0]}")/steps-common.sh" "$@"
shift
# shellcheck source=tests/migrations/steps-samples.sh
. "$HERE/steps-samples.sh"

PLAN='{"plugins": [{"type": "iso"}, {"type": "rpm"}, {"type": "deb"}, {"type": "docker"}]}'

test_a_generated_dump_of_all_plugins_gives_the_expected_rows() {
        need_shared || return 0
        generate everything
        target everything
        run "$PLAN"
        expect_sample
        expect_counters
        [[ -z $(problems) ]] || fail "problems: $(problems)"
}

test_a_second_run_on_the_same_dump_changes_no_row() {
        local before

        need_shared || return 0
        before=$(all_rows)
        run "$PLAN"
        expect_state completed
        diff <(echo "$before") <(all_rows)
}

test_a_second_run_on_the_same_dump_has_no_work() {
        local before

        need_shared || return 0
        generate plain
        target plain
        run "$PLAN"
        expect_sample
        before=$(all_rows)
        run "$PLAN"
        expect_state completed
        diff <(echo "$before") <(all_rows)
        # The steps with many tasks find in a few statements that there is nothing to do.
        [[ -z $(work_done) ]] || fail "there was work: $(work_done)"
}

# Lines STEP NUMBER: of how many units or repositories the main tasks of the last report were, in steps with many tasks.
work_done() {
        db migrationd -c "SELECT s.code, sum(t.total) FROM migrationd.task t JOIN migrationd.step s ON s.report_id = t.report_id AND
                s.ord = t.step_ord WHERE t.report_id = $REPORT AND t.kind = 'main' AND s.code IN ('content', 'repository_versions',
                'publications', 'distributions') GROUP BY s.ord, s.code ORDER BY s.ord"
}

# changed STATEMENT EXPECTED…: another run after that statement works on that only, and the next one on nothing.
changed() {
        pulp "$1"
        run "$PLAN"
        expect_state completed
        expect_counters
        diff <(printf '%s\n' "${@:2}") <(work_done)
        run "$PLAN"
        [[ -z $(work_done) ]] || fail "there was work after the repair: $(work_done)"
}

test_what_has_changed_in_pulp_3_is_all_that_a_run_works_on() {
        need_shared || return 0
        target plain
        run "$PLAN"
        # Two repositories far from each other in the plan; a version that is gone takes its publication with it, which is of the
        # step distributions.
        changed "DELETE FROM core_repositorycontent WHERE pulp_id IN (SELECT DISTINCT ON (r.pulp_type) c.pulp_id
                FROM core_repositorycontent c JOIN core_repository r ON r.pulp_id = c.repository_id
                WHERE r.pulp_type IN ('file.file', 'deb.deb') ORDER BY r.pulp_type, r.name)" \
                'repository_versions 2' 'publications 2' 'distributions 4'
        changed "UPDATE core_repositoryversion SET complete = false WHERE pulp_id = (SELECT v.pulp_id FROM core_repositoryversion v
                JOIN core_repository r ON r.pulp_id = v.repository_id
                WHERE r.pulp_type = 'rpm.rpm' AND number > 0 ORDER BY r.name LIMIT 1)" \
                'repository_versions 1' 'publications 1' 'distributions 2'
        changed "UPDATE core_publication SET complete = false WHERE pulp_id = (SELECT p.pulp_id FROM core_publication p
                JOIN core_distribution d ON d.publication_id = p.pulp_id WHERE p.pulp_type = 'deb.apt-publication' ORDER BY d.name LIMIT 1)" \
                'publications 1' 'distributions 2'
        changed "UPDATE core_distribution SET base_path = 'elsewhere' WHERE name = (SELECT max(name) FROM core_distribution)" \
                'distributions 1'
        [[ $(pulp "SELECT count(*) FROM core_distribution WHERE base_path = 'elsewhere'") -eq 0 ]]
        # A unit that somebody's clean-up removed, and its row in the version.
        changed "CREATE TEMPORARY TABLE gone AS SELECT min(content_ptr_id::text)::uuid AS id FROM file_filecontent;
                DELETE FROM core_contentartifact a USING gone WHERE a.content_id = gone.id;
                DELETE FROM core_repositorycontent r USING gone WHERE r.content_id = gone.id;
                DELETE FROM file_filecontent p USING gone WHERE p.content_ptr_id = gone.id;
                DELETE FROM core_content c USING gone WHERE c.pulp_id = gone.id" \
                'content 1' 'repository_versions 1' 'publications 1' 'distributions 2'
}

test_a_changed_plan_is_followed_where_it_has_changed() {
        local name names

        need_shared || return 0
        use plain
        names=$(jq -r '.repositories[:2][].name' "$EXPECTED")
        name=${names%%$'\n'*}
        run '{"plugins": [{"type": "iso", "repositories": [{"name": "both", "repository_versions": [
                {"pulp2_repository_id": "'"$name"'"}, {"pulp2_repository_id": "'"${names##*$'\n'}"'"}]}]}]}'
        expect_state completed
        expect_counters
        [[ $(work_done | grep -v ^distributions) == 'repository_versions 1' ]] || fail "work: $(work_done)"
        # What the plan does not name any more is not published any more.
        [[ $(pulp "SELECT count(*) FROM core_distribution WHERE pulp_type = 'file.file'") -eq 0 ]]
        # Its versions are of other repositories now: both are new, as the second has to follow the first.
        run '{"plugins": [{"type": "iso", "repositories": [{"name": "both", "repository_versions": [
                {"pulp2_repository_id": "'"${names##*$'\n'}"'"}, {"pulp2_repository_id": "'"$name"'"}]}]}]}'
        expect_state completed
        [[ $(work_done) == 'repository_versions 1' ]] || fail "work: $(work_done)"
        [[ $(pulp "SELECT count(*) FROM core_repositoryversion v JOIN core_repository r ON r.pulp_id = v.repository_id
                WHERE r.name = 'both'") -eq 4 ]]
}

test_documents_that_are_damaged_are_the_listed_problems() {
        need_shared || return 0
        generate damaged --units 200 --on-demand 20 --shared 10 --damaged-documents 4 --corrupted 5
        target damaged
        : >"$LOG"
        run "$PLAN"
        expect_state failed
        expect_log 'units_[a-z_]+ [0-9a-f-]+: .*; the option skip_corrupted'
        run "$PLAN" '{"skip_corrupted": true}'
        expect_sample
        diff <(expected_problems | sorted) <(actual_problems | sorted)
        # Of an ISO unit, the field that the generator damaged.
        diff <(jq -r '.problems.units[] | select(.field) | "\(.id) \(.field)"' "$EXPECTED" | sorted) \
                <(problems | sed -nE 's/^units_iso ([0-9a-f-]+): field ([a-z]+) .*/\1 \2/p' | sorted)
        # Each kind of damage is there.
        [[ $(jq -r '[.plugins[].problems[].kind] | unique | length' "$EXPECTED") -eq 5 ]]
        [[ $(jq -r '[.problems.units[].kind] | unique | length' "$EXPECTED") -eq 4 ]]
}

# Of repositories that Pulp 2 does not have any more: gone OLD NEW.
gone() {
        comm -23 <(echo "$1" | tr ',' '\n' | sorted) <(echo "$2" | tr ',' '\n' | sorted)
}

# repositories_of NAMES: what they have and where it comes from; how they are served is another matter.
repositories_of() {
        pulp3_latest "$(conninfo pulp)" <<<"$1" |
                grep -E '^(core_(repository|repositorycontent|remote)|(file|rpm|deb|container)_.*(content|package|release.*|tag|remote))'$'\t'
}

# Where remotes and distributions point to.
pointers() {
        pulp "SELECT 'remote', name, url FROM core_remote UNION ALL SELECT 'distribution', name, base_path FROM core_distribution"
}

# count_writes RUN: that command makes the triggers which note each statement that writes problems.
count_writes() {
        "$1" "CREATE TABLE public.writes (n bigint NOT NULL);
                GRANT ALL ON public.writes TO PUBLIC;
                CREATE FUNCTION public.note_write() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE n bigint := (SELECT count(*) FROM written);
                        BEGIN IF n > 0 THEN INSERT INTO public.writes VALUES (n); END IF; RETURN NULL; END';
                CREATE TRIGGER note_write AFTER INSERT ON $2 REFERENCING NEW TABLE AS written
                        FOR EACH STATEMENT EXECUTE FUNCTION public.note_write()"
}

service() {
        db migrationd -c "$1"
}

test_thousands_of_problems_are_written_by_a_few_statements() {
        local command count sum

        need_shared || return 0
        generate bad --units 2600 --size-max 1024 --damaged-documents 45 --missing 50
        target bad
        run "$PLAN" '{"skip_corrupted": true, "validate": true}'
        expect_state completed
        count_writes pulp migrationd_pulp2to3.problem
        count_writes service migrationd.problem
        run "$PLAN" '{"skip_corrupted": true, "validate": true}'
        expect_state completed
        # A file that is missing is told of by the step validate too.
        diff <(expected_problems | sorted) <(actual_problems | sorted | uniq)
        for command in pulp service; do
                read -r count sum < <("$command" "SELECT count(*), sum(n) FROM public.writes")
                [[ $sum -gt 1800 && $count -le 40 ]] || fail "$command: $sum rows by $count statements"
                echo "$command: $sum rows by $count statements"
        done
        service 'DROP TRIGGER note_write ON migrationd.problem; DROP FUNCTION public.note_write(); DROP TABLE public.writes'
}

test_three_generations_in_one_target_end_as_the_last_one_in_an_empty_target() {
        local generation names='' removed kept

        need_shared || return 0
        for generation in 0 1 2; do
                # With this seed feeds and paths of repositories change that stay.
                generate "generation-$generation" --generation "$generation" --seed 5
                if [[ $generation -eq 0 ]]; then
                        target generation-0
                else
                        use "generation-$generation"
                fi
                # What Pulp 2 has removed stays in Pulp 3, as it was.
                removed=$(gone "$names" "$(repositories)")
                kept=${removed:+$(repositories_of "$removed")}
                run "$PLAN"
                expect_state completed
                expect_counters
                diff <(expected_contents | sorted) <(actual_contents | sorted)
                [[ -z $removed ]] || diff <(echo "$kept") <(repositories_of "$removed")
                # It is not served any more.
                diff /dev/null <(pulp "SELECT name, base_path FROM core_distribution
                        WHERE substr(name, 26) = ANY (string_to_array('${removed//$'\n'/ }', ' '))")
                names=$(repositories)
                [[ $generation -gt 0 ]] || pointers >"$WORK/pointers"
        done
        diff <(printf '%s\n' distribution remote) <(awk 'NR == FNR { old[$1, $2] = $3; next }
                ($1, $2) in old && old[$1, $2] != $3 { print $1 }' "$WORK/pointers" <(pointers) | sort -u)
        # The last generation has removed a repository of each plugin that has generations.
        [[ $(wc -l <<<"$removed") -ge 3 && $(wc -l <<<"$kept") -gt 100 ]] || fail "removed: $removed"
        [[ $(pulp "SELECT count(*) FROM core_repositoryversion WHERE number = 3") -ge 5 ]]
        latest_content >"$WORK/history"
        target generation-2
        run "$PLAN"
        expect_sample
        expect_counters
        diff "$WORK/history" <(latest_content)
}

titles=(
        test_a_generated_dump_of_all_plugins_gives_the_expected_rows
        test_a_second_run_on_the_same_dump_changes_no_row
        test_a_second_run_on_the_same_dump_has_no_work
        test_what_has_changed_in_pulp_3_is_all_that_a_run_works_on
        test_a_changed_plan_is_followed_where_it_has_changed
        test_documents_that_are_damaged_are_the_listed_problems
        test_thousands_of_problems_are_written_by_a_few_statements
        test_three_generations_in_one_target_end_as_the_last_one_in_an_empty_target
)

steps_run "$@"
