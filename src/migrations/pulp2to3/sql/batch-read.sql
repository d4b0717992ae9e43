-- SPDX-License-Identifier: LGPL-2.1-or-later
-- How far a task is. $1: report, $2: task.
SELECT position, done, total, linked, copied FROM migrationd_pulp2to3.batch WHERE report = $1::integer AND task = $2::integer;
