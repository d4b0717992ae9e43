-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories of the plan of which a version is not there, or has not exactly the content that Pulp 2 has. Where something is left
-- out of a version, it is due each time, and the problem told again. $1: report, $2: after that number, $3: up to that one.
WITH planned AS MATERIALIZED (
        SELECT p.number AS repository, v.number, v.repo_id, p.plugin, c.pulp_id AS version_id, c.repository_id, c.number AS version
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
                LEFT JOIN public.core_repository r ON r.name = p.name
                LEFT JOIN migrationd_pulp2to3.version o ON o.repository_id = r.pulp_id AND o.number = v.number
                LEFT JOIN public.core_repositoryversion c ON c.pulp_id = o.version_id AND c.complete
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint
), wanted AS (
        SELECT DISTINCT p.repository, p.number, c.content_id FROM planned p
                JOIN migrationd_pulp2to3.repository_content c ON c.repo_id = p.repo_id
                JOIN migrationd_pulp2to3.unit_type t ON t.type = c.type AND t.plugin = p.plugin
                WHERE p.version_id IS NOT NULL
), present AS (
        SELECT p.repository, p.number, rc.content_id FROM planned p
                JOIN public.core_repositorycontent rc ON rc.repository_id = p.repository_id
                JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= p.version
                LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                WHERE removed.pulp_id IS NULL OR removed.number > p.version
)
INSERT INTO pg_temp.range_due (number)
        SELECT repository FROM planned WHERE version_id IS NULL
        UNION SELECT coalesce(w.repository, h.repository) FROM wanted w
                FULL JOIN present h ON h.repository = w.repository AND h.number = w.number AND h.content_id = w.content_id
                WHERE w.content_id IS NULL OR h.content_id IS NULL;
