-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Resolves a plugin of a plan that names no repositories of it: every repository with an importer of the plugin's, or with units of
-- its types. $1: report, $2: plugin.
WITH chosen AS (
        SELECT r.repo_id, (SELECT coalesce(max(number), 0) FROM migrationd_pulp2to3.plan_repository WHERE report = $1::integer) +
                row_number() OVER (ORDER BY r.repo_id COLLATE "C") AS number,
                EXISTS (SELECT FROM migrationd_pulp2to3.importer i WHERE i.repo_id = r.repo_id AND i.plugin = $2) AS has_importer
                FROM migrationd_pulp2to3.repository r
                WHERE EXISTS (SELECT FROM migrationd_pulp2to3.importer i WHERE i.repo_id = r.repo_id AND i.plugin = $2) OR
                        EXISTS (SELECT FROM migrationd_pulp2to3.link l JOIN migrationd_pulp2to3.unit_type t ON t.type = l.type
                                WHERE l.repo_id = r.repo_id AND t.plugin = $2)
), repositories AS (
        INSERT INTO migrationd_pulp2to3.plan_repository (report, number, plugin, name, importer)
                SELECT $1::integer, number, $2, repo_id, CASE WHEN has_importer THEN repo_id END FROM chosen
), versions AS (
        INSERT INTO migrationd_pulp2to3.plan_version (report, repository, number, repo_id)
                SELECT $1::integer, number, 0, repo_id FROM chosen
)
INSERT INTO migrationd_pulp2to3.plan_distributor (report, repository, version, repo_id)
        SELECT $1::integer, number, 0, repo_id FROM chosen
                WHERE EXISTS (SELECT FROM migrationd_pulp2to3.distributor d WHERE d.repo_id = chosen.repo_id AND d.plugin = $2);
