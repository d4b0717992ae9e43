-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes units out of the batch of which a file was not downloaded and can be downloaded from nowhere. $1: report, $2: task.
WITH skipped AS (
        DELETE FROM pg_temp.batch_unit b WHERE EXISTS (
                SELECT FROM pg_temp.batch_file f WHERE f.unit_id = b.unit_id AND NOT f.downloaded AND NOT EXISTS (
                        SELECT FROM migrationd_pulp2to3.lazy l JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id
                                WHERE l.type = b.type AND l.unit_id = f.unit_id AND l.part = f.part AND i.remote_id IS NOT NULL))
                RETURNING type, unit_id, key
)
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, left('units_' || type || ' ' || unit_id || ' ' || replace(key, U&'\001F', ' '), 600),
                CASE WHEN EXISTS (SELECT FROM migrationd_pulp2to3.lazy l WHERE l.type = s.type AND l.unit_id = s.unit_id)
                THEN 'no remote: it was not downloaded, and none of the importers it came from is migrated'
                ELSE 'no remote: it was not downloaded, and the lazy catalog has no entry of it' END
        FROM skipped s
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
