-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Repositories with links to units that the dump lacks: repository, how many, one of them.
SELECT l.repo_id, count(*), min(l.unit_id) FROM migrationd_pulp2to3.link l
        WHERE l.type IN (SELECT type FROM pg_temp.stage_type) AND NOT EXISTS (
                SELECT FROM migrationd_pulp2to3.unit u WHERE u.type = l.type AND u.unit_id = l.unit_id)
        GROUP BY l.repo_id ORDER BY l.repo_id;
