-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Distributors that get no distribution for the base path of another: id, plugin, repository, base path, the same of the other one.
-- $1: report.
SELECT a.object_id, a.plugin, a.repo_id, a.base_path, b.object_id, b.repo_id, b.base_path
        FROM migrationd_pulp2to3.plan_left_out l
        JOIN migrationd_pulp2to3.plan_distribution a ON a.report = l.report AND a.object_id = l.object_id
        JOIN migrationd_pulp2to3.plan_distribution b ON b.report = l.report AND b.object_id = l.other
        WHERE l.report = $1::integer ORDER BY a.object_id;
