-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes the remotes of a range of the plan's repositories at their importers; one without feed has none any more. $1: report,
-- $2: after that number, $3: up to.
WITH none AS (
        UPDATE migrationd_pulp2to3.importer i SET remote_id = NULL FROM migrationd_pulp2to3.plan_repository p
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND i.repo_id = p.importer AND
                        i.plugin = p.plugin AND i.url IS NULL AND i.remote_id IS NOT NULL
)
UPDATE migrationd_pulp2to3.importer i SET remote_id = r.pulp_id
        FROM migrationd_pulp2to3.plan_repository p, public.core_remote r
        WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND i.repo_id = p.importer AND i.plugin = p.plugin AND
                i.url IS NOT NULL AND r.name = i.object_id || '-' || i.repo_id AND i.remote_id IS DISTINCT FROM r.pulp_id;
