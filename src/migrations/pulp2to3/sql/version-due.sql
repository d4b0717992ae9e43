-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories of the plan of which a version is not there, or has not exactly the content that Pulp 2 has. Where something is left
-- out of a version, it is due each time, and the problem told again.
INSERT INTO pg_temp.range_due (number)
        WITH wanted AS (
                SELECT DISTINCT p.repository, p.number, c.content_id FROM pg_temp.planned p
                        JOIN migrationd_pulp2to3.repository_content c ON c.repo_id = p.repo_id
                        JOIN migrationd_pulp2to3.unit_type t ON t.type = c.type AND t.plugin = p.plugin
                        WHERE p.version_id IS NOT NULL
                EXCEPT SELECT repository, number, content_id FROM pg_temp.yielding
        ), present AS (
                SELECT p.repository, p.number, rc.content_id FROM pg_temp.planned p
                        JOIN public.core_repositorycontent rc ON rc.repository_id = p.repository_id
                        JOIN public.core_repositoryversion added ON added.pulp_id = rc.version_added_id AND added.number <= p.version
                        LEFT JOIN public.core_repositoryversion removed ON removed.pulp_id = rc.version_removed_id
                        WHERE removed.pulp_id IS NULL OR removed.number > p.version
        )
        SELECT repository FROM pg_temp.planned WHERE version_id IS NULL
        UNION SELECT coalesce(w.repository, h.repository) FROM wanted w
                FULL JOIN present h ON h.repository = w.repository AND h.number = w.number AND h.content_id = w.content_id
                WHERE w.content_id IS NULL OR h.content_id IS NULL;
