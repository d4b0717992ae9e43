-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes units out of the batch that were not downloaded and can be downloaded from nowhere. $1: report, $2: task. Returns how many.
WITH skipped AS (
        DELETE FROM pg_temp.batch_iso b WHERE NOT downloaded AND NOT EXISTS (
                SELECT FROM migrationd_pulp2to3.lazy l JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id
                        WHERE l.type = 'iso' AND l.unit_id = b.unit_id AND i.remote_id IS NOT NULL)
                RETURNING unit_id, name
), noted AS (
        INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
                SELECT $1::integer, $2::integer, left('units_iso ' || unit_id || ' ' || name, 600),
                        CASE WHEN EXISTS (SELECT FROM migrationd_pulp2to3.lazy l WHERE l.type = 'iso' AND l.unit_id = s.unit_id)
                        THEN 'no remote: it was not downloaded, and none of the importers it came from is migrated'
                        ELSE 'no remote: it was not downloaded, and the lazy catalog has no entry of it' END
                FROM skipped s
                ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason
)
SELECT count(*) FROM skipped;
