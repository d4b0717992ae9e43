-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What nothing of the plan needs any more when its distributions are made: publications that the migration made, but for those that a
-- distribution serves that stays as it is; and remotes. $1: report, $2: plugins of the plan.
WITH wanted AS MATERIALIZED (
        SELECT publication_id FROM migrationd_pulp2to3.distribution_wanted WHERE report = $1::integer AND publication_id IS NOT NULL
)
SELECT count(*) + (SELECT count(*) FROM migrationd_pulp2to3.remote_outdated WHERE plugin = ANY ($2::text[]))
        FROM migrationd_pulp2to3.publication m
        JOIN public.core_publication c ON c.pulp_id = m.publication_id
        JOIN migrationd_pulp2to3.plugin g ON g.publication_type = c.pulp_type AND g.plugin = ANY ($2::text[])
        WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.publication_id = c.pulp_id) AND
                NOT EXISTS (SELECT FROM public.core_distribution d WHERE d.publication_id = c.pulp_id AND NOT EXISTS (
                        SELECT FROM migrationd_pulp2to3.distribution_known k
                                WHERE k.id = d.pulp_id AND k.ours AND k.plugin = ANY ($2::text[])));
