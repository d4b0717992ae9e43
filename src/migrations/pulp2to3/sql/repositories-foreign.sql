-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories of the target that have the name of one of the plan's and another type. $1: report, $2: after number, $3: up to.
SELECT r.name, r.pulp_type FROM migrationd_pulp2to3.plan_repository p JOIN public.core_repository r ON r.name = p.name
        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
        WHERE p.report = $1::integer AND p.number > $2::bigint AND p.number <= $3::bigint AND r.pulp_type <> g.repository_type
        ORDER BY r.name LIMIT 1;
