-- SPDX-License-Identifier: LGPL-2.1-or-later
-- What comes after the contents of a batch: their files, remotes, and what is noted at the units.
ANALYZE pg_temp.batch_content;

INSERT INTO migrationd_pulp2to3.made (kind, id)
        SELECT DISTINCT 'content', c.pulp_id FROM pg_temp.batch_content b
                JOIN public.core_content c ON c.pulp_id = b.content_id AND c.pulp_created = now()
        ON CONFLICT DO NOTHING;

WITH present AS (
        SELECT c.pulp_id FROM public.core_content c
                WHERE c.pulp_id IN (SELECT content_id FROM pg_temp.batch_content) AND c.timestamp_of_interest < now()
                ORDER BY c.pulp_id FOR NO KEY UPDATE
)
UPDATE public.core_content c SET timestamp_of_interest = now() FROM present p WHERE c.pulp_id = p.pulp_id;

-- A content that Pulp 3 knew on demand only gets its artifact now; one that the migration made gets the artifact that its unit has now.
WITH written AS (
        INSERT INTO public.core_contentartifact AS ca (pulp_id, pulp_created, pulp_last_updated, relative_path, artifact_id, content_id)
                SELECT gen_random_uuid(), now(), now(), relative_path, artifact_id, content_id
                        FROM (SELECT DISTINCT ON (c.content_id, f.relative_path) c.content_id, f.relative_path, f.artifact_id
                                FROM pg_temp.batch_file f JOIN pg_temp.batch_content c ON c.unit_id = f.unit_id AND c.file_owner
                                ORDER BY c.content_id, f.relative_path, f.artifact_id NULLS LAST) b
                        ORDER BY content_id, relative_path COLLATE "C"
                ON CONFLICT (content_id, relative_path) DO UPDATE SET artifact_id = excluded.artifact_id, pulp_last_updated = now()
                        WHERE excluded.artifact_id IS NOT NULL AND (ca.artifact_id IS NULL OR (ca.artifact_id <> excluded.artifact_id AND
                                EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'content' AND m.id = ca.content_id)))
                RETURNING ca.pulp_id, ca.content_id
)
-- Of contents that were there, what they had before.
INSERT INTO migrationd_pulp2to3.made (kind, id, former)
        SELECT 'contentartifact', w.pulp_id, to_jsonb(o)
                FROM written w LEFT JOIN public.core_contentartifact o ON o.pulp_id = w.pulp_id
                WHERE NOT EXISTS (SELECT FROM migrationd_pulp2to3.made m WHERE m.kind = 'content' AND m.id = w.content_id)
        ON CONFLICT DO NOTHING;

INSERT INTO public.core_remoteartifact AS ra (pulp_id, pulp_created, pulp_last_updated, url, size, md5, sha1, sha224, sha256, sha384,
                sha512, content_artifact_id, remote_id)
        SELECT gen_random_uuid(), now(), now(), url, size, md5, sha1, sha224, sha256, sha384, sha512, content_artifact_id, remote_id
                FROM (SELECT DISTINCT ON (ca.pulp_id, i.remote_id) f.*, l.url, i.remote_id, ca.pulp_id AS content_artifact_id
                        FROM pg_temp.batch_file f
                        JOIN pg_temp.batch_unit u ON u.unit_id = f.unit_id
                        JOIN pg_temp.batch_content c ON c.unit_id = f.unit_id AND c.file_owner
                        JOIN migrationd_pulp2to3.lazy l ON l.type = u.type AND l.unit_id = f.unit_id AND l.part = f.part
                        JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id AND i.remote_id IS NOT NULL
                        JOIN public.core_contentartifact ca ON ca.content_id = c.content_id AND ca.relative_path = f.relative_path
                        ORDER BY ca.pulp_id, i.remote_id, f.downloaded DESC, l.url) b
                ORDER BY content_artifact_id, remote_id
        ON CONFLICT (content_artifact_id, remote_id) DO UPDATE SET pulp_last_updated = now(), url = excluded.url,
                size = excluded.size, md5 = coalesce(excluded.md5, ra.md5), sha1 = coalesce(excluded.sha1, ra.sha1),
                sha224 = coalesce(excluded.sha224, ra.sha224), sha256 = coalesce(excluded.sha256, ra.sha256),
                sha384 = coalesce(excluded.sha384, ra.sha384), sha512 = coalesce(excluded.sha512, ra.sha512)
                WHERE (ra.url, ra.size, ra.md5, ra.sha1, ra.sha224, ra.sha256, ra.sha384, ra.sha512) IS DISTINCT FROM
                        (excluded.url, excluded.size, coalesce(excluded.md5, ra.md5), coalesce(excluded.sha1, ra.sha1),
                        coalesce(excluded.sha224, ra.sha224), coalesce(excluded.sha256, ra.sha256),
                        coalesce(excluded.sha384, ra.sha384), coalesce(excluded.sha512, ra.sha512));

-- All entries of a unit, also those of files that its content does not have.
UPDATE migrationd_pulp2to3.lazy l SET migrated = true FROM pg_temp.batch_unit u, migrationd_pulp2to3.importer i
        WHERE l.type = u.type AND l.unit_id = u.unit_id AND NOT l.migrated AND i.object_id = l.importer_id AND
                i.remote_id IS NOT NULL;
