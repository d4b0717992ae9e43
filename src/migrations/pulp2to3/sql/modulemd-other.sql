-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Modules that Pulp 3 had before the migration, and that say something else there: they stay as they are. $1: report, $2: task.
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, left('units_' || u.type || ' ' || u.unit_id || ' ' || replace(u.key, U&'\001F', ' '), 600),
                'Pulp 3 had this module before the migration, with other ' || CASE
                        WHEN m.artifacts <> b.document -> 'artifacts' THEN 'artifacts'
                        WHEN m.dependencies <> b.document -> 'dependencies' THEN 'dependencies' ELSE 'bytes of its file' END ||
                        ': it stays as it is there'
                FROM pg_temp.batch_unit u JOIN pg_temp.batch_document b ON b.unit_id = u.unit_id
                CROSS JOIN LATERAL jsonb_populate_record(NULL::public.rpm_modulemd, b.document) d
                JOIN public.rpm_modulemd m ON m.name = d.name AND m.stream = d.stream AND m.version = d.version AND
                        m.context = d.context AND m.arch = d.arch
                WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.made n WHERE n.kind = 'content' AND n.id = m.content_ptr_id) AND
                        ((m.artifacts, m.dependencies) <> (b.document -> 'artifacts', b.document -> 'dependencies') OR
                        EXISTS (SELECT FROM pg_temp.batch_file f JOIN public.core_contentartifact ca
                                ON ca.content_id = m.content_ptr_id AND ca.relative_path = f.relative_path
                                WHERE f.unit_id = u.unit_id AND ca.artifact_id <> f.artifact_id))
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
