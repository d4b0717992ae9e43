-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Writes a batch of ISO units into Pulp's tables. Everything is inserted in the order of its natural key, so that tasks that
-- share keys wait for each other and never in a circle. No conflict target: artifacts have three unique keys.
ANALYZE pg_temp.batch_iso;

WITH made AS (
        INSERT INTO public.core_artifact (pulp_id, pulp_created, pulp_last_updated, file, size, md5, sha1, sha224, sha256, sha384, sha512,
                        timestamp_of_interest)
                SELECT gen_random_uuid(), now(), now(), 'artifact/' || left(checksum, 2) || '/' || substr(checksum, 3), size, md5, sha1,
                        sha224, checksum, sha384, sha512, now()
                        FROM (SELECT DISTINCT ON (checksum) * FROM pg_temp.batch_iso WHERE downloaded ORDER BY checksum) b
                        ORDER BY checksum
                ON CONFLICT DO NOTHING RETURNING pulp_id
)
INSERT INTO migrationd_pulp2to3.made (kind, id) SELECT 'artifact', pulp_id FROM made;

-- What was there before is of interest again: Pulp's orphan clean-up leaves it alone.
WITH present AS (
        SELECT a.pulp_id FROM public.core_artifact a
                WHERE a.sha256 IN (SELECT checksum FROM pg_temp.batch_iso WHERE downloaded) AND a.timestamp_of_interest < now()
                ORDER BY a.sha256 FOR NO KEY UPDATE
)
UPDATE public.core_artifact a SET timestamp_of_interest = now() FROM present p WHERE a.pulp_id = p.pulp_id;

UPDATE pg_temp.batch_iso b SET artifact_id = a.pulp_id FROM public.core_artifact a WHERE b.downloaded AND a.sha256 = b.checksum;

-- A content gets its row in the master table only if its natural key was really new.
WITH made AS (
        INSERT INTO public.file_filecontent (content_ptr_id, relative_path, digest)
                SELECT new_id, name, checksum FROM (SELECT DISTINCT ON (name, checksum) * FROM pg_temp.batch_iso
                        ORDER BY name, checksum, unit_id) b
                        ORDER BY name COLLATE "C", checksum COLLATE "C"
                ON CONFLICT DO NOTHING
                RETURNING content_ptr_id
)
INSERT INTO public.core_content (pulp_id, pulp_created, pulp_last_updated, pulp_type, upstream_id, timestamp_of_interest)
        SELECT content_ptr_id, now(), now(), 'file.file', NULL, now() FROM made;
INSERT INTO migrationd_pulp2to3.made (kind, id)
        SELECT 'content', f.content_ptr_id FROM pg_temp.batch_iso b JOIN public.file_filecontent f ON f.content_ptr_id = b.new_id;

UPDATE pg_temp.batch_iso b SET content_id = f.content_ptr_id FROM public.file_filecontent f
        WHERE f.relative_path = b.name AND f.digest = b.checksum;

WITH present AS (
        SELECT c.pulp_id FROM public.core_content c
                WHERE c.pulp_id IN (SELECT content_id FROM pg_temp.batch_iso WHERE content_id <> new_id)
                ORDER BY c.pulp_id FOR NO KEY UPDATE
)
UPDATE public.core_content c SET timestamp_of_interest = now() FROM present p WHERE c.pulp_id = p.pulp_id;

-- A content that Pulp 3 knew on demand only gets its artifact now.
WITH written AS (
        INSERT INTO public.core_contentartifact AS ca (pulp_id, pulp_created, pulp_last_updated, relative_path, artifact_id, content_id)
                SELECT gen_random_uuid(), now(), now(), name, artifact_id, content_id
                        FROM (SELECT DISTINCT ON (content_id) * FROM pg_temp.batch_iso ORDER BY content_id, artifact_id NULLS LAST) b
                        ORDER BY name COLLATE "C", checksum COLLATE "C"
                ON CONFLICT (content_id, relative_path) DO UPDATE SET artifact_id = excluded.artifact_id, pulp_last_updated = now()
                        WHERE ca.artifact_id IS NULL AND excluded.artifact_id IS NOT NULL
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
        SELECT gen_random_uuid(), now(), now(), url, size, md5, sha1, sha224, checksum, sha384, sha512, content_artifact_id, remote_id
                FROM (SELECT DISTINCT ON (ca.pulp_id, i.remote_id) b.*, l.url, i.remote_id, ca.pulp_id AS content_artifact_id
                        FROM pg_temp.batch_iso b
                        JOIN migrationd_pulp2to3.lazy l ON l.type = 'iso' AND l.unit_id = b.unit_id
                        JOIN migrationd_pulp2to3.importer i ON i.object_id = l.importer_id AND i.remote_id IS NOT NULL
                        JOIN public.core_contentartifact ca ON ca.content_id = b.content_id AND ca.relative_path = b.name
                        ORDER BY ca.pulp_id, i.remote_id, b.downloaded DESC, l.url) b
                ORDER BY name COLLATE "C", checksum COLLATE "C", remote_id
        ON CONFLICT (content_artifact_id, remote_id) DO UPDATE SET pulp_last_updated = now(), url = excluded.url,
                size = excluded.size, md5 = coalesce(excluded.md5, ra.md5), sha1 = coalesce(excluded.sha1, ra.sha1),
                sha224 = coalesce(excluded.sha224, ra.sha224), sha256 = excluded.sha256,
                sha384 = coalesce(excluded.sha384, ra.sha384), sha512 = coalesce(excluded.sha512, ra.sha512)
                WHERE (ra.url, ra.size, ra.sha256) IS DISTINCT FROM (excluded.url, excluded.size, excluded.sha256) OR
                        (ra.md5 IS NULL AND excluded.md5 IS NOT NULL);

UPDATE migrationd_pulp2to3.lazy l SET migrated = true FROM pg_temp.batch_iso b, migrationd_pulp2to3.importer i
        WHERE l.type = 'iso' AND l.unit_id = b.unit_id AND NOT l.migrated AND i.object_id = l.importer_id AND
                i.remote_id IS NOT NULL;
UPDATE migrationd_pulp2to3.iso u SET content_id = b.content_id FROM pg_temp.batch_iso b
        WHERE u.unit_id = b.unit_id AND u.content_id IS DISTINCT FROM b.content_id;
