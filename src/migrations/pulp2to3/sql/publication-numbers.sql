-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories of the plan with versions to publish. $1: report, $2: after that number, $3: up to that one.
INSERT INTO pg_temp.range_due (number)
        SELECT DISTINCT number FROM migrationd_pulp2to3.publication_due
                WHERE report = $1::integer AND number > $2::bigint AND number <= $3::bigint;
