-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What a resolved plan names and the dump lacks. $1: report.
SELECT 'repository ' || repo_id FROM migrationd_pulp2to3.plan_version v WHERE report = $1::integer AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.repository r WHERE r.repo_id = v.repo_id)
UNION SELECT 'iso_importer of ' || importer FROM migrationd_pulp2to3.plan_repository p WHERE report = $1::integer AND
        importer IS NOT NULL AND NOT EXISTS (SELECT FROM migrationd_pulp2to3.importer i WHERE i.repo_id = p.importer)
UNION SELECT 'iso_distributor of ' || repo_id FROM migrationd_pulp2to3.plan_distributor p WHERE report = $1::integer AND
        NOT EXISTS (SELECT FROM migrationd_pulp2to3.distributor d WHERE d.repo_id = p.repo_id)
ORDER BY 1;
