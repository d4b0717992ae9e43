-- SPDX-License-Identifier: LGPL-2.1-or-later
-- All of a range of the plan's repositories. $1: report, $2: after that number, $3: up to that one.
INSERT INTO pg_temp.range_due (number)
        SELECT number FROM migrationd_pulp2to3.plan_repository WHERE report = $1::integer AND number > $2::bigint AND number <= $3::bigint;
