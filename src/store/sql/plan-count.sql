-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many plans plan-list would give without an end. $1: ids (NULL: all), $2, $3: created from and to, in microseconds.
SELECT count(*) AS number FROM migrationd.plan
WHERE ($1::bigint[] IS NULL OR id = ANY ($1::bigint[])) AND
        ($2::bigint IS NULL OR created_at >= migrationd.from_usec($2::bigint)) AND
        ($3::bigint IS NULL OR created_at <= migrationd.from_usec($3::bigint))
