-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The versions of one of the plan's repositories. $1: report, $2: number. Columns: name, plugin, Pulp 3 repository, Pulp 2 repository,
-- Pulp 3 version and its number (NULL: not there), whether a distributor publishes it, its newest publication (NULL: none).
SELECT p.name, p.plugin, r.pulp_id, v.repo_id, c.pulp_id, c.number,
        g.publication_type IS NOT NULL AND EXISTS (SELECT FROM migrationd_pulp2to3.plan_distributor b
                JOIN migrationd_pulp2to3.distributor d ON d.repo_id = b.repo_id AND d.plugin = p.plugin
                WHERE b.report = p.report AND b.repository = p.number AND b.version = v.number),
        (SELECT o.pulp_id FROM public.core_publication o WHERE o.repository_version_id = c.pulp_id AND o.complete AND
                o.pulp_type = g.publication_type ORDER BY o.pulp_created DESC, o.pulp_id LIMIT 1)
        FROM migrationd_pulp2to3.plan_repository p
        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
        JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
        LEFT JOIN public.core_repository r ON r.name = p.name AND r.pulp_type = g.repository_type
        LEFT JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = v.number
        LEFT JOIN public.core_repositoryversion c ON c.pulp_id = n.version_id AND c.complete
        WHERE p.report = $1::integer AND p.number = $2::bigint ORDER BY v.number;
