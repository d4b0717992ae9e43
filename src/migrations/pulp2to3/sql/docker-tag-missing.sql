-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Takes tags out of the batch whose manifest is not in Pulp 3. $1: report, $2: task.
WITH skipped AS (
        DELETE FROM pg_temp.batch_unit u USING pg_temp.batch_document b WHERE b.unit_id = u.unit_id AND NOT EXISTS (
                SELECT FROM public.container_manifest c WHERE c.digest = b.document ->> 'manifest')
                RETURNING u.type, u.unit_id, u.key, b.document ->> 'manifest' AS manifest
)
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, left('units_' || type || ' ' || unit_id || ' ' || replace(key, U&'\001F', ' '), 600),
                left('field manifest_digest: Pulp 3 does not have the manifest ' || manifest, 4000)
        FROM skipped
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
