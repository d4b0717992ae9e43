-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How many differences a task has found. $1: report, $2: task.
SELECT count(*) FROM migrationd_pulp2to3.problem WHERE report = $1::integer AND task = $2::integer;
