-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many units of a range are to be migrated. $1: first, $2: last, $3: type.
SELECT count(*) FROM migrationd_pulp2to3.unit_due WHERE type = $3 AND number BETWEEN $1::bigint AND $2::bigint;
