-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many reports report-list would give without an end. $1: states (NULL: all), $2: plan (NULL: all), $3: ids (NULL: all), $4, $5:
-- created from and to, in microseconds (NULL: open).
SELECT count(*) AS number FROM migrationd.report
WHERE ($1::text[] IS NULL OR state = ANY ($1::text[])) AND ($2::integer IS NULL OR plan_id = $2::integer) AND
        ($3::bigint[] IS NULL OR id = ANY ($3::bigint[])) AND
        ($4::bigint IS NULL OR created_at >= migrationd.from_usec($4::bigint)) AND
        ($5::bigint IS NULL OR created_at <= migrationd.from_usec($5::bigint))
