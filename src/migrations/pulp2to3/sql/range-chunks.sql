-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Cuts those repositories of a report's plan that are due into ranges of their numbers, each of one plugin. $1: report,
-- $2: repositories of a range, $3: links to units of a range. Rows: first, last, how many, plugin.
SELECT min(number), max(number), count(*), plugin FROM (
        SELECT plugin, number, floor(sum(cost) OVER (PARTITION BY plugin ORDER BY number) - cost) AS chunk FROM (
                SELECT p.plugin, p.number, 1.0 / $2::bigint + coalesce(sum(l.n), 0)::float8 / $3::bigint AS cost
                        FROM pg_temp.range_due d
                        JOIN migrationd_pulp2to3.plan_repository p ON p.report = $1::integer AND p.number = d.number
                        LEFT JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
                        LEFT JOIN (SELECT repo_id, count(*) AS n FROM migrationd_pulp2to3.link GROUP BY repo_id) l
                                ON l.repo_id = v.repo_id
                        GROUP BY p.plugin, p.number) costs) chunks
        GROUP BY plugin, chunk ORDER BY 1;
