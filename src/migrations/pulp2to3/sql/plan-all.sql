-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Resolves a plan that names no repositories: every repository with an iso_importer, or with ISO units. $1: report.
WITH chosen AS (
        SELECT r.repo_id, row_number() OVER (ORDER BY r.repo_id COLLATE "C") AS number,
                EXISTS (SELECT FROM migrationd_pulp2to3.importer i WHERE i.repo_id = r.repo_id) AS has_importer
                FROM migrationd_pulp2to3.repository r
                WHERE EXISTS (SELECT FROM migrationd_pulp2to3.importer i WHERE i.repo_id = r.repo_id) OR
                        EXISTS (SELECT FROM migrationd_pulp2to3.link l WHERE l.repo_id = r.repo_id)
), repositories AS (
        INSERT INTO migrationd_pulp2to3.plan_repository (report, number, name, importer)
                SELECT $1::integer, number, repo_id, CASE WHEN has_importer THEN repo_id END FROM chosen
), versions AS (
        INSERT INTO migrationd_pulp2to3.plan_version (report, repository, number, repo_id)
                SELECT $1::integer, number, 0, repo_id FROM chosen
)
INSERT INTO migrationd_pulp2to3.plan_distributor (report, repository, version, repo_id)
        SELECT $1::integer, number, 0, repo_id FROM chosen
                WHERE EXISTS (SELECT FROM migrationd_pulp2to3.distributor d WHERE d.repo_id = chosen.repo_id);
