-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Versions of one of the plan's repositories that distributors publish and that have no publication yet, or only one that was made
-- with other options. $1: report, $2: number. Columns: version, name of the Pulp 3 repository, plugin, Pulp 2 repository of the
-- content, config of the first distributor, its options.
WITH published AS (
        SELECT DISTINCT ON (n.version_id) n.version_id, p.name, p.plugin, v.repo_id, d.config, o.options, g.publication_type
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN public.core_repository r ON r.name = p.name
                JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
                JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = v.number
                JOIN migrationd_pulp2to3.plan_distributor b ON b.report = p.report AND b.repository = p.number AND
                        b.version = v.number
                JOIN migrationd_pulp2to3.distributor d ON d.repo_id = b.repo_id AND d.plugin = p.plugin
                JOIN migrationd_pulp2to3.distributor_options o ON o.object_id = d.object_id
                WHERE p.report = $1::integer AND p.number = $2::bigint AND g.publication_type IS NOT NULL
                ORDER BY n.version_id, d.object_id
)
SELECT p.version_id, p.name, p.plugin, p.repo_id, p.config, p.options FROM published p
        WHERE NOT EXISTS (SELECT FROM public.core_publication c
                LEFT JOIN migrationd_pulp2to3.publication m ON m.publication_id = c.pulp_id
                WHERE c.repository_version_id = p.version_id AND c.complete AND c.pulp_type = p.publication_type AND
                        (m.publication_id IS NULL OR m.options = p.options))
        ORDER BY p.version_id;
