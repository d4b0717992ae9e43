-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Cuts the units of a type that are to be migrated into ranges of their numbers. $1: units of a range, $2: bytes of a range that are
-- to be read, $3: type. Rows: first, last, how many.
SELECT min(number), max(number), count(*) FROM (
        SELECT number, floor(sum(cost) OVER (ORDER BY number) - cost) AS chunk FROM (
                SELECT number, 1.0 / $1::bigint + CASE WHEN downloaded THEN size::float8 / $2::bigint ELSE 0 END AS cost
                        FROM migrationd_pulp2to3.unit_due WHERE type = $3) costs) chunks
        GROUP BY chunk ORDER BY 1;
