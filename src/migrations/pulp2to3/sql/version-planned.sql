-- SPDX-License-Identifier: LGPL-2.1-or-later
-- $1: report, $2: after that number, $3: up to that one.
INSERT INTO pg_temp.planned (repository, number, repo_id, plugin, version_id, repository_id, version)
        SELECT p.number, v.number, v.repo_id, p.plugin, c.pulp_id, c.repository_id, c.number
                FROM migrationd_pulp2to3.plan_repository p
                JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
                LEFT JOIN public.core_repository r ON r.name = p.name
                LEFT JOIN migrationd_pulp2to3.version o ON o.repository_id = r.pulp_id AND o.number = v.number
                LEFT JOIN public.core_repositoryversion c ON c.pulp_id = o.version_id AND c.complete
                WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint;
