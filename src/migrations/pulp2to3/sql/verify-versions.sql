-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The versions of one of the plan's repositories. $1: report, $2: number. Columns: name, plugin, Pulp 3 repository, Pulp 2 repository,
-- Pulp 3 version and its number (NULL: not there), whether a distributor publishes it, a publication (NULL: none). A version with
-- several publications has a row for each.
SELECT p.name, p.plugin, r.pulp_id, v.repo_id, c.pulp_id, c.number, coalesce(w.published, false), w.publication_id
        FROM migrationd_pulp2to3.plan_repository p
        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
        JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
        LEFT JOIN public.core_repository r ON r.name = p.name AND r.pulp_type = g.repository_type
        LEFT JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = v.number
        LEFT JOIN public.core_repositoryversion c ON c.pulp_id = n.version_id AND c.complete
        LEFT JOIN LATERAL (SELECT DISTINCT true AS published, d.publication_id FROM migrationd_pulp2to3.distribution_wanted d
                WHERE d.report = p.report AND d.number = p.number AND d.version = v.number AND d.publication_type IS NOT NULL) w ON true
        WHERE p.report = $1::integer AND p.number = $2::bigint ORDER BY v.number, w.publication_id;
