-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Units of a range. $1: first, $2: last, $3: type.
SELECT count(*) FROM migrationd_pulp2to3.unit_list WHERE type = $3 AND number BETWEEN $1::bigint AND $2::bigint;
