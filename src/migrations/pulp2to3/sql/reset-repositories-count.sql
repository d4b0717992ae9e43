-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many repositories the migration made, changed, or made versions of. $1: plugins, $2: first id, $3: last.
SELECT count(DISTINCT r.pulp_id) FROM migrationd_pulp2to3.made m
        LEFT JOIN public.core_repositoryversion v ON m.kind = 'version' AND v.pulp_id = m.id
        JOIN public.core_repository r ON r.pulp_id = coalesce(v.repository_id, m.id) AND r.pulp_id BETWEEN $2::uuid AND $3::uuid
        JOIN migrationd_pulp2to3.plugin g ON g.repository_type = r.pulp_type AND g.plugin = ANY ($1::text[])
        WHERE m.kind IN ('repository', 'version');
