-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The versions of one of the plan's repositories, and locks that repository in Pulp 3. $1: report, $2: number. Columns: name,
-- Pulp 3 id, number of the version in the plan, Pulp 2 repository, the Pulp 3 version that it became in a former run, plugin.
SELECT p.name, r.pulp_id, v.number, v.repo_id, (SELECT o.version_id FROM migrationd_pulp2to3.version o
                JOIN public.core_repositoryversion c ON c.pulp_id = o.version_id AND c.complete
                WHERE o.repository_id = r.pulp_id AND o.number = v.number), p.plugin
        FROM migrationd_pulp2to3.plan_repository p
        JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
        JOIN public.core_repository r ON r.name = p.name
        WHERE p.report = $1::integer AND p.number = $2::bigint
        ORDER BY v.number FOR NO KEY UPDATE OF r;
