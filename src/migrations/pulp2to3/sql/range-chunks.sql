-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Cuts a report's plan into ranges of its repositories' numbers, each of one plugin. $1: report, $2: repositories of a range,
-- $3: links to units of a range. Rows: first, last, how many, plugin, whether that has publications.
SELECT min(number), max(number), count(*), plugin, bool_or(published) FROM (
        SELECT plugin, published, number, floor(sum(cost) OVER (PARTITION BY plugin ORDER BY number) - cost) AS chunk FROM (
                SELECT p.plugin, g.publication_type IS NOT NULL AS published, p.number,
                                1.0 / $2::bigint + coalesce(sum(l.n), 0)::float8 / $3::bigint AS cost
                        FROM migrationd_pulp2to3.plan_repository p
                        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin
                        LEFT JOIN migrationd_pulp2to3.plan_version v ON v.report = p.report AND v.repository = p.number
                        LEFT JOIN (SELECT repo_id, count(*) AS n FROM migrationd_pulp2to3.link GROUP BY repo_id) l
                                ON l.repo_id = v.repo_id
                        WHERE p.report = $1::integer
                        GROUP BY p.plugin, g.publication_type, p.number) costs) chunks
        GROUP BY plugin, chunk ORDER BY 1;
