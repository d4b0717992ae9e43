-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a resolved plan names and the dump lacks; what was left out of it is told of by its document. $1: report.
SELECT 'repository ' || repo_id FROM migrationd_pulp2to3.plan_version v WHERE report = $1::integer AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.repository r WHERE r.repo_id = v.repo_id)
UNION SELECT g.importer || ' of ' || p.importer FROM migrationd_pulp2to3.plan_repository p
        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin WHERE report = $1::integer AND p.importer IS NOT NULL AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.importer i WHERE i.repo_id = p.importer AND i.plugin = p.plugin) AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.dump_left_out l
                WHERE l.collection = 'repo_importers' AND l.repo_id = p.importer AND l.plugin = p.plugin)
UNION SELECT g.distributor || ' of ' || d.repo_id FROM migrationd_pulp2to3.plan_distributor d
        JOIN migrationd_pulp2to3.plan_repository p ON p.report = d.report AND p.number = d.repository
        JOIN migrationd_pulp2to3.plugin g ON g.plugin = p.plugin WHERE d.report = $1::integer AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.distributor b WHERE b.repo_id = d.repo_id AND b.plugin = p.plugin) AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.dump_left_out l
                WHERE l.collection = 'repo_distributors' AND l.repo_id = d.repo_id AND l.plugin = p.plugin)
ORDER BY 1;
