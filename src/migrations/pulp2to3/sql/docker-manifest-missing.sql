-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Notes what Pulp 3 has not of what the manifests and lists of a batch need. $1: report, $2: task.
WITH needed AS (
        SELECT b.unit_id, g.digest, g.ordinal
                FROM pg_temp.batch_document b CROSS JOIN LATERAL (
                        SELECT digest, ordinal FROM jsonb_array_elements_text(b.document -> 'blobs') WITH ORDINALITY l (digest, ordinal)
                        UNION ALL SELECT b.document ->> 'config_blob', 0 WHERE b.document ->> 'config_blob' IS NOT NULL) g
                WHERE NOT EXISTS (SELECT FROM public.container_blob c WHERE c.digest = g.digest)
        UNION ALL
        SELECT b.unit_id, l.listed ->> 'digest', l.ordinal
                FROM pg_temp.batch_document b
                CROSS JOIN LATERAL jsonb_array_elements(b.document -> 'listed') WITH ORDINALITY l (listed, ordinal)
                WHERE NOT EXISTS (SELECT FROM public.container_manifest c WHERE c.digest = l.listed ->> 'digest')
), missing AS (
        SELECT unit_id, string_agg(digest, ', ' ORDER BY ordinal) AS digests FROM (
                SELECT unit_id, digest, min(ordinal) AS ordinal FROM needed GROUP BY unit_id, digest) n GROUP BY unit_id
)
INSERT INTO migrationd_pulp2to3.problem (report, task, item, reason)
        SELECT $1::integer, $2::integer, left('units_' || u.type || ' ' || u.unit_id || ' ' || u.key, 600),
                left('migrated without the ' || CASE u.type WHEN 'docker_manifest' THEN 'blobs' ELSE 'manifests' END ||
                        ' that Pulp 3 does not have: ' || m.digests, 4000)
        FROM missing m JOIN pg_temp.batch_unit u ON u.unit_id = m.unit_id
        ON CONFLICT (report, task, item) DO UPDATE SET reason = excluded.reason;
