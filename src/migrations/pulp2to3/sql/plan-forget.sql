-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Removes the resolved plan of a report. $1: report.
WITH d AS (DELETE FROM migrationd_pulp2to3.plan_distributor WHERE report = $1::integer),
        v AS (DELETE FROM migrationd_pulp2to3.plan_version WHERE report = $1::integer),
        l AS (DELETE FROM migrationd_pulp2to3.plan_left_out WHERE report = $1::integer)
DELETE FROM migrationd_pulp2to3.plan_repository WHERE report = $1::integer;
