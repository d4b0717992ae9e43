-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The units of a batch. known: the problem that a unit has that could not be migrated. $1: type, $2: after that number, $3: up to.
WITH taken AS (
        INSERT INTO pg_temp.verify_unit (type, unit_id, item, known, downloaded, migrated)
                SELECT type, unit_id, left('unit ' || type || ' ' || unit_id || ' ' || key, 600),
                        left('units_' || type || ' ' || unit_id || ' ' || key, 600), downloaded, migrated
                        FROM migrationd_pulp2to3.unit_list
                        WHERE type = $1 AND number > $2::bigint AND number <= $3::bigint
                RETURNING unit_id
)
INSERT INTO pg_temp.verify_content (unit_id, repo_id, content_id)
        SELECT t.unit_id, m.repo_id, m.content_id FROM taken t JOIN migrationd_pulp2to3.unit_made m ON m.type = $1 AND m.unit_id = t.unit_id;
