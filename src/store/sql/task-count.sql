-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many tasks task-page would give without an end. $1: states (NULL: all), $2: report (NULL: all), $3: step (NULL: all), $4: ids
-- (NULL: all), $5, $6: created from and to, in microseconds (NULL: open).
SELECT count(*) AS number
FROM migrationd.task k
JOIN migrationd.step s ON s.report_id = k.report_id AND s.ord = k.step_ord
JOIN migrationd.report r ON r.id = k.report_id
WHERE ($1::text[] IS NULL OR k.state = ANY ($1::text[])) AND ($2::integer IS NULL OR k.report_id = $2::integer) AND
        ($3::text IS NULL OR s.code = $3::text) AND ($4::bigint[] IS NULL OR k.id = ANY ($4::bigint[])) AND
        ($5::bigint IS NULL OR coalesce(k.created_at, r.created_at) >= migrationd.from_usec($5::bigint)) AND
        ($6::bigint IS NULL OR coalesce(k.created_at, r.created_at) <= migrationd.from_usec($6::bigint))
