-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: after that number, $3: up to that one.
INSERT INTO pg_temp.distributions (number, name, base_path, repository, plugin, distribution_type, publication_id, version_id)
        SELECT p.number, d.object_id || '-' || d.repo_id, CASE p.plugin WHEN 'rpm' THEN rtrim(u.url, '/') WHEN 'deb' THEN trim(u.url, '/')
                ELSE u.url END, p.name, p.plugin, g.distribution_type,
                (SELECT c.pulp_id FROM public.core_publication c WHERE c.repository_version_id = n.version_id AND c.complete AND
                        c.pulp_type = g.publication_type ORDER BY c.pulp_created DESC, c.pulp_id LIMIT 1),
                CASE WHEN g.publication_type IS NULL THEN n.version_id END
                FROM migrationd_pulp2to3.plan_repository p JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                JOIN migrationd_pulp2to3.plan_distributor pd ON pd.report = p.report AND pd.repository = p.number
                JOIN migrationd_pulp2to3.distributor d ON d.repo_id = pd.repo_id AND d.plugin = p.plugin
                CROSS JOIN LATERAL (SELECT coalesce(nullif(CASE p.plugin WHEN 'docker' THEN d.config ->> 'repo-registry-id'
                        ELSE d.relative_url END, ''), d.repo_id) AS url) u
                LEFT JOIN public.core_repository r ON r.name = p.name
                LEFT JOIN migrationd_pulp2to3.version n ON n.repository_id = r.pulp_id AND n.number = pd.version
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint;
