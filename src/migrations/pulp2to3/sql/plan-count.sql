-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Number of repositories of a resolved plan. $1: report.
SELECT count(*) FROM migrationd_pulp2to3.plan_repository WHERE report = $1::integer;
