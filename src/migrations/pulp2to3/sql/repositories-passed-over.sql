-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tells of units of the plan's repositories that no plugin migrates. $1: report, $2: task.
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT DISTINCT ON (item) $1::integer, $2::integer, item,
                units || ' of its units are of this type, which is not migrated: Pulp 3 or this migration has no counterpart' FROM (
                SELECT left('repository ' || o.repo_id || ' type ' || o.type, 600) AS item, o.units FROM migrationd_pulp2to3.passed_over o
                        WHERE EXISTS (SELECT FROM migrationd_pulp2to3.plan_version v
                                WHERE v.report = $1::integer AND v.repo_id = o.repo_id)) p
                ORDER BY item, units DESC
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
