-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributors of a resolved plan whose base path an older one has, or one that overlaps with it: the content app would find both.
-- Container distributions are found by their whole path. $1: report.
WITH planned AS MATERIALIZED (
        SELECT object_id, plugin, trim(base_path, '/') AS path FROM migrationd_pulp2to3.plan_distribution WHERE report = $1::integer
), prefix AS (
        SELECT p.object_id, p.plugin, array_to_string(parts[1:i], '/') AS path, i = cardinality(parts) AS whole
                FROM planned p CROSS JOIN LATERAL string_to_array(p.path, '/') parts
                CROSS JOIN LATERAL generate_series(1, cardinality(parts)) i
)
INSERT INTO migrationd_pulp2to3.plan_left_out (report, object_id, other)
        SELECT $1::integer, greatest(a.object_id, b.object_id), min(least(a.object_id, b.object_id))
                FROM prefix a JOIN planned b ON b.path = a.path AND b.object_id <> a.object_id
                WHERE a.whole OR a.plugin <> 'docker' OR b.plugin <> 'docker'
                GROUP BY greatest(a.object_id, b.object_id);
