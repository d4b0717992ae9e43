-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories of the plan of which a version is not there, or has not exactly the content that Pulp 2 has. Where something is left
-- out of a version, it is due each time, and the problem told again.
INSERT INTO pg_temp.range_due (number)
        WITH wanted AS (
                SELECT p.repository, p.number, c.content_id FROM pg_temp.planned p
                        JOIN migrationd_pulp2to3.repository_content c ON c.repo_id = p.repo_id
                        JOIN migrationd_pulp2to3.unit_type t ON t.type = c.type AND t.plugin = p.plugin
                        WHERE p.version_id IS NOT NULL AND NOT EXISTS (SELECT FROM pg_temp.yielding y
                                WHERE y.repository = p.repository AND y.number = p.number AND y.content_id = c.content_id)
        ), present AS (
                SELECT p.repository, p.number, rc.content_id FROM pg_temp.planned p
                        JOIN public.core_repositorycontent rc ON rc.repository_id = p.repository_id
                        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= p.version
                        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                        WHERE removed.pulp_id IS NULL OR removed.number > p.version
        ), sides AS (
                SELECT repository, number, content_id, 1 AS side FROM wanted
                UNION ALL SELECT repository, number, content_id, 2 FROM present
        ), other AS (
                SELECT repository FROM sides GROUP BY repository, number, content_id HAVING bit_or(side) <> 3
        )
        SELECT repository FROM pg_temp.planned WHERE version_id IS NULL UNION SELECT repository FROM other;
