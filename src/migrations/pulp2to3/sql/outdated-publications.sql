-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The next publications that the migration made, and that no distribution serves and none of the plan will. $1: report, $2: plugins of
-- the plan, $3: at most so many.
WITH wanted AS MATERIALIZED (
        SELECT publication_id FROM migrationd_pulp2to3.distribution_wanted WHERE report = $1::integer AND publication_id IS NOT NULL
)
INSERT INTO pg_temp.gone (id) SELECT c.pulp_id
        FROM migrationd_pulp2to3.publication m
        JOIN public.core_publication c ON c.pulp_id = m.publication_id
        JOIN migrationd_pulp2to3.plugin g ON g.publication_type = c.pulp_type AND g.plugin = ANY ($2::text[])
        WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.publication_id = c.pulp_id) AND
                NOT EXISTS (SELECT FROM public.core_distribution d WHERE d.publication_id = c.pulp_id)
        ORDER BY c.pulp_id LIMIT $3::integer;
